//! Makes a dry run of a round real: all of it, or nothing.
//!
//! That is decided in one transaction: nothing has overtaken the run, and its places are taken. The pairings of a round
//! of up to [`BATCH`] students are made in the same one. Those of a larger round follow in batches, each a transaction
//! and a step of the service's worker; what is left to do is who is still in the round, so after whatever end of a
//! process the next step goes on where the last one committed, and nothing is made twice. Whoever touches a student or a
//! mentor of such a round meanwhile makes that one's pairings first ([`make_of_student`], [`make_of_mentor`]), so
//! everything else finds pairings, never places that wait for one.
//!
//! Locks are taken in this order: the turn, the round, students, mentors, projects.

use super::fill::{Filled, Opening, fill};
use super::find::guarded_round;
use super::follow_timetables::follow_timetables;
use crate::domain::{
    EnrolmentId, MentorId, Outcome, Pairing, PairingEvent, Refusal, Round, RoundId, RoundState, RunId, Side, Student,
};
use crate::events;
use crate::store::round::{self, Stored};
use crate::store::{self, mentor, pairing, project, proposal, run, student};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

/// Students whose pairings are made in one transaction, with the decision or as the first step after it.
pub const BATCH: i64 = 1000;
/// Steps grow with what is done, to so many: a city is soon published, and nobody waits long for a small one.
const LARGEST: i64 = 8000;

