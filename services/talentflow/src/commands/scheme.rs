//! `talentflow scheme check`

use crate::cli::SchemeAction;
use anyhow::Context as _;
use std::process::ExitCode;
use subsidy::domain::{Scheme, SchemeFaults, Schemes};

/// Works on files alone: no configuration, no database.
pub fn run(action: &SchemeAction) -> anyhow::Result<ExitCode> {
    let SchemeAction::Check { files } = action;
    let mut sound = Vec::with_capacity(files.len());
    let mut faults: Vec<SchemeFaults> = Vec::new();
    for path in files {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {file}"))?;
        match Scheme::load(&text) {
            Ok(scheme) => {
                println!("{file}: {} · {} · {}", scheme.citation(), scheme.title, scheme.title_zh);
                sound.push((file, text));
            }
            Err(found) => faults.push(found.named(&file)),
        }
    }
    // Each by itself, and then beside each other and those that are shipped.
    if faults.is_empty() {
        faults.extend(Schemes::with_own(sound.iter().map(|(file, text)| (file.as_str(), text.as_str()))).err());
    }
    for found in &faults {
        eprintln!("{found}");
    }
    let count: usize = faults.iter().map(|found| found.faults.len()).sum();
    if count == 0 {
        println!("{} schemes, no fault · {} 个补贴项目，无误", files.len(), files.len());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{count} faults · {count} 处错误");
    Ok(ExitCode::FAILURE)
}
