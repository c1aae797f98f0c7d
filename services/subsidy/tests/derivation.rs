//! Claims follow from the facts alone: their order and their repetition change nothing, and the ledger
//! balances whatever happens.

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
use subsidy::domain::{Change, Claim, FactKind, Schemes, State, Step};
use world::{World, any_history, at, day, employment, fact, organisation};

const PLENTY: i64 = 1_000_000_000_000;

/// Schemes that let everybody keep what was paid: there it matters when it was.
const KEPT: [&str; 2] = ["order-class", "tax-offset"];

/// What is left of payments, by scheme and beneficiary.
fn net(world: &World) -> BTreeMap<(String, String), i64> {
    let mut net = BTreeMap::new();
    let paid = world.claims.iter().filter(|claim| claim.state == State::Paid);
    for claim in paid.filter(|claim| !KEPT.contains(&claim.scheme.code.as_str())) {
        *net.entry((claim.scheme.code.clone(), claim.beneficiary.to_string())).or_default() += claim.kept().as_fen();
    }
    net
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_and_repetition_of_the_facts_the_same_claims_result(
        history in any_history(),
        seed in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 0..60),
    ) {
        let mut in_order = World::new(PLENTY);
        for fact in &history {
            in_order.arrive(fact.clone());
        }
        // Every fact once in a random place, and some of them again.
        let mut shuffled: Vec<_> = history.iter().cloned().zip(seed.iter().map(|(_, rank)| *rank).chain(std::iter::repeat(0))).collect();
        if !history.is_empty() {
            shuffled.extend(seed.iter().map(|(index, rank)| (history[index.index(history.len())].clone(), rank.rotate_left(7))));
        }
        shuffled.sort_by_key(|(_, rank)| *rank);
        let mut out_of_order = World::new(PLENTY);
        for (fact, _) in shuffled {
            out_of_order.arrive(fact);
        }
        prop_assert_eq!(in_order.live(), out_of_order.live());
        prop_assert!(out_of_order.steps().is_empty(), "deriving again changes nothing");
        out_of_order.verify();
    }

    #[test]
    fn the_ledger_balances_and_nothing_is_overspent_under_any_sequence_of_commands_and_facts(
        history in any_history(),
        commands in prop::collection::vec((0usize..12, prop::bool::weighted(0.15), prop::bool::weighted(0.8)), 0..120),
        appropriated in prop_oneof![Just(PLENTY), 1i64..2_000_000],
    ) {
        let mut world = World::new(appropriated);
        let mut facts = history.into_iter();
        for (n, (claim, reject, bank)) in commands.into_iter().enumerate() {
            if n % 4 == 0 && let Some(fact) = facts.next() {
                world.arrive(fact);
            }
            world.command(claim, reject, bank);
            world.verify();
        }
        for fact in facts {
            world.arrive(fact);
            world.verify();
        }
    }

    #[test]
    fn what_is_held_and_asked_for_is_what_is_due_once_the_bank_has_answered(
        history in any_history(),
        commands in prop::collection::vec((0usize..12, prop::bool::weighted(0.8)), 0..80),
    ) {
        let mut world = World::new(PLENTY);
        let mut facts = history.into_iter();
        for (claim, bank) in commands {
            if let Some(fact) = facts.next() {
                world.arrive(fact);
            }
            world.command(claim, false, bank);
        }
        for fact in facts {
            world.arrive(fact);
        }
        for at in 0..world.claims.len() {
            while world.claims[at].at_bank() {
                world.command(at, false, true);
            }
        }
        world.derive();
        let due: Money = world.derived().dues.iter().map(|due| due.amount).sum();
        let live = world.claims.iter().filter(|claim| !matches!(claim.state, State::Voided | State::ClawedBack));
        prop_assert_eq!(live.map(Claim::kept).sum::<Money>(), due);
        world.verify();
    }

    #[test]
    fn facts_in_any_order_leave_the_same_net_money_whatever_was_paid_between_them(
        history in any_history(),
        ranks in prop::collection::vec(any::<u32>(), 25),
        commands in prop::collection::vec((0usize..12, prop::bool::weighted(0.8)), 0..80),
    ) {
        let mut shuffled: Vec<_> = history.iter().cloned().zip(&ranks).collect();
        shuffled.sort_by_key(|(_, rank)| **rank);
        let mut in_order = World::new(PLENTY);
        for fact in &history {
            in_order.arrive(fact.clone());
        }
        in_order.pay_all();
        let mut out_of_order = World::new(PLENTY);
        let mut commands = commands.into_iter();
        for (fact, _) in shuffled {
            out_of_order.arrive(fact);
            for (claim, bank) in commands.by_ref().take(4) {
                out_of_order.command(claim, false, bank);
            }
        }
        out_of_order.pay_all();
        out_of_order.verify();
        prop_assert_eq!(net(&in_order), net(&out_of_order));
    }

    #[test]
    fn facts_in_any_order_leave_each_source_the_same_of_what_it_paid(
        history in any_history(),
        ranks in prop::collection::vec(any::<u32>(), 25),
        shares in prop::collection::vec(1u32..100, 1..5),
        percents in prop::collection::vec((0usize..12, 1i64..=100), 0..12),
    ) {
        let mut shuffled: Vec<_> = history.iter().cloned().zip(&ranks).collect();
        shuffled.sort_by_key(|(_, rank)| **rank);
        let mut in_order = World::new(PLENTY).carried_by(&shares);
        for fact in history {
            in_order.arrive(fact);
            in_order.pay_all();
        }
        let mut out_of_order = World::new(PLENTY).carried_by(&shares);
        let mut percents = percents.into_iter();
        for (fact, _) in shuffled {
            out_of_order.arrive(fact);
            out_of_order.pay_all();
            if let Some((claim, percent)) = percents.next() {
                out_of_order.deny(claim, percent);
            }
        }
        in_order.verify();
        out_of_order.verify();
        // Whatever pieces it was taken back in.
        let paid = |world: &World| -> Vec<(Money, Money, Vec<i64>)> {
            let net = |claim: &Claim| (claim.amount, claim.clawed_back, world.net_of(claim).into_values().collect());
            world.claims.iter().filter(|claim| matches!(claim.state, State::Paid | State::ClawedBack)).map(net).collect()
        };
        for (amount, clawed_back, net) in paid(&in_order) {
            prop_assert_eq!(net.iter().sum::<i64>(), amount.as_fen() - clawed_back.as_fen());
            for other in paid(&out_of_order).into_iter().filter(|other| (other.0, other.1) == (amount, clawed_back)) {
                prop_assert_eq!(&other.2, &net);
            }
        }
    }

    #[test]
    fn what_findings_denied_stays_denied_however_facts_go_on(
        history in any_history(),
        acts in prop::collection::vec((0usize..12, prop::bool::ANY, 1i64..=100), 0..120),
    ) {
        let mut world = World::new(PLENTY);
        let mut facts = history.into_iter();
        for (n, (claim, deny, percent)) in acts.into_iter().enumerate() {
            if n % 4 == 0 && let Some(fact) = facts.next() {
                world.arrive(fact);
            }
            if deny { world.deny(claim, percent) } else { world.command(claim, false, true) }
            prop_assert!(world.steps().iter().all(|step| matches!(step, Step::Reconsider { .. })), "{:?}", world.steps());
            world.verify();
        }
        world.pay_all();
        let derived = world.derived();
        for due in derived.dues.iter().filter(|due| !KEPT.contains(&due.scheme.code.as_str())) {
            let of_due = |claim: &&Claim| {
                let stage = (&claim.scheme.code, &claim.occasion, claim.stage);
                stage == (&due.scheme.code, &due.occasion, due.stage) && claim.beneficiary == due.beneficiary
            };
            let denied: Money = world.claims.iter().filter(of_due).map(|claim| claim.denied).sum();
            let paid = |claim: &&Claim| matches!(claim.state, State::Paid | State::ClawedBack) && of_due(claim);
            let kept: Money = world.claims.iter().filter(paid).map(Claim::kept).sum();
            prop_assert_eq!(kept.as_fen(), (due.amount.as_fen() - denied.as_fen()).max(0));
        }
    }
}

