//! The most even load among equally good assignments.
//!
//! Students are moved along offers that are worth as much to them at the given prices, from the fullest mentor to
//! one less full, until no such way is left: cost-reducing paths, which end at the optimum (Harvey, Ladner, Lovász,
//! Tamir, *Semi-matchings for bipartite graphs and load balancing*, Journal of Algorithms 59 (2006)). Number and value stay as they
//! are, and so does their proof. It looks from every mentor at every student, so it is for a class or a school, not
//! for a whole city at once.

use crate::Instance;
use crate::certificate::Worth;
use crate::instance::numbers;
use crate::optimal::Optimal;
use std::collections::VecDeque;

/// How full a mentor is, in these parts of the capacity.
const FULL: u64 = 1000;

/// Evens out the load; `instance` is the one that was solved.
pub fn spread(instance: &Instance, optimal: &mut Optimal) {
    let mut floor = Floor::new(instance, optimal);
    while numbers(instance.mentors()).any(|mentor| floor.relieve(mentor)) {}
    optimal.assignment = floor.held;
}

struct Floor<'a> {
    instance: &'a Instance,
    held: Vec<Option<u32>>,
    guided: Vec<Vec<u32>>,
    /// Mentors who are as good for a student as the one they have.
    equals: Vec<Vec<u32>>,
    /// Whether a place of a holder may stay empty.
    free: Vec<bool>,
    /// The students each holder was given.
    loads: Vec<usize>,
}

impl<'a> Floor<'a> {
    fn new(instance: &'a Instance, optimal: &Optimal) -> Self {
        let mut guided = vec![Vec::new(); instance.mentors()];
        let mut loads = vec![0; instance.holders()];
        let mut equals = vec![Vec::new(); instance.students()];
        for (student, mentor) in numbers(instance.students()).zip(&optimal.assignment) {
            let Some(mentor) = *mentor else { continue };
            guided[mentor as usize].push(student);
            instance.chain(mentor).for_each(|holder| loads[holder] += 1);
            let arcs = instance.arcs(student as usize);
            let gain = |mentor: u32, value: i32| Worth { assigned: 1, value: value.into() } - optimal.cost(instance, mentor);
            let gains = arcs.iter().map(|arc| (arc.mentor, gain(arc.mentor, arc.value)));
            let best = gains.clone().map(|(_, gain)| gain).max();
            let equal = gains.filter(|(other, gain)| *other != mentor && Some(*gain) == best);
            equals[student as usize] = equal.map(|(other, _)| other).collect();
        }
        let free = optimal.prices.iter().map(|price| Worth::from(*price) == Worth::default()).collect();
        Self { instance, held: optimal.assignment.clone(), guided, equals, free, loads }
    }

    /// Whether a mentor can have one more of the students when another has one less: groups that hold both do not mind.
    fn has_room(&self, from: u32, to: u32) -> bool {
        let apart = |one: u32, other: u32| {
            let shared = move |holder: &usize| !self.instance.chain(other).any(|also| also == *holder);
            self.instance.chain(one).filter(shared)
        };
        apart(to, from).all(|holder| self.loads[holder] < self.instance.free_of(holder))
            && apart(from, to).all(|holder| self.free[holder])
    }

    fn load(&self, mentor: u32) -> u64 {
        self.guided[mentor as usize].len() as u64 + u64::from(self.instance.places()[mentor as usize].taken)
    }

    /// What a place costs in evenness: the fuller the mentor, the more.
    fn fullness(&self, mentor: u32, load: u64) -> u64 {
        load * FULL / u64::from(self.instance.places()[mentor as usize].capacity.max(1))
    }

    /// Sends one student of a mentor elsewhere, by way of others, if that is more even.
    fn relieve(&mut self, from: u32) -> bool {
        if !self.free[from as usize] || self.guided[from as usize].is_empty() {
            return false;
        }
        let mut best = (self.fullness(from, self.load(from) - 1), from);
        let mut came = vec![None; self.instance.mentors()];
        let mut queue = VecDeque::from([from]);
        while let Some(mentor) = queue.pop_front() {
            for student in &self.guided[mentor as usize] {
                for other in &self.equals[*student as usize] {
                    if *other == from || came[*other as usize].is_some() {
                        continue;
                    }
                    came[*other as usize] = Some(*student);
                    queue.push_back(*other);
                    let fullness = self.fullness(*other, self.load(*other));
                    if fullness < best.0 && self.has_room(from, *other) {
                        best = (fullness, *other);
                    }
                }
            }
        }
        let mut to = best.1;
        self.instance.chain(from).for_each(|holder| self.loads[holder] -= 1);
        self.instance.chain(to).for_each(|holder| self.loads[holder] += 1);
        while let Some(student) = came[to as usize].filter(|_| to != from) {
            let Some(before) = self.held[student as usize].replace(to) else { break };
            self.guided[before as usize].retain(|other| *other != student);
            self.guided[to as usize].push(student);
            // Now the one left is as good as the one taken.
            for equal in &mut self.equals[student as usize] {
                if *equal == to {
                    *equal = before;
                }
            }
            to = before;
        }
        best.1 != from
    }
}
