//! The question: who may be paired with whom.

use crate::groups::{Forest, Group};
use std::cmp::Reverse;

/// The places of a mentor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub capacity: u32,
    /// Those taken already, by students who are not moved.
    pub taken: u32,
}

impl Places {
    pub fn free(self) -> u32 {
        self.capacity.saturating_sub(self.taken)
    }
}

/// A possible pair as it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub student: u32,
    pub mentor: u32,
    /// What the pair is worth, 0 or more; higher is better.
    pub value: i32,
    /// How the two rank each other.
    pub preference: Preference,
}

/// How student and mentor rank each other, higher is better. Equals are ranked by value, so who says nothing ranks
/// by value alone.
///
/// Where mentors share the places of a group, the group ranks by the same numbers: those of its mentors are compared
/// with each other, across projects and across mentors. One order for a whole tree is what makes nested choice
/// consistent: whom a project lets go for somebody better, its mentor and the quota above would let go too, so who was
/// refused once need not ask again. With an order of its own at each level that fails, and there may be no stable
/// assignment at all. So give the ranks of a tree on one scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference {
    pub by_student: i32,
    pub by_mentor: i32,
}

/// A possible pair seen from the student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    pub mentor: u32,
    pub value: i32,
}

/// Why an instance cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("student {0} is named in an edge, but there is no such student")]
    UnknownStudent(u32),
    #[error("mentor {0} is named in an edge, but there is no such mentor")]
    UnknownMentor(u32),
    #[error("student {0} and mentor {1} have a negative value")]
    Negative(u32, u32),
    #[error("more than 4,294,967,295 edges")]
    TooLarge,
    #[error("the groups of {given} mentors are given, the instance has {there}")]
    Members { given: usize, there: usize },
    #[error("group {0} is named, but there is no such group")]
    UnknownGroup(u32),
    #[error("group {0} lies within itself")]
    Circle(u32),
}

/// Students, mentors and the possible pairs, the best first for each student.
#[derive(Debug, Clone)]
pub struct Instance {
    starts: Vec<u32>,
    arcs: Vec<Arc>,
    /// Parallel to the arcs; empty if nobody has a preference.
    preferences: Vec<Preference>,
    places: Vec<Places>,
    forest: Forest,
    highest: i32,
}

/// The numbers from 0; there are fewer than 2^32 of anything here.
pub(crate) fn numbers(count: usize) -> impl Iterator<Item = u32> {
    0..u32::try_from(count).unwrap_or(u32::MAX)
}

impl Instance {
    /// A pair that is given twice counts once, with the better value.
    pub fn new(students: usize, places: Vec<Places>, edges: &[Edge]) -> Result<Self, Fault> {
        let mut starts = vec![0u32; students + 1];
        u32::try_from(edges.len()).map_err(|_| Fault::TooLarge)?;
        for edge in edges {
            if edge.mentor as usize >= places.len() {
                return Err(Fault::UnknownMentor(edge.mentor));
            }
            if edge.value < 0 {
                return Err(Fault::Negative(edge.student, edge.mentor));
            }
            *starts.get_mut(edge.student as usize + 1).ok_or(Fault::UnknownStudent(edge.student))? += 1;
        }
        for student in 0..students {
            starts[student + 1] += starts[student];
        }
        let mut next = starts.clone();
        let mut arcs = vec![Arc { mentor: 0, value: 0 }; edges.len()];
        let ranked = edges.iter().any(|edge| edge.preference != Preference::default());
        let mut preferences = vec![Preference::default(); if ranked { edges.len() } else { 0 }];
        for edge in edges {
            let at = &mut next[edge.student as usize];
            arcs[*at as usize] = Arc { mentor: edge.mentor, value: edge.value };
            if let Some(preference) = preferences.get_mut(*at as usize) {
                *preference = edge.preference;
            }
            *at += 1;
        }
        let mut instance = Self { starts, arcs, preferences, places, forest: Forest::default(), highest: 0 };
        instance.order();
        Ok(instance)
    }

    /// The same instance with mentors who share places; `of` says the group of each mentor. Mentors keep their own
    /// places beside: both bounds hold.
    pub fn grouped(self, of: &[Option<u32>], groups: &[Group]) -> Result<Self, Fault> {
        Ok(Self { forest: Forest::new(of, groups, self.places.len())?, ..self })
    }

