//! Samples of what was paid, the claims in them, and what was found.

use crate::domain::{ClaimId, Finding, FundId, Outcome, Period, Population, Sample, SampleId, SampleItem, SampleItemId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

/// A sample with what only its table knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub sample: Sample,
    pub created_at: DateTime<Utc>,
}

/// A claim of a sample with what only its table knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredItem {
    pub item: SampleItem,
    pub found_at: Option<DateTime<Utc>>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    sample_id: SampleId,
    seed: String,
    fund_id: Option<FundId>,
    scheme_code: Option<String>,
    #[sqlx(try_from = "String")]
    first_month: Period,
    #[sqlx(try_from = "String")]
    last_month: Period,
    population: i64,
    size: i64,
    created_by: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let of = Population { fund: row.fund_id, scheme: row.scheme_code, first: row.first_month, last: row.last_month };
        let sample = Sample {
            id: row.sample_id,
            seed: row.seed,
            of,
            population: row.population,
            size: row.size,
            created_by: row.created_by,
        };
        Self { sample, created_at: row.created_at }
    }
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    item_id: SampleItemId,
    version: i64,
    sample_id: SampleId,
    claim_id: ClaimId,
    place: i64,
    draw: String,
    outcome: Option<String>,
    amount: Money,
    ground: String,
    found_by: Option<String>,
    found_at: Option<DateTime<Utc>>,
    confirmed_by: Option<String>,
    confirmed_at: Option<DateTime<Utc>>,
}

impl TryFrom<ItemRow> for StoredItem {
    type Error = Error;
    fn try_from(row: ItemRow) -> Result<Self, Error> {
        let finding = match row.outcome.zip(row.found_by) {
            None => None,
            Some((outcome, by)) => {
                let outcome = Outcome::try_from(outcome).map_err(Error::internal)?;
                Some(Finding { outcome, amount: row.amount, ground: row.ground, by })
            }
        };
        let item = SampleItem {
            id: row.item_id,
            version: row.version,
            sample: row.sample_id,
            claim: row.claim_id,
            place: row.place,
            draw: row.draw,
            finding,
            confirmed_by: row.confirmed_by,
        };
        Ok(Self { item, found_at: row.found_at, confirmed_at: row.confirmed_at })
    }
}

/// Which samples a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub fund: Option<FundId>,
    pub scheme: Option<String>,
}

/// Which claims of samples a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    pub sample: Option<SampleId>,
    pub claim: Option<ClaimId>,
    pub outcome: Option<Outcome>,
}

