//! The ledger as its readers see it and as its tables hold it, on both engines: accounts, pending transfers, reversals
//! in parts, and the log with its proofs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod town;

use desk::{Desk, fund, fund_id};
use kit::db::{args, statements};
use kit::{Code as KitCode, Money};
use proto::subsidy::v1 as pb;
use std::collections::BTreeSet;
use subsidy::domain::log::{Hash, is_consistent, is_included};
use subsidy::domain::{Posting, PostingKind};
use tonic::Code;
use town::{ENTERPRISE, Town, day, fen, reason};

statements! {
    BALANCES = "SELECT kind, party, scheme_code, stage, debits, credits FROM v_account_balance ORDER BY kind, party, scheme_code, stage";
    RESOLVED = "SELECT CAST(count(*) AS BIGINT) FROM subsidy_ledger_transaction WHERE resolves IS NOT NULL";
    REVERSED = "SELECT reversed FROM subsidy_ledger_reversal";
    TILES = "SELECT CAST(count(*) AS BIGINT) FROM subsidy_ledger_tile";
}

async fn entries(town: &Town, claim: &str) -> Vec<pb::LedgerEntry> {
    let request = pb::ListLedgerEntriesRequest { claim: claim.into(), page_size: 1000, ..Default::default() };
    town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries
}

fn hash(text: &str) -> Hash {
    Hash::parse(text).unwrap()
}

#[tokio::test]
async fn money_is_accounted_for_by_fund_scheme_stage_and_party() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        let hiring = town.only_claim().await.name;
        town.pay(&hiring).await;
        town.guided(6, 1, day(2026, 9, 3), 45).await;
        let guiding = town.claims().await.into_iter().find(|claim| claim.name != hiring).unwrap().name;
        town.approve(&guiding).await;
        let mut tx = Desk::of(&town.sandbox).tx().await;
        let rows: Vec<(String, String, String, i64, i64, i64)> = tx.fetch_all(BALANCES, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        let row = |kind: &str, party: &str, scheme: &str, debits: i64, credits: i64| {
            let stage = i64::from(!scheme.is_empty());
            (kind.to_owned(), party.to_owned(), scheme.to_owned(), stage, debits, credits)
        };
        let expected = [
            row("appropriation", "", "", 0, 1_000_000),
            row("available", "", "", 1_000_000, 170_000),
            row("bank", "", "", 0, 150_000),
            row("committed", "", "hiring-subsidy", 150_000, 150_000),
            row("committed", "", "mentor-allowance", 20_000, 0),
            row("paid", "", "hiring-subsidy", 150_000, 0),
            row("payee", ENTERPRISE, "hiring-subsidy", 150_000, 0),
        ];
        assert_eq!(rows, expected, "{}", town.sandbox.test.engine);

        let of = async |scheme: &str, period: &str| {
            let request = pb::ListLedgerEntriesRequest { scheme: scheme.into(), period: period.into(), ..Default::default() };
            town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries.len()
        };
        assert_eq!((of("schemes/hiring-subsidy", "").await, of("schemes/mentor-allowance", "periods/2026-09").await), (4, 1));
        assert_eq!((of("", "periods/2026-09").await, of("", "periods/2026-10").await), (10, 0));
        for period in ["2026-09", "periods/2026-9", "periods/2026-13", "periods/x"] {
            let request = pb::ListLedgerEntriesRequest { period: period.into(), ..Default::default() };
            let refused = town.officer().list_ledger_entries(request).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "PERIOD"), "{period}");
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn a_commitment_is_resolved_by_its_payment_or_its_release_and_each_entry_says_so() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        town.graduate_hired(1).await;
        town.graduate_hired(2).await;
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        town.pay(&names[0]).await;
        town.approve(&names[1]).await;
        for n in 1..=2 {
            town.left(n, 3, day(2026, 8, 1)).await;
        }
        let mut leaves = BTreeSet::new();
        for (name, resolving) in names.iter().zip(["payment", "release"]) {
            let entries = entries(&town, name).await;
            let commitment = &entries.iter().find(|entry| entry.kind == "commitment").unwrap().transaction;
            for entry in &entries {
                let expected = if entry.kind == resolving { commitment } else { "" };
                assert_eq!(entry.resolves, expected, "{}", entry.kind);
                assert_eq!(entry.period, "periods/2026-09");
                leaves.insert(entry.leaf);
            }
            let payment = entries.iter().find(|entry| entry.kind == "payment").map(|entry| entry.transaction.clone());
            let reverses = |entry: &&pb::LedgerEntry| (entry.kind == "clawback") == (Some(&entry.reverses) == payment.as_ref());
            assert!(payment.is_none() || entries.iter().all(|entry| reverses(&entry)));
        }
        // The appropriation has the first two places.
        assert_eq!(leaves, (2..14).collect());
        town.verify().await;
    }
}

