//! Somebody applies for a rotation.

use crate::domain::{Application, Commitment, Rotation, check_shares};
use crate::events;
use crate::store::rotation::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Apply {
    pub application: Application,
}

pub async fn apply(tx: &mut Tx, scope: &Scope, command: Apply) -> Result<Stored, Error> {
    let application = command.application;
    scope.own_either(&[application.home, application.host], application.home)?;
    rotation::lock_person(tx, application.person).await?;
    let others = rotation::of_person(tx, application.person, application.period).await?;
    let taken: Vec<Commitment> = others.iter().filter_map(|other| other.rotation.commitment()).collect();
    check_shares(&application.period, &taken)?;

    let (rotation, event) = Rotation::apply(scope.id(), application, scope.principal().subject.clone());
    rotation::insert(tx, &rotation, scope.now()).await?;
    events::emit(tx, scope, &rotation, event).await?;
    Ok(Stored { rotation, created_at: scope.now(), updated_at: scope.now() })
}
