//! Students lose their mentor before their time: each gets another one at once, or after approval when they are many.

use super::admissions::refill_rounds;
use super::fill::{Opening, beside, candidates, fill, partners, refill, reopen};
use super::judge::Judge;
use super::projects::free_project;
use crate::RULES;
use crate::domain::{
    EndReason, EnrolmentId, Mentor, MentorState, Pairing, Rematch, RematchId, RematchState, Side, Student, keep,
};
use crate::events;
use crate::store::{mentor, pairing, rematch, weights};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};
use serde_json::json;
use std::collections::BTreeSet;

/// Ends pairings of a mentor, and sees to the students. The caller holds the turn, and has taken the places back.
pub async fn part(
    tx: &mut Tx,
    scope: &Scope,
    mentor: &Mentor,
    over: Vec<(Pairing, Student)>,
    (last, reason): (NaiveDate, EndReason),
) -> Result<(), Error> {
    let held = held(tx, scope, mentor, over.len(), reason).await?;
    let mut openings = Vec::new();
    let rounds = over.iter().map(|(pairing, _)| pairing.round).collect();
    for (pairing, student) in over {
        let (ended, event) = pairing.end(last, reason);
        pairing::update(tx, &ended, scope.now()).await?;
        events::emit_pairing(tx, scope, &ended, event).await?;
        if let Some(guide) = &pairing.guide {
            free_project(tx, scope, guide).await?;
        }
        match held {
            None => openings.extend(reopen(tx, scope, &pairing, student).await?),
            Some(rematch) => {
                let (vacant, event) = pairing.successor(scope.id()).hold(rematch);
                pairing::insert(tx, &vacant, scope.now()).await?;
                events::emit_pairing(tx, scope, &vacant, event).await?;
                openings.extend(beside(tx, &student).await?);
            }
        }
    }
    if !openings.is_empty() {
        fill(tx, scope, openings).await?;
    }
    refill_rounds(tx, scope, &rounds).await
}

/// The re-match whose approval so many students wait for, if the rules ask for one.
async fn held(
    tx: &mut Tx,
    scope: &Scope,
    mentor: &Mentor,
    students: usize,
    reason: EndReason,
) -> Result<Option<RematchId>, Error> {
    let students = i64::try_from(students).unwrap_or(i64::MAX);
    let judgement = scope.rules(&RULES)?.judge(&json!({ "students": students }), scope.today(), "rematch", &[])?;
    if judgement.refusal().is_none() {
        return Ok(None);
    }
    let waiting =
        Rematch { id: scope.id(), mentor: mentor.id, reason, students, state: RematchState::Waiting, approved_by: None };
    rematch::insert(tx, &waiting, &judgement.to_json()?.to_string(), scope.now()).await?;
    Ok(Some(waiting.id))
}

/// Saves a mentor who was changed, with what that does to students: those who are too many are parted from the mentor, as
/// few as possible; and who waits is paired where there are more places. The caller holds the turn.
pub async fn change(tx: &mut Tx, scope: &Scope, before: &mentor::Stored, after: Mentor, judgement: &str) -> Result<(), Error> {
    let was = &before.mentor;
    let over = if after.places < was.load { too_many(tx, &after).await? } else { Vec::new() };
    let told = after.differs(was);
    let load = was.load - i64::try_from(over.len()).unwrap_or(i64::MAX);
    let after = Mentor { load, told: was.told + i64::from(told), ..after };
    mentor::revise(tx, &after, judgement, scope.now()).await?;
    if told {
        events::emit_changed(tx, scope, &after).await?;
    }
    part(tx, scope, &after, over, (scope.today(), EndReason::Places)).await?;
    if after.spare() > 0 { refill(tx, scope, &[after]).await } else { Ok(()) }
}

/// Who of a mentor's students is parted from a mentor with fewer places.
async fn too_many(tx: &mut Tx, mentor: &Mentor) -> Result<Vec<(Pairing, Student)>, Error> {
    let mut all = pairing::of_mentor(tx, mentor.id).await?;
    if mentor.state == MentorState::Active {
        let students: Vec<&Student> = all.iter().map(|(_, student)| student).collect();
        let open: Vec<Opening> =
            all.iter().map(|(pairing, student)| Opening { pairing: pairing.clone(), student: student.clone() }).collect();
        let side: Side = mentor.profile.side;
        let others = candidates(tx, side, &students).await?;
        let rounds = all.iter().map(|(pairing, _)| pairing.round).collect();
        let weights = weights::newest(tx).await?;
        let judge = Judge::new(tx, weights, &students, rounds).await?;
        let partners = partners(tx, &judge, side, &open.iter().collect::<Vec<_>>()).await?;
        let rules = judge.rules();
        let goes = |student: &Student, other: &Mentor| {
            partners.get(&student.enrolment).is_none_or(|partner| rules.compatible(student, other, partner))
        };
        let stay: BTreeSet<EnrolmentId> =
            keep(&students, mentor, &others, rules, goes).map_err(Error::internal)?.into_iter().collect();
        all.retain(|(pairing, _)| !stay.contains(&pairing.enrolment));
    }
    Ok(all)
}