#[tokio::test]
async fn a_commitment_that_was_resolved_is_not_resolved_again() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund_id(&town.fund(1_000_000).await);
        let (claim, _) = desk.paid(fund, 100).await;
        // The budget has another commitment of the same amount to give, so it is the ledger that refuses.
        desk.post(&desk.commitments(fund, 1, 100)).await.unwrap();
        let commitment = desk.transaction(claim.id, PostingKind::Commitment).await;
        let before = desk.count(RESOLVED).await;
        for again in
            [Posting::pay(fund, &claim, claim.amount, commitment), Posting::release(fund, &claim, claim.amount, commitment)]
        {
            let mut tx = desk.tx().await;
            let scope = kit::Scope::of_job(&desk.context, "a test");
            assert!(subsidy::app::post(&mut tx, &scope, &[again]).await.is_err(), "{}", town.sandbox.test.engine);
            tx.rollback().await.unwrap();
        }
        assert_eq!((before, desk.count(RESOLVED).await), (1, 1));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_payment_is_taken_back_in_parts_that_never_come_to_more_than_it_was() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund_id(&town.fund(1_000_000).await);
        let (claim, payment) = desk.paid(fund, 100).await;
        let take_back = |fen: i64| Posting::claw_back(fund, &claim, Money::fen(fen), payment);
        assert_eq!(desk.one(take_back(101)).await.unwrap_err().code(), KitCode::Internal);
        desk.one(take_back(60)).await.unwrap();
        assert!(desk.one(take_back(41)).await.is_err());
        assert!(desk.post(&[take_back(20), take_back(21)]).await.is_err(), "nor together");
        desk.post(&[take_back(15), take_back(25)]).await.unwrap();
        assert!(desk.one(take_back(1)).await.is_err());
        assert_eq!(desk.count(REVERSED).await, 100);
        let commitment = desk.transaction(claim.id, PostingKind::Commitment).await;
        let of_none = Posting::claw_back(fund, &claim, Money::fen(1), commitment);
        assert!(desk.one(of_none).await.is_err(), "a commitment is no payment");
        town.verify().await;
    }
}

#[tokio::test]
async fn what_several_budgets_under_one_cap_spend_never_exceeds_it() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let city = fund(&town, "city", "", 300_000).await;
        let talent = fund(&town, "talent", &city.to_string(), 300_000).await;
        let roads = fund(&town, "roads", &city.to_string(), 250_000).await;
        let read = town.bureau().get_fund(pb::GetFundRequest { name: talent.to_string() }).await.unwrap().into_inner();
        assert_eq!(read.parent, city.to_string());

        town.graduate_hired(1).await;
        let checked = town.checked(&town.only_claim().await.name).await;
        assert_eq!(checked.state(), pb::ClaimState::Checked);
        desk.post(&desk.commitments(roads, 1, 200_000)).await.unwrap();
        let request = pb::ApproveClaimRequest { name: checked.name.clone(), content_hash: checked.content_hash };
        let refused = town.officer().approve_claim(request.clone()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "BUDGET_EXCEEDED"));
        assert!(refused.message().contains(&format!("{city} has 1,000.00 yuan available")), "{}", refused.message());
        assert_eq!(town.budget(&talent.to_string()).await.available, fen(300_000), "nothing is spent of either");

        // The check before approval knows the cap as well.
        town.graduate_hired(2).await;
        let second = town.claims().await.into_iter().find(|claim| claim.name != checked.name).unwrap().name;
        let short = town.checked(&second).await;
        let budget = short.checks.iter().find(|check| check.check == "budget").unwrap();
        assert!(!budget.passed && budget.detail.contains("1,000.00 available"), "{}", budget.detail);

        let more = pb::AppropriateFundRequest { name: city.to_string(), amount: fen(50_000), document: "追加".into() };
        town.officer().appropriate_fund(more).await.unwrap();
        town.officer().approve_claim(request).await.unwrap();
        let (above, own) = (town.budget(&city.to_string()).await, town.budget(&talent.to_string()).await);
        assert_eq!((above.committed, above.available, own.committed), (fen(350_000), fen(0), fen(150_000)));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_fund_is_given_no_more_than_the_fund_above_it_has() {
    for town in Town::both().await {
        let city = fund(&town, "city", "", 1_000).await;
        let talent = fund(&town, "talent", &city.to_string(), 600).await;
        // Together they may: that is what a cap is for.
        fund(&town, "roads", &city.to_string(), 1_000).await;
        let give = |amount| pb::AppropriateFundRequest { name: talent.to_string(), amount: fen(amount), document: "d".into() };
        let refused = town.officer().appropriate_fund(give(401)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "ABOVE_PARENT"));
        assert!(refused.message().contains("10.01") && refused.message().contains("10.00"), "{}", refused.message());
        assert_eq!(town.officer().appropriate_fund(give(400)).await.unwrap().into_inner().appropriated, fen(1_000));

        let orphan =
            |parent: &str| pb::Fund { code: "x".into(), display_name: "x".into(), parent: parent.into(), ..Default::default() };
        let nobody = "funds/00000000-0000-7000-8000-0000000000ff";
        let missing = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(orphan(nobody)) }).await.unwrap_err();
        let malformed = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(orphan("roads")) }).await.unwrap_err();
        assert_eq!((missing.code(), malformed.code()), (Code::NotFound, Code::InvalidArgument));
        town.verify().await;
    }
}

