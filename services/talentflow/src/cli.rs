//! The command line.

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Schools and enterprises train people together: rotation (轮岗), order-based training (订单班),
/// dual mentors (双导师) and subsidy accounting (补贴).
#[derive(Debug, Parser)]
#[command(name = "talentflow", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands. Anything else is configuration: a file, or `TALENTFLOW__SECTION__KEY`.
#[derive(Debug, Args)]
pub struct Common {
    /// A TOML file; `talentflow config` prints one with every key.
    #[arg(long, global = true, env = "TALENTFLOW_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the data is: `sqlite:FILE` for one process, `postgres://…` for several.
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// NATS with JetStream, for events between processes; without it they stay in this process.
    #[arg(long, global = true, value_name = "URL")]
    pub nats_url: Option<String>,
    /// Where portals reach the gateway.
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// Where operations reach /livez, /readyz and /metrics.
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub ops_listen: Option<String>,
    /// Log level or filter, such as `info` or `kit=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the services until it is told to stop.
    ///
    /// With an empty configuration all of them run in this process on one SQLite file.
    ///
    /// Example: talentflow serve --services training,gateway --database-url postgres://… --nats-url nats://…
    Serve(Serve),
    /// Creates a city from a seed, lives through two school years in it by the public API, and goes on serving.
    ///
    /// Example: talentflow demo --scale 0.1 --exit --json
    Demo(Demo),
    /// Brings the tables up to date: all or nothing, safe to repeat, safe to run twice at once.
    ///
    /// Example: talentflow migrate --database-url postgres://…
    Migrate,
    /// Proves the invariants of every service from the tables: that the ledger balances, that no event was lost
    /// or applied twice, that nothing was overspent. Exits with 1 and says which, if one is broken.
    ///
    /// Example: talentflow verify --json
    Verify(Verify),
    /// Publishes events of the outbox again, after a stream was lost or restored from an older copy. Consumers
    /// recognise what they have applied.
    ///
    /// Example: talentflow republish --service training --from 2026-09-01T00:00:00Z
    Republish(Republish),
    /// Lists events that could not be applied, with the reason; replays or skips them.
    ///
    /// Example: talentflow dead-letters replay --service subsidy --key 0192…
    DeadLetters(DeadLetters),
    /// Prints a configuration file with every key, its default, its unit and what it is for.
    ///
    /// Example: talentflow config > talentflow.toml
    Config,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Which services to run here: all, or a list of directory, rotation, training, mentoring, subsidy, gateway.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
    /// Runs `migrate` first; for a bureau with one process. Several replicas leave this to a job.
    #[arg(long)]
    pub migrate: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// How much of the city: 1 is all 131,915 students.
    #[arg(long, default_value_t = 0.01, value_name = "0.001..1")]
    pub scale: f64,
    /// The same seed makes the same city.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Ends after the summary instead of serving on.
    #[arg(long)]
    pub exit: bool,
    /// Prints the summary as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Prints the findings as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Republish {
    /// Whose events.
    #[arg(long)]
    pub service: String,
    /// From this instant (RFC 3339, UTC).
    #[arg(long)]
    pub from: DateTime<Utc>,
    /// Until before this instant; now when absent.
    #[arg(long)]
    pub to: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub struct DeadLetters {
    #[command(subcommand)]
    pub action: LetterAction,
}

#[derive(Debug, Subcommand)]
pub enum LetterAction {
    /// Lists what is unresolved.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Tries one again.
    Replay {
        #[arg(long)]
        service: String,
        #[arg(long)]
        key: String,
    },
    /// Gives one up, so that its aggregate goes on without it.
    Skip {
        #[arg(long)]
        service: String,
        #[arg(long)]
        key: String,
        /// Why; kept with the letter.
        #[arg(long)]
        reason: String,
    },
}
