//! An open transaction: what a use case holds while it works.

use super::rows::{self, Column, Rows};
use super::{Engine, Sql, Value, Wake};
use crate::error::{Code, Error};
use futures::future::BoxFuture;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction};
use std::convert::identity;
use std::fmt::Write as _;
use std::sync::Arc;
use uuid::Uuid;

/// A row that both engines can decode; `#[derive(sqlx::FromRow)]` is enough.
pub trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

/// An open transaction. Dropped without commit it rolls back.
pub struct Tx {
    inner: Inner,
    /// Whom to wake after commit: the relay of what was written, the worker of what was begun.
    wakes: Vec<Wake>,
    /// Writes that go together, at the latest at commit.
    deferred: Vec<Deferred>,
    /// What is left for the moment before the commit.
    last: Vec<Last>,
}

/// Work that is done when all the rest of a transaction is written.
type Last = Box<dyn for<'a> FnOnce(&'a mut Tx) -> BoxFuture<'a, Result<(), Error>> + Send>;

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// Deferred rows that make one statement.
const DEFERRED: u64 = 500;

/// A guarded write that waits.
#[derive(Debug)]
struct Deferred {
    sql: Sql,
    args: Vec<Value>,
    rows: Option<Rows>,
    what: String,
}

impl Deferred {
    /// How many rows it changes, unless the picture of what it is about is out of date.
    fn wanted(&self) -> u64 {
        self.rows.as_ref().map_or(1, Rows::count)
    }
}

#[derive(Debug)]
enum Inner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// Ids are `UUID` on PostgreSQL and readable text on SQLite, so that a person with `sqlite3` can follow
/// a reference by eye; `id!` decodes both.
macro_rules! bound {
    ($query:expr, $args:expr, $id:expr, $ids:expr) => {
        $args.into_iter().fold($query, |query, value| match value {
            Value::Bool(v) => query.bind(v),
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v),
            Value::Id(v) => query.bind(v.map($id)),
            Value::Ids(v) => query.bind($ids(v)),
            Value::Instant(v) => query.bind(v),
            Value::Date(v) => query.bind(v),
        })
    };
}

/// Binds columns after the other arguments, each as an array.
macro_rules! with_columns {
    ($query:expr, $columns:expr) => {
        $columns.into_iter().fold($query, |query, column| match column {
            Column::Bool(v) => query.bind(v),
            Column::Int(v) => query.bind(v),
            Column::Text(v) => query.bind(v),
            Column::Bytes(v) => query.bind(v),
            Column::Id(v) => query.bind(v),
            Column::Instant(v) => query.bind(v),
            Column::Date(v) => query.bind(v),
        })
    };
}

macro_rules! on_engine {
    ($self:ident, $sql:ident, $args:ident, $make:path, $call:ident $(, $then:expr)?) => {
        match &mut $self.inner {
            Inner::Postgres(tx) => bound!($make($sql.postgres), $args, identity, identity).$call(&mut **tx).await$(.map($then))?,
            Inner::Sqlite(tx) => bound!($make($sql.sqlite), $args, as_text, as_json).$call(&mut **tx).await$(.map($then))?,
        }
    };
}

macro_rules! with_rows {
    ($self:ident, $sql:ident, $args:ident, $rows:ident, $make:path, $call:ident $(, $then:expr)?) => {
        match (&mut $self.inner, $rows) {
            (Inner::Postgres(tx), Rows::Columns { columns, .. }) => {
                with_columns!(bound!($make($sql.postgres), $args, identity, identity), columns).$call(&mut **tx).await$(.map($then))?
            }
            (Inner::Sqlite(tx), Rows::Json { text, .. }) => {
                bound!($make($sql.sqlite), $args, as_text, as_json).bind(rows::json(text)?).$call(&mut **tx).await$(.map($then))?
            }
            _ => return Err(Error::internal("rows for another engine")),
        }
    };
}

fn as_text(id: Uuid) -> String {
    id.to_string()
}

fn as_json(ids: Vec<Uuid>) -> String {
    ids.into_iter().map(as_text).collect::<serde_json::Value>().to_string()
}

impl Tx {
    pub(super) fn postgres(tx: Transaction<'static, Postgres>) -> Self {
        Self { inner: Inner::Postgres(tx), wakes: Vec::new(), deferred: Vec::new(), last: Vec::new() }
    }

