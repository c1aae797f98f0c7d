//! The same is paid for once: another scheme for the same time of the same person, and a document that is named twice, are
//! found before anybody approves.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use kit::db::{Lane, args, statements};
use kit::{Context, Service};
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::subsidy::v1 as pb;
use std::sync::Arc;
use subsidy::domain::Schemes;
use tonic::{Code, Status};
use town::{ENTERPRISE, OTHER_ENTERPRISE, Town, day, person, reason};

statements! {
    /// As a release leaves it that does not know the check.
    NOT_LOOKED_FOR = "UPDATE subsidy_claim SET later_checks = '[]'";
    HIDDEN = "DELETE FROM subsidy_claim_evidence";
}

const SHIPPED: &str = include_str!("../schemes/hiring-subsidy.1.toml");

/// One scheme for the enterprise of the order, and one for any other: not both for one employment.
fn rivals(context: Context) -> Service {
    let is_enterprise = "hire.employer_kind == \"enterprise\"";
    let first = SHIPPED.replace(is_enterprise, &format!("{is_enterprise} && hire.with_order_enterprise"));
    let other = SHIPPED
        .replace(is_enterprise, &format!("{is_enterprise} && !hire.with_order_enterprise"))
        .replace("\"hiring-subsidy\"", "\"other-hiring\"");
    let other = format!("{other}\n[[exclusions]]\nscheme = \"hiring-subsidy\"\nwithin = \"occasion\"\n");
    let schemes = Schemes::with_own([("hiring-subsidy.1.toml", first.as_str()), ("other.toml", &other)]).unwrap();
    subsidy::service(context.with_decided(Some(Arc::new(schemes))))
}

/// Two documents; the agreement is of a whole class.
fn documents(context: Context) -> Service {
    city::saying(context, "evidence = [\"agreement\", \"contract\"]\nshared_evidence = [\"agreement\"]", "")
}

fn document(code: &str, digit: &str) -> pb::Evidence {
    pb::Evidence { code: code.into(), sha256: digit.repeat(64), place: "档案室 3 号柜".into() }
}

impl Town {
    async fn hired_elsewhere(&self, n: u32, version: i64, on: Option<Date>) {
        let told = directory::EmploymentStarted {
            person: person(n),
            employment: format!("employments/00000000-0000-7000-8000-{:012}", 1000 + n),
            organisation: OTHER_ENTERPRISE.into(),
            start_date: on,
            ..Default::default()
        };
        self.sandbox.arrive(&person(n), version, &told).await;
    }

    async fn submit(&self, name: &str, evidence: Vec<pb::Evidence>) {
        let of_claim = pb::ClaimEvidence { claim: name.into(), evidence };
        let evidence = if of_claim.evidence.is_empty() { vec![] } else { vec![of_claim] };
        let request = pb::BatchSubmitClaimsRequest { names: vec![name.into()], evidence };
        self.bureau().batch_submit_claims(request).await.unwrap();
    }

    async fn check(&self, names: &[&str]) -> Vec<pb::Claim> {
        let request = pb::BatchCheckClaimsRequest { names: names.iter().map(|name| (*name).to_owned()).collect() };
        self.bureau().batch_check_claims(request).await.unwrap().into_inner().claims
    }

    async fn officer_approves(&self, claim: &pb::Claim, batch: bool) -> Result<pb::Claim, Status> {
        let one = pb::ApproveClaimRequest { name: claim.name.clone(), content_hash: claim.content_hash.clone() };
        if !batch {
            return self.officer().approve_claim(one).await.map(tonic::Response::into_inner);
        }
        let request = pb::BatchApproveClaimsRequest { requests: vec![one] };
        self.officer().batch_approve_claims(request).await.map(|answer| answer.into_inner().claims.remove(0))
    }

