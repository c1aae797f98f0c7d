//! What happens when two transactions meet on the same rows. One of them is held open by the test until the
//! other has come to where it must wait.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use kit::db::{Lane, Tx, args, statements};
use kit::id::Id;
use proto::directory::v1 as directory;
use proto::subsidy::v1 as pb;
use std::time::Duration;
use subsidy::domain::{ClaimId, Fact, FactKind, OrganisationId, PaymentBatchId, PersonId};
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
            key: "graduation".into(),
            person: graduate,
            kind: FactKind::Graduated,
            resource: "enrolments/1".into(),
            version: 1,
            event_type: String::new(),
            subject: String::new(),
            day: "2026-06-30".parse().unwrap(),
            end_day: None,
            organisation: Some(OrganisationId::parse("organisation", ENTERPRISE).unwrap()),
            counterpart: None,
            other_person: None,
            quantity: 0,
            share_percent: 100,
            detail: String::new(),
            withdrawn: false,
            organisation_kind: String::new(),
            counterpart_kind: String::new(),
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
