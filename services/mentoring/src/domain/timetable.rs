//! Terms, and what a mentor's places follow as the days go by.

use super::{Refusal, TermId};
use chrono::{Days as Count, NaiveDate};
use std::collections::BTreeSet;

/// How long before the end of a term mentors and students evaluate each other, unless the term says so itself.
const EVALUATED: Count = Count::new(30);

/// The days from one to before another; there is one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    pub start: NaiveDate,
    /// The day after the last one.
    pub end: NaiveDate,
}

impl Days {
    pub fn new(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub fn has(self, day: NaiveDate) -> bool {
        self.start <= day && day < self.end
    }

    /// Whether the two have a day in common.
    pub fn meet(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A term of the city's schools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub id: TermId,
    pub code: String,
    pub days: Days,
    /// The first day on which mentors and students evaluate each other.
    pub evaluated_from: NaiveDate,
}

impl Term {
    /// A term, evaluated from a day of it; from some time before its end where no day is given.
    pub fn new(id: TermId, code: String, days: Days, evaluated_from: Option<NaiveDate>) -> Result<Self, Refusal> {
        let late = || days.end.checked_sub_days(EVALUATED).unwrap_or(days.start).max(days.start);
        let evaluated_from = evaluated_from.unwrap_or_else(late);
        if days.has(evaluated_from) {
            Ok(Self { id, code, days, evaluated_from })
        } else {
            Err(Refusal::NotOfTerm { on: evaluated_from, code })
        }
    }
}

/// How many students a mentor takes in a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermCapacity {
    pub term: TermId,
    pub days: Days,
    pub capacity: i64,
}

/// How many students a mentor takes in which term, and when new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timetable {
    capacities: Vec<TermCapacity>,
    windows: Vec<Days>,
}

/// What a timetable says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Students at once; the mentor's capacity when absent.
    pub capacity: Option<i64>,
    /// Whether new students may come.
    pub available: bool,
    /// The next day that may be different.
    pub next: Option<NaiveDate>,
}

impl Timetable {
    /// Every term once, none with more than the mentor's capacity; windows without overlaps.
    pub fn new(capacities: Vec<TermCapacity>, windows: Vec<Days>, most: i64) -> Result<Self, Refusal> {
        let mut seen = BTreeSet::new();
        for one in &capacities {
            if !seen.insert(one.term) {
                return Err(Refusal::TermTwice { term: one.term });
            }
            if one.capacity > most {
                return Err(Refusal::AboveCapacity { term: one.term, most });
            }
        }
        let timetable = Self::stored(capacities, windows);
        match timetable.windows.windows(2).find(|two| two[0].meet(two[1])) {
            Some(two) => Err(Refusal::WindowsOverlap { on: two[1].start }),
            None => Ok(timetable),
        }
    }

    /// As it was kept.
    pub fn stored(mut capacities: Vec<TermCapacity>, mut windows: Vec<Days>) -> Self {
        capacities.sort_by_key(|one| one.days);
        windows.sort();
        Self { capacities, windows }
    }

    pub fn capacities(&self) -> &[TermCapacity] {
        &self.capacities
    }

    pub fn windows(&self) -> &[Days] {
        &self.windows
    }

    pub fn on(&self, day: NaiveDate) -> Standing {
        let spans = self.capacities.iter().map(|one| one.days).chain(self.windows.iter().copied());
        Standing {
            capacity: self.capacities.iter().find(|one| one.days.has(day)).map(|one| one.capacity),
            available: self.windows.is_empty() || self.windows.iter().any(|window| window.has(day)),
            next: spans.flat_map(|days| [days.start, days.end]).filter(|next| *next > day).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;
    use kit::macros::uuid::Uuid;
    use proptest::prelude::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, 1).unwrap() + Count::new(n)
    }

    fn days(start: u64, end: u64) -> Days {
        Days::new(day(start), day(end)).unwrap()
    }

    fn term(n: u128) -> TermId {
        TermId::from_uuid(Uuid::from_u128(n))
    }

    fn capacity(n: u128, start: u64, end: u64, capacity: i64) -> TermCapacity {
        TermCapacity { term: term(n), days: days(start, end), capacity }
    }

    #[test]
    fn a_day_is_judged_by_its_term_and_window_and_the_next_change_is_known() {
        let timetable = Timetable::new(vec![capacity(2, 20, 30, 0), capacity(1, 0, 10, 3)], vec![days(5, 25)], 8).unwrap();
        let on = |n| timetable.on(day(n));
        assert_eq!(on(0), Standing { capacity: Some(3), available: false, next: Some(day(5)) });
        assert_eq!(on(9), Standing { capacity: Some(3), available: true, next: Some(day(10)) });
        assert_eq!(on(10), Standing { capacity: None, available: true, next: Some(day(20)) });
        assert_eq!(on(25), Standing { capacity: Some(0), available: false, next: Some(day(30)) });
        assert_eq!(on(30), Standing { capacity: None, available: false, next: None });
        assert_eq!(Timetable::default().on(day(1)), Standing { capacity: None, available: true, next: None });
    }

    #[test]
    fn terms_are_named_once_within_the_capacity_and_windows_do_not_overlap() {
        let twice = Timetable::new(vec![capacity(1, 0, 10, 3), capacity(1, 0, 10, 4)], vec![], 8);
        assert_eq!(twice, Err(Refusal::TermTwice { term: term(1) }));
        let above = Timetable::new(vec![capacity(1, 0, 10, 9)], vec![], 8);
        assert_eq!(above, Err(Refusal::AboveCapacity { term: term(1), most: 8 }));
        let overlap = Timetable::new(vec![], vec![days(5, 9), days(0, 6)], 8);
        assert_eq!(overlap, Err(Refusal::WindowsOverlap { on: day(5) }));
        assert!(Timetable::new(vec![], vec![days(5, 9), days(0, 5)], 8).is_ok());
    }

    #[test]
    fn a_term_is_evaluated_in_its_last_days_unless_it_says_otherwise() {
        let from = |days, on| Term::new(term(1), "2026-autumn".to_owned(), days, on).map(|term| term.evaluated_from);
        assert_eq!(from(days(0, 140), None), Ok(day(110)));
        assert_eq!(from(days(0, 20), None), Ok(day(0)));
        assert_eq!(from(days(0, 20), Some(day(19))), Ok(day(19)));
        assert!(matches!(from(days(0, 20), Some(day(20))), Err(Refusal::NotOfTerm { .. })));
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_next_change(
            starts in prop::collection::vec((0u64..80, 1u64..30, 0i64..9), 0..6),
            windows in prop::collection::vec((0u64..80, 1u64..30), 0..6),
            today in 0u64..100,
        ) {
            let capacities = (0..).zip(starts).map(|(n, (start, length, size))| capacity(n, start, start + length, size));
            let windows = windows.into_iter().map(|(start, length)| days(start, start + length));
            let timetable = Timetable::stored(capacities.collect(), windows.collect());
            let standing = timetable.on(day(today));
            for later in today..130 {
                if standing.next == Some(day(later)) {
                    break;
                }
                let then = timetable.on(day(later));
                prop_assert_eq!((then.capacity, then.available), (standing.capacity, standing.available));
            }
        }
    }
}
