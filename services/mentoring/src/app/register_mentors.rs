//! An organisation registers mentors. Whoever waits for one of their kind is paired at once.

use super::fill::refill;
use super::follow_timetables::follow_timetables;
use crate::RULES;
use crate::domain::{Mentor, OrganisationId, PersonId, Profile, Refusal, Side};
use crate::events;
use crate::store::absence;
use crate::store::directory::{self, Employed};
use crate::store::mentor::{self, Stored};
use kit::rules::Waiver;
use kit::{Error, Scope, Tx};
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct RegisterMentors {
    pub organisation: OrganisationId,
    /// All of `organisation`.
    pub mentors: Vec<NewMentor>,
}

#[derive(Debug, Clone)]
pub struct NewMentor {
    pub profile: Profile,
    pub waivers: Vec<Waiver>,
}

/// Those registered, in the order of the command.
#[derive(Debug)]
pub struct Registered(pub Vec<Stored>);

pub async fn register_mentors(tx: &mut Tx, scope: &Scope, command: RegisterMentors) -> Result<Registered, Error> {
    scope.own(command.organisation, command.organisation)?;
    let kind = directory::kind(tx, command.organisation).await?;
    // In the order of their ids, as everybody locks them; before the employments are looked at, so that nobody
    // is registered while their leaving is on its way.
    let people: BTreeSet<PersonId> = command.mentors.iter().map(|new| new.profile.person).collect();
    for person in people {
        directory::lock_person(tx, person).await?;
    }
    follow_timetables(tx, scope).await?;
    let mut mentors = Vec::with_capacity(command.mentors.len());
    for (at, new) in command.mentors.into_iter().enumerate() {
        let mentor = register(tx, scope, new, kind.as_deref()).await;
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

async fn register(tx: &mut Tx, scope: &Scope, new: NewMentor, kind: Option<&str>) -> Result<Mentor, Error> {
    let NewMentor { profile, waivers } = new;
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
    let judgement = qualified(scope, &profile, &waivers)?;
    let away = absence::share(tx, person, organisation).await?;
    let mentor = Mentor::register(scope.id(), profile, away);
    if !mentor::insert(tx, &mentor, &judgement, scope.now()).await? {
        return Err(Refusal::MentorExists { person, organisation }.into());
    }
    events::emit_registered(tx, scope, &mentor).await?;
    Ok(mentor)
}

/// Whether somebody may be a mentor of their side by the rules in force; answers the judgement as JSON.
pub(super) fn qualified(scope: &Scope, profile: &Profile, waivers: &[Waiver]) -> Result<String, Error> {
    let facts = json!({ "title": profile.title, "years": profile.years });
    let judgement = scope.rules(&RULES)?.judge(&facts, scope.today(), &format!("{}-mentor", profile.side), waivers)?;
    match judgement.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(judgement.to_json()?.to_string()),
    }
}
