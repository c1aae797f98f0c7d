//! Looking again at what was paid: samples that anybody can draw again, and findings that two people stand by.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use chrono::TimeDelta;
use kit::auth::Role;
use kit::id::Id;
use proptest::prelude::*;
use proto::subsidy::v1 as pb;
use std::collections::BTreeSet;
use subsidy::domain::{ClaimId, SampleId, SampleItemId, draw};
use testkit::Who;
use tonic::Code;
use town::{Client, Town, day, fen, reason};
use uuid::Uuid;

const SEED: &str = "双色球 2026106：03 11 17 22 26 30 + 08";

impl Town {
    /// So many claims of a fund paid in September, and it is October.
    async fn paid(&self, count: u32) -> Vec<String> {
        let fund = self.fund(100_000_000).await;
        for n in 1..=count {
            self.graduate_hired(n).await;
        }
        let names: Vec<String> = self.claims().await.into_iter().map(|claim| claim.name).collect();
        self.approve_all(&names).await;
        let batch = self.batch(&fund).await.unwrap();
        let results: Vec<_> = names.iter().map(|name| (name.as_str(), true, "B-1")).collect();
        self.settle_batch(&batch.name, &results).await.unwrap();
        self.sandbox.clock.advance(TimeDelta::days(35));
        names
    }

    async fn draw(&self, seed: &str, size: i32) -> Result<pb::Sample, tonic::Status> {
        self.draw_of(september(seed, size)).await
    }

    async fn draw_of(&self, sample: pb::Sample) -> Result<pb::Sample, tonic::Status> {
        self.sandbox.clock.advance(TimeDelta::seconds(1));
        Ok(self.bureau().create_sample(pb::CreateSampleRequest { sample: Some(sample) }).await?.into_inner())
    }

    async fn items(&self, request: pb::ListSampleItemsRequest) -> Vec<pb::SampleItem> {
        self.officer().list_sample_items(request).await.unwrap().into_inner().sample_items
    }

    async fn items_of(&self, sample: &pb::Sample) -> Vec<pb::SampleItem> {
        self.items(pb::ListSampleItemsRequest { sample: sample.name.clone(), ..Default::default() }).await
    }

    /// Somebody else of the bureau.
    fn second(&self) -> Client {
        self.as_who(&Who::new("second@bureau", None, &[Role::Bureau]))
    }

    async fn find(&self, item: &pb::SampleItem, amount: i64) -> Result<pb::SampleItem, tonic::Status> {
        let request = pb::RecordFindingRequest {
            name: item.name.clone(),
            outcome: pb::FindingOutcome::NotOk.into(),
            amount: fen(amount),
            ground: "not-employed".into(),
        };
        Ok(self.bureau().record_finding(request).await?.into_inner())
    }
}

fn september(seed: &str, size: i32) -> pb::Sample {
    pb::Sample {
        seed: seed.into(),
        scheme: "schemes/hiring-subsidy".into(),
        first_period: "periods/2026-08".into(),
        last_period: "periods/2026-09".into(),
        size,
        ..Default::default()
    }
}

async fn confirm(mut client: Client, item: &pb::SampleItem, amount: i64) -> Result<pb::SampleItem, tonic::Status> {
    let request = pb::ConfirmFindingRequest { name: item.name.clone(), amount: fen(amount) };
    Ok(client.confirm_finding(request).await?.into_inner())
}

#[test]
fn a_draw_is_what_sha256sum_and_sort_make_of_the_seed_and_the_claims() {
    let claims = [1, 2, 3].map(|n| ClaimId::from_uuid(Uuid::from_u128(n)));
    let hits = draw("seed", claims, 2);
    // printf '%s\n%s' seed claims/00000000-0000-0000-0000-000000000001 | sha256sum, and so on; then sort.
    let expected = [
        ("3773d83eb7bdd11704439eb0dd144ce9f4d652061e5633115184fcf6aca63a23", "claims/00000000-0000-0000-0000-000000000002"),
        ("444c492bb1e3cdc4cfdc4f846e95682f68b57e7067c8f909be9e0f49e72978b2", "claims/00000000-0000-0000-0000-000000000003"),
    ];
    let hits: Vec<(String, String)> = hits.into_iter().map(|hit| (hit.draw, hit.claim.to_string())).collect();
    assert_eq!(hits, expected.map(|(draw, claim)| (draw.to_owned(), claim.to_owned())));
}

