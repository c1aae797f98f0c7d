//! The school decides on an objection. If it was right, the two are parted for good, and the student gets another
//! mentor at once.

use super::admissions::refill_rounds;
use super::fill::{fill, refill, reopen};
use super::follow_timetables::follow_timetables;
use super::projects::free_project;
use crate::domain::{Conflict, EndReason, Ground, ObjectionId, Other, Pairing, PairingState, Student};
use crate::events;
use crate::store::objection::{self, Stored};
use crate::store::{self, conflict, mentor, pairing};
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy)]
pub struct DecideObjection {
    pub objection: ObjectionId,
    pub upheld: bool,
}

pub async fn decide_objection(tx: &mut Tx, scope: &Scope, command: DecideObjection) -> Result<Stored, Error> {
    let id = command.objection;
    let stored = objection::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let pairing = stored.objection.pairing;
    if command.upheld {
        follow_timetables(tx, scope).await?;
        store::take_turn(tx).await?;
    }
    let (pairing, student) = pairing::with_student(tx, pairing).await?.ok_or_else(|| Error::not_found(pairing))?;
    scope.own(pairing.school, id)?;
    let objection = stored.objection.decide(command.upheld, &scope.principal().subject)?;
    objection::decide(tx, &objection, scope.now()).await?;
    if command.upheld {
        part(tx, scope, &pairing, student).await?;
    }
    Ok(Stored { objection, created_at: stored.created_at, decided_at: Some(scope.now()) })
}

/// Parts a student and a mentor, who are not paired again.
async fn part(tx: &mut Tx, scope: &Scope, pairing: &Pairing, student: Student) -> Result<(), Error> {
    let Some(guide) = pairing.guide else { return Ok(()) };
    let parted =
        Conflict { id: scope.id(), mentor: guide.mentor, other: Other::Person(pairing.student), ground: Ground::Objection };
    // It may hold already.
    conflict::insert(tx, &parted, scope.now()).await?;
    if pairing.state != PairingState::Active {
        // It ended before the decision; who came after stays.
        return Ok(());
    }
    let (ended, event) = pairing.end(scope.today(), EndReason::Objection);
    pairing::update(tx, &ended, scope.now()).await?;
    events::emit_pairing(tx, scope, &ended, event).await?;
    mentor::free_place(tx, guide.mentor, scope.now()).await?;
    free_project(tx, scope, &guide).await?;
    let openings = reopen(tx, scope, pairing, student).await?;
    fill(tx, scope, openings).await?;
    let freed = mentor::by_id(tx, guide.mentor).await?.map(|stored| stored.mentor);
    refill(tx, scope, freed.as_slice()).await?;
    refill_rounds(tx, scope, &BTreeSet::from([pairing.round])).await
}
