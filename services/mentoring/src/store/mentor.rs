//! Mentors in their table.

use crate::domain::{Mentor, MentorId, MentorState, OrganisationId, PersonId, Profile, RunId, Side};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::clock::local_date;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// Rows of one statement.
const AT_ONCE: usize = 500;

/// A mentor with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub mentor: Mentor,
    /// What the rules said when the mentor was registered or last changed, as JSON.
    pub judgement: String,
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
    places: i64,
    term_capacity: Option<i64>,
    available: bool,
    next_change: Option<NaiveDate>,
    load: i64,
    chain: String,
    programmes: String,
    skills: String,
    place: String,
    title: String,
    years: i64,
    languages: String,
    judgement: String,
    told: i64,
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
            title: row.title,
            years: row.years,
            languages: row.languages.into(),
        };
        let mentor = Mentor {
            id: row.mentor_id,
            version: row.version,
            profile,
            places: row.places,
            term_capacity: row.term_capacity,
            available: row.available,
            next_change: row.next_change,
            told: row.told,
            load: row.load,
            state: row.state,
            offer: None,
        };
        Self { mentor, judgement: row.judgement, created_at: row.created_at }
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
    INSERT = "INSERT INTO mentoring_mentor (mentor_id, version, person_id, organisation_id, side, capacity, places, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18) ON CONFLICT (person_id, organisation_id, side) WHERE state <> 'closed' DO NOTHING";
    REVISE = "UPDATE mentoring_mentor SET version = version + 1, capacity = $2, places = $3, load = $4, chain = $5, programmes = $6, skills = $7, place = $8, title = $9, years = $10, languages = $11, judgement = $12, told = $13, state = $14, term_capacity = $15, available = $16, next_change = $17, updated_at = $18 WHERE mentor_id = $1 AND version = $19";
    BY_ID = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE mentor_id = $1";
    LIST = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE mentor_id > $1 AND (organisation_id = $3 OR $3 IS NULL) AND (side = $4 OR $4 IS NULL) AND (state = $5 OR $5 IS NULL) ORDER BY mentor_id LIMIT $2";
    FREE = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE side = $1 AND state = 'active' AND available = TRUE AND load < places ORDER BY mentor_id";
    FREE_ACADEMIC = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE side = 'academic' AND organisation_id = $1 AND state = 'active' AND available = TRUE AND load < places ORDER BY mentor_id";
    FREE_ENTERPRISE = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE side = 'enterprise' AND (organisation_id = $1 OR (chain = $2 AND chain <> '')) AND state = 'active' AND available = TRUE AND load < places ORDER BY mentor_id";
    OF_PERSON = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE person_id = $1 AND organisation_id = $2 AND state <> 'closed' ORDER BY mentor_id";
    /// Takes places only where there are as many, in one statement: however many take at once, none is given twice. None is
    /// taken by what a timetable said of a day before.
    TAKE_PLACES = "UPDATE mentoring_mentor SET load = load + $2, version = version + 1, updated_at = $3 WHERE mentor_id = $1 AND state = 'active' AND available = TRUE AND load + $2 <= places AND (next_change IS NULL OR next_change > $4)";
    /// Takes the places a dry run proposes, all of a mentor or none; the rows are locked in the order of their ids, as
    /// everywhere.
    TAKE_PROPOSED = {
        postgres: "WITH wanted AS (SELECT mentor_id, count(*) AS places FROM mentoring_proposal WHERE run_id = $1 AND mentor_id IS NOT NULL GROUP BY mentor_id), held AS (SELECT m.mentor_id FROM mentoring_mentor m WHERE m.mentor_id IN (SELECT mentor_id FROM wanted) ORDER BY m.mentor_id FOR UPDATE) UPDATE mentoring_mentor AS m SET load = m.load + w.places, version = m.version + 1, updated_at = $2 FROM wanted w JOIN held h ON h.mentor_id = w.mentor_id WHERE m.mentor_id = w.mentor_id AND m.state = 'active' AND m.available = TRUE AND m.load + w.places <= m.places AND (m.next_change IS NULL OR m.next_change > $3)",
        sqlite: "UPDATE mentoring_mentor AS m SET load = m.load + w.places, version = m.version + 1, updated_at = $2 FROM (SELECT mentor_id, count(*) AS places FROM mentoring_proposal WHERE run_id = $1 AND mentor_id IS NOT NULL GROUP BY mentor_id) w WHERE m.mentor_id = w.mentor_id AND m.state = 'active' AND m.available = TRUE AND m.load + w.places <= m.places AND (m.next_change IS NULL OR m.next_change > $3)",
        reason: "PostgreSQL needs an order in which rows are locked; SQLite has one writer, and no FOR UPDATE",
    };
    DUE = "SELECT mentor_id, version, person_id, organisation_id, side, capacity, places, term_capacity, available, next_change, load, chain, programmes, skills, place, title, years, languages, judgement, told, state, created_at FROM mentoring_mentor WHERE next_change <= $1 AND state <> 'closed' ORDER BY mentor_id";
    /// On the first day of a term it is thousands.
    FOLLOW = {
        postgres: "UPDATE mentoring_mentor AS m SET version = m.version + 1, term_capacity = f.term_capacity, available = f.available, next_change = f.next_change, places = f.places, state = f.state, told = f.told, updated_at = $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BOOLEAN[]), CAST($6 AS DATE[]), CAST($7 AS BIGINT[]), CAST($8 AS TEXT[]), CAST($9 AS BIGINT[])) AS f (mentor_id, version, term_capacity, available, next_change, places, state, told) WHERE m.mentor_id = f.mentor_id AND m.version = f.version",
        sqlite: "UPDATE mentoring_mentor SET version = version + 1, term_capacity = value->>2, available = value->>3, next_change = value->>4, places = value->>5, state = value->>6, told = value->>7, updated_at = $1 FROM jsonb_each($2) WHERE mentor_id = value->>0 AND version = value->>1",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    HOLD = "UPDATE mentoring_mentor SET updated_at = $2 WHERE mentor_id = $1";
    FREE_PLACE = "UPDATE mentoring_mentor SET load = load - 1, version = version + 1, updated_at = $2 WHERE mentor_id = $1 AND load > 0";
    CLOSE = "UPDATE mentoring_mentor SET state = 'closed', load = 0, places = 0, told = told + 1, version = version + 1, updated_at = $2 WHERE mentor_id = $1 AND state <> 'closed'";
}

