//! What an organisation may have of a scheme is counted where claims are decided about, and had again once it came back.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use kit::db::{Lane, Sql, args, statements};
use kit::{Context, Service};
use proto::subsidy::v1 as pb;
use tonic::{Code, Status};
use town::{Town, day, fen, person, reason};

statements! {
    UNCOUNTED = "DELETE FROM subsidy_cap";
    MISCOUNTED = "UPDATE subsidy_cap SET used = used + 1 WHERE year > 0";
}

/// Two claims an organisation and year.
fn two(context: Context) -> Service {
    city::saying(context, "", "\nfen_per_organisation_year = 300000\n")
}

/// Three claims an organisation, ever.
fn three(context: Context) -> Service {
    city::saying(context, "", "\nfen_per_organisation = 450000\n")
}

impl Town {
    /// Claims of so many people, checked one by one, which each passes alone.
    async fn all_checked(&self, people: u32) -> (String, Vec<pb::Claim>) {
        let fund = self.fund(10_000_000).await;
        self.organisations().await;
        for n in 1..=people {
            self.graduated(n, day(2026, 6, 30)).await;
            self.hired(n, 2, day(2026, 7, 10)).await;
        }
        let mut checked = Vec::new();
        for n in 1..=people {
            let claims = self.claims().await;
            let name = &claims.iter().find(|claim| claim.person == person(n)).unwrap().name;
            checked.push(self.checked(name).await);
        }
        assert!(checked.iter().all(|claim| claim.state() == pb::ClaimState::Checked), "{checked:?}");
        (fund, checked)
    }

    async fn approves(&self, claim: &pb::Claim, batch: bool) -> Result<pb::Claim, Status> {
        let one = pb::ApproveClaimRequest { name: claim.name.clone(), content_hash: claim.content_hash.clone() };
        if !batch {
            return self.officer().approve_claim(one).await.map(tonic::Response::into_inner);
        }
        let request = pb::BatchApproveClaimsRequest { requests: vec![one] };
        self.officer().batch_approve_claims(request).await.map(|answer| answer.into_inner().claims.remove(0))
    }

