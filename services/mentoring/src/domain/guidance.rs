//! That a mentor guided a student.

use super::{PairingId, Refusal};
use chrono::NaiveDate;

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
}