#[tokio::test]
async fn every_entry_is_proved_to_be_in_the_log_and_every_log_to_be_the_beginning_of_the_next() {
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let mut officer = town.officer();
        let empty = officer.get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
        assert_eq!((empty.size, hash(&empty.root)), (0, Hash::empty()));
        let fund = fund_id(&town.fund(1_000_000).await);
        let first = officer.get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
        for count in [3, 150, 1, 120] {
            desk.post(&desk.commitments(fund, count, 7)).await.unwrap();
        }
        let now = officer.get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
        assert_eq!((first.size, now.size, desk.count(TILES).await), (2, 550, 2));
        assert_eq!(subsidy::Checkpoint::parse(&now.text).unwrap().root, hash(&now.root));

        let request = pb::ListLedgerEntriesRequest { page_size: 1000, ..Default::default() };
        let entries = officer.list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        assert_eq!(entries.len(), 550);
        for entry in entries.iter().step_by(37) {
            for size in [0, 550, 512.max(entry.leaf + 1), entry.leaf + 1] {
                let request = pb::GetLedgerEntryProofRequest { name: entry.name.clone(), size };
                let proof = officer.get_ledger_entry_proof(request).await.unwrap().into_inner();
                let hashes: Vec<Hash> = proof.hashes.iter().map(|text| hash(text)).collect();
                let leaf = Hash::leaf(proof.data.as_bytes());
                assert_eq!((proof.leaf, leaf.to_string()), (entry.leaf, proof.leaf_hash));
                assert!(proof.data.contains(&format!("\nfen={}\n", entry.amount.unwrap().fen)));
                let (place, size) = (u64::try_from(proof.leaf).unwrap(), u64::try_from(proof.size).unwrap());
                assert!(is_included(leaf, place, size, &hashes, hash(&proof.root)));
                assert!(proof.size != now.size || proof.root == now.root);
            }
        }
        for old_size in [1, first.size, 255, 256, 257, 549, 550] {
            let request = pb::GetLedgerConsistencyProofRequest { old_size, new_size: 0 };
            let proof = officer.get_ledger_consistency_proof(request).await.unwrap().into_inner();
            let hashes: Vec<Hash> = proof.hashes.iter().map(|text| hash(text)).collect();
            let of = |size: i64, root: &str| (u64::try_from(size).unwrap(), hash(root));
            assert!(old_size != first.size || proof.old_root == first.root);
            assert_eq!(proof.new_root, now.root);
            assert!(is_consistent(of(proof.old_size, &proof.old_root), of(proof.new_size, &proof.new_root), &hashes));
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn a_proof_of_what_the_log_does_not_hold_is_refused() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let mut officer = town.officer();
        let request = pb::ListLedgerEntriesRequest::default();
        let entries = officer.list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        let last = entries.iter().max_by_key(|entry| entry.leaf).unwrap();
        let prove = |name: &str, size: i64| pb::GetLedgerEntryProofRequest { name: name.into(), size };
        let consistent = |old_size, new_size| pb::GetLedgerConsistencyProofRequest { old_size, new_size };
        let beyond = officer.get_ledger_entry_proof(prove(&last.name, 3)).await.unwrap_err();
        let before = officer.get_ledger_entry_proof(prove(&last.name, 1)).await.unwrap_err();
        let longer = officer.get_ledger_consistency_proof(consistent(1, 3)).await.unwrap_err();
        let backwards = officer.get_ledger_consistency_proof(consistent(2, 1)).await.unwrap_err();
        for refused in [beyond, before, longer, backwards] {
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "LOG_SHORTER"), "{refused:?}");
        }
        let nobody = "ledgerEntries/00000000-0000-7000-8000-0000000000ff";
        assert_eq!(officer.get_ledger_entry_proof(prove(nobody, 0)).await.unwrap_err().code(), Code::NotFound);
        for (old, new) in [(0, 0), (-1, 0), (1, -1)] {
            let refused = officer.get_ledger_consistency_proof(consistent(old, new)).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{old} {new}");
        }
        let clerk = town.clerk().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap_err();
        assert_eq!(clerk.code(), Code::PermissionDenied);
    }
}
