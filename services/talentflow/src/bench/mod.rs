//! `talentflow bench`: what is promised about speed, measured. Figures are printed, never asserted.

mod round;
mod town;

use crate::cli::{Bench, Measured};
use kit::config::Config;
use std::process::ExitCode;

pub async fn run(config: Config, command: &Bench) -> anyhow::Result<ExitCode> {
    match &command.what {
        Measured::Round(command) => round::run(config, command).await,
    }
}
