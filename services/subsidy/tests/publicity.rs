//! What is approved is public for a while, and may be objected to: until then, and until that is decided, nobody is paid.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod city;
mod town;

use chrono::{DateTime, TimeDelta, Utc};
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use kit::id::Id;
use proto::subsidy::v1 as pb;
use std::time::Duration;
use subsidy::domain::{ClaimId, Ground, Objection, ObjectionId, ObjectionState};
use subsidy::store;
use testkit::Who;
use tonic::{Code, Status};
use town::{Client, SCHOOL, Town, day, fen, reason};

statements! {
    /// Paid as if nobody had objected.
    FORGET = "UPDATE subsidy_claim SET open_objections = 0 WHERE open_objections > 0";
    LENGTHEN = "UPDATE subsidy_claim SET publicity_end_date = '2026-12-31' WHERE publicity_end_date IS NOT NULL";
    TOLD = "SELECT kind FROM outbox WHERE kind LIKE '%claim-objection%' ORDER BY kind";
}

impl Town {
    fn teacher_of_the_school(&self) -> Client {
        self.as_who(&Who::new("clerk@school", Some(SCHOOL), &[Role::School]))
    }

    /// An approved claim of a week's publicity, from 2026-09-01 to the end of 2026-09-08.
    async fn approved(&self) -> (String, pb::Claim) {
        let fund = self.fund(1_000_000).await;
        self.graduate_hired(1).await;
        let claim = self.only_claim().await;
        (fund, self.approve(&claim.name).await)
    }

    fn at(&self, instant: &str) {
        let wanted: DateTime<Utc> = instant.parse().unwrap();
        self.sandbox.clock.advance(wanted - self.now());
    }

    async fn object(&self, mut who: Client, claim: &str) -> Result<pb::ClaimObjection, Status> {
        let ground = pb::ObjectionGround::NotEligible.into();
        let claim_objection = Some(pb::ClaimObjection { claim: claim.into(), ground, ..Default::default() });
        let request = pb::CreateClaimObjectionRequest { claim_objection };
        who.create_claim_objection(request).await.map(tonic::Response::into_inner)
    }

    async fn uphold(&self, mut who: Client, name: &str) -> Result<pb::ClaimObjection, Status> {
        let request = pb::UpholdClaimObjectionRequest { name: name.into(), reason: "she never worked there".into() };
        who.uphold_claim_objection(request).await.map(tonic::Response::into_inner)
    }

    async fn dismiss(&self, mut who: Client, name: &str) -> Result<pb::ClaimObjection, Status> {
        let request = pb::DismissClaimObjectionRequest { name: name.into(), reason: "the contract is there".into() };
        who.dismiss_claim_objection(request).await.map(tonic::Response::into_inner)
    }

    async fn objections(&self, mut who: Client, request: pb::ListClaimObjectionsRequest) -> Vec<pb::ClaimObjection> {
        who.list_claim_objections(request).await.unwrap().into_inner().claim_objections
    }
}

#[tokio::test]
async fn a_claim_is_payable_once_its_publicity_is_over_and_no_earlier() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        assert_eq!((claim.state(), claim.publicity_end_date), (pb::ClaimState::Approved, day(2026, 9, 8)));
        assert_eq!(town.claim(&claim.name).await, claim);
        let early = town.batch(&fund).await.unwrap_err();
        assert_eq!((early.code(), reason(&early)), (Code::FailedPrecondition, "IN_PUBLICITY".into()));
        town.at("2026-09-08T15:59:59Z");
        assert_eq!(reason(&town.batch(&fund).await.unwrap_err()), "IN_PUBLICITY", "the last local day is not over");
        town.at("2026-09-08T16:00:00Z");
        let batch = town.batch(&fund).await.unwrap();
        town.settle_batch(&batch.name, &[(&claim.name, true, "B-1")]).await.unwrap();
        let paid = town.claim(&claim.name).await;
        assert_eq!((paid.state(), paid.publicity_end_date), (pb::ClaimState::Paid, day(2026, 9, 8)));
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_public_holds_up_nothing_else() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        town.teacher(2).await;
        town.rotation_completed(2, 100, 20).await;
        let other = town.claims().await.into_iter().find(|one| one.name != claim.name).unwrap().name;
        let names = vec![other.clone()];
        town.bureau()
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: names.clone(), ..Default::default() })
            .await
            .unwrap();
        let checked = town.bureau().batch_check_claims(pb::BatchCheckClaimsRequest { names }).await.unwrap();
        let content_hash = checked.into_inner().claims.remove(0).content_hash;
        let request = pb::ApproveClaimRequest { name: other.clone(), content_hash };
        let approved = town.officer().approve_claim(request).await.unwrap().into_inner();
        assert_eq!(approved.publicity_end_date, None, "its scheme has none");
        let batch = town.batch(&fund).await.unwrap();
        let lines: Vec<_> = batch.lines.iter().map(|line| line.claim.as_str()).collect();
        assert_eq!((lines, batch.left_out), (vec![other.as_str()], 0));
        town.verify().await;
    }
}

