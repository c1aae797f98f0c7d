//! Where mentors share places: the largest number, then the largest value, by cheapest paths through the groups.
//!
//! A flow from the students to the mentors they may have, from there through the groups to the top, each with its
//! places as the bound; successive shortest paths with potentials (Edmonds and Karp 1972, Tomizawa 1971, as in
//! [`super::repair`]). One student after the other is placed along the cheapest path: to a mentor, up to where a place
//! is free, down to another mentor of a group that is full, whence somebody goes elsewhere, or stays alone. Costs are
//! counted in [`Worth`], number before value, so no penalty stands for "the largest number first". It is exact from any
//! start, and starts from nothing: for a round or a school at a time, where the whole city has no groups.
//!
//! Throughout, `price` of a holder is what it costs from there to the top. A holder that is not full costs no more than
//! what lies above, one with students no less; nobody's best gain is more than their hope, and who is placed has exactly
//! it. What a holder costs more than what lies above it is its price in the certificate.

use crate::Instance;
use crate::certificate::{Price, Worth};
use crate::instance::numbers;
use crate::optimal::Optimal;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NOTHING: Worth = Worth { assigned: 0, value: 0 };

pub fn solve(instance: &Instance) -> Optimal {
    let mut market = Market::new(instance);
    for student in numbers(instance.students()) {
        market.place(student);
    }
    Optimal { prices: market.certificate(), assignment: market.held }
}

struct Market<'a> {
    instance: &'a Instance,
    /// What lies directly below each holder.
    below: Vec<Vec<u32>>,
    /// Whether a mentor has a place all the way up.
    open: Vec<bool>,
    prices: Vec<Worth>,
    loads: Vec<usize>,
    hopes: Vec<Worth>,
    held: Vec<Option<u32>>,
    guided: Vec<Vec<u32>>,
    search: Search,
}

/// How a holder was reached.
#[derive(Clone, Copy)]
enum Way {
    /// This student comes here.
    Student(u32),
    /// By way of this holder, directly above or below.
    Holder(u32),
}

/// Where a path ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// At the top, by way of this holder.
    Top(u32),
    /// This student stays alone from now on.
    Alone(u32),
}

#[derive(Clone, Copy)]
struct Step {
    distance: Worth,
    way: Way,
    settled: bool,
}

/// The cheapest known ways to the holders.
struct Search {
    steps: Vec<Option<Step>>,
    reached: Vec<u32>,
    queue: BinaryHeap<Reverse<(Worth, u32)>>,
    end: Option<(Worth, End)>,
}

impl Search {
    fn new(holders: usize) -> Self {
        Self { steps: vec![None; holders], reached: Vec::new(), queue: BinaryHeap::new(), end: None }
    }

    fn clear(&mut self) {
        for holder in self.reached.drain(..) {
            self.steps[holder as usize] = None;
        }
        self.queue.clear();
        self.end = None;
    }

    fn reach(&mut self, holder: u32, distance: Worth, way: Way) {
        let step = &mut self.steps[holder as usize];
        match step {
            Some(known) if known.settled || distance >= known.distance => return,
            Some(_) => {}
            None => self.reached.push(holder),
        }
        *step = Some(Step { distance, way, settled: false });
        self.queue.push(Reverse((distance, holder)));
    }

    /// Of equal ends the lower, so that the answer depends on numbers alone.
    fn end(&mut self, distance: Worth, end: End) {
        let other = (distance, end);
        self.end = Some(self.end.map_or(other, |known| known.min(other)));
    }

    /// Whether this far is no nearer than an end that is known.
    fn too_far(&self, distance: Worth) -> bool {
        self.end.is_some_and(|(length, _)| distance >= length)
    }

    /// The nearest holder not settled yet, nearer than any known end.
    fn settle(&mut self) -> Option<(Worth, u32)> {
        while let Some(Reverse((distance, holder))) = self.queue.pop() {
            if self.too_far(distance) {
                return None;
            }
            if let Some(step) = self.steps[holder as usize].as_mut().filter(|step| !step.settled) {
                step.settled = true;
                return Some((distance, holder));
            }
        }
        None
    }
}

impl<'a> Market<'a> {
    fn new(instance: &'a Instance) -> Self {
        let holders = instance.holders();
        let mut below = vec![Vec::new(); holders];
        for holder in numbers(holders) {
            if let Some(above) = instance.above(holder as usize) {
                below[above as usize].push(holder);
            }
        }
        let open = |mentor| instance.chain(mentor).all(|holder| instance.free_of(holder) > 0);
        Self {
            instance,
            below,
            open: numbers(instance.mentors()).map(open).collect(),
            prices: vec![NOTHING; holders],
            loads: vec![0; holders],
            hopes: vec![NOTHING; instance.students()],
            held: vec![None; instance.students()],
            guided: vec![Vec::new(); instance.mentors()],
            search: Search::new(holders),
        }
    }

