//! Opening a database: every limit is set here, once.

use super::{Db, FileLock, PgPools, Pools};
use crate::config::DatabaseConfig;
use crate::error::Error;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqlitePool};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How many connections read while the one writer of a SQLite file writes.
const SQLITE_READERS: u32 = 4;
/// Prepared statements a connection keeps. All services together have a few hundred; with the default of 100
/// the one SQLite writer would prepare most of them anew each time.
const STATEMENTS: usize = 1024;
/// Pages a SQLite connection keeps in memory, in KiB as SQLite wants it: negative.
const SQLITE_CACHE: &str = "-65536";
/// Pages written before a SQLite file takes them over from its log. A batch of a thousand writes more than the default
/// of 1,000 pages, and each would copy the pages of the indexes anew that the next one writes again.
const SQLITE_CHECKPOINT: &str = "16384";
/// How long a request may queue for the one writer: as long as a request may take at all. Behind a few batches of
/// a thousand the queue is longer than the seconds a PostgreSQL pool is given.
const WRITER_QUEUE: Duration = Duration::from_secs(30);
/// A statement slower than this is worth a line in the log.
const SLOW_STATEMENT: Duration = Duration::from_secs(1);

impl Db {
    /// Opens the database of the configuration and checks that it answers.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, Error> {
        let url = config.url.expose();
        let pools = if url.starts_with("sqlite:") { open_sqlite(url, config).await? } else { open_postgres(url, config).await? };
        Ok(Self(Arc::new(pools)))
    }
}

async fn open_postgres(url: &str, config: &DatabaseConfig) -> Result<Pools, Error> {
    let seconds = |n: u64| format!("{n}s");
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| {
            Error::unavailable("database.url is not a PostgreSQL URL: expected postgres://user:password@host:5432/database")
        })?
        .application_name("talentflow")
        .statement_cache_capacity(STATEMENTS)
        .options([
            ("idle_in_transaction_session_timeout", seconds(config.idle_in_transaction_seconds)),
            ("statement_timeout", seconds(config.statement_timeout_seconds)),
            ("timezone", "UTC".to_owned()),
            // The server's default is for disks that turn: with it a few dozen rows of some ten thousand are read by
            // reading them all.
            ("random_page_cost", "1.1".to_owned()),
        ])
        .log_slow_statements(tracing::log::LevelFilter::Warn, SLOW_STATEMENT);
    let host = format!("{}:{}", options.get_host(), options.get_port());
    let requests = pg_pool(options.clone(), config.max_connections, config).await.map_err(|error| unreachable(&host, &error))?;
    let small =
        |options| async { pg_pool(options, config.relay_connections, config).await.map_err(|error| unreachable(&host, &error)) };
    let background = small(options.clone()).await?;
    // A mark of what was sent need not outlive a crash: what is sent again is known where it arrives. So a relay does not
    // wait for the disk, for which commands queue.
    let claims = small(options.options([("synchronous_commit", "off")])).await?;
    Ok(Pools::Postgres(PgPools { requests, background, claims }))
}

async fn pg_pool(options: PgConnectOptions, size: u32, config: &DatabaseConfig) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(config.acquire_timeout_seconds))
        .connect_with(options)
        .await
}

async fn open_sqlite(url: &str, config: &DatabaseConfig) -> Result<Pools, Error> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| Error::unavailable("database.url is not a SQLite URL: expected sqlite:FILE such as sqlite:talentflow.db"))?
        .create_if_missing(true)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", SQLITE_CACHE)
        // What a statement of thousands of rows would need to be taken back is kept in memory, not in a file.
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(config.acquire_timeout_seconds))
        .log_slow_statements(tracing::log::LevelFilter::Warn, SLOW_STATEMENT);
    let file = options.get_filename().to_owned();
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| Error::unavailable(format!("cannot create the folder {}: {source}", folder.display())))?;
    }
    let lock = FileLock::acquire(&file)?;
    // Requests queue for the one writer; waiting in the pool is fair, waiting in SQLite is not.
    let writer = sqlite_pool(options.clone(), 1, &file).await?;
    let readers = sqlite_pool(options.read_only(true).create_if_missing(false), SQLITE_READERS, &file).await?;
    Ok(Pools::Sqlite { writer, readers, _lock: Some(lock) })
}

async fn sqlite_pool(options: SqliteConnectOptions, size: u32, file: &Path) -> Result<SqlitePool, Error> {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(WRITER_QUEUE)
        .connect_with(options)
        .await
        .map_err(|error| Error::unavailable(format!("cannot open the SQLite database {}: {error}", file.display())))
}

fn unreachable(host: &str, error: &sqlx::Error) -> Error {
    Error::unavailable(format!("cannot reach PostgreSQL at {host}: {error}; check database.url and that the server runs"))
}
