//! The rules of the directory, pure.

mod employment;
mod register;

pub use employment::{Employment, HrFact, HrKind, Period, Step, derive, reconcile};
pub use register::{Organisation, OrganisationKind, Person, PersonKind, Programme, SchoolType, sixteen_on};

kit::id! {
    OrganisationId => "organisations";
    ProgrammeId => "programmes";
    PersonId => "people";
    EmploymentId => "employments";
}
