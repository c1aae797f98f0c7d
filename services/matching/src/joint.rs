//! The two mentors of a student made compatible: not of a pair that vetoed each other, say, or of the same place.
//!
//! Choosing both at once is three-dimensional matching, which is NP-hard (Karp 1972). So one side is held and the
//! other solved exactly among those compatible with it, turn about, until neither gains; from either side, and the
//! better end counts. Each turn keeps or betters what is there. The separate optima bound what any answer could
//! reach: what this one cost against that bound is told.

use crate::certificate::Worth;
use crate::{Arc, Assignment, Instance, optimal};

/// Both sides' assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    pub academic: Assignment,
    pub enterprise: Assignment,
    /// What both together are worth.
    pub worth: Worth,
    /// What no answer can exceed: both sides solved apart.
    pub bound: Worth,
}

/// Solves both sides so that every student's two mentors pass `compatible(student, academic, enterprise)`.
pub fn solve(academic: &Instance, enterprise: &Instance, compatible: impl Fn(usize, u32, u32) -> bool) -> Joint {
    let apart = [optimal::solve(academic).assignment, optimal::solve(enterprise).assignment];
    let bound = worth(academic, &apart[0], enterprise, &apart[1]);
    let agree = |student: usize| match (apart[0].get(student), apart[1].get(student)) {
        (Some(Some(one)), Some(Some(other))) => compatible(student, *one, *other),
        _ => true,
    };
    let [one, other] = apart.clone();
    if (0..academic.students()).all(agree) {
        return Joint { academic: one, enterprise: other, worth: bound, bound };
    }
    let against_academic = |held: &Assignment| {
        let fits = |student: usize, arc: Arc| held[student].is_none_or(|held| compatible(student, held, arc.mentor));
        optimal::solve(&enterprise.filtered(fits)).assignment
    };
    let against_enterprise = |held: &Assignment| {
        let fits = |student: usize, arc: Arc| held[student].is_none_or(|held| compatible(student, arc.mentor, held));
        optimal::solve(&academic.filtered(fits)).assignment
    };
    let settle = |mut one: Assignment, mut other: Assignment| {
        let mut best = worth(academic, &one, enterprise, &other);
        loop {
            let next = against_enterprise(&other);
            let answer = against_academic(&next);
            let reached = worth(academic, &next, enterprise, &answer);
            if reached <= best {
                return Joint { academic: one, enterprise: other, worth: best, bound };
            }
            (one, other, best) = (next, answer, reached);
        }
    };
    let from_academic = settle(one.clone(), against_academic(&one));
    let from_enterprise = settle(against_enterprise(&other), other);
    if from_enterprise.worth > from_academic.worth { from_enterprise } else { from_academic }
}

fn worth(academic: &Instance, one: &Assignment, enterprise: &Instance, other: &Assignment) -> Worth {
    let mut sum = Worth::default();
    for (instance, assignment) in [(academic, one), (enterprise, other)] {
        for (student, mentor) in assignment.iter().enumerate() {
            if let Some(value) = mentor.and_then(|mentor| instance.value(student, mentor)) {
                sum += Worth { assigned: 1, value: value.into() };
            }
        }
    }
    sum
}