#[tokio::test]
async fn an_open_objection_keeps_a_claim_from_being_paid_until_a_second_person_dismisses_it() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        let objection = town.object(town.bureau(), &claim.name).await.unwrap();
        assert_eq!((objection.state(), objection.objected_by.as_str()), (pb::ObjectionState::Open, "clerk@bureau"));
        assert_eq!(town.claim(&claim.name).await.open_objections, 1);
        let again = town.object(town.bureau(), &claim.name).await.unwrap_err();
        assert_eq!((again.code(), reason(&again)), (Code::FailedPrecondition, "OBJECTED_ALREADY".into()));
        assert_eq!(town.claim(&claim.name).await.open_objections, 1);
        town.at("2026-09-20T01:00:00Z");
        assert_eq!(reason(&town.batch(&fund).await.unwrap_err()), "IN_PUBLICITY");
        for own in [town.uphold(town.bureau(), &objection.name).await, town.dismiss(town.bureau(), &objection.name).await] {
            let own = own.unwrap_err();
            assert_eq!((own.code(), reason(&own)), (Code::FailedPrecondition, "FOUR_EYES".into()));
        }
        let dismissed = town.dismiss(town.officer(), &objection.name).await.unwrap();
        assert_eq!((dismissed.state(), dismissed.resolved_by.as_str()), (pb::ObjectionState::Dismissed, "officer@finance"));
        let twice = town.uphold(town.officer(), &objection.name).await.unwrap_err();
        assert_eq!((twice.code(), reason(&twice)), (Code::FailedPrecondition, "OBJECTION_RESOLVED".into()));
        let batch = town.batch(&fund).await.unwrap();
        town.settle_batch(&batch.name, &[(&claim.name, true, "B-1")]).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn an_objection_that_is_upheld_rejects_the_claim_and_gives_its_commitment_back() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        let first = town.object(town.teacher_of_the_school(), &claim.name).await.unwrap();
        let second = town.object(town.clerk(), &claim.name).await.unwrap();
        assert_eq!(town.budget(&fund).await.committed, fen(150_000));
        let upheld = town.uphold(town.officer(), &first.name).await.unwrap();
        assert_eq!((upheld.state(), upheld.reason.as_str()), (pb::ObjectionState::Upheld, "she never worked there"));
        let rejected = town.claim(&claim.name).await;
        assert_eq!((rejected.state(), rejected.reason.as_str()), (pb::ClaimState::Rejected, "she never worked there"));
        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.available), (fen(0), fen(1_000_000)));
        let late = town.uphold(town.officer(), &second.name).await.unwrap_err();
        assert_eq!(reason(&late), "WRONG_STATE", "there is nothing left to reject");
        town.dismiss(town.officer(), &second.name).await.unwrap();
        town.left(1, 3, day(2027, 6, 1)).await;
        assert_eq!(town.only_claim().await.state(), pb::ClaimState::Rejected, "nothing accrues for the same facts");
        let mut tx = town.sandbox.test.db.read(Lane::Request).await.unwrap();
        let told: Vec<(String,)> = tx.fetch_all(TOLD, args![]).await.unwrap();
        let kinds: Vec<_> = told.iter().map(|row| row.0.rsplit('.').nth(1).unwrap()).collect();
        assert_eq!(kinds, ["created", "created", "dismissed", "upheld"]);
        tx.rollback().await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn only_what_is_public_is_objected_to_and_what_is_not_is_told_to_its_own() {
    for town in Town::both_with(city::public).await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        let accrued = town.object(town.clerk(), &name).await.unwrap_err();
        assert_eq!((accrued.code(), reason(&accrued)), (Code::FailedPrecondition, "NOT_IN_PUBLICITY".into()));
        let stranger = town.object(town.teacher_of_the_school(), &name).await.unwrap_err();
        assert_eq!(stranger.code(), Code::NotFound);
        let nowhere = format!("claims/{}", uuid::Uuid::from_u128(5));
        assert_eq!(town.object(town.bureau(), &nowhere).await.unwrap_err().code(), Code::NotFound);
        town.approve(&name).await;
        town.at("2026-09-08T15:59:59Z");
        town.object(town.teacher_of_the_school(), &name).await.unwrap();
        town.at("2026-09-08T16:00:00Z");
        assert_eq!(reason(&town.object(town.bureau(), &name).await.unwrap_err()), "NOT_IN_PUBLICITY");
        let claim_objection = Some(pb::ClaimObjection { claim: name, ..Default::default() });
        let request = pb::CreateClaimObjectionRequest { claim_objection };
        let groundless = town.bureau().create_claim_objection(request).await.unwrap_err();
        assert_eq!((groundless.code(), reason(&groundless)), (Code::InvalidArgument, "REQUIRED".into()));
        town.verify().await;
    }
}

