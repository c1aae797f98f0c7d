//! One command a file.

pub mod accrue;
mod checkpoint;
mod dead_letters;
mod migrate;
mod payments;
mod refresh_mentors;
mod republish;
mod scheme;
pub mod serve;
mod verify;

use crate::cli::{Cli, Command, Common};
use crate::wiring::{GATEWAY, SERVICES};
use crate::{bench, demo, solve};
use kit::config::{Config, Sources};
use std::process::ExitCode;

/// Loads the configuration, starts telemetry and a runtime, and carries the command out.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if matches!(cli.command, Command::Config) {
        print!("{}", Config::reference());
        return Ok(ExitCode::SUCCESS);
    }
    // Works on files, or on a server elsewhere: no configuration of this one.
    let cli = match cli.command {
        Command::Solve(command) => return solve::run(*command),
        Command::Scheme(action) => return scheme::run(&action),
        Command::Payments(command) => return payments::run(&command),
        _ => cli,
    };
    let names = SERVICES.iter().map(|(name, _)| *name).chain([GATEWAY, "all"]);
    let sources = Sources::of_process().file(cli.common.config.clone()).overrides(overrides(&cli)).services(names);
    let config = Config::load(&sources)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let _telemetry = kit::telemetry::init(&config.log, &config.telemetry, "talentflow")?;
        tracing::debug!(?config, "configuration");
        match cli.command {
            Command::Serve(command) => serve::run(config, &command).await,
            Command::Bench(command) => bench::run(config, &command).await,
            Command::Demo(command) => demo::run(config, &command).await,
            Command::Migrate => migrate::run(&config).await,
            Command::Checkpoint => checkpoint::run(&config).await,
            Command::Verify(command) => verify::run(&config, &command).await,
            Command::Republish(command) => republish::run(&config, &command).await,
            Command::DeadLetters(command) => dead_letters::run(&config, &command).await,
            Command::Accrue(command) => accrue::run(&config, &command).await,
            Command::RefreshMentors(command) => refresh_mentors::run(&config, &command).await,
            Command::Config | Command::Solve(_) | Command::Scheme(_) | Command::Payments(_) => Ok(ExitCode::SUCCESS),
        }
    })
}

/// Flags are the last layer of the configuration.
fn overrides(cli: &Cli) -> Vec<(String, String)> {
    let Common { database_url, nats_url, listen, ops_listen, log, config: _ } = &cli.common;
    let services = match &cli.command {
        Command::Serve(serve) if !serve.services.is_empty() => Some(serve.services.join(",")),
        _ => None,
    };
    [
        ("database.url", database_url.clone()),
        ("nats.url", nats_url.clone()),
        ("server.listen", listen.clone()),
        ("ops.listen", ops_listen.clone()),
        ("log.level", log.clone()),
        ("services", services),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| (key.to_owned(), value)))
    .collect()
}
