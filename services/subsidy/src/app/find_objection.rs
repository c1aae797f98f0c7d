//! One objection, by name.

use crate::domain::ObjectionId;
use crate::store::objection;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct FindObjection(pub ObjectionId);

/// Who objected to a claim is not for its beneficiary to know.
pub async fn find_objection(tx: &mut Tx, scope: &Scope, query: FindObjection) -> Result<objection::Stored, Error> {
    let stored = objection::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own_either(stored.objection.organisation.as_slice(), query.0)?;
    Ok(stored)
}
