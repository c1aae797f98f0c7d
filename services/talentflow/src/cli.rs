//! The command line.

mod payments;

pub use payments::{ExportPayments, ImportPayments, PaymentForm, Payments, Reach, ResultForm};

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
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
    /// With `--checkpoint`, also that everything the ledger held when the checkpoint was made is still there, unchanged and
    /// in its place, whoever may have had their hands in the tables since.
    ///
    /// Example: talentflow verify --checkpoint ledger-2026-09.txt --json
    Verify(Verify),
    /// Prints the size and root of the log over the ledger. Keep it where nobody who can write to the database can reach:
    /// `verify --checkpoint` holds the ledger against it.
    ///
    /// Example: talentflow checkpoint > ledger-2026-09.txt
    Checkpoint,
    /// Publishes events of the outbox again, after a stream was lost or restored from an older copy. Consumers
    /// recognise what they have applied.
    ///
    /// Example: talentflow republish --service training --from 2026-09-01T00:00:00Z
    Republish(Republish),
    /// Lists events that could not be applied, with the reason; replays or skips them.
    ///
    /// Example: talentflow dead-letters replay --service subsidy --key 0192…
    DeadLetters(DeadLetters),
    /// Matches students with mentors from files, without a database: who gets whom, and the proof.
    ///
    /// `optimal` matches the largest number, and of those assignments takes the one with the largest total fit;
    /// `stable` leaves no student and mentor who would both rather have each other. Files are CSV with a header:
    /// students.csv (`student_id`), mentors.csv (`side,mentor_id,capacity`), edges.csv (`side,student_id,mentor_id,fit` and,
    /// if wanted, `student_pref,mentor_pref`; higher is better). Only listed pairs are possible; fit is 0 to 1,000.
    ///
    /// Example: talentflow solve --mentors mentors.csv --edges edges.csv --students students.csv --side A
    /// --objective stable --out assignment.csv --certificate cert.json --json
    #[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
    Solve(Box<Solve>),
    /// Reads scheme files (补贴项目) and says everything that is wrong with them: file, line, column, rule, way out.
    /// Exits with 1 if anything is.
    ///
    /// Example: talentflow scheme check schemes/*.toml
    #[command(subcommand)]
    Scheme(SchemeAction),
    /// Brings subsidy claims into line as days pass: for a daily cron. Safe to repeat; a second run finds nothing.
    ///
    /// A SQLite file belongs to the process that serves it: there, ask the API instead (`claims:runAccrual`).
    ///
    /// Example: talentflow accrue --through 2027-03-31 --json
    Accrue(Accrue),
    /// Brings mentors whose timetable has something begin or end to today: for a daily cron, after midnight. Safe to repeat.
    ///
    /// A SQLite file belongs to the process that serves it: there, ask the API instead (`mentors:refresh`).
    ///
    /// Example: talentflow refresh-mentors --json
    RefreshMentors(RefreshMentors),
    /// Takes the file of a payment batch (拨付批次) to the bank and the bank's answer back, through the API of a running server.
    #[command(subcommand)]
    Payments(Payments),
    /// Measures what is promised about speed; beside a peer where there is one, in the same run, with the ratio.
    #[command(subcommand)]
    Bench(Bench),
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
pub struct Solve {
    #[command(flatten)]
    pub files: Option<SolveFiles>,
    #[command(subcommand)]
    pub action: Option<Check>,
}

