//! Checked claims are approved by a second person, exactly as seen; their amounts are committed.

use super::{Changed, at, books, load, save};
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

pub async fn approve(tx: &mut Tx, scope: &Scope, command: Approve) -> Result<Changed, Error> {
    let ids: Vec<ClaimId> = command.0.iter().map(|approval| approval.claim).collect();
    let mut postings = Vec::with_capacity(ids.len());
    let mut changed = Vec::with_capacity(ids.len());
    for (place, stored) in load(tx, scope, &ids).await? {
        let change =
            Change::Approve { by: scope.principal().subject.clone(), content_hash: command.0[place].content_hash.clone() };
        let decided = stored.claim.decide(change).map_err(at("requests", place))?;
        let fund = decided.0.fund.ok_or_else(|| Error::internal("a submitted claim has no fund"))?;
        postings.push(Posting::commit(fund, &decided.0, decided.0.amount));
        changed.push((place, save(tx, scope, &stored, decided).await?));
    }
    // The budget's row is the one that everybody needs: it is locked last, for as short as can be.
    books::post(tx, scope, &postings).await?;
    Ok(Changed::in_order(changed))
}

/// As [`approve`], for one.
pub async fn approve_one(tx: &mut Tx, scope: &Scope, approval: Approval) -> Result<Stored, Error> {
    let id = approval.claim;
    let approved = approve(tx, scope, Approve(vec![approval])).await?;
    approved.0.into_iter().next().ok_or_else(|| Error::not_found(id))
}