#[tokio::test]
async fn where_a_scheme_has_no_publicity_nothing_is_objected_to() {
    for town in Town::both().await {
        let (_, claim) = town.approved().await;
        assert_eq!(reason(&town.object(town.bureau(), &claim.name).await.unwrap_err()), "NOT_IN_PUBLICITY");
    }
}

#[tokio::test]
async fn objections_are_listed_by_claim_and_state_and_an_organisation_sees_what_its_own_people_made() {
    for town in Town::both_with(city::public).await {
        let (_, claim) = town.approved().await;
        let of_school = town.object(town.teacher_of_the_school(), &claim.name).await.unwrap();
        town.sandbox.clock.advance(TimeDelta::seconds(1));
        let of_bureau = town.object(town.bureau(), &claim.name).await.unwrap();
        let of_claim = pb::ListClaimObjectionsRequest { claim: claim.name.clone(), ..Default::default() };
        assert_eq!(town.objections(town.officer(), of_claim.clone()).await, [of_school.clone(), of_bureau.clone()]);
        assert_eq!(town.objections(town.teacher_of_the_school(), of_claim.clone()).await, std::slice::from_ref(&of_school));
        assert!(town.objections(town.clerk(), of_claim).await.is_empty(), "who objected to it is not its to know");
        let read = async |mut who: Client, one: &pb::ClaimObjection| {
            who.get_claim_objection(pb::GetClaimObjectionRequest { name: one.name.clone() })
                .await
                .map(tonic::Response::into_inner)
        };
        assert_eq!(read(town.officer(), &of_bureau).await.unwrap(), of_bureau);
        assert_eq!(read(town.teacher_of_the_school(), &of_school).await.unwrap(), of_school);
        for (who, foreign) in [(town.teacher_of_the_school(), &of_bureau), (town.clerk(), &of_school), (town.clerk(), &of_bureau)]
        {
            assert_eq!(read(who, foreign).await.unwrap_err().code(), Code::NotFound);
        }
        let dismissed = town.dismiss(town.officer(), &of_school.name).await.unwrap();
        assert_eq!(read(town.teacher_of_the_school(), &of_school).await.unwrap(), dismissed);
        let open = pb::ListClaimObjectionsRequest { state: pb::ObjectionState::Open.into(), ..Default::default() };
        assert_eq!(town.objections(town.officer(), open).await, std::slice::from_ref(&of_bureau));
        let first = pb::ListClaimObjectionsRequest { page_size: 1, ..Default::default() };
        let page = town.officer().list_claim_objections(first.clone()).await.unwrap().into_inner();
        assert_eq!(page.claim_objections, [dismissed]);
        let second = pb::ListClaimObjectionsRequest { page_token: page.next_page_token, ..first };
        assert_eq!(town.objections(town.officer(), second).await, [of_bureau]);
    }
}

#[tokio::test]
async fn an_objection_made_in_the_last_moment_is_not_passed_by_a_batch_that_waited_for_it() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        let id = ClaimId::parse("name", &claim.name).unwrap();
        town.at("2026-09-08T15:59:59Z");
        let mut held = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        assert!(store::claim::object(&mut held, id, "2026-09-08".parse().unwrap()).await.unwrap());
        let objection = Objection {
            id: ObjectionId::from_uuid(uuid::Uuid::from_u128(9)),
            version: 1,
            claim: id,
            ground: Ground::Other,
            objected_by: "somebody".into(),
            organisation: None,
            state: ObjectionState::Open,
            resolved_by: None,
            reason: None,
        };
        store::objection::insert(&mut held, &objection, town.now()).await.unwrap();
        town.at("2026-09-08T16:00:01Z");
        let mut officer = town.officer();
        let payment_batch = Some(pb::PaymentBatch { fund, ..Default::default() });
        let request = pb::CreatePaymentBatchRequest { payment_batch };
        let mut waiting = tokio::spawn(async move { officer.create_payment_batch(request).await });
        let early = tokio::time::timeout(Duration::from_millis(300), &mut waiting).await;
        assert!(early.is_err(), "on {} nobody waited", town.sandbox.test.engine);
        held.commit().await.unwrap();
        assert_eq!(reason(&waiting.await.unwrap().unwrap_err()), "IN_PUBLICITY", "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_was_paid_too_early_is_found() {
    for town in Town::both_with(city::public).await {
        let (fund, claim) = town.approved().await;
        town.object(town.bureau(), &claim.name).await.unwrap();
        town.at("2026-09-20T01:00:00Z");
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(FORGET, args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(town.broken("subsidy-publicity").await.len(), 1, "an objection that nobody counts");
        town.batch(&fund).await.unwrap();
        assert_eq!(town.broken("subsidy-publicity").await.len(), 2, "and what it should have held up");
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(LENGTHEN, args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(town.broken("subsidy-publicity").await.len(), 3, "{}", town.sandbox.test.engine);
    }
}