proptest! {
    #[test]
    fn a_draw_depends_on_the_set_of_claims_alone_and_a_larger_one_only_adds(
        claims in prop::collection::btree_set(any::<u128>(), 0..40),
        seed in "[a-z]{1,8}",
        sizes in (0usize..45, 0usize..45),
    ) {
        let ids: Vec<ClaimId> = claims.into_iter().map(|n| ClaimId::from_uuid(Uuid::from_u128(n))).collect();
        let (small, large) = (sizes.0.min(sizes.1), sizes.0.max(sizes.1));
        let drawn = draw(&seed, ids.clone(), small);
        prop_assert_eq!(drawn.len(), small.min(ids.len()));
        prop_assert_eq!(&drawn, &draw(&seed, ids.iter().rev().copied(), small));
        prop_assert_eq!(&drawn[..], &draw(&seed, ids, large)[..drawn.len()]);
        prop_assert!(drawn.is_sorted());
    }
}

#[tokio::test]
async fn the_same_seed_draws_the_same_claims_whatever_became_of_them_since() {
    for town in Town::both().await {
        let names = town.paid(6).await;
        let first = town.draw(SEED, 3).await.unwrap();
        assert_eq!((first.size, first.population), (3, 6));
        let hits = town.items_of(&first).await;
        let ids = names.iter().map(|name| ClaimId::parse("name", name).unwrap());
        let expected: Vec<(String, String)> =
            draw(SEED, ids, 3).into_iter().map(|hit| (hit.claim.to_string(), hit.draw)).collect();
        let listed: BTreeSet<(String, String)> = hits.iter().map(|item| (item.claim.clone(), item.draw.clone())).collect();
        assert_eq!(listed, expected.iter().cloned().collect(), "{}", town.sandbox.test.engine);
        // One of them is clawed back, and is still drawn.
        town.left(1, 3, day(2026, 8, 1)).await;
        let again = town.draw(SEED, 3).await.unwrap();
        let claims = |items: Vec<pb::SampleItem>| {
            let mut placed: Vec<(i32, String)> = items.into_iter().map(|item| (item.place, item.claim)).collect();
            placed.sort();
            placed
        };
        assert_eq!(claims(town.items_of(&again).await), claims(hits));
        assert_eq!(town.draw(SEED, 1000).await.unwrap().size, 6, "as many as there are");
        let other = pb::Sample { scheme: "schemes/mentor-allowance".into(), ..september(SEED, 3) };
        assert_eq!(reason(&town.draw_of(other).await.unwrap_err()), "SAMPLE_EMPTY");

        let list = pb::ListSamplesRequest { scheme: "schemes/hiring-subsidy".into(), page_size: 2, ..Default::default() };
        let page = town.officer().list_samples(list.clone()).await.unwrap().into_inner();
        assert_eq!((page.samples.len(), &page.samples[0]), (2, &first));
        let rest = pb::ListSamplesRequest { page_token: page.next_page_token, ..list };
        assert_eq!(town.officer().list_samples(rest).await.unwrap().into_inner().samples.len(), 1);
        let read = town.officer().get_sample(pb::GetSampleRequest { name: first.name.clone() }).await.unwrap().into_inner();
        assert_eq!(read, first);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused() {
    for town in Town::both().await {
        town.paid(1).await;
        let open = pb::Sample { last_period: "periods/2026-10".into(), ..september(SEED, 1) };
        let reversed =
            pb::Sample { first_period: "periods/2026-09".into(), last_period: "periods/2026-08".into(), ..september(SEED, 1) };
        for (sample, expected) in [
            (open, "PERIOD_NOT_OVER"),
            (reversed, "PERIODS_REVERSED"),
            (pb::Sample { scheme: String::new(), ..september(SEED, 1) }, "REQUIRED"),
            (september(SEED, 0), "OUT_OF_RANGE"),
            (september(SEED, 1001), "OUT_OF_RANGE"),
            (september("", 1), "REQUIRED"),
        ] {
            let refused = town.draw_of(sample.clone()).await.unwrap_err();
            assert_eq!(reason(&refused), expected, "{sample:?} on {}", town.sandbox.test.engine);
        }
        let request = pb::CreateSampleRequest { sample: Some(september(SEED, 1)) };
        assert_eq!(town.clerk().create_sample(request).await.unwrap_err().code(), Code::PermissionDenied);
        let name = SampleId::unset().to_string();
        assert_eq!(town.officer().get_sample(pb::GetSampleRequest { name }).await.unwrap_err().code(), Code::NotFound);
        let name = SampleItemId::unset().to_string();
        let missing = town.officer().get_sample_item(pb::GetSampleItemRequest { name }).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_finding_takes_money_back_only_once_a_second_person_stands_by_it() {
    for town in Town::both().await {
        town.paid(2).await;
        let sample = town.draw(SEED, 2).await.unwrap();
        let items = town.items_of(&sample).await;
        let (item, other) = (&items[0], &items[1]);
        let engine = town.sandbox.test.engine;
        assert_eq!(reason(&confirm(town.second(), item, 50_000).await.unwrap_err()), "FINDING_MISSING", "{engine}");
        assert_eq!(reason(&town.find(item, 150_001).await.unwrap_err()), "FINDING_TOO_MUCH", "{engine}");
        town.find(item, 60_000).await.unwrap();
        let found = town.find(item, 50_000).await.unwrap();
        assert_eq!(
            (found.outcome(), found.amount, found.ground.as_str()),
            (pb::FindingOutcome::NotOk, fen(50_000), "not-employed")
        );
        assert_eq!(town.claim(&item.claim).await.clawed_back, fen(0), "nothing is taken back yet");
        assert_eq!(reason(&confirm(town.bureau(), item, 50_000).await.unwrap_err()), "FOUR_EYES", "{engine}");
        assert_eq!(reason(&confirm(town.second(), item, 60_000).await.unwrap_err()), "FINDING_DIFFERS", "{engine}");
        town.verify().await;

        let confirmed = confirm(town.second(), item, 50_000).await.unwrap();
        assert_eq!(confirmed.confirmed_by, "second@bureau");
        let read = town.officer().get_sample_item(pb::GetSampleItemRequest { name: item.name.clone() }).await.unwrap();
        assert_eq!(read.into_inner(), confirmed);
        assert_eq!(reason(&confirm(town.second(), item, 50_000).await.unwrap_err()), "FINDING_CONFIRMED", "{engine}");
        assert_eq!(reason(&town.find(item, 1).await.unwrap_err()), "FINDING_CONFIRMED", "{engine}");
        let claim = town.claim(&item.claim).await;
        assert_eq!((claim.state(), claim.clawed_back), (pb::ClaimState::Paid, fen(50_000)));
        assert!(claim.reason.contains("not-employed") && claim.reason.contains("抽查"), "{}", claim.reason);

        // Nothing accrues anew for what was denied, whatever the facts say; and they may take the rest.
        let everyone = pb::RunAccrualRequest { everyone: true, ..Default::default() };
        town.bureau().run_accrual(everyone).await.unwrap();
        assert_eq!(town.claims().await.len(), 2);
        for n in 1..=2 {
            town.left(n, 3, day(2026, 8, 1)).await;
        }
        assert_eq!(town.claim(&item.claim).await.clawed_back, fen(150_000));
        let request = pb::ListReceivablesRequest { claim: item.claim.clone(), ..Default::default() };
        let owed = town.officer().list_receivables(request).await.unwrap().into_inner().receivables;
        let owed: Vec<_> = owed.into_iter().map(|one| one.amount).collect();
        assert_eq!(owed, [fen(50_000), fen(100_000)]);
        // Found too late: nothing is left to take back.
        assert_eq!(reason(&town.find(other, 1).await.unwrap_err()), "FINDING_TOO_MUCH", "{engine}");
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_as_it_should_be_or_costs_nothing_takes_nothing_back() {
    for town in Town::both().await {
        town.paid(2).await;
        let sample = town.draw(SEED, 2).await.unwrap();
        let items = town.items_of(&sample).await;
        let ok = pb::RecordFindingRequest {
            name: items[0].name.clone(),
            outcome: pb::FindingOutcome::Ok.into(),
            ..Default::default()
        };
        let with_fault = pb::RecordFindingRequest { amount: fen(1), ..ok.clone() };
        assert_eq!(reason(&town.bureau().record_finding(with_fault).await.unwrap_err()), "OK_WITH_FAULT");
        let no_code =
            pb::RecordFindingRequest { outcome: pb::FindingOutcome::NotOk.into(), ground: "Not A Code".into(), ..ok.clone() };
        assert_eq!(reason(&town.bureau().record_finding(no_code).await.unwrap_err()), "GROUND_CODE");
        assert_eq!(town.clerk().record_finding(ok.clone()).await.unwrap_err().code(), Code::PermissionDenied);
        town.bureau().record_finding(ok).await.unwrap();
        confirm(town.second(), &items[0], 0).await.unwrap();
        town.find(&items[1], 0).await.unwrap();
        confirm(town.officer(), &items[1], 0).await.unwrap();
        assert!(town.claims().await.iter().all(|claim| claim.clawed_back == fen(0)));
        let faults = pb::ListSampleItemsRequest { outcome: pb::FindingOutcome::NotOk.into(), ..Default::default() };
        assert_eq!(town.items(faults).await.iter().map(|item| &item.name).collect::<Vec<_>>(), [&items[1].name]);
        let of_claim = pb::ListSampleItemsRequest { claim: items[0].claim.clone(), ..Default::default() };
        assert_eq!(town.items(of_claim).await.len(), 1);
        town.verify().await;
    }
}

#[tokio::test]
async fn while_the_month_is_closed_a_finding_is_confirmed_only_where_it_moves_no_money() {
    for town in Town::both().await {
        town.paid(3).await;
        let sample = town.draw(SEED, 3).await.unwrap();
        let items = town.items_of(&sample).await;
        let engine = town.sandbox.test.engine;
        town.find(&items[0], 60_000).await.unwrap();
        town.find(&items[1], 0).await.unwrap();
        for period in ["periods/2026-09", "periods/2026-10"] {
            let request = pb::ClosePeriodRequest { name: period.into(), before_its_end: true };
            town.officer().close_period(request).await.unwrap();
        }
        let refused = confirm(town.second(), &items[0], 60_000).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "PERIOD_CLOSED".into()), "{engine}");
        assert!(refused.message().contains("2026-11-01"), "{}", refused.message());
        confirm(town.second(), &items[1], 0).await.unwrap();
        // What costs nothing yet goes on: another is found, and the first anew.
        town.find(&items[2], 150_000).await.unwrap();
        town.find(&items[0], 50_000).await.unwrap();
        let read = town.officer().get_sample_item(pb::GetSampleItemRequest { name: items[0].name.clone() }).await.unwrap();
        assert_eq!(read.into_inner().confirmed_by, "", "nothing of what was refused stays");
        assert!(town.claims().await.iter().all(|claim| claim.clawed_back == fen(0)));
        // Facts that take all of it wait as well.
        for n in 1..=3 {
            town.left(n, 3, day(2026, 8, 1)).await;
        }
        town.verify().await;

        // Which comes first once the month begins makes no difference: a claim is taken back once.
        town.sandbox.clock.advance(TimeDelta::days(27));
        confirm(town.second(), &items[0], 50_000).await.unwrap();
        town.bureau().run_accrual(pb::RunAccrualRequest { page_size: 1000, ..Default::default() }).await.unwrap();
        assert_eq!(reason(&confirm(town.second(), &items[2], 150_000).await.unwrap_err()), "FINDING_TOO_MUCH", "{engine}");
        let claims = town.claims().await;
        assert!(claims.iter().all(|claim| claim.state() == pb::ClaimState::ClawedBack && claim.clawed_back == fen(150_000)));
        let owed = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner().receivables;
        let mut owed: Vec<i64> = owed.into_iter().map(|one| one.amount.unwrap().fen).collect();
        owed.sort_unstable();
        assert_eq!(owed, [50_000, 100_000, 150_000, 150_000], "{engine}");
        town.verify().await;
    }
}
