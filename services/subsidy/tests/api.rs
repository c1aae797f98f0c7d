//! Subsidy as its callers see it: the generated client on the guarded service, on both engines, with facts
//! arriving as the other services would send them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use chrono::TimeDelta;
use kit::auth::Role;
use proto::common::v1::Money;
use proto::directory::v1::OrganisationKind;
use proto::subsidy::v1 as pb;
use testkit::Who;
use tonic::Code;
use tonic_types::StatusExt;
use town::{ENTERPRISE, OTHER_ENTERPRISE, SCHOOL, Town, day, fen, person, reason};

#[tokio::test]
async fn a_graduate_who_is_hired_earns_the_enterprise_a_subsidy_that_is_paid_and_explained() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let claim = town.only_claim().await;
        assert_eq!((claim.state(), claim.amount), (pb::ClaimState::Accrued, Some(Money { fen: 150_000 })));
        assert_eq!((claim.beneficiary.as_str(), claim.fund.as_str()), (ENTERPRISE, ""));

        let paid = town.pay(&claim.name).await;
        assert_eq!((paid.state(), paid.fund.as_str()), (pb::ClaimState::Paid, fund.as_str()));
        assert_eq!((paid.submitted_by.as_str(), paid.approved_by.as_str()), ("clerk@factory", "officer@finance"));
        let checks: Vec<_> = paid.checks.iter().map(|check| (check.check.as_str(), check.passed)).collect();
        let names = ["scheme-in-force", "eligible", "amount", "not-paid-elsewhere", "budget", "double-funding"];
        assert_eq!(checks, names.map(|name| (name, true)));

        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.paid, budget.available), (fen(0), fen(150_000), fen(850_000)));

        let request = pb::ExplainClaimRequest { name: claim.name.clone() };
        let explained = town.clerk().explain_claim(request).await.unwrap().into_inner();
        let facts: Vec<_> = explained.facts.iter().map(|fact| (fact.kind.as_str(), fact.event.as_str())).collect();
        let person = person(1);
        assert_eq!(
            facts,
            [("graduated", "enrolments/00000000-0000-7000-8000-000000000001#1"), ("hired", &format!("{person}#2"))]
        );
        assert_eq!(explained.scheme.unwrap().retention_days, 90);
        let kinds: Vec<_> = explained.ledger_entries.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "commitment").count(), 2);
        assert_eq!(kinds.iter().filter(|kind| **kind == "payment").count(), 4);
        assert!(explained.ledger_entries.iter().all(|entry| entry.rule == "schemes/hiring-subsidy@1" && !entry.cause.is_empty()));
        town.verify().await;
    }
}

