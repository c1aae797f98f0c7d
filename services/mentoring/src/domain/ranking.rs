//! How students and mentors rank each other in a round, and whom they exclude.

use super::{Choice, EnrolmentId, MentorId, ProjectId, Refusal};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The best fit, and what a first choice counts.
const FIRST: i64 = 1000;
/// What each further place in a ranking counts less.
const STEP: i64 = 100;
/// How high a first choice is, whoever ranks and however many: mentors who share the places of their organisation are
/// measured by one scale. A ranking holds at most 50, so nobody named comes below what a priority counts.
const HIGHEST: i32 = 100;

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
        let heights = (0..).map(|place: i32| (HIGHEST - place).max(1));
        let scores = (0..).map(|place: i64| (FIRST - place * STEP).max(STEP));
        self.ranked.iter().zip(heights.zip(scores)).map(|(who, (height, score))| (*who, Rank { height, score }))
    }
}

/// One ranking of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranking {
    OfStudent(EnrolmentId, Order<Choice>),
    OfMentor(MentorId, Order<EnrolmentId>),
}

impl Ranking {
    /// The projects a student names.
    pub fn projects(&self) -> impl Iterator<Item = ProjectId> {
        let choices = match self {
            Self::OfStudent(_, order) => order.ranked.as_slice(),
            Self::OfMentor(..) => &[],
        };
        choices.iter().filter_map(|choice| match choice {
            Choice::Project(project) => Some(*project),
            Choice::Mentor(_) => None,
        })
    }

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
    projects: BTreeMap<(EnrolmentId, ProjectId), Rank>,
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
                    for (choice, rank) in order.ranks() {
                        match choice {
                            Choice::Mentor(mentor) => drop(all.by_student.insert((student, mentor), rank)),
                            Choice::Project(project) => drop(all.projects.insert((student, project), rank)),
                        }
                    }
                    for choice in order.excluded {
                        if let Choice::Mentor(mentor) = choice {
                            all.excluded.insert((student, mentor));
                        }
                    }
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

    /// How high a student ranks a project, and what that counts as part of the fit; nothing where it is not named, and
    /// then the student does not get it.
    pub fn of_project(&self, student: EnrolmentId, project: ProjectId) -> Option<(i32, i64)> {
        self.projects.get(&(student, project)).map(|rank| (rank.height, rank.score))
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

    /// The projects a student ranks.
    pub fn projects_of(&self, student: EnrolmentId) -> impl Iterator<Item = ProjectId> {
        let all = (student, ProjectId::from_uuid(Uuid::nil()))..=(student, ProjectId::from_uuid(Uuid::max()));
        self.projects.range(all).map(|((_, project), _)| *project)
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

    fn choice(n: u128) -> Choice {
        Choice::Mentor(mentor(n))
    }

    #[test]
    fn who_is_named_earlier_is_ranked_higher_and_who_is_not_named_last() {
        let ranked = |choices| Rankings::new([Ranking::OfStudent(student(1), Order::new(choices, vec![]).unwrap())]);
        let few = ranked(vec![choice(1), choice(2)]);
        assert_eq!([1, 2, 3].map(|n| few.heights(student(1), mentor(n))), [(100, 0), (99, 0), (0, 0)]);
        assert_eq!([1, 2, 3].map(|n| few.scores(student(1), mentor(n))), [(1000, 0), (900, 0), (0, 0)]);
        let many = ranked((0..50).map(choice).collect());
        assert_eq!([8, 9, 49].map(|n| many.scores(student(1), mentor(n)).0), [200, 100, 100]);
        assert_eq!(many.heights(student(1), mentor(49)), (51, 0));
    }

    #[test]
    fn a_project_is_ranked_apart_from_its_mentor() {
        let project = ProjectId::from_uuid(Uuid::from_u128(7));
        let order = Order::new(vec![Choice::Project(project), choice(1)], vec![]).unwrap();
        let rankings = Rankings::new([Ranking::OfStudent(student(1), order)]);
        assert_eq!(rankings.of_project(student(1), project), Some((100, 1000)));
        assert_eq!(rankings.of_project(student(2), project), None);
        assert_eq!(rankings.heights(student(1), mentor(1)), (99, 0));
    }

    #[test]
    fn nobody_is_named_twice() {
        assert!(matches!(Order::new(vec![mentor(1), mentor(1)], vec![]), Err(Refusal::NamedTwice { .. })));
        assert!(matches!(Order::new(vec![mentor(1)], vec![mentor(1)]), Err(Refusal::NamedTwice { .. })));
    }

    #[test]
    fn either_of_the_two_can_exclude_the_other() {
        let rankings = Rankings::new([
            Ranking::OfStudent(student(1), Order::new(vec![], vec![choice(1)]).unwrap()),
            Ranking::OfMentor(mentor(2), Order::new(vec![student(2)], vec![student(1)]).unwrap()),
        ]);
        assert!(rankings.excluded(student(1), mentor(1)) && rankings.excluded(student(1), mentor(2)));
        assert!(!rankings.excluded(student(2), mentor(1)) && !rankings.excluded(student(2), mentor(2)));
        assert_eq!((rankings.heights(student(2), mentor(2)), rankings.scores(student(2), mentor(2))), ((0, 100), (0, 1000)));
    }
}
