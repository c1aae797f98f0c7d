//! `talentflow republish`

use crate::cli::Republish;
use crate::wiring::context_of;
use kit::config::Config;
use kit::outbox;
use std::process::ExitCode;

pub async fn run(config: &Config, command: &Republish) -> anyhow::Result<ExitCode> {
    let context = context_of(config, &command.service).await?;
    let to = command.to.unwrap_or_else(|| context.clock.now());
    anyhow::ensure!(command.from < to, "--from {} is not before --to {to}", command.from);
    let count = outbox::republish(&context, command.from, to).await?;
    println!("{count} events of {} will be published again by the running service", command.service);
    context.db.close().await;
    Ok(ExitCode::SUCCESS)
}
