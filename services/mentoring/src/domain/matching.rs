//! Who gets whom: of all assignments that keep every mentor's places, one that pairs the largest number of
//! students; of those, one with the largest total fit; of those, one that fills the mentors most evenly.
//!
//! Minimum-cost flow by successive shortest paths with potentials: students enter one after the other, in the
//! order of their ids, and each takes the cheapest path through what is assigned already (Edmonds and Karp,
//! *Journal of the ACM* 19, 1972; Tomizawa, *Networks* 1, 1971). It is exact, needs no tuning, and a class has
//! tens of students, for whom it takes well under a millisecond. The three objectives are one cost: a student
//! left alone costs more than everything else together, a point of fit more than all evenness together.
//!
//! The answer depends on ids and numbers alone, never on the order in which they are given.

use super::{EnrolmentId, MentorId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// The best fit there is; what is missing to it is the cost of a pair.
const FULL: i64 = 1000;
/// How full a mentor is, in these parts of the capacity.
const FILL: i64 = 1000;

/// Somebody a student may be paired with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub mentor: MentorId,
    /// 0 to 1,000.
    pub fit: i64,
}

/// A student and everybody who may guide them. A mentor named twice counts once, with the better fit.
#[derive(Debug, Clone)]
pub struct Wish {
    pub student: EnrolmentId,
    pub candidates: Vec<Candidate>,
}

/// The places of a mentor.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub mentor: MentorId,
    pub capacity: i64,
    /// Those taken already, by students who are not moved.
    pub load: i64,
}

/// What a student got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    pub student: EnrolmentId,
    pub mentor: Option<Candidate>,
}

/// Assigns mentors to students; the answer is in the order of the students' ids. A student is named once.
pub fn assign(wishes: &[Wish], places: &[Places]) -> Vec<Assignment> {
    let mut students: Vec<&Wish> = wishes.iter().collect();
    students.sort_by_key(|wish| wish.student);
    let mentors: BTreeMap<MentorId, Places> = places.iter().map(|places| (places.mentor, *places)).collect();
    let mut network = Network::new(&students, &mentors);
    for student in 0..students.len() {
        network.place(student);
    }
    let ids: Vec<MentorId> = mentors.keys().copied().collect();
    let got = |(student, wish): (usize, &&Wish)| {
        let arc = network.taken.get(student).copied().flatten();
        let pair = arc.and_then(|arc| ids.get(arc.mentor).map(|mentor| Candidate { mentor: *mentor, fit: arc.fit }));
        Assignment { student: wish.student, mentor: pair }
    };
    students.iter().enumerate().map(got).collect()
}

/// A possible pair, seen from the student.
#[derive(Debug, Clone, Copy)]
struct Arc {
    mentor: usize,
    fit: i64,
    cost: i64,
}

/// Students and mentors by number. The last mentor is nobody: there is room for everyone, at a price above all
/// others, so that staying alone is a path like any other.
struct Network {
    arcs: Vec<Vec<Arc>>,
    mentors: Vec<Room>,
    taken: Vec<Option<Arc>>,
    student_potential: Vec<i64>,
    sink_potential: i64,
}

struct Room {
    capacity: i64,
    load: i64,
    guided: Vec<usize>,
    potential: i64,
    even: bool,
}

impl Room {
    fn new(capacity: i64, load: i64, even: bool) -> Self {
        Self { capacity, load, guided: Vec::new(), potential: 0, even }
    }

    /// What the next place costs: the fuller the mentor, the more. It never falls, so shortest paths stay exact.
    fn next_place(&self) -> Option<i64> {
        let price = if self.even { self.load * FILL / self.capacity.max(1) } else { 0 };
        (self.load < self.capacity).then_some(price)
    }
}

/// The cheapest known way to a mentor.
#[derive(Clone, Copy)]
struct Step {
    distance: i64,
    from: usize,
    settled: bool,
}

