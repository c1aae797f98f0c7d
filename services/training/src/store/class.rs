//! Classes in their table.

use crate::domain::{Class, ClassId, ClassState, OrderId, OrganisationId, ProgrammeId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A class with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub class: Class,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    class_id: ClassId,
    version: i64,
    order_id: OrderId,
    school_id: OrganisationId,
    enterprise_id: OrganisationId,
    programme_id: Option<ProgrammeId>,
    capacity: i64,
    enrolled: i64,
    #[sqlx(try_from = "String")]
    state: ClassState,
    graduation_date: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let class = Class {
            id: row.class_id,
            version: row.version,
            order: row.order_id,
            school: row.school_id,
            enterprise: row.enterprise_id,
            programme: row.programme_id,
            capacity: row.capacity,
            enrolled: row.enrolled,
            state: row.state,
            graduation_date: row.graduation_date,
        };
        Self { class, created_at: row.created_at, updated_at: row.updated_at }
    }
}

/// Which classes a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// School or enterprise.
    pub organisation: Option<OrganisationId>,
    pub order: Option<OrderId>,
    pub school: Option<OrganisationId>,
    pub enterprise: Option<OrganisationId>,
    pub state: Option<ClassState>,
}

statements! {
    INSERT = "INSERT INTO training_class (class_id, version, order_id, school_id, enterprise_id, programme_id, capacity, enrolled, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $9)";
    UPDATE = "UPDATE training_class SET version = $2, state = $4, graduation_date = $5, updated_at = $6 WHERE class_id = $1 AND version = $3 AND enrolled = $7";
    /// Takes places only while there are any.
    TAKE_PLACES = "UPDATE training_class SET enrolled = enrolled + $2 WHERE class_id = $1 AND state = 'agreed' AND enrolled + $2 <= capacity";
    GIVE_PLACE = "UPDATE training_class SET enrolled = enrolled - 1 WHERE class_id = $1 AND enrolled > 0";
    BY_ID = "SELECT class_id, version, order_id, school_id, enterprise_id, programme_id, capacity, enrolled, state, graduation_date, created_at, updated_at FROM training_class WHERE class_id = $1";
    LIST = "SELECT class_id, version, order_id, school_id, enterprise_id, programme_id, capacity, enrolled, state, graduation_date, created_at, updated_at FROM training_class WHERE class_id > $1 AND (school_id = $3 OR enterprise_id = $3 OR $3 IS NULL) AND (order_id = $4 OR $4 IS NULL) AND (school_id = $5 OR $5 IS NULL) AND (state = $6 OR $6 IS NULL) AND (enterprise_id = $7 OR $7 IS NULL) ORDER BY class_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, class: &Class, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        class.id,
        class.version,
        class.order,
        class.school,
        class.enterprise,
        class.programme,
        class.capacity,
        class.state,
        now
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// Saves a decision that was made on the version before, and on so many enrolled: an enrolment is no new version.
pub async fn update(tx: &mut Tx, class: &Class, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![class.id, class.version, class.version - 1, class.state, class.graduation_date, now, class.enrolled];
    tx.change(UPDATE, row, &class.id.to_string()).await
}

/// Whether the places were there to take.
pub async fn take_places(tx: &mut Tx, class: ClassId, places: i64) -> Result<bool, Error> {
    Ok(tx.execute(TAKE_PLACES, args![class, places]).await? == 1)
}

pub async fn give_place(tx: &mut Tx, class: ClassId) -> Result<(), Error> {
    tx.change(GIVE_PLACE, args![class], &class.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: ClassId) -> Result<Option<Stored>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.order, filter.school, filter.state, filter.enterprise];
    Ok(tx.fetch_all::<Row>(LIST, row).await?.into_iter().map(Stored::from).collect())
}
