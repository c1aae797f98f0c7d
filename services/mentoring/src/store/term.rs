//! Terms in their table.

use crate::domain::{Days, Term, TermId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;
use std::collections::BTreeMap;

/// A term with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub term: Term,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    term_id: TermId,
    code: String,
    start_date: NaiveDate,
    end_date: NaiveDate,
    evaluation_date: NaiveDate,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let days = Days { start: row.start_date, end: row.end_date };
        let term = Term { id: row.term_id, code: row.code, days, evaluated_from: row.evaluation_date };
        Self { term, created_at: row.created_at }
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_term (term_id, code, start_date, end_date, evaluation_date, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code) DO NOTHING";
    /// A term that has a day in common with these.
    MEETING = "SELECT code FROM mentoring_term WHERE start_date < $2 AND $1 < end_date ORDER BY start_date LIMIT 1";
    ALL = "SELECT term_id, code, start_date, end_date, evaluation_date, created_at FROM mentoring_term ORDER BY start_date";
    LIST = "SELECT term_id, code, start_date, end_date, evaluation_date, created_at FROM mentoring_term WHERE term_id > $1 ORDER BY term_id LIMIT $2";
    WRONG_TERMS = "SELECT a.code || ' and ' || b.code FROM mentoring_term a JOIN mentoring_term b ON a.term_id < b.term_id AND a.start_date < b.end_date AND b.start_date < a.end_date UNION ALL SELECT CAST(mentor_id AS TEXT) || ' places ' || CAST(places AS TEXT) || ' of ' || CAST(coalesce(term_capacity, capacity) AS TEXT) FROM mentoring_mentor WHERE places > capacity OR places > term_capacity LIMIT 100";
}

/// Adds a term; `false` if there is one with the code. The caller holds the turn and has looked for one that overlaps.
pub async fn insert(tx: &mut Tx, term: &Term, now: DateTime<Utc>) -> Result<bool, Error> {
    let row = args![term.id, term.code.as_str(), term.days.start, term.days.end, term.evaluated_from, now];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// The code of a term that has a day in common with these.
pub async fn meeting(tx: &mut Tx, days: Days) -> Result<Option<String>, Error> {
    let row: Option<(String,)> = tx.fetch_optional(MEETING, args![days.start, days.end]).await?;
    Ok(row.map(|row| row.0))
}

/// All terms; a city has a few a year.
pub async fn all(tx: &mut Tx) -> Result<BTreeMap<TermId, Term>, Error> {
    let rows: Vec<Row> = tx.fetch_all(ALL, args![]).await?;
    Ok(rows.into_iter().map(|row| (row.term_id, Stored::from(row).term)).collect())
}

pub async fn list(tx: &mut Tx, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit()]).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
