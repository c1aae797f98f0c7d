//! Somebody takes a rotation one step further: approve, reject, accept, decline, withdraw, activate,
//! complete, end early. The steps differ in who may take them and in what the domain says.

use crate::domain::{Change, RotationId};
use crate::events;
use crate::store::rotation::{self, Stored};
use kit::{Error, Scope, Tx};

/// Which side of the rotation may take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Home,
    Host,
    Either,
}

#[derive(Debug, Clone)]
pub struct ChangeRotation {
    pub rotation: RotationId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
    pub side: Side,
    pub change: Change,
}

pub async fn change(tx: &mut Tx, scope: &Scope, command: ChangeRotation) -> Result<Stored, Error> {
    let id = command.rotation;
    let stored = rotation::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let application = &stored.rotation.application;
    // A side that is not the caller's is refused; a rotation that is neither's is not there.
    scope.own_either(&[application.home, application.host], id)?;
    match command.side {
        Side::Home => scope.own(application.home, id)?,
        Side::Host => scope.own(application.host, id)?,
        Side::Either => {}
    }
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.rotation.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let (next, event) = stored.rotation.decide(with_actor(command.change, scope))?;
    rotation::update(tx, &next, scope.now()).await?;
    events::emit(tx, scope, &next, event).await?;
    Ok(Stored { rotation: next, created_at: stored.created_at, updated_at: scope.now() })
}

/// Who acts, and on which day, is known here and not by the caller's word.
fn with_actor(change: Change, scope: &Scope) -> Change {
    match change {
        Change::Approve { .. } => Change::Approve { by: scope.principal().subject.clone() },
        Change::Activate { .. } => Change::Activate { today: scope.today() },
        Change::Complete { .. } => Change::Complete { today: scope.today() },
        other => other,
    }
}
