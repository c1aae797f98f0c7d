//! Who carries how much, in memory: exact to the fen when money is granted, and when it is taken back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use kit::Money;
use kit::id::Id;
use proptest::prelude::*;
use std::collections::BTreeMap;
use subsidy::domain::{Asked, Budget, Budgets, FundId, Portion, Refusal, SourceKind, split, take_back};
use uuid::Uuid;

const KINDS: [SourceKind; 3] = [SourceKind::Sponsor, SourceKind::OwnAccount, SourceKind::CoFunding];

fn fund(n: usize) -> FundId {
    FundId::from_uuid(Uuid::from_u128(1 + n as u128))
}

/// Funds with so much each, the last of them above all others.
fn budgets(available: &[i64]) -> Budgets {
    let top = available.len() - 1;
    let budget = |(n, fen): (usize, &i64)| {
        let (committed, paid) = (Money::ZERO, Money::ZERO);
        Budget { fund: fund(n), appropriated: Money::fen(*fen), committed, paid }
    };
    let lines = (0..=top).map(|n| (fund(n), if n == top { vec![fund(n)] } else { vec![fund(n), fund(top)] }));
    Budgets::new(available.iter().enumerate().map(budget), lines.collect())
}

fn asked(kind: SourceKind, n: usize, share_percent: u32) -> Asked {
    Asked { kind, fund: fund(n), share_percent }
}

fn fens(portions: &[Portion]) -> Vec<(SourceKind, i64)> {
    portions.iter().map(|portion| (portion.kind, portion.amount.as_fen())).collect()
}

#[test]
fn a_sponsor_who_is_short_leaves_the_rest_to_those_after_them() {
    let all = [asked(KINDS[2], 2, 20), asked(KINDS[0], 0, 50), asked(KINDS[1], 1, 20), asked(KINDS[2], 3, 10)];
    let mut plenty = budgets(&[1_000_000; 5]);
    let portions = split(Money::fen(150_001), &all, &mut plenty).unwrap();
    assert_eq!(fens(&portions), [(KINDS[0], 75_000), (KINDS[1], 30_000), (KINDS[2], 30_001), (KINDS[2], 15_000)]);
    assert_eq!(plenty.available(fund(0)), Money::fen(849_999), "the fund above has paid for all");

    let mut short = budgets(&[10_000, 0, 1_000_000, 1_000_000, 1_000_000]);
    let portions = split(Money::fen(150_000), &all, &mut short).unwrap();
    assert_eq!(fens(&portions), [(KINDS[0], 10_000), (KINDS[2], 93_333), (KINDS[2], 46_667)]);

    // The second of the two that carry the rest has not enough: nothing is committed of anybody.
    let mut lacking = budgets(&[10_000, 0, 1_000_000, 46_666, 1_000_000]);
    let refused = split(Money::fen(150_000), &all, &mut lacking).unwrap_err();
    let lacks = Refusal::BudgetExceeded { fund: fund(3), available: Money::fen(46_666), asked: Money::fen(46_667) };
    assert_eq!((refused, lacking.available(fund(0))), (lacks, Money::fen(10_000)));

    // A fund that is asked twice holds one commitment.
    let twice = [asked(KINDS[0], 0, 50), asked(KINDS[2], 0, 50)];
    assert_eq!(fens(&split(Money::fen(3), &twice, &mut plenty).unwrap()), [(KINDS[0], 3)]);
}

#[test]
fn the_odd_fen_goes_to_who_is_furthest_behind_and_of_equals_to_the_earlier() {
    let back = |paid: &[i64], before: i64, more: i64| -> Vec<i64> {
        let paid: Vec<Money> = paid.iter().copied().map(Money::fen).collect();
        take_back(&paid, Money::fen(before), Money::fen(more)).into_iter().map(Money::as_fen).collect()
    };
    assert_eq!(back(&[50, 50], 0, 1), [1, 0]);
    assert_eq!(back(&[50, 50], 1, 1), [0, 1]);
    assert_eq!(back(&[75_000, 30_000, 30_000, 15_000], 0, 40_000), [20_000, 8_000, 8_000, 4_000]);
    assert_eq!(back(&[75_000, 30_000, 30_000, 15_000], 40_000, 110_000), [55_000, 22_000, 22_000, 11_000]);
    // By largest remainder the third would have 2 of 10 and 1 of 11: a further fen taken back would give one to it.
    let mut all = [0; 3];
    for before in 0..14 {
        std::iter::zip(&mut all, back(&[6, 6, 2], before, 1)).for_each(|(sum, fen)| *sum += fen);
    }
    assert_eq!(all, [6, 6, 2]);
}