statements! {
    POPULATION = "SELECT DISTINCT t.claim_id FROM subsidy_ledger_transaction t JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE t.kind = 'payment' AND t.period >= $1 AND t.period <= $2 AND (c.fund_id = $3 OR $3 IS NULL) AND (c.scheme_code = $4 OR $4 IS NULL)";
    INSERT = "INSERT INTO subsidy_sample (sample_id, seed, fund_id, scheme_code, first_month, last_month, population, size, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// Takes the claims of a sample.
    INSERT_ITEMS = {
        postgres: "INSERT INTO subsidy_sample_item (item_id, version, sample_id, claim_id, place, draw, amount, ground) SELECT n.item_id, 0, $1, n.claim_id, n.place, n.draw, 0, '' FROM unnest(CAST($2 AS UUID[]), CAST($3 AS UUID[]), CAST($4 AS BIGINT[]), CAST($5 AS TEXT[])) AS n (item_id, claim_id, place, draw)",
        sqlite: "INSERT INTO subsidy_sample_item (item_id, version, sample_id, claim_id, place, draw, amount, ground) SELECT value->>0, 0, $1, value->>1, value->>2, value->>3, 0, '' FROM jsonb_each($2)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    BY_ID = "SELECT sample_id, seed, fund_id, scheme_code, first_month, last_month, population, size, created_by, created_at FROM subsidy_sample WHERE sample_id = $1";
    LIST = "SELECT sample_id, seed, fund_id, scheme_code, first_month, last_month, population, size, created_by, created_at FROM subsidy_sample WHERE sample_id > $1 AND (fund_id = $3 OR $3 IS NULL) AND (scheme_code = $4 OR $4 IS NULL) ORDER BY sample_id LIMIT $2";
    ITEM = "SELECT item_id, version, sample_id, claim_id, place, draw, outcome, amount, ground, found_by, found_at, confirmed_by, confirmed_at FROM subsidy_sample_item WHERE item_id = $1";
    LIST_ITEMS = "SELECT item_id, version, sample_id, claim_id, place, draw, outcome, amount, ground, found_by, found_at, confirmed_by, confirmed_at FROM subsidy_sample_item WHERE item_id > $1 AND (sample_id = $3 OR $3 IS NULL) AND (claim_id = $4 OR $4 IS NULL) AND (outcome = $5 OR $5 IS NULL) ORDER BY item_id LIMIT $2";
    FIND = "UPDATE subsidy_sample_item SET version = $2, outcome = $4, amount = $5, ground = $6, found_by = $7, found_at = $8 WHERE item_id = $1 AND version = $3 AND confirmed_by IS NULL";
    CONFIRM = "UPDATE subsidy_sample_item SET version = $2, confirmed_by = $4, confirmed_at = $5 WHERE item_id = $1 AND version = $3 AND confirmed_by IS NULL AND found_by <> $4";
}

/// Every claim that a sample may hit, in no order.
pub async fn population(tx: &mut Tx, of: &Population) -> Result<Vec<ClaimId>, Error> {
    let rows: Vec<(ClaimId,)> = tx.fetch_all(POPULATION, args![of.first, of.last, of.fund, of.scheme.as_deref()]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub async fn insert(tx: &mut Tx, sample: &Sample, items: &[SampleItem], now: DateTime<Utc>) -> Result<(), Error> {
    let of = &sample.of;
    let row = args![
        sample.id,
        sample.seed.as_str(),
        of.fund,
        of.scheme.as_deref(),
        of.first,
        of.last,
        sample.population,
        sample.size,
        sample.created_by.as_str(),
        now,
    ];
    tx.execute(INSERT, row).await?;
    let row = |item: &SampleItem| args![item.id, item.claim, item.place, &item.draw];
    super::every(tx, INSERT_ITEMS, args![sample.id], items.iter().map(row).collect()).await
}

pub async fn by_id(tx: &mut Tx, id: SampleId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.fund, filter.scheme.as_deref()];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}

pub async fn item(tx: &mut Tx, id: SampleItemId) -> Result<Option<StoredItem>, Error> {
    tx.fetch_optional::<ItemRow>(ITEM, args![id]).await?.map(StoredItem::try_from).transpose()
}

pub async fn list_items(tx: &mut Tx, filter: &ItemFilter, page: Page) -> Result<Vec<StoredItem>, Error> {
    let row = args![page.after, page.limit(), filter.sample, filter.claim, filter.outcome];
    tx.fetch_all::<ItemRow>(LIST_ITEMS, row).await?.into_iter().map(StoredItem::try_from).collect()
}

/// Saves a finding that was made on the version before.
pub async fn find(tx: &mut Tx, item: &SampleItem, finding: &Finding, now: DateTime<Utc>) -> Result<(), Error> {
    let (ground, by) = (finding.ground.as_str(), finding.by.as_str());
    let row = args![item.id, item.version, item.version - 1, finding.outcome, finding.amount, ground, by, now];
    tx.change(FIND, row, &item.id.to_string()).await
}

/// Saves a confirmation that was made on the version before.
pub async fn confirm(tx: &mut Tx, item: &SampleItem, by: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(CONFIRM, args![item.id, item.version, item.version - 1, by, now], &item.id.to_string()).await
}
