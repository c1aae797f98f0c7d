//! What came while the running month was closed is listed one by one, until it is done.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod guards;
mod town;

use kit::auth::Role;
use kit::db::Lane;
use kit::verify::verify_all;
use proto::subsidy::v1 as pb;
use subsidy::store::agenda;
use testkit::Who;
use tonic::Code;
use town::{ENTERPRISE, SCHOOL, Town, day, person, reason};

const SEPTEMBER: &str = "periods/2026-09";

impl Town {
    /// Two lines the bank has answered, and two people of whom it became known that they had left, after the month was closed.
    async fn four_wait(&self) -> (pb::PaymentBatch, Vec<String>) {
        let fund = self.fund(1_000_000).await;
        for n in 1..=4 {
            self.graduate_hired(n).await;
        }
        let mut names: Vec<(String, String)> = self.claims().await.into_iter().map(|claim| (claim.person, claim.name)).collect();
        names.sort();
        let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
        self.approve(&names[0]).await;
        self.approve(&names[1]).await;
        let batch = self.batch(&fund).await.unwrap();
        self.approve(&names[2]).await;
        self.approve(&names[3]).await;
        let request = pb::ClosePeriodRequest { name: SEPTEMBER.into(), before_its_end: true };
        self.officer().close_period(request).await.unwrap();
        self.settle_batch(&batch.name, &[(&names[0], true, "B-1"), (&names[1], false, "B-2")]).await.unwrap();
        self.left(3, 3, day(2026, 8, 1)).await;
        self.left(4, 3, day(2026, 8, 1)).await;
        (batch, names)
    }

    fn at(&self, instant: &str) {
        self.sandbox.clock.advance(instant.parse::<chrono::DateTime<chrono::Utc>>().unwrap() - self.now());
    }

    /// Runs over the agenda, by the days they are for: each begins, or ends.
    async fn runs(&self, through: &[(&str, bool)]) -> Vec<String> {
        let mut tx = self.sandbox.test.db.begin(Lane::Request).await.unwrap();
        for (day, ends) in through {
            let day = day.parse().unwrap();
            if *ends { agenda::end_run(&mut tx, day).await } else { agenda::begin_run(&mut tx, day).await }.unwrap();
        }
        tx.commit().await.unwrap();
        let findings = verify_all(&self.sandbox.test.db, subsidy::CHECKS, &[], None).await.unwrap();
        findings.into_iter().find(|finding| finding.check.name == "subsidy-queue").unwrap().broken
    }

    async fn wait(&self, request: pb::ListWaitingItemsRequest) -> pb::ListWaitingItemsResponse {
        self.officer().list_waiting_items(request).await.unwrap().into_inner()
    }

    async fn kinds(&self, period: &str, kind: pb::WaitingKind) -> Vec<pb::WaitingKind> {
        let request = pb::ListWaitingItemsRequest { period: period.into(), kind: kind.into(), ..Default::default() };
        self.wait(request).await.waiting_items.iter().map(pb::WaitingItem::kind).collect()
    }
}

