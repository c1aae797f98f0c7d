//! What dry runs propose, in its table.

use crate::domain::{EnrolmentId, Guide, MentorId, OrganisationId, PersonId, ProjectId, ProposalId, RoundId, RunId, Side};
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Sql, Tx, Value, args, id_list, statements};
use kit::page::Page;

/// Rows of one statement.
const AT_ONCE: usize = 4000;

/// A student and the mentor proposed, if anybody is free.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Proposal {
    pub proposal_id: ProposalId,
    pub enrolment_id: EnrolmentId,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub mentor_id: Option<MentorId>,
    pub project_id: Option<ProjectId>,
    pub fit: i64,
}

/// A proposal as a list shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Line {
    #[sqlx(flatten)]
    pub proposal: Proposal,
    pub person_id: PersonId,
}

/// A proposal with what the decision saw.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Explained {
    #[sqlx(flatten)]
    pub line: Line,
    pub round_id: RoundId,
    pub weights_version: i64,
    pub because: String,
}

/// A proposal as publishing needs to know it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Proposed {
    pub enrolment_id: EnrolmentId,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub mentor_id: Option<MentorId>,
    pub project_id: Option<ProjectId>,
    pub fit: i64,
    pub person_id: Option<PersonId>,
    pub organisation_id: Option<OrganisationId>,
}

impl Proposed {
    /// The mentor, if anybody is proposed, as the guide of somebody from a day on, on a project if it is one.
    pub fn guide(&self, since: NaiveDate) -> Option<Guide> {
        let ((mentor, person), organisation) = self.mentor_id.zip(self.person_id).zip(self.organisation_id)?;
        Some(Guide { mentor, person, organisation, project: self.project_id, since })
    }
}

/// Rows ready to be kept: made while no transaction is open, for a city has very many.
#[derive(Debug)]
pub struct Rows(Vec<Vec<Value>>);

