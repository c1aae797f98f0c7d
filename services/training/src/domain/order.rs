//! An order and what its enterprise does with it.

use super::{OrderId, OrganisationId, Refusal};
use chrono::NaiveDate;

kit::words! {
    /// Where an order stands.
    pub enum OrderState { Draft = "draft", Published = "published", Closed = "closed", Withdrawn = "withdrawn" }
}

#[derive(Debug, Clone)]
pub struct Order {
    pub id: OrderId,
    pub version: i64,
    pub enterprise: OrganisationId,
    pub title: String,
    pub chain: String,
    pub programme_code: String,
    pub seats: i64,
    pub seats_taken: i64,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub state: OrderState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Publish,
    Close,
    Withdraw,
}

impl Order {
    /// Takes a step, or says why not. A draft is nobody else's business and tells no event, so the version,
    /// which counts events, begins at 1 with its publication.
    pub fn step(&self, step: Step) -> Result<Self, Refusal> {
        let state = match (step, self.state) {
            (Step::Publish, OrderState::Draft) => OrderState::Published,
            (Step::Close, OrderState::Published) => OrderState::Closed,
            (Step::Withdraw, OrderState::Published) if self.seats_taken > 0 => return Err(Refusal::OrderInUse(self.id)),
            (Step::Withdraw, OrderState::Draft | OrderState::Published) => OrderState::Withdrawn,
            (Step::Publish, is) => return Err(Refusal::OrderState { order: self.id, is, needs: OrderState::Draft }),
            (_, is) => return Err(Refusal::OrderState { order: self.id, is, needs: OrderState::Published }),
        };
        Ok(Self { state, version: self.version + 1, ..self.clone() })
    }

    /// Whether a class of so many seats can be proposed on it.
    pub fn open_for(&self, seats: i64) -> Result<(), Refusal> {
        self.open()?;
        if seats > self.seats - self.seats_taken {
            return Err(Refusal::SeatsTaken { order: self.id, asked: seats });
        }
        Ok(())
    }

    /// Whether a class can be agreed on it.
    pub fn open(&self) -> Result<(), Refusal> {
        if self.state == OrderState::Published {
            return Ok(());
        }
        Err(Refusal::OrderState { order: self.id, is: self.state, needs: OrderState::Published })
    }
}