#[derive(Debug, Clone)]
pub struct PublishRound {
    pub round: RoundId,
    pub run: RunId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn publish_round(tx: &mut Tx, scope: &Scope, command: PublishRound) -> Result<Stored, Error> {
    let stored = guarded_round(tx, scope, command.round, command.etag).await?;
    let before = &stored.round;
    if before.state == RoundState::Publishing && before.run == Some(command.run) {
        // Said again, it goes on.
        scope.begin(tx);
        return Ok(stored);
    }
    before.may_be_solved()?;
    let run = run::by_id(tx, command.run).await?.filter(|run| run.round_id == before.id);
    let run = run.ok_or(Refusal::ForeignRun { run: command.run, round: before.id })?;
    follow_timetables(tx, scope).await?;
    let at_once = run.students <= BATCH;
    if !at_once || proposal::leaves_vacancies(tx, run.run_id).await? {
        store::take_turn(tx).await?;
    }
    let mut round = before.publish(run.run_id, scope.cause())?;
    round::update(tx, &round, scope.now()).await?;
    if at_once {
        let students = student::in_round(tx, &round, i64::MAX).await?;
        let all = usize::try_from(run.students).is_ok_and(|wanted| wanted == students.len());
        if !all || !student::join_round(tx, &enrolments(&students), round.id).await? {
            return Err(Refusal::ProposalOutdated { round: round.id }.into());
        }
        reserve(tx, scope, &round, run.run_id).await?;
        round = round.advance(make(tx, scope, &round, students).await?).complete(scope.today());
        round::update(tx, &round, scope.now()).await?;
        events::emit_published(tx, scope, &round).await?;
    } else {
        // With the turn in hand no student leaves.
        if proposal::count_waiting(tx, run.run_id, round.id).await? != run.students {
            return Err(Refusal::ProposalOutdated { round: round.id }.into());
        }
        reserve(tx, scope, &round, run.run_id).await?;
        scope.begin(tx);
    }
    Ok(Stored { round, created_at: stored.created_at, updated_at: scope.now() })
}

/// Takes the places of the run, unless they are taken or a conflict was registered since.
async fn reserve(tx: &mut Tx, scope: &Scope, round: &Round, run: RunId) -> Result<(), Error> {
    let mentors = proposal::count_mentors(tx, run).await?;
    let full = mentor::take_proposed(tx, run, scope.now()).await? != mentors;
    let projects = proposal::count_projects(tx, run).await?;
    let spent = projects > 0 && project::take_proposed(tx, run, scope.now()).await? != projects;
    if full || spent || proposal::in_conflict(tx, run).await? {
        return Err(Refusal::ProposalOutdated { round: round.id }.into());
    }
    Ok(())
}

/// A step: the next batch of a round that is being published. `false` when there is none.
pub async fn go_on(tx: &mut Tx, scope: &Scope) -> Result<bool, Error> {
    let Some(id) = round::publishing(tx).await? else { return Ok(false) };
    follow_timetables(tx, scope).await?;
    store::take_turn(tx).await?;
    let round = round::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.round;
    if round.state != RoundState::Publishing {
        // Another process took the last step while this one waited for its turn.
        return Ok(true);
    }
    let scope = scope.following(&round.cause);
    let students = student::in_round(tx, &round, round.outcome.students.clamp(BATCH, LARGEST)).await?;
    advance(tx, &scope, &round, students).await?;
    Ok(true)
}

/// Makes the pairings of some students of a round that is being published; with the last of them it is published.
async fn advance(tx: &mut Tx, scope: &Scope, round: &Round, students: Vec<Student>) -> Result<(), Error> {
    // Nothing but this takes anybody out of the round, and whoever does has the turn.
    if !student::join_round(tx, &enrolments(&students), round.id).await? {
        return Err(Error::stale(&round.id.to_string()));
    }
    let round = round.advance(make(tx, scope, round, students).await?);
    let rest = student::in_round(tx, &round, 1).await?;
    let round = if rest.is_empty() { round.complete(scope.today()) } else { round };
    round::update(tx, &round, scope.now()).await?;
    if rest.is_empty() {
        events::emit_published(tx, scope, &round).await?;
    }
    Ok(())
}

/// Makes the pairings of a student now, if they are decided. The caller holds the turn.
pub async fn make_of_student(tx: &mut Tx, scope: &Scope, enrolment: EnrolmentId) -> Result<(), Error> {
    let waiting = student::being_published(tx, enrolment).await?;
    make_now(tx, scope, waiting).await
}

/// Makes the pairings now of the students a mentor is about to get. The caller holds the turn.
pub async fn make_of_mentor(tx: &mut Tx, scope: &Scope, mentor: MentorId) -> Result<(), Error> {
    let waiting = student::being_published_to(tx, mentor).await?;
    make_now(tx, scope, waiting).await
}

async fn make_now(tx: &mut Tx, scope: &Scope, waiting: Vec<(RoundId, EnrolmentId)>) -> Result<(), Error> {
    let mut rounds: BTreeMap<RoundId, Vec<EnrolmentId>> = BTreeMap::new();
    for (round, enrolment) in waiting {
        rounds.entry(round).or_default().push(enrolment);
    }
    for (id, enrolments) in rounds {
        let round = round::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.round;
        let scope = scope.following(&round.cause);
        let students = student::in_round_by_ids(tx, &round, enrolments).await?;
        advance(tx, &scope, &round, students).await?;
    }
    Ok(())
}

fn enrolments(students: &[Student]) -> Vec<EnrolmentId> {
    students.iter().map(|student| student.enrolment).collect()
}

/// Makes the pairings of students who have just been taken out of a round to be paired; their places are taken.
async fn make(tx: &mut Tx, scope: &Scope, round: &Round, students: Vec<Student>) -> Result<Outcome, Error> {
    let run = round.run.ok_or_else(|| Error::internal(format!("{} is published without a run", round.id)))?;
    let proposals = proposal::of_students(tx, run, &enrolments(&students)).await?;
    let count = i64::try_from(students.len()).unwrap_or(i64::MAX);
    let mut outcome = Outcome { students: count, ..Outcome::default() };
    let paired = |student: Student| (student.enrolment, Student { round: Some(round.id), ..student });
    let students: BTreeMap<EnrolmentId, Student> = students.into_iter().map(paired).collect();
    let (mut openings, mut pairings) = (Vec::new(), Vec::new());
    for proposal in proposals {
        let Some(student) = students.get(&proposal.enrolment_id) else { continue };
        let new = Pairing::new(scope.id(), round.id, student, proposal.side);
        match proposal.guide(scope.today()) {
            Some(guide) => {
                match proposal.side {
                    Side::Academic => outcome.matched_academic += 1,
                    Side::Enterprise => outcome.matched_enterprise += 1,
                }
                outcome.total_fit += proposal.fit;
                pairings.push(new.fill(guide, proposal.fit).0);
            }
            None => openings.push(Opening { pairing: new, student: student.clone() }),
        }
    }
    pairing::insert_all(tx, &pairings, scope.now()).await?;
    for pairing in &pairings {
        events::emit_pairing(tx, scope, pairing, PairingEvent::Created).await?;
    }
    // A place may have become free since the dry run; with the turn in hand nobody can free one unseen.
    let late = if openings.is_empty() { Filled::default() } else { fill(tx, scope, openings).await? };
    let late = Outcome { students: 0, matched_academic: late.academic, matched_enterprise: late.enterprise, total_fit: late.fit };
    Ok(outcome + late)
}
