//! When a mentor has fewer places than students, or none: who stays, and who waits for approval.

use super::{MentorId, Refusal, RematchId};

kit::words! {
    /// Where a re-match stands.
    pub enum State {
        Waiting = "waiting",
        Approved = "approved",
    }
}

/// Students who lost a mentor together, too many to be given another one unseen.
#[derive(Debug, Clone)]
pub struct Rematch {
    pub id: RematchId,
    pub mentor: MentorId,
    pub reason: super::EndReason,
    pub students: i64,
    pub state: State,
    pub approved_by: Option<String>,
}

impl Rematch {
    pub fn approve(&self, by: &str) -> Result<Self, Refusal> {
        match self.state {
            State::Waiting => Ok(Self { state: State::Approved, approved_by: Some(by.to_owned()), ..self.clone() }),
            State::Approved => Err(Refusal::RematchApproved { rematch: self.id }),
        }
    }
}
