//! A check that failed counts as passed for a time: two persons say so and name a document, and somebody else approves.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod guards;
mod town;

use chrono::TimeDelta;
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use kit::{Context, Service};
use proto::subsidy::v1 as pb;
use testkit::Who;
use tonic::{Code, Status};
use town::{Client, Town, day, person, reason};

statements! {
    TOLD = "SELECT kind FROM outbox WHERE kind LIKE 'talentflow.subsidy.check-override.%' ORDER BY seq";
    SUBMITTED_BY_ANOTHER = "UPDATE subsidy_claim SET submitted_by = 'officer@finance' WHERE overrides <> '[]'";
}

/// One document, and ten days for overrides.
fn ten_days(context: Context) -> Service {
    let overrides = "\n[overrides]\nchecks = [\"double-funding\"]\nat_most_days = 10\n";
    city::saying(context, "evidence = [\"contract\"]", overrides)
}

/// As [`ten_days`], where two of finance approve.
fn two_approve(context: Context) -> Service {
    let tables = "\n[overrides]\nchecks = [\"double-funding\"]\n\n[[approvals]]\napprovers = 2\nroles = [\"finance\"]\n";
    city::saying(context, "evidence = [\"contract\"]", tables)
}

fn asked(claim: &str) -> pb::CheckOverride {
    pb::CheckOverride {
        claim: claim.into(),
        check: "double-funding".into(),
        reason: pb::OverrideReason::NotTheSame.into(),
        document: "平就补〔2026〕7号".into(),
        ..Default::default()
    }
}

impl Town {
    fn third(&self) -> Client {
        self.as_who(&Who::new("third@finance", None, &[Role::Finance]))
    }

    /// Two people whose claims name the same contract: one that was checked before the other was asked for, and the other,
    /// which failed.
    async fn passed_and_failed(&self) -> (pb::Claim, pb::Claim) {
        self.fund(1_000_000).await;
        for n in 1..=2 {
            self.graduate_hired(n).await;
        }
        let claims = self.claims().await;
        let mut checked = Vec::new();
        for n in 1..=2 {
            let names = vec![claims.iter().find(|claim| claim.person == person(n)).unwrap().name.clone()];
            let contract = pb::Evidence { code: "contract".into(), sha256: "b".repeat(64), place: "档案室".into() };
            let evidence = vec![pb::ClaimEvidence { claim: names[0].clone(), evidence: vec![contract] }];
            let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), evidence };
            self.clerk().batch_submit_claims(submit).await.unwrap();
            checked.push(self.check(&names[0]).await);
        }
        let failed = checked.remove(1);
        assert_eq!(failed.state(), pb::ClaimState::Submitted, "{:?}", failed.checks);
        (checked.remove(0), failed)
    }

    async fn check(&self, name: &str) -> pb::Claim {
        let request = pb::BatchCheckClaimsRequest { names: vec![name.into()] };
        self.bureau().batch_check_claims(request).await.unwrap().into_inner().claims.remove(0)
    }

    /// Asked for by finance, confirmed by the bureau.
    async fn overrides(&self, one: pb::CheckOverride) -> pb::CheckOverride {
        let request = pb::CreateCheckOverrideRequest { check_override: Some(one) };
        let name = self.officer().create_check_override(request).await.unwrap().into_inner().name;
        self.bureau().confirm_check_override(pb::ConfirmCheckOverrideRequest { name }).await.unwrap().into_inner()
    }
}

async fn ask(mut who: Client, one: pb::CheckOverride) -> Result<pb::CheckOverride, Status> {
    let request = pb::CreateCheckOverrideRequest { check_override: Some(one) };
    who.create_check_override(request).await.map(tonic::Response::into_inner)
}

async fn confirm(mut who: Client, name: &str) -> Result<pb::CheckOverride, Status> {
    who.confirm_check_override(pb::ConfirmCheckOverrideRequest { name: name.into() }).await.map(tonic::Response::into_inner)
}

