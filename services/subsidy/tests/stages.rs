//! Stages, advances, exclusions and shares of days: claims follow from the facts and the day alone, and a payment is
//! never more than what is due.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod world;

use kit::Money;
use proptest::prelude::*;
use std::collections::BTreeMap;
use subsidy::domain::{Fact, FactKind, Schemes, State, Why};
use world::{World, any_history, at, day, employment, enrolled, every_shape, fact, organisation};

const PLENTY: i64 = 1_000_000_000_000;

fn world(today: u16) -> World {
    World::under(every_shape(), day(today), PLENTY)
}

/// What is asked for or held under one scheme: stage and fen.
fn of(world: &World, scheme: &str) -> Vec<(i64, i64)> {
    let cited = format!("schemes/{scheme}@1");
    world.live().into_iter().filter(|claim| claim.0 == cited).map(|claim| (claim.2, claim.3)).collect()
}

fn states(world: &World, scheme: &str) -> Vec<(i64, State, i64)> {
    let mine = world.claims.iter().filter(|claim| claim.scheme.code == scheme);
    mine.map(|claim| (claim.stage, claim.state, claim.amount.as_fen())).collect()
}

fn graduated(on: u16) -> Fact {
    at(fact(FactKind::Graduated, "enrolments/1", 3, on), 2, 1)
}

