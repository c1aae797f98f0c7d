//! `talentflow checkpoint`

use crate::wiring::MIGRATIONS;
use kit::clock::Clock;
use kit::config::Config;
use kit::db::{Db, pending};
use std::process::ExitCode;

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let db = Db::open(&config.database).await?;
    let missing = pending(&db, MIGRATIONS).await?;
    anyhow::ensure!(missing.is_empty(), "the database lacks {}: run `talentflow migrate` first", missing.join(", "));
    let checkpoint = subsidy::checkpoint_of(&db, Clock::System.now()).await?;
    db.close().await;
    print!("{}", checkpoint.text());
    Ok(ExitCode::SUCCESS)
}
