//! A ledger from before there were schemes and stages in its accounts, months and a log, brought up to date.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod town;

use desk::Desk;
use kit::db::{Db, Lane, Migrations, Sql, args, migrate, statements};
use proto::subsidy::v1 as pb;
use subsidy::MIGRATIONS;
use testkit::{Sandbox, both_engines};
use tonic::Code;
use town::{Town, fen};

const FIRST: &[Migrations] = &[Migrations { service: "subsidy", all: MIGRATIONS.all.split_at(1).0 }];

statements! {
    FUND = "INSERT INTO subsidy_fund (fund_id, version, code, display_name, batches, created_at) VALUES ('00000000-0000-7000-8000-000000000001', 2, 'talent', '人才专项基金', 0, '2026-08-31T16:30:00+00:00')";
    BUDGET = "INSERT INTO subsidy_budget (fund_id, appropriated, committed, paid) VALUES ('00000000-0000-7000-8000-000000000001', 10000, 100, 500)";
    /// One approved, one paid, one clawed back, one voided after its approval.
    CLAIMS = "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, submitted_by, approved_by, approved_hash, checks, reconsider, created_at, updated_at) VALUES ('00000000-0000-7000-8000-0000000000c1', 0, 'hiring-subsidy', 1, '', 'talent', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000d1', '00000000-0000-7000-8000-00000000000b', 'a', 1, 1, 100, '2026-08-01', '', 'approved', 'h', 'one', 'two', 'h', '[]', FALSE, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000c2', 0, 'hiring-subsidy', 1, '', 'talent', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000d2', '00000000-0000-7000-8000-00000000000b', 'a', 1, 1, 200, '2026-08-01', '', 'paid', 'h', 'one', 'two', 'h', '[]', FALSE, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000c3', 0, 'mentor-allowance', 1, '', 'talent', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000d3', '00000000-0000-7000-8000-00000000000b', 'a', 1, 1, 300, '2026-08-01', '', 'clawed_back', 'h', 'one', 'two', 'h', '[]', FALSE, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000c4', 0, 'mentor-allowance', 1, '', 'talent', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000d4', '00000000-0000-7000-8000-00000000000b', 'a', 1, 1, 400, '2026-08-01', '', 'voided', 'h', 'one', 'two', 'h', '[]', FALSE, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00')";
    ACCOUNTS = "INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, debits, credits) VALUES ('00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-000000000001', 'appropriation', '', 0, 10000), ('00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-000000000001', 'available', '', 10400, 1000), ('00000000-0000-7000-8000-0000000000a3', '00000000-0000-7000-8000-000000000001', 'committed', '', 1000, 900), ('00000000-0000-7000-8000-0000000000a4', '00000000-0000-7000-8000-000000000001', 'paid', '', 500, 0), ('00000000-0000-7000-8000-0000000000a5', '00000000-0000-7000-8000-000000000001', 'bank', '', 0, 500), ('00000000-0000-7000-8000-0000000000a6', '00000000-0000-7000-8000-000000000001', 'payee', 'organisations/00000000-0000-7000-8000-00000000000b', 500, 300), ('00000000-0000-7000-8000-0000000000a7', '00000000-0000-7000-8000-000000000001', 'receivable', 'organisations/00000000-0000-7000-8000-00000000000b', 300, 0)";
    TRANSACTIONS = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, claim_id, batch_id, cause, rule, reverses, posted_at) VALUES ('00000000-0000-7000-8000-0000000000f0', '00000000-0000-7000-8000-000000000001', 'appropriation', NULL, NULL, 'audit/1', '平财预〔2026〕1号', NULL, '2026-08-31T15:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-000000000001', 'commitment', '00000000-0000-7000-8000-0000000000c1', NULL, 'audit/2', 'r', NULL, '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f2', '00000000-0000-7000-8000-000000000001', 'commitment', '00000000-0000-7000-8000-0000000000c2', NULL, 'audit/2', 'r', NULL, '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f3', '00000000-0000-7000-8000-000000000001', 'commitment', '00000000-0000-7000-8000-0000000000c3', NULL, 'audit/2', 'r', NULL, '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f4', '00000000-0000-7000-8000-000000000001', 'commitment', '00000000-0000-7000-8000-0000000000c4', NULL, 'audit/2', 'r', NULL, '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-000000000001', 'payment', '00000000-0000-7000-8000-0000000000c2', NULL, 'audit/3', 'r', NULL, '2026-08-31T16:30:00.000001+00:00'), ('00000000-0000-7000-8000-0000000000f6', '00000000-0000-7000-8000-000000000001', 'payment', '00000000-0000-7000-8000-0000000000c3', NULL, 'audit/3', 'r', NULL, '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f7', '00000000-0000-7000-8000-000000000001', 'clawback', '00000000-0000-7000-8000-0000000000c3', NULL, 'event', 'r', '00000000-0000-7000-8000-0000000000f6', '2026-08-31T16:30:00+00:00'), ('00000000-0000-7000-8000-0000000000f8', '00000000-0000-7000-8000-000000000001', 'release', '00000000-0000-7000-8000-0000000000c4', NULL, 'event', 'r', '00000000-0000-7000-8000-0000000000f4', '2026-08-31T16:30:00+00:00')";
    ENTRIES = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount) VALUES ('00000000-0000-7000-8000-000000000e01', '00000000-0000-7000-8000-0000000000f0', '00000000-0000-7000-8000-0000000000a2', 'debit', 10000), ('00000000-0000-7000-8000-000000000e02', '00000000-0000-7000-8000-0000000000f0', '00000000-0000-7000-8000-0000000000a1', 'credit', 10000), ('00000000-0000-7000-8000-000000000e03', '00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000a3', 'debit', 100), ('00000000-0000-7000-8000-000000000e04', '00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000a2', 'credit', 100), ('00000000-0000-7000-8000-000000000e05', '00000000-0000-7000-8000-0000000000f2', '00000000-0000-7000-8000-0000000000a3', 'debit', 200), ('00000000-0000-7000-8000-000000000e06', '00000000-0000-7000-8000-0000000000f2', '00000000-0000-7000-8000-0000000000a2', 'credit', 200), ('00000000-0000-7000-8000-000000000e07', '00000000-0000-7000-8000-0000000000f3', '00000000-0000-7000-8000-0000000000a3', 'debit', 300), ('00000000-0000-7000-8000-000000000e08', '00000000-0000-7000-8000-0000000000f3', '00000000-0000-7000-8000-0000000000a2', 'credit', 300), ('00000000-0000-7000-8000-000000000e09', '00000000-0000-7000-8000-0000000000f4', '00000000-0000-7000-8000-0000000000a3', 'debit', 400), ('00000000-0000-7000-8000-000000000e10', '00000000-0000-7000-8000-0000000000f4', '00000000-0000-7000-8000-0000000000a2', 'credit', 400), ('00000000-0000-7000-8000-000000000e11', '00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000a4', 'debit', 200), ('00000000-0000-7000-8000-000000000e12', '00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000a3', 'credit', 200), ('00000000-0000-7000-8000-000000000e13', '00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000a6', 'debit', 200), ('00000000-0000-7000-8000-000000000e14', '00000000-0000-7000-8000-0000000000f5', '00000000-0000-7000-8000-0000000000a5', 'credit', 200), ('00000000-0000-7000-8000-000000000e15', '00000000-0000-7000-8000-0000000000f6', '00000000-0000-7000-8000-0000000000a4', 'debit', 300), ('00000000-0000-7000-8000-000000000e16', '00000000-0000-7000-8000-0000000000f6', '00000000-0000-7000-8000-0000000000a3', 'credit', 300), ('00000000-0000-7000-8000-000000000e17', '00000000-0000-7000-8000-0000000000f6', '00000000-0000-7000-8000-0000000000a6', 'debit', 300), ('00000000-0000-7000-8000-000000000e18', '00000000-0000-7000-8000-0000000000f6', '00000000-0000-7000-8000-0000000000a5', 'credit', 300), ('00000000-0000-7000-8000-000000000e19', '00000000-0000-7000-8000-0000000000f7', '00000000-0000-7000-8000-0000000000a7', 'debit', 300), ('00000000-0000-7000-8000-000000000e20', '00000000-0000-7000-8000-0000000000f7', '00000000-0000-7000-8000-0000000000a6', 'credit', 300), ('00000000-0000-7000-8000-000000000e21', '00000000-0000-7000-8000-0000000000f8', '00000000-0000-7000-8000-0000000000a2', 'debit', 400), ('00000000-0000-7000-8000-000000000e22', '00000000-0000-7000-8000-0000000000f8', '00000000-0000-7000-8000-0000000000a3', 'credit', 400)";
    RECEIVABLE = "INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at) VALUES ('00000000-0000-7000-8000-0000000000e1', 0, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-0000000000c3', 300, 300, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00')";
    BALANCES = "SELECT kind, scheme_code, debits, credits FROM v_account_balance ORDER BY kind, scheme_code";
    UNHASHED = "SELECT CAST(count(*) AS BIGINT) FROM subsidy_ledger_entry WHERE leaf_hash = ''";
}

