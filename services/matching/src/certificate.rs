//! Judges an answer by its certificate, without trusting whoever made it. This file shares nothing with the solvers
//! but the instance.
//!
//! **Optimal**, by weak duality (König 1931; Egerváry 1931; Kuhn, *The Hungarian method*, Naval Research Logistics
//! Quarterly 2 (1955)). Count a pair as `(1, value)` and compare such sums by their first part, then by the second:
//! the largest number first, then the largest value. Let each mentor have a price, at least `(0, 0)`. A student
//! gains at most `(1, value) - price` of the best offer, or nothing. Whatever the assignment, its sum is at most
//! what all free places cost plus what all students gain; so one that reaches this bound is optimal.
//!
//! **Stable**, by cutoffs (Azevedo and Leshno, *A supply and demand framework for two-sided matching markets*,
//! Journal of Political Economy 124 (2016)). A mentor who is full has as cutoff the lowest rank that was admitted;
//! one who is not admits everybody. If each student has the best mentor of those who would admit them, no student
//! and mentor would both rather have each other.

use crate::{Arc, Assignment, Instance, Preference};
use std::cmp::Reverse;
use std::ops::{AddAssign, Sub};

/// A number of pairs and their value, compared in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth {
    pub assigned: i64,
    pub value: i64,
}

impl Worth {
    fn times(self, count: usize) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self { assigned: self.assigned * count, value: self.value * count }
    }
}

impl AddAssign for Worth {
    fn add_assign(&mut self, other: Self) {
        self.assigned += other.assigned;
        self.value += other.value;
    }
}

impl Sub for Worth {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { assigned: self.assigned - other.assigned, value: self.value - other.value }
    }
}

/// What a place of a mentor costs: where places are scarce a pair, and the price more or less; elsewhere the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub scarce: bool,
    pub price: i64,
}

impl From<Price> for Worth {
    fn from(price: Price) -> Self {
        Self { assigned: i64::from(price.scarce), value: price.price }
    }
}

/// How a mentor ranks a student: by preference, then value, then the lower number. Greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    pub preference: i32,
    pub value: i32,
    pub student: Reverse<u32>,
}

impl Rank {
    pub fn of(student: u32, arc: Arc, preference: Preference) -> Self {
        Self { preference: preference.by_mentor, value: arc.value, student: Reverse(student) }
    }
}

/// The lowest rank a mentor admits; `None` while a place is free.
pub type Cutoff = Option<Rank>;

/// What is wrong with an answer or its certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("the answer speaks of {given} {what}, the instance has {there}")]
    Size { what: &'static str, given: usize, there: usize },
    #[error("student {student} and mentor {mentor} are no possible pair")]
    Impossible { student: usize, mentor: u32 },
    #[error("mentor {mentor} has {free} free places, and {students} students were assigned")]
    Overfull { mentor: usize, free: usize, students: usize },
    #[error("the price of mentor {mentor} is below nothing")]
    Negative { mentor: usize },
    #[error("the assignment has {has:?}; by these prices {bound:?} might be possible")]
    Gap { has: Worth, bound: Worth },
    #[error("the cutoff of mentor {mentor} is not the lowest rank admitted there")]
    Cutoff { mentor: usize },
    #[error("student {student} would be admitted by mentor {mentor} and would rather be there")]
    Envy { student: usize, mentor: u32 },
}

/// Judges whether an assignment keeps to the possible pairs and places; answers what it is worth.
pub fn check_assignment(instance: &Instance, assignment: &Assignment) -> Result<Worth, Flaw> {
    same_size("students", assignment.len(), instance.students())?;
    let mut worth = Worth::default();
    let mut load = vec![0; instance.mentors()];
    for (student, mentor) in assignment.iter().enumerate() {
        let Some(mentor) = *mentor else { continue };
        let value = instance.value(student, mentor).ok_or(Flaw::Impossible { student, mentor })?;
        load[mentor as usize] += 1;
        worth += Worth { assigned: 1, value: value.into() };
    }
    for (mentor, students) in load.into_iter().enumerate() {
        let free = instance.free(mentor);
        if students > free {
            return Err(Flaw::Overfull { mentor, free, students });
        }
    }
    Ok(worth)
}

