//! Overrides of checks.

use super::decide_once;
use crate::domain::{CheckName, CheckOverride, CheckOverrideId, ClaimId, OverrideReason};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use std::collections::BTreeMap;

/// An override with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub one: CheckOverride,
    pub requested_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Which overrides a list is narrowed to; `None` and false do not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub claim: Option<ClaimId>,
    pub unconfirmed: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    override_id: CheckOverrideId,
    version: i64,
    claim_id: ClaimId,
    #[sqlx(try_from = "String")]
    check_name: CheckName,
    #[sqlx(try_from = "String")]
    reason: OverrideReason,
    document: String,
    expires_on: NaiveDate,
    submitted_by: String,
    requested_by: String,
    requested_at: DateTime<Utc>,
    confirmed_by: Option<String>,
    confirmed_at: Option<DateTime<Utc>>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let one = CheckOverride {
            id: row.override_id,
            version: row.version,
            claim: row.claim_id,
            check: row.check_name,
            reason: row.reason,
            document: row.document,
            expires_on: row.expires_on,
            submitted_by: row.submitted_by,
            requested_by: row.requested_by,
            confirmed_by: row.confirmed_by,
        };
        Self { one, requested_at: row.requested_at, confirmed_at: row.confirmed_at }
    }
}

statements! {
    /// Who submitted the claim is what the claim says.
    INSERT = "INSERT INTO subsidy_check_override (override_id, version, claim_id, check_name, reason, document, expires_on, submitted_by, requested_by, requested_at) SELECT $1, 1, c.claim_id, $3, $4, $5, $6, c.submitted_by, $7, $8 FROM subsidy_claim c WHERE c.claim_id = $2 AND c.state IN ('submitted', 'checked')";
    /// Once, and only by another person.
    CONFIRM = "UPDATE subsidy_check_override SET version = $2, confirmed_by = $3, confirmed_at = $4 WHERE override_id = $1 AND version = $5 AND confirmed_by IS NULL AND requested_by <> $3 AND submitted_by <> $3";
    BY_ID = "SELECT override_id, version, claim_id, check_name, reason, document, expires_on, submitted_by, requested_by, requested_at, confirmed_by, confirmed_at FROM subsidy_check_override WHERE override_id = $1";
    LIST = "SELECT override_id, version, claim_id, check_name, reason, document, expires_on, submitted_by, requested_by, requested_at, confirmed_by, confirmed_at FROM subsidy_check_override WHERE override_id > $1 AND (claim_id = $3 OR $3 IS NULL) AND (confirmed_by IS NULL OR NOT $4) ORDER BY override_id LIMIT $2";
    OF_CLAIMS = {
        postgres: "SELECT override_id, version, claim_id, check_name, reason, document, expires_on, submitted_by, requested_by, requested_at, confirmed_by, confirmed_at FROM subsidy_check_override WHERE claim_id = ANY (CAST($1 AS UUID[])) ORDER BY claim_id, override_id",
        sqlite: "SELECT override_id, version, claim_id, check_name, reason, document, expires_on, submitted_by, requested_by, requested_at, confirmed_by, confirmed_at FROM subsidy_check_override WHERE claim_id IN (SELECT value FROM json_each($1)) ORDER BY claim_id, override_id",
        reason: "SQLite knows no arrays: they come as JSON",
    };
}

/// Keeps one that is asked for.
pub async fn insert(tx: &mut Tx, one: &CheckOverride, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        one.id,
        one.claim,
        one.check.as_str(),
        one.reason,
        one.document.as_str(),
        one.expires_on,
        one.requested_by.as_str(),
        now,
    ];
    tx.change(INSERT, row, &one.claim.to_string()).await
}

pub async fn confirm(tx: &mut Tx, one: &CheckOverride, now: DateTime<Utc>) -> Result<(), Error> {
    decide_once(tx, CONFIRM, (one.id, one.version), args![one.confirmed_by.as_deref(), now]).await
}

pub async fn by_id(tx: &mut Tx, id: CheckOverrideId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.claim, filter.unconfirmed];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}

/// The overrides of claims, a claim's together.
pub async fn of_claims(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = ClaimId>,
) -> Result<BTreeMap<ClaimId, Vec<CheckOverride>>, Error> {
    let mut all: BTreeMap<ClaimId, Vec<CheckOverride>> = BTreeMap::new();
    for row in tx.fetch_all::<Row>(OF_CLAIMS, args![id_list(ids)]).await? {
        all.entry(row.claim_id).or_default().push(Stored::from(row).one);
    }
    Ok(all)
}
