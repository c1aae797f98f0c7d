//! A submitted or checked claim is not granted.

use super::save;
use crate::domain::{Change, ClaimId};
use crate::store::claim::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Reject {
    pub claim: ClaimId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
    pub reason: String,
}

pub async fn reject(tx: &mut Tx, scope: &Scope, command: Reject) -> Result<Stored, Error> {
    let id = command.claim;
    let stored = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own(stored.claim.beneficiary, id)?;
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.claim.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let decided = stored.claim.decide(Change::Reject { reason: command.reason })?;
    save(tx, scope, &stored, decided).await
}
