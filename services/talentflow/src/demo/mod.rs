//! `talentflow demo`: a city lives through two school years, by the public API and the HR intake alone.

mod city;
mod hr;
mod money;
mod story;
mod summary;

use crate::cli::Demo;
use crate::commands::serve::{Serving, migrate_first, stop_signal};
use crate::people::People;
use crate::progress::Progress;
use crate::wiring::Process;
use anyhow::{Context as _, ensure};
use city::City;
use gateway::Portal;
use kit::clock::local_date;
use kit::config::Config;
use std::process::ExitCode;
use summary::Summary;

pub async fn run(config: Config, command: &Demo) -> anyhow::Result<ExitCode> {
    ensure!((0.001..=1.0).contains(&command.scale), "--scale is {}: expected 0.001 to 1", command.scale);
    migrate_first(&config).await?;
    let process = Process::open(config).await?;
    let issuer = process.issuer.clone().context("the demo signs its own tokens: it runs with auth.mode = development only")?;
    let clock = process.clock.clone();
    let portal = Portal::default();
    let serving = Serving::start(process, portal.clone()).await?;
    let address = format!("http://{}", serving.address);
    if !command.json {
        eprintln!("talentflow demo · {address} · metrics http://{}/metrics", serving.ops_address);
    }

    let progress = Progress::new();
    let city = City::new(command.scale, command.seed, local_date(clock.now()));
    let people = People::connect(address.clone(), issuer, clock).await?;
    let tally = story::live(&city, &people, &serving, &progress).await?;
    let summary = Summary::gather(tally, &people, &serving, progress.elapsed()).await?;
    portal.show(summary.figures());
    if command.json {
        println!("{}", summary.json());
    } else {
        println!("{}", summary.text());
    }
    if !command.exit {
        eprintln!("\n{address}/ 仍在运行，按 Ctrl-C 结束 · still serving; Ctrl-C ends it");
        stop_signal().await;
    }
    serving.stop().await;
    Ok(if summary.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
