//! Finds mentors for students who have none: the one way in which vacancies are filled, whether a mentor has
//! left, a round leaves somebody over, or a place has become free. Nobody who has a mentor is moved.

use super::admissions::apart;
use super::judge::Judge;
use super::projects::take_projects;
use crate::domain::{
    Assignment, Candidate, EnrolmentId, Guide, Mentor, MentorId, OrganisationId, Pairing, PairingId, PairingState, Side, Student,
    assign,
};
use crate::events;
use crate::store::{self, mentor, pairing, weights};
use kit::id::Id;
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Vacancies filled at once, the oldest first.
const MOST: i64 = 2000;

/// A student's open side: a pairing that is vacant, or that nobody has been told of yet.
#[derive(Debug, Clone)]
pub struct Opening {
    pub pairing: Pairing,
    pub student: Student,
}

/// What came of filling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filled {
    pub academic: i64,
    pub enterprise: i64,
    pub fit: i64,
}

/// Fills what can be filled. A new pairing for which nobody is free becomes a vacancy, and that is told.
/// The caller holds the turn.
pub async fn fill(tx: &mut Tx, scope: &Scope, openings: Vec<Opening>) -> Result<Filled, Error> {
    let mut filled = Filled::default();
    for together in apart(tx, openings).await? {
        fill_together(tx, scope, &together, &mut filled).await?;
    }
    Ok(filled)
}

async fn fill_together(tx: &mut Tx, scope: &Scope, openings: &[Opening], filled: &mut Filled) -> Result<(), Error> {
    let weights = weights::newest(tx).await?;
    for side in Side::ALL {
        let open: Vec<&Opening> = openings.iter().filter(|opening| opening.pairing.side == *side).collect();
        let students: Vec<&Student> = open.iter().map(|opening| &opening.student).collect();
        let rounds = open.iter().map(|opening| opening.pairing.round).collect();
        let judge = Judge::new(tx, weights, &students, rounds).await?;
        let mentors = judge.offers.stand(candidates(tx, *side, &students).await?);
        let rules = judge.rules();
        let partners = partners(tx, &judge, *side, &open).await?;
        let goes = |student: &Student, mentor: &Mentor| {
            partners.get(&student.enrolment).is_none_or(|partner| rules.compatible(student, mentor, partner))
        };
        let assignments = assign(&students, &mentors, rules, goes).map_err(Error::internal)?;
        take_places(tx, scope, &assignments).await?;
        let given = settle(tx, scope, &open, &mentors, &assignments).await?;
        filled.fit += given.1;
        match side {
            Side::Academic => filled.academic += given.0,
            Side::Enterprise => filled.enterprise += given.0,
        }
    }
    Ok(())
}

/// The mentors of the other side, of those students whose mentors have to go together.
pub async fn partners(tx: &mut Tx, judge: &Judge, side: Side, open: &[&Opening]) -> Result<BTreeMap<EnrolmentId, Mentor>, Error> {
    let mut partners = BTreeMap::new();
    for Opening { student, .. } in open {
        if !student.same_place && !judge.conflicts.part_any() {
            continue;
        }
        let live = pairing::live_of_enrolment(tx, student.enrolment).await?;
        let guide = live.into_iter().find(|pairing| pairing.side != side).and_then(|pairing| pairing.guide);
        if let Some(guide) = guide {
            let partner = mentor::by_id(tx, guide.mentor).await?;
            partners.extend(partner.map(|partner| (student.enrolment, partner.mentor)));
        }
    }
    Ok(partners)
}

/// What is open once a pairing is over before its time: its successor, and the student's other side if that waits, for
/// the two who could not go together are no longer two.
pub async fn reopen(tx: &mut Tx, scope: &Scope, over: &Pairing, student: Student) -> Result<Vec<Opening>, Error> {
    let mut open = beside(tx, &student).await?;
    open.push(Opening { pairing: over.successor(scope.id()), student });
    Ok(open)
}

/// What a student has open already, and waits for nobody's approval.
pub async fn beside(tx: &mut Tx, student: &Student) -> Result<Vec<Opening>, Error> {
    let live = pairing::live_of_enrolment(tx, student.enrolment).await?;
    let waiting = live.into_iter().filter(|pairing| pairing.state == PairingState::Vacant && pairing.rematch.is_none());
    Ok(waiting.map(|pairing| Opening { pairing, student: student.clone() }).collect())
}

