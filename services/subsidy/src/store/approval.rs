//! Who approved which claim; only ever added to.

use super::claim::Stored;
use crate::domain::{ClaimId, Endorsement};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use std::collections::BTreeMap;

/// One approval that was decided on: of which claim as it was seen, the how manieth of how many.
#[derive(Debug, Clone)]
pub struct New {
    pub claim: ClaimId,
    pub by: String,
    pub content_hash: String,
    pub place: usize,
    pub needed: u32,
}

statements! {
    /// Takes approvals as rows. A claim that says something else by now gets none.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_claim_approval (claim_id, approved_by, submitted_by, content_hash, place, needed, approved_at) SELECT c.claim_id, a.approved_by, c.submitted_by, c.content_hash, a.place, a.needed, $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[])) AS a (claim_id, approved_by, content_hash, place, needed) JOIN subsidy_claim c ON c.claim_id = a.claim_id AND c.content_hash = a.content_hash",
        sqlite: "INSERT INTO subsidy_claim_approval (claim_id, approved_by, submitted_by, content_hash, place, needed, approved_at) SELECT c.claim_id, a.value->>1, c.submitted_by, c.content_hash, a.value->>3, a.value->>4, $1 FROM jsonb_each($2) AS a JOIN subsidy_claim c ON c.claim_id = a.value->>0 AND c.content_hash = a.value->>2",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    OF_CLAIMS = {
        postgres: "SELECT claim_id, approved_by, approved_at FROM subsidy_claim_approval WHERE claim_id = ANY (CAST($1 AS UUID[])) ORDER BY claim_id, place",
        sqlite: "SELECT claim_id, approved_by, approved_at FROM subsidy_claim_approval WHERE claim_id IN (SELECT value FROM json_each($1)) ORDER BY claim_id, place",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
}

/// Keeps approvals, all of them or none. It is deferred: nothing of this transaction reads them again.
pub fn insert_all(tx: &mut Tx, approvals: &[New], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |new: &New| args![new.claim, new.by.as_str(), new.content_hash.as_str(), new.place, new.needed];
    tx.defer_rows(INSERT_ALL, args![now], approvals.iter().map(row).collect(), "claims")
}

/// The approvals of claims, each claim's in their order.
pub async fn of_claims(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = ClaimId>,
) -> Result<BTreeMap<ClaimId, Vec<Endorsement>>, Error> {
    let rows: Vec<(ClaimId, String, DateTime<Utc>)> = tx.fetch_all(OF_CLAIMS, args![id_list(ids)]).await?;
    let mut all: BTreeMap<ClaimId, Vec<Endorsement>> = BTreeMap::new();
    for (claim, by, at) in rows {
        all.entry(claim).or_default().push(Endorsement { by, at });
    }
    Ok(all)
}

/// Tells claims their approvals, as far as they can have any.
pub async fn fill(tx: &mut Tx, claims: &mut [Stored]) -> Result<(), Error> {
    let ids: Vec<ClaimId> = claims.iter().filter(|one| one.claim.was_checked()).map(|one| one.claim.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut all = of_claims(tx, ids).await?;
    for one in claims {
        one.approvals = all.remove(&one.claim.id).unwrap_or_default();
    }
    Ok(())
}
