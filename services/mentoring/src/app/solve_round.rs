//! A dry run: proposes pairings for the students of a closed round who wait now, and says how good they are and why.

use super::fill::candidates;
use super::find::guarded_round;
use super::follow_timetables::follow_timetables;
use super::judge::Judge;
use crate::domain::{Objective, Question, Refusal, RoundId, Side, Student, dry_run};
use crate::store::proposal::{self, Proposal};
use crate::store::run::{self, Run};
use crate::store::{student, weights};
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct SolveRound {
    pub round: RoundId,
    pub objective: Objective,
    /// Which weights to judge by; the newest when absent.
    pub weights: Option<i64>,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn solve_round(tx: &mut Tx, scope: &Scope, command: SolveRound) -> Result<Run, Error> {
    let round = guarded_round(tx, scope, command.round, command.etag).await?.round;
    round.may_be_solved()?;
    follow_timetables(tx, scope).await?;
    let weights = match command.weights {
        None => weights::newest(tx).await?,
        Some(version) => weights::by_version(tx, version).await?.ok_or(Refusal::UnknownWeights { version })?,
    };
    let waiting = student::waiting(tx, &round).await?;
    let students: Vec<&Student> = waiting.iter().collect();
    let judge = Judge::new(tx, weights, &students, BTreeSet::from([round.id])).await?;
    let academic = judge.offers.stand(candidates(tx, Side::Academic, &students).await?);
    let enterprise = judge.offers.stand(candidates(tx, Side::Enterprise, &students).await?);
    let question = Question { students: &students, academic: &academic, enterprise: &enterprise, rules: judge.rules() };
    let answer = dry_run(&question, command.objective).map_err(Error::internal)?;
    let run = Run {
        run_id: scope.id(),
        round_id: round.id,
        objective: command.objective,
        weights_version: weights.version,
        students: i64::try_from(students.len()).unwrap_or(i64::MAX),
        matched_academic: answer.matched_academic,
        matched_enterprise: answer.matched_enterprise,
        total_fit: answer.total_fit,
        bound_matched: answer.bound.assigned,
        bound_total_fit: answer.bound.value,
        blocking_pairs: i64::try_from(answer.blocking_pairs).unwrap_or(i64::MAX),
        proof: answer.proof,
        created_at: scope.now(),
    };
    run::insert(tx, &run).await?;
    let mut proposals = Vec::with_capacity(answer.proposals.len());
    for (side, assignment, because) in answer.proposals {
        let row = Proposal {
            proposal_id: scope.id(),
            enrolment_id: assignment.student,
            side,
            mentor_id: assignment.mentor.map(|candidate| candidate.mentor),
            project_id: assignment.mentor.and_then(|candidate| candidate.project),
            fit: assignment.mentor.map_or(0, |candidate| candidate.fit),
        };
        proposals.push((row, serde_json::to_string(&because).map_err(Error::internal)?));
    }
    proposal::insert(tx, run.run_id, &proposals).await?;
    Ok(run)
}
