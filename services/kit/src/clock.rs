//! Time comes from the context, so that a test or a simulation can hold it still.

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// Stands still until it is moved.
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(Mutex::new(now)))
    }

    /// The instant, to the microsecond: what both engines can keep.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
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
}
