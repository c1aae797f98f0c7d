//! How an organisation takes students in a round (接收条件): how many at most, and whom first.

use super::{ClassId, OrganisationId, ProgrammeId, Refusal, RoundId, Student};
use std::collections::BTreeSet;
use std::fmt;

/// Whose students come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Programme(ProgrammeId),
    Class(ClassId),
}

impl Priority {
    fn covers(self, student: &Student) -> bool {
        match self {
            Self::Programme(programme) => student.programme == programme.to_string(),
            Self::Class(class) => student.class == class,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programme(programme) => programme.fmt(f),
            Self::Class(class) => class.fmt(f),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    pub round: RoundId,
    pub organisation: OrganisationId,
    /// The most students of the round with mentors of the organisation, at any time; `None` where there is no bound.
    pub quota: Option<i64>,
    /// The first preferred, where a mentor has not ranked a student.
    pub priorities: Vec<Priority>,
}

impl Admission {
    /// Nothing is preferred twice.
    pub fn new(
        round: RoundId,
        organisation: OrganisationId,
        quota: Option<i64>,
        priorities: Vec<Priority>,
    ) -> Result<Self, Refusal> {
        let mut seen = BTreeSet::new();
        match priorities.iter().find(|one| !seen.insert(**one)) {
            Some(twice) => Err(Refusal::NamedTwice { who: twice.to_string() }),
            None => Ok(Self { round, organisation, quota, priorities }),
        }
    }

    /// The place of a student in the priorities, from 0.
    pub fn place(&self, student: &Student) -> Option<usize> {
        self.priorities.iter().position(|one| one.covers(student))
    }
}
