//! What the bank said while no month took postings, until it is booked.

use super::every;
use crate::domain::{BankResult, ClaimId, Line, LineState, PaymentBatchId, Period, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::id::Id;
use kit::page::Page;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    claim_id: ClaimId,
    paid: bool,
    bank_reference: String,
    failure_reason: Option<String>,
}

impl From<Row> for BankResult {
    fn from(row: Row) -> Self {
        let Row { claim_id: claim, paid, bank_reference, failure_reason } = row;
        Self { claim, paid, bank_reference: Some(bank_reference), failure_reason }
    }
}

/// How many wait for the end of a closed month.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    #[sqlx(try_from = "String")]
    pub period: Period,
    pub results: i64,
    pub people: i64,
}

/// For the end of which month, and until which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    pub period: Period,
    pub opens_on: NaiveDate,
}

/// What waits, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub until: Until,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Result { batch: PaymentBatchId, result: BankResult, by: String, at: DateTime<Utc> },
    Person(PersonId),
}

impl What {
    /// Of a result its claim's, which waits for one bank at a time.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Result { result, .. } => result.claim.uuid(),
            Self::Person(person) => person.uuid(),
        }
    }
}

kit::words! {
    /// What kind of thing waits.
    pub enum Kind {
        Result = "result",
        Person = "person",
    }
}

/// Which of what waits a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub period: Option<Period>,
    pub kind: Option<Kind>,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    /// The claim's, or the person's: which, the rest of the row says.
    id: ClaimId,
    #[sqlx(try_from = "String")]
    period: Period,
    opens_on: NaiveDate,
    /// Of a result; absent where it is a person that waits.
    batch_id: Option<PaymentBatchId>,
    paid: Option<bool>,
    bank_reference: Option<String>,
    failure_reason: Option<String>,
    queued_by: Option<String>,
    queued_at: Option<DateTime<Utc>>,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        let until = Until { period: row.period, opens_on: row.opens_on };
        let what = match (row.batch_id, row.queued_at) {
            (Some(batch), Some(at)) => {
                let (claim, paid) = (row.id, row.paid.unwrap_or_default());
                let (bank_reference, failure_reason) = (row.bank_reference, row.failure_reason);
                let result = BankResult { claim, paid, bank_reference, failure_reason };
                What::Result { batch, result, by: row.queued_by.unwrap_or_default(), at }
            }
            _ => What::Person(PersonId::from_uuid(row.id.uuid())),
        };
        Self { until, what }
    }
}

statements! {
    /// Takes lines as the bank's answers leave them.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_queued_result (batch_id, claim_id, paid, bank_reference, failure_reason, period, opens_on, queued_by, queued_at) SELECT $1, n.claim_id, n.paid, n.bank_reference, n.failure_reason, $2, $3, $4, $5 FROM unnest(CAST($6 AS UUID[]), CAST($7 AS BOOLEAN[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[])) AS n (claim_id, paid, bank_reference, failure_reason)",
        sqlite: "INSERT INTO subsidy_queued_result (batch_id, claim_id, paid, bank_reference, failure_reason, period, opens_on, queued_by, queued_at) SELECT $1, value->>0, value->>1, value->>2, value->>3, $2, $3, $4, $5 FROM jsonb_each($6)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    OF_BATCH = "SELECT claim_id, paid, bank_reference, failure_reason FROM subsidy_queued_result WHERE batch_id = $1 AND booked_at IS NULL ORDER BY claim_id";
    BATCHES = "SELECT DISTINCT batch_id FROM subsidy_queued_result WHERE booked_at IS NULL ORDER BY batch_id";
    /// Only what waits: a result is booked once.
    BOOK = {
        postgres: "UPDATE subsidy_queued_result SET booked_at = $3 WHERE batch_id = $1 AND booked_at IS NULL AND claim_id = ANY (CAST($2 AS UUID[]))",
        sqlite: "UPDATE subsidy_queued_result SET booked_at = $3 WHERE batch_id = $1 AND booked_at IS NULL AND claim_id IN (SELECT value FROM json_each($2))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    LIST = "SELECT id, period, opens_on, batch_id, paid, bank_reference, failure_reason, queued_by, queued_at FROM (SELECT 'result' AS kind, claim_id AS id, period, opens_on, batch_id, paid, bank_reference, failure_reason, queued_by, queued_at FROM subsidy_queued_result WHERE booked_at IS NULL UNION ALL SELECT 'person', person_id, put_off, due_on, NULL, NULL, NULL, NULL, NULL, NULL FROM subsidy_agenda WHERE put_off <> '') AS waits WHERE id > $1 AND (period = $3 OR $3 IS NULL) AND (kind = $4 OR $4 IS NULL) ORDER BY id LIMIT $2";
    WAITING = "SELECT period, CAST(SUM(results) AS BIGINT) AS results, CAST(SUM(people) AS BIGINT) AS people FROM (SELECT period, 1 AS results, 0 AS people FROM subsidy_queued_result WHERE booked_at IS NULL UNION ALL SELECT put_off, 0, 1 FROM subsidy_agenda WHERE put_off <> '') AS waits GROUP BY period ORDER BY period";
}

/// Keeps what the bank says of lines, as they will be, until a day.
pub async fn insert_all(
    tx: &mut Tx,
    batch: PaymentBatchId,
    lines: &[Line],
    until: Until,
    by: (&str, DateTime<Utc>),
) -> Result<(), Error> {
    let row = |line: &Line| args![line.claim, line.state == LineState::Paid, &line.bank_reference, &line.failure_reason];
    let of_all = args![batch, until.period, until.opens_on, by.0, by.1];
    every(tx, INSERT_ALL, of_all, lines.iter().map(row).collect()).await
}

/// What waits for a batch, which is held.
pub async fn of_batch(tx: &mut Tx, batch: PaymentBatchId) -> Result<Vec<BankResult>, Error> {
    Ok(tx.fetch_all::<Row>(OF_BATCH, args![batch]).await?.into_iter().map(BankResult::from).collect())
}

/// The batches for which something waits, in the order of their ids.
pub async fn batches(tx: &mut Tx) -> Result<Vec<PaymentBatchId>, Error> {
    let rows: Vec<(PaymentBatchId,)> = tx.fetch_all(BATCHES, args![]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// These results of a batch have been booked.
pub async fn book(tx: &mut Tx, batch: PaymentBatchId, booked: &[BankResult], now: DateTime<Utc>) -> Result<(), Error> {
    if booked.is_empty() {
        return Ok(());
    }
    let changed = tx.execute(BOOK, args![batch, id_list(booked.iter().map(|result| result.claim)), now]).await?;
    if changed == booked.len() as u64 { Ok(()) } else { Err(Error::stale(&batch.to_string())) }
}

/// How many wait, by the month for whose end they do.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>, Error> {
    tx.fetch_all(WAITING, args![]).await
}

/// What waits, in the order of the ids of claims and people.
pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Item>, Error> {
    let row = args![page.after, page.limit(), filter.period, filter.kind];
    Ok(tx.fetch_all::<ItemRow>(LIST, row).await?.into_iter().map(Item::from).collect())
}
