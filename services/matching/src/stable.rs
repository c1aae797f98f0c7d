//! No student and mentor who would both rather have each other.
//!
//! Gale and Shapley, *College admissions and the stability of marriage*, American Mathematical Monthly 69 (1962), in
//! the form of `McVitie` and Wilson (*The stable marriage problem*, CACM 14, 1971): one student after the other proposes down their list; a mentor keeps the
//! best and lets the lowest go. Students propose, so each gets the best mentor they have in any stable assignment
//! and gains nothing by pretending (Roth 1982).
//!
//! The published rule for equals: who is ranked alike is ordered by value, then by the lower number, on both sides.
//!
//! Where mentors share places it is the student-optimal algorithm of Abraham, Irving and Manlove (Journal of Discrete
//! Algorithms 5, 2007), one proposal at a time and for groups within groups: of the smallest group that has one too
//! many, the lowest goes.

use crate::certificate::{Cutoff, Rank};
use crate::instance::numbers;
use crate::{Arc, Assignment, Instance, Preference};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// A stable assignment and the cutoffs that prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stable {
    pub assignment: Assignment,
    /// The cutoff of each mentor, then of each group.
    pub cutoffs: Vec<Cutoff>,
}

pub fn solve(instance: &Instance) -> Stable {
    if instance.has_groups() {
        return nested(instance);
    }
    let lists = Lists::new(instance);
    let mut admitted: Vec<BinaryHeap<Reverse<Rank>>> = vec![BinaryHeap::new(); instance.mentors()];
    let mut asked = vec![0u32; instance.students()];
    let mut assignment = vec![None; instance.students()];
    for source in numbers(instance.students()) {
        let mut proposes = Some(source);
        while let Some(student) = proposes.take() {
            let Some((arc, preference)) = lists.choice(instance, student, asked[student as usize]) else { continue };
            asked[student as usize] += 1;
            let (rank, mentor) = (Rank::of(student, arc, preference), arc.mentor as usize);
            let ranks = &mut admitted[mentor];
            if ranks.len() < instance.free(mentor) {
                ranks.push(Reverse(rank));
                assignment[student as usize] = Some(arc.mentor);
                continue;
            }
            proposes = Some(student);
            if let Some(mut lowest) = ranks.peek_mut().filter(|lowest| lowest.0 < rank) {
                let Reverse(out) = std::mem::replace(&mut *lowest, Reverse(rank));
                assignment[student as usize] = Some(arc.mentor);
                assignment[out.student.0 as usize] = None;
                proposes = Some(out.student.0);
            }
        }
    }
    let cutoff = |(mentor, ranks): (usize, &BinaryHeap<Reverse<Rank>>)| {
        ranks.peek().filter(|_| ranks.len() == instance.free(mentor)).map(|lowest| lowest.0)
    };
    let cutoffs = admitted.iter().enumerate().map(cutoff).collect();
    Stable { assignment, cutoffs }
}

/// As [`solve`], with the ranks each holder of places has admitted, mentors and groups alike.
fn nested(instance: &Instance) -> Stable {
    let lists = Lists::new(instance);
    let mut admitted: Vec<BTreeSet<Rank>> = vec![BTreeSet::new(); instance.holders()];
    let mut asked = vec![0u32; instance.students()];
    let mut held: Vec<Option<(u32, Rank)>> = vec![None; instance.students()];
    for source in numbers(instance.students()) {
        let mut proposes = Some(source);
        while let Some(student) = proposes.take() {
            let Some((arc, preference)) = lists.choice(instance, student, asked[student as usize]) else { continue };
            asked[student as usize] += 1;
            let rank = Rank::of(student, arc, preference);
            held[student as usize] = Some((arc.mentor, rank));
            for holder in instance.chain(arc.mentor) {
                admitted[holder].insert(rank);
            }
            // Whoever goes from the smallest group that has one too many makes room in all above it.
            let crowded = instance.chain(arc.mentor).find(|holder| admitted[*holder].len() > instance.free_of(*holder));
            let Some(lowest) = crowded.and_then(|holder| admitted[holder].first().copied()) else { continue };
            let out = lowest.student.0;
            if let Some((mentor, rank)) = held[out as usize].take() {
                for holder in instance.chain(mentor) {
                    admitted[holder].remove(&rank);
                }
            }
            proposes = Some(out);
        }
    }
    let cutoff =
        |(holder, ranks): (usize, &BTreeSet<Rank>)| ranks.first().copied().filter(|_| ranks.len() == instance.free_of(holder));
    let cutoffs = admitted.iter().enumerate().map(cutoff).collect();
    Stable { assignment: held.into_iter().map(|held| held.map(|(mentor, _)| mentor)).collect(), cutoffs }
}

/// Each student's order of proposing. Without preferences the arcs are in that order already.
struct Lists(Option<Vec<Vec<(Arc, Preference)>>>);

impl Lists {
    fn new(instance: &Instance) -> Self {
        let list = |student| {
            let mut list: Vec<(Arc, Preference)> = instance.ranked(student).collect();
            // Arcs come by value and number; the sort keeps that among equals.
            list.sort_by_key(|(_, preference)| Reverse(preference.by_student));
            list
        };
        Self(instance.has_preferences().then(|| (0..instance.students()).map(list).collect()))
    }

    fn choice(&self, instance: &Instance, student: u32, at: u32) -> Option<(Arc, Preference)> {
        let student = student as usize;
        match &self.0 {
            Some(lists) => lists[student].get(at as usize).copied(),
            None => instance.arcs(student).get(at as usize).map(|arc| (*arc, Preference::default())),
        }
    }
}