/// Everybody of one side who could guide any of the students and has a free place, in the order of their ids.
pub async fn candidates(tx: &mut Tx, side: Side, students: &[&Student]) -> Result<Vec<Mentor>, Error> {
    let mut mentors: BTreeMap<MentorId, Mentor> = BTreeMap::new();
    let found = match side {
        Side::Academic => {
            let mut found = Vec::new();
            for school in students.iter().map(|student| student.school).collect::<BTreeSet<_>>() {
                found.extend(mentor::free_academic(tx, school).await?);
            }
            found
        }
        Side::Enterprise => {
            let mut found = Vec::new();
            let pools: BTreeSet<_> = students.iter().map(|student| (student.enterprise, student.chain.as_str())).collect();
            for (enterprise, chain) in pools {
                found.extend(mentor::free_enterprise(tx, enterprise, chain).await?);
            }
            found
        }
    };
    mentors.extend(found.into_iter().map(|mentor| (mentor.id, mentor)));
    Ok(mentors.into_values().collect())
}

/// Takes the places that were assigned. If somebody else took one after we looked, all is looked at again.
async fn take_places(tx: &mut Tx, scope: &Scope, assignments: &[Assignment]) -> Result<(), Error> {
    let given: Vec<Candidate> = assignments.iter().filter_map(|assignment| assignment.mentor).collect();
    if let Some(mentor) = take(tx, scope, given.iter().map(|candidate| candidate.mentor)).await? {
        return Err(Error::stale(&mentor.to_string()));
    }
    match take_projects(tx, scope, given.iter().filter_map(|candidate| candidate.project)).await? {
        Some(project) => Err(Error::stale(&project.to_string())),
        None => Ok(()),
    }
}

/// Takes a place of each mentor, as often as the mentor is named, in the order of their ids.
pub async fn take(tx: &mut Tx, scope: &Scope, mentors: impl Iterator<Item = MentorId>) -> Result<Option<MentorId>, Error> {
    let mut places: BTreeMap<MentorId, i64> = BTreeMap::new();
    for mentor in mentors {
        *places.entry(mentor).or_default() += 1;
    }
    for (mentor, count) in places {
        if !mentor::take_places(tx, mentor, count, scope.now()).await? {
            return Ok(Some(mentor));
        }
    }
    Ok(None)
}

/// Writes down who got whom; answers how many got somebody, and their fit.
async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    open: &[&Opening],
    mentors: &[Mentor],
    assignments: &[Assignment],
) -> Result<(i64, i64), Error> {
    let mentors: BTreeMap<MentorId, &Mentor> = mentors.iter().map(|mentor| (mentor.id, mentor)).collect();
    let got: BTreeMap<_, _> = assignments.iter().map(|assignment| (assignment.student, assignment.mentor)).collect();
    let (mut count, mut total) = (0, 0);
    for opening in open {
        let before = &opening.pairing;
        let candidate = got.get(&before.enrolment).copied().flatten();
        let guide = candidate.and_then(|candidate| mentors.get(&candidate.mentor)).map(|mentor| Guide {
            mentor: mentor.id,
            person: mentor.profile.person,
            organisation: mentor.profile.organisation,
            project: candidate.and_then(|candidate| candidate.project),
            since: scope.today(),
        });
        let (next, event) = match (guide, candidate) {
            (Some(guide), Some(candidate)) => {
                count += 1;
                total += candidate.fit;
                before.fill(guide, candidate.fit)
            }
            _ if before.is_new() => before.wait(),
            // It was told before that the student waits.
            _ => continue,
        };
        if before.is_new() {
            pairing::insert(tx, &next, scope.now()).await?;
        } else {
            pairing::update(tx, &next, scope.now()).await?;
        }
        events::emit_pairing(tx, scope, &next, event).await?;
    }
    Ok((count, total))
}

/// Fills the vacancies that these mentors, who have free places, can fill.
pub async fn refill(tx: &mut Tx, scope: &Scope, mentors: &[Mentor]) -> Result<(), Error> {
    if mentors.is_empty() {
        return Ok(());
    }
    store::take_turn(tx).await?;
    let pools: BTreeSet<(Side, OrganisationId, &str)> = mentors
        .iter()
        .map(|mentor| match mentor.profile.side {
            Side::Academic => (Side::Academic, mentor.profile.organisation, ""),
            Side::Enterprise => (Side::Enterprise, mentor.profile.organisation, mentor.profile.chain.as_str()),
        })
        .collect();
    for (side, organisation, chain) in pools {
        let mut after = PairingId::unset();
        loop {
            let vacant = match side {
                Side::Academic => pairing::vacant_academic(tx, organisation, after, MOST).await?,
                Side::Enterprise => pairing::vacant_enterprise(tx, organisation, chain, after, MOST).await?,
            };
            let Some((last, _)) = vacant.last() else { break };
            after = last.id;
            let free = match side {
                Side::Academic => mentor::free_academic(tx, organisation).await?,
                Side::Enterprise => mentor::free_enterprise(tx, organisation, chain).await?,
            };
            if free.is_empty() {
                break;
            }
            fill(tx, scope, vacant.into_iter().map(|(pairing, student)| Opening { pairing, student }).collect()).await?;
        }
    }
    Ok(())
}
