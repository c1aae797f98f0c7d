//! The student's school or enterprise, or the mentor's organisation, objects to a pairing.

use super::find::{FindPairing, find_pairing};
use crate::domain::{Objection, ObjectionGround, ObjectionState, PairingId, PairingState, Refusal};
use crate::store::objection::{self, Stored};
use crate::store::round;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct RaiseObjection {
    pub pairing: PairingId,
    pub ground: ObjectionGround,
}

pub async fn raise_objection(tx: &mut Tx, scope: &Scope, command: RaiseObjection) -> Result<Stored, Error> {
    let pairing = command.pairing;
    let found = find_pairing(tx, scope, FindPairing(pairing)).await.map_err(|error| error.on("objection.pairing"))?.pairing;
    if found.state != PairingState::Active {
        return Err(Refusal::NothingToObjectTo { pairing }.into());
    }
    let round = round::by_id(tx, found.round).await?.ok_or_else(|| Error::not_found(found.round))?.round;
    round.takes_objections(scope.today())?;
    // Held, so that the round does not end beside an objection.
    round::hold(tx, &round, scope.now()).await?;
    let raised = Objection {
        id: scope.id(),
        round: round.id,
        pairing,
        ground: command.ground,
        state: ObjectionState::Open,
        raised_by: scope.principal().subject.clone(),
        decided_by: None,
    };
    if !objection::insert(tx, &raised, scope.now()).await? {
        return Err(Refusal::ObjectionExists { pairing }.into());
    }
    Ok(Stored { objection: raised, created_at: scope.now(), decided_at: None })
}
