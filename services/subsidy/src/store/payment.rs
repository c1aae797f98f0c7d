//! Payment batches and their lines.

use crate::domain::{BatchState, ClaimId, FundId, Line, LineState, OrganisationId, PaymentBatch, PaymentBatchId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

#[derive(Debug, Clone)]
pub struct Stored {
    pub batch: PaymentBatch,
    pub lines: Vec<Line>,
    pub created_at: DateTime<Utc>,
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
        };
        Self { batch, created_at: row.created_at }
    }
}

#[derive(sqlx::FromRow)]
struct LineRow {
    claim_id: ClaimId,
    beneficiary_id: OrganisationId,
    amount: Money,
    #[sqlx(try_from = "String")]
    state: LineState,
    bank_reference: Option<String>,
    failure_reason: Option<String>,
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        Self {
            claim: row.claim_id,
            beneficiary: row.beneficiary_id,
            amount: row.amount,
            state: row.state,
            bank_reference: row.bank_reference,
            failure_reason: row.failure_reason,
        }
    }
}

statements! {
    INSERT = "INSERT INTO subsidy_payment_batch (batch_id, version, changes, fund_id, state, total, lines, created_by, created_at, updated_at) SELECT $1, 1, 0, $2, 'open', CAST(SUM(amount) AS BIGINT), CAST(COUNT(*) AS BIGINT), $3, $4, $4 FROM subsidy_claim WHERE batch_id = $1 HAVING COUNT(*) > 0";
    INSERT_LINES = "INSERT INTO subsidy_payment_line (batch_id, claim_id, beneficiary_id, amount, state, updated_at) SELECT batch_id, claim_id, beneficiary_id, amount, 'pending', $2 FROM subsidy_claim WHERE batch_id = $1";
    /// The row's lock holds back whoever takes in results for the same batch at the same time.
    LOCK = "UPDATE subsidy_payment_batch SET changes = changes + 1 WHERE batch_id = $1";
    SETTLE = "UPDATE subsidy_payment_batch SET version = $2, state = $4, updated_at = $5 WHERE batch_id = $1 AND version = $3";
    SETTLE_LINE = "UPDATE subsidy_payment_line SET state = $3, bank_reference = $4, failure_reason = $5, updated_at = $6 WHERE batch_id = $1 AND claim_id = $2 AND state = 'pending'";
    BY_ID = "SELECT batch_id, version, fund_id, state, total, lines, created_at FROM subsidy_payment_batch WHERE batch_id = $1";
    LIST = "SELECT batch_id, version, fund_id, state, total, lines, created_at FROM subsidy_payment_batch WHERE batch_id > $1 AND (fund_id = $3 OR $3 IS NULL) AND (state = $4 OR $4 IS NULL) ORDER BY batch_id LIMIT $2";
    LINES = "SELECT claim_id, beneficiary_id, amount, state, bank_reference, failure_reason FROM subsidy_payment_line WHERE batch_id = $1 ORDER BY claim_id";
}

/// Makes a batch of the claims that were taken for it.
pub async fn insert(tx: &mut Tx, id: PaymentBatchId, fund: FundId, by: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(INSERT, args![id, fund, by, now], &id.to_string()).await?;
    tx.execute(INSERT_LINES, args![id, now]).await.map(|_| ())
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

pub async fn settle_line(tx: &mut Tx, batch: PaymentBatchId, line: &Line, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![batch, line.claim, line.state, line.bank_reference.as_deref(), line.failure_reason.as_deref(), now];
    tx.change(SETTLE_LINE, row, &batch.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: PaymentBatchId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    let Some(row) = row else { return Ok(None) };
    let lines: Vec<LineRow> = tx.fetch_all(LINES, args![id]).await?;
    let Listing { batch, created_at } = row.into();
    Ok(Some(Stored { batch, lines: lines.into_iter().map(Line::from).collect(), created_at }))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Listing>, Error> {
    let row = args![page.after, page.limit(), filter.fund, filter.state];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Listing::from).collect())
}
