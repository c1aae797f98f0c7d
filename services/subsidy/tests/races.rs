//! What happens when two transactions meet on the same rows. One of them is held open by the test until the
//! other has come to where it must wait.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod town;

use desk::{Desk, fund, fund_id};
use kit::db::{Lane, Tx, args, statements};
use kit::id::Id;
use kit::rng::Chance;
use kit::{Code as KitCode, Money};
use proto::directory::v1 as directory;
use proto::subsidy::v1 as pb;
use std::time::Duration;
use subsidy::domain::{ClaimId, Fact, FactKind, FundId, OrganisationId, PaymentBatchId, Period, PersonId, Posting};
use subsidy::store;
use testkit::foreign;
use tokio::task::JoinHandle;
use town::{ENTERPRISE, Town, day, person, reason};
use uuid::Uuid;

statements! {
    VOID = "UPDATE subsidy_claim SET version = version + 1, state = 'voided' WHERE claim_id = $1";
    TELL_BANK = "UPDATE subsidy_claim SET batch_id = $2 WHERE claim_id = $1";
}

/// Commits what the test holds, once the other transaction is seen to wait for it.
async fn let_go<T>(held: Tx, waiting: &mut JoinHandle<T>, engine: &str) {
    let early = tokio::time::timeout(Duration::from_millis(300), waiting).await;
    assert!(early.is_err(), "on {engine} nobody waited");
    held.commit().await.unwrap();
}

/// Delivers until it is applied, as a bus does.
fn deliver<E: proto::Event>(town: &Town, subject: &str, version: i64, event: &E) -> JoinHandle<()> {
    let envelope = foreign(&town.sandbox.clock, subject, version, event);
    let bus = town.sandbox.bus.clone();
    tokio::spawn(async move { while bus.publish(vec![envelope.clone()]).await.iter().any(Result::is_err) {} })
}

fn hired(n: u32) -> directory::EmploymentStarted {
    directory::EmploymentStarted {
        person: person(n),
        employment: "employments/00000000-0000-7000-8000-000000000001".into(),
        organisation: ENTERPRISE.into(),
        start_date: day(2026, 7, 10),
        ..Default::default()
    }
}

#[tokio::test]
async fn two_facts_of_one_person_at_the_same_time_are_derived_together() {
    for town in Town::both().await {
        town.organisations().await;
        let graduate = PersonId::parse("person", &person(1)).unwrap();
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        store::fact::lock_people(&mut held, [graduate]).await.unwrap();
        let graduated = Fact {
            organisation: Some(OrganisationId::parse("organisation", ENTERPRISE).unwrap()),
            ..Fact::new(
                "graduation".into(),
                graduate,
                FactKind::Graduated,
                ("enrolments/1".into(), 1),
                "2026-06-30".parse().unwrap(),
            )
        };
        store::fact::insert(&mut held, [&graduated], town.now()).await.unwrap();
        let mut delivery = deliver(&town, &person(1), 1, &hired(1));
        let_go(held, &mut delivery, town.sandbox.test.engine).await;
        delivery.await.unwrap();
        assert_eq!(town.only_claim().await.state(), pb::ClaimState::Accrued, "{}", town.sandbox.test.engine);
    }
}

#[tokio::test]
async fn an_organisation_that_is_registered_while_a_fact_names_it_is_not_missed() {
    for named_before in [false, true] {
        for town in Town::both().await {
            town.graduated(1, day(2026, 6, 30)).await;
            // Another enterprise than that of the order hires.
            let other = OrganisationId::from_uuid(Uuid::from_u128(77));
            let hired = directory::EmploymentStarted { organisation: other.to_string(), ..hired(1) };
            if named_before {
                let somebody = directory::EmploymentStarted { person: person(2), ..hired.clone() };
                town.sandbox.arrive(&person(2), 1, &somebody).await;
            }
            let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
            store::fact::register_organisation(&mut held, other, "enterprise", false).await.unwrap();
            assert_eq!(store::fact::people_of(&mut held, other).await.unwrap().len(), usize::from(named_before));
            let mut delivery = deliver(&town, &person(1), 1, &hired);
            let_go(held, &mut delivery, town.sandbox.test.engine).await;
            delivery.await.unwrap();
            assert_eq!(town.only_claim().await.beneficiary, other.to_string());
        }
    }
}

#[tokio::test]
async fn a_claim_that_is_voided_while_a_batch_is_made_is_not_in_it() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.approve(&name).await;
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        held.execute(VOID, args![ClaimId::parse("name", &name).unwrap()]).await.unwrap();
        let (mut officer, engine) = (town.officer(), town.sandbox.test.engine);
        let payment_batch = Some(pb::PaymentBatch { fund, ..Default::default() });
        let request = pb::CreatePaymentBatchRequest { payment_batch };
        let mut batch = tokio::spawn(async move { officer.create_payment_batch(request).await });
        let_go(held, &mut batch, engine).await;
        assert_eq!(reason(&batch.await.unwrap().unwrap_err()), "NOTHING_PAYABLE", "{engine}");
    }
}

