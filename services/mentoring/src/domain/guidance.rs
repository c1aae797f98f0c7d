//! That a mentor guided a student.

use super::{PairingId, Refusal};
use chrono::{Datelike, Months, NaiveDate};

kit::words! {
    /// What the guidance was.
    pub enum Kind {
        Meeting = "meeting",
        Workshop = "workshop",
        Visit = "visit",
        Review = "review",
        Online = "online",
    }
}

/// One piece of guidance as it is reported.
#[derive(Debug, Clone)]
pub struct Guidance {
    pub pairing: PairingId,
    pub on: NaiveDate,
    pub minutes: i32,
    pub kind: Kind,
}

/// Guidance is of a day on which the two were paired, and of no day to come.
pub fn check_day(on: NaiveDate, since: NaiveDate, until: Option<NaiveDate>, today: NaiveDate) -> Result<(), Refusal> {
    let last = until.map_or(today, |until| until.min(today));
    if since <= on && on <= last { Ok(()) } else { Err(Refusal::OutsidePairing { on, since, last }) }
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Reads `2026-09`.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 7 && (1900..=2200).contains(&text.get(..4)?.parse::<i32>().ok()?);
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().filter(|_| well_formed).map(Self)
    }

    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// The first day after it.
    pub fn end(self) -> NaiveDate {
        self.0.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, n).unwrap()
    }

    #[test]
    fn guidance_is_of_a_day_on_which_the_two_were_paired() {
        assert!(check_day(day(1), day(1), None, day(10)).is_ok());
        assert!(check_day(day(10), day(1), None, day(10)).is_ok());
        assert!(check_day(day(11), day(1), None, day(10)).is_err());
        assert!(check_day(day(1), day(2), None, day(10)).is_err());
        assert!(check_day(day(5), day(1), Some(day(5)), day(10)).is_ok());
        assert_eq!(
            check_day(day(6), day(1), Some(day(5)), day(10)),
            Err(Refusal::OutsidePairing { on: day(6), since: day(1), last: day(5) })
        );
    }
    #[test]
    fn a_month_reads_back_and_has_its_days() {
        let september = Month::parse("2026-09").unwrap();
        assert_eq!((september.to_string().as_str(), september), ("2026-09", Month::of(day(30))));
        assert_eq!((september.first(), september.end()), (day(1), NaiveDate::from_ymd_opt(2026, 10, 1).unwrap()));
        for wrong in ["", "2026", "2026-13", "2026-9", "26-09-1", "2026-09-01", "1600-01", "+026-09"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }
}