#[tokio::test]
async fn facts_that_arrive_in_any_order_and_twice_come_to_one_claim() {
    for town in Town::both().await {
        town.hired(1, 2, day(2026, 7, 10)).await;
        assert!(town.claims().await.is_empty(), "the graduation is not known yet");
        town.graduated(1, day(2026, 6, 30)).await;
        town.graduated(1, day(2026, 6, 30)).await;
        assert!(town.claims().await.is_empty(), "the employer is not known to be an enterprise yet");
        town.organisation(ENTERPRISE, OrganisationKind::Enterprise).await;
        town.hired(1, 2, day(2026, 7, 10)).await;
        assert_eq!(town.only_claim().await.state(), pb::ClaimState::Accrued);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_budget_for_three_grants_three_of_ten_that_are_approved_at_once() {
    for town in Town::both().await {
        let fund = town.fund(450_000).await;
        for n in 1..=10 {
            town.graduate_hired(n).await;
        }
        let mut checked = Vec::new();
        for claim in town.claims().await {
            checked.push(town.checked(&claim.name).await);
        }
        let tries: Vec<_> = checked
            .into_iter()
            .map(|claim| {
                let mut officer = town.officer();
                let request = pb::ApproveClaimRequest { name: claim.name, content_hash: claim.content_hash };
                tokio::spawn(async move { officer.approve_claim(request).await })
            })
            .collect();
        let (mut granted, mut refused) = (0, 0);
        for answer in tries {
            match answer.await.unwrap() {
                Ok(_) => granted += 1,
                Err(status) => {
                    assert_eq!(reason(&status), "BUDGET_EXCEEDED", "{status:?}");
                    refused += 1;
                }
            }
        }
        assert_eq!((granted, refused), (3, 7), "{}", town.sandbox.test.engine);
        assert_eq!(town.budget(&fund).await.available, fen(0));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_batch_of_approvals_above_the_budget_approves_none() {
    for town in Town::both().await {
        town.fund(200_000).await;
        town.graduate_hired(1).await;
        town.graduate_hired(2).await;
        let mut requests = Vec::new();
        for claim in town.claims().await {
            let checked = town.checked(&claim.name).await;
            requests.push(pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash });
        }
        let refused = town.officer().batch_approve_claims(pb::BatchApproveClaimsRequest { requests }).await.unwrap_err();
        assert_eq!(reason(&refused), "BUDGET_EXCEEDED");
        assert!(refused.message().contains("2,000.00 yuan available; 3,000.00 are asked for"), "{}", refused.message());
        assert!(refused.get_details_localized_message().unwrap().message.contains("可用"));
        assert!(town.claims().await.iter().all(|claim| claim.state() == pb::ClaimState::Checked));
        town.verify().await;
    }
}

#[tokio::test]
async fn who_submitted_does_not_approve_and_nobody_approves_what_they_have_not_seen() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        let mut officer = town.officer();
        officer
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: vec![name.clone()], ..Default::default() })
            .await
            .unwrap();
        let checked = officer.batch_check_claims(pb::BatchCheckClaimsRequest { names: vec![name.clone()] }).await.unwrap();
        let content_hash = checked.into_inner().claims[0].content_hash.clone();
        let own = pb::ApproveClaimRequest { name: name.clone(), content_hash: content_hash.clone() };
        let refused = officer.approve_claim(own.clone()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "FOUR_EYES"));
        assert_eq!(refused.get_details_error_info().unwrap().metadata["rule"], "subsidy/four-eyes");
        let batch = pb::BatchApproveClaimsRequest { requests: vec![own] };
        let refused = officer.batch_approve_claims(batch).await.unwrap_err();
        assert_eq!(refused.get_details_error_info().unwrap().metadata["field"], format!("requests[0].{name}"));

        let mut second = town.bureau();
        let unseen = pb::ApproveClaimRequest { name: name.clone(), content_hash: "0".repeat(64) };
        assert_eq!(reason(&second.approve_claim(unseen).await.unwrap_err()), "CONTENT_CHANGED");
        let seen = pb::ApproveClaimRequest { name, content_hash };
        assert_eq!(second.approve_claim(seen).await.unwrap().into_inner().state(), pb::ClaimState::Approved);
        town.verify().await;
    }
}

