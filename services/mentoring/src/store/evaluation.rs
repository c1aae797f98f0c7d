//! Evaluations in their table. The version of the pairing guards them: whoever evaluates takes its next one.

use crate::domain::{Aspect, Evaluation, EvaluationId, Evaluator, MentorId, OrganisationId, PairingId, TermId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// An evaluation with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub evaluation: Evaluation,
    /// Who speaks for the evaluator.
    pub organisation: OrganisationId,
    /// Both sides have evaluated, or may read it since the term is over.
    pub shared: bool,
    pub recorded_by: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    evaluation_id: EvaluationId,
    pairing_id: PairingId,
    term_id: TermId,
    #[sqlx(try_from = "String")]
    evaluator: Evaluator,
    organisation_id: OrganisationId,
    score: i64,
    aspects: String,
    shared: i64,
    recorded_by: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let aspects: BTreeMap<String, i64> = serde_json::from_str(&row.aspects).map_err(Error::internal)?;
        let aspect = |(code, score)| Ok((Aspect::try_from(code).map_err(Error::internal)?, score));
        let evaluation = Evaluation {
            id: row.evaluation_id,
            pairing: row.pairing_id,
            term: row.term_id,
            evaluator: row.evaluator,
            score: row.score,
            aspects: aspects.into_iter().map(aspect).collect::<Result<_, Error>>()?,
        };
        Ok(Self {
            evaluation,
            organisation: row.organisation_id,
            shared: row.shared != 0,
            recorded_by: row.recorded_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Which evaluations a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    /// Whether the organisation's students are spoken for by somebody else.
    pub only_mentors: bool,
    pub pairing: Option<PairingId>,
    pub term: Option<TermId>,
    pub mentor: Option<MentorId>,
    pub evaluator: Option<Evaluator>,
}

statements! {
    /// What is sealed stays as it is, and is not counted.
    PUT = {
        postgres: "INSERT INTO mentoring_evaluation (recorded_by, created_at, updated_at, sealed, evaluation_id, pairing_id, term_id, evaluator, organisation_id, score, aspects) SELECT $1, $2, $2, FALSE, evaluations.* FROM unnest(CAST($3 AS UUID[]), CAST($4 AS UUID[]), CAST($5 AS UUID[]), CAST($6 AS TEXT[]), CAST($7 AS UUID[]), CAST($8 AS BIGINT[]), CAST($9 AS TEXT[])) AS evaluations ON CONFLICT (pairing_id, term_id, evaluator) DO UPDATE SET recorded_by = excluded.recorded_by, updated_at = excluded.updated_at, score = excluded.score, aspects = excluded.aspects WHERE mentoring_evaluation.sealed = FALSE",
        sqlite: "INSERT INTO mentoring_evaluation (recorded_by, created_at, updated_at, sealed, evaluation_id, pairing_id, term_id, evaluator, organisation_id, score, aspects) SELECT $1, $2, $2, FALSE, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM jsonb_each($3) WHERE TRUE ON CONFLICT (pairing_id, term_id, evaluator) DO UPDATE SET recorded_by = excluded.recorded_by, updated_at = excluded.updated_at, score = excluded.score, aspects = excluded.aspects WHERE mentoring_evaluation.sealed = FALSE",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Seals what both sides have said.
    SEAL = {
        postgres: "UPDATE mentoring_evaluation SET sealed = TRUE WHERE sealed = FALSE AND pairing_id = ANY (CAST($1 AS UUID[])) AND EXISTS (SELECT 1 FROM mentoring_evaluation o WHERE o.pairing_id = mentoring_evaluation.pairing_id AND o.term_id = mentoring_evaluation.term_id AND o.evaluator <> mentoring_evaluation.evaluator)",
        sqlite: "UPDATE mentoring_evaluation SET sealed = TRUE WHERE sealed = FALSE AND pairing_id IN (SELECT value FROM json_each($1)) AND EXISTS (SELECT 1 FROM mentoring_evaluation o WHERE o.pairing_id = mentoring_evaluation.pairing_id AND o.term_id = mentoring_evaluation.term_id AND o.evaluator <> mentoring_evaluation.evaluator)",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    OF_PAIRINGS = {
        postgres: "SELECT evaluation_id, pairing_id, term_id, evaluator, organisation_id, score, aspects, CAST(CASE WHEN sealed = TRUE THEN 1 ELSE 0 END AS BIGINT) AS shared, recorded_by, created_at, updated_at FROM mentoring_evaluation WHERE pairing_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT evaluation_id, pairing_id, term_id, evaluator, organisation_id, score, aspects, CASE WHEN sealed = TRUE THEN 1 ELSE 0 END AS shared, recorded_by, created_at, updated_at FROM mentoring_evaluation WHERE pairing_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// An organisation sees what it said, and what the other side of its pairings said once that is shared.
    LIST = "SELECT e.evaluation_id, e.pairing_id, e.term_id, e.evaluator, e.organisation_id, e.score, e.aspects, CAST(CASE WHEN e.sealed = TRUE OR t.end_date <= $3 THEN 1 ELSE 0 END AS BIGINT) AS shared, e.recorded_by, e.created_at, e.updated_at FROM mentoring_evaluation e JOIN mentoring_pairing p ON p.pairing_id = e.pairing_id JOIN mentoring_term t ON t.term_id = e.term_id WHERE e.evaluation_id > $1 AND (e.pairing_id = $6 OR $6 IS NULL) AND (e.term_id = $7 OR $7 IS NULL) AND (p.mentor_id = $8 OR $8 IS NULL) AND (e.evaluator = $9 OR $9 IS NULL) AND ((e.organisation_id = $4 AND (e.evaluator = 'mentor' OR $5 = FALSE)) OR ((p.school_id = $4 OR p.mentor_organisation_id = $4) AND (e.sealed = TRUE OR t.end_date <= $3)) OR $4 IS NULL) ORDER BY e.evaluation_id LIMIT $2";
    WRONG_SEALS = "SELECT CAST(e.evaluation_id AS TEXT) FROM mentoring_evaluation e JOIN mentoring_pairing p ON p.pairing_id = e.pairing_id LEFT JOIN mentoring_evaluation o ON o.pairing_id = e.pairing_id AND o.term_id = e.term_id AND o.evaluator <> e.evaluator WHERE p.mentor_id IS NULL OR (e.sealed = TRUE AND o.evaluation_id IS NULL) OR (e.sealed = FALSE AND o.evaluation_id IS NOT NULL) LIMIT 100";
}

/// Keeps evaluations, all recorded by the same person at the same time, in place of what was said before; `false` if any of
/// them is sealed.
pub async fn put(tx: &mut Tx, evaluations: &[Stored]) -> Result<bool, Error> {
    let Some(first) = evaluations.first() else { return Ok(true) };
    let row = |stored: &Stored| {
        let evaluation = &stored.evaluation;
        let aspects: BTreeMap<&str, i64> = evaluation.aspects.iter().map(|(code, score)| (code.as_str(), *score)).collect();
        args![
            evaluation.id,
            evaluation.pairing,
            evaluation.term,
            evaluation.evaluator,
            stored.organisation,
            evaluation.score,
            json!(aspects).to_string(),
        ]
    };
    let rows = evaluations.iter().map(row).collect();
    let kept = tx.execute_rows(PUT, args![first.recorded_by.as_str(), first.updated_at], rows).await?;
    Ok(usize::try_from(kept).is_ok_and(|kept| kept == evaluations.len()))
}

/// From now on neither side of these pairings changes what both have said.
pub async fn seal(tx: &mut Tx, pairings: &BTreeSet<PairingId>) -> Result<(), Error> {
    tx.execute(SEAL, args![id_list(pairings.iter().copied())]).await.map(|_| ())
}

pub async fn of_pairings(tx: &mut Tx, pairings: &BTreeSet<PairingId>) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PAIRINGS, args![id_list(pairings.iter().copied())]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// A page as it is seen on a day.
pub async fn list(tx: &mut Tx, filter: &Filter, today: NaiveDate, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![
        page.after,
        page.limit(),
        today,
        filter.organisation,
        filter.only_mentors,
        filter.pairing,
        filter.term,
        filter.mentor,
        filter.evaluator,
    ];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
