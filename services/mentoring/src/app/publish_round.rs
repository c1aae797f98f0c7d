//! Makes a dry run of a round real: all of it, or nothing.

use super::fill::{Filled, Opening, fill, take};
use super::find::guarded_round;
use super::follow_timetables::follow_timetables;
use super::judge::conflicts;
use super::projects::take_projects;
use crate::domain::{EnrolmentId, MentorId, Outcome, Pairing, PairingEvent, Refusal, Round, RoundId, RunId, Side, Student};
use crate::events;
use crate::store::proposal::{self, Proposal, Proposed};
use crate::store::round::{self, Stored};
use crate::store::{self, pairing, run, student};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

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
    before.may_be_solved()?;
    let run = run::by_id(tx, command.run).await?.filter(|run| run.round_id == before.id);
    let run = run.ok_or(Refusal::ForeignRun { run: command.run, round: before.id })?;
    follow_timetables(tx, scope).await?;
    round::hold(tx, before, scope.now()).await?;
    let proposals = proposal::of_run(tx, run.run_id).await?;
    let leaves_vacancies = proposals.iter().any(|proposal| proposal.mentor_id.is_none());
    if leaves_vacancies {
        store::take_turn(tx).await?;
    }
    let students = join(tx, before, &proposals).await?;
    let outdated = || Refusal::ProposalOutdated { round: before.id };
    let full = take(tx, scope, proposals.iter().filter_map(|proposal| proposal.mentor_id)).await?;
    let spent = take_projects(tx, scope, proposals.iter().filter_map(|proposal| proposal.project_id)).await?;
    if full.is_some() || spent.is_some() || in_conflict(tx, &students, &proposals).await? {
        return Err(outdated().into());
    }
    let mentors = proposal::mentors_of_run(tx, run.run_id).await?;
    let mentors: BTreeMap<MentorId, Proposed> = mentors.into_iter().map(|mentor| (mentor.mentor_id, mentor)).collect();
    let (mut openings, mut pairings) = (Vec::new(), Vec::new());
    for proposal in &proposals {
        let student = students.get(&proposal.enrolment_id).ok_or_else(outdated)?;
        let new = Pairing::new(scope.id(), before.id, student, proposal.side);
        match proposal.mentor_id.and_then(|id| mentors.get(&id)) {
            Some(mentor) => pairings.push(new.fill(mentor.guide(proposal.project_id, scope.today()), proposal.fit).0),
            None => openings.push(Opening { pairing: new, student: student.clone() }),
        }
    }
    pairing::insert_all(tx, &pairings, scope.now()).await?;
    for pairing in &pairings {
        events::emit_pairing(tx, scope, pairing, PairingEvent::Created).await?;
    }
    // A place may have become free since the dry run; with the turn in hand nobody can free one unseen.
    let late = if leaves_vacancies { fill(tx, scope, openings).await? } else { Filled::default() };
    let outcome = Outcome {
        students: run.students,
        matched_academic: run.matched_academic + late.academic,
        matched_enterprise: run.matched_enterprise + late.enterprise,
        total_fit: run.total_fit + late.fit,
    };
    let round = before.publish(run.run_id, outcome, scope.today())?;
    round::update(tx, &round, scope.now()).await?;
    events::emit_published(tx, scope, &round).await?;
    Ok(Stored { round, created_at: stored.created_at, updated_at: scope.now() })
}

/// Whether a conflict that was registered after the dry run forbids any of it.
async fn in_conflict(tx: &mut Tx, students: &BTreeMap<EnrolmentId, Student>, proposals: &[Proposal]) -> Result<bool, Error> {
    let known: Vec<&Student> = students.values().collect();
    let conflicts = conflicts(tx, &known).await?;
    let mut academic: BTreeMap<EnrolmentId, MentorId> = BTreeMap::new();
    let mut pairs = Vec::new();
    for proposal in proposals {
        let Some(mentor) = proposal.mentor_id else { continue };
        let Some(student) = students.get(&proposal.enrolment_id) else { continue };
        if conflicts.forbid(student.person, mentor) {
            return Ok(true);
        }
        match proposal.side {
            Side::Academic => drop(academic.insert(student.enrolment, mentor)),
            Side::Enterprise => pairs.push((student.enrolment, mentor)),
        }
    }
    let parted =
        |(student, mentor): &(EnrolmentId, MentorId)| academic.get(student).is_some_and(|other| conflicts.part(*other, *mentor));
    Ok(pairs.iter().any(parted))
}

/// Takes the students of the proposals into the round, in the order of their ids; all must still wait.
async fn join(tx: &mut Tx, round: &Round, proposals: &[Proposal]) -> Result<BTreeMap<EnrolmentId, Student>, Error> {
    let waiting = student::waiting(tx, round).await?;
    let mut students: BTreeMap<EnrolmentId, Student> = waiting.into_iter().map(|student| (student.enrolment, student)).collect();
    let mut enrolments: Vec<EnrolmentId> = proposals.iter().map(|proposal| proposal.enrolment_id).collect();
    enrolments.dedup();
    if !student::join_round(tx, &enrolments, round.id).await? {
        return Err(Refusal::ProposalOutdated { round: round.id }.into());
    }
    for student in students.values_mut() {
        student.round = Some(round.id);
    }
    Ok(students)
}
