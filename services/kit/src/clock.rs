//! Time comes from the context, so that a test or a simulation can hold it still.

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// The system's, ahead of it by so many days: on a development server, where nobody waits for a week to pass.
    Ahead(Arc<AtomicI32>),
    /// Stands still until it is moved.
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(Mutex::new(now)))
    }

    /// The system's clock, to be set ahead later.
    pub fn ahead() -> Self {
        Self::Ahead(Arc::default())
    }

    /// The instant, to the microsecond: what both engines can keep.
    pub fn now(&self) -> DateTime<Utc> {
        self.unshifted() + TimeDelta::days(self.days_ahead().into())
    }

    /// The instant without the days it was set ahead by: for what is agreed with others who keep time, such as how long
    /// a token holds and how long a broker keeps what it was sent.
    pub fn unshifted(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
            Self::System | Self::Ahead(_) => Utc::now().trunc_subsecs(6),
            Self::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub fn days_ahead(&self) -> i32 {
        match self {
            Self::Ahead(days) => days.load(Ordering::SeqCst),
            Self::System | Self::Manual(_) => 0,
        }
    }

    /// Sets a clock that can be set to `days` ahead of the system's in all. It never goes back, as what was written would
    /// come after what is written later; false, and nothing changes, where that was asked for.
    pub fn set_ahead(&self, days: i32) -> bool {
        match self {
            Self::Ahead(ahead) => ahead.fetch_max(days, Ordering::SeqCst) <= days,
            Self::System | Self::Manual(_) => days == 0,
        }
    }

    /// Moves a manual clock; the system's clock moves by itself.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Manual(now) = self {
            *now.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

/// The business calendar is Asia/Shanghai, which has kept UTC+8 without summer time since 1991.
pub fn local_date(instant: DateTime<Utc>) -> NaiveDate {
    const SHANGHAI: Option<FixedOffset> = FixedOffset::east_opt(8 * 3600);
    SHANGHAI.map_or_else(|| instant.date_naive(), |zone| instant.with_timezone(&zone).date_naive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_day_begins_at_sixteen_hours_utc() {
        let before: DateTime<Utc> = "2026-06-30T15:59:59Z".parse().unwrap();
        let after: DateTime<Utc> = "2026-06-30T16:00:00Z".parse().unwrap();
        assert_eq!(local_date(before).to_string(), "2026-06-30");
        assert_eq!(local_date(after).to_string(), "2026-07-01");
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let first = clock.now();
        assert_eq!(clock.now(), first);
        clock.advance(TimeDelta::days(1));
        assert_eq!(clock.now() - first, TimeDelta::days(1));
    }

    #[test]
    fn a_clock_is_set_ahead_in_all_its_copies_and_never_back() {
        let clock = Clock::ahead();
        let copy = clock.clone();
        assert!(clock.set_ahead(8) && clock.set_ahead(8));
        assert!(!clock.set_ahead(7), "back");
        let (real, shown) = (copy.unshifted(), copy.now());
        assert_eq!(copy.days_ahead(), 8);
        assert!(shown - real >= TimeDelta::days(8) && shown - real < TimeDelta::days(9), "{real} {shown}");
    }

    #[test]
    fn the_system_s_clock_and_one_that_stands_still_are_not_set_ahead() {
        for clock in [Clock::System, Clock::manual("2026-01-01T00:00:00Z".parse().unwrap())] {
            assert!(!clock.set_ahead(1), "{clock:?}");
            assert!(clock.now() - clock.unshifted() < TimeDelta::days(1));
        }
    }
}
