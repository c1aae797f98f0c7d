//! The only place that knows which engine is underneath.
//!
//! Repositories write plain SQL with `$1` and get rows back; both engines run the same text. SQLite
//! has one writer (`BEGIN IMMEDIATE`, so a busy database waits instead of failing half way) and a
//! read pool; PostgreSQL has a pool for requests and a smaller one for the relay and the probes, so
//! that a flood of requests cannot stop delivery.

mod lock;
mod migrate;
mod open;
mod rows;
mod sql;
mod tx;
mod value;

pub use lock::FileLock;
pub use migrate::{Kind, Migration, Migrations, Report, migrate, pending};
pub use sql::{Sql, statements};
pub use tx::{Row, Tx};
pub use value::{Bind, Value, args, id_list};

use crate::error::Error;
use sqlx::{PgPool, SqlitePool};
use std::sync::Arc;
use tokio::sync::Notify;

/// An open database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db(Arc<Pools>);

#[derive(Debug)]
enum Pools {
    Postgres(PgPools),
    Sqlite { writer: SqlitePool, readers: SqlitePool, _lock: Option<FileLock> },
}

#[derive(Debug)]
struct PgPools {
    requests: PgPool,
    background: PgPool,
    claims: PgPool,
}

impl PgPools {
    fn of(&self, lane: Lane) -> &PgPool {
        match lane {
            Lane::Request => &self.requests,
            Lane::Background => &self.background,
            Lane::Claim => &self.claims,
        }
    }

    /// In a task of its own: a `begin` of sqlx 0.9 that is dropped half way hands back a connection with an open
    /// transaction, on which later writes would be answered Ok and lost (sqlx issues 4385 and 4393). Here it always
    /// comes to its end, and what nobody waits for any more is rolled back.
    async fn begin(&self, lane: Lane, statement: &'static str) -> Result<Tx, Error> {
        let pool = self.of(lane).clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await.map_err(Error::internal)?;
        Ok(Tx::postgres(begun?))
    }
}

/// Which engine answers. Only `kit::db` and the tests that compare engines ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// Who opens a transaction; background work never waits behind requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Request,
    Background,
    /// A relay's claim, held while the consumers it delivers to work on connections of their own: in one pool
    /// with theirs, enough claims would wait for each other for ever.
    Claim,
}

impl Db {
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Pools::Postgres(_) => Engine::Postgres,
            Pools::Sqlite { .. } => Engine::Sqlite,
        }
    }

    /// Opens a write transaction. Run it in a task of its own that nobody cancels, so that it ends as it should
    /// (`command` and `inbox` do this for every use case).
    pub async fn begin(&self, lane: Lane) -> Result<Tx, Error> {
        match &*self.0 {
            Pools::Postgres(pools) => pools.begin(lane, "BEGIN").await,
            Pools::Sqlite { writer, .. } => Ok(Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)),
        }
    }

    /// Opens a transaction that sees one consistent state and writes nothing.
    pub async fn read(&self, lane: Lane) -> Result<Tx, Error> {
        match &*self.0 {
            Pools::Postgres(pools) => pools.begin(lane, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
            Pools::Sqlite { readers, .. } => Ok(Tx::sqlite(readers.begin().await?)),
        }
    }

    /// Whether the database answers; for the readiness probe, never for liveness.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut tx = self.read(Lane::Background).await?;
        tx.fetch_one::<(i64,)>(PING, args![]).await?;
        Ok(())
    }

    /// Prepares a statement without running it.
    pub async fn prepare(&self, sql: Sql) -> Result<(), Error> {
        use sqlx::Executor;
        use sqlx::SqlSafeStr;
        match &*self.0 {
            Pools::Postgres(pools) => {
                pools.requests.acquire().await?.prepare(sql.postgres.into_sql_str()).await?;
            }
            Pools::Sqlite { writer, .. } => {
                writer.acquire().await?.prepare(sql.sqlite.into_sql_str()).await?;
            }
        }
        Ok(())
    }

    /// Waits for running statements and closes the pools.
    pub async fn close(&self) {
        match &*self.0 {
            Pools::Postgres(pools) => {
                for lane in [Lane::Request, Lane::Claim, Lane::Background] {
                    pools.of(lane).close().await;
                }
            }
            Pools::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

statements! {
    PING = "SELECT CAST(1 AS BIGINT)";
}

/// Told when a transaction that wrote events has committed.
pub type Wake = Arc<Notify>;
