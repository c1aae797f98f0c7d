//! How students and mentors rank each other in a round, and whom they exclude.

use super::{EnrolmentId, MentorId, Refusal};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The best fit, and what a first choice counts.
const FIRST: i64 = 1000;
/// What each further place in a ranking counts less.
const STEP: i64 = 100;

/// Whose ranking it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    Student(EnrolmentId),
    Mentor(MentorId),
}

/// A ranking of students or of mentors, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order<T> {
    pub ranked: Vec<T>,
    pub excluded: Vec<T>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self { ranked: Vec::new(), excluded: Vec::new() }
    }
}

impl<T: Copy + Ord + ToString> Order<T> {
    /// Nobody is named twice.
    pub fn new(ranked: Vec<T>, excluded: Vec<T>) -> Result<Self, Refusal> {
        let mut seen = BTreeSet::new();
        match ranked.iter().chain(&excluded).find(|one| !seen.insert(**one)) {
            Some(twice) => Err(Refusal::NamedTwice { who: twice.to_string() }),
            None => Ok(Self { ranked, excluded }),
        }
    }

    fn ranks(&self) -> impl Iterator<Item = (T, Rank)> {
        let heights = (1..).take(self.ranked.len()).collect::<Vec<i32>>().into_iter().rev();
        let scores = (0..).map(|place: i64| (FIRST - place * STEP).max(STEP));
        self.ranked.iter().zip(heights.zip(scores)).map(|(who, (height, score))| (*who, Rank { height, score }))
    }
}

/// One ranking of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranking {
    OfStudent(EnrolmentId, Order<MentorId>),
    OfMentor(MentorId, Order<EnrolmentId>),
}

impl Ranking {
    pub fn author(&self) -> Author {
        match self {
            Self::OfStudent(student, _) => Author::Student(*student),
            Self::OfMentor(mentor, _) => Author::Mentor(*mentor),
        }
    }
}

/// What rankings say of each student and mentor together. Rankings of several rounds can stand in one: a student is in
/// one round only, and a mentor's rankings of different rounds name different students.
#[derive(Debug, Clone, Default)]
pub struct Rankings {
    by_student: BTreeMap<(EnrolmentId, MentorId), Rank>,
    by_mentor: BTreeMap<(EnrolmentId, MentorId), Rank>,
    excluded: BTreeSet<(EnrolmentId, MentorId)>,
}

/// How high somebody is ranked: higher is better, 0 for who is not named; and what that counts as part of the fit.
#[derive(Debug, Clone, Copy, Default)]
struct Rank {
    height: i32,
    score: i64,
}

impl Rankings {
    pub fn new(rankings: impl IntoIterator<Item = Ranking>) -> Self {
        let mut all = Self::default();
        for ranking in rankings {
            match ranking {
                Ranking::OfStudent(student, order) => {
                    all.by_student.extend(order.ranks().map(|(mentor, rank)| ((student, mentor), rank)));
                    all.excluded.extend(order.excluded.into_iter().map(|mentor| (student, mentor)));
                }
                Ranking::OfMentor(mentor, order) => {
                    all.by_mentor.extend(order.ranks().map(|(student, rank)| ((student, mentor), rank)));
                    all.excluded.extend(order.excluded.into_iter().map(|student| (student, mentor)));
                }
            }
        }
        all
    }

    /// How high each ranks the other: by the student, by the mentor.
    pub fn heights(&self, student: EnrolmentId, mentor: MentorId) -> (i32, i32) {
        let (by_student, by_mentor) = self.ranks(student, mentor);
        (by_student.height, by_mentor.height)
    }

    /// What the ranks count as parts of the fit, 0 to 1,000.
    pub fn scores(&self, student: EnrolmentId, mentor: MentorId) -> (i64, i64) {
        let (by_student, by_mentor) = self.ranks(student, mentor);
        (by_student.score, by_mentor.score)
    }

    /// Whether one of the two excluded the other.
    pub fn excluded(&self, student: EnrolmentId, mentor: MentorId) -> bool {
        self.excluded.contains(&(student, mentor))
    }

    /// The mentors a student ranks or is ranked by; whoever does both, twice.
    pub fn ranked_beside(&self, student: EnrolmentId) -> impl Iterator<Item = MentorId> {
        let [by_student, by_mentor] = [&self.by_student, &self.by_mentor].map(|ranks| ranks.range(beside(student)));
        by_student.chain(by_mentor).map(|((_, mentor), _)| *mentor)
    }

    /// The mentors of whom one of the two excluded the other.
    pub fn excluded_beside(&self, student: EnrolmentId) -> impl Iterator<Item = MentorId> {
        self.excluded.range(beside(student)).map(|(_, mentor)| *mentor)
    }

    fn ranks(&self, student: EnrolmentId, mentor: MentorId) -> (Rank, Rank) {
        let of = |ranks: &BTreeMap<_, Rank>| ranks.get(&(student, mentor)).copied().unwrap_or_default();
        (of(&self.by_student), of(&self.by_mentor))
    }
}

/// Every pair of a student.
fn beside(student: EnrolmentId) -> RangeInclusive<(EnrolmentId, MentorId)> {
    (student, MentorId::from_uuid(Uuid::nil()))..=(student, MentorId::from_uuid(Uuid::max()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentor(n: u128) -> MentorId {
        MentorId::from_uuid(Uuid::from_u128(n))
    }

    fn student(n: u128) -> EnrolmentId {
        EnrolmentId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn who_is_named_earlier_is_ranked_higher_and_who_is_not_named_last() {
        let ranked = |mentors| Rankings::new([Ranking::OfStudent(student(1), Order::new(mentors, vec![]).unwrap())]);
        let few = ranked(vec![mentor(1), mentor(2)]);
        assert_eq!([1, 2, 3].map(|n| few.heights(student(1), mentor(n))), [(2, 0), (1, 0), (0, 0)]);
        assert_eq!([1, 2, 3].map(|n| few.scores(student(1), mentor(n))), [(1000, 0), (900, 0), (0, 0)]);
        let many = ranked((0..50).map(mentor).collect());
        assert_eq!([8, 9, 49].map(|n| many.scores(student(1), mentor(n)).0), [200, 100, 100]);
    }

    #[test]
    fn nobody_is_named_twice() {
        assert!(matches!(Order::new(vec![mentor(1), mentor(1)], vec![]), Err(Refusal::NamedTwice { .. })));
        assert!(matches!(Order::new(vec![mentor(1)], vec![mentor(1)]), Err(Refusal::NamedTwice { .. })));
    }

    #[test]
    fn either_of_the_two_can_exclude_the_other() {
        let rankings = Rankings::new([
            Ranking::OfStudent(student(1), Order::new(vec![], vec![mentor(1)]).unwrap()),
            Ranking::OfMentor(mentor(2), Order::new(vec![student(2)], vec![student(1)]).unwrap()),
        ]);
        assert!(rankings.excluded(student(1), mentor(1)) && rankings.excluded(student(1), mentor(2)));
        assert!(!rankings.excluded(student(2), mentor(1)) && !rankings.excluded(student(2), mentor(2)));
        assert_eq!((rankings.heights(student(2), mentor(2)), rankings.scores(student(2), mentor(2))), ((0, 1), (0, 1000)));
    }
}
