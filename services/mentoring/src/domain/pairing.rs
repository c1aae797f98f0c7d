//! A student and one of the two mentors: vacant until somebody is free, active, ended.

use super::{ClassId, EnrolmentId, MentorId, OrganisationId, PairingId, PersonId, ProjectId, RematchId, RoundId, Side, Student};
use chrono::NaiveDate;

kit::words! {
    /// Where a pairing stands.
    pub enum State {
        Active = "active",
        /// The student waits: nobody eligible is free.
        Vacant = "vacant",
        Ended = "ended",
    }
}

kit::words! {
    /// Why a pairing ended.
    pub enum EndReason {
        MentorLeft = "mentor-left",
        Graduated = "graduated",
        Withdrawn = "withdrawn",
        /// An objection was upheld.
        Objection = "objection",
        /// The mentor has fewer places than students.
        Places = "places",
    }
}

/// The mentor of a pairing, with what its events tell of the mentor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    pub mentor: MentorId,
    pub person: PersonId,
    pub organisation: OrganisationId,
    /// The mentor's project the student works on, if it is one.
    pub project: Option<ProjectId>,
    /// The first day of guidance.
    pub since: NaiveDate,
}

/// What happened to a pairing; its events are numbered by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Created,
    Vacant,
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    pub id: PairingId,
    pub version: i64,
    pub round: RoundId,
    pub enrolment: EnrolmentId,
    pub class: ClassId,
    pub student: PersonId,
    pub school: OrganisationId,
    pub enterprise: OrganisationId,
    pub side: Side,
    pub state: State,
    pub guide: Option<Guide>,
    pub fit: i64,
    pub end: Option<(NaiveDate, EndReason)>,
    /// The re-match whose approval the vacancy waits for.
    pub rematch: Option<RematchId>,
}

impl Pairing {
    /// A pairing nobody has been told of yet: its first event makes it version 1.
    pub fn new(id: PairingId, round: RoundId, student: &Student, side: Side) -> Self {
        Self {
            id,
            version: 0,
            round,
            enrolment: student.enrolment,
            class: student.class,
            student: student.person,
            school: student.school,
            enterprise: student.enterprise,
            side,
            state: State::Vacant,
            guide: None,
            fit: 0,
            end: None,
            rematch: None,
        }
    }

    /// Whether anybody has been told of it.
    pub fn is_new(&self) -> bool {
        self.version == 0
    }

    /// Somebody is found.
    #[must_use]
    pub fn fill(&self, guide: Guide, fit: i64) -> (Self, Event) {
        (Self { state: State::Active, guide: Some(guide), fit, rematch: None, ..self.next() }, Event::Created)
    }

    /// Nobody is found, and that is told once.
    #[must_use]
    pub fn wait(&self) -> (Self, Event) {
        (self.next(), Event::Vacant)
    }

    /// Nobody is looked for until the re-match is approved.
    #[must_use]
    pub fn hold(&self, rematch: RematchId) -> (Self, Event) {
        (Self { rematch: Some(rematch), ..self.next() }, Event::Vacant)
    }

    #[must_use]
    pub fn end(&self, on: NaiveDate, reason: EndReason) -> (Self, Event) {
        (Self { state: State::Ended, end: Some((on, reason)), ..self.next() }, Event::Ended)
    }

    /// The student's next pairing on the same side, after the mentor left.
    #[must_use]
    pub fn successor(&self, id: PairingId) -> Self {
        Self { id, version: 0, state: State::Vacant, guide: None, fit: 0, end: None, rematch: None, ..self.clone() }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}