    pub(super) fn sqlite(tx: Transaction<'static, Sqlite>) -> Self {
        Self { inner: Inner::Sqlite(tx), wakes: Vec::new(), deferred: Vec::new(), last: Vec::new() }
    }

    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Postgres(_) => Engine::Postgres,
            Inner::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub async fn execute(&mut self, sql: Sql, args: Vec<Value>) -> Result<u64, Error> {
        on_engine!(self, sql, args, sqlx::query, execute, |done| done.rows_affected())
            .map_err(|error| Error::statement(sql.name, error))
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

    /// Runs a statement on rows, which come after its other arguments, and answers how many rows it changed. Without
    /// any there is nothing to do.
    pub async fn execute_rows(&mut self, sql: Sql, args: Vec<Value>, rows: Vec<Vec<Value>>) -> Result<u64, Error> {
        let rows = self.rows(rows)?;
        self.write(sql, args, rows).await
    }

    /// Runs a guarded write on rows: all of them change, or the caller's picture of `what` is out of date.
    pub async fn change_rows(&mut self, sql: Sql, args: Vec<Value>, rows: Vec<Vec<Value>>, what: &str) -> Result<(), Error> {
        let count = rows.len() as u64;
        if self.execute_rows(sql, args, rows).await? == count { Ok(()) } else { Err(Error::stale(what)) }
    }

    /// As [`Tx::execute_rows`], for a statement that answers rows of its own.
    pub async fn fetch_rows<T: Row>(&mut self, sql: Sql, args: Vec<Value>, rows: Vec<Vec<Value>>) -> Result<Vec<T>, Error> {
        let rows = self.rows(rows)?;
        if rows.count() == 0 {
            return Ok(Vec::new());
        }
        with_rows!(self, sql, args, rows, sqlx::query_as, fetch_all).map_err(|error| Error::statement(sql.name, error))
    }

    fn rows(&self, rows: Vec<Vec<Value>>) -> Result<Rows, Error> {
        let mut all = Rows::new(self.engine());
        for row in rows {
            all.push(row)?;
        }
        Ok(all)
    }

    async fn write(&mut self, sql: Sql, args: Vec<Value>, rows: Rows) -> Result<u64, Error> {
        if rows.count() == 0 {
            return Ok(0);
        }
        with_rows!(self, sql, args, rows, sqlx::query, execute, |done| done.rows_affected())
            .map_err(|error| Error::statement(sql.name, error))
    }

    /// Keeps a row for `sql`, which takes nothing but rows: a batch of a thousand then costs a few statements instead of
    /// a thousand.
    pub(crate) async fn defer(&mut self, sql: Sql, row: Vec<Value>) -> Result<(), Error> {
        let at = self.deferred.iter().position(|known| known.sql.postgres == sql.postgres).unwrap_or_else(|| {
            let rows = Some(Rows::new(self.engine()));
            self.deferred.push(Deferred { sql, args: Vec::new(), rows, what: "what this is about".to_owned() });
            self.deferred.len() - 1
        });
        let Some(waiting) = &mut self.deferred[at].rows else {
            return Err(Error::internal(format!("{} takes no rows", sql.name)));
        };
        waiting.push(row)?;
        if waiting.count() >= DEFERRED { self.flush().await } else { Ok(()) }
    }

    /// As [`Tx::change`], with others that are deferred: at the next [`Tx::flush`], at the latest at commit.
    pub fn defer_change(&mut self, sql: Sql, args: Vec<Value>, what: &str) {
        self.deferred.push(Deferred { sql, args, rows: None, what: what.to_owned() });
    }

    /// As [`Tx::change_rows`], with others that are deferred: at the next [`Tx::flush`], at the latest at commit.
    pub fn defer_rows(&mut self, sql: Sql, args: Vec<Value>, rows: Vec<Vec<Value>>, what: &str) -> Result<(), Error> {
        if !rows.is_empty() {
            let rows = Some(self.rows(rows)?);
            self.deferred.push(Deferred { sql, args, rows, what: what.to_owned() });
        }
        Ok(())
    }

    /// Writes what is deferred: on PostgreSQL as one statement, as each would be a way to the server and back, some of them
    /// while rows are held that everybody needs. They all see the tables as they were before it, so none of them may need
    /// what another writes, nor write a row that another does.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let deferred = std::mem::take(&mut self.deferred);
        let expected: Vec<(u64, String)> = deferred.iter().map(|one| (one.wanted(), one.what.clone())).collect();
        let written = match &mut self.inner {
            Inner::Postgres(tx) if deferred.len() > 1 => at_once(tx, deferred).await,
            _ => self.one_by_one(deferred).await,
        };
        let written = written.map_err(|error| {
            // Somebody wrote a row of the same identity at the same time, passing by the guard of what it is about: let
            // the whole use case decide again on what is there now.
            if error.code() == Code::AlreadyExists { Error::stale("what this is about") } else { error }
        })?;
        let stale = written.into_iter().zip(expected).find(|(written, (wanted, _))| written != wanted);
        stale.map_or(Ok(()), |(_, (_, what))| Err(Error::stale(&what)))
    }

