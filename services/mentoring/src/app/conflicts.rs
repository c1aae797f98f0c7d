//! Conflicts: who is not to be paired, and which two mentors do not guide the same student.

use super::fill::refill;
use super::follow_timetables::follow_timetables;
use crate::domain::{Conflict, ConflictId, Ground, Mentor, MentorId, OrganisationId, Other, Refusal, Side};
use crate::store::conflict::{self, Stored};
use crate::store::{directory, mentor, student};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct RegisterConflicts {
    pub conflicts: Vec<NewConflict>,
}

#[derive(Debug, Clone, Copy)]
pub struct NewConflict {
    pub mentor: MentorId,
    pub other: Other,
    pub ground: Ground,
}

/// Those registered, in the order of the command.
#[derive(Debug)]
pub struct Parted(pub Vec<Stored>);

pub async fn register_conflicts(tx: &mut Tx, scope: &Scope, command: RegisterConflicts) -> Result<Parted, Error> {
    let mut stored = Vec::with_capacity(command.conflicts.len());
    for (at, new) in command.conflicts.into_iter().enumerate() {
        let registered = register(tx, scope, new).await;
        stored.push(registered.map_err(|error| error.within(&format!("conflicts[{at}]")))?);
    }
    Ok(Parted(stored))
}

async fn register(tx: &mut Tx, scope: &Scope, new: NewConflict) -> Result<Stored, Error> {
    let (conflict, concerned) = whole(tx, scope.id(), new).await?;
    scope.own_either(&concerned, new.mentor).map_err(|error| error.on("mentor"))?;
    if !conflict::insert(tx, &conflict, scope.now()).await? {
        let other = match new.other {
            Other::Person(person) => person.to_string(),
            Other::Mentor(mentor) => mentor.to_string(),
        };
        return Err(Refusal::ConflictExists { mentor: new.mentor, other }.into());
    }
    Ok(Stored { conflict, created_at: scope.now(), withdrawn_at: None })
}

/// The conflict as it is kept, and the organisations it concerns.
async fn whole(tx: &mut Tx, id: ConflictId, new: NewConflict) -> Result<(Conflict, Vec<OrganisationId>), Error> {
    let mentor = find(tx, new.mentor).await.map_err(|error| error.on("mentor"))?;
    let mut concerned = vec![mentor.profile.organisation];
    let (mentor, other) = match new.other {
        Other::Person(person) => {
            if !directory::known(tx, person).await? {
                return Err(Error::not_found(person).on("other"));
            }
            concerned.extend(student::schools(tx, person).await?);
            (mentor.id, Other::Person(person))
        }
        Other::Mentor(other) => {
            let other = find(tx, other).await.map_err(|error| error.on("other"))?;
            if other.profile.side == mentor.profile.side {
                return Err(Refusal::SameSide { mentor: mentor.id, other: other.id }.into());
            }
            concerned.push(other.profile.organisation);
            if mentor.profile.side == Side::Academic {
                (mentor.id, Other::Mentor(other.id))
            } else {
                (other.id, Other::Mentor(mentor.id))
            }
        }
    };
    Ok((Conflict { id, mentor, other, ground: new.ground }, concerned))
}

async fn find(tx: &mut Tx, id: MentorId) -> Result<Mentor, Error> {
    Ok(mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.mentor)
}

#[derive(Debug, Clone, Copy)]
pub struct WithdrawConflict(pub ConflictId);

/// Whoever waited because of it may be paired now.
pub async fn withdraw_conflict(tx: &mut Tx, scope: &Scope, command: WithdrawConflict) -> Result<Stored, Error> {
    let id = command.0;
    let stored = conflict::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let Conflict { mentor, other, ground, .. } = stored.conflict;
    let (_, concerned) = whole(tx, id, NewConflict { mentor, other, ground }).await?;
    scope.own_either(&concerned, id)?;
    if !conflict::withdraw(tx, id, scope.now()).await? {
        return Err(Refusal::ConflictWithdrawn { conflict: id }.into());
    }
    follow_timetables(tx, scope).await?;
    let mut mentors = vec![find(tx, mentor).await?];
    if let Other::Mentor(other) = other {
        mentors.push(find(tx, other).await?);
    }
    refill(tx, scope, &mentors).await?;
    Ok(Stored { withdrawn_at: Some(scope.now()), ..stored })
}