#[tokio::test]
async fn every_step_out_of_turn_is_refused_and_names_the_state() {
    for town in Town::both().await {
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        let names = || vec![name.clone()];
        let missing = town
            .clerk()
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: names(), ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!(reason(&missing), "FUND_MISSING");
        town.fund(1_000_000).await;

        let check = town.officer().batch_check_claims(pb::BatchCheckClaimsRequest { names: names() }).await.unwrap_err();
        assert_eq!(reason(&check), "WRONG_STATE");
        assert!(check.message().contains("is accrued; this needs it to be submitted"), "{}", check.message());
        let reject = pb::RejectClaimRequest { name: name.clone(), etag: "\"7\"".into(), reason: "no".into() };
        assert_eq!(reason(&town.officer().reject_claim(reject.clone()).await.unwrap_err()), "ETAG_MISMATCH");
        let reject = pb::RejectClaimRequest { etag: String::new(), ..reject };
        assert_eq!(reason(&town.officer().reject_claim(reject.clone()).await.unwrap_err()), "WRONG_STATE");

        town.clerk().batch_submit_claims(pb::BatchSubmitClaimsRequest { names: names(), ..Default::default() }).await.unwrap();
        let twice = town
            .clerk()
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: names(), ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!(reason(&twice), "WRONG_STATE");
        let rejected = town.officer().reject_claim(reject).await.unwrap().into_inner();
        assert_eq!((rejected.state(), rejected.reason.as_str()), (pb::ClaimState::Rejected, "no"));
        town.left(1, 3, day(2026, 8, 1)).await;
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::Rejected, "what was rejected stays so");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_claim_whose_check_fails_stays_submitted_and_says_why() {
    for town in Town::both().await {
        town.fund(100).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        let checked = town.checked(&name).await;
        assert_eq!(checked.state(), pb::ClaimState::Submitted);
        let failed: Vec<_> = checked.checks.iter().filter(|check| !check.passed).collect();
        assert_eq!((failed.len(), failed[0].check.as_str()), (1, "budget"));
        assert!(failed[0].detail.contains("1.00 available for 1,500.00"), "{}", failed[0].detail);
        assert_eq!(town.claim(&name).await, checked);
        town.appropriate(1_000_000).await;
        let again = town.officer().batch_check_claims(pb::BatchCheckClaimsRequest { names: vec![name] }).await.unwrap();
        assert_eq!(again.into_inner().claims[0].state(), pb::ClaimState::Checked);
    }
}

#[tokio::test]
async fn a_rotation_and_a_month_of_guidance_earn_the_home_and_the_mentors_organisation_their_money() {
    for town in Town::both().await {
        town.rotation_completed(5, 100, 20).await;
        town.guided(6, 1, day(2026, 9, 3), 20).await;
        assert!(town.claims().await.is_empty(), "nobody knows yet that this is a teacher, and twenty minutes are too few");
        town.teacher(5).await;
        town.guided(6, 2, day(2026, 9, 20), 20).await;
        town.guided(6, 3, day(2026, 10, 1), 45).await;
        let claims = town.claims().await;
        let mut earned: Vec<_> =
            claims.iter().map(|claim| (claim.scheme.as_str(), claim.beneficiary.as_str(), claim.amount.unwrap().fen)).collect();
        earned.sort_unstable();
        assert_eq!(
            earned,
            [
                ("schemes/mentor-allowance", ENTERPRISE, 20_000),
                ("schemes/mentor-allowance", ENTERPRISE, 20_000),
                ("schemes/practice-stipend", SCHOOL, 100_000),
            ]
        );
        town.verify().await;
    }
}

#[tokio::test]
async fn another_organisation_cannot_tell_a_foreign_claim_from_none() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        let mut stranger = town.as_who(&Who::new("clerk@elsewhere", Some(OTHER_ENTERPRISE), &[Role::Enterprise]));
        let missing = "claims/00000000-0000-7000-8000-0000000000ff".to_owned();
        let foreign = stranger.get_claim(pb::GetClaimRequest { name: name.clone() }).await.unwrap_err();
        let none = stranger.get_claim(pb::GetClaimRequest { name: missing.clone() }).await.unwrap_err();
        assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(foreign.message().replace(&name, ""), none.message().replace(&missing, ""));
        let explain = stranger.explain_claim(pb::ExplainClaimRequest { name: name.clone() }).await.unwrap_err();
        let submit = stranger
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: vec![name], ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!((explain.code(), submit.code()), (Code::NotFound, Code::NotFound));
        let asked = pb::ListClaimsRequest { beneficiary: ENTERPRISE.into(), ..Default::default() };
        assert!(stranger.list_claims(asked).await.unwrap().into_inner().claims.is_empty());
        assert!(stranger.list_claims(pb::ListClaimsRequest::default()).await.unwrap().into_inner().claims.is_empty());
        assert_eq!(stranger.list_funds(pb::ListFundsRequest::default()).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn what_is_malformed_is_refused_by_field() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let claim = "claims/00000000-0000-7000-8000-000000000001".to_owned();
        let mut officer = town.officer();
        let mut refused = Vec::new();
        let code = |code: &str| Some(pb::Fund { code: code.into(), display_name: "x".into(), ..Default::default() });
        refused.push((officer.create_fund(pb::CreateFundRequest { fund: None }).await.err(), "fund"));
        refused.push((officer.create_fund(pb::CreateFundRequest { fund: code("Talent!") }).await.err(), "fund.code"));
        let appropriate = |amount| pb::AppropriateFundRequest { name: fund.clone(), amount, document: "d".into() };
        refused.push((officer.appropriate_fund(appropriate(None)).await.err(), "amount"));
        refused.push((officer.appropriate_fund(appropriate(fen(0))).await.err(), "amount"));
        refused.push((
            officer.batch_submit_claims(pb::BatchSubmitClaimsRequest { names: vec![], ..Default::default() }).await.err(),
            "names",
        ));
        let twice = pb::BatchCheckClaimsRequest { names: vec![claim.clone(), claim.clone()] };
        refused.push((officer.batch_check_claims(twice).await.err(), "names[1]"));
        let many = pb::BatchSubmitClaimsRequest { names: vec![claim.clone(); 1001], ..Default::default() };
        refused.push((officer.batch_submit_claims(many).await.err(), "names"));
        let unhashed = pb::ApproveClaimRequest { name: claim.clone(), content_hash: String::new() };
        let requests = pb::BatchApproveClaimsRequest { requests: vec![unhashed] };
        refused.push((officer.batch_approve_claims(requests).await.err(), "requests[0].content_hash"));
        let result = |paid, failure: &str| pb::SettlePaymentBatchRequest {
            name: "paymentBatches/00000000-0000-7000-8000-000000000001".into(),
            results: vec![pb::LineResult {
                claim: claim.clone(),
                paid,
                bank_reference: "B".into(),
                failure_reason: failure.into(),
            }],
        };
        refused.push((officer.settle_payment_batch(result(false, "")).await.err(), "results[0].failure_reason"));
        refused.push((officer.settle_payment_batch(result(true, "closed")).await.err(), "results[0].failure_reason"));
        let scheme = pb::ListClaimsRequest { scheme: "hiring".into(), ..Default::default() };
        refused.push((officer.list_claims(scheme).await.err(), "scheme"));
        for (status, field) in refused {
            let status = status.unwrap_or_else(|| panic!("{field} was not refused"));
            assert_eq!(status.code(), Code::InvalidArgument, "{field}: {status:?}");
            assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
        assert_eq!(officer.settle_payment_batch(result(true, "")).await.unwrap_err().code(), Code::NotFound);
        let taken = officer.create_fund(pb::CreateFundRequest { fund: code("talent") }).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken).as_str()), (Code::AlreadyExists, "FUND_CODE_TAKEN"));
        let too_much = officer.appropriate_fund(appropriate(fen(i64::MAX))).await.unwrap_err();
        assert_eq!(reason(&too_much), "AMOUNT_TOO_LARGE");
    }
}