/// Judges whether an assignment is optimal, as its prices say.
pub fn check_optimal(instance: &Instance, assignment: &Assignment, prices: &[Price]) -> Result<Worth, Flaw> {
    let has = check_assignment(instance, assignment)?;
    same_size("prices", prices.len(), instance.mentors())?;
    let mut bound = Worth::default();
    for (mentor, price) in prices.iter().enumerate() {
        let price = Worth::from(*price);
        if price < Worth::default() {
            return Err(Flaw::Negative { mentor });
        }
        bound += price.times(instance.free(mentor));
    }
    for student in 0..instance.students() {
        let gain = |arc: &Arc| Worth { assigned: 1, value: arc.value.into() } - prices[arc.mentor as usize].into();
        bound += instance.arcs(student).iter().map(gain).max().unwrap_or_default().max(Worth::default());
    }
    if has == bound { Ok(has) } else { Err(Flaw::Gap { has, bound }) }
}

/// Judges whether an assignment is stable, as its cutoffs say.
pub fn check_stable(instance: &Instance, assignment: &Assignment, cutoffs: &[Cutoff]) -> Result<Worth, Flaw> {
    let worth = check_assignment(instance, assignment)?;
    same_size("cutoffs", cutoffs.len(), instance.mentors())?;
    for (mentor, (cutoff, admitted)) in cutoffs.iter().zip(admitted(instance, assignment)).enumerate() {
        let full = admitted.len() >= instance.free(mentor);
        let lowest = admitted.into_iter().min();
        // A mentor without places admits nobody, whatever is said.
        if instance.free(mentor) > 0 && *cutoff != lowest.filter(|_| full) {
            return Err(Flaw::Cutoff { mentor });
        }
    }
    for (student, number) in (0..instance.students()).zip(0u32..) {
        let admits = |arc: Arc, preference: Preference| {
            let cutoff = cutoffs[arc.mentor as usize];
            instance.free(arc.mentor as usize) > 0 && cutoff.is_none_or(|cutoff| cutoff <= Rank::of(number, arc, preference))
        };
        let open = instance.ranked(student).filter(|(arc, preference)| admits(*arc, *preference));
        let best = open.max_by_key(|(arc, preference)| (preference.by_student, arc.value, Reverse(arc.mentor)));
        let best = best.map(|(arc, _)| arc.mentor);
        if best != assignment[student] {
            return Err(Flaw::Envy { student, mentor: best.or(assignment[student]).unwrap_or_default() });
        }
    }
    Ok(worth)
}

/// How many possible pairs would both rather have each other, equals not counted as better: 0 if stable.
pub fn blocking_pairs(instance: &Instance, assignment: &Assignment) -> usize {
    let admitted = admitted(instance, assignment);
    let lowest: Vec<Option<(i32, i32)>> = admitted
        .iter()
        .enumerate()
        .map(|(mentor, ranks)| {
            let full = ranks.len() >= instance.free(mentor);
            // Nobody is better than what a mentor without places has.
            let none = (instance.free(mentor) == 0).then_some((i32::MAX, i32::MAX));
            none.or_else(|| ranks.iter().min().filter(|_| full).map(|rank| (rank.preference, rank.value)))
        })
        .collect();
    let mut count = 0;
    for (student, mentor) in assignment.iter().enumerate() {
        let mine = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
        let mine = mine.map(|(arc, preference)| (preference.by_student, arc.value));
        let blocks = |(arc, preference): &(Arc, Preference)| {
            let better = mine.is_none_or(|mine| (preference.by_student, arc.value) > mine);
            let wanted = lowest[arc.mentor as usize].is_none_or(|lowest| (preference.by_mentor, arc.value) > lowest);
            better && wanted
        };
        count += instance.ranked(student).filter(blocks).count();
    }
    count
}

/// The ranks of those each mentor was assigned.
fn admitted(instance: &Instance, assignment: &Assignment) -> Vec<Vec<Rank>> {
    let mut ranks = vec![Vec::new(); instance.mentors()];
    for ((student, mentor), number) in assignment.iter().enumerate().zip(0u32..) {
        let pair = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
        if let Some((arc, preference)) = pair {
            ranks[arc.mentor as usize].push(Rank::of(number, arc, preference));
        }
    }
    ranks
}

fn same_size(what: &'static str, given: usize, there: usize) -> Result<(), Flaw> {
    if given == there { Ok(()) } else { Err(Flaw::Size { what, given, there }) }
}
