//! The rules of mentoring, pure: no I/O, no clock, no chance.

mod codes;
mod fit;
mod guidance;
mod mentor;
mod pairing;
mod proposal;
mod refusal;
mod round;
mod student;

pub use codes::Codes;
pub use fit::{Parts, Weights, eligible, fit, parts};
pub use guidance::{Guidance, Kind, check_day};
pub use mentor::{Mentor, Profile, Side, State as MentorState};
pub use pairing::{EndReason, Event as PairingEvent, Guide, Pairing, State as PairingState};
pub use proposal::{Assignment, Candidate, propose};
pub use refusal::Refusal;
pub use round::{Outcome, Round, State as RoundState};
pub use student::{State as StudentState, Student};

kit::id! {
    MentorId => "mentors";
    RoundId => "rounds";
    /// A line of a dry run.
    ProposalId => "proposals";
    PairingId => "pairings";
    GuidanceRecordId => "guidanceRecords";
    EnrolmentId => "enrolments";
    ClassId => "classes";
    OrderId => "orders";
    ProgrammeId => "programmes";
    PersonId => "people";
    OrganisationId => "organisations";
    EmploymentId => "employments";
}
