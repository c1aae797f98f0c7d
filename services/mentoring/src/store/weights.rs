//! The versions of the weights in their table.

use crate::domain::Weights;
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

#[derive(sqlx::FromRow)]
struct Row {
    weights_version: i64,
    organisation: i64,
    programme: i64,
    chain: i64,
    place: i64,
    skills: i64,
    spare: i64,
    student_rank: i64,
    mentor_rank: i64,
    continuity: i64,
}

impl From<Row> for Weights {
    fn from(row: Row) -> Self {
        Self {
            version: row.weights_version,
            organisation: row.organisation,
            programme: row.programme,
            chain: row.chain,
            place: row.place,
            skills: row.skills,
            spare: row.spare,
            student_rank: row.student_rank,
            mentor_rank: row.mentor_rank,
            continuity: row.continuity,
        }
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_weights (weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, continuity) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (weights_version) DO NOTHING";
    NEWEST = "SELECT weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, continuity FROM mentoring_weights ORDER BY weights_version DESC LIMIT 1";
    BY_VERSION = "SELECT weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, continuity FROM mentoring_weights WHERE weights_version = $1";
    LIST = "SELECT weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, continuity FROM mentoring_weights WHERE weights_version > $1 ORDER BY weights_version LIMIT $2";
}

/// Adds a version; `false` if somebody else took its number.
pub async fn insert(tx: &mut Tx, weights: &Weights) -> Result<bool, Error> {
    let row = args![
        weights.version,
        weights.organisation,
        weights.programme,
        weights.chain,
        weights.place,
        weights.skills,
        weights.spare,
        weights.student_rank,
        weights.mentor_rank,
        weights.continuity,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// The weights in force.
pub async fn newest(tx: &mut Tx) -> Result<Weights, Error> {
    let row: Row = tx.fetch_one(NEWEST, args![]).await?;
    Ok(row.into())
}

pub async fn by_version(tx: &mut Tx, version: i64) -> Result<Option<Weights>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_VERSION, args![version]).await?;
    Ok(row.map(Weights::from))
}

/// A page of the versions, the oldest first. A page's mark is an id: here, the version as one.
pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Weights>, Error> {
    let after = i64::try_from(page.after.as_u128()).unwrap_or(i64::MAX);
    let rows: Vec<Row> = tx.fetch_all(LIST, args![after, page.limit()]).await?;
    Ok(rows.into_iter().map(Weights::from).collect())
}