#[tokio::test]
async fn a_claim_that_goes_to_the_bank_while_its_facts_change_is_not_voided() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.approve(&name).await;
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        let batch = PaymentBatchId::from_uuid(Uuid::from_u128(7));
        held.execute(TELL_BANK, args![ClaimId::parse("name", &name).unwrap(), batch]).await.unwrap();
        let left = directory::EmploymentEnded {
            person: person(1),
            employment: hired(1).employment,
            organisation: ENTERPRISE.into(),
            start_date: day(2026, 7, 10),
            end_date: day(2026, 8, 1),
            reason: "resigned".into(),
        };
        let mut delivery = deliver(&town, &person(1), 3, &left);
        let_go(held, &mut delivery, town.sandbox.test.engine).await;
        delivery.await.unwrap();
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::Approved, "{}", town.sandbox.test.engine);
    }
}

/// Every fund with the funds it stands under, each given as much as the one at the top.
async fn family(town: &Town, cap: i64, funds: usize, chance: &Chance) -> Vec<FundId> {
    let mut family = vec![fund(town, "f0", "", cap).await];
    for n in 1..funds {
        let above = family[usize::try_from(chance.below(n as u64)).unwrap()];
        family.push(fund(town, &format!("f{n}"), &above.to_string(), cap).await);
    }
    family
}

#[tokio::test]
async fn of_commitments_at_once_on_funds_under_one_cap_exactly_as_many_pass_as_fit() {
    for seed in 1..=4 {
        for town in Town::both().await {
            let chance = Chance::seeded(seed);
            let fit = 5 + i64::try_from(chance.below(20)).unwrap();
            let family = family(&town, fit * 100 + 99, 2 + usize::try_from(chance.below(5)).unwrap(), &chance).await;
            let desk = Desk::of(&town.sandbox);
            let tries: Vec<_> = (0..60)
                .map(|_| {
                    let fund = family[usize::try_from(chance.below(family.len() as u64)).unwrap()];
                    let (desk, postings) = (desk.clone(), desk.commitments(fund, 1, 100));
                    tokio::spawn(async move { desk.post(&postings).await })
                })
                .collect();
            let mut granted = 0;
            for answer in tries {
                match answer.await.unwrap() {
                    Ok(()) => granted += 1,
                    Err(error) => assert_eq!(error.reason(), "BUDGET_EXCEEDED", "{error:?}"),
                }
            }
            assert_eq!(granted, fit, "{} with seed {seed}", town.sandbox.test.engine);
            let top = town.budget(&family[0].to_string()).await;
            assert_eq!((top.committed, top.available), (town::fen(fit * 100), town::fen(99)));
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn batches_at_once_that_spend_from_the_same_funds_wait_for_each_other_and_lose_nothing() {
    for town in Town::both().await {
        let chance = Chance::seeded(11);
        let family = family(&town, 1_000_000, 5, &chance).await;
        let desk = Desk::of(&town.sandbox);
        let tries: Vec<_> = (0..24)
            .map(|_| {
                let mut postings: Vec<Posting> = family.iter().flat_map(|fund| desk.commitments(*fund, 2, 10)).collect();
                postings.rotate_left(usize::try_from(chance.below(10)).unwrap());
                let desk = desk.clone();
                tokio::spawn(async move { desk.post(&postings).await })
            })
            .collect();
        for answer in tries {
            answer.await.unwrap().unwrap();
        }
        assert_eq!(town.budget(&family[0].to_string()).await.committed, town::fen(24 * 10 * 10));
        town.verify().await;
    }
}

#[tokio::test]
async fn of_reversals_at_once_of_one_payment_no_more_pass_than_it_was() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund_id(&town.fund(1_000_000).await);
        let (claim, payment) = desk.paid(fund, 100).await;
        let tries: Vec<_> = (0..12)
            .map(|_| {
                let (desk, posting) = (desk.clone(), Posting::claw_back(fund, &claim, Money::fen(30), payment));
                tokio::spawn(async move { desk.one(posting).await })
            })
            .collect();
        let mut taken = 0;
        for answer in tries {
            match answer.await.unwrap() {
                Ok(()) => taken += 1,
                Err(error) => assert_eq!(error.code(), KitCode::Internal, "{error:?}"),
            }
        }
        assert_eq!(taken, 3, "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

/// Accounts have no order in which they are held; budgets have.
#[tokio::test]
async fn a_posting_that_leaves_a_budget_as_it_is_waits_for_who_holds_it() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund_id(&town.fund(1_000_000).await);
        let (claim, payment) = desk.paid(fund, 100).await;
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        store::fund::hold(&mut held, [fund]).await.unwrap();
        let posting = Posting::claw_back(fund, &claim, Money::fen(30), payment);
        let mut posted = tokio::spawn(async move { desk.one(posting).await });
        let_go(held, &mut posted, town.sandbox.test.engine).await;
        posted.await.unwrap().unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn a_posting_that_meets_the_close_of_its_month_finds_it_closed() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let checked = town.checked(&town.only_claim().await.name).await;
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        store::log::close_through(&mut held, Period::of(town.now())).await.unwrap();
        let (mut officer, engine) = (town.officer(), town.sandbox.test.engine);
        let request = pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash };
        let mut approval = tokio::spawn(async move { officer.approve_claim(request).await });
        let_go(held, &mut approval, engine).await;
        assert_eq!(reason(&approval.await.unwrap().unwrap_err()), "PERIOD_CLOSED", "{engine}");
    }
}
