//! A mentor is away: on leave, as their organisation says, or on a rotation, as its events say.

use super::follow_timetables::follow_timetables;
use super::part::change;
use super::publish_round::make_of_mentor;
use crate::domain::{AbsenceId, Mentor, MentorId, MentorState, OrganisationId, PersonId, Refusal};
use crate::store::absence::{self, Absence};
use crate::store::mentor::Stored;
use crate::store::{self, directory, mentor};
use kit::id::Id;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone, Copy)]
pub struct SuspendMentor(pub MentorId);

#[derive(Debug, Clone, Copy)]
pub struct ResumeMentor(pub MentorId);

pub async fn suspend_mentor(tx: &mut Tx, scope: &Scope, command: SuspendMentor) -> Result<Stored, Error> {
    let stored = own(tx, scope, command.0).await?;
    let leave = leave_of(command.0);
    if absence::exists(tx, leave).await? {
        return Err(Refusal::OnLeave { mentor: command.0 }.into());
    }
    let (person, organisation) = (stored.mentor.profile.person, stored.mentor.profile.organisation);
    absence::put(tx, &Absence { id: leave, person, organisation, share: 100 }).await?;
    follow(tx, scope, person, organisation).await?;
    mentor::by_id(tx, command.0).await?.ok_or_else(|| Error::not_found(command.0))
}

pub async fn resume_mentor(tx: &mut Tx, scope: &Scope, command: ResumeMentor) -> Result<Stored, Error> {
    let stored = own(tx, scope, command.0).await?;
    let leave = leave_of(command.0);
    if !absence::exists(tx, leave).await? {
        return Err(Refusal::NotOnLeave { mentor: command.0 }.into());
    }
    absence::end(tx, leave).await?;
    follow(tx, scope, stored.mentor.profile.person, stored.mentor.profile.organisation).await?;
    mentor::by_id(tx, command.0).await?.ok_or_else(|| Error::not_found(command.0))
}

/// The absence of a mentor who is on leave.
pub(super) fn leave_of(mentor: MentorId) -> AbsenceId {
    AbsenceId::from_uuid(mentor.uuid())
}

/// A mentor of the caller's organisation who has not left, held.
pub(super) async fn own(tx: &mut Tx, scope: &Scope, id: MentorId) -> Result<Stored, Error> {
    let stored = mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own(stored.mentor.profile.organisation, id)?;
    directory::lock_person(tx, stored.mentor.profile.person).await?;
    if stored.mentor.state == MentorState::Closed {
        return Err(Refusal::MentorClosed { mentor: id }.into());
    }
    Ok(stored)
}

/// A rotation takes a person away from home, until it is over.
pub async fn rotation_began(tx: &mut Tx, scope: &Scope, absence: Absence) -> Result<(), Error> {
    directory::lock_person(tx, absence.person).await?;
    absence::put(tx, &absence).await?;
    follow(tx, scope, absence.person, absence.organisation).await
}

pub async fn rotation_over(tx: &mut Tx, scope: &Scope, absence: Absence) -> Result<(), Error> {
    directory::lock_person(tx, absence.person).await?;
    absence::end(tx, absence.id).await?;
    follow(tx, scope, absence.person, absence.organisation).await
}

/// Gives a person's mentors the places that are left beside the absences.
async fn follow(tx: &mut Tx, scope: &Scope, person: PersonId, organisation: OrganisationId) -> Result<(), Error> {
    follow_timetables(tx, scope).await?;
    let share = absence::share(tx, person, organisation).await?;
    for one in mentor::of_person(tx, person, organisation).await? {
        store::take_turn(tx).await?;
        make_of_mentor(tx, scope, one.mentor.id).await?;
        // Read again: a round may have been published before the turn was ours.
        let Some(stored) = mentor::by_id(tx, one.mentor.id).await? else { continue };
        let after: Mentor = stored.mentor.away(share);
        if (after.places, after.state) != (stored.mentor.places, stored.mentor.state) {
            change(tx, scope, &stored, after, &stored.judgement).await?;
        }
    }
    Ok(())
}