    /// Answers how many rows each of them changed.
    async fn one_by_one(&mut self, deferred: Vec<Deferred>) -> Result<Vec<u64>, Error> {
        let mut written = Vec::with_capacity(deferred.len());
        for Deferred { sql, args, rows, .. } in deferred {
            written.push(match rows {
                Some(rows) => self.write(sql, args, rows).await?,
                None => self.execute(sql, args).await?,
            });
        }
        Ok(written)
    }

    /// Runs a script of several statements without arguments; for migrations alone.
    pub(super) async fn script(&mut self, text: &'static str) -> Result<(), Error> {
        let run = match &mut self.inner {
            Inner::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(|_| ()),
            Inner::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(|_| ()),
        };
        run.map_err(|error| Error::statement("migration", error))
    }

    /// Leaves for the moment before the commit, when all the rest is written, what takes rows that everybody needs: they
    /// are held for as short as can be. An error of it is one of the transaction.
    pub fn last<F>(&mut self, work: F)
    where
        F: for<'a> FnOnce(&'a mut Self) -> BoxFuture<'a, Result<(), Error>> + Send + 'static,
    {
        self.last.push(Box::new(work));
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
        for work in std::mem::take(&mut self.last) {
            work(&mut self).await?;
        }
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

/// As [`Tx::one_by_one`], by one statement.
async fn at_once(tx: &mut Transaction<'static, Postgres>, deferred: Vec<Deferred>) -> Result<Vec<u64>, Error> {
    let (mut writes, mut counts, mut places) = (String::new(), String::new(), 0);
    for (n, one) in deferred.iter().enumerate() {
        let (with, comma) = if n == 0 { ("WITH", "") } else { (",", ", ") };
        write!(writes, "{with} w{n} AS ({} RETURNING 1)", moved(one.sql.postgres, places)).map_err(Error::internal)?;
        write!(counts, "{comma}(SELECT COUNT(*) FROM w{n})").map_err(Error::internal)?;
        places += one.args.len() + one.rows.as_ref().map_or(0, Rows::columns);
    }
    let mut query = sqlx::query_scalar(AssertSqlSafe(format!("{writes} SELECT ARRAY[{counts}]")));
    let names: Vec<&str> = deferred.iter().map(|one| one.sql.name).collect();
    let names = names.join(" + ");
    for one in deferred {
        query = bound!(query, one.args, identity, identity);
        if let Some(Rows::Columns { columns, .. }) = one.rows {
            query = with_columns!(query, columns);
        }
    }
    let counts: Vec<i64> = query.fetch_one(&mut **tx).await.map_err(|error| Error::statement(&names, error))?;
    counts.into_iter().map(|count| u64::try_from(count).map_err(Error::internal)).collect()
}

/// A statement whose arguments come after so many others.
fn moved(sql: &str, by: usize) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        let place = number.parse::<usize>().map_or_else(|_| number.to_owned(), |place| (place + by).to_string());
        text.extend(["$", &place, rest]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn arguments_move_behind_those_of_other_statements() {
        assert_eq!(moved("UPDATE t SET a = $2 WHERE b = $1 AND c = '$'", 10), "UPDATE t SET a = $12 WHERE b = $11 AND c = '$'");
        assert_eq!(moved("DELETE FROM t", 3), "DELETE FROM t");
    }
}