    /// What a pair gains at these prices, if the mentor has places at all.
    fn gains(&self, student: u32) -> impl Iterator<Item = Worth> {
        let open = self.instance.arcs(student as usize).iter().filter(|arc| self.open[arc.mentor as usize]);
        open.map(|arc| worth(arc.value) - self.prices[arc.mentor as usize])
    }

    /// Places one student, by the cheapest path to a place, or to somebody who stays alone instead.
    fn place(&mut self, source: u32) {
        self.hopes[source as usize] = self.gains(source).fold(NOTHING, Worth::max);
        self.search.clear();
        self.look(source, NOTHING);
        while let Some((distance, holder)) = self.search.settle() {
            self.climb(holder, distance);
            self.descend(holder, distance);
        }
        let Some((length, end)) = self.search.end else { return };
        self.raise(source, length);
        self.hand_on(source, end);
    }

    /// Where a student could go, seen from a distance.
    fn look(&mut self, student: u32, distance: Worth) {
        let hope = self.hopes[student as usize];
        self.search.end(sum(distance, hope), End::Alone(student));
        let instance = self.instance;
        for arc in instance.arcs(student as usize) {
            let near = sum(distance, hope) - worth(arc.value);
            // Best first, and no price is below nothing: nothing nearer follows.
            if self.search.too_far(near) {
                return;
            }
            let there = sum(near, self.prices[arc.mentor as usize]);
            if self.open[arc.mentor as usize] && !self.search.too_far(there) {
                self.search.reach(arc.mentor, there, Way::Student(student));
            }
        }
    }

    /// From a holder with a free place to what lies above it.
    fn climb(&mut self, holder: u32, distance: Worth) {
        let at = holder as usize;
        if self.loads[at] >= self.instance.free_of(at) {
            return;
        }
        let from = distance - self.prices[at];
        match self.instance.above(at) {
            None => self.search.end(from, End::Top(holder)),
            Some(above) => self.search.reach(above, sum(from, self.prices[above as usize]), Way::Holder(holder)),
        }
    }

    /// From a holder to whoever has places of it, and could make room at no cost of their own.
    fn descend(&mut self, holder: u32, distance: Worth) {
        let at = holder as usize;
        if at < self.guided.len() {
            for who in 0..self.guided[at].len() {
                self.look(self.guided[at][who], distance);
            }
        }
        for child in 0..self.below[at].len() {
            let child = self.below[at][child];
            if self.loads[child as usize] > 0 {
                let there = sum(distance - self.prices[at], self.prices[child as usize]);
                self.search.reach(child, there, Way::Holder(holder));
            }
        }
    }

    /// Raises the prices on the way, so that the path costs nothing and no other way less.
    fn raise(&mut self, source: u32, length: Worth) {
        self.hopes[source as usize] = self.hopes[source as usize] - length;
        for holder in &self.search.reached {
            let step = self.search.steps[*holder as usize].filter(|step| step.settled && step.distance < length);
            let Some(step) = step else { continue };
            let by = length - step.distance;
            self.prices[*holder as usize] += by;
            for student in self.guided.get(*holder as usize).into_iter().flatten() {
                self.hopes[*student as usize] = self.hopes[*student as usize] - by;
            }
        }
    }

    /// Follows the path back from its end, handing each place on.
    fn hand_on(&mut self, source: u32, end: End) {
        let mut to = match end {
            End::Top(holder) => Some(holder),
            End::Alone(student) => self.take(student),
        };
        while let Some(holder) = to {
            let Some(step) = self.search.steps[holder as usize] else { return };
            to = match step.way {
                Way::Holder(other) => Some(other),
                Way::Student(student) => {
                    let before = self.take(student).filter(|_| student != source);
                    self.put(student, holder);
                    before
                }
            };
        }
    }

    fn put(&mut self, student: u32, mentor: u32) {
        self.held[student as usize] = Some(mentor);
        self.guided[mentor as usize].push(student);
        self.instance.chain(mentor).for_each(|holder| self.loads[holder] += 1);
    }

    fn take(&mut self, student: u32) -> Option<u32> {
        let mentor = self.held[student as usize].take()?;
        self.guided[mentor as usize].retain(|other| *other != student);
        self.instance.chain(mentor).for_each(|holder| self.loads[holder] -= 1);
        Some(mentor)
    }

    /// The price of each holder by itself.
    fn certificate(&self) -> Vec<Price> {
        let price = |holder: usize| {
            if self.instance.free_of(holder) == 0 {
                // More than any pair is worth, and it costs nothing to say so: there is no place.
                return Price { scarce: true, price: self.instance.highest().into() };
            }
            let above = self.instance.above(holder).map_or(NOTHING, |above| self.prices[above as usize]);
            let own = (self.prices[holder] - above).max(NOTHING);
            Price { scarce: own.assigned > 0, price: own.value }
        };
        (0..self.instance.holders()).map(price).collect()
    }
}

fn worth(value: i32) -> Worth {
    Worth { assigned: 1, value: value.into() }
}

fn sum(mut one: Worth, other: Worth) -> Worth {
    one += other;
    one
}
