//! Days pass: what becomes due by that alone, through the real service on both engines; and histories in any order,
//! through its tables.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;
mod world;

use chrono::{NaiveDate, TimeDelta};
use kit::auth::Role;
use kit::db::Lane;
use kit::id::Id;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use proto::google::r#type::Date;
use proto::subsidy::v1 as pb;
use std::collections::BTreeSet;
use std::sync::Arc;
use subsidy::domain::{Fact, OrganisationId, PersonId};
use subsidy::store::fact;
use testkit::{Sandbox, Who, both_engines};
use tonic::Code;
use town::{ENTERPRISE, Town, day, person, reason};
use uuid::Uuid;

/// The clock goes on to nine in the morning of that day.
fn go_to(town: &Town, year: i32, month: u32, on: u32) {
    let wanted = NaiveDate::from_ymd_opt(year, month, on).unwrap().and_hms_opt(1, 0, 0).unwrap().and_utc();
    town.sandbox.clock.advance(wanted - town.now());
}

async fn accrue(town: &Town, request: pb::RunAccrualRequest) -> pb::RunAccrualResponse {
    town.bureau().run_accrual(request).await.unwrap().into_inner()
}

async fn today(town: &Town) -> (i32, i32) {
    let done = accrue(town, pb::RunAccrualRequest::default()).await;
    (done.people, done.accrued)
}

/// A graduate of December 2026, hired on 10 January 2027.
async fn staged(n: u32) -> Vec<Town> {
    let towns = Town::both().await;
    for town in &towns {
        go_to(town, 2027, 1, 11);
        town.organisations().await;
        for n in 1..=n {
            town.graduated(n, day(2026, 12, 30)).await;
            town.hired(n, 2, day(2027, 1, 10)).await;
        }
        assert!(town.claims().await.is_empty(), "the ninetieth day has not come");
    }
    towns
}

#[tokio::test]
async fn a_stage_accrues_by_the_passing_of_days_once_and_the_next_one_later() {
    for town in staged(1).await {
        go_to(&town, 2027, 4, 8);
        assert_eq!(today(&town).await, (0, 0), "the 89th day");
        go_to(&town, 2027, 4, 9);
        assert_eq!(today(&town).await, (1, 1));
        assert_eq!(today(&town).await, (0, 0), "again: nothing");
        let claim = town.only_claim().await;
        assert_eq!((claim.stage, claim.part, claim.scheme_version, claim.amount), (1, 1, 2, town::fen(75_000)));
        assert_eq!((claim.earned_on, claim.occasion.starts_with("employments/")), (day(2027, 4, 9), true));
        let everyone = accrue(&town, pb::RunAccrualRequest { everyone: true, ..Default::default() }).await;
        assert_eq!((everyone.people, everyone.accrued, everyone.amended, everyone.ended), (1, 0, 0, 0));
        go_to(&town, 2028, 1, 9);
        assert_eq!(today(&town).await, (1, 1), "the 365th day");
        let stages: Vec<_> = town.claims().await.iter().map(|claim| (claim.stage, claim.amount)).collect();
        assert_eq!(stages, [(1, town::fen(75_000)), (2, town::fen(75_000))]);
        go_to(&town, 2029, 1, 1);
        assert_eq!(today(&town).await, (0, 0), "nothing is to come any more");
        town.verify().await;
    }
}

