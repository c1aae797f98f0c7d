//! What dry runs propose, in its table.

use crate::domain::{EnrolmentId, MentorId, OrganisationId, PersonId, ProposalId, RoundId, Side};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A student and the mentor proposed, if anybody is free.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Proposal {
    pub proposal_id: ProposalId,
    pub enrolment_id: EnrolmentId,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub mentor_id: Option<MentorId>,
    pub fit: i64,
}

/// A proposal as a list shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Line {
    #[sqlx(flatten)]
    pub proposal: Proposal,
    pub person_id: PersonId,
}

/// The mentor of a proposal, as publishing needs to know them.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Proposed {
    pub mentor_id: MentorId,
    pub person_id: PersonId,
    pub organisation_id: OrganisationId,
}

statements! {
    CLEAR = "DELETE FROM mentoring_proposal WHERE round_id = $1";
    INSERT = "INSERT INTO mentoring_proposal (proposal_id, round_id, enrolment_id, side, mentor_id, fit) VALUES ($1, $2, $3, $4, $5, $6)";
    OF_ROUND = "SELECT proposal_id, enrolment_id, side, mentor_id, fit FROM mentoring_proposal WHERE round_id = $1 ORDER BY enrolment_id, side";
    LIST = "SELECT q.proposal_id, q.enrolment_id, q.side, q.mentor_id, q.fit, s.person_id FROM mentoring_proposal q JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id WHERE q.round_id = $1 AND q.proposal_id > $2 ORDER BY q.proposal_id LIMIT $3";
    MENTORS_OF_ROUND = "SELECT m.mentor_id, m.person_id, m.organisation_id FROM mentoring_mentor m WHERE m.mentor_id IN (SELECT mentor_id FROM mentoring_proposal WHERE round_id = $1)";
}

/// Forgets the dry run before.
pub async fn clear(tx: &mut Tx, round: RoundId) -> Result<(), Error> {
    tx.execute(CLEAR, args![round]).await.map(|_| ())
}

pub async fn insert(tx: &mut Tx, round: RoundId, proposal: &Proposal) -> Result<(), Error> {
    let row = args![proposal.proposal_id, round, proposal.enrolment_id, proposal.side, proposal.mentor_id, proposal.fit];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn of_round(tx: &mut Tx, round: RoundId) -> Result<Vec<Proposal>, Error> {
    tx.fetch_all(OF_ROUND, args![round]).await
}

pub async fn list(tx: &mut Tx, round: RoundId, page: Page) -> Result<Vec<Line>, Error> {
    tx.fetch_all(LIST, args![round, page.after, page.limit()]).await
}

pub async fn mentors_of_round(tx: &mut Tx, round: RoundId) -> Result<Vec<Proposed>, Error> {
    tx.fetch_all(MENTORS_OF_ROUND, args![round]).await
}
