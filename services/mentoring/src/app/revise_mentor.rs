//! An organisation changes the profile of a mentor.

use super::absence::own;
use super::follow_timetables::follow_timetables;
use super::part::change;
use super::publish_round::make_of_mentor;
use super::register_mentors::qualified;
use crate::domain::{MentorId, Profile};
use crate::store::mentor::{self, Stored};
use crate::store::{self, absence};
use kit::rules::Waiver;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ReviseMentor {
    pub mentor: MentorId,
    /// As it shall be; person, organisation and side stay.
    pub profile: Profile,
    pub waivers: Vec<Waiver>,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn revise_mentor(tx: &mut Tx, scope: &Scope, command: ReviseMentor) -> Result<Stored, Error> {
    let id = command.mentor;
    own(tx, scope, id).await?;
    follow_timetables(tx, scope).await?;
    store::take_turn(tx).await?;
    make_of_mentor(tx, scope, id).await?;
    let stored = mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.mentor.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let is = &stored.mentor.profile;
    let profile = Profile { person: is.person, organisation: is.organisation, side: is.side, ..command.profile };
    let judgement = qualified(scope, &profile, &command.waivers).map_err(|error| error.within("mentor"))?;
    let share = absence::share(tx, is.person, is.organisation).await?;
    let mut after = stored.mentor.clone();
    after.profile = profile;
    change(tx, scope, &stored, after.away(share), &judgement).await?;
    mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))
}
