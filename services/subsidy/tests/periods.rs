//! Months: which one a posting belongs to, and that a closed one stays as it was, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use chrono::TimeDelta;
use proto::common::v1::Money;
use proto::subsidy::v1 as pb;
use tonic::{Code, Status};
use town::{Town, day, fen, reason};

impl Town {
    async fn close(&self, period: &str) -> Result<pb::Period, Status> {
        let request = pb::ClosePeriodRequest { name: period.into(), ..Default::default() };
        Ok(self.officer().close_period(request).await?.into_inner())
    }

    async fn months(&self) -> Vec<pb::Period> {
        self.officer().list_periods(pb::ListPeriodsRequest::default()).await.unwrap().into_inner().periods
    }
}

fn total(month: &pb::Period, kind: &str) -> (i64, i64) {
    let total = month.totals.iter().find(|total| total.account_kind == kind);
    total.map_or((0, 0), |total| (total.debits.unwrap().fen, total.credits.unwrap().fen))
}

#[tokio::test]
async fn months_close_once_they_are_over_in_their_order_and_for_good() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let not_over = town.close("periods/2026-09").await.unwrap_err();
        assert_eq!((not_over.code(), reason(&not_over).as_str()), (Code::FailedPrecondition, "PERIOD_NOT_OVER"));
        assert!(not_over.message().contains("2026-10-01"), "{}", not_over.message());
        town.sandbox.clock.advance(TimeDelta::days(61));
        let early = town.close("periods/2026-10").await.unwrap_err();
        assert_eq!(reason(&early), "PERIOD_OUT_OF_ORDER");
        assert!(early.message().contains("2026-09 is to be closed before"), "{}", early.message());
        assert_eq!(reason(&town.close("periods/2026-08").await.unwrap_err()), "PERIOD_OUT_OF_ORDER");

        let checkpoint = town.officer().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
        let september = town.close("periods/2026-09").await.unwrap();
        assert_eq!((september.state(), september.closed_by.as_str()), (pb::PeriodState::Closed, "officer@finance"));
        assert_eq!((september.log_size, &september.log_root), (2, &checkpoint.root));
        assert_eq!((total(&september, "available"), total(&september, "appropriation")), ((1_000_000, 0), (0, 1_000_000)));
        assert_eq!(reason(&town.close("periods/2026-09").await.unwrap_err()), "PERIOD_CLOSED");
        assert_eq!(reason(&town.close("periods/2026-01").await.unwrap_err()), "PERIOD_CLOSED");
        // October took nothing, and is closed all the same before November may be.
        town.sandbox.clock.advance(TimeDelta::days(30));
        assert_eq!(reason(&town.close("periods/2026-11").await.unwrap_err()), "PERIOD_OUT_OF_ORDER");
        assert!(town.close("periods/2026-10").await.unwrap().totals.is_empty());
        let states: Vec<_> = town.months().await.into_iter().map(|month| (month.name.clone(), month.state())).collect();
        let closed = |name: &str| (name.to_owned(), pb::PeriodState::Closed);
        assert_eq!(states, [closed("periods/2026-09"), closed("periods/2026-10")]);
        town.verify().await;
    }
}

#[tokio::test]
async fn who_may_close_a_month_and_how_it_is_named() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let request = pb::ClosePeriodRequest { name: "periods/2026-09".into(), ..Default::default() };
        assert_eq!(town.clerk().close_period(request).await.unwrap_err().code(), Code::PermissionDenied);
        for name in ["", "2026-09", "periods/2026-9", "periods/2026-13", "periods/26-09", "periods/1026-09"] {
            let refused = town.close(name).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "PERIOD"), "{name}");
        }
        let request = pb::ListPeriodsRequest::default();
        assert_eq!(town.clerk().list_periods(request).await.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn a_closed_month_takes_no_posting_even_from_a_clock_that_goes_back() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let checked = town.checked(&town.only_claim().await.name).await;
        town.sandbox.clock.advance(TimeDelta::days(40));
        town.close("periods/2026-09").await.unwrap();
        town.sandbox.clock.advance(-TimeDelta::days(20));
        let request = pb::ApproveClaimRequest { name: checked.name.clone(), content_hash: checked.content_hash };
        let refused = town.officer().approve_claim(request.clone()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "PERIOD_CLOSED"));
        assert!(refused.message().contains("2026-09"), "{}", refused.message());
        let more = pb::AppropriateFundRequest { name: fund.clone(), amount: Some(Money { fen: 1 }), document: "d".into() };
        assert_eq!(reason(&town.officer().appropriate_fund(more).await.unwrap_err()), "PERIOD_CLOSED");
        assert_eq!(
            (town.claim(&checked.name).await.state(), town.budget(&fund).await.committed),
            (pb::ClaimState::Checked, fen(0))
        );
        town.sandbox.clock.advance(TimeDelta::days(20));
        town.officer().approve_claim(request).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn what_a_closed_month_got_wrong_is_corrected_in_the_open_one_and_names_what_it_corrects() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let name = town.only_claim().await.name;
        town.pay(&name).await;
        town.sandbox.clock.advance(TimeDelta::days(40));
        town.close("periods/2026-09").await.unwrap();
        let closed = town.months().await;
        town.left(1, 3, day(2026, 8, 1)).await;
        let request = pb::ListLedgerEntriesRequest { claim: name, ..Default::default() };
        let entries = town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        let payment = entries.iter().find(|entry| entry.kind == "payment").unwrap();
        let correction: Vec<_> = entries.iter().filter(|entry| entry.kind == "clawback").collect();
        assert_eq!((payment.period.as_str(), correction.len()), ("periods/2026-09", 2));
        assert!(correction.iter().all(|entry| entry.period == "periods/2026-10" && entry.reverses == payment.transaction));
        let months = town.months().await;
        assert_eq!(months[0], closed[0], "the closed month is as it was");
        assert_eq!(total(&months[0], "payee"), (150_000, 0));
        assert_eq!((total(&months[1], "payee"), total(&months[1], "receivable")), ((0, 150_000), (150_000, 0)));
        assert_eq!(months[1].state(), pb::PeriodState::Open);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_month_is_that_of_shanghai_and_months_are_paged() {
    for town in Town::both().await {
        // Half past eleven in the evening of 30 September there, and an hour later.
        town.sandbox.clock.advance("2026-09-30T15:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap() - town.now());
        town.fund(100).await;
        town.sandbox.clock.advance(TimeDelta::hours(1));
        town.appropriate(100).await;
        assert!(town.close("periods/2026-09").await.is_ok());
        let request = pb::ListPeriodsRequest { page_size: 1, ..Default::default() };
        let first = town.officer().list_periods(request.clone()).await.unwrap().into_inner();
        let rest = pb::ListPeriodsRequest { page_token: first.next_page_token, ..request };
        let second = town.officer().list_periods(rest).await.unwrap().into_inner();
        let names = [&first.periods[0].name, &second.periods[0].name];
        assert_eq!((names, second.next_page_token.as_str()), ([&"periods/2026-09".into(), &"periods/2026-10".into()], ""));
        town.verify().await;
    }
}
