//! Re-matches in their table.

use crate::domain::{EndReason, MentorId, OrganisationId, Rematch, RematchId, RematchState};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A re-match with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub rematch: Rematch,
    pub created_at: DateTime<Utc>,
    pub approved_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    rematch_id: RematchId,
    mentor_id: MentorId,
    #[sqlx(try_from = "String")]
    reason: EndReason,
    students: i64,
    #[sqlx(try_from = "String")]
    state: RematchState,
    approved_by: Option<String>,
    created_at: DateTime<Utc>,
    approved_at: Option<DateTime<Utc>>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let rematch = Rematch {
            id: row.rematch_id,
            mentor: row.mentor_id,
            reason: row.reason,
            students: row.students,
            state: row.state,
            approved_by: row.approved_by,
        };
        Self { rematch, created_at: row.created_at, approved_at: row.approved_at }
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_rematch (rematch_id, mentor_id, reason, students, state, judgement, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    APPROVE = "UPDATE mentoring_rematch SET state = $2, approved_by = $3, approved_at = $4 WHERE rematch_id = $1 AND state = 'waiting'";
    BY_ID = "SELECT rematch_id, mentor_id, reason, students, state, approved_by, created_at, approved_at FROM mentoring_rematch WHERE rematch_id = $1";
    LIST = "SELECT q.rematch_id, q.mentor_id, q.reason, q.students, q.state, q.approved_by, q.created_at, q.approved_at FROM mentoring_rematch q JOIN mentoring_mentor m ON m.mentor_id = q.mentor_id WHERE q.rematch_id > $1 AND (m.organisation_id = $3 OR $3 IS NULL) AND (q.state = $4 OR $4 IS NULL) ORDER BY q.rematch_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, rematch: &Rematch, judgement: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![rematch.id, rematch.mentor, rematch.reason, rematch.students, rematch.state, judgement, now];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// Saves the approval of one that waits.
pub async fn approve(tx: &mut Tx, rematch: &Rematch, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![rematch.id, rematch.state, rematch.approved_by.as_deref(), now];
    tx.change(APPROVE, row, &rematch.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: RematchId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn list(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    state: Option<RematchState>,
    page: Page,
) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), organisation, state]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
