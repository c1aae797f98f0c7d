//! A matching round: open → solved (as often as wanted) → published.

use super::{ClassId, OrganisationId, Refusal, RoundId};

kit::words! {
    /// Where a round stands.
    pub enum State {
        Open = "open",
        Solved = "solved",
        Published = "published",
    }
}

/// What a dry run, or publishing, came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    pub students: i64,
    pub matched_academic: i64,
    pub matched_enterprise: i64,
    pub total_fit: i64,
}

#[derive(Debug, Clone)]
pub struct Round {
    pub id: RoundId,
    pub version: i64,
    pub class: ClassId,
    pub school: OrganisationId,
    pub enterprise: OrganisationId,
    /// Where the class is taught, as a code; may be empty.
    pub place: String,
    pub state: State,
    pub outcome: Outcome,
    /// The weights the newest dry run judged by.
    pub weights: Option<i64>,
}

impl Round {
    /// Takes in the result of a dry run.
    pub fn solve(&self, outcome: Outcome, weights: i64) -> Result<Self, Refusal> {
        if self.state == State::Published {
            return Err(Refusal::AlreadyPublished { round: self.id });
        }
        Ok(Self { state: State::Solved, outcome, weights: Some(weights), ..self.next() })
    }

    /// Makes the newest dry run real.
    pub fn publish(&self, outcome: Outcome) -> Result<Self, Refusal> {
        match self.state {
            State::Open => Err(Refusal::NotSolved { round: self.id }),
            State::Published => Err(Refusal::AlreadyPublished { round: self.id }),
            State::Solved => Ok(Self { state: State::Published, outcome, ..self.next() }),
        }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;
    use kit::macros::uuid::Uuid;

    fn open() -> Round {
        Round {
            id: RoundId::from_uuid(Uuid::from_u128(1)),
            version: 1,
            class: ClassId::from_uuid(Uuid::from_u128(2)),
            school: OrganisationId::from_uuid(Uuid::from_u128(3)),
            enterprise: OrganisationId::from_uuid(Uuid::from_u128(4)),
            place: String::new(),
            state: State::Open,
            outcome: Outcome::default(),
            weights: None,
        }
    }

    #[test]
    fn a_round_is_solved_as_often_as_wanted_and_published_once() {
        let twice = open().solve(Outcome::default(), 1).and_then(|round| round.solve(Outcome::default(), 2)).unwrap();
        assert_eq!((twice.version, twice.weights), (3, Some(2)));
        let published = twice.publish(twice.outcome).unwrap();
        assert_eq!(published.state, State::Published);
        assert!(matches!(published.publish(published.outcome), Err(Refusal::AlreadyPublished { .. })));
        assert!(matches!(published.solve(Outcome::default(), 1), Err(Refusal::AlreadyPublished { .. })));
    }

    #[test]
    fn what_was_not_solved_is_not_published() {
        assert!(matches!(open().publish(Outcome::default()), Err(Refusal::NotSolved { .. })));
    }
}