proptest! {
    #[test]
    fn the_parts_come_to_the_amount_and_nobody_gives_more_than_they_have_or_were_asked_for(
        amount in 1i64..2_000_000,
        sources in prop::collection::vec((0usize..3, 0usize..5, 1u32..=100), 1..8),
        available in prop::collection::vec(prop_oneof![0i64..1000, 0i64..3_000_000], 6),
    ) {
        let sources: Vec<Asked> = sources.into_iter().map(|(kind, n, share)| asked(KINDS[kind], n, share)).collect();
        prop_assume!(sources.iter().any(|source| source.kind == SourceKind::CoFunding));
        let mut held = budgets(&available);
        let before: BTreeMap<FundId, Money> = (0..6).map(|n| (fund(n), held.available(fund(n)))).collect();
        match split(Money::fen(amount), &sources, &mut held) {
            Ok(portions) => {
                prop_assert_eq!(portions.iter().map(|portion| portion.amount.as_fen()).sum::<i64>(), amount);
                for portion in &portions {
                    prop_assert!(Money::ZERO < portion.amount && portion.amount <= before[&portion.fund]);
                    prop_assert!(held.available(portion.fund) >= Money::ZERO);
                }
                let funds: std::collections::BTreeSet<FundId> = portions.iter().map(|portion| portion.fund).collect();
                prop_assert_eq!(funds.len(), portions.len(), "a fund carries one portion");
                for kind in [SourceKind::Sponsor, SourceKind::OwnAccount] {
                    let asked = sources.iter().filter(|source| source.kind == kind);
                    let most: i64 = asked.map(|source| amount * i64::from(source.share_percent) / 100).sum();
                    let alone = |portion: &&Portion| {
                        portion.kind == kind && sources.iter().all(|source| source.fund != portion.fund || source.kind == kind)
                    };
                    prop_assert!(portions.iter().filter(alone).map(|portion| portion.amount.as_fen()).sum::<i64>() <= most);
                }
            }
            Err(Refusal::BudgetExceeded { available, asked, .. }) => {
                prop_assert!(asked > available);
                prop_assert!(before.iter().all(|(fund, was)| held.available(*fund) == *was), "nothing is committed");
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn what_is_taken_back_in_pieces_is_what_is_taken_back_at_once_and_never_more_than_was_paid(
        paid in prop::collection::vec(prop_oneof![1i64..20, 1i64..10_000_000_000], 1..8),
        cuts in prop::collection::vec(0.0f64..=1.0, 0..12),
    ) {
        let whole: i64 = paid.iter().sum();
        let sources: Vec<Money> = paid.iter().copied().map(Money::fen).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any point between will do")]
        let mut ends: Vec<i64> = cuts.into_iter().map(|cut| (cut * whole as f64) as i64).map(|fen| fen.min(whole)).collect();
        ends.sort_unstable();
        let (mut taken, mut before) = (vec![0; paid.len()], 0);
        for end in ends {
            let parts = take_back(&sources, Money::fen(before), Money::fen(end - before));
            prop_assert_eq!(parts.iter().map(|part| part.as_fen()).sum::<i64>(), end - before);
            for (sum, part) in std::iter::zip(&mut taken, &parts) {
                prop_assert!(*part >= Money::ZERO, "nothing is given back to a source");
                *sum += part.as_fen();
            }
            before = end;
            let at_once: Vec<i64> = take_back(&sources, Money::ZERO, Money::fen(end)).into_iter().map(Money::as_fen).collect();
            prop_assert_eq!(&taken, &at_once);
            for (fen, of) in std::iter::zip(&taken, &paid) {
                prop_assert!(fen <= of);
                // Near its share: less than a fen for each who shares.
                let share = i128::from(*of) * i128::from(end);
                let off = (i128::from(*fen) * i128::from(whole) - share).abs();
                prop_assert!(off <= i128::from(whole) * paid.len() as i128);
            }
        }
        let rest = take_back(&sources, Money::fen(before), Money::fen(whole - before));
        for ((fen, part), of) in taken.iter().zip(rest).zip(paid) {
            prop_assert_eq!(fen + part.as_fen(), of);
        }
    }
}
