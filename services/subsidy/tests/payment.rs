//! Payments, what the bank says of them, and what becomes of money whose facts are gone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use proto::subsidy::v1 as pb;
use tonic::Code;
use tonic_types::StatusExt;
use town::{ENTERPRISE, Town, day, fen, reason};

#[tokio::test]
async fn who_leaves_within_the_retention_days_voids_what_is_unpaid_and_gives_the_commitment_back() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.approve(&name).await;
        assert_eq!(town.budget(&fund).await.committed, fen(150_000));
        town.left(1, 3, day(2026, 8, 1)).await;
        let voided = town.claim(&name).await;
        assert_eq!(voided.state(), pb::ClaimState::Voided);
        assert!(voided.reason.contains("2026-08-01") && voided.reason.contains("离职"), "{}", voided.reason);
        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.available), (fen(0), fen(1_000_000)));
        town.verify().await;
    }
}

#[tokio::test]
async fn who_leaves_after_payment_makes_it_a_receivable_with_counter_entries() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.pay(&name).await;
        town.left(1, 3, day(2026, 8, 1)).await;
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::ClawedBack);
        let owed = town.clerk().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner().receivables;
        assert_eq!((owed.len(), owed[0].debtor.as_str(), owed[0].outstanding), (1, ENTERPRISE, fen(150_000)));
        assert_eq!(town.budget(&fund).await.paid, fen(150_000), "until the money is back, the budget has spent it");

        let explained = town.clerk().explain_claim(pb::ExplainClaimRequest { name: name.clone() }).await.unwrap().into_inner();
        assert_eq!(explained.facts.last().unwrap().kind, "left");
        let payment = explained.ledger_entries.iter().find(|entry| entry.kind == "payment").unwrap();
        let counter: Vec<_> = explained.ledger_entries.iter().filter(|entry| entry.kind == "clawback").collect();
        assert_eq!(counter.len(), 2);
        assert!(counter.iter().all(|entry| entry.reverses == payment.transaction));

        // The same word again, and the graduate hired again later: a further claim, and no second receivable.
        town.left(1, 3, day(2026, 8, 1)).await;
        town.sandbox.clock.advance(chrono::TimeDelta::hours(1));
        town.hired_as(1, 4, day(2026, 8, 20), 9).await;
        let states: Vec<_> = town.claims().await.iter().map(pb::Claim::state).collect();
        assert_eq!(states, [pb::ClaimState::ClawedBack, pb::ClaimState::Accrued]);
        town.verify().await;
    }
}

#[tokio::test]
async fn who_leaves_while_the_bank_has_the_payment_is_looked_at_again_when_it_answers() {
    for bank_pays in [true, false] {
        for town in Town::both().await {
            let fund = town.fund(1_000_000).await;
            town.graduate_hired(1).await;
            let name = town.only_claim().await.name;
            town.approve(&name).await;
            let batch = town.batch(&fund).await.unwrap();
            town.left(1, 3, day(2026, 8, 1)).await;
            assert_eq!(town.claim(&name).await.state(), pb::ClaimState::Approved);
            town.settle_batch(&batch.name, &[(&name, bank_pays, "B-1")]).await.unwrap();
            let expected = if bank_pays { pb::ClaimState::ClawedBack } else { pb::ClaimState::Voided };
            assert_eq!(town.claim(&name).await.state(), expected);
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn a_batch_pays_part_of_its_lines_and_the_failed_ones_are_payable_again() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        for n in 1..=3 {
            town.graduate_hired(n).await;
        }
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        town.approve_all(&names).await;
        let batch = town.batch(&fund).await.unwrap();
        assert_eq!((batch.lines.len(), batch.total), (3, fen(450_000)));
        assert_eq!(reason(&town.batch(&fund).await.unwrap_err()), "NOTHING_PAYABLE");

        let open = town.settle_batch(&batch.name, &[(&names[0], true, "B-1")]).await.unwrap();
        assert_eq!(open.state(), pb::PaymentBatchState::Open);
        let again = town.settle_batch(&batch.name, &[(&names[0], true, "B-1")]).await.unwrap();
        assert_eq!(open, again, "what the bank said before is recognised");
        let other = town.settle_batch(&batch.name, &[(&names[0], false, "B-1")]).await.unwrap_err();
        assert_eq!(reason(&other), "LINE_SETTLED");
        assert_eq!(other.get_details_error_info().unwrap().metadata["field"], "results[0].claim");

        let rest = [(names[1].as_str(), false, "B-2"), (names[2].as_str(), true, "B-3"), (names[0].as_str(), true, "B-1")];
        assert_eq!(town.settle_batch(&batch.name, &rest).await.unwrap().state(), pb::PaymentBatchState::Settled);
        let budget = town.budget(&fund).await;
        assert_eq!((budget.committed, budget.paid), (fen(150_000), fen(300_000)));
        town.verify().await;

        let second = town.batch(&fund).await.unwrap();
        assert_eq!(second.lines.iter().map(|line| line.claim.as_str()).collect::<Vec<_>>(), [names[1].as_str()]);
        let unknown = town.settle_batch(&second.name, &[(&names[0], true, "B-9")]).await.unwrap_err();
        assert_eq!(reason(&unknown), "LINE_UNKNOWN");
        town.settle_batch(&second.name, &[(&names[1], true, "B-4")]).await.unwrap();
        assert_eq!(town.budget(&fund).await.paid, fen(450_000));
        town.verify().await;
    }
}

#[tokio::test]
async fn batches_made_at_once_never_hold_the_same_claim() {
    for town in Town::both().await {
        let fund = town.fund(10_000_000).await;
        for n in 1..=6 {
            town.graduate_hired(n).await;
        }
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        town.approve_all(&names).await;
        let tries: Vec<_> = (0..8)
            .map(|_| {
                let (mut officer, fund) = (town.officer(), fund.clone());
                tokio::spawn(async move {
                    let payment_batch = Some(pb::PaymentBatch { fund, ..Default::default() });
                    officer.create_payment_batch(pb::CreatePaymentBatchRequest { payment_batch }).await
                })
            })
            .collect();
        let mut lines = Vec::new();
        for answer in tries {
            match answer.await.unwrap() {
                Ok(batch) => lines.extend(batch.into_inner().lines.into_iter().map(|line| line.claim)),
                Err(status) => assert_eq!(reason(&status), "NOTHING_PAYABLE"),
            }
        }
        lines.sort();
        assert_eq!(lines, names, "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_line_is_not_paid_and_failed_at_once_and_a_fund_s_code_is_a_word() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let claim = town.approve(&town.only_claim().await.name).await.name;
        let batch = town.batch(&fund).await.unwrap();
        let result = pb::LineResult { claim, paid: true, bank_reference: "B-1".into(), failure_reason: "account closed".into() };
        let request = pb::SettlePaymentBatchRequest { name: batch.name.clone(), results: vec![result] };
        let both = town.officer().settle_payment_batch(request).await.unwrap_err();
        assert_eq!((both.code(), reason(&both)), (Code::InvalidArgument, "PAID_AND_FAILED".into()));
        let field = both.get_details_error_info().unwrap().metadata["field"].clone();
        assert_eq!(field, "results[0].failure_reason");
        let read = town.officer().get_payment_batch(pb::GetPaymentBatchRequest { name: batch.name }).await.unwrap().into_inner();
        assert_eq!(read.lines[0].state(), pb::LineState::Pending);
        for code in ["Talent", "talent fund", "人才"] {
            let fund = pb::Fund { code: code.into(), display_name: "d".into(), ..Default::default() };
            let refused = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "FUND_CODE".into()), "{code}");
        }
    }
}
