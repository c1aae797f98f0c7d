//! What a scheme asks for is handed in before a claim is asked for, and is part of what is approved.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use kit::db::{Lane, args, statements};
use proto::subsidy::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use town::{Town, reason};

statements! {
    /// As after the file of a scheme was edited in its place, when it had judged claims.
    EDITED = "UPDATE subsidy_claim SET scheme_digest = 'another'";
}

fn document(code: &str, digit: &str) -> pb::Evidence {
    pb::Evidence { code: code.into(), sha256: digit.repeat(64), place: "档案室 3 号柜".into() }
}

impl Town {
    async fn submit(&self, name: &str, evidence: &[pb::Evidence]) -> Result<pb::Claim, Status> {
        let of_claim = pb::ClaimEvidence { claim: name.into(), evidence: evidence.to_vec() };
        let evidence = if evidence.is_empty() { vec![] } else { vec![of_claim] };
        let request = pb::BatchSubmitClaimsRequest { names: vec![name.into()], evidence };
        self.clerk().batch_submit_claims(request).await.map(|answer| answer.into_inner().claims.remove(0))
    }

    async fn accrued(&self) -> pb::Claim {
        self.fund(1_000_000).await;
        self.graduate_hired(1).await;
        self.only_claim().await
    }
}

#[tokio::test]
async fn a_claim_is_not_submitted_without_what_its_scheme_asks_for_and_it_is_said_what_is_missing() {
    for town in Town::both_with(city::documents).await {
        let claim = town.accrued().await;
        let nothing = town.submit(&claim.name, &[]).await.unwrap_err();
        assert_eq!((nothing.code(), reason(&nothing)), (Code::FailedPrecondition, "EVIDENCE_MISSING".into()));
        assert!(nothing.message().contains("without labour-contract, social-insurance"), "{}", nothing.message());
        let half = town.submit(&claim.name, &[document("labour-contract", "a")]).await.unwrap_err();
        assert!(half.message().ends_with("without social-insurance"), "{}", half.message());
        let both = [document("social-insurance", "b"), document("labour-contract", "a")];
        let more = town.submit(&claim.name, &[both.to_vec(), vec![document("photo", "c")]].concat()).await.unwrap_err();
        assert_eq!((more.code(), reason(&more)), (Code::FailedPrecondition, "EVIDENCE_UNASKED".into()));
        assert_eq!(town.claim(&claim.name).await, claim, "nothing was changed");

        let submitted = town.submit(&claim.name, &both).await.unwrap();
        let codes: Vec<_> = submitted.evidence.iter().map(|one| (one.code.as_str(), &one.sha256[..1])).collect();
        assert_eq!(codes, [("labour-contract", "a"), ("social-insurance", "b")]);
        let request = pb::BatchCheckClaimsRequest { names: vec![claim.name.clone()] };
        let checked = town.bureau().batch_check_claims(request).await.unwrap().into_inner().claims.remove(0);
        assert_eq!(checked.state(), pb::ClaimState::Checked, "{:?}", checked.checks);
        let evidence = checked.checks.iter().find(|check| check.check == "evidence").unwrap();
        assert!(evidence.passed, "{}", evidence.detail);
        assert_eq!(town.claim(&claim.name).await, checked);
        let before = pb::ApproveClaimRequest { name: claim.name.clone(), content_hash: claim.content_hash };
        let unseen = town.officer().approve_claim(before).await.unwrap_err();
        assert_eq!(reason(&unseen), "CONTENT_CHANGED", "the evidence is part of what is approved");
        let seen = pb::ApproveClaimRequest { name: claim.name, content_hash: checked.content_hash };
        town.officer().approve_claim(seen).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn another_document_is_another_content_and_none_leaves_it_as_it_was() {
    let mut hashes = Vec::new();
    for town in Town::both_with(city::documents).await {
        let name = town.accrued().await.name;
        let digit = if hashes.is_empty() { "a" } else { "c" };
        let evidence = [document("labour-contract", digit), document("social-insurance", "b")];
        hashes.push(town.submit(&name, &evidence).await.unwrap().content_hash);
    }
    assert_ne!(hashes[0], hashes[1]);
    for town in Town::both().await {
        let claim = town.accrued().await;
        let submitted = town.submit(&claim.name, &[]).await.unwrap();
        assert_eq!((submitted.content_hash, submitted.evidence.len()), (claim.content_hash, 0));
    }
}

#[tokio::test]
async fn what_is_no_evidence_is_refused_by_field() {
    for town in Town::both_with(city::documents).await {
        let name = town.accrued().await.name;
        let good = document("labour-contract", "a");
        let cases = [
            (vec![pb::Evidence { sha256: "A".repeat(64), ..good.clone() }], "evidence[0].evidence[0].sha256", "SHA256"),
            (vec![pb::Evidence { place: "a\nb".into(), ..good.clone() }], "evidence[0].evidence[0].place", "NOT_PRINTABLE"),
            (vec![pb::Evidence { code: String::new(), ..good.clone() }], "evidence[0].evidence[0].code", "REQUIRED"),
            (vec![good.clone(), good.clone()], "evidence[0].evidence[1].code", "DUPLICATE"),
        ];
        for (evidence, field, why) in cases {
            let refused = town.submit(&name, &evidence).await.unwrap_err();
            let at = refused.get_details_error_info().unwrap().metadata["field"].clone();
            assert_eq!((refused.code(), at.as_str(), reason(&refused).as_str()), (Code::InvalidArgument, field, why));
        }
        let other = format!("claims/{}", uuid::Uuid::from_u128(5));
        let evidence = vec![pb::ClaimEvidence { claim: other, evidence: vec![good] }];
        let request = pb::BatchSubmitClaimsRequest { names: vec![name], evidence };
        let refused = town.clerk().batch_submit_claims(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "EVIDENCE_OF_OTHER".into()));
    }
}

#[tokio::test]
async fn a_claim_whose_scheme_says_something_else_by_now_goes_no_further_until_it_is_derived_again() {
    for town in Town::both_with(city::documents).await {
        let claim = town.accrued().await;
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(EDITED, args![]).await.unwrap();
        tx.commit().await.unwrap();
        let both = [document("social-insurance", "b"), document("labour-contract", "a")];
        let refused = town.submit(&claim.name, &both).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "SCHEME_UNKNOWN".into()));
        assert!(refused.message().contains("schemes/hiring-subsidy@1"), "{}", refused.message());
        assert_eq!(town.claim(&claim.name).await.state(), pb::ClaimState::Accrued, "on {}", town.sandbox.test.engine);
        let everyone = pb::RunAccrualRequest { everyone: true, ..Default::default() };
        town.bureau().run_accrual(everyone).await.unwrap();
        assert_eq!(town.submit(&claim.name, &both).await.unwrap().state(), pb::ClaimState::Submitted);
    }
}
