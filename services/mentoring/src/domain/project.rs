//! What a mentor offers to students by itself (课题): so many of the mentor's places go to it at most.

use super::{Codes, MentorId, OrganisationId, ProjectId, Refusal};
use std::fmt;

kit::words! {
    /// Where a project stands.
    pub enum State {
        Open = "open",
        /// Takes nobody any more; who has it keeps it.
        Closed = "closed",
    }
}

/// What is said of a project.
#[derive(Debug, Clone)]
pub struct Outline {
    pub title: String,
    /// Students at once, of the mentor's.
    pub capacity: i64,
    pub skills: Codes,
}

#[derive(Debug, Clone)]
pub struct Project {
    pub id: ProjectId,
    pub version: i64,
    pub mentor: MentorId,
    /// The mentor's school or enterprise.
    pub organisation: OrganisationId,
    pub outline: Outline,
    /// Students now. Only the tables change it, by one conditional statement.
    pub load: i64,
    pub state: State,
}

impl Project {
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The project as it shall be. Nobody is moved for it, so it keeps places for those who have it.
    pub fn revise(&self, outline: Outline, mentor_capacity: i64) -> Result<Self, Refusal> {
        outline.within(self.mentor, mentor_capacity)?;
        if outline.capacity < self.load {
            return Err(Refusal::ProjectTooSmall { project: self.id, students: self.load });
        }
        Ok(Self { outline, ..self.next() })
    }

    /// Opens or closes it for further students.
    pub fn turn(&self, state: State) -> Result<Self, Refusal> {
        if self.state == state {
            return Err(Refusal::ProjectIs { project: self.id, state });
        }
        Ok(Self { state, ..self.next() })
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

impl Outline {
    /// Whether a mentor has so many places.
    pub fn within(&self, mentor: MentorId, capacity: i64) -> Result<(), Refusal> {
        if self.capacity <= capacity { Ok(()) } else { Err(Refusal::ProjectTooLarge { mentor, capacity }) }
    }
}

/// A project of a mentor, as it stands for choice beside the mentor without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub project: ProjectId,
    pub capacity: i64,
    pub load: i64,
}

/// What a student can rank: a mentor, with whatever project or none, or a project of a mentor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    Mentor(MentorId),
    Project(ProjectId),
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mentor(mentor) => mentor.fmt(f),
            Self::Project(project) => project.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;

    fn outline(capacity: i64) -> Outline {
        Outline { title: "spinning".to_owned(), capacity, skills: Codes::default() }
    }

    fn project(load: i64) -> Project {
        Project {
            id: ProjectId::unset(),
            version: 1,
            mentor: MentorId::unset(),
            organisation: OrganisationId::unset(),
            outline: outline(3),
            load,
            state: State::Open,
        }
    }

    #[test]
    fn a_project_keeps_places_for_those_who_have_it_and_takes_no_more_than_its_mentor_has() {
        assert_eq!(project(2).revise(outline(2), 5).unwrap().version, 2);
        assert!(matches!(project(2).revise(outline(1), 5), Err(Refusal::ProjectTooSmall { students: 2, .. })));
        assert!(matches!(project(0).revise(outline(6), 5), Err(Refusal::ProjectTooLarge { capacity: 5, .. })));
    }

    #[test]
    fn a_project_is_closed_and_opened_again_by_turns() {
        let closed = project(1).turn(State::Closed).unwrap();
        assert!(!closed.is_open() && closed.turn(State::Open).unwrap().is_open());
        assert!(matches!(closed.turn(State::Closed), Err(Refusal::ProjectIs { .. })));
        assert!(matches!(project(1).turn(State::Open), Err(Refusal::ProjectIs { .. })));
    }
}
