//! What reports say of load and coverage, from sums.

kit::words! {
    /// What a report has a line for.
    pub enum Grouping {
        School = "school",
        Enterprise = "enterprise",
        Chain = "chain",
        City = "city",
    }
}

/// A part in percent of a whole, rounded down; 0 of nothing.
pub fn percent(part: i64, whole: i64) -> i64 {
    if whole > 0 { part * 100 / whole } else { 0 }
}

/// The most that a bound lets pass, from 0 to `end`; `None` if it lets nothing pass, or everything. What passes must be what
/// is below the bound: more never passes where less does not.
pub fn most<E>(end: i64, passes: impl Fn(i64) -> Result<bool, E>) -> Result<Option<i64>, E> {
    if passes(end)? || !passes(0)? {
        return Ok(None);
    }
    let (mut low, mut high) = (0, end);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if passes(middle)? { low = middle } else { high = middle }
    }
    Ok(Some(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percent_is_rounded_down_and_0_of_nothing() {
        assert_eq!([percent(2, 3), percent(3, 3), percent(0, 0), percent(0, 5)], [66, 100, 0, 0]);
    }

    proptest! {
        #[test]
        fn the_most_that_passes_is_found(end in 1i64..300_000, bound in -1i64..400_000) {
            let found = most(end, |n| Ok::<_, ()>(n <= bound)).unwrap();
            prop_assert_eq!(found, (0..end).contains(&bound).then_some(bound));
        }
    }
}
