//! Money that comes back: clawed back in parts, set against later payments, paid back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use kit::id::Id;
use proptest::prelude::*;
use proto::rotation::v1 as rotation;
use proto::subsidy::v1 as pb;
use subsidy::domain::{ClaimId, FundId, Line, LineState, OrganisationId, Receivable, ReceivableId, net};
use tonic::Code;
use town::{ENTERPRISE, SCHOOL, Town, day, fen, reason};
use uuid::Uuid;

const WHOLE: i64 = 150_000;

impl Town {
    /// It turns out that fewer days were served.
    async fn ended_early(&self, n: u32, version: i64, credited_days: i32) {
        let told = rotation::RotationEndedEarly {
            rotation: format!("rotations/00000000-0000-7000-8000-{n:012}"),
            person: town::person(n),
            home_organisation: SCHOOL.into(),
            host_organisation: ENTERPRISE.into(),
            start_date: day(2026, 8, 1),
            share_percent: 100,
            credited_days,
            ..Default::default()
        };
        let name = told.rotation.clone();
        self.sandbox.arrive(&name, version, &told).await;
    }

    /// A claim of the enterprise that was paid and clawed back whole.
    async fn owing(&self, n: u32) -> pb::Receivable {
        self.hired_graduate(n).await;
        let name = self.accrued().await;
        self.pay(&name).await;
        self.left(n, 3, day(2026, 8, 1)).await;
        self.owed().await.pop().unwrap()
    }

    async fn hired_graduate(&self, n: u32) {
        self.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        self.graduate_hired(n).await;
    }

    async fn accrued(&self) -> String {
        self.claims().await.into_iter().find(|claim| claim.state() == pb::ClaimState::Accrued).unwrap().name
    }

    /// A further claim, approved.
    async fn approved(&self, n: u32) -> String {
        self.hired_graduate(n).await;
        let name = self.accrued().await;
        self.approve(&name).await.name
    }

    async fn owed(&self) -> Vec<pb::Receivable> {
        self.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner().receivables
    }

    async fn recover(&self, receivable: &str, amount: i64, reference: &str) -> Result<pb::Receivable, tonic::Status> {
        let request =
            pb::RecordRecoveryRequest { name: receivable.into(), amount: fen(amount), bank_reference: reference.into() };
        Ok(self.officer().record_recovery(request).await?.into_inner())
    }

    async fn csv(&self, batch: &str) -> Result<String, tonic::Status> {
        let format = pb::PaymentFileFormat::Csv.into();
        let request = pb::ExportPaymentBatchRequest { name: batch.into(), format };
        Ok(String::from_utf8(self.officer().export_payment_batch(request).await?.into_inner().content).unwrap())
    }

    async fn entries(&self, claim: &str, kind: &str) -> Vec<(String, pb::EntrySide, i64)> {
        let request = pb::ListLedgerEntriesRequest { claim: claim.into(), page_size: 1000, ..Default::default() };
        let entries = self.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        let of_kind = entries.into_iter().filter(|entry| entry.kind == kind);
        let account = |account: &str| account.split('/').nth(2).unwrap().to_owned();
        let mut entries: Vec<_> =
            of_kind.map(|entry| (account(&entry.account), entry.side(), entry.amount.unwrap().fen)).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    }
}

fn standing(receivable: &pb::Receivable) -> (pb::ReceivableState, [i64; 3]) {
    let amounts = [receivable.outstanding, receivable.netted, receivable.recovered].map(|amount| amount.unwrap().fen);
    (receivable.state(), amounts)
}

