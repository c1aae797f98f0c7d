//! An organisation registers mentors. Whoever waits for one of their kind is paired at once.

use super::fill::refill;
use crate::domain::{Mentor, OrganisationId, PersonId, Profile, Refusal, Side};
use crate::events;
use crate::store::directory::{self, Employed};
use crate::store::mentor::{self, Stored};
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct RegisterMentors {
    pub organisation: OrganisationId,
    /// All of `organisation`.
    pub profiles: Vec<Profile>,
}

/// Those registered, in the order of the command.
#[derive(Debug)]
pub struct Registered(pub Vec<Stored>);

pub async fn register_mentors(tx: &mut Tx, scope: &Scope, command: RegisterMentors) -> Result<Registered, Error> {
    scope.own(command.organisation, command.organisation)?;
    let kind = directory::kind(tx, command.organisation).await?;
    // In the order of their ids, as everybody locks them; before the employments are looked at, so that nobody
    // is registered while their leaving is on its way.
    let people: BTreeSet<PersonId> = command.profiles.iter().map(|profile| profile.person).collect();
    for person in people {
        directory::lock_person(tx, person).await?;
    }
    let mut mentors = Vec::with_capacity(command.profiles.len());
    for (at, profile) in command.profiles.into_iter().enumerate() {
        let mentor = register(tx, scope, profile, kind.as_deref()).await;
        mentors.push(mentor.map_err(|error| error.within(&format!("mentors[{at}]")))?);
    }
    refill(tx, scope, &mentors).await?;
    let mut stored = Vec::with_capacity(mentors.len());
    for registered in mentors {
        // Read again: some may have been given students just now.
        stored.push(mentor::by_id(tx, registered.id).await?.ok_or_else(|| Error::not_found(registered.id))?);
    }
    Ok(Registered(stored))
}

async fn register(tx: &mut Tx, scope: &Scope, profile: Profile, kind: Option<&str>) -> Result<Mentor, Error> {
    let (person, organisation) = (profile.person, profile.organisation);
    let needs = match profile.side {
        Side::Academic => "school",
        Side::Enterprise => "enterprise",
    };
    // What directory has not told yet forbids nothing: a mentor on the wrong side matches no student.
    if kind.is_some_and(|kind| kind != needs) {
        return Err(Refusal::WrongSide { organisation, side: profile.side }.into());
    }
    if directory::employed(tx, person, organisation).await? == Employed::No {
        return Err(Refusal::MentorHasLeft { person, organisation }.into());
    }
    let mentor = Mentor::register(scope.id(), profile);
    if !mentor::insert(tx, &mentor, scope.now()).await? {
        return Err(Refusal::MentorExists { person, organisation }.into());
    }
    events::emit_registered(tx, scope, &mentor).await?;
    Ok(mentor)
}
