//! An objection that is upheld gives each who carries the claim exactly its part back.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod carriers;
mod city;
mod guards;
mod town;

use carriers::{CO_FUNDING, OWN, SPONSOR, carried};
use kit::{Context, Service};
use proto::subsidy::v1 as pb;
use std::collections::BTreeMap;
use town::{Client, ENTERPRISE, Town, fen, reason};

/// Carried by four, and public for a week.
fn shared_and_public(context: Context) -> Service {
    city::saying(context, "publicity_days = 7", &format!("\n{}", include_str!("schemes/sources.toml")))
}

impl Town {
    async fn objected(&self, mut who: Client, claim: &str) -> String {
        let ground = pb::ObjectionGround::NotEligible.into();
        let claim_objection = Some(pb::ClaimObjection { claim: claim.into(), ground, ..Default::default() });
        let request = pb::CreateClaimObjectionRequest { claim_objection };
        who.create_claim_objection(request).await.unwrap().into_inner().name
    }

    async fn uphold(&self, name: &str) -> Result<pb::ClaimObjection, tonic::Status> {
        let request = pb::UpholdClaimObjectionRequest { name: name.into(), reason: "never employed".into() };
        self.officer().uphold_claim_objection(request).await.map(tonic::Response::into_inner)
    }

    /// What each fund was committed to and released from for a claim.
    async fn booked(&self, claim: &str, kind: &str) -> BTreeMap<String, i64> {
        let request = pb::ListLedgerEntriesRequest { claim: claim.into(), ..Default::default() };
        let entries = self.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        let debits = entries.into_iter().filter(|entry| entry.kind == kind && entry.side() == pb::EntrySide::Debit);
        debits.map(|entry| (entry.account.split('/').take(2).collect::<Vec<_>>().join("/"), entry.amount.unwrap().fen)).collect()
    }
}

#[tokio::test]
async fn an_upheld_objection_releases_the_money_of_each_source_and_nobody_else_s() {
    for batch in [false, true] {
        for town in Town::both_with(shared_and_public).await {
            let funds = town.four([1_000_000, 1_000_000, 100_001, 40_000], ENTERPRISE).await;
            let one = town.one_checked(1).await;
            let first = town.approve_one(one, batch).await.unwrap();
            let two = town.one_checked(2).await;
            let second = town.approve_one(two, batch).await.unwrap();
            // The sponsor and the own account gave the second what the first had left them.
            let of_first = [
                ("sponsor", SPONSOR, 75_000),
                ("own", OWN, 30_000),
                ("talent", CO_FUNDING, 30_000),
                ("county", CO_FUNDING, 15_000),
            ];
            assert_eq!(carried(&funds, &first), of_first);
            let of_second = [
                ("sponsor", SPONSOR, 25_001),
                ("own", OWN, 10_000),
                ("talent", CO_FUNDING, 76_666),
                ("county", CO_FUNDING, 38_333),
            ];
            assert_eq!(carried(&funds, &second), of_second);
            assert_eq!(town.left_in(&funds).await, [893_334, 946_667, 0, 0]);

            let objection = town.objected(town.bureau(), &second.name).await;
            town.uphold(&objection).await.unwrap();
            assert_eq!(town.claim(&second.name).await.state(), pb::ClaimState::Rejected);
            assert_eq!(town.left_in(&funds).await, [970_000, 985_000, 25_001, 10_000], "{}", town.sandbox.test.engine);
            let committed = town.booked(&second.name, "commitment").await;
            assert_eq!((committed.len(), committed.contains_key(&funds.sponsor)), (4, true), "{committed:?}");
            assert_eq!(town.booked(&second.name, "release").await, committed);
            assert!(town.booked(&first.name, "release").await.is_empty());
            let again = town.uphold(&objection).await.unwrap_err();
            assert_eq!(reason(&again), "OBJECTION_RESOLVED");
            town.verify().await;

            // What the sponsor has again, the next claim may have; and the other is paid as it was approved.
            let three = town.one_checked(3).await;
            let third = town.approve_one(three, batch).await.unwrap();
            assert_eq!(carried(&funds, &third), of_second);
            town.sandbox.clock.advance(chrono::TimeDelta::days(8));
            let made = town.batch(&funds.talent).await.unwrap();
            let lines: Vec<_> = made.lines.iter().map(|line| (line.claim.as_str(), true, "B-1")).collect();
            assert_eq!(lines.len(), 2, "what was rejected is not paid");
            town.settle_batch(&made.name, &lines).await.unwrap();
            let budget = town.budget(&funds.sponsor).await;
            assert_eq!((budget.committed, budget.paid, budget.available), (fen(0), fen(100_001), fen(0)));
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn while_the_month_is_closed_an_objection_is_dismissed_but_not_upheld_and_nothing_of_it_stays() {
    for town in Town::both_with(shared_and_public).await {
        let funds = town.four([1_000_000; 4], ENTERPRISE).await;
        let one = town.one_checked(1).await;
        let claim = town.approve_one(one, false).await.unwrap();
        let objection = town.objected(town.bureau(), &claim.name).await;
        let other = town.objected(town.clerk(), &claim.name).await;
        town.nothing_is_replaced_in(&["claim_source", "claim_objection", "claim_approval"]).await;
        let close = pb::ClosePeriodRequest { name: "periods/2026-09".into(), before_its_end: true };
        town.officer().close_period(close).await.unwrap();
        let refused = town.uphold(&objection).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (tonic::Code::FailedPrecondition, "PERIOD_CLOSED".into()));
        assert!(refused.message().contains("2026-10-01"), "{}", refused.message());
        let known = town.claim(&claim.name).await;
        assert_eq!((known.state(), known.open_objections), (pb::ClaimState::Approved, 2));
        let dismiss = pb::DismissClaimObjectionRequest { name: other, reason: "the contract is there".into() };
        town.officer().dismiss_claim_objection(dismiss).await.unwrap();
        assert_eq!(town.claim(&claim.name).await.open_objections, 1);
        assert_eq!(town.left_in(&funds).await, [970_000, 985_000, 925_000, 970_000]);
        town.verify().await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(30));
        town.uphold(&objection).await.unwrap();
        assert_eq!(town.left_in(&funds).await, [1_000_000; 4], "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}
