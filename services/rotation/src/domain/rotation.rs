//! One rotation and what can happen to it.

use super::{Commitment, OrganisationId, PersonId, Refusal, RotationId};
use chrono::NaiveDate;

kit::words! {
    /// Where a rotation stands.
    pub enum State {
        Applied = "applied",
        Approved = "approved",
        Accepted = "accepted",
        Active = "active",
        Completed = "completed",
        Rejected = "rejected",
        Declined = "declined",
        Withdrawn = "withdrawn",
        EndedEarly = "ended_early",
    }
}

impl State {
    /// Whether a rotation in this state takes, or will take, a share of the person's time.
    pub fn takes_time(self) -> bool {
        !matches!(self, Self::Rejected | Self::Declined | Self::Withdrawn)
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Application {
    pub person: PersonId,
    pub home: OrganisationId,
    pub host: OrganisationId,
    pub period: Commitment,
    pub post: String,
}

#[derive(Debug, Clone)]
pub struct Rotation {
    pub id: RotationId,
    pub version: i64,
    pub application: Application,
    pub state: State,
    pub applied_by: String,
    pub approved_by: Option<String>,
    /// The first day no longer served, where it ended early.
    pub ended_on: Option<NaiveDate>,
    pub credited_days: Option<i64>,
    pub reason: Option<String>,
}

/// What somebody does with a rotation.
#[derive(Debug, Clone)]
pub enum Change {
    /// The home unit lets the person go; `by` is never the applicant.
    Approve {
        by: String,
    },
    Reject {
        reason: String,
    },
    /// The host unit takes the person.
    Accept,
    Decline {
        reason: String,
    },
    Withdraw,
    Activate {
        today: NaiveDate,
    },
    Complete {
        today: NaiveDate,
    },
    EndEarly {
        on: NaiveDate,
        reason: String,
    },
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Applied,
    Approved,
    Rejected,
    Accepted,
    Declined,
    Withdrawn,
    Activated,
    Completed,
    EndedEarly,
}

impl Rotation {
    pub fn apply(id: RotationId, application: Application, by: String) -> (Self, Event) {
        let rotation = Self {
            id,
            version: 1,
            application,
            state: State::Applied,
            applied_by: by,
            approved_by: None,
            ended_on: None,
            credited_days: None,
            reason: None,
        };
        (rotation, Event::Applied)
    }

    /// Carries out a change, or says why not. The result is one version further.
    pub fn decide(&self, change: Change) -> Result<(Self, Event), Refusal> {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let period = self.application.period;
        let event = match change {
            Change::Approve { by } => {
                self.needs(State::Applied)?;
                if by == self.applied_by {
                    return Err(Refusal::OwnApplication);
                }
                next.approved_by = Some(by);
                next.enter(State::Approved, Event::Approved)
            }
            Change::Reject { reason } => {
                self.needs(State::Applied)?;
                next.reason = Some(reason);
                next.enter(State::Rejected, Event::Rejected)
            }
            Change::Accept => {
                self.needs(State::Approved)?;
                next.enter(State::Accepted, Event::Accepted)
            }
            Change::Decline { reason } => {
                self.needs(State::Approved)?;
                next.reason = Some(reason);
                next.enter(State::Declined, Event::Declined)
            }
            Change::Withdraw => {
                if !matches!(self.state, State::Approved | State::Accepted) {
                    self.needs(State::Applied)?;
                }
                next.enter(State::Withdrawn, Event::Withdrawn)
            }
            Change::Activate { today } => {
                self.needs(State::Accepted)?;
                if today < period.start {
                    return Err(Refusal::NotBegun { first: period.start });
                }
                next.enter(State::Active, Event::Activated)
            }
            Change::Complete { today } => {
                self.needs(State::Active)?;
                let last = period.end.pred_opt().unwrap_or(period.end);
                if today < last {
                    return Err(Refusal::NotOver { last });
                }
                next.credited_days = Some(days(period.start, period.end));
                next.enter(State::Completed, Event::Completed)
            }
            Change::EndEarly { on, reason } => {
                self.needs(State::Active)?;
                if on < period.start || on >= period.end {
                    return Err(Refusal::EndOutside { first: period.start, last: period.end });
                }
                next.credited_days = Some(days(period.start, on));
                next.ended_on = Some(on);
                next.reason = Some(reason);
                next.enter(State::EndedEarly, Event::EndedEarly)
            }
        };
        Ok((next, event))
    }

    /// The time it takes of the person, if any.
    pub fn commitment(&self) -> Option<Commitment> {
        let period = self.application.period;
        let served = Commitment { end: self.ended_on.unwrap_or(period.end), ..period };
        (self.state.takes_time() && served.start < served.end).then_some(served)
    }

    fn needs(&self, needs: State) -> Result<(), Refusal> {
        if self.state == needs { Ok(()) } else { Err(Refusal::WrongState { rotation: self.id, is: self.state, needs }) }
    }

    fn enter(&mut self, state: State, event: Event) -> Event {
        self.state = state;
        event
    }
}

/// Calendar days of a half-open range.
fn days(start: NaiveDate, end: NaiveDate) -> i64 {
    (end - start).num_days()
}