#[tokio::test]
async fn lists_are_paged_without_gap_or_repeat() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        for n in 1..=5 {
            town.graduate_hired(n).await;
            town.sandbox.clock.advance(TimeDelta::seconds(1));
        }
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListClaimsRequest { page_size: 2, page_token: token, ..Default::default() };
            let page = town.clerk().list_claims(request).await.unwrap().into_inner();
            seen.extend(page.claims.into_iter().map(|claim| claim.name));
            if page.next_page_token.is_empty() {
                break;
            }
            token = page.next_page_token;
        }
        let mut unique = seen.clone();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (5, 5));
        let request = pb::ListSchemesRequest { page_size: 2, ..Default::default() };
        let first = town.clerk().list_schemes(request).await.unwrap().into_inner();
        assert_eq!(first.schemes.len(), 2);
        let request = pb::ListSchemesRequest { page_size: 1000, page_token: first.next_page_token };
        let second = town.clerk().list_schemes(request).await.unwrap().into_inner();
        let names: Vec<_> = first.schemes.iter().chain(&second.schemes).map(|scheme| scheme.name.as_str()).collect();
        let shipped = [
            "hiring-subsidy",
            "hiring-subsidy",
            "mentor-allowance",
            "new-apprenticeship",
            "order-class",
            "practice-stipend",
            "tax-offset",
        ];
        assert_eq!(names, shipped.map(|code| format!("schemes/{code}")));
    }
}

#[tokio::test]
async fn the_ledger_is_listed_whole_or_by_claim_and_every_transaction_balances() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.sandbox.clock.advance(TimeDelta::seconds(1));
        town.pay(&name).await;
        let list = |claim: &str| pb::ListLedgerEntriesRequest { claim: claim.to_owned(), ..Default::default() };
        let all = town.officer().list_ledger_entries(list("")).await.unwrap().into_inner().ledger_entries;
        let of_claim = town.officer().list_ledger_entries(list(&name)).await.unwrap().into_inner().ledger_entries;
        assert_eq!((all.len(), of_claim.len()), (8, 6));
        assert!(all[..2].iter().all(|entry| entry.kind == "appropriation" && entry.rule == "平财预〔2026〕1号"), "oldest first");
        let mut accounts: Vec<_> =
            of_claim.iter().filter(|entry| entry.kind == "payment").map(|entry| entry.account.clone()).collect();
        accounts.sort();
        let payee = format!("{fund}/payee/{ENTERPRISE}");
        assert_eq!(accounts, [format!("{fund}/bank"), format!("{fund}/committed"), format!("{fund}/paid"), payee]);
        let signed =
            |entry: &pb::LedgerEntry| entry.amount.unwrap().fen * if entry.side() == pb::EntrySide::Debit { 1 } else { -1 };
        for entry in &all {
            let same = all.iter().filter(|other| other.transaction == entry.transaction);
            assert_eq!(same.map(signed).sum::<i64>(), 0);
        }
        assert_eq!(town.clerk().list_ledger_entries(list(&name)).await.unwrap_err().code(), Code::PermissionDenied);
    }
}
