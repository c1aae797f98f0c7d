//! The largest number of students matched; of those assignments, the largest total value.
//!
//! Three steps: an [auction](super::auction) for good prices, [shortest paths](super::repair) for the exact answer,
//! and, only where not everybody can be matched, [scarcity](super::scarcity) to solve the part that is short of
//! places apart. Why this and not network simplex or cost scaling: a student is worth one place, so all the state
//! there is fits into one price a mentor, which stays in the cache while the arcs stream by.
//!
//! Where mentors share places, [paths through the groups](super::nested) alone find the answer.

use crate::auction::{self, Outcome};
use crate::certificate::{Price, Worth};
use crate::nested;
use crate::repair::{Exact, Short, repair};
use crate::scarcity::scarce;
use crate::{Assignment, Instance};

/// An optimal assignment and the prices that prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optimal {
    pub assignment: Assignment,
    /// The price of each mentor, then of each group.
    pub prices: Vec<Price>,
}

impl Optimal {
    /// What a place of a mentor costs: the prices of the mentor and of every group above.
    pub fn cost(&self, instance: &Instance, mentor: u32) -> Worth {
        let mut cost = Worth::default();
        instance.chain(mentor).for_each(|holder| cost += self.prices[holder].into());
        cost
    }
}

pub fn solve(instance: &Instance) -> Optimal {
    if instance.has_groups() {
        return nested::solve(instance);
    }
    settle(instance, auction::run(instance))
}

/// Prices near the optimal ones in a part of the time, by auction alone: good for asking which pairs are worth looking
/// at, proof of nothing. `None` where mentors share places: there nothing is faster than [`solve`].
pub fn estimate(instance: &Instance) -> Option<Optimal> {
    if instance.has_groups() {
        return None;
    }
    let Outcome { held, prices } = auction::run(instance);
    Some(Optimal { assignment: held, prices: prices.into_iter().map(|price| Price { scarce: false, price }).collect() })
}

/// As [`solve`], from an answer to a question of the same students and places that was almost the same: a few pairs more
/// or fewer. The nearer it is the faster; the answer is optimal from whatever it begins with.
pub fn solve_from(instance: &Instance, near: &Optimal) -> Optimal {
    if instance.has_groups() {
        return nested::solve(instance);
    }
    let held = near.assignment.iter().enumerate();
    let still = |(student, mentor): (usize, &Option<u32>)| mentor.filter(|mentor| instance.value(student, *mentor).is_some());
    let prices = near.prices.iter().map(|price| price.price.max(0)).collect();
    settle(instance, auction::go_on(instance, Outcome { held: held.map(still).collect(), prices }))
}

/// From good prices and whoever holds a place to the exact answer.
fn settle(instance: &Instance, sold: Outcome) -> Optimal {
    let alone = sold.held.iter().any(Option::is_none);
    let scarce = if alone { scarce(instance, sold.held.clone()) } else { vec![false; instance.mentors()] };
    // Who cannot be matched has no mentor at all, or only scarce ones; with neither there is one part.
    let excluded = |student: usize| instance.arcs(student).iter().all(|arc| scarce[arc.mentor as usize]);
    if !alone || !(0..instance.students()).any(excluded) {
        let Exact { held, prices } = repair(instance, Short::Students, sold);
        let plenty = |price| Price { scarce: false, price };
        return Optimal { assignment: held, prices: prices.into_iter().map(plenty).collect() };
    }
    let short = part(instance, Short::Places, &sold, |student, _| excluded(student));
    let rest = part(instance, Short::Students, &sold, |student, mentor| !excluded(student) && !scarce[mentor as usize]);
    let price = |mentor: usize| {
        let exact = if scarce[mentor] { &short } else { &rest };
        Price { scarce: scarce[mentor], price: exact.prices[mentor] }
    };
    Optimal {
        assignment: short.held.iter().zip(&rest.held).map(|(short, rest)| short.or(*rest)).collect(),
        prices: (0..instance.mentors()).map(price).collect(),
    }
}

/// Solves one part, from what was sold of it; the other part's students have no arcs here.
fn part(instance: &Instance, short: Short, sold: &Outcome, belongs: impl Fn(usize, u32) -> bool) -> Exact {
    let part = instance.filtered(|student, arc| belongs(student, arc.mentor));
    let held = sold.held.iter().enumerate();
    let held = held.map(|(student, mentor)| mentor.filter(|mentor| belongs(student, *mentor))).collect();
    repair(&part, short, Outcome { held, prices: sold.prices.clone() })
}