#[test]
fn the_ninetieth_day_keeps_the_subsidy_and_the_eighty_ninth_loses_it() {
    for (last, earns) in [(89, true), (88, false)] {
        let mut world = World::new(PLENTY);
        world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
        world.arrive(employment(1, 1, 2, 10, None, false));
        assert_eq!(world.live().len(), 1);
        world.arrive(employment(1, 2, 2, 10, Some(last), false));
        assert_eq!(world.live().len(), usize::from(earns), "left after {} days", last + 1);
        if !earns {
            assert!(
                world.claims[0].reason.as_ref().unwrap().contains("after 89 days, before the 90"),
                "{:?}",
                world.claims[0].reason
            );
        }
    }
}

#[test]
fn only_an_enterprise_is_paid_for_hiring_and_only_once_a_graduate() {
    let mut world = World::new(PLENTY);
    world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
    world.arrive(employment(1, 1, 1, 5, None, false));
    assert!(world.live().is_empty(), "a school is no enterprise");
    world.arrive(employment(2, 1, 2, 30, None, false));
    world.arrive(employment(3, 1, 4, 20, None, false));
    let live = world.live();
    assert_eq!(live.len(), 1);
    let (_, occasion, _, fen, beneficiary, earned_on, _) = live.first().unwrap();
    assert_eq!((occasion.as_str(), *fen, *earned_on), ("employments/3", 150_000, day(20)));
    assert_eq!(*beneficiary, organisation(4).to_string());
}

