//! Checked claims are approved by a second person, exactly as seen; their amounts are committed.

use super::{at, books, in_order, load, save};
use crate::domain::{Change, ClaimId, Posting};
use crate::store::claim::Stored;
use kit::{Error, Scope, Tx};

/// One approval: the claim, and the hash of what the approver has seen of it.
#[derive(Debug, Clone)]
pub struct Approval {
    pub claim: ClaimId,
    pub content_hash: String,
}

#[derive(Debug, Clone)]
pub struct Approve(pub Vec<Approval>);

pub async fn approve(tx: &mut Tx, scope: &Scope, command: Approve) -> Result<Vec<Stored>, Error> {
    let ids: Vec<ClaimId> = command.0.iter().map(|approval| approval.claim).collect();
    let mut postings = Vec::with_capacity(ids.len());
    let mut changed = Vec::with_capacity(ids.len());
    for (place, stored) in load(tx, scope, &ids).await? {
        let change =
            Change::Approve { by: scope.principal().subject.clone(), content_hash: command.0[place].content_hash.clone() };
        let (next, event) = stored.claim.decide(change).map_err(at("requests", place))?;
        let fund = next.fund.ok_or_else(|| Error::internal("a submitted claim has no fund"))?;
        postings.push(Posting::commit(fund, &next));
        let checks = stored.checks.clone();
        changed.push((place, save(tx, scope, next, checks, &stored, event).await?));
    }
    // The budget's row is the one that everybody needs: it is locked last, for as short as can be.
    books::post(tx, scope, &postings).await?;
    Ok(in_order(changed))
}

/// As [`approve`], for one.
pub async fn approve_one(tx: &mut Tx, scope: &Scope, approval: Approval) -> Result<Stored, Error> {
    let id = approval.claim;
    let approved = approve(tx, scope, Approve(vec![approval])).await?;
    approved.into_iter().next().ok_or_else(|| Error::not_found(id))
}
