//! Rotations in their table.

use crate::domain::{Application, Commitment, OrganisationId, PersonId, Rotation, RotationId, Share, State};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A rotation with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub rotation: Rotation,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    rotation_id: RotationId,
    version: i64,
    person_id: PersonId,
    home_organisation_id: OrganisationId,
    host_organisation_id: OrganisationId,
    start_date: NaiveDate,
    end_date: NaiveDate,
    share_percent: i64,
    post: String,
    #[sqlx(try_from = "String")]
    state: State,
    applied_by: String,
    approved_by: Option<String>,
    ended_on: Option<NaiveDate>,
    credited_days: Option<i64>,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let share = i32::try_from(row.share_percent).ok().and_then(Share::new);
        let share =
            share.ok_or_else(|| Error::internal(format!("{} has a share of {} %", row.rotation_id, row.share_percent)))?;
        let application = Application {
            person: row.person_id,
            home: row.home_organisation_id,
            host: row.host_organisation_id,
            period: Commitment { start: row.start_date, end: row.end_date, share },
            post: row.post,
        };
        let rotation = Rotation {
            id: row.rotation_id,
            version: row.version,
            application,
            state: row.state,
            applied_by: row.applied_by,
            approved_by: row.approved_by,
            ended_on: row.ended_on,
            credited_days: row.credited_days,
            reason: row.reason,
        };
        Ok(Self { rotation, created_at: row.created_at, updated_at: row.updated_at })
    }
}

/// Which rotations a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub state: Option<State>,
}

statements! {
    /// The row's lock holds back whoever weighs the same person's shares at the same time.
    LOCK_PERSON = "INSERT INTO rotation_person (person_id, changes) VALUES ($1, 1) ON CONFLICT (person_id) DO UPDATE SET changes = rotation_person.changes + 1";
    INSERT = "INSERT INTO rotation_rotation (rotation_id, version, person_id, home_organisation_id, host_organisation_id, start_date, end_date, share_percent, post, state, applied_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)";
    UPDATE = "UPDATE rotation_rotation SET version = $2, state = $4, approved_by = $5, ended_on = $6, credited_days = $7, reason = $8, updated_at = $9 WHERE rotation_id = $1 AND version = $3";
    BY_ID = "SELECT rotation_id, version, person_id, home_organisation_id, host_organisation_id, start_date, end_date, share_percent, post, state, applied_by, approved_by, ended_on, credited_days, reason, created_at, updated_at FROM rotation_rotation WHERE rotation_id = $1";
    OF_PERSON = "SELECT rotation_id, version, person_id, home_organisation_id, host_organisation_id, start_date, end_date, share_percent, post, state, applied_by, approved_by, ended_on, credited_days, reason, created_at, updated_at FROM rotation_rotation WHERE person_id = $1 AND start_date < $3 AND end_date > $2";
    LIST = "SELECT rotation_id, version, person_id, home_organisation_id, host_organisation_id, start_date, end_date, share_percent, post, state, applied_by, approved_by, ended_on, credited_days, reason, created_at, updated_at FROM rotation_rotation WHERE rotation_id > $1 AND (home_organisation_id = $3 OR host_organisation_id = $3 OR $3 IS NULL) AND (person_id = $4 OR $4 IS NULL) AND (state = $5 OR $5 IS NULL) ORDER BY rotation_id LIMIT $2";
}

pub async fn lock_person(tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    tx.execute(LOCK_PERSON, args![person]).await.map(|_| ())
}

pub async fn insert(tx: &mut Tx, rotation: &Rotation, now: DateTime<Utc>) -> Result<(), Error> {
    let application = &rotation.application;
    let row = args![
        rotation.id,
        rotation.version,
        application.person,
        application.home,
        application.host,
        application.period.start,
        application.period.end,
        application.period.share.percent(),
        application.post.as_str(),
        rotation.state,
        rotation.applied_by.as_str(),
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// Saves a decision that was made on the version before.
pub async fn update(tx: &mut Tx, rotation: &Rotation, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        rotation.id,
        rotation.version,
        rotation.version - 1,
        rotation.state,
        rotation.approved_by.as_deref(),
        rotation.ended_on,
        rotation.credited_days,
        rotation.reason.as_deref(),
        now,
    ];
    tx.change(UPDATE, row, &rotation.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: RotationId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    row.map(Stored::try_from).transpose()
}

/// The person's rotations that share a day with `period`.
pub async fn of_person(tx: &mut Tx, person: PersonId, period: Commitment) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PERSON, args![person, period.start, period.end]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.person, filter.state];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