#[tokio::test]
async fn what_waits_is_listed_a_page_at_a_time_until_the_next_month_has_done_it() {
    for town in Town::both().await {
        let none = town.wait(pb::ListWaitingItemsRequest::default()).await;
        assert_eq!(none, pb::ListWaitingItemsResponse::default());
        let (batch, names) = town.four_wait().await;
        let (mut items, mut page_token, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let request = pb::ListWaitingItemsRequest { page_size: 1, page_token, ..Default::default() };
            let page = town.wait(request).await;
            assert_eq!(page.waiting_items.len(), 1);
            items.extend(page.waiting_items);
            (page_token, pages) = (page.next_page_token, pages + 1);
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!((pages, items.len()), (4, 4), "{}", town.sandbox.test.engine);
        assert_eq!(town.wait(pb::ListWaitingItemsRequest::default()).await.waiting_items, items);
        assert!(items.iter().all(|item| item.period == SEPTEMBER && item.open_date == day(2026, 10, 1)), "{items:?}");
        let of = |claim: &str| items.iter().find(|item| item.claim == claim).unwrap();
        let (paid, failed) = (of(&names[0]), of(&names[1]));
        assert_eq!((paid.kind(), paid.paid, paid.bank_reference.as_str()), (pb::WaitingKind::Result, true, "B-1"));
        assert_eq!((failed.paid, failed.failure_reason.as_str()), (false, "account closed"));
        assert!([paid, failed].iter().all(|item| item.payment_batch == batch.name && item.queued_by == "officer@finance"));
        assert!(paid.queue_time.is_some() && paid.person.is_empty());
        let mut people: Vec<&str> = items.iter().map(|item| item.person.as_str()).filter(|name| !name.is_empty()).collect();
        people.sort_unstable();
        assert_eq!(people, [person(3), person(4)]);

        town.at("2026-09-30T16:30:00Z");
        assert_eq!(town.wait(pb::ListWaitingItemsRequest::default()).await.waiting_items, items, "nobody has looked yet");
        town.bureau().run_accrual(pb::RunAccrualRequest { page_size: 1000, ..Default::default() }).await.unwrap();
        assert_eq!(town.wait(pb::ListWaitingItemsRequest::default()).await, pb::ListWaitingItemsResponse::default());
        town.verify().await;
    }
}

#[tokio::test]
async fn what_waits_is_narrowed_by_kind_and_by_month() {
    for town in Town::both().await {
        town.four_wait().await;
        town.nothing_is_replaced_in(&["queued_result"]).await;
        let (result, person) = (pb::WaitingKind::Result, pb::WaitingKind::Person);
        for period in ["", SEPTEMBER] {
            assert_eq!(town.kinds(period, result).await, [result, result], "{}", town.sandbox.test.engine);
            assert_eq!(town.kinds(period, person).await, [person, person]);
            assert_eq!(town.kinds(period, pb::WaitingKind::Unspecified).await.len(), 4);
        }
        assert_eq!(town.kinds("periods/2026-08", pb::WaitingKind::Unspecified).await, []);
    }
}

#[tokio::test]
async fn what_waits_is_shown_to_finance_and_auditors_and_not_to_those_it_is_about() {
    for town in Town::both().await {
        town.four_wait().await;
        let ask = |role: Role, organisation: Option<&str>| {
            let mut who = town.as_who(&Who::new("somebody", organisation, &[role]));
            async move { who.list_waiting_items(pb::ListWaitingItemsRequest::default()).await }
        };
        for role in [Role::Finance, Role::Auditor, Role::Service] {
            assert_eq!(ask(role, None).await.unwrap().into_inner().waiting_items.len(), 4);
        }
        for (role, organisation) in [(Role::Enterprise, Some(ENTERPRISE)), (Role::School, Some(SCHOOL)), (Role::Bureau, None)] {
            let refused = ask(role, organisation).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "ROLE_REQUIRED".into()));
        }
        for (request, why) in [
            (pb::ListWaitingItemsRequest { period: "periods/2026-13".into(), ..Default::default() }, "PERIOD"),
            (pb::ListWaitingItemsRequest { kind: 9, ..Default::default() }, "ENUM_UNKNOWN"),
            (pb::ListWaitingItemsRequest { page_token: "next".into(), ..Default::default() }, "PAGE_TOKEN"),
            (pb::ListWaitingItemsRequest { page_size: -1, ..Default::default() }, "OUT_OF_RANGE"),
        ] {
            let refused = town.officer().list_waiting_items(request).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, why.into()));
        }
    }
}

#[tokio::test]
async fn a_run_that_ends_while_another_is_at_work_says_nothing_of_what_the_other_has_to_do() {
    let (begins, ends) = (false, true);
    for town in Town::both().await {
        town.four_wait().await;
        town.at("2026-10-02T01:00:00Z");
        let engine = town.sandbox.test.engine;
        // One that was for September is over only after one for October has begun.
        let overlapping = [("2026-09-30", begins), ("2026-10-02", begins), ("2026-09-30", ends)];
        assert!(town.runs(&overlapping).await.is_empty(), "{engine}");
        // One that began before midnight, and ends on the first day of October, by the day it is then.
        let over_midnight = [("2026-10-01", begins), ("2026-10-01", ends)];
        assert!(town.runs(&over_midnight).await.is_empty(), "{engine}");
        // An earlier day takes nothing back of what a later one said, and says nothing of it.
        let backwards = [("2026-10-02", begins), ("2026-09-15", begins), ("2026-10-02", ends)];
        assert!(town.runs(&backwards).await.is_empty(), "{engine}");
        // A whole run for October that left them is told.
        assert_eq!(town.runs(&[("2026-10-02", begins), ("2026-10-02", ends)]).await.len(), 4, "{engine}");
        town.bureau().run_accrual(pb::RunAccrualRequest { page_size: 1000, ..Default::default() }).await.unwrap();
        town.verify().await;
    }
}