const OLD: [Sql; 7] = [FUND, BUDGET, CLAIMS, ACCOUNTS, TRANSACTIONS, ENTRIES, RECEIVABLE];

async fn fill(db: &Db) {
    let mut tx = db.begin(Lane::Request).await.unwrap();
    for sql in OLD {
        tx.execute(sql, args![]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A town with a past.
async fn towns() -> Vec<Town> {
    let mut towns = Vec::new();
    for test in both_engines(FIRST).await {
        fill(&test.db).await;
        migrate(&test.db, &[MIGRATIONS], kit::clock::Clock::System.now()).await.unwrap();
        towns.push(Town { sandbox: Sandbox::new(test, &[("subsidy", subsidy::service)]).await });
    }
    towns
}

#[tokio::test]
async fn an_older_ledger_keeps_its_sums_and_gets_its_schemes_months_and_places() {
    for town in towns().await {
        town.verify().await;
        let mut tx = Desk::of(&town.sandbox).tx().await;
        let rows: Vec<(String, String, i64, i64)> = tx.fetch_all(BALANCES, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        let row = |kind: &str, scheme: &str, debits: i64, credits: i64| (kind.to_owned(), scheme.to_owned(), debits, credits);
        let expected = [
            row("appropriation", "", 0, 10_000),
            row("available", "", 10_400, 1_000),
            row("bank", "", 0, 500),
            row("committed", "hiring-subsidy", 300, 200),
            row("committed", "mentor-allowance", 700, 700),
            row("paid", "hiring-subsidy", 200, 0),
            row("paid", "mentor-allowance", 300, 0),
            row("payee", "hiring-subsidy", 200, 0),
            row("payee", "mentor-allowance", 300, 300),
            row("receivable", "mentor-allowance", 300, 0),
        ];
        assert_eq!(rows, expected, "{}", town.sandbox.test.engine);
        let months = town.officer().list_periods(pb::ListPeriodsRequest::default()).await.unwrap().into_inner().periods;
        assert_eq!(months.iter().map(|month| month.name.as_str()).collect::<Vec<_>>(), ["periods/2026-08", "periods/2026-09"]);
    }
}

#[tokio::test]
async fn the_log_takes_older_entries_in_with_the_first_posting() {
    for town in towns().await {
        let desk = Desk::of(&town.sandbox);
        assert_eq!(desk.count(UNHASHED).await, 22);
        let early = town.officer().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap_err();
        assert_eq!(early.code(), Code::Unavailable);
        // What was approved before is paid now.
        let fund = "funds/00000000-0000-7000-8000-000000000001";
        let payee = "organisations/00000000-0000-7000-8000-00000000000b";
        town.accounts(&[fund, payee]).await;
        let batch = town.batch(fund).await.unwrap();
        let claim = batch.lines[0].claim.clone();
        town.settle_batch(&batch.name, &[(&claim, true, "B-1")]).await.unwrap();
        let budget = town.budget(fund).await;
        // It goes against what the payee owes since then, and the bank is told nothing.
        assert_eq!((batch.netted, budget.committed, budget.paid), (fen(100), fen(0), fen(500)));
        assert_eq!(desk.count(UNHASHED).await, 0);
        let checkpoint = town.officer().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
        assert_eq!(checkpoint.size, 28);
        town.verify().await;
    }
}

#[tokio::test]
async fn the_log_takes_older_entries_in_for_the_first_checkpoint_or_close() {
    for close in [false, true] {
        for town in towns().await {
            let desk = Desk::of(&town.sandbox);
            if close {
                let request = pb::ClosePeriodRequest { name: "periods/2026-08".into(), ..Default::default() };
                assert_eq!(town.officer().close_period(request).await.unwrap().into_inner().log_size, 22);
            } else {
                let checkpoint = subsidy::checkpoint_of(&town.sandbox.test.db, town.now()).await.unwrap();
                assert_eq!(checkpoint.size, 22);
            }
            assert_eq!(desk.count(UNHASHED).await, 0);
            let again = subsidy::checkpoint_of(&town.sandbox.test.db, town.now()).await.unwrap();
            let asked = town.officer().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner();
            assert_eq!(again.text(), asked.text);
            town.verify().await;
        }
    }
}