    async fn change(&self, sql: Sql) {
        let mut tx = self.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn paid_by_bank(&self, fund: &str) {
        let batch = self.batch(fund).await.unwrap();
        let pending = batch.lines.iter().filter(|line| line.state() == pb::LineState::Pending);
        let results: Vec<(&str, bool, &str)> = pending.map(|line| (line.claim.as_str(), true, "B-1")).collect();
        if !results.is_empty() {
            self.settle_batch(&batch.name, &results).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_above_the_cap_of_an_organisation_is_refused_and_fits_once_something_is_released() {
    for batch in [false, true] {
        for town in Town::both_with(two).await {
            let (_, claims) = town.all_checked(4).await;
            for claim in &claims[..2] {
                town.approves(claim, batch).await.unwrap();
            }
            let above = town.approves(&claims[2], batch).await.unwrap_err();
            assert_eq!((above.code(), reason(&above)), (Code::FailedPrecondition, "CAP_EXCEEDED".into()));
            assert!(above.message().contains("has 0.00 left of schemes/hiring-subsidy for 2026"), "{}", above.message());
            town.verify().await;
            // Who left early earns nothing: the claim is voided, and another fits.
            town.left(1, 3, day(2026, 8, 1)).await;
            town.verify().await;
            town.approves(&claims[2], batch).await.unwrap();
            assert_eq!(reason(&town.approves(&claims[3], batch).await.unwrap_err()), "CAP_EXCEEDED");
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn a_check_tells_beforehand_that_a_cap_is_used_up() {
    for town in Town::both_with(two).await {
        let (_, claims) = town.all_checked(2).await;
        let cap = claims[0].checks.iter().find(|check| check.check == "organisation-cap").unwrap();
        assert!(cap.passed && cap.detail.contains("has 0.00 of 3,000.00 in 2026"), "{}", cap.detail);
        for claim in &claims {
            town.approves(claim, false).await.unwrap();
        }
        town.graduated(3, day(2026, 6, 30)).await;
        town.hired(3, 2, day(2026, 7, 10)).await;
        let claims = town.claims().await;
        let late = town.checked(&claims.iter().find(|claim| claim.person == person(3)).unwrap().name).await;
        let cap = late.checks.iter().find(|check| check.check == "organisation-cap").unwrap();
        assert_eq!((late.state(), cap.passed), (pb::ClaimState::Submitted, false));
        assert!(cap.detail.contains("has 3,000.00 of 3,000.00 in 2026"), "{}", cap.detail);
    }
}

#[tokio::test]
async fn of_many_approvals_at_once_as_many_pass_as_the_cap_allows() {
    for batch in [false, true] {
        for town in Town::both_with(two).await {
            let (_, claims) = town.all_checked(8).await;
            let tries: Vec<_> = claims
                .iter()
                .map(|claim| {
                    let one = pb::ApproveClaimRequest { name: claim.name.clone(), content_hash: claim.content_hash.clone() };
                    let mut officer = town.officer();
                    tokio::spawn(async move {
                        if batch {
                            let request = pb::BatchApproveClaimsRequest { requests: vec![one] };
                            return officer.batch_approve_claims(request).await.map(|_| ());
                        }
                        officer.approve_claim(one).await.map(|_| ())
                    })
                })
                .collect();
            let mut granted = 0;
            for answer in tries {
                match answer.await.unwrap() {
                    Ok(()) => granted += 1,
                    Err(status) => assert_eq!(reason(&status), "CAP_EXCEEDED", "{status:?}"),
                }
            }
            assert_eq!(granted, 2, "{}", town.sandbox.test.engine);
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn what_was_clawed_back_may_be_had_again_once_it_is_back() {
    for town in Town::both_with(three).await {
        let (fund, claims) = town.all_checked(6).await;
        for claim in &claims[..2] {
            town.approves(claim, false).await.unwrap();
        }
        town.paid_by_bank(&fund).await;
        town.left(1, 3, day(2026, 8, 1)).await;
        town.verify().await;
        // What is owed is still had.
        town.approves(&claims[2], false).await.unwrap();
        assert_eq!(reason(&town.approves(&claims[3], false).await.unwrap_err()), "CAP_EXCEEDED");
        // The payment of the third is set against it whole, and so it has come back.
        town.paid_by_bank(&fund).await;
        town.verify().await;
        town.approves(&claims[3], false).await.unwrap();
        assert_eq!(reason(&town.approves(&claims[4], false).await.unwrap_err()), "CAP_EXCEEDED");

        town.left(2, 3, day(2026, 8, 1)).await;
        let listed = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner();
        let open = listed.receivables.iter().find(|one| one.state() == pb::ReceivableState::Open).unwrap();
        let request = pb::RecordRecoveryRequest { name: open.name.clone(), amount: fen(150_000), bank_reference: "R-1".into() };
        town.officer().record_recovery(request).await.unwrap();
        town.verify().await;
        town.approves(&claims[4], false).await.unwrap();
        assert_eq!(reason(&town.approves(&claims[5], false).await.unwrap_err()), "CAP_EXCEEDED");
        town.verify().await;
    }
}

#[tokio::test]
async fn what_was_granted_before_anybody_counted_is_counted() {
    for town in Town::both_with(two).await {
        let (_, claims) = town.all_checked(3).await;
        for claim in &claims[..2] {
            town.approves(claim, false).await.unwrap();
        }
        town.change(UNCOUNTED).await;
        assert_eq!(reason(&town.approves(&claims[2], false).await.unwrap_err()), "CAP_EXCEEDED");
        town.change(UNCOUNTED).await;
        town.left(1, 3, day(2026, 8, 1)).await;
        town.verify().await;
        town.approves(&claims[2], true).await.unwrap();
        town.verify().await;
        town.change(MISCOUNTED).await;
        assert_eq!(town.broken("subsidy-caps").await.len(), 1, "{}", town.sandbox.test.engine);
    }
}