fn pay(world: &mut World, scheme: &str) {
    for place in 0..world.claims.len() {
        for _ in 0..6 {
            if world.claims[place].scheme.code == scheme && world.claims[place].state != State::Paid {
                world.command(place, false, true);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn facts_in_any_order_repeated_and_with_days_passing_between_them_come_to_the_same_claims(
        history in any_history(),
        ranks in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>(), 0u16..700), 25..60),
        today in 100u16..700,
    ) {
        let mut in_order = world(today);
        for fact in &history {
            in_order.arrive(fact.clone());
        }
        let mut shuffled: Vec<_> =
            history.iter().cloned().zip(&ranks).map(|(fact, (_, rank, on))| (*rank, *on, fact)).collect();
        if !history.is_empty() {
            let again = |(index, rank, on): &(prop::sample::Index, u32, u16)| {
                (rank.rotate_left(9), *on, history[index.index(history.len())].clone())
            };
            shuffled.extend(ranks.iter().map(again));
        }
        shuffled.sort_by_key(|(rank, ..)| *rank);
        // Days only go on, and by the end it is the same day.
        let mut days: Vec<u16> = shuffled.iter().map(|(_, on, _)| (*on).min(today)).collect();
        days.sort_unstable();
        let mut out_of_order = world(0);
        for ((_, _, fact), on) in shuffled.into_iter().zip(days) {
            out_of_order.today = day(on);
            out_of_order.arrive(fact);
        }
        out_of_order.today = day(today);
        out_of_order.derive();
        prop_assert_eq!(in_order.live(), out_of_order.live());
        prop_assert!(out_of_order.steps().is_empty(), "deriving again changes nothing");
        out_of_order.verify();
    }

    #[test]
    fn whatever_is_commanded_as_facts_come_and_days_pass_deriving_again_changes_nothing(
        history in any_history(),
        commands in prop::collection::vec((0usize..20, prop::bool::weighted(0.1), prop::bool::weighted(0.8), 0u16..30), 0..100),
        appropriated in prop_oneof![Just(PLENTY), 1i64..2_000_000],
    ) {
        let mut world = World::under(every_shape(), day(0), appropriated);
        let (mut facts, mut on) = (history.into_iter(), 0);
        for (n, (claim, reject, bank, days)) in commands.into_iter().enumerate() {
            on += days;
            world.today = day(on);
            if n % 3 == 0 && let Some(fact) = facts.next() {
                world.arrive(fact);
            }
            world.command(claim, reject, bank);
            world.verify();
        }
        for fact in facts {
            world.arrive(fact);
        }
        world.derive();
        prop_assert!(world.steps().is_empty(), "{:?}", world.steps());
        world.verify();
    }

    #[test]
    fn the_stages_of_a_grant_sum_to_the_whole_to_the_fen(
        fen in 1i64..10_000_000_000,
        shares in prop::collection::vec(1u32..1_000_000, 1..20),
        passed in 0u16..40,
    ) {
        let stage = |(at, share): (usize, &u32)| format!("[[stages]]\nshare = {share}\nat = \"start\"\nplus_days = {at}\n");
        let stages: String = shares.iter().enumerate().map(stage).collect();
        let text = include_str!("schemes/keep-hire.toml").split("\n[[stages]]").next().unwrap().replace("50000", &fen.to_string());
        let scheme = Schemes::with_own([("split.toml", format!("{text}\n{stages}").as_str())]).unwrap();
        let facts = [graduated(0), employment(1, 1, 2, 5, None, false)];
        let derived = subsidy::domain::derive(&scheme, &facts, day(5 + passed)).unwrap();
        let of = |dues: &[subsidy::domain::Due]| -> i64 {
            dues.iter().filter(|due| due.scheme.code == "keep-hire").map(|due| due.amount.as_fen()).sum()
        };
        prop_assert_eq!(of(&derived.dues) + of(&derived.waiting), fen);
        let due = derived.dues.iter().filter(|due| due.scheme.code == "keep-hire").count();
        prop_assert!(due <= usize::from(passed) + 1, "no stage before its day");
    }

    #[test]
    fn no_claim_is_made_before_its_day_and_the_next_day_is_the_first_on_which_anything_changes(
        history in any_history(),
        today in 0u16..600,
    ) {
        let mut before = world(today);
        for fact in history {
            before.arrive(fact);
        }
        prop_assert!(before.claims.iter().filter(|claim| claim.scheme.code != "hiring-subsidy").all(|claim|
            claim.earned_on <= before.today || !claim.scheme.code.ends_with("-hire")));
        if let Some(next) = before.derived().next_day() {
            prop_assert!(next > before.today);
            before.today = next.pred_opt().unwrap();
            prop_assert!(before.steps().is_empty(), "nothing is due before the next day");
            before.today = next;
            prop_assert!(!before.steps().is_empty(), "something is due on the next day");
        } else {
            before.today = day(5000);
            prop_assert!(before.steps().is_empty(), "nothing was to come");
        }
    }
}

#[test]
fn a_stage_is_due_on_its_day_and_not_the_day_before() {
    let mut world = world(98);
    world.arrive(graduated(0));
    world.arrive(employment(1, 1, 2, 10, None, false));
    assert!(of(&world, "staged-hire").is_empty());
    assert_eq!(world.derived().next_day(), Some(day(99)), "the 90th day, the first counted");
    for (today, stages) in [(99, 1), (373, 1), (374, 2), (600, 3)] {
        world.today = day(today);
        world.derive();
        assert_eq!(of(&world, "staged-hire").len(), stages, "on day {today}");
    }
    assert_eq!(of(&world, "staged-hire"), [(1, 33_334), (2, 33_334), (3, 33_333)]);
    assert_eq!(world.derived().next_day(), None);
}

#[test]
fn who_leaves_the_day_before_never_earns_the_stage_and_keeps_the_one_before() {
    for (last, stages) in [(88, 0), (89, 1), (363, 1), (364, 2)] {
        let mut world = world(1000);
        world.arrive(graduated(0));
        world.arrive(employment(1, 1, 2, 10, None, false));
        world.arrive(employment(1, 2, 2, 10, Some(last), false));
        assert_eq!(of(&world, "staged-hire").len(), stages, "left after {} days", last + 1);
        let lost = world.derived().lapses.into_iter().filter(|lapse| matches!(lapse.why, Why::LeftEarly { .. }));
        assert!(lost.count() > 0);
    }
}

#[test]
fn a_paid_stage_that_loses_its_ground_is_clawed_back_kept_or_shared_by_the_rule_of_its_scheme() {
    let mut world = world(150);
    world.arrive(graduated(0));
    world.arrive(employment(1, 1, 2, 10, None, false));
    for scheme in ["staged-hire", "pro-rata-hire"] {
        pay(&mut world, scheme);
    }
    assert_eq!(states(&world, "staged-hire"), [(1, State::Paid, 33_334)]);
    assert_eq!(states(&world, "pro-rata-hire"), [(1, State::Paid, 66_666)]);
    // It turns out that the person left after 20 of the 30 and of the 90 days.
    world.arrive(employment(1, 2, 2, 10, Some(19), false));
    assert_eq!(states(&world, "staged-hire"), [(1, State::ClawedBack, 33_334)]);
    assert_eq!(states(&world, "pro-rata-hire"), [(1, State::Paid, 66_666)]);
    assert_eq!(of(&world, "pro-rata-hire"), [(1, 44_444)], "20 of 30 days");
    assert!(world.steps().is_empty());
    world.verify();

    let mut kept = self::world(60);
    kept.arrive(graduated(0));
    // A school is not paid by the staged scheme, which would go first.
    kept.arrive(employment(1, 1, 1, 10, None, false));
    pay(&mut kept, "keep-hire");
    kept.arrive(employment(1, 2, 1, 10, Some(3), false));
    assert_eq!(states(&kept, "keep-hire"), [(1, State::Paid, 50_000)]);
}

#[test]
fn nothing_is_shared_of_what_was_never_paid() {
    let mut world = world(150);
    world.arrive(graduated(0));
    world.arrive(employment(1, 1, 2, 10, None, false));
    world.arrive(employment(1, 2, 2, 10, Some(19), false));
    assert_eq!(states(&world, "pro-rata-hire"), [(1, State::Voided, 66_666)]);
}

#[test]
fn an_advance_is_paid_at_the_start_and_recovered_from_who_does_not_finish() {
    let apprentice = || {
        let mut world = world(700);
        world.arrive(employment(1, 1, 2, 0, None, false));
        world.arrive(enrolled(1, 20, 400));
        assert_eq!(states(&world, "apprentice"), [(1, State::Accrued, 500_000)], "half of two years begun");
        pay(&mut world, "apprentice");
        world
    };
    let mut left = apprentice();
    left.arrive(at(fact(FactKind::LeftClass, "enrolments/1", 2, 200), 2, 1));
    assert_eq!(states(&left, "apprentice"), [(1, State::ClawedBack, 500_000)]);
    assert!(left.claims[0].reason.as_ref().unwrap().contains("without completing"), "{:?}", left.claims[0].reason);
    left.verify();

    let mut finished = apprentice();
    finished.arrive(graduated(430));
    assert_eq!(states(&finished, "apprentice"), [(1, State::Paid, 500_000), (2, State::Accrued, 500_000)]);
    finished.verify();
}

#[test]
fn instalments_follow_the_milestones_of_a_class_and_apprentices_are_paid_by_their_own_scheme() {
    let mut world = world(700);
    world.arrive(enrolled(1, 20, 400));
    assert_eq!(of(&world, "class"), [(1, 80_000)]);
    let placed = at(fact(FactKind::Placed, "placements/1", 2, 300), 2, 1);
    world.arrive(Fact { subject: "enrolments/1".to_owned(), ..placed });
    world.arrive(graduated(430));
    assert_eq!(of(&world, "class"), [(1, 80_000), (2, 60_000), (3, 60_000)]);
    let payees: Vec<_> = world.claims.iter().map(|claim| claim.beneficiary).collect();
    assert!(payees.iter().all(|payee| *payee == organisation(1)), "the school");
    // It becomes known that they worked for the enterprise all along.
    world.arrive(employment(1, 1, 2, 0, None, false));
    assert!(of(&world, "class").is_empty());
    assert_eq!(of(&world, "apprentice"), [(1, 500_000), (2, 500_000)]);
    let lapses = world.derived().lapses;
    assert!(lapses.iter().any(|lapse| lapse.why == Why::Excluded { by: "apprentice".to_owned() }), "{lapses:?}");
    world.verify();
}

#[test]
fn a_later_day_of_the_same_stage_takes_the_claim_back_until_it_comes() {
    let mut world = world(120);
    world.arrive(graduated(0));
    world.arrive(employment(1, 1, 2, 10, None, false));
    assert_eq!(states(&world, "staged-hire"), [(1, State::Accrued, 33_334)]);
    world.arrive(employment(1, 2, 2, 40, None, false));
    assert_eq!(states(&world, "staged-hire"), [(1, State::Voided, 33_334)]);
    assert!(world.claims.iter().any(|claim| claim.reason.as_ref().is_some_and(|why| why.contains("not due before"))));
    world.today = day(129);
    world.derive();
    assert_eq!(of(&world, "staged-hire"), [(1, 33_334)]);
}

#[test]
fn a_cap_counts_the_whole_grant_however_its_stages_stand() {
    let mut world = world(60);
    world.arrive(graduated(0));
    // Two employments with a school: the cap of the year is 70,000.
    world.arrive(employment(1, 1, 1, 10, None, false));
    world.arrive(employment(2, 1, 1, 20, None, false));
    let amounts: BTreeMap<String, Money> =
        world.claims.iter().filter(|c| c.scheme.code == "keep-hire").map(|c| (c.occasion.clone(), c.amount)).collect();
    let expected = [("employments/1", 50_000), ("employments/2", 20_000)];
    assert_eq!(amounts, expected.map(|(key, fen)| (key.to_owned(), Money::fen(fen))).into_iter().collect());
}
