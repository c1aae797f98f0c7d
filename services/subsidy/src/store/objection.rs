//! Objections to claims.

use super::decide_once;
use crate::domain::{ClaimId, ClaimRefusal, Ground, Objection, ObjectionId, ObjectionState, OrganisationId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An objection with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub objection: Objection,
    pub created_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Which objections a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub claim: Option<ClaimId>,
    pub state: Option<ObjectionState>,
    /// Those of whom it is that objected.
    pub organisation: Option<OrganisationId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    objection_id: ObjectionId,
    version: i64,
    claim_id: ClaimId,
    #[sqlx(try_from = "String")]
    ground: Ground,
    objected_by: String,
    organisation_id: Option<OrganisationId>,
    #[sqlx(try_from = "String")]
    state: ObjectionState,
    resolved_by: Option<String>,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let objection = Objection {
            id: row.objection_id,
            version: row.version,
            claim: row.claim_id,
            ground: row.ground,
            objected_by: row.objected_by,
            organisation: row.organisation_id,
            state: row.state,
            resolved_by: row.resolved_by,
            reason: row.reason,
        };
        Self { objection, created_at: row.created_at, resolved_at: row.resolved_at }
    }
}

statements! {
    INSERT = "INSERT INTO subsidy_claim_objection (objection_id, version, claim_id, ground, objected_by, organisation_id, state, created_at) VALUES ($1, 1, $2, $3, $4, $5, 'open', $6) ON CONFLICT (claim_id, objected_by) WHERE state = 'open' DO NOTHING";
    /// Only what is open, and only by a second person.
    RESOLVE = "UPDATE subsidy_claim_objection SET version = $2, state = $3, resolved_by = $4, reason = $5, resolved_at = $6 WHERE objection_id = $1 AND version = $7 AND state = 'open' AND objected_by <> $4";
    BY_ID = "SELECT objection_id, version, claim_id, ground, objected_by, organisation_id, state, resolved_by, reason, created_at, resolved_at FROM subsidy_claim_objection WHERE objection_id = $1";
    LIST = "SELECT objection_id, version, claim_id, ground, objected_by, organisation_id, state, resolved_by, reason, created_at, resolved_at FROM subsidy_claim_objection WHERE objection_id > $1 AND (claim_id = $3 OR $3 IS NULL) AND (state = $4 OR $4 IS NULL) AND (organisation_id = $5 OR $5 IS NULL) ORDER BY objection_id LIMIT $2";
}

/// Nobody has two open objections to a claim.
pub async fn insert(tx: &mut Tx, objection: &Objection, now: DateTime<Utc>) -> Result<(), Error> {
    let Objection { id, claim, ground, ref objected_by, organisation, .. } = *objection;
    let made = tx.execute(INSERT, args![id, claim, ground, objected_by.as_str(), organisation, now]).await?;
    if made == 1 { Ok(()) } else { Err(ClaimRefusal::ObjectedAlready { claim }.into()) }
}

/// Saves what was decided about an open objection.
pub async fn resolve(tx: &mut Tx, objection: &Objection, now: DateTime<Utc>) -> Result<(), Error> {
    let Objection { id, version, state, ref resolved_by, ref reason, .. } = *objection;
    decide_once(tx, RESOLVE, (id, version), args![state, resolved_by.as_deref(), reason.as_deref(), now]).await
}

pub async fn by_id(tx: &mut Tx, id: ObjectionId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.claim, filter.state, filter.organisation];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}
