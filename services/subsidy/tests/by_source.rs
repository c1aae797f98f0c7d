//! Reports of a fund are of what it carries, whichever fund's account pays.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod carriers;
mod city;
mod town;

use carriers::Funds;
use proto::subsidy::v1 as pb;
use std::collections::BTreeMap;
use town::{ENTERPRISE, Town, day};

fn fen(amount: Option<proto::common::v1::Money>) -> i64 {
    amount.unwrap().fen
}

impl Town {
    /// Claims and what they come to, by state.
    async fn claim_totals(&self, fund: &str) -> BTreeMap<String, (i32, i64)> {
        let request = pb::ListClaimTotalsRequest { fund: fund.into(), ..Default::default() };
        let totals = self.officer().list_claim_totals(request).await.unwrap().into_inner().claim_totals;
        totals.into_iter().map(|total| (total.state, (total.claims, fen(total.amount)))).collect()
    }

    /// Lines, what they come to, what of it is paid and what has failed, by batch.
    async fn payment_totals(&self, fund: &str) -> Vec<([i32; 3], [i64; 3], String)> {
        let request = pb::ListPaymentTotalsRequest { fund: fund.into(), ..Default::default() };
        let totals = self.officer().list_payment_totals(request).await.unwrap().into_inner().payment_totals;
        let row = |row: pb::PaymentTotal| {
            let lines = [row.lines, row.paid_lines, row.failed_lines];
            (lines, [row.total, row.paid, row.failed].map(fen), row.fund_code)
        };
        totals.into_iter().map(row).collect()
    }

    /// What was committed at the end of the month, paid and clawed back in it.
    async fn executed(&self, fund: &str) -> [i64; 3] {
        let request = pb::ListBudgetExecutionRequest { fund: fund.into(), ..Default::default() };
        let rows = self.officer().list_budget_execution(request).await.unwrap().into_inner().budget_execution;
        assert!(rows.iter().all(|row| fund.is_empty() || row.fund == fund), "{rows:?}");
        let sum = |of: fn(&pb::BudgetExecution) -> Option<proto::common::v1::Money>| rows.iter().map(|row| fen(of(row))).sum();
        [sum(|row| row.committed), sum(|row| row.paid), sum(|row| row.clawed_back)]
    }

    /// Three claims: paid, failed at the bank, and approved alone, where the sponsor had nothing left for the last.
    async fn three(&self) -> (Funds, Vec<pb::Claim>) {
        let funds = self.four([1_000_000, 1_000_000, 150_000, 1_000_000], ENTERPRISE).await;
        let mut claims = Vec::new();
        for n in 1..=3 {
            if n == 3 {
                let batch = self.batch(&funds.talent).await.unwrap();
                let names = claims.iter().map(|claim: &pb::Claim| claim.name.as_str());
                let results: Vec<_> = names.zip([true, false]).map(|(name, paid)| (name, paid, "B-1")).collect();
                self.settle_batch(&batch.name, &results).await.unwrap();
            }
            let one = self.one_checked(n).await;
            claims.push(self.approve_one(one, false).await.unwrap());
        }
        (funds, claims)
    }
}

#[tokio::test]
async fn the_totals_of_a_fund_are_what_it_carries_and_those_of_all_funds_are_the_whole() {
    for town in Town::both_with(city::shared).await {
        let (funds, _) = town.three().await;
        let engine = town.sandbox.test.engine;
        let approved = |claims, amount| ("approved".to_owned(), (claims, amount));
        let paid = |claims, amount| ("paid".to_owned(), (claims, amount));
        for (fund, claims, lines, executed) in [
            ("", [approved(2, 300_000), paid(1, 150_000)].to_vec(), [300_000, 150_000, 150_000], [300_000, 150_000, 0]),
            (&*funds.sponsor, [approved(1, 75_000), paid(1, 75_000)].to_vec(), [150_000, 75_000, 75_000], [75_000, 75_000, 0]),
            (&*funds.own, [approved(2, 60_000), paid(1, 30_000)].to_vec(), [60_000, 30_000, 30_000], [60_000, 30_000, 0]),
            (&*funds.talent, [approved(2, 110_000), paid(1, 30_000)].to_vec(), [60_000, 30_000, 30_000], [110_000, 30_000, 0]),
            (&*funds.county, [approved(2, 55_000), paid(1, 15_000)].to_vec(), [30_000, 15_000, 15_000], [55_000, 15_000, 0]),
        ] {
            assert_eq!(town.claim_totals(fund).await, BTreeMap::from_iter(claims), "{fund} on {engine}");
            let of_batch = ([2, 1, 1], lines, "talent".to_owned());
            assert_eq!(town.payment_totals(fund).await, [of_batch], "{fund} on {engine}");
            assert_eq!(town.executed(fund).await, executed, "{fund} on {engine}");
        }
        // What is taken back is each one's own as well.
        town.left(1, 3, day(2026, 8, 1)).await;
        for (fund, back) in [("", 150_000), (&*funds.sponsor, 75_000), (&*funds.county, 15_000)] {
            assert_eq!(town.executed(fund).await[2], back, "{fund} on {engine}");
        }
        assert_eq!(town.claim_totals(&funds.county).await["clawed_back"], (1, 15_000));
        town.verify().await;
    }
}
