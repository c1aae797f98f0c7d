//! A second person decides about an objection: upheld, the claim is rejected and its commitment released; dismissed, the
//! claim is paid as if nobody had objected.

use super::{Decided, books, caps, load, save_all};
use crate::domain::{Change, ClaimId, Grant, ObjectionId, Verdict};
use crate::events;
use crate::store::claim;
use crate::store::objection::{self, Stored};
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
    caps::give_back(tx, scope, &[Grant::of(&claim)]).await?;
    books::release(tx, scope, &claim).await
}
