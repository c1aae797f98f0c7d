//! The rules of rotation, pure: no I/O, no clock, no chance.

mod refusal;
mod rotation;
mod share;

pub use refusal::Refusal;
pub use rotation::{Application, Change, Event, Rotation, State};
pub use share::{Commitment, Share, check_shares};

kit::id! {
    RotationId => "rotations";
    PersonId => "people";
    OrganisationId => "organisations";
}
