//! The tax offset: a share of the investment, used up to what is owed, and the rest carried on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use kit::Money;
use kit::id::Id;
use proptest::prelude::*;
use subsidy::domain::{Offset, OffsetYear, OrganisationId, Scheme, Schemes, carry_forward};

fn filed(year: i32, investment: i64, surcharges: i64, integration_listed: bool) -> OffsetYear {
    OffsetYear { year, investment: Money::fen(investment), surcharges: Money::fen(surcharges), integration_listed }
}

fn offsets(years: &[OffsetYear]) -> Vec<Offset> {
    let versions: Vec<&Scheme> =
        Schemes::shipped().all().map(AsRef::as_ref).filter(|scheme| scheme.code == "tax-offset").collect();
    carry_forward(&versions, OrganisationId::from_uuid(uuid::Uuid::from_u128(1)), years).unwrap()
}

#[test]
fn thirty_percent_of_the_investment_offsets_the_year_and_the_rest_goes_on() {
    let came_to = offsets(&[
        filed(2026, 100_000_000, 20_000_000, true),
        filed(2027, 10_000_000, 4_000_000, true),
        // Off the list: nothing new, and what is left still counts.
        filed(2029, 50_000_000, 5_000_000, false),
        filed(2030, 0, 9_000_000, false),
    ]);
    let row = |offset: &Offset| [offset.brought, offset.credit, offset.used, offset.carried].map(Money::as_fen);
    let rows: Vec<_> = came_to.iter().map(row).collect();
    assert_eq!(
        rows,
        [
            [0, 30_000_000, 20_000_000, 10_000_000],
            [10_000_000, 3_000_000, 4_000_000, 9_000_000],
            [9_000_000, 0, 5_000_000, 4_000_000],
            [4_000_000, 0, 4_000_000, 0],
        ]
    );
}

#[test]
fn before_the_notice_there_is_no_offset() {
    assert_eq!(offsets(&[filed(2018, 100, 100, true)])[0].credit, Money::ZERO);
    assert_eq!(offsets(&[filed(2019, 100, 100, true)])[0].credit, Money::fen(30));
}

proptest! {
    #[test]
    fn what_was_credited_is_used_or_still_carried_and_never_more_than_is_owed(
        years in prop::collection::vec((2019i32..2040, 0i64..1_000_000_000, 0i64..300_000_000, any::<bool>()), 0..15),
    ) {
        let years: Vec<_> = years.into_iter().map(|(year, invested, owed, listed)| filed(year, invested, owed, listed)).collect();
        let came_to = offsets(&years);
        let sum = |part: fn(&Offset) -> Money| came_to.iter().map(part).sum::<Money>().as_fen();
        let carried = came_to.last().map_or(0, |last| last.carried.as_fen());
        prop_assert_eq!(sum(|offset| offset.credit), sum(|offset| offset.used) + carried);
        for pair in came_to.windows(2) {
            prop_assert_eq!(pair[0].carried, pair[1].brought);
            prop_assert!(pair[0].year < pair[1].year);
        }
        let last_of = |year: i32| years.iter().rev().find(|filed| filed.year == year).unwrap();
        prop_assert!(came_to.iter().all(|offset| offset.used <= last_of(offset.year).surcharges));
    }
}