/// The files of a question.
#[derive(Debug, Clone, Args)]
pub struct QuestionFiles {
    /// Who is to be matched.
    #[arg(long, value_name = "CSV")]
    pub students: PathBuf,
    /// The mentors of both sides and their places.
    #[arg(long, value_name = "CSV")]
    pub mentors: PathBuf,
    /// The possible pairs of both sides, and how well they fit.
    #[arg(long, value_name = "CSV")]
    pub edges: PathBuf,
    /// Places that mentors share (`side,group_id,capacity`, and `within` for a group within a group): the projects of a
    /// mentor, the mentors of an organisation with a quota. A project is a row of its own among the mentors; the column
    /// `group` there names the group of a row, and may be empty.
    #[arg(long, value_name = "CSV")]
    pub groups: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct SolveFiles {
    // Those of QuestionFiles by themselves: clap does not see through a flattened struct within an optional one.
    /// Who is to be matched.
    #[arg(long, value_name = "CSV")]
    students: PathBuf,
    /// The mentors of both sides and their places.
    #[arg(long, value_name = "CSV")]
    mentors: PathBuf,
    /// The possible pairs of both sides, and how well they fit.
    #[arg(long, value_name = "CSV")]
    edges: PathBuf,
    /// Places that mentors share (`side,group_id,capacity`, and `within` for a group within a group): the projects of a
    /// mentor, the mentors of an organisation with a quota. A project is a row of its own among the mentors; the column
    /// `group` there names the group of a row, and may be empty.
    #[arg(long, value_name = "CSV")]
    groups: Option<PathBuf>,
    /// Academic mentors, enterprise mentors, or both at once with the two of a student compatible.
    #[arg(long)]
    pub side: Sides,
    /// What is wanted of the assignment.
    #[arg(long, default_value = "optimal")]
    pub objective: Objective,
    /// Mentors who do not work together (`academic_id,enterprise_id`); with `--side both`.
    #[arg(long, value_name = "CSV")]
    pub vetoes: Option<PathBuf>,
    /// Where the assignment goes (`side,student_id,mentor_id`).
    #[arg(long, value_name = "CSV")]
    pub out: Option<PathBuf>,
    /// Where the proof goes, for `talentflow solve check`.
    #[arg(long, value_name = "JSON")]
    pub certificate: Option<PathBuf>,
    /// Prints the summary as one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl SolveFiles {
    pub fn question(&self) -> QuestionFiles {
        QuestionFiles {
            students: self.students.clone(),
            mentors: self.mentors.clone(),
            edges: self.edges.clone(),
            groups: self.groups.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Check {
    /// Judges an assignment by its certificate, without solving anything. Exits with 1 and says why if it proves nothing.
    ///
    /// Example: talentflow solve check --mentors mentors.csv --edges edges.csv --students students.csv --side A
    /// --assignment assignment.csv --certificate cert.json
    Check {
        #[command(flatten)]
        question: QuestionFiles,
        /// Academic or enterprise mentors.
        #[arg(long)]
        side: Side,
        /// The assignment (`side,student_id,mentor_id`); rows of the other side are passed over.
        #[arg(long, value_name = "CSV")]
        assignment: PathBuf,
        /// Its certificate.
        #[arg(long, value_name = "JSON")]
        certificate: PathBuf,
        /// Prints the finding as one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// On whose behalf a mentor guides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[value(rename_all = "UPPER")]
pub enum Side {
    /// Academic (校内导师).
    A,
    /// Enterprise (企业导师).
    E,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::A { "A" } else { "E" })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sides {
    /// Academic (校内导师).
    #[value(name = "A")]
    A,
    /// Enterprise (企业导师).
    #[value(name = "E")]
    E,
    /// Both, with the two mentors of a student compatible.
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// The largest number matched, then the largest total fit.
    Optimal,
    /// Nobody has a reason to leave: no student and mentor would both rather have each other.
    Stable,
}

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Approvals posted through gRPC by 64 clients, and claims accrued in bulk, beside pgbench running the least a posting can
    /// be; on databases of the benchmark's own on the same server. On SQLite there is no peer. `psql` and `pgbench` are
    /// PostgreSQL's own.
    ///
    /// A client has several calls under way over its connection, as a gateway has for its users (`ratio_many`, `ratio_hot`);
    /// beside it the same with one call each, the next one when it is answered (`ratio_one_call`).
    ///
    /// Example: talentflow bench ledger --database-url postgres://… --json
    Ledger(BenchLedger),
    /// One matching round of a whole city: opened, closed, solved on both sides with the mentors of each student
    /// compatible, and published, through the service and into the tables. The database must be empty.
    ///
    /// Example: talentflow bench round --students 131915 --database-url sqlite:bench.db --json
    Round(BenchRound),
    /// A month's accrual of a whole city: six schemes judge every student day by day, then again, which posts nothing. The
    /// database must be empty.
    ///
    /// Example: talentflow bench accrual --students 131915 --database-url sqlite:bench.db --json
    Accrual(BenchAccrual),
}

#[derive(Debug, Args)]
pub struct BenchLedger {
    /// Approvals of each turn.
    #[arg(long, default_value_t = 6_000, value_name = "1000..65535", value_parser = clap::value_parser!(u16).range(1000..))]
    pub approvals: u16,
    /// Turns; the middle one counts.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub turns: u16,
    /// Calls that each client has under way: with 8, the 64 clients have as many as a server takes unless it is told otherwise.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    pub calls: u16,
    /// Prints the figures as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchAccrual {
    /// How many students were hired.
    #[arg(long, default_value_t = 131_915)]
    pub students: u32,
    /// The same seed makes the same city.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Prints the figures as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchRound {
    /// How many students wait; mentors are in proportion.
    #[arg(long, default_value_t = 131_915)]
    pub students: u32,
    /// Possible mentors looked at first, a student and side.
    #[arg(long, default_value_t = 30)]
    pub candidates: i32,
    /// What is wanted of the assignment.
    #[arg(long, value_enum, default_value_t = Objective::Optimal)]
    pub objective: Objective,
    /// Places in percent of the students; below 100 somebody stays alone.
    #[arg(long, default_value_t = 110)]
    pub places: u32,
    /// The same seed makes the same city.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Prints the figures as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A file that `talentflow checkpoint` wrote.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Prints the findings as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum SchemeAction {
    /// Reads files as `serve` would read a city's own.
    Check {
        /// The files, as schemes/README.md describes them.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct Accrue {
    /// Those for whom something is due on this day or earlier; today when absent, never later.
    #[arg(long, value_name = "DATE")]
    pub through: Option<NaiveDate>,
    /// Everybody with facts, as after a change of schemes.
    #[arg(long)]
    pub all: bool,
    /// Prints what was done as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RefreshMentors {
    /// Prints what was done as one JSON object.
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
