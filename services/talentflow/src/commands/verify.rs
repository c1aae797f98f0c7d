//! `talentflow verify`

use crate::cli::Verify;
use crate::wiring::{MIGRATIONS, checks, looks};
use anyhow::Context as _;
use kit::config::Config;
use kit::db::{Db, pending};
use kit::verify::verify_all;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub async fn run(config: &Config, command: &Verify) -> anyhow::Result<ExitCode> {
    let checkpoint = command.checkpoint.as_deref().map(read).transpose()?;
    let db = Db::open(&config.database).await?;
    let missing = pending(&db, MIGRATIONS).await?;
    anyhow::ensure!(missing.is_empty(), "the database lacks {}: run `talentflow migrate` first", missing.join(", "));
    let findings = verify_all(&db, &checks(), &looks(), checkpoint.as_deref()).await?;
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

/// The text of a checkpoint.
fn read(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("--checkpoint: cannot read {}", path.display()))?;
    subsidy::Checkpoint::parse(&text).with_context(|| {
        format!("--checkpoint: {} is not what `talentflow checkpoint` writes: four lines, the first a title", path.display())
    })?;
    Ok(text)
}
