//! `talentflow bench`: what is promised about speed, measured. Figures are printed, never asserted; where there is a peer,
//! its figures stand beside ours, measured in the same run, turn about.

mod accrual;
mod clients;
mod ledger;
mod peer;
mod round;
mod scratch;
mod town;

use crate::cli::Bench;
use anyhow::ensure;
use kit::config::Config;
use kit::db::Db;
use kit::verify::{Check, verify};
use std::process::ExitCode;

pub async fn run(config: Config, command: &Bench) -> anyhow::Result<ExitCode> {
    match command {
        Bench::Accrual(options) => accrual::run(config, options).await,
        Bench::Ledger(options) => ledger::run(config, options).await,
        Bench::Round(options) => round::run(config, options).await,
    }
}

/// What `talentflow verify` finds wrong.
async fn broken(db: &Db, checks: &[Check]) -> anyhow::Result<Vec<&'static str>> {
    let findings = verify(db, checks).await?;
    Ok(findings.into_iter().filter(|finding| !finding.broken.is_empty()).map(|finding| finding.check.name).collect())
}

/// Figures of tables that do not add up are worth nothing.
async fn sound(db: &Db, checks: &[Check]) -> anyhow::Result<()> {
    for finding in verify(db, checks).await? {
        ensure!(finding.broken.is_empty(), "{} is broken: {}", finding.check.name, finding.broken.join(", "));
    }
    Ok(())
}

/// The middle of several runs.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
