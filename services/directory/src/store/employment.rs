//! HR facts, and the employments that follow from them.

use crate::domain::{Employment, EmploymentId, HrFact, HrKind, OrganisationId, Period, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An employment with whose it is.
#[derive(Debug, Clone)]
pub struct Stored {
    pub employment: Employment,
    pub person: PersonId,
    pub organisation: OrganisationId,
}

#[derive(sqlx::FromRow)]
struct Row {
    employment_id: EmploymentId,
    person_id: PersonId,
    organisation_id: OrganisationId,
    start_date: NaiveDate,
    end_date: Option<NaiveDate>,
    post: String,
    withdrawn: bool,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let period = Period { start: row.start_date, end: row.end_date, post: row.post, reason: String::new() };
        let employment = Employment { id: row.employment_id, period, withdrawn: row.withdrawn };
        Self { employment, person: row.person_id, organisation: row.organisation_id }
    }
}

#[derive(sqlx::FromRow)]
struct FactRow {
    effective_date: NaiveDate,
    #[sqlx(try_from = "String")]
    kind: HrKind,
    note: String,
}

/// Whose employments: one person's at one organisation.
#[derive(Debug, Clone, Copy)]
pub struct Whose {
    pub person: PersonId,
    pub organisation: OrganisationId,
}

statements! {
    ADD_FACT = "INSERT INTO directory_hr_fact (event_key, person_id, organisation_id, kind, effective_date, note, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FACTS = "SELECT effective_date, kind, note FROM directory_hr_fact WHERE person_id = $1 AND organisation_id = $2";
    OF = "SELECT employment_id, person_id, organisation_id, start_date, end_date, post, withdrawn FROM directory_employment WHERE person_id = $1 AND organisation_id = $2";
    INSERT = "INSERT INTO directory_employment (employment_id, person_id, organisation_id, start_date, end_date, post, withdrawn) VALUES ($1, $2, $3, $4, $5, $6, FALSE)";
    UPDATE = "UPDATE directory_employment SET end_date = $2, post = $3, withdrawn = $4 WHERE employment_id = $1";
    LIST = "SELECT employment_id, person_id, organisation_id, start_date, end_date, post, withdrawn FROM directory_employment WHERE employment_id > $1 AND withdrawn = FALSE AND (person_id = $3 OR $3 IS NULL) AND (organisation_id = $4 OR $4 IS NULL) ORDER BY employment_id LIMIT $2";
}

pub async fn add_fact(tx: &mut Tx, key: &str, whose: Whose, fact: &HrFact, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![key, whose.person, whose.organisation, fact.kind, fact.effective_date, fact.note.as_str(), now];
    tx.execute(ADD_FACT, row).await.map(|_| ())
}

pub async fn facts(tx: &mut Tx, whose: Whose) -> Result<Vec<HrFact>, Error> {
    let rows: Vec<FactRow> = tx.fetch_all(FACTS, args![whose.person, whose.organisation]).await?;
    Ok(rows.into_iter().map(|row| HrFact { effective_date: row.effective_date, kind: row.kind, note: row.note }).collect())
}

pub async fn of(tx: &mut Tx, whose: Whose) -> Result<Vec<Employment>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF, args![whose.person, whose.organisation]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).employment).collect())
}

pub async fn insert(tx: &mut Tx, id: EmploymentId, whose: Whose, period: &Period) -> Result<(), Error> {
    let row = args![id, whose.person, whose.organisation, period.start, period.end, period.post.as_str()];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn update(tx: &mut Tx, id: EmploymentId, period: &Period, withdrawn: bool) -> Result<(), Error> {
    tx.change(UPDATE, args![id, period.end, period.post.as_str(), withdrawn], &id.to_string()).await
}

pub async fn list(
    tx: &mut Tx,
    person: Option<PersonId>,
    organisation: Option<OrganisationId>,
    page: Page,
) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), person, organisation]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
