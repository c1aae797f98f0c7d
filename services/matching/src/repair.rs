//! From good prices to the exact answer: shortest augmenting paths with potentials.
//!
//! Edmonds and Karp, *Theoretical improvements in algorithmic efficiency for network flow problems*, Journal of the
//! ACM 19 (1972); Tomizawa, *On some techniques useful for solution of transportation network problems*, Networks 1
//! (1971). Students who do not have one of their best offers at the given prices are placed one after the other,
//! each along the cheapest path through what is assigned already; then places that stayed empty at a price above
//! the lowest draw somebody in, along the cheapest path backwards. It needs no particular prices to be exact, only
//! good ones to be fast.
//!
//! Throughout, with `gain = value - price`: nobody's best gain is more than their `hope`, and who is placed has
//! exactly it. That is what makes the end optimal.

use crate::instance::numbers;
use crate::{Arc, Instance, auction};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Which of the two is short; see [`super::scarcity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// Every student can have a place, so every student must; a place may stay empty, at the price 0.
    Students,
    /// Every place can have a student, so every place must, be its price negative; a student may stay alone.
    Places,
}

/// The exact answer.
pub struct Exact {
    pub held: Vec<Option<u32>>,
    pub prices: Vec<i64>,
}

pub fn repair(instance: &Instance, short: Short, start: auction::Outcome) -> Exact {
    let mut market = Market::new(instance, short, start);
    for student in market.unplaced() {
        market.place(student);
    }
    market.fill();
    Exact { held: market.held, prices: market.prices }
}

struct Market<'a> {
    instance: &'a Instance,
    short: Short,
    prices: Vec<i64>,
    hopes: Vec<i64>,
    held: Vec<Option<u32>>,
    /// The students of each mentor, and where each student stands there.
    guided: Vec<Vec<u32>>,
    stands: Vec<usize>,
    search: Search,
}

/// The cheapest known ways to the mentors; `reached` says which are to be forgotten.
struct Search {
    steps: Vec<Step>,
    reached: Vec<u32>,
    queue: BinaryHeap<Reverse<(i64, u32)>>,
}

#[derive(Clone, Copy)]
struct Step {
    distance: i64,
    /// Forwards: who comes here. Backwards: who goes from here.
    student: u32,
    /// Backwards: where that student goes.
    to: u32,
    settled: bool,
}

const FAR: Step = Step { distance: i64::MAX, student: u32::MAX, to: u32::MAX, settled: false };

/// Where a path ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// A place of this mentor. Backwards: one that may stay empty instead.
    Place(u32),
    /// This student, who stays alone from now on. Backwards: who stayed alone until now, and goes to this mentor.
    Alone(u32, u32),
}

impl Search {
    fn new(mentors: usize) -> Self {
        Self { steps: vec![FAR; mentors], reached: Vec::new(), queue: BinaryHeap::new() }
    }

    fn clear(&mut self) {
        for mentor in self.reached.drain(..) {
            self.steps[mentor as usize] = FAR;
        }
        self.queue.clear();
    }

    fn reach(&mut self, mentor: u32, distance: i64, student: u32, to: u32) {
        let step = &mut self.steps[mentor as usize];
        if step.settled || distance >= step.distance {
            return;
        }
        if step.distance == i64::MAX {
            self.reached.push(mentor);
        }
        *step = Step { distance, student, to, settled: false };
        self.queue.push(Reverse((distance, mentor)));
    }

    /// The nearest mentor not settled yet, nearer than the bound.
    fn settle(&mut self, bound: i64) -> Option<(i64, u32)> {
        while let Some(Reverse((distance, mentor))) = self.queue.pop() {
            if distance >= bound {
                return None;
            }
            let step = &mut self.steps[mentor as usize];
            if !step.settled {
                step.settled = true;
                return Some((distance, mentor));
            }
        }
        None
    }

    fn settled(&self) -> impl Iterator<Item = (u32, i64)> {
        let of = |mentor: &u32| (*mentor, self.steps[*mentor as usize]);
        self.reached.iter().map(of).filter(|(_, step)| step.settled).map(|(mentor, step)| (mentor, step.distance))
    }
}

impl<'a> Market<'a> {
    /// Everybody who holds one of their best offers keeps it.
    fn new(instance: &'a Instance, short: Short, start: auction::Outcome) -> Self {
        let mut market = Self {
            instance,
            short,
            prices: start.prices,
            hopes: vec![0; instance.students()],
            held: vec![None; instance.students()],
            guided: vec![Vec::new(); instance.mentors()],
            stands: vec![0; instance.students()],
            search: Search::new(instance.mentors()),
        };
        for (student, mentor) in numbers(instance.students()).zip(start.held) {
            let hope = market.best_gain(student);
            market.hopes[student as usize] = hope;
            if let Some(mentor) = mentor.filter(|mentor| market.gain(student, *mentor) == Some(hope)) {
                market.put(student, mentor);
            }
        }
        market
    }

    fn gain(&self, student: u32, mentor: u32) -> Option<i64> {
        let value = self.instance.value(student as usize, mentor)?;
        Some(i64::from(value) - self.prices[mentor as usize])
    }

    /// What the best offer gains at these prices; staying alone gains nothing where that is allowed.
    fn best_gain(&self, student: u32) -> i64 {
        let alone = if self.short == Short::Places { 0 } else { i64::MIN };
        let gain = |arc: &Arc| i64::from(arc.value) - self.prices[arc.mentor as usize];
        self.instance.arcs(student as usize).iter().map(gain).max().unwrap_or(alone).max(alone)
    }

    /// Who has neither a place nor peace: alone is an end only where it is among the best.
    fn unplaced(&self) -> Vec<u32> {
        let content = |student: u32| self.short == Short::Places && self.hopes[student as usize] == 0;
        numbers(self.held.len()).filter(|student| self.held[*student as usize].is_none() && !content(*student)).collect()
    }

    fn has_place(&self, mentor: u32) -> bool {
        self.guided[mentor as usize].len() < self.instance.free(mentor as usize)
    }

    fn put(&mut self, student: u32, mentor: u32) {
        let guided = &mut self.guided[mentor as usize];
        self.stands[student as usize] = guided.len();
        guided.push(student);
        self.held[student as usize] = Some(mentor);
    }

    fn take(&mut self, student: u32) -> Option<u32> {
        let mentor = self.held[student as usize].take()?;
        let guided = &mut self.guided[mentor as usize];
        let stand = self.stands[student as usize];
        guided.swap_remove(stand);
        if let Some(moved) = guided.get(stand) {
            self.stands[*moved as usize] = stand;
        }
        Some(mentor)
    }

    /// Places one student, by the cheapest path to a free place, or to somebody who stays alone instead.
    fn place(&mut self, source: u32) {
        self.hopes[source as usize] = self.best_gain(source);
        self.search.clear();
        let mut end: Option<(i64, End)> = None;
        self.look(source, 0, &mut end);
        while let Some((distance, mentor)) = self.search.settle(end.map_or(i64::MAX, |(length, _)| length)) {
            if self.has_place(mentor) {
                end = Some(nearer(end, (distance, End::Place(mentor))));
                continue;
            }
            // Who is here may go elsewhere and make room, at no cost of their own.
            for at in 0..self.guided[mentor as usize].len() {
                self.look(self.guided[mentor as usize][at], distance, &mut end);
            }
        }
        let Some((length, end)) = end else { return };
        self.raise(source, length);
        self.hand_on(source, end);
    }

    /// Where a student could go, seen from a distance.
    fn look(&mut self, student: u32, distance: i64, end: &mut Option<(i64, End)>) {
        let hope = self.hopes[student as usize];
        if self.short == Short::Places {
            *end = Some(nearer(*end, (distance + hope, End::Alone(student, u32::MAX))));
        }
        let bound = end.map_or(i64::MAX, |(length, _)| length);
        let instance = self.instance;
        for arc in instance.arcs(student as usize) {
            let near = distance + hope - i64::from(arc.value);
            // Best first, and no price is negative yet: nothing nearer follows.
            if near >= bound {
                return;
            }
            let there = near + self.prices[arc.mentor as usize];
            if there < bound {
                self.search.reach(arc.mentor, there, student, arc.mentor);
            }
        }
    }

    /// Raises the prices on the way, so that the path costs nothing and no other way less.
    fn raise(&mut self, source: u32, length: i64) {
        self.hopes[source as usize] -= length;
        for (mentor, distance) in self.search.settled() {
            let by = (length - distance).max(0);
            self.prices[mentor as usize] += by;
            for student in &self.guided[mentor as usize] {
                self.hopes[*student as usize] -= by;
            }
        }
    }

    /// Follows the path back from its end, handing each place on.
    fn hand_on(&mut self, source: u32, end: End) {
        let mut to = match end {
            End::Place(mentor) => Some(mentor),
            End::Alone(student, _) => self.take(student),
        };
        while let Some(mentor) = to {
            let student = self.search.steps[mentor as usize].student;
            to = self.take(student).filter(|_| student != source);
            self.put(student, mentor);
        }
    }

    /// Draws students to places that are empty though their price says they are wanted.
    fn fill(&mut self) {
        let wanting = |market: &Self, mentor: u32| {
            let dear = market.short == Short::Places || market.prices[mentor as usize] > 0;
            dear && market.has_place(mentor)
        };
        let mentors: Vec<u32> = numbers(self.guided.len()).collect();
        if !mentors.iter().any(|mentor| wanting(self, *mentor)) {
            return;
        }
        let suitors = Suitors::new(self.instance);
        for mentor in mentors {
            while wanting(self, mentor) {
                if !self.draw(mentor, &suitors) {
                    break;
                }
            }
        }
    }

    /// Fills one place, or lowers the price until it may stay empty; `false` if nobody could come.
    fn draw(&mut self, target: u32, suitors: &Suitors) -> bool {
        self.search.clear();
        self.search.reach(target, 0, u32::MAX, u32::MAX);
        let mut end: Option<(i64, End)> = None;
        while let Some((distance, mentor)) = self.search.settle(end.map_or(i64::MAX, |(length, _)| length)) {
            if self.short == Short::Students {
                end = Some(nearer(end, (distance + self.prices[mentor as usize], End::Place(mentor))));
            }
            for (student, value) in suitors.of(mentor) {
                let slack = self.hopes[student as usize] - i64::from(value) + self.prices[mentor as usize];
                match self.held[student as usize] {
                    Some(other) if other == mentor => {}
                    Some(other) => self.search.reach(other, distance + slack, student, mentor),
                    None => end = Some(nearer(end, (distance + slack, End::Alone(student, mentor)))),
                }
            }
        }
        let Some((length, end)) = end else { return false };
        self.lower(length);
        self.draw_along(end);
        true
    }

    fn lower(&mut self, length: i64) {
        for (mentor, distance) in self.search.settled() {
            let by = (length - distance).max(0);
            self.prices[mentor as usize] -= by;
            for student in &self.guided[mentor as usize] {
                self.hopes[*student as usize] += by;
            }
        }
    }

    /// Everybody on the path goes one mentor on, towards the empty place.
    fn draw_along(&mut self, end: End) {
        let mut at = match end {
            End::Place(mentor) => mentor,
            End::Alone(student, mentor) => {
                self.put(student, mentor);
                mentor
            }
        };
        loop {
            let step = self.search.steps[at as usize];
            if step.to == u32::MAX {
                return;
            }
            self.take(step.student);
            self.put(step.student, step.to);
            at = step.to;
        }
    }
}

/// The nearer of two ends; of equals the lower, so that the answer depends on numbers alone.
fn nearer(known: Option<(i64, End)>, other: (i64, End)) -> (i64, End) {
    known.map_or(other, |known| known.min(other))
}

/// Who could come to each mentor: the arcs the other way round.
struct Suitors {
    starts: Vec<u32>,
    who: Vec<(u32, i32)>,
}

impl Suitors {
    fn new(instance: &Instance) -> Self {
        let mut starts = vec![0u32; instance.mentors() + 1];
        for student in 0..instance.students() {
            for arc in instance.arcs(student) {
                starts[arc.mentor as usize + 1] += 1;
            }
        }
        for mentor in 0..instance.mentors() {
            starts[mentor + 1] += starts[mentor];
        }
        let mut next = starts.clone();
        let mut who = vec![(0, 0); instance.size()];
        for student in numbers(instance.students()) {
            for arc in instance.arcs(student as usize) {
                let at = &mut next[arc.mentor as usize];
                who[*at as usize] = (student, arc.value);
                *at += 1;
            }
        }
        Self { starts, who }
    }

    fn of(&self, mentor: u32) -> impl Iterator<Item = (u32, i32)> {
        let (from, to) = (self.starts[mentor as usize] as usize, self.starts[mentor as usize + 1] as usize);
        self.who[from..to].iter().copied()
    }
}