impl Network {
    fn new(students: &[&Wish], mentors: &BTreeMap<MentorId, Places>) -> Self {
        let count = i64::try_from(students.len()).unwrap_or(i64::MAX).max(1);
        let point = count * FILL + 1;
        let alone = count * (FULL * point + FILL) + 1;
        let number: BTreeMap<MentorId, usize> = mentors.keys().enumerate().map(|(at, id)| (*id, at)).collect();
        let nobody = Arc { mentor: mentors.len(), fit: 0, cost: alone };
        let arcs_of = |wish: &&Wish| {
            let mut best: BTreeMap<usize, i64> = BTreeMap::new();
            for candidate in &wish.candidates {
                if let Some(mentor) = number.get(&candidate.mentor) {
                    let fit = best.entry(*mentor).or_insert(candidate.fit);
                    *fit = candidate.fit.max(*fit);
                }
            }
            let arcs = best.into_iter().map(|(mentor, fit)| Arc { mentor, fit, cost: (FULL - fit) * point });
            arcs.chain([nobody]).collect()
        };
        let rooms = mentors.values().map(|places| Room::new(places.capacity, places.load, true));
        Self {
            arcs: students.iter().map(arcs_of).collect(),
            mentors: rooms.chain([Room::new(count, 0, false)]).collect(),
            taken: vec![None; students.len()],
            student_potential: vec![0; students.len()],
            sink_potential: 0,
        }
    }

    /// Lets one more student in, by the cheapest path from the student to a free place.
    fn place(&mut self, source: usize) {
        let start = self.arcs[source].iter().map(|arc| self.mentors[arc.mentor].potential - arc.cost).max();
        self.student_potential[source] = start.unwrap_or_default();
        let mut steps = vec![Step { distance: i64::MAX, from: source, settled: false }; self.mentors.len()];
        let mut queue = BinaryHeap::new();
        self.relax(source, 0, &mut steps, &mut queue);
        let mut goal: Option<(i64, usize)> = None;
        while let Some(Reverse((distance, mentor))) = queue.pop() {
            if goal.is_some_and(|(best, _)| best <= distance) {
                break;
            }
            if steps[mentor].settled {
                continue;
            }
            steps[mentor].settled = true;
            let room = &self.mentors[mentor];
            if let Some(price) = room.next_place() {
                let end = distance + price + room.potential - self.sink_potential;
                if goal.is_none_or(|(best, _)| end < best) {
                    goal = Some((end, mentor));
                }
            }
            // A student who has this mentor already may go elsewhere and make room; that way is free of
            // reduced cost, so the student is as far away as the mentor.
            for at in 0..self.mentors[mentor].guided.len() {
                let student = self.mentors[mentor].guided[at];
                self.relax(student, distance, &mut steps, &mut queue);
            }
        }
        if let Some((length, mentor)) = goal {
            self.raise(source, length, &steps);
            self.augment(source, mentor, &steps);
        }
    }

    fn relax(&self, student: usize, distance: i64, steps: &mut [Step], queue: &mut BinaryHeap<Reverse<(i64, usize)>>) {
        for arc in &self.arcs[student] {
            let reduced = arc.cost + self.student_potential[student] - self.mentors[arc.mentor].potential;
            let step = &mut steps[arc.mentor];
            if !step.settled && distance + reduced < step.distance {
                *step = Step { distance: distance + reduced, from: student, settled: false };
                queue.push(Reverse((distance + reduced, arc.mentor)));
            }
        }
    }

    /// Moves the potentials so that every remaining way costs at least nothing.
    fn raise(&mut self, source: usize, length: i64, steps: &[Step]) {
        self.student_potential[source] -= length;
        for (mentor, step) in steps.iter().enumerate() {
            if step.settled && step.distance < length {
                let by = step.distance - length;
                self.mentors[mentor].potential += by;
                for student in &self.mentors[mentor].guided {
                    self.student_potential[*student] += by;
                }
            }
        }
    }

    /// Follows the path back from its end, handing each mentor on.
    fn augment(&mut self, source: usize, end: usize, steps: &[Step]) {
        self.mentors[end].load += 1;
        let mut mentor = end;
        loop {
            let student = steps[mentor].from;
            let arc = self.arcs[student].iter().find(|arc| arc.mentor == mentor).copied();
            let before = std::mem::replace(&mut self.taken[student], arc);
            self.mentors[mentor].guided.push(student);
            match before {
                Some(before) if student != source => {
                    self.mentors[before.mentor].guided.retain(|other| *other != student);
                    mentor = before.mentor;
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
