//! Rounds in their table.

use crate::domain::{ClassId, OrganisationId, Outcome, Round, RoundId, RoundState, RunId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A round with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub round: Round,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    round_id: RoundId,
    version: i64,
    class_id: ClassId,
    school_id: OrganisationId,
    enterprise_id: OrganisationId,
    place: String,
    #[sqlx(try_from = "String")]
    state: RoundState,
    students: i64,
    matched_academic: i64,
    matched_enterprise: i64,
    total_fit: i64,
    weights_version: Option<i64>,
    run_id: Option<RunId>,
    same_place: bool,
    objection_days: i64,
    objection_end_date: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let outcome = Outcome {
            students: row.students,
            matched_academic: row.matched_academic,
            matched_enterprise: row.matched_enterprise,
            total_fit: row.total_fit,
        };
        let round = Round {
            id: row.round_id,
            version: row.version,
            class: row.class_id,
            school: row.school_id,
            enterprise: row.enterprise_id,
            place: row.place,
            same_place: row.same_place,
            objection_days: row.objection_days,
            state: row.state,
            outcome,
            weights: row.weights_version,
            run: row.run_id,
            objections_until: row.objection_end_date,
        };
        Self { round, created_at: row.created_at, updated_at: row.updated_at }
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_round (round_id, version, class_id, school_id, enterprise_id, place, same_place, objection_days, state, students, matched_academic, matched_enterprise, total_fit, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, $11, $11) ON CONFLICT (class_id) WHERE state IN ('open', 'closed') DO NOTHING";
    OPEN_OF_CLASS = "SELECT round_id FROM mentoring_round WHERE class_id = $1 AND state IN ('open', 'closed')";
    UPDATE = "UPDATE mentoring_round SET version = $2, state = $4, students = $5, matched_academic = $6, matched_enterprise = $7, total_fit = $8, weights_version = $9, run_id = $10, objection_end_date = $11, updated_at = $12 WHERE round_id = $1 AND version = $3";
    HOLD = "UPDATE mentoring_round SET updated_at = $3 WHERE round_id = $1 AND version = $2";
    BY_ID = "SELECT round_id, version, class_id, school_id, enterprise_id, place, state, students, matched_academic, matched_enterprise, total_fit, weights_version, run_id, same_place, objection_days, objection_end_date, created_at, updated_at FROM mentoring_round WHERE round_id = $1";
    LIST = "SELECT round_id, version, class_id, school_id, enterprise_id, place, state, students, matched_academic, matched_enterprise, total_fit, weights_version, run_id, same_place, objection_days, objection_end_date, created_at, updated_at FROM mentoring_round WHERE round_id > $1 AND (school_id = $3 OR enterprise_id = $3 OR $3 IS NULL) AND (class_id = $4 OR $4 IS NULL) ORDER BY round_id LIMIT $2";
}

/// Opens a round; `false` if the class has one that is not published yet.
pub async fn insert(tx: &mut Tx, round: &Round, now: DateTime<Utc>) -> Result<bool, Error> {
    let row = args![
        round.id,
        round.version,
        round.class,
        round.school,
        round.enterprise,
        round.place.as_str(),
        round.same_place,
        round.objection_days,
        round.state,
        round.outcome.students,
        now,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

pub async fn open_of_class(tx: &mut Tx, class: ClassId) -> Result<Option<RoundId>, Error> {
    let row: Option<(RoundId,)> = tx.fetch_optional(OPEN_OF_CLASS, args![class]).await?;
    Ok(row.map(|row| row.0))
}

/// Holds a round at the version that was read, to the end of the transaction.
pub async fn hold(tx: &mut Tx, round: &Round, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(HOLD, args![round.id, round.version, now], &round.id.to_string()).await
}

/// Saves a decision that was made on the version before.
pub async fn update(tx: &mut Tx, round: &Round, now: DateTime<Utc>) -> Result<(), Error> {
    let outcome = &round.outcome;
    let row = args![
        round.id,
        round.version,
        round.version - 1,
        round.state,
        outcome.students,
        outcome.matched_academic,
        outcome.matched_enterprise,
        outcome.total_fit,
        round.weights,
        round.run,
        round.objections_until,
        now,
    ];
    tx.change(UPDATE, row, &round.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: RoundId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn list(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    class: Option<ClassId>,
    page: Page,
) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), organisation, class]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