    /// Puts each student's arcs in order and drops those that are named again.
    fn order(&mut self) {
        let mut kept = 0;
        let mut seen = vec![u32::MAX; self.places.len()];
        let mut together = Vec::new();
        for student in numbers(self.students()) {
            let (from, to) = (self.starts[student as usize] as usize, self.starts[student as usize + 1] as usize);
            if self.preferences.is_empty() {
                self.arcs[from..to].sort_unstable_by_key(|arc| (Reverse(arc.value), arc.mentor));
            } else {
                together.clear();
                together.extend(self.arcs[from..to].iter().copied().zip(self.preferences[from..to].iter().copied()));
                together.sort_unstable_by_key(|(arc, preference)| (Reverse(arc.value), arc.mentor, Reverse(*preference)));
                for (at, (arc, preference)) in (from..to).zip(&together) {
                    (self.arcs[at], self.preferences[at]) = (*arc, *preference);
                }
            }
            self.starts[student as usize] = kept;
            for at in from..to {
                let arc = self.arcs[at];
                if seen[arc.mentor as usize] != student {
                    seen[arc.mentor as usize] = student;
                    self.arcs[kept as usize] = arc;
                    if !self.preferences.is_empty() {
                        self.preferences[kept as usize] = self.preferences[at];
                    }
                    kept += 1;
                    self.highest = self.highest.max(arc.value);
                }
            }
        }
        if let Some(last) = self.starts.last_mut() {
            *last = kept;
        }
        self.arcs.truncate(kept as usize);
        self.preferences.truncate(kept as usize);
    }

    pub fn students(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn mentors(&self) -> usize {
        self.places.len()
    }

    pub fn places(&self) -> &[Places] {
        &self.places
    }

    /// The free places of a mentor.
    pub fn free(&self, mentor: usize) -> usize {
        self.places[mentor].free() as usize
    }

    /// Whether mentors share places.
    pub fn has_groups(&self) -> bool {
        !self.forest.is_empty()
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.forest.places().len()
    }

    /// How many holders of places there are: the mentors, then the groups, numbered in this order.
    pub fn holders(&self) -> usize {
        self.mentors() + self.groups()
    }

    /// The free places of a holder.
    pub fn free_of(&self, holder: usize) -> usize {
        let group = || self.forest.places().get(holder - self.mentors()).map_or(0, |places| places.free() as usize);
        if holder < self.mentors() { self.free(holder) } else { group() }
    }

    /// The holders a student of this mentor takes a place of: the mentor, the group, the group that one lies within, …
    pub fn chain(&self, mentor: u32) -> impl Iterator<Item = usize> {
        self.forest.from(mentor as usize)
    }

    /// What lies above a holder.
    pub(crate) fn above(&self, holder: usize) -> Option<u32> {
        self.forest.above(holder)
    }

    /// Whom a student may have, the best first, equals by number.
    pub fn arcs(&self, student: usize) -> &[Arc] {
        &self.arcs[self.starts[student] as usize..self.starts[student + 1] as usize]
    }

    /// The arcs of a student with how the two rank each other.
    pub fn ranked(&self, student: usize) -> impl Iterator<Item = (Arc, Preference)> {
        let from = self.starts[student] as usize;
        let preference = move |at: usize| self.preferences.get(from + at).copied().unwrap_or_default();
        self.arcs(student).iter().enumerate().map(move |(at, arc)| (*arc, preference(at)))
    }

    /// Whether anybody has a preference.
    pub fn has_preferences(&self) -> bool {
        !self.preferences.is_empty()
    }

    /// The value of a pair, if it is possible.
    pub fn value(&self, student: usize, mentor: u32) -> Option<i32> {
        self.arcs(student).iter().find(|arc| arc.mentor == mentor).map(|arc| arc.value)
    }

    /// The highest value of a pair.
    pub fn highest(&self) -> i32 {
        self.highest
    }

    /// The number of possible pairs.
    pub fn size(&self) -> usize {
        self.arcs.len()
    }

    /// The possible pairs that pass, in the same numbering.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(usize, Arc) -> bool) -> Self {
        let mut starts = Vec::with_capacity(self.starts.len());
        let (mut arcs, mut preferences) = (Vec::new(), Vec::new());
        starts.push(0);
        for student in 0..self.students() {
            let kept = self.ranked(student).filter(|(arc, _)| keep(student, *arc));
            if self.preferences.is_empty() {
                arcs.extend(kept.map(|(arc, _)| arc));
            } else {
                kept.for_each(|(arc, preference)| {
                    arcs.push(arc);
                    preferences.push(preference);
                });
            }
            starts.push(u32::try_from(arcs.len()).unwrap_or(u32::MAX));
        }
        let highest = arcs.iter().map(|arc: &Arc| arc.value).max().unwrap_or_default();
        Self { starts, arcs, preferences, places: self.places.clone(), forest: self.forest.clone(), highest }
    }

    /// Loads the beginning of these students' arcs, all at once: what is read at random from memory next is then
    /// near, and the waits overlap. Returns what it read, lest the compiler leave it out.
    pub(crate) fn touch(&self, students: impl Iterator<Item = u32>) -> i32 {
        const LINE: usize = 64 / size_of::<Arc>();
        let line = |at: usize| self.arcs.get(at).map_or(0, |arc| arc.value);
        students.map(|student| self.starts[student as usize] as usize).map(|at| line(at) ^ line(at + LINE)).fold(0, |a, b| a ^ b)
    }
}
