//! What mentoring keeps of directory: organisations, people, employments.

use crate::domain::{Codes, EmploymentId, OrganisationId, PersonId};
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, statements};

/// An employment as directory knows it now.
#[derive(Debug, Clone)]
pub struct Employment {
    pub id: EmploymentId,
    pub person: PersonId,
    pub organisation: OrganisationId,
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    /// It turned out never to have been.
    pub withdrawn: bool,
}

/// Whether a person works at an organisation, as far as is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employed {
    /// Nothing was told of it yet.
    Unknown,
    Yes,
    No,
}

statements! {
    PUT_ORGANISATION = "INSERT INTO mentoring_organisation (organisation_id, kind) VALUES ($1, $2) ON CONFLICT (organisation_id) DO UPDATE SET kind = excluded.kind";
    KIND = "SELECT kind FROM mentoring_organisation WHERE organisation_id = $1";
    PUT_PERSON = "INSERT INTO mentoring_person (person_id, skills, changes) VALUES ($1, $2, 1) ON CONFLICT (person_id) DO UPDATE SET skills = excluded.skills, changes = mentoring_person.changes + 1";
    /// The row's lock holds back whoever weighs the same person's employments at the same time.
    LOCK_PERSON = "INSERT INTO mentoring_person (person_id, skills, changes) VALUES ($1, '', 1) ON CONFLICT (person_id) DO UPDATE SET changes = mentoring_person.changes + 1";
    KNOWN = "SELECT changes FROM mentoring_person WHERE person_id = $1";
    PUT_EMPLOYMENT = "INSERT INTO mentoring_employment (employment_id, person_id, organisation_id, start_date, end_date, withdrawn) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (employment_id) DO UPDATE SET organisation_id = excluded.organisation_id, start_date = excluded.start_date, end_date = excluded.end_date, withdrawn = excluded.withdrawn";
    EMPLOYMENTS = "SELECT CAST(count(*) AS BIGINT), CAST(count(CASE WHEN end_date IS NULL AND withdrawn = FALSE THEN 1 END) AS BIGINT) FROM mentoring_employment WHERE person_id = $1 AND organisation_id = $2";
}

pub async fn put_organisation(tx: &mut Tx, organisation: OrganisationId, kind: &str) -> Result<(), Error> {
    tx.execute(PUT_ORGANISATION, args![organisation, kind]).await.map(|_| ())
}

/// `school`, `enterprise`, …; `None` while directory's word has not arrived.
pub async fn kind(tx: &mut Tx, organisation: OrganisationId) -> Result<Option<String>, Error> {
    let row: Option<(String,)> = tx.fetch_optional(KIND, args![organisation]).await?;
    Ok(row.map(|row| row.0))
}

pub async fn put_person(tx: &mut Tx, person: PersonId, skills: &Codes) -> Result<(), Error> {
    tx.execute(PUT_PERSON, args![person, skills.to_text()]).await.map(|_| ())
}

pub async fn lock_person(tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    tx.execute(LOCK_PERSON, args![person]).await.map(|_| ())
}

/// Whether anything was told of a person.
pub async fn known(tx: &mut Tx, person: PersonId) -> Result<bool, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(KNOWN, args![person]).await?;
    Ok(row.is_some())
}

pub async fn put_employment(tx: &mut Tx, employment: &Employment) -> Result<(), Error> {
    let row =
        args![employment.id, employment.person, employment.organisation, employment.start, employment.end, employment.withdrawn,];
    tx.execute(PUT_EMPLOYMENT, row).await.map(|_| ())
}

pub async fn employed(tx: &mut Tx, person: PersonId, organisation: OrganisationId) -> Result<Employed, Error> {
    let (known, open): (i64, i64) = tx.fetch_one(EMPLOYMENTS, args![person, organisation]).await?;
    Ok(match (known, open) {
        (0, _) => Employed::Unknown,
        (_, 0) => Employed::No,
        _ => Employed::Yes,
    })
}
