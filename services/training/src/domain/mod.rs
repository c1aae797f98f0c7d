//! The rules of order-based training, pure.

mod class;
mod enrolment;
mod order;
mod placement;
mod refusal;

pub use class::{Class, ClassState};
pub use enrolment::{Enrolment, EnrolmentState, Student};
pub use order::{Order, OrderState, Step};
pub use placement::{Placement, judge};
pub use refusal::Refusal;

kit::id! {
    OrderId => "orders";
    ClassId => "classes";
    EnrolmentId => "enrolments";
    PlacementId => "placements";
    OrganisationId => "organisations";
    ProgrammeId => "programmes";
    PersonId => "people";
}
