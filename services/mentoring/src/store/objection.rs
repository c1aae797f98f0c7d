//! Objections in their table.

use crate::domain::{Objection, ObjectionGround, ObjectionId, ObjectionState, OrganisationId, PairingId, RoundId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An objection with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub objection: Objection,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    objection_id: ObjectionId,
    round_id: RoundId,
    pairing_id: PairingId,
    #[sqlx(try_from = "String")]
    ground: ObjectionGround,
    #[sqlx(try_from = "String")]
    state: ObjectionState,
    raised_by: String,
    decided_by: Option<String>,
    created_at: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let objection = Objection {
            id: row.objection_id,
            round: row.round_id,
            pairing: row.pairing_id,
            ground: row.ground,
            state: row.state,
            raised_by: row.raised_by,
            decided_by: row.decided_by,
        };
        Self { objection, created_at: row.created_at, decided_at: row.decided_at }
    }
}

/// Which objections a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub round: Option<RoundId>,
    pub state: Option<ObjectionState>,
}

statements! {
    INSERT = "INSERT INTO mentoring_objection (objection_id, round_id, pairing_id, ground, state, raised_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (pairing_id) WHERE state = 'open' DO NOTHING";
    DECIDE = "UPDATE mentoring_objection SET state = $2, decided_by = $3, decided_at = $4 WHERE objection_id = $1 AND state = 'open'";
    BY_ID = "SELECT objection_id, round_id, pairing_id, ground, state, raised_by, decided_by, created_at, decided_at FROM mentoring_objection WHERE objection_id = $1";
    COUNT_OPEN = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_objection WHERE round_id = $1 AND state = 'open'";
    LIST = "SELECT q.objection_id, q.round_id, q.pairing_id, q.ground, q.state, q.raised_by, q.decided_by, q.created_at, q.decided_at FROM mentoring_objection q JOIN mentoring_pairing p ON p.pairing_id = q.pairing_id WHERE q.objection_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (q.round_id = $4 OR $4 IS NULL) AND (q.state = $5 OR $5 IS NULL) ORDER BY q.objection_id LIMIT $2";
}

/// Raises an objection; `false` if the pairing has an open one.
pub async fn insert(tx: &mut Tx, objection: &Objection, now: DateTime<Utc>) -> Result<bool, Error> {
    let row = args![
        objection.id,
        objection.round,
        objection.pairing,
        objection.ground,
        objection.state,
        objection.raised_by.as_str(),
        now,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// Saves a decision on an open objection.
pub async fn decide(tx: &mut Tx, objection: &Objection, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![objection.id, objection.state, objection.decided_by.as_deref(), now];
    tx.change(DECIDE, row, &objection.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: ObjectionId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn count_open(tx: &mut Tx, round: RoundId) -> Result<i64, Error> {
    let (count,): (i64,) = tx.fetch_one(COUNT_OPEN, args![round]).await?;
    Ok(count)
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.organisation, filter.round, filter.state];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