async fn approve(mut who: Client, claim: &pb::Claim, batch: bool) -> Result<pb::Claim, Status> {
    let one = pb::ApproveClaimRequest { name: claim.name.clone(), content_hash: claim.content_hash.clone() };
    if !batch {
        return who.approve_claim(one).await.map(tonic::Response::into_inner);
    }
    let request = pb::BatchApproveClaimsRequest { requests: vec![one] };
    who.batch_approve_claims(request).await.map(|answer| answer.into_inner().claims.remove(0))
}

#[tokio::test]
async fn two_persons_override_a_check_and_a_third_approves_exactly_that() {
    for batch in [false, true] {
        for town in Town::both_with(ten_days).await {
            let (_, failed) = town.passed_and_failed().await;
            let one = ask(town.officer(), asked(&failed.name)).await.unwrap();
            assert_eq!((one.confirmed_by.as_str(), one.requested_by.as_str()), ("", "officer@finance"));
            assert_eq!(town.check(&failed.name).await.state(), pb::ClaimState::Submitted, "nobody has confirmed it");
            let alone = confirm(town.officer(), &one.name).await.unwrap_err();
            assert_eq!((alone.code(), reason(&alone)), (Code::FailedPrecondition, "FOUR_EYES".into()));
            let confirmed = confirm(town.bureau(), &one.name).await.unwrap();
            town.nothing_is_replaced_in(&["check_override", "claim_evidence"]).await;
            let read = town.bureau().get_check_override(pb::GetCheckOverrideRequest { name: one.name.clone() }).await.unwrap();
            assert_eq!(read.into_inner(), confirmed);
            let again = confirm(town.third(), &one.name).await.unwrap_err();
            assert_eq!(reason(&again), "OVERRIDE_CONFIRMED");

            let checked = town.check(&failed.name).await;
            assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);
            let result = checked.checks.iter().find(|check| check.check == "double-funding").unwrap();
            assert_eq!((result.passed, result.overridden), (false, true));
            assert_eq!(checked.overridden_checks[0].document, "平就补〔2026〕7号");
            let unseen = pb::Claim { content_hash: failed.content_hash.clone(), ..checked.clone() };
            assert_eq!(reason(&approve(town.third(), &unseen, batch).await.unwrap_err()), "CONTENT_CHANGED");
            for who in [town.officer(), town.bureau()] {
                let involved = approve(who, &checked, batch).await.unwrap_err();
                assert_eq!((involved.code(), reason(&involved)), (Code::FailedPrecondition, "FOUR_EYES".into()));
            }
            let approved = approve(town.third(), &checked, batch).await.unwrap();
            assert_eq!(approved.state(), pb::ClaimState::Approved);
            let late = ask(town.officer(), asked(&failed.name)).await.unwrap_err();
            assert_eq!(reason(&late), "WRONG_STATE");
            let listed = pb::ListCheckOverridesRequest { claim: failed.name.clone(), ..Default::default() };
            let listed = town.bureau().list_check_overrides(listed).await.unwrap().into_inner().check_overrides;
            assert_eq!(listed, [confirmed]);
            let mut tx = town.sandbox.test.db.read(Lane::Request).await.unwrap();
            let told: Vec<(String,)> = tx.fetch_all(TOLD, args![]).await.unwrap();
            let kinds: Vec<_> = told.iter().map(|row| row.0.rsplit('.').nth(1).unwrap()).collect();
            assert_eq!(kinds, ["requested", "confirmed"]);
            tx.rollback().await.unwrap();
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn of_two_who_approve_one_may_have_had_a_hand_in_it_but_not_both() {
    for town in Town::both_with(two_approve).await {
        let (_, failed) = town.passed_and_failed().await;
        let second = || town.as_who(&Who::new("second@finance", None, &[Role::Finance]));
        let one = ask(town.officer(), asked(&failed.name)).await.unwrap();
        confirm(second(), &one.name).await.unwrap();
        let checked = town.check(&failed.name).await;
        assert_eq!(approve(town.officer(), &checked, false).await.unwrap().state(), pb::ClaimState::Checked);
        assert_eq!(reason(&approve(second(), &checked, false).await.unwrap_err()), "FOUR_EYES");
        assert_eq!(approve(town.third(), &checked, false).await.unwrap().state(), pb::ClaimState::Approved);
        town.verify().await;
    }
}

#[tokio::test]
async fn an_override_that_has_expired_counts_no_longer_until_another_says_the_same() {
    for batch in [false, true] {
        for town in Town::both_with(ten_days).await {
            let (_, failed) = town.passed_and_failed().await;
            town.overrides(asked(&failed.name)).await;
            let checked = town.check(&failed.name).await;
            town.sandbox.clock.advance(TimeDelta::days(11));
            let expired = approve(town.third(), &checked, batch).await.unwrap_err();
            assert_eq!((expired.code(), reason(&expired)), (Code::FailedPrecondition, "OVERRIDE_EXPIRED".into()));
            let other = pb::CheckOverride { document: "另一文件".into(), ..asked(&failed.name) };
            town.overrides(other).await;
            assert_eq!(reason(&approve(town.third(), &checked, batch).await.unwrap_err()), "OVERRIDE_EXPIRED");
            town.sandbox.clock.advance(TimeDelta::days(11));
            town.overrides(asked(&failed.name)).await;
            approve(town.third(), &checked, batch).await.unwrap();
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn what_may_not_be_overridden_or_not_by_them_is_refused() {
    for town in Town::both_with(ten_days).await {
        let (passed, failed) = town.passed_and_failed().await;
        let refused = async |one: pb::CheckOverride| {
            let status = ask(town.officer(), one).await.unwrap_err();
            (status.code(), reason(&status))
        };
        let precondition = |reason: &str| (Code::FailedPrecondition, reason.to_owned());
        let invalid = |reason: &str| (Code::InvalidArgument, reason.to_owned());
        let good = || asked(&failed.name);
        for check in ["eligible", "budget", "scheme-in-force", "on-record"] {
            assert_eq!(refused(pb::CheckOverride { check: check.into(), ..good() }).await, precondition("NOT_OVERRIDABLE"));
        }
        assert_eq!(refused(pb::CheckOverride { check: "luck".into(), ..good() }).await, invalid("CHECK_UNKNOWN"));
        assert_eq!(refused(pb::CheckOverride { reason: 0, ..good() }).await, invalid("REQUIRED"));
        assert_eq!(refused(pb::CheckOverride { document: String::new(), ..good() }).await, invalid("REQUIRED"));
        assert_eq!(refused(asked(&passed.name)).await, precondition("NOTHING_TO_OVERRIDE"));
        for late in [day(2030, 1, 1), day(2026, 1, 1)] {
            assert_eq!(refused(pb::CheckOverride { expire_date: late, ..good() }).await, invalid("OVERRIDE_EXPIRY"));
        }
        let nobody = asked(&format!("claims/{}", uuid::Uuid::from_u128(9)));
        assert_eq!(refused(nobody).await.0, Code::NotFound);
        assert_eq!(ask(town.clerk(), good()).await.unwrap_err().code(), Code::PermissionDenied);
        // Who submitted it, though they have the role.
        let submitter = || town.as_who(&Who::new("clerk@factory", None, &[Role::Bureau]));
        assert_eq!(reason(&ask(submitter(), good()).await.unwrap_err()), "FOUR_EYES");
        let one = ask(town.officer(), good()).await.unwrap();
        assert_eq!(reason(&confirm(submitter(), &one.name).await.unwrap_err()), "FOUR_EYES");
        assert_eq!(refused(good()).await, precondition("OVERRIDE_ASKED_ALREADY"));
        town.sandbox.clock.advance(TimeDelta::days(11));
        assert_eq!(reason(&confirm(town.bureau(), &one.name).await.unwrap_err()), "OVERRIDE_EXPIRED");
        town.verify().await;
    }
}

#[tokio::test]
async fn who_overrides_what_they_submitted_is_found() {
    for town in Town::both_with(ten_days).await {
        let (_, failed) = town.passed_and_failed().await;
        town.overrides(asked(&failed.name)).await;
        town.check(&failed.name).await;
        assert!(town.broken("subsidy-overrides").await.is_empty());
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(SUBMITTED_BY_ANOTHER, args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(town.broken("subsidy-overrides").await.len(), 1, "{}", town.sandbox.test.engine);
    }
}
