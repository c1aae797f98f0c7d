//! That somebody objects to a pairing (异议), and what became of it.

use super::{ObjectionId, PairingId, Refusal, RoundId};

kit::words! {
    /// Why somebody objects.
    pub enum ObjectionGround {
        /// A conflict of interest.
        Interest = "interest",
        Distance = "distance",
        Workload = "workload",
        Subject = "subject",
        Other = "other",
    }
}

kit::words! {
    /// Where an objection stands.
    pub enum State {
        Open = "open",
        Upheld = "upheld",
        Dismissed = "dismissed",
    }
}

#[derive(Debug, Clone)]
pub struct Objection {
    pub id: ObjectionId,
    pub round: RoundId,
    pub pairing: PairingId,
    pub ground: ObjectionGround,
    pub state: State,
    pub raised_by: String,
    pub decided_by: Option<String>,
}

impl Objection {
    /// Decided once, by another person than the one who raised it.
    pub fn decide(&self, upheld: bool, by: &str) -> Result<Self, Refusal> {
        if self.state != State::Open {
            return Err(Refusal::ObjectionDecided { objection: self.id });
        }
        if self.raised_by == by {
            return Err(Refusal::OwnObjection { objection: self.id });
        }
        let state = if upheld { State::Upheld } else { State::Dismissed };
        Ok(Self { state, decided_by: Some(by.to_owned()), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;
    use kit::macros::uuid::Uuid;

    #[test]
    fn an_objection_is_decided_once_and_by_somebody_else() {
        let raised = Objection {
            id: ObjectionId::from_uuid(Uuid::from_u128(1)),
            round: RoundId::from_uuid(Uuid::from_u128(2)),
            pairing: PairingId::from_uuid(Uuid::from_u128(3)),
            ground: ObjectionGround::Distance,
            state: State::Open,
            raised_by: "foreman".to_owned(),
            decided_by: None,
        };
        assert!(matches!(raised.decide(true, "foreman"), Err(Refusal::OwnObjection { .. })));
        let decided = raised.decide(false, "dean").unwrap();
        assert_eq!((decided.state, decided.decided_by.as_deref()), (State::Dismissed, Some("dean")));
        assert!(matches!(decided.decide(true, "dean"), Err(Refusal::ObjectionDecided { .. })));
    }
}
