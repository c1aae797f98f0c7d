//! A student of an order class, as training's enrolments tell of them.

use super::{ClassId, Codes, EnrolmentId, OrderId, OrganisationId, PersonId, RoundId};

kit::words! {
    /// Whether a student still needs mentors.
    pub enum State {
        Enrolled = "enrolled",
        Graduated = "graduated",
        Withdrawn = "withdrawn",
    }
}

#[derive(Debug, Clone)]
pub struct Student {
    pub enrolment: EnrolmentId,
    pub class: ClassId,
    pub order: OrderId,
    pub person: PersonId,
    pub school: OrganisationId,
    pub enterprise: OrganisationId,
    /// The industry chain of the order; empty if it has none.
    pub chain: String,
    /// The programme of the class, `programmes/{id}`; empty if none is given.
    pub programme: String,
    pub skills: Codes,
    /// Where the class is taught, as its round says.
    pub place: String,
    /// Whether the two mentors must be of the same place, where both have one; as the round says.
    pub same_place: bool,
    pub state: State,
    /// The published round the student was paired in.
    pub round: Option<RoundId>,
}
