//! Rounds in their table.

use crate::domain::{ClassId, OrganisationId, Outcome, Reach, Round, RoundId, RoundState, RunId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
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
    reach: String,
    reach_of: String,
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
    candidates: i64,
    objection_end_date: Option<NaiveDate>,
    cause: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// An id as a column that cannot be null holds it.
fn id_or_nil<T: Id>(id: Option<T>) -> T {
    id.unwrap_or_else(T::unset)
}

fn known<T: Id>(id: T) -> Option<T> {
    Some(id).filter(|id| *id != T::unset())
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let reach = match row.reach.as_str() {
            "class" => Reach::Class(row.class_id),
            "classes" => {
                Reach::Classes(row.reach_of.lines().map(|class| ClassId::parse("class", class)).collect::<Result<_, _>>()?)
            }
            "school" => Reach::School(row.school_id),
            "enterprise" => Reach::Enterprise(row.enterprise_id),
            "chain" => Reach::Chain(row.reach_of),
            "city" => Reach::City,
            other => return Err(Error::internal(format!("{} reaches {other}", row.round_id))),
        };
        let outcome = Outcome {
            students: row.students,
            matched_academic: row.matched_academic,
            matched_enterprise: row.matched_enterprise,
            total_fit: row.total_fit,
        };
        let round = Round {
            id: row.round_id,
            version: row.version,
            reach,
            school: known(row.school_id),
            enterprise: known(row.enterprise_id),
            place: row.place,
            same_place: row.same_place,
            objection_days: row.objection_days,
            candidates: row.candidates,
            state: row.state,
            outcome,
            weights: row.weights_version,
            run: row.run_id,
            objections_until: row.objection_end_date,
            cause: row.cause,
        };
        Ok(Self { round, created_at: row.created_at, updated_at: row.updated_at })
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_round (round_id, version, reach, reach_of, class_id, school_id, enterprise_id, place, same_place, objection_days, candidates, state, students, matched_academic, matched_enterprise, total_fit, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, 0, $14, $14)";
    /// The schools and enterprises of its students.
    INSERT_PARTIES = "INSERT INTO mentoring_round_party (round_id, organisation_id) SELECT DISTINCT open_round_id, school_id FROM mentoring_student WHERE open_round_id = $1 UNION SELECT DISTINCT open_round_id, enterprise_id FROM mentoring_student WHERE open_round_id = $1 ON CONFLICT (round_id, organisation_id) DO NOTHING";
    IS_PARTY = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_round_party WHERE round_id = $1 AND organisation_id = $2";
    COUNTED = "UPDATE mentoring_round SET students = $2 WHERE round_id = $1";
    /// The oldest of those whose pairings are being made.
    PUBLISHING = "SELECT round_id FROM mentoring_round WHERE state = 'publishing' ORDER BY round_id LIMIT 1";
    UPDATE = "UPDATE mentoring_round SET version = $2, state = $4, students = $5, matched_academic = $6, matched_enterprise = $7, total_fit = $8, weights_version = $9, run_id = $10, objection_end_date = $11, cause = $12, updated_at = $13 WHERE round_id = $1 AND version = $3";
    HOLD = "UPDATE mentoring_round SET updated_at = $3 WHERE round_id = $1 AND version = $2";
    BY_ID = "SELECT round_id, version, reach, reach_of, class_id, school_id, enterprise_id, place, state, students, matched_academic, matched_enterprise, total_fit, weights_version, run_id, same_place, objection_days, candidates, objection_end_date, cause, created_at, updated_at FROM mentoring_round WHERE round_id = $1";
    LIST = "SELECT r.round_id, r.version, r.reach, r.reach_of, r.class_id, r.school_id, r.enterprise_id, r.place, r.state, r.students, r.matched_academic, r.matched_enterprise, r.total_fit, r.weights_version, r.run_id, r.same_place, r.objection_days, r.candidates, r.objection_end_date, r.cause, r.created_at, r.updated_at FROM mentoring_round r WHERE r.round_id > $1 AND (r.school_id = $3 OR r.enterprise_id = $3 OR $3 IS NULL OR EXISTS (SELECT 1 FROM mentoring_round_party y WHERE y.round_id = r.round_id AND y.organisation_id = $3)) AND (r.class_id = $4 OR $4 IS NULL OR (r.reach <> 'class' AND EXISTS (SELECT 1 FROM mentoring_student s WHERE s.class_id = $4 AND (s.open_round_id = r.round_id OR s.round_id = r.round_id)))) ORDER BY r.round_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, round: &Round, now: DateTime<Utc>) -> Result<(), Error> {
    let of = match &round.reach {
        Reach::Classes(classes) => classes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Reach::Chain(chain) => chain.clone(),
        _ => String::new(),
    };
    let row = args![
        round.id,
        round.version,
        round.reach.word(),
        of,
        id_or_nil(round.reach.class()),
        id_or_nil(round.school),
        id_or_nil(round.enterprise),
        round.place.as_str(),
        round.same_place,
        round.objection_days,
        round.candidates,
        round.state,
        round.outcome.students,
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// Lets the organisations of a round's students know of it.
pub async fn insert_parties(tx: &mut Tx, round: RoundId) -> Result<(), Error> {
    tx.execute(INSERT_PARTIES, args![round]).await.map(|_| ())
}

/// Whether students of an organisation are in a round that is not of it alone.
pub async fn is_party(tx: &mut Tx, round: RoundId, organisation: OrganisationId) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(IS_PARTY, args![round, organisation]).await?;
    Ok(count > 0)
}

/// Says how many students are in a round that was just opened.
pub async fn counted(tx: &mut Tx, round: &Round) -> Result<(), Error> {
    tx.change(COUNTED, args![round.id, round.outcome.students], &round.id.to_string()).await
}

/// A round whose pairings are being made.
pub async fn publishing(tx: &mut Tx) -> Result<Option<RoundId>, Error> {
    let row: Option<(RoundId,)> = tx.fetch_optional(PUBLISHING, args![]).await?;
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
        round.cause.as_str(),
        now,
    ];
    tx.change(UPDATE, row, &round.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: RoundId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    row.map(Stored::try_from).transpose()
}

pub async fn list(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    class: Option<ClassId>,
    page: Page,
) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), organisation, class]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
