//! Funds and their budgets.

use crate::domain::{Budget, BudgetChange, FundId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Fund {
    #[sqlx(rename = "fund_id")]
    pub id: FundId,
    pub version: i64,
    pub code: String,
    pub display_name: String,
    pub created_at: DateTime<Utc>,
}

statements! {
    INSERT = "INSERT INTO subsidy_fund (fund_id, version, code, display_name, batches, created_at) VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (code) DO NOTHING";
    OPEN_BUDGET = "INSERT INTO subsidy_budget (fund_id, appropriated, committed, paid) VALUES ($1, 0, 0, 0)";
    NEXT_VERSION = "UPDATE subsidy_fund SET version = version + 1 WHERE fund_id = $1 RETURNING version";
    /// The row's lock holds back whoever makes a batch of the same fund at the same time.
    LOCK_FOR_BATCH = "UPDATE subsidy_fund SET batches = batches + 1 WHERE fund_id = $1";
    BY_ID = "SELECT fund_id, version, code, display_name, created_at FROM subsidy_fund WHERE fund_id = $1";
    BY_CODE = "SELECT fund_id, version, code, display_name, created_at FROM subsidy_fund WHERE code = $1";
    LIST = "SELECT fund_id, version, code, display_name, created_at FROM subsidy_fund WHERE fund_id > $1 ORDER BY fund_id LIMIT $2";
    BUDGET = "SELECT appropriated, committed, paid FROM subsidy_budget WHERE fund_id = $1";
    /// Budgets of funds, given as a JSON array, held to the end of the transaction in the order of their ids.
    HOLD = {
        postgres: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id IN (SELECT CAST(id AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)) AS wanted (id)) ORDER BY fund_id FOR UPDATE",
        sqlite: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id IN (SELECT value FROM json_each($1)) ORDER BY fund_id",
        reason: "a SQLite file has one writer, and no FOR UPDATE; another form of a JSON array",
    };
    /// The one statement that spends: no rows when there is not enough, whoever else spends at the moment.
    SPEND = "UPDATE subsidy_budget SET appropriated = appropriated + $2, committed = committed + $3, paid = paid + $4 WHERE fund_id = $1 AND committed + $3 >= 0 AND paid + $4 >= 0 AND appropriated + $2 - (committed + $3) - (paid + $4) >= 0";
}

/// False when the code is taken.
pub async fn insert(tx: &mut Tx, fund: &Fund) -> Result<bool, Error> {
    let row = args![fund.id, fund.version, fund.code.as_str(), fund.display_name.as_str(), fund.created_at];
    if tx.execute(INSERT, row).await? == 0 {
        return Ok(false);
    }
    tx.execute(OPEN_BUDGET, args![fund.id]).await?;
    Ok(true)
}

/// Counts one more event of the fund, and answers its version.
pub async fn next_version(tx: &mut Tx, id: FundId) -> Result<Option<i64>, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(NEXT_VERSION, args![id]).await?;
    Ok(row.map(|row| row.0))
}

/// False when there is no such fund.
pub async fn lock_for_batch(tx: &mut Tx, id: FundId) -> Result<bool, Error> {
    Ok(tx.execute(LOCK_FOR_BATCH, args![id]).await? == 1)
}

pub async fn by_id(tx: &mut Tx, id: FundId) -> Result<Option<Fund>, Error> {
    tx.fetch_optional(BY_ID, args![id]).await
}

pub async fn by_code(tx: &mut Tx, code: &str) -> Result<Option<Fund>, Error> {
    tx.fetch_optional(BY_CODE, args![code]).await
}

pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Fund>, Error> {
    tx.fetch_all(LIST, args![page.after, page.limit()]).await
}

pub async fn budget(tx: &mut Tx, fund: FundId) -> Result<Option<Budget>, Error> {
    let row: Option<(Money, Money, Money)> = tx.fetch_optional(BUDGET, args![fund]).await?;
    Ok(row.map(|(appropriated, committed, paid)| Budget { fund, appropriated, committed, paid }))
}

/// The budgets of funds, held to the end of the transaction.
pub async fn hold(tx: &mut Tx, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<Budget>, Error> {
    let rows: Vec<(FundId, Money, Money, Money)> = tx.fetch_all(HOLD, args![super::id_list(funds)]).await?;
    let budget = |(fund, appropriated, committed, paid)| Budget { fund, appropriated, committed, paid };
    Ok(rows.into_iter().map(budget).collect())
}

/// False when the budget does not allow it.
pub async fn spend(tx: &mut Tx, fund: FundId, change: BudgetChange) -> Result<bool, Error> {
    let row = args![fund, change.appropriated, change.committed, change.paid];
    Ok(tx.execute(SPEND, row).await? == 1)
}
