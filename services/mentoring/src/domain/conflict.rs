//! Who is not to be paired, and which two mentors do not guide the same student (回避).

use super::{ConflictId, MentorId, PersonId};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use std::collections::BTreeSet;

kit::words! {
    /// Why two do not go together.
    pub enum Ground {
        Family = "family",
        Business = "business",
        /// One of two mentors would not work beside the other.
        Veto = "veto",
        /// An objection to their pairing was upheld.
        Objection = "objection",
    }
}

/// The other of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// A student.
    Person(PersonId),
    /// A mentor of the other side.
    Mentor(MentorId),
}

#[derive(Debug, Clone, Copy)]
pub struct Conflict {
    pub id: ConflictId,
    pub mentor: MentorId,
    pub other: Other,
    pub ground: Ground,
}

/// The conflicts that hold.
#[derive(Debug, Clone, Default)]
pub struct Conflicts {
    students: BTreeSet<(PersonId, MentorId)>,
    mentors: BTreeSet<(MentorId, MentorId)>,
}

impl Conflicts {
    pub fn new(conflicts: impl IntoIterator<Item = (MentorId, Other)>) -> Self {
        let mut all = Self::default();
        for (mentor, other) in conflicts {
            match other {
                Other::Person(person) => drop(all.students.insert((person, mentor))),
                Other::Mentor(other) => drop(all.mentors.insert((mentor.min(other), mentor.max(other)))),
            }
        }
        all
    }

    /// Whether the two are not to be paired.
    pub fn forbid(&self, student: PersonId, mentor: MentorId) -> bool {
        self.students.contains(&(student, mentor))
    }

    /// The mentors who are not to be paired with a student.
    pub fn of_person(&self, student: PersonId) -> impl Iterator<Item = MentorId> {
        let all = (student, MentorId::from_uuid(Uuid::nil()))..=(student, MentorId::from_uuid(Uuid::max()));
        self.students.range(all).map(|(_, mentor)| *mentor)
    }

    /// Whether any two mentors do not guide the same student.
    pub fn part_any(&self) -> bool {
        !self.mentors.is_empty()
    }

    /// The mentors who do not guide the same student, in both orders.
    pub fn vetoes(&self) -> impl Iterator<Item = (MentorId, MentorId)> {
        self.mentors.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)])
    }

    /// Whether the two do not guide the same student.
    pub fn part(&self, one: MentorId, other: MentorId) -> bool {
        self.mentors.contains(&(one.min(other), one.max(other)))
    }
}
