//! Periods (会计期间): a posting belongs to the month, in Asia/Shanghai, in which it is made. Months close in their
//! order and for good; what a closed month got wrong is corrected in the open one, by a posting that names what it
//! corrects (`reverses`, `resolves`). The running month may close before it is over: until the next begins nothing is posted.

use super::Refusal;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use kit::Error;
use kit::clock::local_date;
use std::fmt;

/// A month, such as `2026-09`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its first day.
    first: NaiveDate,
}

impl Period {
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self::of_day(local_date(instant))
    }

    fn of_day(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// Reads `2026-09`.
    fn read(text: &str) -> Option<Self> {
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
        let period = Self { first };
        // Only what is written the way it is written here, so that texts compare as months do.
        (period.to_string() == text && (1900..=2200).contains(&first.year())).then_some(period)
    }

    /// Reads a resource name.
    pub fn parse(field: &str, name: &str) -> Result<Self, Error> {
        name.strip_prefix("periods/").and_then(Self::read).ok_or_else(|| {
            Error::invalid(
                field,
                "PERIOD",
                format!("`{name}` is not a period: expected periods/{{year}}-{{month}}, such as periods/2026-09"),
                format!("“{name}”不是会计期间，应为 periods/{{年}}-{{月}}，例如 periods/2026-09"),
            )
        })
    }

    /// Its resource name.
    pub fn name(self) -> String {
        format!("periods/{self}")
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add_months(Months::new(1)).unwrap_or(self.first) }
    }

    /// Whether a day is behind it.
    pub fn is_over(self, today: NaiveDate) -> Result<(), Refusal> {
        let over = self.next().first;
        if today < over { Err(Refusal::PeriodNotOver { period: self, over }) } else { Ok(()) }
    }

    /// The day from which postings are taken once it is closed.
    pub fn opens(self) -> NaiveDate {
        self.next().first
    }

    /// Whether it may be closed on a day: it is over, or is the running one and is to end early, and every month before it
    /// that took postings is closed.
    pub fn may_close(
        self,
        today: NaiveDate,
        before_its_end: bool,
        closed: Option<Self>,
        earliest: Option<Self>,
    ) -> Result<(), Refusal> {
        if closed.is_some_and(|closed| self <= closed) {
            return Err(Refusal::PeriodClosed { period: self });
        }
        if !(before_its_end && self == Self::of_day(today)) {
            self.is_over(today)?;
        }
        match closed.map(Self::next).or(earliest) {
            Some(next) if next != self => Err(Refusal::PeriodOutOfOrder { period: self, next }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

/// As it stands in a table.
impl TryFrom<String> for Period {
    type Error = kit::text::UnknownWord;
    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::read(&value).ok_or(kit::text::UnknownWord { what: "Period", value })
    }
}

impl kit::db::Bind for Period {
    const NULL: kit::db::Value = kit::db::Value::Text(None);
    fn value(self) -> kit::db::Value {
        kit::db::Bind::value(self.to_string())
    }
}
