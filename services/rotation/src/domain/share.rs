//! Shares of full time.

use super::Refusal;
use chrono::NaiveDate;

/// A share of full time in whole percent, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u8);

impl Share {
    pub fn new(percent: i32) -> Option<Self> {
        u8::try_from(percent).ok().filter(|percent| (1..=100).contains(percent)).map(Self)
    }
    pub fn percent(self) -> u8 {
        self.0
    }
}

/// A share of somebody's time over a half-open range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub share: Share,
}

/// Refuses `new` if on any day it and the `others` together take more than full time. The sum can only
/// rise on a day on which something starts, so those days are all that need to be looked at.
pub fn check_shares(new: &Commitment, others: &[Commitment]) -> Result<(), Refusal> {
    let starts = others.iter().map(|other| other.start).filter(|day| *day > new.start && *day < new.end);
    let mut days: Vec<NaiveDate> = std::iter::once(new.start).chain(starts).collect();
    days.sort_unstable();
    for day in days {
        let running = others.iter().filter(|other| other.start <= day && day < other.end);
        let taken: u32 = running.map(|other| u32::from(other.share.percent())).sum();
        if taken + u32::from(new.share.percent()) > 100 {
            return Err(Refusal::ShareAboveFullTime { day, taken, asked: new.share.percent() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
    }

    fn commitment(start: u64, length: u64, percent: i32) -> Commitment {
        Commitment { start: day(start), end: day(start + length), share: Share::new(percent).unwrap() }
    }

    #[test]
    fn sixty_and_forty_is_legal_and_sixty_and_forty_one_is_not() {
        let other = [commitment(0, 30, 60)];
        assert!(check_shares(&commitment(10, 30, 40), &other).is_ok());
        assert_eq!(
            check_shares(&commitment(10, 30, 41), &other),
            Err(Refusal::ShareAboveFullTime { day: day(10), taken: 60, asked: 41 })
        );
    }

    #[test]
    fn the_last_day_is_free_for_the_next() {
        assert!(check_shares(&commitment(30, 10, 100), &[commitment(0, 30, 100)]).is_ok());
    }

    proptest! {
        #[test]
        fn the_check_agrees_with_counting_every_day(
            others in prop::collection::vec((0u64..40, 1u64..20, 1i32..=100), 0..6),
            new in (0u64..40, 1u64..20, 1i32..=100),
        ) {
            let others: Vec<_> = others.into_iter().map(|(s, l, p)| commitment(s, l, p)).collect();
            let new_one = commitment(new.0, new.1, new.2);
            let fits = (new.0..new.0 + new.1).all(|n| {
                let taken: i32 = others.iter().filter(|o| o.start <= day(n) && day(n) < o.end).map(|o| i32::from(o.share.percent())).sum();
                taken + new.2 <= 100
            });
            prop_assert_eq!(check_shares(&new_one, &others).is_ok(), fits);
        }
    }
}
