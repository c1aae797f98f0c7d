//! The two mentors of a student made compatible: not of a pair that vetoed each other, say, or of the same place.
//!
//! Choosing both at once is three-dimensional matching, which is NP-hard (Karp 1972). So one side is held and the
//! other solved exactly among those compatible with it, turn about, until neither gains; from either side, and the
//! better end counts. Each turn keeps or betters what is there. The separate optima bound what any answer could
//! reach: what this one cost against that bound is told.

use crate::certificate::Worth;
use crate::optimal::{self, Optimal};
use crate::{Arc, Assignment, Instance};

/// Both sides' assignments. The prices of each prove it optimal among the pairs compatible with the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    pub academic: Optimal,
    pub enterprise: Optimal,
    /// What both together are worth.
    pub worth: Worth,
    /// What no answer can exceed: both sides solved apart.
    pub bound: Worth,
}

/// Solves both sides so that every student's two mentors pass `compatible(student, academic, enterprise)`.
pub fn solve(academic: &Instance, enterprise: &Instance, compatible: impl Fn(usize, u32, u32) -> bool) -> Joint {
    let [one, other] = [optimal::solve(academic), optimal::solve(enterprise)];
    solve_apart((academic, &one), (enterprise, &other), compatible)
}

/// As [`solve`], where both sides were solved apart already.
pub fn solve_apart(
    academic: (&Instance, &Optimal),
    enterprise: (&Instance, &Optimal),
    compatible: impl Fn(usize, u32, u32) -> bool,
) -> Joint {
    let sides = Sides { academic: academic.0, enterprise: enterprise.0, compatible };
    let (one, other) = (academic.1, enterprise.1);
    let bound = sides.worth(&one.assignment, &other.assignment);
    if sides.agree(&one.assignment, &other.assignment) {
        return Joint { academic: one.clone(), enterprise: other.clone(), worth: bound, bound };
    }
    let beside = sides.against_academic(&one.assignment, other);
    let from_academic = sides.settle(beside.assignment, (one, other), bound);
    if from_academic.worth == bound {
        return from_academic;
    }
    let from_enterprise = sides.settle(other.assignment.clone(), (one, other), bound);
    if from_enterprise.worth > from_academic.worth { from_enterprise } else { from_academic }
}

struct Sides<'a, C> {
    academic: &'a Instance,
    enterprise: &'a Instance,
    compatible: C,
}

impl<C: Fn(usize, u32, u32) -> bool> Sides<'_, C> {
    fn agree(&self, one: &Assignment, other: &Assignment) -> bool {
        let both = one.iter().zip(other).enumerate();
        let mut pairs = both.filter_map(|(student, (one, other))| Some((student, (*one)?, (*other)?)));
        pairs.all(|(student, one, other)| (self.compatible)(student, one, other))
    }

    /// The best of the enterprise side that goes with an academic assignment, from one that is near.
    fn against_academic(&self, held: &Assignment, near: &Optimal) -> Optimal {
        optimal::solve_from(&beside_academic(self.enterprise, held, &self.compatible), near)
    }

    fn against_enterprise(&self, held: &Assignment, near: &Optimal) -> Optimal {
        optimal::solve_from(&beside_enterprise(self.academic, held, &self.compatible), near)
    }

    fn worth(&self, one: &Assignment, other: &Assignment) -> Worth {
        worth(self.academic, one, self.enterprise, other)
    }

    /// Betters one side after the other until nothing is gained.
    fn settle(&self, mut other: Assignment, (one, apart): (&Optimal, &Optimal), bound: Worth) -> Joint {
        loop {
            let academic = self.against_enterprise(&other, one);
            let enterprise = self.against_academic(&academic.assignment, apart);
            let before = self.worth(&academic.assignment, &other);
            let worth = self.worth(&academic.assignment, &enterprise.assignment);
            if worth == before {
                // What was held is as good as the newest, so the newest prices prove it; and it is what the academic
                // side was solved beside.
                let enterprise = Optimal { assignment: other, ..enterprise };
                return Joint { academic, enterprise, worth, bound };
            }
            other = enterprise.assignment;
        }
    }
}

/// The enterprise side as far as it is compatible with an academic assignment.
pub fn beside_academic(enterprise: &Instance, held: &Assignment, compatible: impl Fn(usize, u32, u32) -> bool) -> Instance {
    enterprise.filtered(|student, arc: Arc| held[student].is_none_or(|held| compatible(student, held, arc.mentor)))
}

/// The academic side as far as it is compatible with an enterprise assignment.
pub fn beside_enterprise(academic: &Instance, held: &Assignment, compatible: impl Fn(usize, u32, u32) -> bool) -> Instance {
    academic.filtered(|student, arc: Arc| held[student].is_none_or(|held| compatible(student, arc.mentor, held)))
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