statements! {
    /// A dry run of a class is one statement.
    INSERT = {
        postgres: "INSERT INTO mentoring_proposal (run_id, proposal_id, enrolment_id, side, mentor_id, fit, because, project_id) SELECT $1, proposals.* FROM unnest(CAST($2 AS UUID[]), CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS UUID[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[]), CAST($8 AS UUID[])) AS proposals",
        sqlite: "INSERT INTO mentoring_proposal (run_id, proposal_id, enrolment_id, side, mentor_id, fit, because, project_id) SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM jsonb_each($2)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// `ARRAY(SELECT …)`: PostgreSQL that sees how many thousand there are goes through the whole run for each of its parts.
    OF_STUDENTS = {
        postgres: "SELECT q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, m.person_id, m.organisation_id FROM mentoring_proposal q LEFT JOIN mentoring_mentor m ON m.mentor_id = q.mentor_id WHERE q.run_id = $1 AND q.enrolment_id = ANY (ARRAY(SELECT unnest(CAST($2 AS UUID[])))) ORDER BY q.enrolment_id, q.side",
        sqlite: "SELECT q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, m.person_id, m.organisation_id FROM mentoring_proposal q LEFT JOIN mentoring_mentor m ON m.mentor_id = q.mentor_id WHERE q.run_id = $1 AND q.enrolment_id IN (SELECT value FROM json_each($2)) ORDER BY q.enrolment_id, q.side",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The students of a run who still wait in its round.
    COUNT_WAITING = "SELECT CAST(count(DISTINCT q.enrolment_id) AS BIGINT) FROM mentoring_proposal q JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.run_id = $1 AND s.open_round_id = $2 AND s.state = 'enrolled'";
    /// Conflicts of students and mentors that a run would pair.
    COUNT_CONFLICTS = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_conflict c JOIN mentoring_student s ON s.person_id = c.person_id JOIN mentoring_proposal q ON q.run_id = $1 AND q.enrolment_id = s.enrolment_id AND q.mentor_id = c.mentor_id WHERE c.withdrawn_at IS NULL";
    /// Conflicts of two mentors whom a run would give the same student; the academic one comes first in both.
    COUNT_VETOES = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_conflict c JOIN mentoring_proposal a ON a.run_id = $1 AND a.side = 'academic' AND a.mentor_id = c.mentor_id JOIN mentoring_proposal e ON e.run_id = $1 AND e.side = 'enterprise' AND e.enrolment_id = a.enrolment_id AND e.mentor_id = c.other_mentor_id WHERE c.withdrawn_at IS NULL AND c.other_mentor_id IS NOT NULL";
    COUNT_VACANT = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_proposal WHERE run_id = $1 AND mentor_id IS NULL";
    COUNT_MENTORS = "SELECT CAST(count(DISTINCT mentor_id) AS BIGINT) FROM mentoring_proposal WHERE run_id = $1";
    COUNT_PROJECTS = "SELECT CAST(count(DISTINCT project_id) AS BIGINT) FROM mentoring_proposal WHERE run_id = $1";
    BY_ID = "SELECT q.proposal_id, q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, s.person_id, r.round_id, r.weights_version, q.because FROM mentoring_proposal q JOIN mentoring_run r ON r.run_id = q.run_id JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.proposal_id = $1";
    LIST = "SELECT q.proposal_id, q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, s.person_id FROM mentoring_proposal q JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.run_id = $1 AND q.proposal_id > $2 ORDER BY q.proposal_id LIMIT $3";
}

impl Rows {
    /// What a dry run proposes, each with the reasons as text.
    pub fn new(proposals: impl Iterator<Item = (Proposal, String)>) -> Self {
        let row = |(proposal, because): (Proposal, String)| {
            args![
                proposal.proposal_id,
                proposal.enrolment_id,
                proposal.side,
                proposal.mentor_id,
                proposal.fit,
                because,
                proposal.project_id,
            ]
        };
        Self(proposals.map(row).collect())
    }
}

/// Keeps what a dry run proposes.
pub async fn insert(tx: &mut Tx, run: RunId, rows: Rows) -> Result<(), Error> {
    let mut rows = rows.0.into_iter();
    while rows.len() > 0 {
        tx.execute_rows(INSERT, args![run], rows.by_ref().take(AT_ONCE).collect()).await?;
    }
    Ok(())
}

pub async fn by_id(tx: &mut Tx, id: ProposalId) -> Result<Option<Explained>, Error> {
    tx.fetch_optional(BY_ID, args![id]).await
}

/// What is proposed to some students.
pub async fn of_students(tx: &mut Tx, run: RunId, students: &[EnrolmentId]) -> Result<Vec<Proposed>, Error> {
    let mut found = Vec::with_capacity(2 * students.len());
    for some in students.chunks(AT_ONCE) {
        found.extend(tx.fetch_all::<Proposed>(OF_STUDENTS, args![run, id_list(some.iter().copied())]).await?);
    }
    Ok(found)
}

async fn count(tx: &mut Tx, sql: Sql, args: Vec<Value>) -> Result<i64, Error> {
    let (count,): (i64,) = tx.fetch_one(sql, args).await?;
    Ok(count)
}

/// How many students of a run still wait in its round.
pub async fn count_waiting(tx: &mut Tx, run: RunId, round: RoundId) -> Result<i64, Error> {
    count(tx, COUNT_WAITING, args![run, round]).await
}

/// Whether a conflict forbids any of it.
pub async fn in_conflict(tx: &mut Tx, run: RunId) -> Result<bool, Error> {
    Ok(count(tx, COUNT_CONFLICTS, args![run]).await? + count(tx, COUNT_VETOES, args![run]).await? > 0)
}

/// Whether somebody is left without a mentor.
pub async fn leaves_vacancies(tx: &mut Tx, run: RunId) -> Result<bool, Error> {
    Ok(count(tx, COUNT_VACANT, args![run]).await? > 0)
}

/// How many mentors are proposed to anybody.
pub async fn count_mentors(tx: &mut Tx, run: RunId) -> Result<i64, Error> {
    count(tx, COUNT_MENTORS, args![run]).await
}

/// How many projects are proposed to anybody.
pub async fn count_projects(tx: &mut Tx, run: RunId) -> Result<i64, Error> {
    count(tx, COUNT_PROJECTS, args![run]).await
}

pub async fn list(tx: &mut Tx, run: RunId, page: Page) -> Result<Vec<Line>, Error> {
    tx.fetch_all(LIST, args![run, page.after, page.limit()]).await
}
