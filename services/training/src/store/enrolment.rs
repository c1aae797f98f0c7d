//! Enrolments in their table.

use crate::domain::{ClassId, Enrolment, EnrolmentId, EnrolmentState, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An enrolment with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub enrolment: Enrolment,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    enrolment_id: EnrolmentId,
    version: i64,
    class_id: ClassId,
    student_id: PersonId,
    #[sqlx(try_from = "String")]
    state: EnrolmentState,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let enrolment = Enrolment {
            id: row.enrolment_id,
            version: row.version,
            class: row.class_id,
            student: row.student_id,
            state: row.state,
        };
        Self { enrolment, created_at: row.created_at }
    }
}

/// Which enrolments a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// School or enterprise of the class.
    pub organisation: Option<OrganisationId>,
    pub class: Option<ClassId>,
    pub student: Option<PersonId>,
    pub state: Option<EnrolmentState>,
}

statements! {
    /// A student in a live class is not enrolled again: the index says so, whoever comes at the same time.
    INSERT = "INSERT INTO training_enrolment (enrolment_id, version, class_id, student_id, state, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE training_enrolment SET version = $2, state = $4 WHERE enrolment_id = $1 AND version = $3";
    BY_ID = "SELECT enrolment_id, version, class_id, student_id, state, created_at FROM training_enrolment WHERE enrolment_id = $1";
    LIVE_OF_CLASS = "SELECT enrolment_id, version, class_id, student_id, state, created_at FROM training_enrolment WHERE class_id = $1 AND state IN ('enrolled', 'placed') ORDER BY enrolment_id";
    LIST = "SELECT e.enrolment_id, e.version, e.class_id, e.student_id, e.state, e.created_at FROM training_enrolment e JOIN training_class c ON c.class_id = e.class_id WHERE e.enrolment_id > $1 AND (c.school_id = $3 OR c.enterprise_id = $3 OR $3 IS NULL) AND (e.class_id = $4 OR $4 IS NULL) AND (e.student_id = $5 OR $5 IS NULL) AND (e.state = $6 OR $6 IS NULL) ORDER BY e.enrolment_id LIMIT $2";
}

/// Whether the student was free.
pub async fn insert(tx: &mut Tx, enrolment: &Enrolment, now: DateTime<Utc>) -> Result<bool, Error> {
    let row = args![enrolment.id, enrolment.version, enrolment.class, enrolment.student, enrolment.state, now];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// Saves a decision that was made on the version before.
pub async fn update(tx: &mut Tx, enrolment: &Enrolment) -> Result<(), Error> {
    let row = args![enrolment.id, enrolment.version, enrolment.version - 1, enrolment.state];
    tx.change(UPDATE, row, &enrolment.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: EnrolmentId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn live_of_class(tx: &mut Tx, class: ClassId) -> Result<Vec<Enrolment>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIVE_OF_CLASS, args![class]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).enrolment).collect())
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.class, filter.student, filter.state];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}
