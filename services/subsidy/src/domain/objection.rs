//! Objections (异议) to claims that are public, and what is decided about them.

use super::{ClaimId, ClaimRefusal, ObjectionId, OrganisationId};

kit::words! {
    /// What is objected.
    pub enum Ground {
        /// The facts are not as the claim says.
        NotEligible = "not-eligible",
        WrongAmount = "wrong-amount",
        /// The same was paid for already.
        PaidElsewhere = "paid-elsewhere",
        /// A document is not what it is given out for.
        FalseEvidence = "false-evidence",
        /// Told to the bureau in another way.
        Other = "other",
    }
}

kit::words! {
    pub enum ObjectionState {
        Open = "open",
        Upheld = "upheld",
        Dismissed = "dismissed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    pub id: ObjectionId,
    pub version: i64,
    pub claim: ClaimId,
    pub ground: Ground,
    pub objected_by: String,
    /// Whose person objected; none for the bureau and finance.
    pub organisation: Option<OrganisationId>,
    pub state: ObjectionState,
    pub resolved_by: Option<String>,
    pub reason: Option<String>,
}

/// What is decided about an objection, by whom, and why.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub upheld: bool,
    pub by: String,
    pub reason: String,
}

impl Objection {
    /// Decides about it once, by another person than the one who objected.
    pub fn resolve(&self, verdict: Verdict) -> Result<Self, ClaimRefusal> {
        if self.state != ObjectionState::Open {
            return Err(ClaimRefusal::ObjectionResolved { objection: self.id, is: self.state });
        }
        if self.objected_by == verdict.by {
            return Err(ClaimRefusal::OwnObjection { objection: self.id });
        }
        let state = if verdict.upheld { ObjectionState::Upheld } else { ObjectionState::Dismissed };
        let (resolved_by, reason) = (Some(verdict.by), Some(verdict.reason));
        Ok(Self { version: self.version + 1, state, resolved_by, reason, ..self.clone() })
    }
}
