//! An organisation says how many students a mentor takes in which term, and when new ones.

use super::absence::own;
use super::find::{FindMentor, find_mentor};
use super::follow_timetables::follow_timetables;
use super::part::change;
use super::publish_round::make_of_mentor;
use crate::domain::{Days, MentorId, TermCapacity, TermId, Timetable};
use crate::store::{self, absence, mentor, term, timetable};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct SetTimetable {
    pub mentor: MentorId,
    pub capacities: Vec<(TermId, i64)>,
    pub windows: Vec<Days>,
    /// The version of the mentor the caller decided on; any when absent.
    pub etag: Option<String>,
}

/// A mentor's timetable, and the next day on which it says something else.
#[derive(Debug)]
pub struct Planned {
    pub mentor: MentorId,
    pub timetable: Timetable,
    pub next: Option<NaiveDate>,
}

impl Planned {
    fn of(mentor: MentorId, timetable: Timetable, today: NaiveDate) -> Self {
        Self { mentor, next: timetable.on(today).next, timetable }
    }
}

pub async fn set_timetable(tx: &mut Tx, scope: &Scope, command: SetTimetable) -> Result<Planned, Error> {
    let id = command.mentor;
    own(tx, scope, id).await?;
    follow_timetables(tx, scope).await?;
    store::take_turn(tx).await?;
    make_of_mentor(tx, scope, id).await?;
    let stored = mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.mentor.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let profile = &stored.mentor.profile;
    let capacities = in_terms(tx, &command.capacities).await?;
    let timetable = Timetable::new(capacities, command.windows, profile.capacity)?;
    timetable::put(tx, id, &timetable).await?;
    let share = absence::share(tx, profile.person, profile.organisation).await?;
    let after = stored.mentor.on(scope.today(), &timetable).away(share);
    change(tx, scope, &stored, after, &stored.judgement).await?;
    Ok(Planned::of(id, timetable, scope.today()))
}

async fn in_terms(tx: &mut Tx, asked: &[(TermId, i64)]) -> Result<Vec<TermCapacity>, Error> {
    let terms = term::all(tx).await?;
    let one = |(at, (id, capacity)): (usize, &(TermId, i64))| {
        let unknown = || Error::not_found(id).on(&format!("timetable.capacities[{at}].term"));
        terms.get(id).map(|term| TermCapacity { term: *id, days: term.days, capacity: *capacity }).ok_or_else(unknown)
    };
    asked.iter().enumerate().map(one).collect()
}

#[derive(Debug, Clone)]
pub struct FindTimetable(pub MentorId);

pub async fn find_timetable(tx: &mut Tx, scope: &Scope, query: FindTimetable) -> Result<Planned, Error> {
    find_mentor(tx, scope, FindMentor(query.0)).await?;
    let timetable = timetable::of_mentor(tx, query.0).await?;
    Ok(Planned::of(query.0, timetable, scope.today()))
}
