//! Dry runs in their table.

use crate::domain::{Objective, OrganisationId, Proof, RoundId, RunId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A dry run, as it was made.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Run {
    pub run_id: RunId,
    pub round_id: RoundId,
    #[sqlx(try_from = "String")]
    pub objective: Objective,
    pub weights_version: i64,
    pub students: i64,
    pub matched_academic: i64,
    pub matched_enterprise: i64,
    pub total_fit: i64,
    pub bound_matched: i64,
    pub bound_total_fit: i64,
    pub blocking_pairs: i64,
    #[sqlx(try_from = "String")]
    pub proof: Proof,
    pub created_at: DateTime<Utc>,
}

statements! {
    INSERT = "INSERT INTO mentoring_run (run_id, round_id, objective, weights_version, students, matched_academic, matched_enterprise, total_fit, bound_matched, bound_total_fit, blocking_pairs, proof, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    BY_ID = "SELECT run_id, round_id, objective, weights_version, students, matched_academic, matched_enterprise, total_fit, bound_matched, bound_total_fit, blocking_pairs, proof, created_at FROM mentoring_run WHERE run_id = $1";
    LIST = "SELECT q.run_id, q.round_id, q.objective, q.weights_version, q.students, q.matched_academic, q.matched_enterprise, q.total_fit, q.bound_matched, q.bound_total_fit, q.blocking_pairs, q.proof, q.created_at FROM mentoring_run q JOIN mentoring_round r ON r.round_id = q.round_id WHERE q.run_id > $1 AND (r.school_id = $3 OR r.enterprise_id = $3 OR $3 IS NULL) AND (q.round_id = $4 OR $4 IS NULL) ORDER BY q.run_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    let row = args![
        run.run_id,
        run.round_id,
        run.objective,
        run.weights_version,
        run.students,
        run.matched_academic,
        run.matched_enterprise,
        run.total_fit,
        run.bound_matched,
        run.bound_total_fit,
        run.blocking_pairs,
        run.proof,
        run.created_at,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: RunId) -> Result<Option<Run>, Error> {
    tx.fetch_optional(BY_ID, args![id]).await
}

pub async fn list(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    round: Option<RoundId>,
    page: Page,
) -> Result<Vec<Run>, Error> {
    tx.fetch_all(LIST, args![page.after, page.limit(), organisation, round]).await
}
