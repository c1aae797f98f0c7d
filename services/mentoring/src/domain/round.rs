//! A matching round: open for rankings → closed → published → final. Dry runs are made, as often as wanted, while it is
//! closed. One that is too large for one transaction is publishing in between.

use super::{OrganisationId, Reach, Refusal, RoundId, RunId};
use chrono::{Days, NaiveDate};

kit::words! {
    /// Where a round stands.
    pub enum State {
        /// Students and mentors rank each other.
        Open = "open",
        /// Rankings are closed.
        Closed = "closed",
        /// It is decided which dry run becomes real, and places are kept for it; the pairings are being made.
        Publishing = "publishing",
        /// The pairings are real; there may be objections.
        Published = "published",
        Final = "final",
    }
}

/// What publishing came to; while a round is publishing, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    pub students: i64,
    pub matched_academic: i64,
    pub matched_enterprise: i64,
    pub total_fit: i64,
}

impl std::ops::Add for Outcome {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            students: self.students + other.students,
            matched_academic: self.matched_academic + other.matched_academic,
            matched_enterprise: self.matched_enterprise + other.matched_enterprise,
            total_fit: self.total_fit + other.total_fit,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Round {
    pub id: RoundId,
    pub version: i64,
    pub reach: Reach,
    /// The school of all its students, if it is one.
    pub school: Option<OrganisationId>,
    /// The enterprise of all its students, if it is one.
    pub enterprise: Option<OrganisationId>,
    /// Where the class is taught, as a code; may be empty.
    pub place: String,
    /// Whether the two mentors of a student must be of the same place, where both have one.
    pub same_place: bool,
    /// Days for objections after the day of publishing; 0 for none.
    pub objection_days: i64,
    /// Possible mentors a dry run looks at first, a student and side.
    pub candidates: i64,
    pub state: State,
    pub outcome: Outcome,
    /// The weights in force when it was closed.
    pub weights: Option<i64>,
    /// The dry run that was published.
    pub run: Option<RunId>,
    /// The last day for objections.
    pub objections_until: Option<NaiveDate>,
    /// The command that decided on publishing; empty before.
    pub cause: String,
}

impl Round {
    /// Whether rankings are taken.
    pub fn takes_rankings(&self) -> Result<(), Refusal> {
        if self.state == State::Open { Ok(()) } else { Err(Refusal::PreferencesClosed { round: self.id }) }
    }

    pub fn close(&self, weights: i64) -> Result<Self, Refusal> {
        self.takes_rankings()?;
        Ok(Self { state: State::Closed, weights: Some(weights), ..self.next() })
    }

    /// Whether dry runs may be made: what they are made of stands, and nothing is real yet.
    pub fn may_be_solved(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open => Err(Refusal::PreferencesOpen { round: self.id }),
            State::Closed => Ok(()),
            State::Publishing => Err(Refusal::BeingPublished { round: self.id }),
            State::Published | State::Final => Err(Refusal::AlreadyPublished { round: self.id }),
        }
    }

    /// Decides that a dry run becomes real.
    pub fn publish(&self, run: RunId, cause: &str) -> Result<Self, Refusal> {
        self.may_be_solved()?;
        let outcome = Outcome::default();
        Ok(Self { state: State::Publishing, outcome, run: Some(run), cause: cause.to_owned(), ..self.next() })
    }

    /// Pairings of a round that is publishing were made.
    #[must_use]
    pub fn advance(&self, made: Outcome) -> Self {
        Self { outcome: self.outcome + made, ..self.next() }
    }

    /// All pairings are made.
    #[must_use]
    pub fn complete(&self, today: NaiveDate) -> Self {
        let days = u64::try_from(self.objection_days).unwrap_or_default();
        let until = (days > 0).then(|| today.checked_add_days(Days::new(days))).flatten();
        Self { state: State::Published, objections_until: until, ..self.clone() }
    }

    /// Whether objections are taken on this day.
    pub fn takes_objections(&self, today: NaiveDate) -> Result<(), Refusal> {
        let in_time = self.state == State::Published && self.objections_until.is_some_and(|until| today <= until);
        if in_time { Ok(()) } else { Err(Refusal::NoObjections { round: self.id, until: self.objections_until }) }
    }

