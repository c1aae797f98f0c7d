//! What of payments is set against debts.

use super::every;
use crate::domain::{ClaimId, FundId, Netting, Owed, PaymentBatchId, ReceivableId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, id_list, statements};
use kit::{Error, Money};

kit::words! {
    /// Where a netting stands; as its line does.
    pub enum NettingState {
        Pending = "pending",
        Posted = "posted",
        Undone = "undone",
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    claim_id: ClaimId,
    receivable_id: ReceivableId,
    fund_id: FundId,
    amount: Money,
    scheme_code: String,
    stage: i64,
}

statements! {
    /// Takes the nettings of a batch.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_netting (batch_id, claim_id, receivable_id, amount, state, created_at, updated_at) SELECT $1, n.claim_id, n.receivable_id, n.amount, 'pending', $2, $2 FROM unnest(CAST($3 AS UUID[]), CAST($4 AS UUID[]), CAST($5 AS BIGINT[])) AS n (claim_id, receivable_id, amount)",
        sqlite: "INSERT INTO subsidy_netting (batch_id, claim_id, receivable_id, amount, state, created_at, updated_at) SELECT $1, value->>0, value->>1, value->>2, 'pending', $2, $2 FROM jsonb_each($3)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    LESSEN_LINES = "UPDATE subsidy_payment_line SET netted = (SELECT CAST(SUM(n.amount) AS BIGINT) FROM subsidy_netting n WHERE n.batch_id = subsidy_payment_line.batch_id AND n.claim_id = subsidy_payment_line.claim_id) WHERE batch_id = $1 AND claim_id IN (SELECT n.claim_id FROM subsidy_netting n WHERE n.batch_id = $1)";
    LESSEN_BATCH = "UPDATE subsidy_payment_batch SET netted = (SELECT CAST(SUM(n.amount) AS BIGINT) FROM subsidy_netting n WHERE n.batch_id = $1) WHERE batch_id = $1";
    /// The pending nettings of some lines of a batch, with the scheme and stage of each debt.
    PENDING = {
        postgres: "SELECT n.claim_id, n.receivable_id, r.fund_id, n.amount, c.scheme_code, c.stage FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id JOIN subsidy_claim c ON c.claim_id = r.claim_id WHERE n.batch_id = $1 AND n.state = 'pending' AND n.claim_id = ANY (CAST($2 AS UUID[])) ORDER BY n.claim_id, n.receivable_id",
        sqlite: "SELECT n.claim_id, n.receivable_id, r.fund_id, n.amount, c.scheme_code, c.stage FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id JOIN subsidy_claim c ON c.claim_id = r.claim_id WHERE n.batch_id = $1 AND n.state = 'pending' AND n.claim_id IN (SELECT value FROM json_each($2)) ORDER BY n.claim_id, n.receivable_id",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    SETTLE = {
        postgres: "UPDATE subsidy_netting SET state = $3, updated_at = $4 WHERE batch_id = $1 AND state = 'pending' AND claim_id = ANY (CAST($2 AS UUID[]))",
        sqlite: "UPDATE subsidy_netting SET state = $3, updated_at = $4 WHERE batch_id = $1 AND state = 'pending' AND claim_id IN (SELECT value FROM json_each($2))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
}

/// Sets lines of a batch that was just made against debts.
pub async fn insert_all(tx: &mut Tx, batch: PaymentBatchId, nettings: &[Netting], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |one: &Netting| args![one.claim, one.receivable, one.amount];
    every(tx, INSERT_ALL, args![batch, now], nettings.iter().map(row).collect()).await?;
    tx.execute(LESSEN_LINES, args![batch]).await?;
    tx.change(LESSEN_BATCH, args![batch], &batch.to_string()).await
}

/// What of these lines is set against debts and waits for the bank, each with its line.
pub async fn pending(tx: &mut Tx, batch: PaymentBatchId, claims: &[ClaimId]) -> Result<Vec<(ClaimId, Owed)>, Error> {
    let rows: Vec<Row> = tx.fetch_all(PENDING, args![batch, id_list(claims.iter().copied())]).await?;
    let owed = |row: Row| {
        let Row { claim_id, receivable_id: receivable, fund_id: fund, amount, scheme_code: scheme, stage } = row;
        (claim_id, Owed { receivable, fund, amount, scheme, stage })
    };
    Ok(rows.into_iter().map(owed).collect())
}

/// Ends the pending nettings of lines, as many as were read.
pub async fn settle(
    tx: &mut Tx,
    batch: PaymentBatchId,
    (claims, count): (&[ClaimId], usize),
    state: NettingState,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    let settled = tx.execute(SETTLE, args![batch, id_list(claims.iter().copied()), state, now]).await?;
    if settled == count as u64 { Ok(()) } else { Err(Error::stale(&batch.to_string())) }
}
