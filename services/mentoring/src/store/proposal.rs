//! What dry runs propose, in its table.

use crate::domain::{EnrolmentId, Guide, MentorId, OrganisationId, PersonId, ProjectId, ProposalId, RoundId, RunId, Side};
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
use kit::page::Page;
use serde_json::{Value, json};

/// Rows of one statement.
const AT_ONCE: usize = 500;

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
    pub because: String,
}

/// The mentor of a proposal, as publishing needs to know them.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Proposed {
    pub mentor_id: MentorId,
    pub person_id: PersonId,
    pub organisation_id: OrganisationId,
}

impl Proposed {
    /// The mentor as the guide of somebody from a day on, on a project if it is one.
    pub fn guide(&self, project: Option<ProjectId>, since: NaiveDate) -> Guide {
        Guide { mentor: self.mentor_id, person: self.person_id, organisation: self.organisation_id, project, since }
    }
}

statements! {
    /// Takes the rows as a JSON array of arrays: a dry run of a class is one statement.
    INSERT = {
        postgres: "INSERT INTO mentoring_proposal (run_id, proposal_id, enrolment_id, side, mentor_id, fit, because, project_id) SELECT $1, CAST(e->>0 AS UUID), CAST(e->>1 AS UUID), e->>2, CAST(e->>3 AS UUID), CAST(e->>4 AS BIGINT), e->>5, CAST(e->>6 AS UUID) FROM jsonb_array_elements(CAST(CAST($2 AS TEXT) AS JSONB)) AS proposals (e)",
        sqlite: "INSERT INTO mentoring_proposal (run_id, proposal_id, enrolment_id, side, mentor_id, fit, because, project_id) SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each($2)",
        reason: "each engine has its own way to read an array",
    };
    OF_RUN = "SELECT proposal_id, enrolment_id, side, mentor_id, project_id, fit FROM mentoring_proposal WHERE run_id = $1 ORDER BY enrolment_id, side";
    BY_ID = "SELECT q.proposal_id, q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, s.person_id, r.round_id, q.because FROM mentoring_proposal q JOIN mentoring_run r ON r.run_id = q.run_id JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.proposal_id = $1";
    LIST = "SELECT q.proposal_id, q.enrolment_id, q.side, q.mentor_id, q.project_id, q.fit, s.person_id FROM mentoring_proposal q JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.run_id = $1 AND q.proposal_id > $2 ORDER BY q.proposal_id LIMIT $3";
    MENTORS_OF_RUN = "SELECT m.mentor_id, m.person_id, m.organisation_id FROM mentoring_mentor m WHERE m.mentor_id IN (SELECT mentor_id FROM mentoring_proposal WHERE run_id = $1)";
}

/// Keeps what a dry run proposes, each with the reasons as JSON.
pub async fn insert(tx: &mut Tx, run: RunId, proposals: &[(Proposal, String)]) -> Result<(), Error> {
    for rows in proposals.chunks(AT_ONCE) {
        let row = |(proposal, because): &(Proposal, String)| {
            json!([
                proposal.proposal_id.uuid(),
                proposal.enrolment_id.uuid(),
                proposal.side.as_str(),
                proposal.mentor_id.map(Id::uuid),
                proposal.fit,
                because,
                proposal.project_id.map(Id::uuid),
            ])
        };
        let rows: Vec<Value> = rows.iter().map(row).collect();
        tx.execute(INSERT, args![run, Value::Array(rows).to_string()]).await?;
    }
    Ok(())
}

pub async fn by_id(tx: &mut Tx, id: ProposalId) -> Result<Option<Explained>, Error> {
    tx.fetch_optional(BY_ID, args![id]).await
}

pub async fn of_run(tx: &mut Tx, run: RunId) -> Result<Vec<Proposal>, Error> {
    tx.fetch_all(OF_RUN, args![run]).await
}

pub async fn list(tx: &mut Tx, run: RunId, page: Page) -> Result<Vec<Line>, Error> {
    tx.fetch_all(LIST, args![run, page.after, page.limit()]).await
}

pub async fn mentors_of_run(tx: &mut Tx, run: RunId) -> Result<Vec<Proposed>, Error> {
    tx.fetch_all(MENTORS_OF_RUN, args![run]).await
}
