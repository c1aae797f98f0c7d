//! Receivables (应收追回款), and what was paid back of them.

use super::report::Window;
use crate::domain::{ClaimId, FundId, OrganisationId, PaymentBatchId, Receivable, ReceivableId, ReceivableState};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use kit::{Error, Money};

/// A receivable with what only its table knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub receivable: Receivable,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    receivable_id: ReceivableId,
    version: i64,
    fund_id: FundId,
    debtor_id: OrganisationId,
    claim_id: ClaimId,
    amount: Money,
    outstanding: Money,
    netted: Money,
    recovered: Money,
    #[sqlx(try_from = "String")]
    state: ReceivableState,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let receivable = Receivable {
            id: row.receivable_id,
            version: row.version,
            fund: row.fund_id,
            debtor: row.debtor_id,
            claim: row.claim_id,
            amount: row.amount,
            outstanding: row.outstanding,
            netted: row.netted,
            recovered: row.recovered,
            state: row.state,
        };
        Self { receivable, created_at: row.created_at }
    }
}

/// Which receivables a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub debtor: Option<OrganisationId>,
    pub claim: Option<ClaimId>,
    pub state: Option<ReceivableState>,
}

/// Money that was paid back.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Recovery {
    pub bank_reference: String,
    #[sqlx(rename = "receivable_id")]
    pub receivable: ReceivableId,
    pub amount: Money,
}

/// A recovery with what only its table knows.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredRecovery {
    #[sqlx(flatten)]
    pub recovery: Recovery,
    pub recorded_by: String,
    pub recorded_at: DateTime<Utc>,
}

statements! {
    INSERT = "INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at) VALUES ($1, 1, $2, $3, $4, $5, $5, $6, $6)";
    BY_ID = "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE receivable_id = $1";
    LIST = "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE receivable_id > $1 AND (debtor_id = $3 OR $3 IS NULL) AND (state = $4 OR $4 IS NULL) ORDER BY receivable_id LIMIT $2";
    LIST_OF_CLAIM = "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE claim_id = $5 AND receivable_id > $1 AND (debtor_id = $3 OR $3 IS NULL) AND (state = $4 OR $4 IS NULL) ORDER BY receivable_id LIMIT $2";
    /// What those who are to be paid by a batch owe to the funds that carry it, oldest first, held to the end of the transaction.
    OWED = {
        postgres: "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE outstanding > 0 AND fund_id IN (SELECT b.fund_id FROM subsidy_payment_batch b WHERE b.batch_id = $1 UNION SELECT s.fund_id FROM subsidy_payment_line l JOIN subsidy_claim_source s ON s.claim_id = l.claim_id WHERE l.batch_id = $1) AND debtor_id IN (SELECT l.beneficiary_id FROM subsidy_payment_line l WHERE l.batch_id = $1) ORDER BY receivable_id FOR UPDATE",
        sqlite: "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE outstanding > 0 AND fund_id IN (SELECT b.fund_id FROM subsidy_payment_batch b WHERE b.batch_id = $1 UNION SELECT s.fund_id FROM subsidy_payment_line l JOIN subsidy_claim_source s ON s.claim_id = l.claim_id WHERE l.batch_id = $1) AND debtor_id IN (SELECT l.beneficiary_id FROM subsidy_payment_line l WHERE l.batch_id = $1) ORDER BY receivable_id",
        reason: "a SQLite file has one writer, and no FOR UPDATE",
    };
    HOLD = {
        postgres: "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE receivable_id = ANY (CAST($1 AS UUID[])) ORDER BY receivable_id FOR UPDATE",
        sqlite: "SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, netted, recovered, state, created_at FROM subsidy_receivable WHERE receivable_id IN (SELECT value FROM json_each($1)) ORDER BY receivable_id",
        reason: "a SQLite file has one writer, and no FOR UPDATE; and knows no arrays: they come as JSON",
    };
    /// Takes what was decided, each on the version before.
    UPDATE_ALL = {
        postgres: "UPDATE subsidy_receivable AS r SET version = d.version, outstanding = d.outstanding, netted = d.netted, recovered = d.recovered, state = d.state, updated_at = $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[])) AS d (receivable_id, version, outstanding, netted, recovered, state) WHERE r.receivable_id = d.receivable_id AND r.version = d.version - 1",
        sqlite: "UPDATE subsidy_receivable AS r SET version = d.value->>1, outstanding = d.value->>2, netted = d.value->>3, recovered = d.value->>4, state = d.value->>5, updated_at = $1 FROM jsonb_each($2) AS d WHERE r.receivable_id = d.value->>0 AND r.version = (d.value->>1) - 1",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// A reference stands for one payment, whoever records it at the same time.
    INSERT_RECOVERY = "INSERT INTO subsidy_recovery (bank_reference, receivable_id, amount, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (bank_reference) DO NOTHING";
    RECOVERY = "SELECT bank_reference, receivable_id, amount FROM subsidy_recovery WHERE bank_reference = $1";
    RECOVERIES = "SELECT bank_reference, receivable_id, amount, recorded_by, recorded_at FROM subsidy_recovery WHERE receivable_id = $1 ORDER BY recorded_at, bank_reference LIMIT $2 OFFSET $3";
}

pub async fn insert(tx: &mut Tx, receivable: &Receivable, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![receivable.id, receivable.fund, receivable.debtor, receivable.claim, receivable.amount, now];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: ReceivableId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = match filter.claim {
        None => tx.fetch_all(LIST, args![page.after, page.limit(), filter.debtor, filter.state]).await?,
        Some(claim) => tx.fetch_all(LIST_OF_CLAIM, args![page.after, page.limit(), filter.debtor, filter.state, claim]).await?,
    };
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// What those who are to be paid by a batch owe to the funds that carry it, oldest first, held.
pub async fn owed(tx: &mut Tx, batch: PaymentBatchId) -> Result<Vec<Receivable>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OWED, args![batch]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).receivable).collect())
}

/// Receivables, held to the end of the transaction, in the order of their ids; those that are not there are left out.
pub async fn hold(tx: &mut Tx, ids: impl IntoIterator<Item = ReceivableId>) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(HOLD, args![id_list(ids)]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Saves what was decided, each on the version before.
pub async fn update_all(tx: &mut Tx, receivables: &[Receivable], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |one: &Receivable| args![one.id, one.version, one.outstanding, one.netted, one.recovered, one.state];
    tx.change_rows(UPDATE_ALL, args![now], receivables.iter().map(row).collect(), "receivables").await
}

/// False when the reference is known already.
pub async fn insert_recovery(tx: &mut Tx, recovery: &Recovery, by: (&str, DateTime<Utc>)) -> Result<bool, Error> {
    let row = args![recovery.bank_reference.as_str(), recovery.receivable, recovery.amount, by.0, by.1];
    Ok(tx.execute(INSERT_RECOVERY, row).await? == 1)
}

pub async fn recovery(tx: &mut Tx, bank_reference: &str) -> Result<Option<Recovery>, Error> {
    tx.fetch_optional(RECOVERY, args![bank_reference]).await
}

/// What was paid back of a receivable, in the order in which it was recorded.
pub async fn recoveries(tx: &mut Tx, receivable: ReceivableId, window: Window) -> Result<Vec<StoredRecovery>, Error> {
    tx.fetch_all(RECOVERIES, args![receivable, window.limit, window.offset]).await
}
