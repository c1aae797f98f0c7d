//! Who guided whom before.

use super::PersonId;
use kit::id::Id;
use kit::macros::uuid::Uuid;
use std::collections::BTreeSet;

/// Students and those who guided them before, each as a person: a mentor who left and came back is another mentor, and the
/// same person. Who was parted by an objection that was upheld is not among them.
#[derive(Debug, Clone, Default)]
pub struct History(BTreeSet<(PersonId, PersonId)>);

impl History {
    /// From students and their mentors.
    pub fn new(guided: impl IntoIterator<Item = (PersonId, PersonId)>) -> Self {
        Self(guided.into_iter().collect())
    }

    /// The people who guided a student.
    pub fn of_student(&self, student: PersonId) -> impl Iterator<Item = PersonId> {
        let all = (student, PersonId::from_uuid(Uuid::nil()))..=(student, PersonId::from_uuid(Uuid::max()));
        self.0.range(all).map(|(_, mentor)| *mentor)
    }

    pub fn has(&self, student: PersonId, mentor: PersonId) -> bool {
        self.0.contains(&(student, mentor))
    }
}
