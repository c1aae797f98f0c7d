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
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// For SQLite as well, whose C calls the same `malloc` by the crate's feature `override`: rows of a city's round are
/// many small pieces of memory, which the allocator of the C library joins and parts again under a lock.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
