//! Mentors in their table.

use crate::domain::{Mentor, MentorId, MentorState, OrganisationId, PersonId, Profile, Side};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A mentor with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub mentor: Mentor,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    mentor_id: MentorId,
    version: i64,
    person_id: PersonId,
    organisation_id: OrganisationId,
    #[sqlx(try_from = "String")]
    side: Side,
    capacity: i64,
    load: i64,
    chain: String,
    programmes: String,
    skills: String,
    place: String,
    #[sqlx(try_from = "String")]
    state: MentorState,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let profile = Profile {
            person: row.person_id,
            organisation: row.organisation_id,
            side: row.side,
            capacity: row.capacity,
            chain: row.chain,
            programmes: row.programmes.into(),
            skills: row.skills.into(),
            place: row.place,
        };
        let mentor = Mentor { id: row.mentor_id, version: row.version, profile, load: row.load, state: row.state };
        Self { mentor, created_at: row.created_at }
    }
}

/// Which mentors a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub side: Option<Side>,
    pub state: Option<MentorState>,
}

statements! {
    INSERT = "INSERT INTO mentoring_mentor (mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (person_id, organisation_id, side) WHERE state = 'active' DO NOTHING";
    BY_ID = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at FROM mentoring_mentor WHERE mentor_id = $1";
    LIST = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at FROM mentoring_mentor WHERE mentor_id > $1 AND (organisation_id = $3 OR $3 IS NULL) AND (side = $4 OR $4 IS NULL) AND (state = $5 OR $5 IS NULL) ORDER BY mentor_id LIMIT $2";
    FREE_ACADEMIC = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at FROM mentoring_mentor WHERE side = 'academic' AND organisation_id = $1 AND state = 'active' AND load < capacity ORDER BY mentor_id";
    FREE_ENTERPRISE = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at FROM mentoring_mentor WHERE side = 'enterprise' AND (organisation_id = $1 OR (chain = $2 AND chain <> '')) AND state = 'active' AND load < capacity ORDER BY mentor_id";
    ACTIVE_OF_PERSON = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, load, chain, programmes, skills, place, state, created_at FROM mentoring_mentor WHERE person_id = $1 AND organisation_id = $2 AND state = 'active' ORDER BY mentor_id";
    /// Takes places only where there are as many, in one statement: however many take at once, none is given twice.
    TAKE_PLACES = "UPDATE mentoring_mentor SET load = load + $2, version = version + 1, updated_at = $3 WHERE mentor_id = $1 AND state = 'active' AND load + $2 <= capacity";
    FREE_PLACE = "UPDATE mentoring_mentor SET load = load - 1, version = version + 1, updated_at = $2 WHERE mentor_id = $1 AND state = 'active' AND load > 0";
    CLOSE = "UPDATE mentoring_mentor SET state = 'closed', load = 0, version = version + 1, updated_at = $2 WHERE mentor_id = $1 AND state = 'active'";
}

/// Registers a mentor; `false` if the person is one already.
pub async fn insert(tx: &mut Tx, mentor: &Mentor, now: DateTime<Utc>) -> Result<bool, Error> {
    let profile = &mentor.profile;
    let row = args![
        mentor.id,
        mentor.version,
        profile.person,
        profile.organisation,
        profile.side,
        profile.capacity,
        profile.chain.as_str(),
        profile.programmes.to_text(),
        profile.skills.to_text(),
        profile.place.as_str(),
        mentor.state,
        now,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

pub async fn by_id(tx: &mut Tx, id: MentorId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.side, filter.state];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// The academic mentors of a school who have a free place.
pub async fn free_academic(tx: &mut Tx, school: OrganisationId) -> Result<Vec<Mentor>, Error> {
    let rows: Vec<Row> = tx.fetch_all(FREE_ACADEMIC, args![school]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).mentor).collect())
}

/// The enterprise mentors of an enterprise, or of a chain, who have a free place.
pub async fn free_enterprise(tx: &mut Tx, enterprise: OrganisationId, chain: &str) -> Result<Vec<Mentor>, Error> {
    let rows: Vec<Row> = tx.fetch_all(FREE_ENTERPRISE, args![enterprise, chain]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).mentor).collect())
}

pub async fn active_of_person(tx: &mut Tx, person: PersonId, organisation: OrganisationId) -> Result<Vec<Mentor>, Error> {
    let rows: Vec<Row> = tx.fetch_all(ACTIVE_OF_PERSON, args![person, organisation]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).mentor).collect())
}

/// Takes places of a mentor; `false` if there are not as many, or the mentor has left.
pub async fn take_places(tx: &mut Tx, mentor: MentorId, places: i64, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(TAKE_PLACES, args![mentor, places, now]).await? == 1)
}

/// Gives a place back.
pub async fn free_place(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(FREE_PLACE, args![mentor, now], &mentor.to_string()).await
}

/// Closes a mentor; the pairings are ended in the same transaction, so nothing is left of the load.
pub async fn close(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(CLOSE, args![mentor, now], &mentor.to_string()).await
}
