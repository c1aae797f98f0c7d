//! An open transaction: what a use case holds while it works.

use super::{Engine, Sql, Value, Wake};
use crate::error::{Code, Error};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, Sqlite, Transaction};
use std::convert::identity;
use std::sync::Arc;
use uuid::Uuid;

/// A row that both engines can decode; `#[derive(sqlx::FromRow)]` is enough.
pub trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// An open transaction. Dropped without commit it rolls back.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    /// Whom to wake after commit: the relay of what was written, the worker of what was begun.
    wakes: Vec<Wake>,
    /// Rows that go into a table together, at the latest at commit.
    deferred: Vec<Deferred>,
}

/// Deferred rows that make one statement.
const DEFERRED: u64 = 500;

/// Rows of one statement that wait to be written.
#[derive(Debug)]
struct Deferred {
    sql: Sql,
    rows: u64,
    /// A JSON array of the rows, without its closing bracket.
    text: Vec<u8>,
}

#[derive(Debug)]
enum Inner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// Ids are `UUID` on PostgreSQL and readable text on SQLite, so that a person with `sqlite3` can follow
/// a reference by eye; `id!` decodes both.
macro_rules! bound {
    ($query:expr, $args:expr, $id:expr) => {
        $args.into_iter().fold($query, |query, value| match value {
            Value::Bool(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v),
            Value::Id(v) => query.bind(v.map($id)),
            Value::Instant(v) => query.bind(v),
            Value::Date(v) => query.bind(v),
        })
    };
}

macro_rules! on_engine {
    ($self:ident, $sql:ident, $args:ident, $make:path, $call:ident) => {
        match &mut $self.inner {
            Inner::Postgres(tx) => bound!($make($sql.postgres), $args, identity).$call(&mut **tx).await,
            Inner::Sqlite(tx) => bound!($make($sql.sqlite), $args, as_text).$call(&mut **tx).await,
        }
    };
}

fn as_text(id: Uuid) -> String {
    id.to_string()
}

impl Tx {
    pub(super) fn postgres(tx: Transaction<'static, Postgres>) -> Self {
        Self { inner: Inner::Postgres(tx), wakes: Vec::new(), deferred: Vec::new() }
    }

    pub(super) fn sqlite(tx: Transaction<'static, Sqlite>) -> Self {
        Self { inner: Inner::Sqlite(tx), wakes: Vec::new(), deferred: Vec::new() }
    }

    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Postgres(_) => Engine::Postgres,
            Inner::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub async fn execute(&mut self, sql: Sql, args: Vec<Value>) -> Result<u64, Error> {
        let rows = match &mut self.inner {
            Inner::Postgres(tx) => {
                bound!(sqlx::query(sql.postgres), args, identity).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            Inner::Sqlite(tx) => {
                bound!(sqlx::query(sql.sqlite), args, as_text).execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        };
        rows.map_err(|error| Error::statement(sql.name, error))
    }

    /// Runs a guarded write: one row changes, or the caller's picture of `what` is out of date.
    pub async fn change(&mut self, sql: Sql, args: Vec<Value>, what: &str) -> Result<(), Error> {
        match self.execute(sql, args).await? {
            1 => Ok(()),
            _ => Err(Error::stale(what)),
        }
    }

    pub async fn fetch_optional<T: Row>(&mut self, sql: Sql, args: Vec<Value>) -> Result<Option<T>, Error> {
        on_engine!(self, sql, args, sqlx::query_as, fetch_optional).map_err(|error| Error::statement(sql.name, error))
    }

    pub async fn fetch_one<T: Row>(&mut self, sql: Sql, args: Vec<Value>) -> Result<T, Error> {
        on_engine!(self, sql, args, sqlx::query_as, fetch_one).map_err(|error| Error::statement(sql.name, error))
    }

    pub async fn fetch_all<T: Row>(&mut self, sql: Sql, args: Vec<Value>) -> Result<Vec<T>, Error> {
        on_engine!(self, sql, args, sqlx::query_as, fetch_all).map_err(|error| Error::statement(sql.name, error))
    }

    /// Keeps a row for `sql`, which takes a JSON array of rows as its one argument: a batch of a thousand then
    /// costs a few statements instead of a thousand. The row is a tuple, so that it is written down without being
    /// built as a value first.
    pub(crate) async fn defer(&mut self, sql: Sql, row: &impl Serialize) -> Result<(), Error> {
        let at = self.deferred.iter().position(|known| known.sql.name == sql.name).unwrap_or_else(|| {
            self.deferred.push(Deferred { sql, rows: 0, text: Vec::new() });
            self.deferred.len() - 1
        });
        let waiting = &mut self.deferred[at];
        waiting.text.push(if waiting.rows == 0 { b'[' } else { b',' });
        serde_json::to_writer(&mut waiting.text, row).map_err(Error::internal)?;
        waiting.rows += 1;
        if waiting.rows >= DEFERRED { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        for Deferred { sql, rows: count, mut text } in std::mem::take(&mut self.deferred) {
            text.push(b']');
            let rows = String::from_utf8(text).map_err(Error::internal)?;
            let done = self.execute(sql, vec![Value::Text(Some(rows))]).await;
            match done {
                Ok(written) if written == count => {}
                // Somebody wrote a row of the same identity at the same time, passing by the guard of what it is
                // about: let the whole use case decide again on what is there now.
                Ok(_) => return Err(Error::stale("what this is about")),
                Err(error) if error.code() == Code::AlreadyExists => return Err(Error::stale("what this is about")),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Runs a script of several statements without arguments; for migrations alone.
    pub(super) async fn script(&mut self, text: &'static str) -> Result<(), Error> {
        let run = match &mut self.inner {
            Inner::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(|_| ()),
            Inner::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(|_| ()),
        };
        run.map_err(|error| Error::statement("migration", error))
    }

    /// Remembers to wake somebody once this transaction has committed.
    pub(crate) fn wakes(&mut self, wake: &Wake) {
        if !self.wakes.iter().any(|known| Arc::ptr_eq(known, wake)) {
            self.wakes.push(wake.clone());
        }
    }

    /// Commits. An error here means the outcome is unknown: the same idempotency key asks for it.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.flush().await?;
        match self.inner {
            Inner::Postgres(tx) => tx.commit().await,
            Inner::Sqlite(tx) => tx.commit().await,
        }
        .map_err(|error| Error::statement("COMMIT", error))?;
        for wake in self.wakes {
            wake.notify_one();
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), Error> {
        match self.inner {
            Inner::Postgres(tx) => tx.rollback().await?,
            Inner::Sqlite(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
