//! Reports, each one aggregate.

use crate::domain::{BatchState, FundId, OrganisationId, PaymentBatchId, State};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::{Error, Money};
use uuid::Uuid;

/// A fund, a month and a scheme, or none.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Execution {
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    pub fund_code: String,
    #[sqlx(rename = "scheme_code")]
    pub scheme: String,
    pub month: String,
    pub appropriated: Money,
    pub committed: Money,
    pub paid: Money,
    pub clawed_back: Money,
    pub available: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ClaimTotal {
    #[sqlx(rename = "scheme_code")]
    pub scheme: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub claims: i64,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PaymentTotal {
    #[sqlx(rename = "batch_id")]
    pub batch: PaymentBatchId,
    pub fund_code: String,
    #[sqlx(try_from = "String")]
    pub state: BatchState,
    pub created_at: DateTime<Utc>,
    pub lines: i64,
    pub total: Money,
    pub paid_lines: i64,
    pub paid: Money,
    pub failed_lines: i64,
    pub failed: Money,
}

impl PaymentTotal {
    /// What the bank has not answered for.
    pub fn pending(&self) -> Money {
        Money::fen(self.total.as_fen() - self.paid.as_fen() - self.failed.as_fen())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Age {
    #[sqlx(rename = "debtor_id")]
    pub debtor: OrganisationId,
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    pub fund_code: String,
    pub to_30: Money,
    pub to_90: Money,
    pub to_180: Money,
    pub over_180: Money,
    pub outstanding: Money,
}

/// What a report is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub fund: Option<FundId>,
    pub organisation: Option<OrganisationId>,
}

/// Which rows of a report: at most `limit` after `offset`.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub limit: i64,
    pub offset: i64,
}

/// The first instants of what counts as at most 30, 90 and 180 days old, and the first that does not count at all.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub days_30: DateTime<Utc>,
    pub days_90: DateTime<Utc>,
    pub days_180: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

statements! {
    /// What is held and what is available run on from month to month; the rest is of the month alone.
    BUDGET_EXECUTION = {
        postgres: "WITH flow AS (SELECT t.fund_id, COALESCE(NULLIF(a.scheme_code, ''), c.scheme_code, '') AS scheme_code, to_char((t.posted_at AT TIME ZONE 'UTC') + INTERVAL '8 hours', 'YYYY-MM') AS month, SUM(CASE WHEN a.kind <> 'appropriation' THEN 0 WHEN e.side = 'credit' THEN e.amount ELSE -e.amount END) AS appropriated, SUM(CASE WHEN a.kind <> 'committed' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS committed, SUM(CASE WHEN a.kind <> 'paid' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS paid, SUM(CASE WHEN a.kind = 'receivable' AND t.kind = 'clawback' AND e.side = 'debit' THEN e.amount ELSE 0 END) AS clawed_back, SUM(CASE WHEN a.kind <> 'available' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS available FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id LEFT JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE t.fund_id = $1 OR $1 IS NULL GROUP BY 1, 2, 3), running AS (SELECT w.fund_id, f.code AS fund_code, w.scheme_code, w.month, CAST(w.appropriated AS BIGINT) AS appropriated, CAST(SUM(w.committed) OVER (PARTITION BY w.fund_id, w.scheme_code ORDER BY w.month) AS BIGINT) AS committed, CAST(w.paid AS BIGINT) AS paid, CAST(w.clawed_back AS BIGINT) AS clawed_back, CAST(SUM(w.available) OVER (PARTITION BY w.fund_id ORDER BY w.month) AS BIGINT) AS available FROM flow w JOIN subsidy_fund f ON f.fund_id = w.fund_id) SELECT fund_id, fund_code, scheme_code, month, appropriated, committed, paid, clawed_back, available FROM running WHERE month >= $2 AND month <= $3 ORDER BY fund_code, month, scheme_code LIMIT $4 OFFSET $5",
        sqlite: "WITH flow AS (SELECT t.fund_id, COALESCE(NULLIF(a.scheme_code, ''), c.scheme_code, '') AS scheme_code, strftime('%Y-%m', t.posted_at, '+8 hours') AS month, SUM(CASE WHEN a.kind <> 'appropriation' THEN 0 WHEN e.side = 'credit' THEN e.amount ELSE -e.amount END) AS appropriated, SUM(CASE WHEN a.kind <> 'committed' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS committed, SUM(CASE WHEN a.kind <> 'paid' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS paid, SUM(CASE WHEN a.kind = 'receivable' AND t.kind = 'clawback' AND e.side = 'debit' THEN e.amount ELSE 0 END) AS clawed_back, SUM(CASE WHEN a.kind <> 'available' THEN 0 WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS available FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id LEFT JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE t.fund_id = $1 OR $1 IS NULL GROUP BY 1, 2, 3), running AS (SELECT w.fund_id, f.code AS fund_code, w.scheme_code, w.month, CAST(w.appropriated AS BIGINT) AS appropriated, CAST(SUM(w.committed) OVER (PARTITION BY w.fund_id, w.scheme_code ORDER BY w.month) AS BIGINT) AS committed, CAST(w.paid AS BIGINT) AS paid, CAST(w.clawed_back AS BIGINT) AS clawed_back, CAST(SUM(w.available) OVER (PARTITION BY w.fund_id ORDER BY w.month) AS BIGINT) AS available FROM flow w JOIN subsidy_fund f ON f.fund_id = w.fund_id) SELECT fund_id, fund_code, scheme_code, month, appropriated, committed, paid, clawed_back, available FROM running WHERE month >= $2 AND month <= $3 ORDER BY fund_code, month, scheme_code LIMIT $4 OFFSET $5",
        reason: "each engine has its own way to tell the month of an instant",
    };
    /// Of one fund, what it carries of each claim; a claim without rows is carried by its own fund alone.
    CLAIM_TOTALS = "SELECT c.scheme_code, c.state, CAST(COUNT(DISTINCT c.claim_id) AS BIGINT) AS claims, CAST(SUM(COALESCE(s.amount, c.amount)) AS BIGINT) AS amount FROM subsidy_claim c LEFT JOIN subsidy_claim_source s ON s.claim_id = c.claim_id WHERE (COALESCE(s.fund_id, c.fund_id) = $1 OR $1 IS NULL) AND (c.beneficiary_id = $2 OR $2 IS NULL) GROUP BY c.scheme_code, c.state ORDER BY c.scheme_code, c.state LIMIT $3 OFFSET $4";
    /// Of one fund, what it carries of each line; `fund_code` is that of the fund whose account pays.
    PAYMENT_TOTALS = "SELECT b.batch_id, f.code AS fund_code, b.state, b.created_at, CAST(COUNT(DISTINCT l.claim_id) AS BIGINT) AS lines, CAST(SUM(COALESCE(s.amount, l.amount)) AS BIGINT) AS total, CAST(COUNT(DISTINCT l.claim_id) FILTER (WHERE l.state = 'paid') AS BIGINT) AS paid_lines, CAST(COALESCE(SUM(COALESCE(s.amount, l.amount)) FILTER (WHERE l.state = 'paid'), 0) AS BIGINT) AS paid, CAST(COUNT(DISTINCT l.claim_id) FILTER (WHERE l.state = 'failed') AS BIGINT) AS failed_lines, CAST(COALESCE(SUM(COALESCE(s.amount, l.amount)) FILTER (WHERE l.state = 'failed'), 0) AS BIGINT) AS failed FROM subsidy_payment_batch b JOIN subsidy_payment_line l ON l.batch_id = b.batch_id JOIN subsidy_fund f ON f.fund_id = b.fund_id LEFT JOIN subsidy_claim_source s ON s.claim_id = l.claim_id WHERE b.batch_id > $1 AND (COALESCE(s.fund_id, b.fund_id) = $3 OR $3 IS NULL) AND (l.beneficiary_id = $4 OR $4 IS NULL) GROUP BY b.batch_id, f.code, b.state, b.created_at ORDER BY b.batch_id LIMIT $2";
    RECEIVABLE_AGES = "SELECT r.debtor_id, r.fund_id, f.code AS fund_code, CAST(SUM(CASE WHEN r.created_at >= $3 THEN r.outstanding ELSE 0 END) AS BIGINT) AS to_30, CAST(SUM(CASE WHEN r.created_at < $3 AND r.created_at >= $4 THEN r.outstanding ELSE 0 END) AS BIGINT) AS to_90, CAST(SUM(CASE WHEN r.created_at < $4 AND r.created_at >= $5 THEN r.outstanding ELSE 0 END) AS BIGINT) AS to_180, CAST(SUM(CASE WHEN r.created_at < $5 THEN r.outstanding ELSE 0 END) AS BIGINT) AS over_180, CAST(SUM(r.outstanding) AS BIGINT) AS outstanding FROM subsidy_receivable r JOIN subsidy_fund f ON f.fund_id = r.fund_id WHERE (r.fund_id = $1 OR $1 IS NULL) AND (r.debtor_id = $2 OR $2 IS NULL) AND r.created_at < $6 AND r.outstanding > 0 GROUP BY r.debtor_id, r.fund_id, f.code ORDER BY r.debtor_id, f.code LIMIT $7 OFFSET $8";
}

/// `year` 0 is every year.
pub async fn budget_execution(tx: &mut Tx, fund: Option<FundId>, year: i32, window: Window) -> Result<Vec<Execution>, Error> {
    let (from, to) = if year == 0 { (0, 9999) } else { (year, year) };
    let row = args![fund, format!("{from:04}-01"), format!("{to:04}-12"), window.limit, window.offset];
    tx.fetch_all(BUDGET_EXECUTION, row).await
}

pub async fn claim_totals(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<ClaimTotal>, Error> {
    tx.fetch_all(CLAIM_TOTALS, args![filter.fund, filter.organisation, window.limit, window.offset]).await
}

pub async fn payment_totals(tx: &mut Tx, filter: Filter, after: Uuid, limit: i64) -> Result<Vec<PaymentTotal>, Error> {
    tx.fetch_all(PAYMENT_TOTALS, args![after, limit, filter.fund, filter.organisation]).await
}

pub async fn receivable_ages(tx: &mut Tx, filter: Filter, bounds: Bounds, window: Window) -> Result<Vec<Age>, Error> {
    let Bounds { days_30, days_90, days_180, end } = bounds;
    let row = args![filter.fund, filter.organisation, days_30, days_90, days_180, end, window.limit, window.offset];
    tx.fetch_all(RECEIVABLE_AGES, row).await
}
