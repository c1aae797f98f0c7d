//! The bureau approves that many students at once get another mentor.

use super::fill::{Opening, fill};
use super::follow_timetables::follow_timetables;
use crate::domain::{Pairing, RematchId};
use crate::store::rematch::{self, Stored};
use crate::store::{self, pairing};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone, Copy)]
pub struct ApproveRematch(pub RematchId);

pub async fn approve_rematch(tx: &mut Tx, scope: &Scope, command: ApproveRematch) -> Result<Stored, Error> {
    let id = command.0;
    follow_timetables(tx, scope).await?;
    store::take_turn(tx).await?;
    let stored = rematch::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let approved = stored.rematch.approve(&scope.principal().subject)?;
    rematch::approve(tx, &approved, scope.now()).await?;
    let held = pairing::held_by(tx, id).await?;
    pairing::release(tx, id).await?;
    let open = |(pairing, student)| Opening { pairing: Pairing { rematch: None, ..pairing }, student };
    fill(tx, scope, held.into_iter().map(open).collect()).await?;
    Ok(Stored { rematch: approved, created_at: stored.created_at, approved_at: Some(scope.now()) })
}
