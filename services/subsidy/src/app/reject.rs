//! A submitted or checked claim is not granted.

use super::{Decided, load, save_all};
use crate::domain::{Change, ClaimId};
use crate::store::approval;
use crate::store::claim::Stored;
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
    let mut loaded = load(tx, scope, &[id]).await?;
    approval::fill(tx, &mut loaded).await?;
    let stored = loaded.pop().ok_or_else(|| Error::not_found(id))?;
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.claim.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let decided = Decided::new(stored, Change::Reject { reason: command.reason })?;
    save_all(tx, scope, vec![decided]).await?.0.pop().ok_or_else(|| Error::not_found(id))
}
