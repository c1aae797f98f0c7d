//! The tax offset: a share of the investment, used up to what is owed, and the rest carried on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use chrono::NaiveDate;
use kit::Money;
use kit::id::Id;
use proptest::prelude::*;
use subsidy::domain::{
    Confirmed, Credited, Deciding, Evidence, Investment, Offset, OffsetFiling, OffsetGrant, OffsetRefusal, OffsetState,
    OffsetYear, OffsetYearId, OrganisationId, SchemeVersion, Schemes, carry, offset_grant, offset_scheme,
};
use uuid::Uuid;

fn enterprise() -> OrganisationId {
    OrganisationId::from_uuid(Uuid::from_u128(1))
}

fn credited(year: i32, investment: i64, surcharges: i64, integration_listed: bool) -> Credited {
    let scheme = offset_scheme(Schemes::shipped(), year).unwrap();
    let investment = Investment { enterprise: enterprise(), year, amount: Money::fen(investment), integration_listed };
    Credited { year, credit: offset_grant(scheme, &investment).unwrap().credit, surcharges: Money::fen(surcharges) }
}

#[test]
fn thirty_percent_of_the_investment_offsets_the_year_and_the_rest_goes_on() {
    let came_to = carry([
        credited(2026, 100_000_000, 20_000_000, true),
        credited(2027, 10_000_000, 4_000_000, true),
        // Off the list: nothing new, and what is left still counts.
        credited(2029, 50_000_000, 5_000_000, false),
        credited(2030, 0, 9_000_000, false),
    ])
    .unwrap();
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
    assert_eq!(offset_scheme(Schemes::shipped(), 2018).unwrap_err(), OffsetRefusal::NoScheme { year: 2018 });
    assert_eq!(credited(2019, 100, 100, true).credit, Money::fen(30));
}

prop_compose! {
    /// Years of which some come twice: the last word counts.
    fn any_years()(
        years in prop::collection::vec((2019i32..2035, 0i64..1_000_000_000, 0i64..300_000_000, any::<bool>()), 0..15),
    ) -> Vec<Credited> {
        years.into_iter().map(|(year, invested, owed, listed)| credited(year, invested, owed, listed)).collect()
    }
}

proptest! {
    #[test]
    fn what_was_credited_is_used_or_still_carried_and_never_more_than_is_owed(years in any_years()) {
        let came_to = carry(years.clone()).unwrap();
        let sum = |part: fn(&Offset) -> Money| came_to.iter().map(part).sum::<Money>().as_fen();
        let carried = came_to.last().map_or(0, |last| last.carried.as_fen());
        prop_assert_eq!(sum(|offset| offset.credit), sum(|offset| offset.used) + carried);
        for pair in came_to.windows(2) {
            prop_assert_eq!(pair[0].carried, pair[1].brought);
            prop_assert!(pair[0].year < pair[1].year);
        }
        let last_of = |year: i32| years.iter().rev().find(|filed| filed.year == year).unwrap();
        for offset in &came_to {
            prop_assert!(offset.used <= last_of(offset.year).surcharges);
            let whole = offset.brought.as_fen() + offset.credit.as_fen();
            prop_assert_eq!(whole, offset.used.as_fen() + offset.carried.as_fen());
        }
    }

    #[test]
    fn the_order_in_which_years_are_confirmed_does_not_matter(years in any_years(), shuffle in any::<u64>()) {
        let once: std::collections::BTreeMap<i32, Credited> = years.into_iter().map(|one| (one.year, one)).collect();
        let mut shuffled: Vec<Credited> = once.values().copied().collect();
        shuffled.sort_by_key(|one| (u64::from(one.year.unsigned_abs()).wrapping_mul(shuffle | 1)).rotate_left(17));
        prop_assert_eq!(carry(once.into_values()).unwrap(), carry(shuffled).unwrap());
    }

    #[test]
    fn however_a_year_is_filed_and_decided_the_latest_confirmed_filing_stands_and_nobody_decides_about_their_own(
        steps in prop::collection::vec((0u8..3, 0u8..3), 0..30),
    ) {
        let today = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        let scheme = offset_scheme(Schemes::shipped(), 2026).unwrap();
        let mut year = OffsetYear::new(OffsetYearId::from_uuid(Uuid::from_u128(2)), enterprise(), 2026);
        let mut filings: Vec<OffsetFiling> = Vec::new();
        let mut stands = 0;
        for (what, who) in steps {
            let by = format!("person-{who}");
            if what == 0 {
                let (next, filing) = year.file(filing(&by), scheme, today).unwrap();
                prop_assert_eq!(filing.revision, i64::try_from(filings.len()).unwrap() + 1);
                prop_assert_eq!((next.confirmed, next.offset), (year.confirmed, year.offset), "what stands goes on standing");
                filings.push(filing);
                year = next;
                continue;
            }
            let Some(latest) = filings.last() else { continue };
            let deciding = Deciding { by: by.clone(), revision: latest.revision, reason: "looked at".into() };
            let decided = if what == 1 { year.confirm(latest, deciding, confirmed(), true) } else { year.give_back(latest, deciding) };
            match decided {
                Ok((next, decision)) => {
                    prop_assert!(year.state == OffsetState::Filed && latest.by != by);
                    if decision.confirmed.is_some() {
                        stands = decision.revision;
                    }
                    year = next;
                }
                Err(OffsetRefusal::OwnFiling { .. }) => prop_assert_eq!(&latest.by, &by),
                Err(OffsetRefusal::FilingDecided { is, .. }) => prop_assert_eq!(is, year.state),
                Err(other) => prop_assert!(false, "{other}"),
            }
            prop_assert_eq!(year.confirmed, stands);
            prop_assert_eq!(year.state == OffsetState::Confirmed, stands == year.revision);
        }
    }
}

fn filing(by: &str) -> OffsetFiling {
    let document = |code: &str| Evidence { code: code.into(), sha256: "5e".repeat(32), place: "cabinet 3".into() };
    OffsetFiling {
        revision: 0,
        investment: Money::fen(100),
        surcharges: Money::fen(10),
        evidence: vec![document("published-list"), document("investment-statement")],
        by: by.into(),
    }
}

fn confirmed() -> Confirmed {
    let scheme = SchemeVersion { code: "tax-offset".into(), version: 1, digest: String::new() };
    Confirmed { integration_listed: true, grant: OffsetGrant { scheme, credit: Money::fen(30) } }
}
