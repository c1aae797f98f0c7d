//! Payment batches and their lines.

use crate::domain::{BankAccountId, BatchState, ClaimId, FundId, Line, LineState, OrganisationId, PaymentBatch, PaymentBatchId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

#[derive(Debug, Clone)]
pub struct Stored {
    pub batch: PaymentBatch,
    pub lines: Vec<Line>,
    /// What each fund carries of it.
    pub carried: Vec<Carried>,
    pub created_at: DateTime<Utc>,
}

/// What a fund carries of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Carried {
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    pub amount: Money,
    /// What of that is set against what is owed to it.
    pub netted: Money,
}

/// A batch in a list, where its lines are left out.
#[derive(Debug, Clone)]
pub struct Listing {
    pub batch: PaymentBatch,
    pub created_at: DateTime<Utc>,
}

/// Which batches a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub fund: Option<FundId>,
    pub state: Option<BatchState>,
}

#[derive(sqlx::FromRow)]
struct Row {
    batch_id: PaymentBatchId,
    version: i64,
    fund_id: FundId,
    #[sqlx(try_from = "String")]
    state: BatchState,
    total: Money,
    lines: i64,
    netted: Money,
    left_out: i64,
    created_at: DateTime<Utc>,
}

impl From<Row> for Listing {
    fn from(row: Row) -> Self {
        let batch = PaymentBatch {
            id: row.batch_id,
            version: row.version,
            fund: row.fund_id,
            state: row.state,
            total: row.total,
            lines: row.lines,
            netted: row.netted,
            left_out: row.left_out,
        };
        Self { batch, created_at: row.created_at }
    }
}

#[derive(sqlx::FromRow)]
struct LineRow {
    claim_id: ClaimId,
    beneficiary_id: OrganisationId,
    amount: Money,
    netted: Money,
    #[sqlx(try_from = "String")]
    state: LineState,
    bank_reference: Option<String>,
    failure_reason: Option<String>,
    attempt: i64,
    bank_account_id: Option<BankAccountId>,
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        Self {
            claim: row.claim_id,
            beneficiary: row.beneficiary_id,
            amount: row.amount,
            netted: row.netted,
            state: row.state,
            bank_reference: row.bank_reference,
            failure_reason: row.failure_reason,
            attempt: row.attempt,
            account: row.bank_account_id,
        }
    }
}

statements! {
    INSERT = "INSERT INTO subsidy_payment_batch (batch_id, version, changes, fund_id, state, total, lines, left_out, created_by, created_at, updated_at) SELECT $1, 1, 0, $2, 'open', CAST(SUM(amount) AS BIGINT), CAST(COUNT(*) AS BIGINT), $5, $3, $4, $4 FROM subsidy_claim WHERE batch_id = $1 HAVING COUNT(*) > 0";
    INSERT_LINES = "INSERT INTO subsidy_payment_line (batch_id, claim_id, beneficiary_id, amount, state, attempt, updated_at) SELECT c.batch_id, c.claim_id, c.beneficiary_id, c.amount, 'pending', 1 + (SELECT COUNT(*) FROM subsidy_payment_line p WHERE p.claim_id = c.claim_id), $2 FROM subsidy_claim c WHERE c.batch_id = $1";
    /// The row's lock holds back whoever takes in results for the same batch at the same time.
    LOCK = "UPDATE subsidy_payment_batch SET changes = changes + 1 WHERE batch_id = $1";
    SETTLE = "UPDATE subsidy_payment_batch SET version = $2, state = $4, updated_at = $5 WHERE batch_id = $1 AND version = $3";
    /// Takes the claims of lines, with their states, references and reasons.
    SETTLE_LINES = {
        postgres: "UPDATE subsidy_payment_line AS l SET state = d.state, bank_reference = d.bank_reference, failure_reason = d.failure_reason, updated_at = $2 FROM unnest(CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS TEXT[])) AS d (claim_id, state, bank_reference, failure_reason) WHERE l.batch_id = $1 AND l.claim_id = d.claim_id AND l.state = 'pending'",
        sqlite: "UPDATE subsidy_payment_line SET state = value->>1, bank_reference = value->>2, failure_reason = value->>3, updated_at = $2 FROM jsonb_each($3) WHERE batch_id = $1 AND claim_id = value->>0 AND state = 'pending'",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    BY_ID = "SELECT batch_id, version, fund_id, state, total, lines, netted, left_out, created_at FROM subsidy_payment_batch WHERE batch_id = $1";
    LIST = "SELECT batch_id, version, fund_id, state, total, lines, netted, left_out, created_at FROM subsidy_payment_batch WHERE batch_id > $1 AND (fund_id = $3 OR $3 IS NULL) AND (state = $4 OR $4 IS NULL) ORDER BY batch_id LIMIT $2";
    /// The batch's fund carries the claims of which nobody is named.
    CARRIED = "SELECT fund_id, CAST(SUM(amount) AS BIGINT) AS amount, CAST(SUM(netted) AS BIGINT) AS netted FROM (SELECT COALESCE(s.fund_id, b.fund_id) AS fund_id, COALESCE(s.amount, l.amount) AS amount, 0 AS netted FROM subsidy_payment_line l JOIN subsidy_payment_batch b ON b.batch_id = l.batch_id LEFT JOIN subsidy_claim_source s ON s.claim_id = l.claim_id WHERE l.batch_id = $1 UNION ALL SELECT r.fund_id, 0, n.amount FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id WHERE n.batch_id = $1) AS parts GROUP BY fund_id ORDER BY fund_id";
    LINES = "SELECT claim_id, beneficiary_id, amount, netted, state, bank_reference, failure_reason, attempt, bank_account_id FROM subsidy_payment_line WHERE batch_id = $1 ORDER BY claim_id";
}

/// Makes a batch of the claims that were taken for it; `left_out` of the fund's stay where they are.
pub async fn insert(
    tx: &mut Tx,
    id: PaymentBatchId,
    fund: FundId,
    left_out: i64,
    by: (&str, DateTime<Utc>),
) -> Result<(), Error> {
    tx.change(INSERT, args![id, fund, by.0, by.1, left_out], &id.to_string()).await?;
    tx.execute(INSERT_LINES, args![id, by.1]).await.map(|_| ())
}

/// False when there is no such batch.
pub async fn lock(tx: &mut Tx, id: PaymentBatchId) -> Result<bool, Error> {
    Ok(tx.execute(LOCK, args![id]).await? == 1)
}

/// Saves a batch that was decided on at the version before.
pub async fn settle(tx: &mut Tx, batch: &PaymentBatch, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![batch.id, batch.version, batch.version - 1, batch.state, now];
    tx.change(SETTLE, row, &batch.id.to_string()).await
}

pub async fn settle_lines(tx: &mut Tx, batch: PaymentBatchId, lines: &[Line], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |line: &Line| args![line.claim, line.state, &line.bank_reference, &line.failure_reason];
    tx.change_rows(SETTLE_LINES, args![batch, now], lines.iter().map(row).collect(), &batch.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: PaymentBatchId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    let Some(row) = row else { return Ok(None) };
    let lines: Vec<LineRow> = tx.fetch_all(LINES, args![id]).await?;
    let carried: Vec<Carried> = tx.fetch_all(CARRIED, args![id]).await?;
    let Listing { batch, created_at } = row.into();
    Ok(Some(Stored { batch, lines: lines.into_iter().map(Line::from).collect(), carried, created_at }))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Listing>, Error> {
    let row = args![page.after, page.limit(), filter.fund, filter.state];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Listing::from).collect())
}
