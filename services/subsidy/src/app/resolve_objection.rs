//! A second person decides about an objection: upheld, the claim is rejected and its commitment released; dismissed, the
//! claim is paid as if nobody had objected.

use super::{Decided, books, load, save_all};
use crate::domain::{Change, Claim, ClaimId, ObjectionId, Posting, PostingKind, Verdict};
use crate::events;
use crate::store::objection::{self, Stored};
use crate::store::{claim, ledger};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ResolveObjection {
    pub objection: ObjectionId,
    pub upheld: bool,
    pub reason: String,
}

/// The claim is held before its objection is changed, as when it was made.
pub async fn resolve_objection(tx: &mut Tx, scope: &Scope, command: ResolveObjection) -> Result<Stored, Error> {
    let ResolveObjection { objection: id, upheld, reason } = command;
    let stored = objection::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let by = scope.principal().subject.clone();
    let objection = stored.objection.resolve(Verdict { upheld, by, reason: reason.clone() })?;
    if upheld {
        overturn(tx, scope, objection.claim, reason).await?;
    }
    claim::resolve(tx, objection.claim).await?;
    objection::resolve(tx, &objection, scope.now()).await?;
    events::objection_resolved(tx, scope, &objection).await?;
    Ok(Stored { objection, resolved_at: Some(scope.now()), ..stored })
}

async fn overturn(tx: &mut Tx, scope: &Scope, id: ClaimId, reason: String) -> Result<(), Error> {
    let stored = load(tx, scope, &[id]).await?.pop().ok_or_else(|| Error::not_found(id))?;
    let claim = stored.claim.clone();
    save_all(tx, scope, vec![Decided::new(stored, Change::Overturn { reason })?]).await?;
    let releases = releases(tx, &claim).await?;
    books::post(tx, scope, &releases).await
}

/// What gives the commitment of an approved claim back.
async fn releases(tx: &mut Tx, claim: &Claim) -> Result<Vec<Posting>, Error> {
    let made = ledger::of_claims(tx, [claim.id], PostingKind::Commitment).await?.remove(&claim.id);
    let made = made.ok_or_else(|| Error::internal(format!("{} is approved, and nothing is committed for it", claim.id)))?;
    Ok(made.into_iter().map(|made| Posting::release(made.fund, claim, made.amount, made.transaction)).collect())
}
