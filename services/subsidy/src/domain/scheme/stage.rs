//! Stages: the instalments in which a scheme pays, and when each is due.

use chrono::{Days, Months, NaiveDate};

/// One instalment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its share of the whole, against the shares of the others.
    pub share: u32,
    /// The milestone of the occasion from which its day is counted.
    pub at: &'static str,
    pub after: After,
    /// Paid before its ground is complete, and recovered in full where the occasion ends without.
    pub advance: bool,
}

/// How long after the milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// 89 days after the first is the 90th day, the first one counted.
    Days(u32),
    /// Counted from the milestone itself; a day that the month does not have is its last one.
    Months(u32),
}

impl After {
    /// None beyond the end of the calendar.
    pub fn day(self, milestone: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(days) => milestone.checked_add_days(Days::new(u64::from(days))),
            Self::Months(months) => milestone.checked_add_months(Months::new(months)),
        }
    }
}
