//! `talentflow verify`

use crate::cli::Verify;
use crate::wiring::{MIGRATIONS, checks};
use kit::config::Config;
use kit::db::{Db, pending};
use kit::verify::verify;
use serde_json::json;
use std::process::ExitCode;

pub async fn run(config: &Config, command: &Verify) -> anyhow::Result<ExitCode> {
    let db = Db::open(&config.database).await?;
    let missing = pending(&db, MIGRATIONS).await?;
    anyhow::ensure!(missing.is_empty(), "the database lacks {}: run `talentflow migrate` first", missing.join(", "));
    let findings = verify(&db, &checks()).await?;
    db.close().await;
    let broken = findings.iter().filter(|finding| !finding.broken.is_empty()).count();
    if command.json {
        let list: Vec<_> = findings
            .iter()
            .map(|finding| json!({"check": finding.check.name, "holds": finding.broken.is_empty(), "broken": finding.broken}))
            .collect();
        println!("{}", json!({"holds": broken == 0, "checks": list}));
    } else {
        for finding in &findings {
            let mark = if finding.broken.is_empty() { "holds " } else { "BROKEN" };
            println!("{mark}  {:28} {} · {}", finding.check.name, finding.check.en, finding.check.zh);
            for line in &finding.broken {
                println!("          {line}");
            }
        }
        println!("{} checks, {broken} broken", findings.len());
    }
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