#[tokio::test]
async fn who_leaves_before_the_day_earns_nothing_and_who_left_before_a_paid_day_pays_back() {
    for town in staged(2).await {
        town.fund(1_000_000).await;
        let left = |n: u32, month: i32| town.left_from(n, day(2027, 1, 10), day(2027, month, 1));
        left(1, 3).await;
        go_to(&town, 2027, 4, 20);
        assert_eq!(today(&town).await, (1, 1), "the one who stayed");
        let claim = town.only_claim().await;
        assert_eq!(town.pay(&claim.name).await.state(), pb::ClaimState::Paid);
        // It becomes known afterwards.
        left(2, 2).await;
        let claim = town.claim(&claim.name).await;
        assert_eq!(claim.state(), pb::ClaimState::ClawedBack);
        assert!(claim.reason.contains("before the 90 days required"), "{}", claim.reason);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_run_goes_through_everybody_by_pages() {
    for town in staged(7).await {
        go_to(&town, 2027, 5, 1);
        let (mut page_token, mut people) = (String::new(), Vec::new());
        loop {
            let request = pb::RunAccrualRequest { page_size: 3, page_token, through: day(2027, 4, 9), ..Default::default() };
            let done = accrue(&town, request).await;
            people.push((done.people, done.accrued));
            page_token = done.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(people, [(3, 3), (3, 3), (1, 1)]);
        assert_eq!(town.claims().await.len(), 7);
        town.verify().await;
    }
}

#[tokio::test]
async fn two_runs_at_once_make_each_claim_once() {
    for town in staged(20).await {
        go_to(&town, 2027, 5, 1);
        let run = || {
            let mut bureau = town.bureau();
            tokio::spawn(async move { bureau.run_accrual(pb::RunAccrualRequest { page_size: 1000, ..Default::default() }).await })
        };
        let runs = [run(), run(), run()];
        let mut accrued = 0;
        for run in runs {
            accrued += run.await.unwrap().unwrap().into_inner().accrued;
        }
        assert_eq!((accrued, town.claims().await.len()), (20, 20), "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_day_that_has_not_come_is_refused_and_so_is_who_may_not() {
    for town in staged(1).await {
        let request = pb::RunAccrualRequest { through: day(2027, 1, 12), ..Default::default() };
        let refused = town.bureau().run_accrual(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "DAY_NOT_COME"));
        let clerk = town.clerk().run_accrual(pb::RunAccrualRequest::default()).await.unwrap_err();
        assert_eq!(clerk.code(), Code::PermissionDenied);
        let service = Who::new("cron", None, &[Role::Service]);
        assert!(town.as_who(&service).run_accrual(pb::RunAccrualRequest::default()).await.is_ok());
    }
}

/// Scheme, stage, beneficiary and fen of what is asked for or held.
async fn held(town: &Town) -> Vec<(String, i32, String, i64)> {
    let live = town
        .claims()
        .await
        .into_iter()
        .filter(|claim| !matches!(claim.state(), pb::ClaimState::Voided | pb::ClaimState::ClawedBack));
    live.map(|claim| (claim.scheme, claim.stage, claim.beneficiary, claim.amount.unwrap().fen)).collect()
}

#[tokio::test]
async fn a_class_is_paid_in_instalments_as_its_student_comes_is_placed_and_graduates() {
    for town in Town::both().await {
        go_to(&town, 2027, 3, 1);
        town.organisations().await;
        town.enrolled(1, day(2027, 3, 1), day(2028, 3, 1)).await;
        assert!(town.claims().await.is_empty());
        go_to(&town, 2027, 3, 30);
        assert_eq!(today(&town).await, (1, 1), "the 30th day");
        town.placed(1, day(2027, 10, 1)).await;
        go_to(&town, 2027, 10, 1);
        assert_eq!(today(&town).await, (1, 1), "the first day of the placement");
        go_to(&town, 2028, 3, 5);
        town.graduated_at(1, 3, day(2028, 3, 1)).await;
        let expected = [(1, 80_000), (2, 60_000), (3, 60_000)];
        let school = |(stage, fen)| ("schemes/order-class".to_owned(), stage, town::SCHOOL.to_owned(), fen);
        assert_eq!(held(&town).await, expected.map(school));
        town.verify().await;
    }
}

#[tokio::test]
async fn an_apprentice_s_advance_is_paid_back_when_the_class_is_left() {
    for town in Town::both().await {
        go_to(&town, 2027, 3, 1);
        town.fund(10_000_000).await;
        town.organisations().await;
        town.hired(1, 2, day(2027, 1, 10)).await;
        town.enrolled(1, day(2027, 2, 1), day(2028, 3, 1)).await;
        let advance = ("schemes/new-apprenticeship".to_owned(), 1, ENTERPRISE.to_owned(), 500_000);
        assert_eq!(held(&town).await, [advance], "not together with the class");
        let claim = town.only_claim().await;
        assert_eq!(town.pay(&claim.name).await.state(), pb::ClaimState::Paid);
        town.left_class(1, 2, day(2027, 6, 1)).await;
        let states: Vec<_> = town.claims().await.iter().map(|claim| (claim.scheme.clone(), claim.state())).collect();
        assert!(states.contains(&("schemes/new-apprenticeship".to_owned(), pb::ClaimState::ClawedBack)), "{states:?}");
        let claim = town.claim(&claim.name).await;
        assert!(claim.reason.contains("without completing"), "{}", claim.reason);
        town.verify().await;
    }
}

/// A city with schemes of every shape of its own.
fn own_schemes(context: kit::Context) -> kit::Service {
    subsidy::service(context.with_decided(Some(Arc::new(world::every_shape().clone()))))
}

async fn towns_of_their_own() -> Vec<Town> {
    let mut towns = Vec::new();
    for test in both_engines(&[subsidy::MIGRATIONS]).await {
        towns.push(Town { sandbox: Sandbox::new(test, &[("subsidy", own_schemes)]).await });
    }
    towns
}

/// Histories of several people, the same for the same seed.
fn histories() -> Vec<Fact> {
    let mut runner = TestRunner::deterministic();
    let mut facts = Vec::new();
    for n in 1..=12u128 {
        let own = world::any_history().new_tree(&mut runner).unwrap().current();
        let person = PersonId::from_uuid(Uuid::from_u128(n));
        facts.extend(own.into_iter().map(|fact| Fact { key: format!("{n} {}", fact.key), person, ..fact }));
    }
    facts
}

/// Facts as deliveries would leave them; what is there already is passed over.
async fn keep(town: &Town, facts: &[Fact]) {
    let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
    fact::lock_people(&mut tx, facts.iter().map(|fact| fact.person)).await.unwrap();
    fact::insert(&mut tx, facts, town.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn organisations(town: &Town) {
    let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
    for n in 0..4u8 {
        let kind = world::kind_of(n);
        let id: OrganisationId = world::organisation(n);
        fact::register_organisation(&mut tx, id, &kind, false).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn everyone(town: &Town) -> (i32, i32, i32) {
    let (mut page_token, mut sum) = (String::new(), (0, 0, 0));
    loop {
        let done = accrue(town, pb::RunAccrualRequest { everyone: true, page_size: 5, page_token, ..Default::default() }).await;
        sum = (sum.0 + done.accrued, sum.1 + done.amended, sum.2 + done.ended);
        page_token = done.next_page_token;
        if page_token.is_empty() {
            return sum;
        }
    }
}

type Row = (String, String, String, i32, i64, String, Option<(i32, i32, i32)>);

/// What is asked for, without ids.
async fn live(town: &Town) -> BTreeSet<Row> {
    let request = pb::ListClaimsRequest { page_size: 1000, ..Default::default() };
    let claims = town.bureau().list_claims(request).await.unwrap().into_inner().claims;
    let live = claims.into_iter().filter(|claim| claim.state() == pb::ClaimState::Accrued);
    let on = |date: Option<Date>| date.map(|date| (date.year, date.month, date.day));
    live.map(|claim| {
        let amount = claim.amount.unwrap().fen;
        (claim.person, claim.scheme, claim.occasion, claim.stage, amount, claim.beneficiary, on(claim.earned_on))
    })
    .collect()
}

#[tokio::test]
async fn histories_in_any_order_come_to_the_same_claims_in_the_tables_of_both_engines() {
    let facts = histories();
    let mut outcomes: Vec<BTreeSet<Row>> = Vec::new();
    for seed in 1..=3u64 {
        for town in towns_of_their_own().await {
            organisations(&town).await;
            let chance = kit::rng::Chance::seeded(seed);
            let mut shuffled: Vec<(u64, Fact)> = facts.iter().map(|fact| (chance.bits(), fact.clone())).collect();
            // Every third comes again, at another time.
            shuffled.extend(facts.iter().step_by(3).map(|fact| (chance.bits(), fact.clone())));
            shuffled.sort_by_key(|(rank, _)| *rank);
            let shuffled: Vec<Fact> = shuffled.into_iter().map(|(_, fact)| fact).collect();
            for some in shuffled.chunks(20) {
                keep(&town, some).await;
                town.sandbox.clock.advance(TimeDelta::days(20));
                everyone(&town).await;
            }
            go_to(&town, 2028, 6, 1);
            everyone(&town).await;
            assert_eq!(everyone(&town).await, (0, 0, 0), "again: nothing");
            assert_eq!(today(&town).await.1, 0, "nor by the agenda");
            outcomes.push(live(&town).await);
            town.verify().await;
        }
    }
    assert!(outcomes[0].len() > 20, "the histories earn something: {}", outcomes[0].len());
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
}

#[tokio::test]
async fn a_city_s_own_schemes_judge_beside_those_that_are_shipped() {
    for town in towns_of_their_own().await {
        let request = pb::ListSchemesRequest { page_size: 1000, ..Default::default() };
        let schemes = town.clerk().list_schemes(request).await.unwrap().into_inner().schemes;
        let names: BTreeSet<_> = schemes.iter().map(|scheme| scheme.name.as_str()).collect();
        assert!(names.contains("schemes/staged-hire") && names.contains("schemes/hiring-subsidy"), "{names:?}");
        town.graduate_hired(1).await;
        go_to(&town, 2026, 12, 1);
        today(&town).await;
        let claims = town.claims().await;
        let earned: BTreeSet<_> = claims.iter().map(|claim| (claim.scheme.as_str(), claim.stage)).collect();
        assert!(earned.contains(&("schemes/staged-hire", 1)), "{earned:?}");
        assert!(claims.iter().all(|claim| claim.beneficiary == ENTERPRISE && claim.person == person(1)));
        town.verify().await;
    }
}
