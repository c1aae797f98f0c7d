//! The use cases, one a file. Each runs inside a transaction that kit opened and will commit.

mod close_mentor;
mod create_round;
mod enrol;
mod fill;
mod find;
mod leave_class;
mod list;
mod publish_round;
mod record_guidance;
mod register_mentors;
mod solve_round;

pub use close_mentor::employment_changed;
pub use create_round::{CreateRound, create_round};
pub use enrol::enrol;
pub use find::{FindMentor, FindPairing, FindRound, find_mentor, find_pairing, find_round};
pub use leave_class::{Leaving, leave_class};
pub use list::{
    ListGuidance, ListMentors, ListPairings, ListProposals, ListRounds, Listed, list_guidance, list_mentors, list_pairings,
    list_proposals, list_rounds,
};
pub use publish_round::{PublishRound, publish_round};
pub use record_guidance::{RecordGuidance, Recorded, record_guidance};
pub use register_mentors::{RegisterMentors, Registered, register_mentors};
pub use solve_round::{SolveRound, solve_round};