    pub fn finalize(&self, open_objections: i64, today: NaiveDate) -> Result<Self, Refusal> {
        if self.state != State::Published {
            return Err(Refusal::NotPublished { round: self.id });
        }
        if let Some(until) = self.objections_until.filter(|until| today <= *until) {
            return Err(Refusal::ObjectionsPossible { round: self.id, until });
        }
        if open_objections > 0 {
            return Err(Refusal::ObjectionsOpen { round: self.id, count: open_objections });
        }
        Ok(Self { state: State::Final, ..self.next() })
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClassId;
    use kit::id::Id;
    use kit::macros::uuid::Uuid;

    fn open() -> Round {
        Round {
            id: RoundId::from_uuid(Uuid::from_u128(1)),
            version: 1,
            reach: Reach::Class(ClassId::from_uuid(Uuid::from_u128(2))),
            school: Some(OrganisationId::from_uuid(Uuid::from_u128(3))),
            enterprise: Some(OrganisationId::from_uuid(Uuid::from_u128(4))),
            place: String::new(),
            same_place: false,
            objection_days: 3,
            candidates: 30,
            state: State::Open,
            outcome: Outcome::default(),
            weights: None,
            run: None,
            objections_until: None,
            cause: String::new(),
        }
    }

    fn published(round: &Round, today: NaiveDate) -> Round {
        round.close(1).unwrap().publish(run(), "audit/1").unwrap().complete(today)
    }

    fn run() -> RunId {
        RunId::from_uuid(Uuid::from_u128(5))
    }

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, n).unwrap()
    }

    #[test]
    fn a_round_goes_from_open_through_closed_and_published_to_final() {
        let closed = open().close(2).unwrap();
        assert_eq!((closed.version, closed.state, closed.weights), (2, State::Closed, Some(2)));
        assert!(closed.may_be_solved().is_ok());
        let publishing = closed.publish(run(), "audit/1").unwrap();
        assert_eq!((publishing.version, publishing.state, publishing.run), (3, State::Publishing, Some(run())));
        let batch = Outcome { students: 2, matched_academic: 2, matched_enterprise: 1, total_fit: 900 };
        let half = publishing.advance(batch);
        assert_eq!((half.version, half.outcome, half.state), (4, batch, State::Publishing));
        let published = half.advance(batch).complete(day(10));
        assert_eq!((published.state, published.run, published.objections_until), (State::Published, Some(run()), Some(day(13))));
        assert_eq!((published.outcome.students, published.outcome.total_fit), (4, 1800));
        assert_eq!(published.finalize(0, day(14)).unwrap().state, State::Final);
    }

    #[test]
    fn nothing_is_done_out_of_turn() {
        let closed = open().close(1).unwrap();
        let publishing = closed.publish(run(), "audit/1").unwrap();
        let published = publishing.complete(day(10));
        let done = published.finalize(0, day(14)).unwrap();
        assert!(matches!(closed.close(1), Err(Refusal::PreferencesClosed { .. })));
        assert!(matches!(open().may_be_solved(), Err(Refusal::PreferencesOpen { .. })));
        assert!(matches!(open().publish(run(), "audit/1"), Err(Refusal::PreferencesOpen { .. })));
        for over in [&published, &done] {
            assert!(matches!(over.may_be_solved(), Err(Refusal::AlreadyPublished { .. })));
            assert!(matches!(over.publish(run(), "audit/1"), Err(Refusal::AlreadyPublished { .. })));
        }
        assert!(matches!(publishing.may_be_solved(), Err(Refusal::BeingPublished { .. })));
        assert!(matches!(publishing.publish(run(), "audit/1"), Err(Refusal::BeingPublished { .. })));
        for early in [&open(), &closed, &publishing, &done] {
            assert!(matches!(early.finalize(0, day(14)), Err(Refusal::NotPublished { .. })));
            assert!(matches!(early.takes_objections(day(10)), Err(Refusal::NoObjections { .. })));
        }
    }

    #[test]
    fn objections_have_their_days_and_hold_the_end_back() {
        let published = published(&open(), day(10));
        assert!(published.takes_objections(day(13)).is_ok());
        assert!(published.takes_objections(day(14)).is_err());
        assert!(matches!(published.finalize(0, day(13)), Err(Refusal::ObjectionsPossible { .. })));
        assert!(matches!(published.finalize(2, day(14)), Err(Refusal::ObjectionsOpen { count: 2, .. })));
        let none = self::published(&Round { objection_days: 0, ..open() }, day(10));
        assert!(none.takes_objections(day(10)).is_err() && none.finalize(0, day(10)).is_ok());
    }
}
