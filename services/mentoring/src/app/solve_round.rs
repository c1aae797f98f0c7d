//! A dry run: proposes pairings for the students of a closed round who wait now, and says how good they are and why.
//!
//! It brings mentors to today, looks in a reading transaction, thinks with none open, and writes the answer down in one of its own: a city takes
//! seconds to think through, and nobody waits for that.

use super::find::guarded_round;
use super::follow_timetables::follow_timetables;
use super::judge::Judge;
use crate::domain::{DryRun, Mentor, Objective, Question, Refusal, Round, RoundId, Side, Student, dry_run};
use crate::store::proposal::{self, Proposal, Rows};
use crate::store::run::{self, Run};
use crate::store::{mentor, round, student, weights};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct SolveRound {
    pub round: RoundId,
    pub objective: Objective,
    /// Which weights to judge by; the newest when absent.
    pub weights: Option<i64>,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

/// Everything a dry run is made of.
pub struct Seen {
    round: Round,
    objective: Objective,
    students: Vec<Student>,
    academic: Vec<Mentor>,
    enterprise: Vec<Mentor>,
    judge: Judge,
}

/// What came of it.
pub struct Solved {
    round: Round,
    run: Run,
    rows: Rows,
}

/// Brings mentors to today, which the reading after it cannot do.
pub async fn make_ready(tx: &mut Tx, scope: &Scope, command: SolveRound) -> Result<(), Error> {
    guarded_round(tx, scope, command.round, command.etag).await?.round.may_be_solved()?;
    follow_timetables(tx, scope).await.map(|_| ())
}

pub async fn see_round(tx: &mut Tx, scope: &Scope, command: SolveRound) -> Result<Seen, Error> {
    let round = guarded_round(tx, scope, command.round, command.etag).await?.round;
    round.may_be_solved()?;
    let weights = match command.weights {
        None => weights::newest(tx).await?,
        Some(version) => weights::by_version(tx, version).await?.ok_or(Refusal::UnknownWeights { version })?,
    };
    let students = student::in_round(tx, &round, i64::MAX).await?;
    let judge = Judge::of_round(tx, weights, round.id).await?;
    let academic = judge.offers.stand(mentor::free(tx, Side::Academic).await?);
    let enterprise = judge.offers.stand(mentor::free(tx, Side::Enterprise).await?);
    Ok(Seen { round, objective: command.objective, students, academic, enterprise, judge })
}

/// The long part, with no transaction open.
pub fn think_round(scope: &Scope, seen: Seen) -> Result<Solved, Error> {
    let students: Vec<&Student> = seen.students.iter().collect();
    let question = Question {
        students: &students,
        academic: &seen.academic,
        enterprise: &seen.enterprise,
        rules: seen.judge.rules(),
        candidates: usize::try_from(seen.round.candidates).unwrap_or_default(),
    };
    let answer = dry_run(&question, seen.objective).map_err(Error::internal)?;
    let run = Run {
        run_id: scope.id(),
        round_id: seen.round.id,
        objective: seen.objective,
        weights_version: seen.judge.weights.version,
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
    let rows = rows(scope, answer);
    Ok(Solved { run, rows, round: seen.round })
}

fn rows(scope: &Scope, answer: DryRun) -> Rows {
    Rows::new(answer.proposals.into_iter().map(|(side, assignment, because)| {
        let row = Proposal {
            proposal_id: scope.id(),
            enrolment_id: assignment.student,
            side,
            mentor_id: assignment.mentor.map(|candidate| candidate.mentor),
            project_id: assignment.mentor.and_then(|candidate| candidate.project),
            fit: assignment.mentor.map_or(0, |candidate| candidate.fit),
        };
        (row, because.to_text())
    }))
}

pub async fn keep_run(tx: &mut Tx, scope: &Scope, solved: Solved) -> Result<Run, Error> {
    // At the version it was thought of: a round that was published in the meantime takes no run any more.
    round::hold(tx, &solved.round, scope.now()).await?;
    run::insert(tx, &solved.run).await?;
    proposal::insert(tx, solved.run.run_id, solved.rows).await?;
    Ok(solved.run)
}
