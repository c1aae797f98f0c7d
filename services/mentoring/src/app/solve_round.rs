//! A dry run: proposes pairings for the students of a round who wait now, and replaces the dry run before.

use super::fill::candidates;
use super::find::guarded_round;
use crate::domain::{Assignment, Outcome, RoundId, Side, Student, propose};
use crate::store::proposal::{self, Proposal};
use crate::store::round::{self, Stored};
use crate::store::student;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct SolveRound {
    pub round: RoundId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn solve_round(tx: &mut Tx, scope: &Scope, command: SolveRound) -> Result<Stored, Error> {
    let stored = guarded_round(tx, scope, command.round, command.etag).await?;
    let weights = round::weights(tx).await?;
    let waiting = student::waiting(tx, stored.round.class, &stored.round.place).await?;
    let students: Vec<&Student> = waiting.iter().collect();
    let mut outcome = Outcome { students: i64::try_from(students.len()).unwrap_or(i64::MAX), ..Outcome::default() };
    let mut proposed: Vec<(Side, Assignment)> = Vec::new();
    for side in Side::ALL {
        let mentors = candidates(tx, *side, &students).await?;
        for assignment in propose(&students, &mentors, &weights).map_err(Error::internal)? {
            if let Some(candidate) = assignment.mentor {
                outcome.total_fit += candidate.fit;
                match side {
                    Side::Academic => outcome.matched_academic += 1,
                    Side::Enterprise => outcome.matched_enterprise += 1,
                }
            }
            proposed.push((*side, assignment));
        }
    }
    let round = stored.round.solve(outcome, weights.version)?;
    // The round's row first: a second dry run at the same time waits here and then decides again.
    round::update(tx, &round, scope.now()).await?;
    proposal::clear(tx, round.id).await?;
    for (side, assignment) in proposed {
        let row = Proposal {
            proposal_id: scope.id(),
            enrolment_id: assignment.student,
            side,
            mentor_id: assignment.mentor.map(|candidate| candidate.mentor),
            fit: assignment.mentor.map_or(0, |candidate| candidate.fit),
        };
        proposal::insert(tx, round.id, &row).await?;
    }
    Ok(Stored { round, created_at: stored.created_at, updated_at: scope.now() })
}
