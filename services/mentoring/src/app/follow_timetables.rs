//! The days go by: mentors whose timetable has something begin or end are brought to today. There is nobody who calls at
//! midnight, so whoever is about to look for mentors sees to it first; a command does nothing else.

use super::fill::refill;
use super::part::change;
use super::publish_round::make_of_mentor;
use crate::domain::Mentor;
use crate::events;
use crate::store::mentor::{self, Stored};
use crate::store::{self, timetable};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone, Copy)]
pub struct RefreshMentors;

/// How many mentors were brought to today.
#[derive(Debug, Clone, Copy)]
pub struct Refreshed(pub usize);

pub async fn refresh_mentors(tx: &mut Tx, scope: &Scope, _: RefreshMentors) -> Result<Refreshed, Error> {
    follow_timetables(tx, scope).await.map(Refreshed)
}

/// Brings mentors to today, in few statements however many they are; only those with fewer places than students cost more.
/// Locks come after those of people and before those of rounds: the turn, if there is anything to do, then mentors.
pub async fn follow_timetables(tx: &mut Tx, scope: &Scope) -> Result<usize, Error> {
    let today = scope.today();
    if mentor::due(tx, today).await?.is_empty() {
        return Ok(0);
    }
    store::take_turn(tx).await?;
    // Read again: somebody else may have seen to them before the turn was ours.
    let due = mentor::due(tx, today).await?;
    let timetables = timetable::due(tx, today).await?;
    let shares = timetable::due_shares(tx, today).await?;
    let now = |stored: &Stored| {
        let was = &stored.mentor;
        let timetable = timetables.get(&was.id).cloned().unwrap_or_default();
        told(was, was.on(today, &timetable).away(shares.get(&was.id).copied().unwrap_or_default()))
    };
    let (mentors, changed): (Vec<Mentor>, Vec<bool>) = due.iter().map(now).unzip();
    mentor::follow(tx, &mentors, scope.now()).await?;
    for mentor in mentors.iter().zip(changed).filter(|(_, changed)| *changed).map(|(mentor, _)| mentor) {
        events::emit_changed(tx, scope, mentor).await?;
    }
    let (fewer, others): (Vec<Mentor>, Vec<Mentor>) = mentors.into_iter().partition(|mentor| mentor.load > mentor.places);
    // Those with more places first: whoever waits is paired, and the students of those with fewer come after them.
    refill(tx, scope, &others.into_iter().filter(|mentor| mentor.spare() > 0).collect::<Vec<_>>()).await?;
    for mentor in fewer {
        make_of_mentor(tx, scope, mentor.id).await?;
        let stored = mentor::by_id(tx, mentor.id).await?.ok_or_else(|| Error::not_found(mentor.id))?;
        change(tx, scope, &stored, stored.mentor.clone(), &stored.judgement).await?;
    }
    Ok(due.len())
}

/// The mentor as it is kept, at the version it was, and whether that is told.
fn told(was: &Mentor, now: Mentor) -> (Mentor, bool) {
    let changed = now.differs(was);
    (Mentor { told: was.told + i64::from(changed), ..now }, changed)
}