    /// A graduate whom two enterprises employ at the same time, or one after the other: the claims of both.
    async fn two_employers(&self, n: u32, left: Option<Date>) -> (String, String) {
        self.graduate_hired(n).await;
        self.hired_elsewhere(n, 3, day(2026, 8, 1)).await;
        if left.is_some() {
            self.left(n, 4, left).await;
        }
        let of = |claims: &[pb::Claim], who: &str| {
            let own = |claim: &&pb::Claim| claim.beneficiary == who && claim.person == person(n);
            claims.iter().find(own).unwrap().name.clone()
        };
        let claims = self.claims().await;
        (of(&claims, ENTERPRISE), of(&claims, OTHER_ENTERPRISE))
    }
}

fn found(claim: &pb::Claim) -> (bool, &str) {
    let check = claim.checks.iter().find(|check| check.check == "double-funding").unwrap();
    (check.passed, check.detail.as_str())
}

#[tokio::test]
async fn another_organisation_s_claim_for_the_same_time_is_found_and_nobody_is_named() {
    for town in Town::both_with(rivals).await {
        town.fund(1_000_000).await;
        let (first, other) = town.two_employers(1, None).await;
        town.submit(&first, vec![]).await;
        let checked = town.check(&[&first]).await.remove(0);
        assert_eq!((checked.state(), found(&checked).0), (pb::ClaimState::Checked, true), "nobody has asked for the other");
        town.submit(&other, vec![]).await;
        let refused = town.check(&[&other]).await.remove(0);
        let (passed, detail) = found(&refused);
        assert_eq!((refused.state(), passed), (pb::ClaimState::Submitted, false));
        assert!(detail.contains(&first) && detail.contains("schemes/hiring-subsidy"), "{detail}");
        assert!(!detail.contains("people/") && !detail.contains("organisations/"), "{detail}");
        let unchecked = town.officer_approves(&refused, false).await.unwrap_err();
        assert_eq!(reason(&unchecked), "WRONG_STATE");
        town.officer_approves(&checked, false).await.unwrap();

        let reject = pb::RejectClaimRequest { name: other, reason: "granted elsewhere".into(), ..Default::default() };
        town.bureau().reject_claim(reject).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn one_employment_after_the_other_is_not_the_same_time() {
    for town in Town::both_with(rivals).await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.left(1, 3, day(2026, 12, 31)).await;
        town.hired_elsewhere(1, 4, day(2027, 1, 1)).await;
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        assert_eq!(names.len(), 2);
        for name in &names {
            town.submit(name, vec![]).await;
        }
        for claim in town.check(&[&names[0], &names[1]]).await {
            assert_eq!(claim.state(), pb::ClaimState::Checked, "{:?}", claim.checks);
        }
    }
}

#[tokio::test]
async fn of_two_claims_that_are_asked_for_and_checked_at_once_never_both_pass() {
    for town in Town::both_with(rivals).await {
        town.fund(10_000_000).await;
        town.organisations().await;
        for n in 1..=12 {
            let (first, other) = town.two_employers(n, None).await;
            let tries: Vec<_> = [first.clone(), other.clone()]
                .into_iter()
                .map(|name| {
                    let mut bureau = town.bureau();
                    tokio::spawn(async move {
                        let names = vec![name];
                        let submit = pb::BatchSubmitClaimsRequest { names: names.clone(), evidence: vec![] };
                        bureau.batch_submit_claims(submit).await.unwrap();
                        bureau.batch_check_claims(pb::BatchCheckClaimsRequest { names }).await.unwrap();
                    })
                })
                .collect();
            for one in tries {
                one.await.unwrap();
            }
            let mut approved = 0;
            for name in [first, other] {
                let claim = town.bureau().get_claim(pb::GetClaimRequest { name }).await.unwrap().into_inner();
                approved += usize::from(town.officer_approves(&claim, n % 2 == 0).await.is_ok());
            }
            assert!(approved <= 1, "both were approved on {}", town.sandbox.test.engine);
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn a_document_is_for_one_occasion_unless_its_scheme_says_that_it_is_shared() {
    for town in Town::both_with(documents).await {
        town.fund(1_000_000).await;
        for n in 1..=2 {
            town.graduate_hired(n).await;
        }
        town.organisations().await;
        town.graduated(3, day(2026, 6, 30)).await;
        town.hired_elsewhere(3, 1, day(2026, 7, 10)).await;
        let claims = town.claims().await;
        let of = |n: u32| claims.iter().find(|claim| claim.person == person(n)).unwrap().name.clone();
        let (one, two, away) = (of(1), of(2), of(3));
        town.submit(&one, vec![document("agreement", "a"), document("contract", "b")]).await;
        town.submit(&two, vec![document("agreement", "a"), document("contract", "c")]).await;
        town.submit(&away, vec![document("agreement", "a"), document("contract", "d")]).await;
        let checked = town.check(&[&one, &two, &away]).await;
        // The class agreement of one organisation is named by another: each sees it.
        assert!(checked.iter().all(|claim| !found(claim).0), "{checked:?}");
        let detail = found(&checked[2]).1;
        assert!(detail.contains("`agreement`") && detail.contains("claims/") && !detail.contains("people/"), "{detail}");
        let reject = pb::RejectClaimRequest { name: away, reason: "not their agreement".into(), ..Default::default() };
        town.bureau().reject_claim(reject).await.unwrap();
        for claim in town.check(&[&one, &two]).await {
            assert_eq!(claim.state(), pb::ClaimState::Checked, "{:?}", claim.checks);
        }
        assert!(town.broken("subsidy-evidence").await.is_empty());
        town.verify().await;
    }
}

#[tokio::test]
async fn a_contract_that_was_handed_in_for_somebody_else_keeps_a_claim_from_passing() {
    for town in Town::both_with(documents).await {
        town.fund(1_000_000).await;
        let mut names = Vec::new();
        for n in 1..=2 {
            town.graduate_hired(n).await;
        }
        for (claim, digit) in town.claims().await.iter().zip(["a", "c"]) {
            town.submit(&claim.name, vec![document("agreement", digit), document("contract", "b")]).await;
            names.push(claim.name.clone());
        }
        let refused = town.check(&[&names[1]]).await.remove(0);
        let (passed, detail) = found(&refused);
        assert!(!passed && detail.contains(&names[0]) && detail.contains("`contract`"), "{detail}");
        assert_eq!(refused.state(), pb::ClaimState::Submitted);
    }
}

#[tokio::test]
async fn what_an_older_release_checked_is_looked_at_when_it_is_approved() {
    for batch in [false, true] {
        for town in Town::both_with(rivals).await {
            town.fund(1_000_000).await;
            let (first, other) = town.two_employers(1, None).await;
            town.submit(&first, vec![]).await;
            let checked = town.check(&[&first]).await.remove(0);
            town.submit(&other, vec![]).await;
            let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
            tx.execute(NOT_LOOKED_FOR, args![]).await.unwrap();
            tx.commit().await.unwrap();
            let refused = town.officer_approves(&checked, batch).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "CHECK_FAILED".into()));
            assert!(refused.message().contains("double-funding") && refused.message().contains(&other), "{}", refused.message());
            let reject = pb::RejectClaimRequest { name: other, reason: "granted elsewhere".into(), ..Default::default() };
            town.bureau().reject_claim(reject).await.unwrap();
            town.officer_approves(&checked, batch).await.unwrap();
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn a_document_that_would_not_be_found_is_told_by_verify() {
    for town in Town::both_with(documents).await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.checked(&town.only_claim().await.name).await;
        assert!(town.broken("subsidy-evidence").await.is_empty());
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        let denied = tx.execute(HIDDEN, args![]).await;
        assert!(denied.is_err(), "{}", town.sandbox.test.engine);
    }
}
