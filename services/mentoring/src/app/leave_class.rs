//! A student graduated, or left the class: the pairings end, and the places go to whoever waits for them.

use super::admissions::refill_rounds;
use super::fill::refill;
use super::follow_timetables::follow_timetables;
use super::projects::free_project;
use super::publish_round::make_of_student;
use crate::domain::{EndReason, EnrolmentId, StudentState};
use crate::events;
use crate::store::{self, mentor, pairing, student};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy)]
pub struct Leaving {
    pub enrolment: EnrolmentId,
    /// The last day.
    pub on: NaiveDate,
    pub state: StudentState,
    pub reason: EndReason,
}

pub async fn leave_class(tx: &mut Tx, scope: &Scope, leaving: Leaving) -> Result<(), Error> {
    follow_timetables(tx, scope).await?;
    // The turn before the student's row, as publishing a round takes them.
    store::take_turn(tx).await?;
    make_of_student(tx, scope, leaving.enrolment).await?;
    student::leave(tx, leaving.enrolment, leaving.state).await?;
    let (mut freed, mut rounds) = (Vec::new(), BTreeSet::new());
    for pairing in pairing::live_of_enrolment(tx, leaving.enrolment).await? {
        let (ended, event) = pairing.end(leaving.on, leaving.reason);
        pairing::update(tx, &ended, scope.now()).await?;
        events::emit_pairing(tx, scope, &ended, event).await?;
        if let Some(guide) = pairing.guide {
            mentor::free_place(tx, guide.mentor, scope.now()).await?;
            free_project(tx, scope, &guide).await?;
            rounds.insert(pairing.round);
            freed.extend(mentor::by_id(tx, guide.mentor).await?.map(|stored| stored.mentor));
        }
    }
    refill(tx, scope, &freed).await?;
    refill_rounds(tx, scope, &rounds).await
}