#[test]
fn a_correction_from_one_employer_to_another_claws_back_from_the_first_and_accrues_for_the_second() {
    let mut world = World::new(PLENTY);
    world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
    world.arrive(employment(1, 1, 2, 5, None, false));
    for _ in 0..5 {
        world.command(0, false, true);
    }
    assert_eq!(world.claims[0].state, State::Paid);
    world.arrive(employment(1, 2, 4, 5, None, false));
    let states: Vec<_> = world.claims.iter().map(|claim| (claim.state, claim.beneficiary, claim.part)).collect();
    assert_eq!(states, [(State::ClawedBack, organisation(2), 1), (State::Accrued, organisation(4), 2)]);
    world.verify();
}

#[test]
fn what_the_bank_has_is_looked_at_again_when_the_bank_has_answered() {
    for (bank, ends) in [(true, State::ClawedBack), (false, State::Voided)] {
        let mut world = World::new(PLENTY);
        world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
        world.arrive(employment(1, 1, 2, 5, None, false));
        for _ in 0..4 {
            world.command(0, false, true);
        }
        assert!(world.claims[0].at_bank());
        world.arrive(employment(1, 2, 2, 5, Some(3), false));
        assert_eq!((world.claims[0].state, world.claims[0].reconsider), (State::Approved, true));
        world.command(0, false, bank);
        assert_eq!(world.claims[0].state, ends);
        world.verify();
    }
}

#[test]
fn a_stipend_that_grows_is_added_to_and_one_that_shrinks_below_what_was_paid_is_clawed_back_by_the_difference() {
    let served = |version: i64, days: i64| {
        let mut fact = at(fact(FactKind::RotationCompleted, "rotations/1", version, 10), 1, 2);
        fact.quantity = days;
        fact
    };
    let mut world = World::new(PLENTY);
    world.arrive(subsidy::domain::Fact { detail: "teacher".to_owned(), ..fact(FactKind::Registered, "people/1", 1, 0) });
    world.arrive(served(1, 10));
    for _ in 0..5 {
        world.command(0, false, true);
    }
    world.arrive(served(2, 12));
    let amounts = |world: &World| world.claims.iter().map(|claim| (claim.state, claim.kept().as_fen())).collect::<Vec<_>>();
    assert_eq!(amounts(&world), [(State::Paid, 50_000), (State::Accrued, 10_000)]);
    world.arrive(served(3, 4));
    assert_eq!(amounts(&world), [(State::Paid, 20_000), (State::Voided, 10_000)]);
    world.arrive(served(4, 3));
    assert_eq!(amounts(&world)[0], (State::Paid, 15_000), "a second time, of the same payment");
    world.arrive(served(5, 0));
    assert_eq!(amounts(&world)[0], (State::ClawedBack, 0));
    world.verify();
}

#[test]
fn a_stipend_is_cut_to_what_the_year_leaves() {
    let mut world = World::new(PLENTY);
    world.arrive(subsidy::domain::Fact { detail: "teacher".to_owned(), ..fact(FactKind::Registered, "people/1", 1, 0) });
    for n in 1..=3u16 {
        let mut fact = at(fact(FactKind::RotationCompleted, &format!("rotations/{n}"), 1, n), 1, 2);
        fact.quantity = 80;
        world.arrive(fact);
    }
    let amounts: Vec<_> = world.live().into_iter().map(|claim| claim.3).collect();
    assert_eq!(amounts, [400_000, 400_000, 200_000]);
}

#[test]
fn what_was_rejected_does_not_accrue_again_for_the_same_facts() {
    let mut world = World::new(PLENTY);
    world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
    world.arrive(employment(1, 1, 2, 5, None, false));
    world.command(0, false, true);
    world.command(0, true, true);
    assert_eq!(world.claims[0].state, State::Rejected);
    world.derive();
    assert_eq!(world.claims.len(), 1);
}

#[test]
fn an_approval_is_of_another_person_and_of_exactly_what_was_seen() {
    let mut world = World::new(PLENTY);
    world.arrive(at(fact(FactKind::Graduated, "enrolments/1", 1, 0), 2, 1));
    world.arrive(employment(1, 1, 2, 5, None, false));
    world.command(0, false, true);
    world.command(0, false, true);
    let claim = world.claims[0].clone();
    let by = |name: &str| Box::new(world::approving(Schemes::shipped(), &claim, name, world.today));
    let own = claim.decide(Change::Approve(by("asker")));
    assert!(own.unwrap_err().to_string().contains("does not approve it"));
    let mut unseen = by("approver");
    unseen.content_hash = unseen.content_hash.replace('a', "b");
    assert!(claim.decide(Change::Approve(unseen)).unwrap_err().to_string().contains("content hash"));
    assert!(claim.decide(Change::Approve(by("approver"))).is_ok());
}