#[tokio::test]
async fn what_facts_take_away_after_payment_is_owed_piece_by_piece_until_nothing_is_left_of_the_claim() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        town.teacher(5).await;
        town.rotation_completed(5, 100, 20).await;
        let name = town.only_claim().await.name;
        town.bureau()
            .batch_submit_claims(pb::BatchSubmitClaimsRequest { names: vec![name.clone()], ..Default::default() })
            .await
            .unwrap();
        let check = pb::BatchCheckClaimsRequest { names: vec![name.clone()] };
        let checked = town.bureau().batch_check_claims(check).await.unwrap().into_inner().claims.remove(0);
        let request = pb::ApproveClaimRequest { name: name.clone(), content_hash: checked.content_hash };
        town.officer().approve_claim(request).await.unwrap();
        let batch = town.batch(&fund).await.unwrap();
        town.settle_batch(&batch.name, &[(&name, true, "B-1")]).await.unwrap();

        let claim = async || {
            let read = town.officer().get_claim(pb::GetClaimRequest { name: name.clone() }).await.unwrap().into_inner();
            (read.state(), read.clawed_back.unwrap().fen)
        };
        for (version, days, expected) in [
            (2, 12, (pb::ClaimState::Paid, 40_000)),
            (3, 11, (pb::ClaimState::Paid, 45_000)),
            (4, 0, (pb::ClaimState::ClawedBack, 100_000)),
        ] {
            town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
            town.ended_early(5, version, days).await;
            assert_eq!(claim().await, expected, "{}", town.sandbox.test.engine);
            town.verify().await;
        }
        let owed: Vec<i64> = town.owed().await.iter().map(|one| one.outstanding.unwrap().fen).collect();
        assert_eq!(owed, [40_000, 5_000, 55_000]);
        assert!(town.claims().await.iter().all(|claim| claim.name == name), "nothing accrued anew");
    }
}

