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
//!
//! **Where mentors share places**, a *holder* of places is a mentor or a group. Every holder has a price and a cutoff:
//! a place of a mentor costs the prices of the mentor and of all groups above, and a mentor admits whom the mentor and
//! all groups above admit. Both arguments stand as they are. A pair is then said to block if the student would rather be
//! there, and the mentor and each group above has a place or has somebody it ranks lower; the student's own place
//! counts where they would leave it. With the same rank for all projects of a mentor that is the stability of
//! Abraham, Irving and Manlove, *Two algorithms for the student-project allocation problem*, Journal of Discrete
//! Algorithms 5 (2007); with ranks by project and groups within groups, that of Fleiner, *A fixed-point approach to
//! stable matchings and some applications*, Mathematics of Operations Research 28 (2003), for laminar matroids.

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

/// What a place of a holder costs: where places are scarce a pair, and the price more or less; elsewhere the price.
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

/// The lowest rank a holder admits; `None` while a place is free.
pub type Cutoff = Option<Rank>;

/// Who or what holds places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Mentor(usize),
    Group(usize),
}

impl Holder {
    fn of(instance: &Instance, holder: usize) -> Self {
        holder.checked_sub(instance.mentors()).map_or(Self::Mentor(holder), Self::Group)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mentor(number) => write!(f, "mentor {number}"),
            Self::Group(number) => write!(f, "group {number}"),
        }
    }
}

/// What is wrong with an answer or its certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("the answer speaks of {given} {what}, the instance has {there}")]
    Size { what: &'static str, given: usize, there: usize },
    #[error("student {student} and mentor {mentor} are no possible pair")]
    Impossible { student: usize, mentor: u32 },
    #[error("{holder} has {free} free places, and {students} students were assigned")]
    Overfull { holder: Holder, free: usize, students: usize },
    #[error("the price of {holder} is below nothing")]
    Negative { holder: Holder },
    #[error("the assignment has {has:?}; by these prices {bound:?} might be possible")]
    Gap { has: Worth, bound: Worth },
    #[error("the cutoff of {holder} is not the lowest rank admitted there")]
    Cutoff { holder: Holder },
    #[error("student {student} would be admitted by mentor {mentor} and would rather be there")]
    Envy { student: usize, mentor: u32 },
}

/// Judges whether an assignment keeps to the possible pairs and places; answers what it is worth.
pub fn check_assignment(instance: &Instance, assignment: &Assignment) -> Result<Worth, Flaw> {
    same_size("students", assignment.len(), instance.students())?;
    let mut worth = Worth::default();
    let mut load = vec![0; instance.holders()];
    for (student, mentor) in assignment.iter().enumerate() {
        let Some(mentor) = *mentor else { continue };
        let value = instance.value(student, mentor).ok_or(Flaw::Impossible { student, mentor })?;
        instance.chain(mentor).for_each(|holder| load[holder] += 1);
        worth += Worth { assigned: 1, value: value.into() };
    }
    for (holder, students) in load.into_iter().enumerate() {
        let free = instance.free_of(holder);
        if students > free {
            return Err(Flaw::Overfull { holder: Holder::of(instance, holder), free, students });
        }
    }
    Ok(worth)
}

/// Judges whether an assignment is optimal, as its prices say.
pub fn check_optimal(instance: &Instance, assignment: &Assignment, prices: &[Price]) -> Result<Worth, Flaw> {
    let has = check_assignment(instance, assignment)?;
    same_size("prices", prices.len(), instance.holders())?;
    let mut bound = Worth::default();
    for (holder, price) in prices.iter().enumerate() {
        let price = Worth::from(*price);
        if price < Worth::default() {
            return Err(Flaw::Negative { holder: Holder::of(instance, holder) });
        }
        bound += price.times(instance.free_of(holder));
    }
    for student in 0..instance.students() {
        let gain = |arc: &Arc| {
            let worth = Worth { assigned: 1, value: arc.value.into() };
            instance.chain(arc.mentor).fold(worth, |worth, holder| worth - prices[holder].into())
        };
        bound += instance.arcs(student).iter().map(gain).max().unwrap_or_default().max(Worth::default());
    }
    if has == bound { Ok(has) } else { Err(Flaw::Gap { has, bound }) }
}

/// Judges whether an assignment is stable, as its cutoffs say.
pub fn check_stable(instance: &Instance, assignment: &Assignment, cutoffs: &[Cutoff]) -> Result<Worth, Flaw> {
    let worth = check_assignment(instance, assignment)?;
    same_size("cutoffs", cutoffs.len(), instance.holders())?;
    for (holder, (cutoff, admitted)) in cutoffs.iter().zip(admitted(instance, assignment)).enumerate() {
        let full = admitted.len() >= instance.free_of(holder);
        let lowest = admitted.into_iter().min();
        // Without places nobody is admitted, whatever is said.
        if instance.free_of(holder) > 0 && *cutoff != lowest.filter(|_| full) {
            return Err(Flaw::Cutoff { holder: Holder::of(instance, holder) });
        }
    }
    for (student, number) in (0..instance.students()).zip(0u32..) {
        let admits = |arc: Arc, preference: Preference| {
            let rank = Rank::of(number, arc, preference);
            let passes = |holder: usize| instance.free_of(holder) > 0 && cutoffs[holder].is_none_or(|cutoff| cutoff <= rank);
            instance.chain(arc.mentor).all(passes)
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
        .map(|(holder, ranks)| {
            let full = ranks.len() >= instance.free_of(holder);
            // Nobody is better than what a holder without places has.
            let none = (instance.free_of(holder) == 0).then_some((i32::MAX, i32::MAX));
            none.or_else(|| ranks.iter().min().filter(|_| full).map(|rank| (rank.preference, rank.value)))
        })
        .collect();
    let mut count = 0;
    for (student, mentor) in assignment.iter().enumerate() {
        let mine = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
        // What the student would leave, on the way of the mentor they have.
        let left = mine.map(|(arc, preference)| (arc.mentor, (preference.by_mentor, arc.value)));
        let mine = mine.map(|(arc, preference)| (preference.by_student, arc.value));
        let blocks = |(arc, preference): &(Arc, Preference)| {
            let better = mine.is_none_or(|mine| (preference.by_student, arc.value) > mine);
            let rank = (preference.by_mentor, arc.value);
            let wanted = |holder: usize| {
                let leaves =
                    || left.is_some_and(|(mentor, left)| left == rank && instance.chain(mentor).any(|own| own == holder));
                lowest[holder].is_none_or(|lowest| rank > lowest || (rank == lowest && leaves()))
            };
            better && instance.chain(arc.mentor).all(wanted)
        };
        count += instance.ranked(student).filter(blocks).count();
    }
    count
}

/// The ranks of those each holder was assigned.
fn admitted(instance: &Instance, assignment: &Assignment) -> Vec<Vec<Rank>> {
    let mut ranks = vec![Vec::new(); instance.holders()];
    for ((student, mentor), number) in assignment.iter().enumerate().zip(0u32..) {
        let pair = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
        if let Some((arc, preference)) = pair {
            let rank = Rank::of(number, arc, preference);
            instance.chain(arc.mentor).for_each(|holder| ranks[holder].push(rank));
        }
    }
    ranks
}

fn same_size(what: &'static str, given: usize, there: usize) -> Result<(), Flaw> {
    if given == there { Ok(()) } else { Err(Flaw::Size { what, given, there }) }
}
