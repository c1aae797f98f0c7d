//! Funds and their budgets.

use crate::domain::{Budget, BudgetChange, FundId, OrganisationId, SourceKind};
use chrono::{DateTime, Utc};
use kit::db::{Sql, Tx, args, id_list, statements};
use kit::page::Page;
use kit::{Error, Money};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Fund {
    #[sqlx(rename = "fund_id")]
    pub id: FundId,
    pub version: i64,
    pub code: String,
    pub display_name: String,
    /// The fund above, whose budget caps this one's.
    #[sqlx(rename = "parent_id")]
    pub parent: Option<FundId>,
    #[sqlx(try_from = "String")]
    pub kind: SourceKind,
    /// The organisation whose money it is; none for a public fund.
    #[sqlx(rename = "owner_id")]
    pub owner: Option<OrganisationId>,
    pub created_at: DateTime<Utc>,
}

statements! {
    INSERT = "INSERT INTO subsidy_fund (fund_id, version, code, display_name, parent_id, batches, created_at, kind, owner_id) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) ON CONFLICT DO NOTHING";
    OPEN_BUDGET = "INSERT INTO subsidy_budget (fund_id, appropriated, committed, paid) VALUES ($1, 0, 0, 0)";
    NEXT_VERSION = "UPDATE subsidy_fund SET version = version + 1 WHERE fund_id = $1 RETURNING version";
    /// The row's lock holds back whoever makes a batch of the same fund at the same time.
    LOCK_FOR_BATCH = "UPDATE subsidy_fund SET batches = batches + 1 WHERE fund_id = $1";
    BY_ID = "SELECT fund_id, version, code, display_name, parent_id, kind, owner_id, created_at FROM subsidy_fund WHERE fund_id = $1";
    BY_CODE = "SELECT fund_id, version, code, display_name, parent_id, kind, owner_id, created_at FROM subsidy_fund WHERE code = $1";
    /// The funds of codes, and whatever fund organisations own: takes rows of a code or an owner.
    SOURCES = {
        postgres: "SELECT fund_id, version, code, display_name, parent_id, kind, owner_id, created_at FROM subsidy_fund WHERE code = ANY (CAST($1 AS TEXT[])) OR owner_id IN (SELECT unnest(CAST($2 AS UUID[]))) ORDER BY fund_id",
        sqlite: "SELECT fund_id, version, code, display_name, parent_id, kind, owner_id, created_at FROM subsidy_fund WHERE code IN (SELECT value->>0 FROM jsonb_each($1)) OR owner_id IN (SELECT value->>1 FROM jsonb_each($1)) ORDER BY fund_id",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    LIST = "SELECT fund_id, version, code, display_name, parent_id, kind, owner_id, created_at FROM subsidy_fund WHERE fund_id > $1 ORDER BY fund_id LIMIT $2";
    BUDGETS = {
        postgres: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id = ANY (CAST($1 AS UUID[])) ORDER BY fund_id",
        sqlite: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id IN (SELECT value FROM json_each($1)) ORDER BY fund_id",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// As `BUDGETS`, held to the end of the transaction.
    HOLD = {
        postgres: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id = ANY (CAST($1 AS UUID[])) ORDER BY fund_id FOR UPDATE",
        sqlite: "SELECT fund_id, appropriated, committed, paid FROM subsidy_budget WHERE fund_id IN (SELECT value FROM json_each($1)) ORDER BY fund_id",
        reason: "a SQLite file has one writer, and no FOR UPDATE; and knows no arrays: they come as JSON",
    };
    /// Each of these funds with itself and every fund above it. A fund never changes its parent, so this needs no lock.
    LINES = {
        postgres: "WITH RECURSIVE line (fund_id, above_id) AS (SELECT id, id FROM unnest(CAST($1 AS UUID[])) AS wanted (id) UNION ALL SELECT l.fund_id, f.parent_id FROM line l JOIN subsidy_fund f ON f.fund_id = l.above_id WHERE f.parent_id IS NOT NULL) SELECT fund_id, above_id FROM line",
        sqlite: "WITH RECURSIVE line (fund_id, above_id) AS (SELECT value, value FROM json_each($1) UNION ALL SELECT l.fund_id, f.parent_id FROM line l JOIN subsidy_fund f ON f.fund_id = l.above_id WHERE f.parent_id IS NOT NULL) SELECT fund_id, above_id FROM line",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// As `LINES`, each with its budget.
    LINES_WITH_BUDGETS = {
        postgres: "WITH RECURSIVE line (fund_id, above_id) AS (SELECT id, id FROM unnest(CAST($1 AS UUID[])) AS wanted (id) UNION ALL SELECT l.fund_id, f.parent_id FROM line l JOIN subsidy_fund f ON f.fund_id = l.above_id WHERE f.parent_id IS NOT NULL) SELECT l.fund_id, l.above_id, b.appropriated, b.committed, b.paid FROM line l JOIN subsidy_budget b ON b.fund_id = l.above_id",
        sqlite: "WITH RECURSIVE line (fund_id, above_id) AS (SELECT value, value FROM json_each($1) UNION ALL SELECT l.fund_id, f.parent_id FROM line l JOIN subsidy_fund f ON f.fund_id = l.above_id WHERE f.parent_id IS NOT NULL) SELECT l.fund_id, l.above_id, b.appropriated, b.committed, b.paid FROM line l JOIN subsidy_budget b ON b.fund_id = l.above_id",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// The one statement that spends: it leaves out every budget that has not enough, whoever else spends at the moment.
    /// What a fund is given stays within what its parent has; that only grows, so an older picture of it errs to the
    /// safe side.
    SPEND = {
        postgres: "WITH held AS (SELECT b.fund_id, c.appropriated, c.committed, c.paid, CASE WHEN c.appropriated <> 0 THEN (SELECT p.appropriated FROM subsidy_fund f JOIN subsidy_budget p ON p.fund_id = f.parent_id WHERE f.fund_id = b.fund_id) END AS above FROM unnest(CAST($1 AS UUID[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[])) AS c (fund_id, appropriated, committed, paid) JOIN subsidy_budget b ON b.fund_id = c.fund_id ORDER BY b.fund_id FOR UPDATE OF b) UPDATE subsidy_budget AS b SET appropriated = b.appropriated + h.appropriated, committed = b.committed + h.committed, paid = b.paid + h.paid FROM held h WHERE b.fund_id = h.fund_id AND b.committed + h.committed >= 0 AND b.paid + h.paid >= 0 AND b.appropriated + h.appropriated - (b.committed + h.committed) - (b.paid + h.paid) >= 0 AND (h.above IS NULL OR h.above >= b.appropriated + h.appropriated) RETURNING b.fund_id",
        sqlite: "UPDATE subsidy_budget AS b SET appropriated = b.appropriated + h.appropriated, committed = b.committed + h.committed, paid = b.paid + h.paid FROM (SELECT value->>0 AS fund_id, value->>1 AS appropriated, value->>2 AS committed, value->>3 AS paid FROM jsonb_each($1)) AS h WHERE b.fund_id = h.fund_id AND b.committed + h.committed >= 0 AND b.paid + h.paid >= 0 AND b.appropriated + h.appropriated - (b.committed + h.committed) - (b.paid + h.paid) >= 0 AND (h.appropriated = 0 OR NOT EXISTS (SELECT 1 FROM subsidy_fund f JOIN subsidy_budget p ON p.fund_id = f.parent_id WHERE f.fund_id = b.fund_id AND p.appropriated < b.appropriated + h.appropriated)) RETURNING fund_id",
        reason: "PostgreSQL locks the rows in the order of their ids first; SQLite has one writer, and knows no arrays: they come as JSON",
    };
}

/// False when the code is taken, or the organisation has a fund of this kind.
pub async fn insert(tx: &mut Tx, fund: &Fund) -> Result<bool, Error> {
    let row = args![
        fund.id,
        fund.version,
        fund.code.as_str(),
        fund.display_name.as_str(),
        fund.parent,
        fund.created_at,
        fund.kind,
        fund.owner,
    ];
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

/// The funds of these codes, and those that these organisations own.
pub async fn sources(
    tx: &mut Tx,
    codes: &BTreeSet<&str>,
    owners: impl IntoIterator<Item = OrganisationId>,
) -> Result<Vec<Fund>, Error> {
    let codes = codes.iter().map(|code| args![*code, None::<OrganisationId>]);
    let owners = owners.into_iter().map(|owner| args![None::<&str>, owner]);
    tx.fetch_rows(SOURCES, args![], codes.chain(owners).collect()).await
}

pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Fund>, Error> {
    tx.fetch_all(LIST, args![page.after, page.limit()]).await
}

pub async fn budget(tx: &mut Tx, fund: FundId) -> Result<Option<Budget>, Error> {
    Ok(budgets(tx, [fund]).await?.pop())
}

/// The budgets of funds, by their ids.
pub async fn budgets(tx: &mut Tx, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<Budget>, Error> {
    read_budgets(tx, BUDGETS, funds).await
}

/// As [`budgets`], held to the end of the transaction.
pub async fn hold(tx: &mut Tx, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<Budget>, Error> {
    read_budgets(tx, HOLD, funds).await
}

async fn read_budgets(tx: &mut Tx, sql: Sql, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<Budget>, Error> {
    let rows: Vec<(FundId, Money, Money, Money)> = tx.fetch_all(sql, args![id_list(funds)]).await?;
    let budget = |(fund, appropriated, committed, paid)| Budget { fund, appropriated, committed, paid };
    Ok(rows.into_iter().map(budget).collect())
}

/// The budget with the least available, of a fund and of those above it: what can be spent from the fund.
pub async fn tightest(tx: &mut Tx, fund: FundId) -> Result<Option<Budget>, Error> {
    let line = lines(tx, [fund]).await?;
    let budgets = budgets(tx, line.into_iter().map(|(_, above)| above)).await?;
    Ok(budgets.into_iter().min_by_key(|budget| (budget.available(), budget.fund != fund)))
}

/// Each of these funds with itself and every fund above it, in no order.
pub async fn lines(tx: &mut Tx, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<(FundId, FundId)>, Error> {
    tx.fetch_all(LINES, args![id_list(funds)]).await
}

/// As [`lines`], each with the budget of the fund itself or of the one above.
pub async fn lines_with_budgets(tx: &mut Tx, funds: impl IntoIterator<Item = FundId>) -> Result<Vec<(FundId, Budget)>, Error> {
    let rows: Vec<(FundId, FundId, Money, Money, Money)> = tx.fetch_all(LINES_WITH_BUDGETS, args![id_list(funds)]).await?;
    let budget = |(of, fund, appropriated, committed, paid)| (of, Budget { fund, appropriated, committed, paid });
    Ok(rows.into_iter().map(budget).collect())
}

/// Changes budgets, and answers the first that does not allow it. Others were changed then, so the caller must not
/// commit; the one named is held, and stays as it is until the transaction ends.
pub async fn spend(tx: &mut Tx, changes: &BTreeMap<FundId, BudgetChange>) -> Result<Option<FundId>, Error> {
    let row = |(fund, change): (&FundId, &BudgetChange)| args![fund, change.appropriated, change.committed, change.paid];
    let changed: Vec<(FundId,)> = tx.fetch_rows(SPEND, args![], changes.iter().map(row).collect()).await?;
    let changed: BTreeSet<FundId> = changed.into_iter().map(|row| row.0).collect();
    Ok(changes.keys().find(|fund| !changed.contains(fund)).copied())
}
