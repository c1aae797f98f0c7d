//! Months in their tables: what they moved, and those that are closed.

use crate::domain::{AccountKind, Period};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::{Error, Money};
use std::collections::BTreeMap;

/// A closed month, and the log at that moment.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Closed {
    #[sqlx(try_from = "String")]
    pub period: Period,
    pub log_size: i64,
    pub log_root: String,
    pub closed_by: String,
    pub closed_at: DateTime<Utc>,
}

/// What the accounts of a kind took in a month.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Total {
    #[sqlx(try_from = "String")]
    pub period: Period,
    #[sqlx(try_from = "String")]
    pub kind: AccountKind,
    pub debits: Money,
    pub credits: Money,
}

statements! {
    ADD_TOTALS = {
        postgres: "INSERT INTO subsidy_period_total (period, kind, debits, credits) SELECT $1, kind, debits, credits FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[])) AS totals (kind, debits, credits) ON CONFLICT (period, kind) DO UPDATE SET debits = subsidy_period_total.debits + excluded.debits, credits = subsidy_period_total.credits + excluded.credits",
        sqlite: "INSERT INTO subsidy_period_total (period, kind, debits, credits) SELECT $1, value->>0, value->>1, value->>2 FROM jsonb_each($2) WHERE TRUE ON CONFLICT (period, kind) DO UPDATE SET debits = subsidy_period_total.debits + excluded.debits, credits = subsidy_period_total.credits + excluded.credits",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    TOTALS = "SELECT period, kind, debits, credits FROM subsidy_period_total ORDER BY period, kind";
    CLOSED = "SELECT period, log_size, log_root, closed_by, closed_at FROM subsidy_period ORDER BY period";
    CLOSE = "INSERT INTO subsidy_period (period, log_size, log_root, closed_by, closed_at) VALUES ($1, $2, $3, $4, $5)";
}

/// Adds to what a month moved, under the lock of the log's head. It is deferred.
pub fn add(tx: &mut Tx, period: Period, moves: &BTreeMap<AccountKind, (i64, i64)>) -> Result<(), Error> {
    let row = |(kind, (debits, credits)): (&AccountKind, &(i64, i64))| args![kind, debits, credits];
    tx.defer_rows(ADD_TOTALS, args![period], moves.iter().map(row).collect(), "the ledger's totals")
}

/// Every month's totals, oldest first; a handful a month.
pub async fn totals(tx: &mut Tx) -> Result<Vec<Total>, Error> {
    tx.fetch_all(TOTALS, args![]).await
}

/// The closed months, oldest first.
pub async fn closed(tx: &mut Tx) -> Result<Vec<Closed>, Error> {
    tx.fetch_all(CLOSED, args![]).await
}

pub async fn close(tx: &mut Tx, closed: &Closed) -> Result<(), Error> {
    let row = args![closed.period, closed.log_size, closed.log_root.as_str(), closed.closed_by.as_str(), closed.closed_at];
    tx.execute(CLOSE, row).await.map(|_| ())
}
