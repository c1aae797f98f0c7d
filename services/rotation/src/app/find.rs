//! One rotation by its name.

use crate::domain::RotationId;
use crate::store::rotation::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Find(pub RotationId);

pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let stored = rotation::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    let application = &stored.rotation.application;
    scope.own_either(&[application.home, application.host], query.0)?;
    Ok(stored)
}
