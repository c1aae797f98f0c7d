//! People in their table.

use super::{joined, split};
use crate::domain::{OrganisationId, Person, PersonId, PersonKind, ProgrammeId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A person with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub person: Person,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    person_id: PersonId,
    display_name: String,
    organisation_id: OrganisationId,
    #[sqlx(try_from = "String")]
    kind: PersonKind,
    birth_date: Option<NaiveDate>,
    entry_year: Option<i64>,
    programme_id: Option<ProgrammeId>,
    skills: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let person = Person {
            id: row.person_id,
            display_name: row.display_name,
            organisation: row.organisation_id,
            kind: row.kind,
            birth_date: row.birth_date,
            entry_year: row.entry_year.and_then(|year| i32::try_from(year).ok()),
            programme: row.programme_id,
            skills: split(&row.skills),
        };
        Self { person, created_at: row.created_at }
    }
}

/// Which people a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub kind: Option<PersonKind>,
}

statements! {
    INSERT = "INSERT INTO directory_person (person_id, version, display_name, organisation_id, kind, birth_date, entry_year, programme_id, skills, created_at) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)";
    BY_ID = "SELECT person_id, display_name, organisation_id, kind, birth_date, entry_year, programme_id, skills, created_at FROM directory_person WHERE person_id = $1";
    /// Locks the person's row and answers the version it will have.
    NEXT_VERSION = "UPDATE directory_person SET version = version + $2 WHERE person_id = $1 RETURNING version";
    LIST = "SELECT person_id, display_name, organisation_id, kind, birth_date, entry_year, programme_id, skills, created_at FROM directory_person WHERE person_id > $1 AND (organisation_id = $3 OR $3 IS NULL) AND (kind = $4 OR $4 IS NULL) ORDER BY person_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, person: &Person, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        person.id,
        person.display_name.as_str(),
        person.organisation,
        person.kind,
        person.birth_date,
        person.entry_year,
        person.programme,
        joined(&person.skills),
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: PersonId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

/// Moves the person's version on by `events` and answers it; `None` for nobody. With 0 it only takes the
/// lock that lets one fact at a time be weighed.
pub async fn next_version(tx: &mut Tx, id: PersonId, events: i64) -> Result<Option<i64>, Error> {
    Ok(tx.fetch_optional::<(i64,)>(NEXT_VERSION, args![id, events]).await?.map(|row| row.0))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), filter.organisation, filter.kind]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
