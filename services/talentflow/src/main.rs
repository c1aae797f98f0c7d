//! talentflow: the services of a city that trains people together with its enterprises, in one binary.

mod bench;
mod cli;
mod commands;
mod demo;
mod people;
mod progress;
mod solve;
mod wiring;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("talentflow: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