#[tokio::test]
async fn a_line_that_is_owed_whole_is_settled_at_once_and_the_bank_is_told_nothing() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let owed = town.owing(1).await;
        let name = town.approved(2).await;
        let batch = town.batch(&fund).await.unwrap();
        assert_eq!((batch.state(), batch.total, batch.netted), (pb::PaymentBatchState::Settled, fen(WHOLE), fen(WHOLE)));
        assert_eq!(batch.lines[0].state(), pb::LineState::Paid);
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::Paid);
        assert_eq!(standing(&town.owed().await[0]), (pb::ReceivableState::Netted, [0, WHOLE, 0]));
        assert_eq!(reason(&town.csv(&batch.name).await.unwrap_err()), "NOTHING_TO_SEND");
        let budget = town.budget(&fund).await;
        assert_eq!((budget.paid, budget.available), (fen(WHOLE), fen(850_000)), "paid once, though two were granted");

        let (debit, credit) = (pb::EntrySide::Debit, pb::EntrySide::Credit);
        let moved = |account: &str, side| (account.to_owned(), side, WHOLE);
        let netted = [moved("available", debit), moved("paid", credit), moved("payee", debit), moved("receivable", credit)];
        assert_eq!(town.entries(&name, "netting").await, netted);
        assert_eq!(town.entries(&name, "payment").await, [moved("committed", credit), moved("paid", debit)]);
        let request = pb::ListLedgerEntriesRequest { claim: name.clone(), ..Default::default() };
        let entries = town.officer().list_ledger_entries(request).await.unwrap().into_inner().ledger_entries;
        assert!(entries.iter().filter(|entry| entry.kind == "netting").all(|entry| entry.rule == owed.name));
        town.verify().await;

        // What was paid by netting is clawed back as any other payment.
        town.left(2, 3, day(2026, 8, 1)).await;
        assert_eq!(town.claim(&name).await.state(), pb::ClaimState::ClawedBack);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_oldest_debt_is_netted_first_and_the_bank_is_told_the_rest() {
    for town in Town::both().await {
        let fund = town.fund(2_000_000).await;
        let (first, second) = (town.owing(1).await, town.owing(2).await);
        // The second payment was netted whole with the first debt, and then clawed back itself.
        assert_eq!(standing(&town.owed().await[0]), (pb::ReceivableState::Netted, [0, WHOLE, 0]));
        town.recover(&second.name, 100_000, "R-1").await.unwrap();
        let name = town.approved(3).await;
        let batch = town.batch(&fund).await.unwrap();
        assert_eq!((batch.state(), batch.netted), (pb::PaymentBatchState::Open, fen(50_000)));
        assert_eq!((batch.lines[0].amount, batch.lines[0].netted), (fen(WHOLE), fen(50_000)));
        let file = town.csv(&batch.name).await.unwrap();
        assert!(file.contains("1000.00") && !file.contains("1500.00"), "{file}");
        // While the bank has it, the debt is spoken for, and nothing is posted.
        assert_eq!(standing(&town.owed().await[1]), (pb::ReceivableState::Netted, [0, 50_000, 100_000]));
        assert!(town.entries(&name, "netting").await.is_empty());
        assert_eq!(reason(&town.recover(&second.name, 1, "R-2").await.unwrap_err()), "RECOVERY_TOO_MUCH");
        town.verify().await;

        // The bank does not pay: it is owed again, and netted again with the next attempt.
        town.settle_batch(&batch.name, &[(&name, false, "B-1")]).await.unwrap();
        assert_eq!(standing(&town.owed().await[1]), (pb::ReceivableState::Open, [50_000, 0, 100_000]));
        town.verify().await;
        let again = town.batch(&fund).await.unwrap();
        town.settle_batch(&again.name, &[(&name, true, "B-2")]).await.unwrap();
        assert_eq!(standing(&town.owed().await[1]), (pb::ReceivableState::Netted, [0, 50_000, 100_000]));
        let bank: Vec<_> = town.entries(&name, "payment").await.into_iter().filter(|entry| entry.0 == "bank").collect();
        assert_eq!(bank, [("bank".to_owned(), pb::EntrySide::Credit, 100_000)]);
        assert_eq!(town.budget(&fund).await.paid, fen(WHOLE), "what nobody owes back");
        assert_ne!(first.name, second.name);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_claim_that_loses_its_ground_at_the_bank_gives_the_debt_back_when_the_bank_fails() {
    for bank_pays in [true, false] {
        for town in Town::both().await {
            let fund = town.fund(2_000_000).await;
            let owed = town.owing(1).await;
            town.recover(&owed.name, 1, "R-1").await.unwrap();
            let name = town.approved(2).await;
            let batch = town.batch(&fund).await.unwrap();
            town.left(2, 3, day(2026, 8, 1)).await;
            town.settle_batch(&batch.name, &[(&name, bank_pays, "B-1")]).await.unwrap();
            let (state, standings) = if bank_pays {
                let clawed_back = (pb::ReceivableState::Open, [WHOLE, 0, 0]);
                (pb::ClaimState::ClawedBack, vec![(pb::ReceivableState::Netted, [0, WHOLE - 1, 1]), clawed_back])
            } else {
                (pb::ClaimState::Voided, vec![(pb::ReceivableState::Open, [WHOLE - 1, 0, 1])])
            };
            assert_eq!(town.claim(&name).await.state(), state);
            assert_eq!(town.owed().await.iter().map(standing).collect::<Vec<_>>(), standings);
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn what_is_paid_back_is_owed_no_more_and_may_be_spent_again() {
    for town in Town::both().await {
        let fund = town.fund(1_000_000).await;
        let owed = town.owing(1).await;
        let part = town.recover(&owed.name, 60_000, "R-1").await.unwrap();
        assert_eq!(standing(&part), (pb::ReceivableState::Open, [90_000, 0, 60_000]));
        assert_eq!(town.recover(&owed.name, 60_000, "R-1").await.unwrap(), part, "recorded before");
        let refused = town.recover(&owed.name, 60_001, "R-1").await.unwrap_err();
        assert_eq!(reason(&refused), "RECOVERY_REFERENCE_REUSED", "{}", town.sandbox.test.engine);
        let refused = town.recover(&owed.name, 90_001, "R-2").await.unwrap_err();
        assert_eq!(reason(&refused), "RECOVERY_TOO_MUCH", "{}", town.sandbox.test.engine);
        let budget = town.budget(&fund).await;
        assert_eq!((budget.paid, budget.available), (fen(90_000), fen(910_000)));

        let request = pb::ListReceivableAgesRequest::default();
        let ages = town.officer().list_receivable_ages(request).await.unwrap().into_inner().receivable_ages;
        assert_eq!(ages[0].outstanding, fen(90_000));
        let rest = town.recover(&owed.name, 90_000, "R-2").await.unwrap();
        assert_eq!(standing(&rest), (pb::ReceivableState::Recovered, [0, 0, WHOLE]));
        assert_eq!(town.budget(&fund).await.available, fen(1_000_000));
        let of_state = |state: pb::ReceivableState| pb::ListReceivablesRequest { state: state.into(), ..Default::default() };
        for (state, count) in [(pb::ReceivableState::Recovered, 1), (pb::ReceivableState::Open, 0)] {
            let rows = town.clerk().list_receivables(of_state(state)).await.unwrap().into_inner().receivables;
            assert_eq!(rows.len(), count);
        }
        let budgets = town.officer().list_budget_execution(pb::ListBudgetExecutionRequest::default()).await.unwrap();
        let paid: i64 = budgets.into_inner().budget_execution.iter().map(|row| row.paid.unwrap().fen).sum();
        assert_eq!(paid, 0, "the report agrees");

        let request = pb::RecordRecoveryRequest { name: owed.name, amount: fen(1), bank_reference: "R-3".into() };
        assert_eq!(town.clerk().record_recovery(request.clone()).await.unwrap_err().code(), Code::PermissionDenied);
        let none = pb::RecordRecoveryRequest { name: ReceivableId::from_uuid(Uuid::from_u128(9)).to_string(), ..request };
        assert_eq!(town.officer().record_recovery(none).await.unwrap_err().code(), Code::NotFound);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_was_paid_back_of_a_debt_is_listed_in_its_order_to_the_debtor_and_the_bureau_alone() {
    for town in Town::both().await {
        town.fund(1_000_000).await;
        let owed = town.owing(1).await;
        // The bank's references say nothing of the order.
        for (amount, reference) in [(10_000, "R-9"), (20_000, "R-1"), (5, "R-4")] {
            town.recover(&owed.name, amount, reference).await.unwrap();
            town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        }
        let other = town.owing(2).await;
        town.recover(&other.name, 1, "R-5").await.unwrap();
        let mut request = pb::ListRecoveriesRequest { parent: owed.name.clone(), page_size: 2, ..Default::default() };
        let first = town.clerk().list_recoveries(request.clone()).await.unwrap().into_inner();
        request.page_token = first.next_page_token.clone();
        let rest = town.clerk().list_recoveries(request.clone()).await.unwrap().into_inner();
        let shown = |one: &pb::Recovery| (one.bank_reference.clone(), one.amount, one.receivable == owed.name);
        let all: Vec<_> = first.recoveries.iter().chain(&rest.recoveries).map(shown).collect();
        assert_eq!(all, [("R-9".into(), fen(10_000), true), ("R-1".into(), fen(20_000), true), ("R-4".into(), fen(5), true)]);
        assert_eq!((first.recoveries.len(), rest.next_page_token.as_str()), (2, ""));
        assert_eq!(first.recoveries[0].recorded_by, "officer@finance");
        assert_eq!(town.bureau().list_recoveries(request.clone()).await.unwrap().into_inner(), rest);
        let school = town.as_who(&testkit::Who::new("dean@school", Some(SCHOOL), &[kit::auth::Role::School]));
        assert_eq!(school.clone().list_recoveries(request.clone()).await.unwrap_err().code(), Code::NotFound);
        let none = pb::ListRecoveriesRequest { parent: ReceivableId::unset().to_string(), ..request };
        assert_eq!(town.officer().list_recoveries(none).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_debt_comes_back_once_however_many_record_it_and_net_it_at_the_same_time() {
    for town in Town::both().await {
        let fund = town.fund(2_000_000).await;
        let owed = town.owing(1).await;
        town.approved(2).await;
        let recover = |n: i64| {
            let (mut officer, name) = (town.officer(), owed.name.clone());
            let request = pb::RecordRecoveryRequest { name, amount: fen(60_000), bank_reference: format!("R-{}", n % 4) };
            tokio::spawn(async move { officer.record_recovery(request).await.map(|_| ()) })
        };
        let tries: Vec<_> = (0..8).map(recover).collect();
        let batch = town.batch(&fund).await.unwrap();
        for answer in tries {
            if let Err(status) = answer.await.unwrap() {
                assert_eq!(reason(&status), "RECOVERY_TOO_MUCH", "{status:?}");
            }
        }
        let (_, [outstanding, netted, recovered]) = standing(&town.owed().await[0]);
        assert_eq!(outstanding + netted + recovered, WHOLE);
        assert_eq!(batch.netted, fen(netted));
        assert!(recovered % 60_000 == 0 && netted > 0, "{netted} netted, {recovered} paid back");
        town.verify().await;
    }
}

fn organisation(n: u8) -> OrganisationId {
    OrganisationId::from_uuid(Uuid::from_u128(u128::from(n)))
}

proptest! {
    #[test]
    fn netting_is_exact_to_the_fen_and_takes_the_oldest_first(
        lines in prop::collection::vec((0u8..3, 1i64..1000), 0..12),
        debts in prop::collection::vec((0u8..3, 1i64..1000), 0..12),
    ) {
        let lines: Vec<Line> = (1u128..).zip(lines).map(|(n, (beneficiary, amount))| Line {
            claim: ClaimId::from_uuid(Uuid::from_u128(n)),
            beneficiary: organisation(beneficiary),
            amount: kit::Money::fen(amount),
            netted: kit::Money::ZERO,
            state: LineState::Pending,
            bank_reference: None,
            failure_reason: None,
            attempt: 1,
            account: None,
        }).collect();
        let owed: Vec<Receivable> = (1u128..).zip(debts).map(|(n, (debtor, amount))| {
            let fund = FundId::from_uuid(Uuid::from_u128(1));
            let claim = ClaimId::from_uuid(Uuid::from_u128(100 + n));
            Receivable::open(ReceivableId::from_uuid(Uuid::from_u128(n)), (fund, organisation(debtor)), claim, kit::Money::fen(amount))
        }).collect();
        let nettings = net(&lines, &owed);
        prop_assert!(nettings.iter().all(|one| one.amount.as_fen() > 0));
        for party in (0..3).map(organisation) {
            let asked: Vec<(ClaimId, i64)> =
                lines.iter().filter(|line| line.beneficiary == party).map(|line| (line.claim, line.amount.as_fen())).collect();
            let debts: Vec<(ReceivableId, i64)> =
                owed.iter().filter(|one| one.debtor == party).map(|one| (one.id, one.outstanding.as_fen())).collect();
            let total = asked.iter().map(|one| one.1).sum::<i64>().min(debts.iter().map(|one| one.1).sum());
            // Whoever comes first has as much as there is.
            let (mut of_lines, mut of_debts) = (total, total);
            for (claim, amount) in asked {
                let netted: i64 = nettings.iter().filter(|one| one.claim == claim).map(|one| one.amount.as_fen()).sum();
                prop_assert_eq!(netted, amount.min(of_lines));
                of_lines -= netted;
            }
            for (receivable, amount) in debts {
                let netted: i64 =
                    nettings.iter().filter(|one| one.receivable == receivable).map(|one| one.amount.as_fen()).sum();
                prop_assert_eq!(netted, amount.min(of_debts));
                of_debts -= netted;
            }
        }
    }
}