/// Registers a mentor; `false` if the person is one already.
pub async fn insert(tx: &mut Tx, mentor: &Mentor, judgement: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let profile = &mentor.profile;
    let row = args![
        mentor.id,
        mentor.version,
        profile.person,
        profile.organisation,
        profile.side,
        profile.capacity,
        mentor.places,
        profile.chain.as_str(),
        profile.programmes.to_text(),
        profile.skills.to_text(),
        profile.place.as_str(),
        profile.title.as_str(),
        profile.years,
        profile.languages.to_text(),
        judgement,
        mentor.told,
        mentor.state,
        now,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// Saves a mentor who was changed, as long as nobody else did in the meantime.
pub async fn revise(tx: &mut Tx, mentor: &Mentor, judgement: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let profile = &mentor.profile;
    let row = args![
        mentor.id,
        profile.capacity,
        mentor.places,
        mentor.load,
        profile.chain.as_str(),
        profile.programmes.to_text(),
        profile.skills.to_text(),
        profile.place.as_str(),
        profile.title.as_str(),
        profile.years,
        profile.languages.to_text(),
        judgement,
        mentor.told,
        mentor.state,
        mentor.term_capacity,
        mentor.available,
        mentor.next_change,
        now,
        mentor.version,
    ];
    tx.change(REVISE, row, &mentor.id.to_string()).await
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

/// The mentors a person is at an organisation, suspended or not.
pub async fn of_person(tx: &mut Tx, person: PersonId, organisation: OrganisationId) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PERSON, args![person, organisation]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Takes places of a mentor; `false` if there are not as many, or the mentor has left, or takes nobody new today.
pub async fn take_places(tx: &mut Tx, mentor: MentorId, places: i64, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(TAKE_PLACES, args![mentor, places, now, local_date(now)]).await? == 1)
}

/// The mentors whose timetable has something begin or end by a day, in the order of their ids.
pub async fn due(tx: &mut Tx, today: NaiveDate) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(DUE, args![today]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Saves what a new day did to mentors, as long as nobody else changed them in the meantime.
pub async fn follow(tx: &mut Tx, mentors: &[Mentor], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |mentor: &Mentor| {
        args![
            mentor.id,
            mentor.version,
            mentor.term_capacity,
            mentor.available,
            mentor.next_change,
            mentor.places,
            mentor.state,
            mentor.told,
        ]
    };
    for some in mentors.chunks(AT_ONCE) {
        tx.change_rows(FOLLOW, args![now], some.iter().map(row).collect(), "mentors").await?;
    }
    Ok(())
}

/// Everybody of a side who has a free place.
pub async fn free(tx: &mut Tx, side: Side) -> Result<Vec<Mentor>, Error> {
    let rows: Vec<Row> = tx.fetch_all(FREE, args![side]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).mentor).collect())
}

/// Takes the places that a dry run proposes; answers of how many mentors.
pub async fn take_proposed(tx: &mut Tx, run: RunId, now: DateTime<Utc>) -> Result<i64, Error> {
    Ok(i64::try_from(tx.execute(TAKE_PROPOSED, args![run, now, local_date(now)]).await?).unwrap_or(i64::MAX))
}

/// Holds a mentor to the end of the transaction.
pub async fn hold(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(HOLD, args![mentor, now], &mentor.to_string()).await
}

/// Gives a place back.
pub async fn free_place(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(FREE_PLACE, args![mentor, now], &mentor.to_string()).await
}

/// Closes a mentor; the pairings are ended in the same transaction, so nothing is left of the load.
pub async fn close(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(CLOSE, args![mentor, now], &mentor.to_string()).await
}
