//! `talentflow migrate`

use crate::wiring::MIGRATIONS;
use kit::clock::Clock;
use kit::config::Config;
use kit::db::{Db, migrate};
use std::process::ExitCode;

pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let db = Db::open(&config.database).await?;
    let report = migrate(&db, MIGRATIONS, Clock::System.now()).await?;
    for name in &report.applied {
        println!("applied {name}");
    }
    for name in &report.newer {
        println!("tolerated {name}, of a newer release");
    }
    if report.applied.is_empty() {
        println!("the database is up to date");
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
