//! Migrations, per service, forward only: expand, migrate, contract.
//!
//! A replica of the previous release must go on working while the next one migrates. So a migration
//! says in its first line what it does to older binaries: `-- expand` leaves them working, and a binary
//! that meets an expansion it does not know goes on; `-- contract` takes something away, and a binary
//! that meets a contraction it does not know refuses to start.

use super::{Db, Engine, Lane, Tx, args, statements};
use crate::error::Error;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The migrations of one service, oldest first, each in both dialects.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    pub service: &'static str,
    pub all: &'static [Migration],
}

#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub version: i64,
    pub name: &'static str,
    pub postgres: &'static str,
    pub sqlite: &'static str,
}

/// What a migration does to the binaries before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Expand,
    Contract,
}

/// What a run of migrations did.
#[derive(Debug, Default)]
pub struct Report {
    pub applied: Vec<String>,
    /// Expansions of a newer release, tolerated.
    pub newer: Vec<String>,
}

/// Lists the migrations of the crate it is called in: `migrations!("rotation", [1 "init"])` reads
/// `migrations/{postgres,sqlite}/0001_init.sql`.
#[macro_export]
macro_rules! migrations {
    ($service:literal, [$($file:literal),+ $(,)?]) => {
        $crate::db::Migrations { service: $service, all: &[$(
            $crate::db::Migration::new(
                $file,
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/", $file, ".sql")),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/", $file, ".sql")),
            )
        ),+] }
    };
}

impl Migration {
    /// A migration from its file name (`0001_init`) and texts.
    pub const fn new(file: &'static str, postgres: &'static str, sqlite: &'static str) -> Self {
        let digits = file.as_bytes();
        let mut version = 0;
        let mut at = 0;
        while at < digits.len() && digits[at].is_ascii_digit() {
            version = version * 10 + (digits[at] - b'0') as i64;
            at += 1;
        }
        Self { version, name: file, postgres, sqlite }
    }

    fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Postgres => self.postgres,
            Engine::Sqlite => self.sqlite,
        }
    }

    fn checksum(&self, engine: Engine) -> String {
        hex::encode(Sha256::digest(self.text(engine)))
    }

    /// Read from the first line; a file that does not say is refused by a test and treated as the
    /// careful case.
    pub fn kind(&self) -> Kind {
        if self.postgres.starts_with("-- expand") { Kind::Expand } else { Kind::Contract }
    }
}

/// Kit's own tables: outbox, inbox, idempotency, audit, dead letters.
pub const KIT: Migrations = crate::migrations!("kit", ["0001_init", "0002_lots", "0003_answers"]);

statements! {
    CREATE_HISTORY = {
        postgres: "CREATE TABLE IF NOT EXISTS migration (service TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL, PRIMARY KEY (service, version))",
        sqlite: "CREATE TABLE IF NOT EXISTS migration (service TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL, PRIMARY KEY (service, version))",
        reason: "the engines name the type of an instant differently",
    };
}

pub(super) mod history {
    use super::statements;
    statements! {
        EXISTS = {
            postgres: "SELECT CAST(count(*) AS BIGINT) FROM information_schema.tables WHERE table_name = 'migration' AND table_schema = current_schema()",
            sqlite: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migration'",
            reason: "each engine has a catalogue of its own",
        };
        OF_SERVICE = "SELECT version, name, kind, checksum FROM migration WHERE service = $1 ORDER BY version";
        INSERT = "INSERT INTO migration (service, version, name, kind, checksum, applied_at) VALUES ($1, $2, $3, $4, $5, $6)";
        LOCK = {
            postgres: "SELECT CAST(1 AS BIGINT) FROM (SELECT pg_advisory_xact_lock(7310429911)) AS held",
            sqlite: "SELECT 1",
            reason: "several replicas may migrate one PostgreSQL database at once; a SQLite file has one process",
        };
    }
}

#[derive(sqlx::FromRow)]
struct Applied {
    version: i64,
    name: String,
    kind: String,
    checksum: String,
}

/// Brings the tables of `services` (and kit's own) up to date, in one transaction: all or nothing.
pub async fn migrate(db: &Db, services: &[Migrations], now: DateTime<Utc>) -> Result<Report, Error> {
    let mut tx = db.begin(Lane::Request).await?;
    tx.fetch_one::<(i64,)>(history::LOCK, args![]).await?;
    tx.execute(CREATE_HISTORY, args![]).await?;
    let mut report = Report::default();
    for migrations in std::iter::once(&KIT).chain(services) {
        for migration in missing(&mut tx, migrations, &mut report).await? {
            tx.script(migration.text(tx.engine())).await?;
            let kind = if migration.kind() == Kind::Expand { "expand" } else { "contract" };
            let row = args![migrations.service, migration.version, migration.name, kind, migration.checksum(tx.engine()), now];
            tx.execute(history::INSERT, row).await?;
            report.applied.push(format!("{}/{}", migrations.service, migration.name));
        }
    }
    tx.commit().await?;
    Ok(report)
}

/// The migrations still to be run; empty when `serve` may start.
pub async fn pending(db: &Db, services: &[Migrations]) -> Result<Vec<String>, Error> {
    let mut tx = db.read(Lane::Background).await?;
    let (tables,): (i64,) = tx.fetch_one(history::EXISTS, args![]).await?;
    let mut names = Vec::new();
    for migrations in std::iter::once(&KIT).chain(services) {
        let missing =
            if tables == 0 { migrations.all.to_vec() } else { missing(&mut tx, migrations, &mut Report::default()).await? };
        names.extend(missing.iter().map(|migration| format!("{}/{}", migrations.service, migration.name)));
    }
    Ok(names)
}

async fn missing(tx: &mut Tx, migrations: &Migrations, report: &mut Report) -> Result<Vec<Migration>, Error> {
    let applied: Vec<Applied> = tx.fetch_all(history::OF_SERVICE, args![migrations.service]).await?;
    for row in &applied {
        match migrations.all.iter().find(|known| known.version == row.version) {
            Some(known) if known.checksum(tx.engine()) == row.checksum => {}
            Some(known) => {
                return Err(Error::unavailable(format!(
                    "migration {}/{} was changed after it had been applied; migrations are forward only: add a new one",
                    migrations.service, known.name
                )));
            }
            None if row.kind == "expand" => report.newer.push(format!("{}/{}", migrations.service, row.name)),
            None => {
                return Err(Error::unavailable(format!(
                    "the database is newer than this binary: it has {}/{}, which takes away what this release needs; run the newer release",
                    migrations.service, row.name
                )));
            }
        }
    }
    let known = |version: i64| applied.iter().any(|row| row.version == version);
    Ok(migrations.all.iter().filter(|migration| !known(migration.version)).copied().collect())
}
