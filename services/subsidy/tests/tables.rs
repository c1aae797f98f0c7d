//! What the tables themselves hold against, whoever writes to them, and that `verify` finds what is broken
//! all the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod guards;
mod town;

use desk::Desk;
use kit::db::{Db, Engine, Lane, Sql, args, statements};
use kit::verify::verify_all;
use proto::subsidy::v1 as pb;
use town::{ENTERPRISE, Town, account_of, day, fen};

async fn run(db: &Db, sql: Sql) -> Result<u64, kit::Error> {
    let mut tx = db.begin(Lane::Request).await?;
    let rows = tx.execute(sql, args![]).await?;
    tx.commit().await?;
    Ok(rows)
}

/// One claim paid, one clawed back, one approved and in a batch that went to the bank; an account that waits for its
/// confirmation.
async fn busy() -> Vec<Town> {
    let towns = Town::both().await;
    for town in &towns {
        let fund = town.fund(1_000_000).await;
        for n in 1..=3 {
            town.graduate_hired(n).await;
            town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
        }
        let names: Vec<String> = town.claims().await.into_iter().map(|claim| claim.name).collect();
        town.pay(&names[0]).await;
        town.pay(&names[1]).await;
        town.left(2, 3, day(2026, 8, 1)).await;
        let owed = town.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner().receivables;
        let request = pb::RecordRecoveryRequest { name: owed[0].name.clone(), amount: fen(50_000), bank_reference: "R-1".into() };
        town.officer().record_recovery(request).await.unwrap();
        town.approve(&names[2]).await;
        let batch = town.batch(&fund).await.unwrap();
        let format = pb::PaymentFileFormat::Csv.into();
        town.officer().export_payment_batch(pb::ExportPaymentBatchRequest { name: batch.name, format }).await.unwrap();
        let request = pb::CreateBankAccountRequest { bank_account: Some(account_of(ENTERPRISE)) };
        town.clerk().create_bank_account(request).await.unwrap();
        sampled(town, &names[0]).await;
        offset(town).await;
        town.verify().await;
    }
    towns
}

/// A sample of both payments, with a finding of one of them that is confirmed.
async fn sampled(town: &Town, name: &str) {
    town.sandbox.clock.advance(chrono::TimeDelta::days(31));
    let sample = pb::Sample {
        seed: "a seed".into(),
        scheme: "schemes/hiring-subsidy".into(),
        first_period: "periods/2026-09".into(),
        last_period: "periods/2026-09".into(),
        size: 2,
        ..Default::default()
    };
    town.bureau().create_sample(pb::CreateSampleRequest { sample: Some(sample) }).await.unwrap();
    let request = pb::ListSampleItemsRequest { claim: name.into(), ..Default::default() };
    let items = town.bureau().list_sample_items(request).await.unwrap().into_inner().sample_items;
    let (item, amount) = (items[0].name.clone(), fen(10_000));
    let outcome = pb::FindingOutcome::NotOk.into();
    let request = pb::RecordFindingRequest { name: item.clone(), outcome, amount, ground: "not-employed".into() };
    town.bureau().record_finding(request).await.unwrap();
    town.officer().confirm_finding(pb::ConfirmFindingRequest { name: item, amount }).await.unwrap();
}

/// Two years of the tax offset confirmed, and one filed again.
async fn offset(town: &Town) {
    for year in [2024, 2025, 2025] {
        let document = |code: &str| pb::Evidence { code: code.into(), sha256: "5e".repeat(32), place: "cabinet 3".into() };
        let request = pb::FileOffsetYearRequest {
            enterprise: ENTERPRISE.into(),
            year,
            investment: fen(100_000),
            surcharges: fen(10_000),
            evidence: vec![document("investment-statement"), document("published-list")],
        };
        let filed = town.clerk().file_offset_year(request).await.unwrap().into_inner();
        if filed.revision == 1 {
            let note = "on the list of that year".to_owned();
            let request = pb::ConfirmOffsetYearRequest { name: filed.name, revision: 1, integration_listed: Some(true), note };
            town.officer().confirm_offset_year(request).await.unwrap();
        }
    }
}

mod forbidden {
    use super::statements;
    statements! {
        EDIT_ENTRY = "UPDATE subsidy_ledger_entry SET amount = amount + 1";
        DROP_ENTRY = "DELETE FROM subsidy_ledger_entry";
        EDIT_TRANSACTION = "UPDATE subsidy_ledger_transaction SET rule = 'another'";
        DROP_TRANSACTION = "DELETE FROM subsidy_ledger_transaction";
        EDIT_FACT = "UPDATE subsidy_fact SET quantity = quantity + 1";
        DROP_FACT = "DELETE FROM subsidy_fact";
        EDIT_LEAF = "UPDATE subsidy_ledger_entry SET leaf = leaf + 1000";
        UNHASH = "UPDATE subsidy_ledger_entry SET leaf_hash = ''";
        EDIT_TILE = "UPDATE subsidy_ledger_tile SET hash = hash";
        DROP_TILE = "DELETE FROM subsidy_ledger_tile";
        EDIT_PERIOD = "UPDATE subsidy_period SET log_size = 0";
        DROP_PERIOD = "DELETE FROM subsidy_period";
        SHORTEN_LOG = "UPDATE subsidy_ledger_head SET size = size - 1";
        OPEN_MONTH = "UPDATE subsidy_ledger_head SET closed_through = ''";
        DROP_HEAD = "DELETE FROM subsidy_ledger_head";
        SECOND_HEAD = "INSERT INTO subsidy_ledger_head (head_id, size, frontier, backlog, closed_through) VALUES (2, 0, '', FALSE, '')";
        FREE_PAYMENT = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, period, posted_at) SELECT batch_id, fund_id, kind, amount, claim_id, cause, rule, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'payment'";
        REVERSE_TOO_MUCH = "UPDATE subsidy_ledger_reversal SET reversed = amount + 1";
        OWN_PARENT = "UPDATE subsidy_fund SET parent_id = fund_id";
        COMMIT_TWICE = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, period, posted_at) SELECT claim_id, fund_id, kind, amount, claim_id, cause, rule, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'commitment'";
        RESOLVE_TWICE = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, resolves, period, posted_at) SELECT claim_id, fund_id, 'release', amount, claim_id, cause, rule, resolves, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'payment'";
        SAME_LEAF = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT transaction_id, transaction_id, account_id, side, amount, leaf, leaf_hash FROM subsidy_ledger_entry WHERE leaf = 0";
        OVERSPEND = "UPDATE subsidy_budget SET committed = appropriated - paid + 1";
        OVERDRAW = "UPDATE subsidy_ledger_account SET credits = debits + 1 WHERE kind = 'available'";
        OWN_APPROVAL = "UPDATE subsidy_claim SET approved_by = submitted_by";
        OTHER_CONTENT = "UPDATE subsidy_claim SET content_hash = 'another' WHERE approved_hash IS NOT NULL";
        UNAPPROVED = "UPDATE subsidy_claim SET approved_by = NULL";
        SECOND_LINE = "INSERT INTO subsidy_payment_line (batch_id, claim_id, beneficiary_id, amount, state, updated_at) SELECT fund_id, claim_id, beneficiary_id, amount, 'pending', updated_at FROM subsidy_claim WHERE state = 'approved'";
        EDIT_ACCOUNT = "UPDATE subsidy_bank_account SET account_number = '62220210019999'";
        DROP_ACCOUNT = "DELETE FROM subsidy_bank_account";
        EDIT_CONFIRMATION = "UPDATE subsidy_bank_account_confirmation SET confirmed_by = 'another'";
        DROP_CONFIRMATION = "DELETE FROM subsidy_bank_account_confirmation";
        EDIT_EXPORT = "UPDATE subsidy_payment_export SET sha256 = 'another'";
        DROP_EXPORT = "DELETE FROM subsidy_payment_export";
        OWN_ACCOUNT = "INSERT INTO subsidy_bank_account_confirmation (bank_account_id, proposed_by, confirmed_by, confirmed_at) SELECT bank_account_id, proposed_by, proposed_by, created_at FROM subsidy_bank_account WHERE version = 2";
        OTHER_PROPOSER = "INSERT INTO subsidy_bank_account_confirmation (bank_account_id, proposed_by, confirmed_by, confirmed_at) SELECT bank_account_id, 'another', proposed_by, created_at FROM subsidy_bank_account WHERE version = 2";
        TOO_OFTEN = "UPDATE subsidy_payment_line SET attempt = 100";
        TAKEN_TOO_MUCH = "UPDATE subsidy_claim SET clawed_back = amount + 1 WHERE state = 'paid'";
        TAKEN_WHOLE = "UPDATE subsidy_claim SET clawed_back = amount WHERE state = 'paid'";
        DENIED_TOO_MUCH = "UPDATE subsidy_claim SET denied = clawed_back + 1";
        EDIT_SAMPLE = "UPDATE subsidy_sample SET seed = 'another'";
        DROP_SAMPLE = "DELETE FROM subsidy_sample";
        OWN_FINDING = "UPDATE subsidy_sample_item SET confirmed_by = found_by, confirmed_at = found_at WHERE outcome IS NOT NULL";
        FOUND_OK = "UPDATE subsidy_sample_item SET outcome = 'ok' WHERE amount > 0";
        EDIT_RECOVERY = "UPDATE subsidy_recovery SET amount = amount + 1";
        DROP_RECOVERY = "DELETE FROM subsidy_recovery";
        OWED_TOO_MUCH = "UPDATE subsidy_receivable SET outstanding = amount + 1";
        EDIT_FILING = "UPDATE subsidy_offset_filing SET investment = investment + 1";
        DROP_FILING = "DELETE FROM subsidy_offset_filing";
        EDIT_DECISION = "UPDATE subsidy_offset_decision SET credit = credit + 1";
        DROP_DECISION = "DELETE FROM subsidy_offset_decision";
        OWN_DECISION = "INSERT INTO subsidy_offset_decision (offset_year_id, revision, filed_by, decided_by, verdict, reason, decided_at) SELECT offset_year_id, revision, filed_by, filed_by, 'returned', 'a reason', filed_at FROM subsidy_offset_filing WHERE revision = 2";
        OTHER_FILER = "INSERT INTO subsidy_offset_decision (offset_year_id, revision, filed_by, decided_by, verdict, reason, decided_at) SELECT offset_year_id, revision, 'another', filed_by, 'returned', 'a reason', filed_at FROM subsidy_offset_filing WHERE revision = 2";
        LOSE_OFFSET = "UPDATE subsidy_offset_year SET carried = carried - 1";
        UNCONFIRM = "UPDATE subsidy_offset_year SET confirmed_revision = 0 WHERE state = 'confirmed'";
    }
}

/// What empties or replaces passes by the triggers for rows.
mod sweeping {
    use super::statements;
    statements! {
        REPLACE_ENTRY = "INSERT OR REPLACE INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT entry_id, transaction_id, account_id, side, amount + 1, leaf, leaf_hash FROM subsidy_ledger_entry";
        REPLACE_LEAF = "INSERT OR REPLACE INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT transaction_id, transaction_id, account_id, side, amount + 1, leaf, leaf_hash FROM subsidy_ledger_entry WHERE leaf = 0";
        REPLACE_TRANSACTION = "INSERT OR REPLACE INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, cause, rule, period, posted_at) SELECT transaction_id, fund_id, kind, amount, cause, 'another', period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'appropriation'";
        REPLACE_RESOLUTION = "INSERT OR REPLACE INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, resolves, period, posted_at) SELECT claim_id, fund_id, 'release', amount, claim_id, cause, rule, resolves, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'payment'";
        REPLACE_PERIOD = "INSERT OR REPLACE INTO subsidy_period (period, log_size, log_root, closed_by, closed_at) SELECT period, 0, log_root, 'somebody else', closed_at FROM subsidy_period";
        REPLACE_TILE = "INSERT OR REPLACE INTO subsidy_ledger_tile (level, tile, hash) SELECT level, tile, hash FROM subsidy_ledger_tile";
        REPLACE_HEAD = "INSERT OR REPLACE INTO subsidy_ledger_head (head_id, size, frontier, backlog, closed_through) VALUES (1, 0, '', FALSE, '')";
        REPLACE_FACT = "INSERT OR REPLACE INTO subsidy_fact (fact_key, person_id, kind, resource, version, event_type, subject, day, quantity, share_percent, detail, withdrawn, received_at) SELECT fact_key, person_id, kind, resource, version, event_type, subject, day, quantity + 1, share_percent, detail, withdrawn, received_at FROM subsidy_fact";
        EMPTY_ENTRIES = "TRUNCATE subsidy_ledger_entry";
        EMPTY_TRANSACTIONS = "TRUNCATE subsidy_ledger_transaction";
        EMPTY_TILES = "TRUNCATE subsidy_ledger_tile";
        EMPTY_PERIODS = "TRUNCATE subsidy_period";
        EMPTY_HEAD = "TRUNCATE subsidy_ledger_head";
        EMPTY_FACTS = "TRUNCATE subsidy_fact";
        QUANTITIES = "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM subsidy_fact";
    }
    pub const SQLITE: [kit::db::Sql; 7] =
        [REPLACE_ENTRY, REPLACE_LEAF, REPLACE_TRANSACTION, REPLACE_RESOLUTION, REPLACE_PERIOD, REPLACE_TILE, REPLACE_HEAD];
    pub const POSTGRES: [kit::db::Sql; 6] =
        [EMPTY_ENTRIES, EMPTY_TRANSACTIONS, EMPTY_TILES, EMPTY_PERIODS, EMPTY_HEAD, EMPTY_FACTS];
}

/// With a closed month, and a log that is long enough to keep parts of its tree.
async fn settled(town: &Town) {
    let desk = Desk::of(&town.sandbox);
    let fund = desk::fund(town, "roads", "", 1_000_000).await;
    desk.post(&desk.commitments(fund, 130, 10)).await.unwrap();
    town.sandbox.clock.advance(chrono::TimeDelta::days(40));
    let request = pb::ClosePeriodRequest { name: "periods/2026-09".into(), ..Default::default() };
    town.officer().close_period(request).await.unwrap();
}

#[tokio::test]
async fn the_tables_refuse_what_no_code_should_try() {
    use forbidden::{
        COMMIT_TWICE, DENIED_TOO_MUCH, DROP_ACCOUNT, DROP_CONFIRMATION, DROP_DECISION, DROP_ENTRY, DROP_EXPORT, DROP_FACT,
        DROP_FILING, DROP_HEAD, DROP_PERIOD, DROP_RECOVERY, DROP_SAMPLE, DROP_TILE, DROP_TRANSACTION, EDIT_ACCOUNT,
        EDIT_CONFIRMATION, EDIT_DECISION, EDIT_ENTRY, EDIT_EXPORT, EDIT_FACT, EDIT_FILING, EDIT_LEAF, EDIT_PERIOD, EDIT_RECOVERY,
        EDIT_SAMPLE, EDIT_TILE, EDIT_TRANSACTION, FOUND_OK, FREE_PAYMENT, LOSE_OFFSET, OPEN_MONTH, OTHER_CONTENT, OTHER_FILER,
        OTHER_PROPOSER, OVERDRAW, OVERSPEND, OWED_TOO_MUCH, OWN_ACCOUNT, OWN_APPROVAL, OWN_DECISION, OWN_FINDING, OWN_PARENT,
        RESOLVE_TWICE, REVERSE_TOO_MUCH, SAME_LEAF, SECOND_HEAD, SECOND_LINE, SHORTEN_LOG, TAKEN_TOO_MUCH, TAKEN_WHOLE,
        TOO_OFTEN, UNAPPROVED, UNCONFIRM, UNHASH,
    };
    let append_only = [
        EDIT_ENTRY,
        DROP_ENTRY,
        EDIT_LEAF,
        UNHASH,
        EDIT_TRANSACTION,
        DROP_TRANSACTION,
        EDIT_FACT,
        DROP_FACT,
        EDIT_TILE,
        DROP_TILE,
        EDIT_PERIOD,
        DROP_PERIOD,
        SHORTEN_LOG,
        OPEN_MONTH,
        DROP_HEAD,
        EDIT_ACCOUNT,
        DROP_ACCOUNT,
        EDIT_CONFIRMATION,
        DROP_CONFIRMATION,
        EDIT_EXPORT,
        DROP_EXPORT,
        EDIT_RECOVERY,
        DROP_RECOVERY,
        EDIT_SAMPLE,
        DROP_SAMPLE,
        EDIT_FILING,
        DROP_FILING,
        EDIT_DECISION,
        DROP_DECISION,
    ];
    let checked = [
        OVERSPEND,
        OVERDRAW,
        OWN_APPROVAL,
        OTHER_CONTENT,
        UNAPPROVED,
        OWED_TOO_MUCH,
        TAKEN_TOO_MUCH,
        TAKEN_WHOLE,
        DENIED_TOO_MUCH,
        OWN_FINDING,
        FOUND_OK,
        FREE_PAYMENT,
        REVERSE_TOO_MUCH,
        OWN_PARENT,
        OWN_ACCOUNT,
        TOO_OFTEN,
        OWN_DECISION,
        LOSE_OFFSET,
        UNCONFIRM,
    ];
    for town in busy().await {
        settled(&town).await;
        let sqlite = town.sandbox.test.db.engine() == Engine::Sqlite;
        // On SQLite a second row is refused by the guard against replacing the first.
        let unique = if sqlite { "append-only" } else { "unique" };
        let by_what = [
            ("append-only", &append_only[..]),
            (unique, &[COMMIT_TWICE, RESOLVE_TWICE, SAME_LEAF][..]),
            ("unique", &[SECOND_LINE][..]),
            ("foreign key", &[OTHER_PROPOSER, OTHER_FILER][..]),
            ("check", &checked[..]),
            (if sqlite { "append-only" } else { "check" }, &[SECOND_HEAD][..]),
            ("append-only", if sqlite { &sweeping::SQLITE[..] } else { &sweeping::POSTGRES[..] }),
        ];
        for (what, statements) in by_what {
            for sql in statements {
                let refused = format!("{:?}", run(&town.sandbox.test.db, *sql).await.unwrap_err()).to_lowercase();
                assert!(refused.contains(what), "{} on {}: {refused}", sql.name, town.sandbox.test.engine);
            }
        }
        if sqlite {
            let desk = Desk::of(&town.sandbox);
            let before = desk.count(sweeping::QUANTITIES).await;
            run(&town.sandbox.test.db, sweeping::REPLACE_FACT).await.unwrap();
            assert_eq!(desk.count(sweeping::QUANTITIES).await, before, "a fact that is there already stays as it is");
        }
        let some = ["bank_account", "bank_account_confirmation", "payment_export", "recovery", "sample"];
        town.nothing_is_replaced_in(&some).await;
        town.nothing_is_replaced_in(&["offset_filing", "offset_decision", "claim_approval", "ledger_entry"]).await;
        town.verify().await;
    }
}

mod damage {
    use super::statements;
    statements! {
        HALF_A_TRANSACTION = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT transaction_id, transaction_id, account_id, side, amount, 1000, leaf_hash FROM subsidy_ledger_entry WHERE leaf = 0";
        BALANCE = "UPDATE subsidy_ledger_account SET debits = debits + 1, credits = credits + 1 WHERE kind = 'bank'";
        BUDGET = "UPDATE subsidy_budget SET appropriated = appropriated + 1";
        COMMITMENT = "UPDATE subsidy_claim SET amount = amount + 1 WHERE state = 'approved'";
        UNPAID = "UPDATE subsidy_claim SET state = 'checked', clawed_back = 0, denied = 0 WHERE state = 'paid'";
        DEBT = "UPDATE subsidy_receivable SET amount = amount + 1, outstanding = outstanding + 1 WHERE state = 'open'";
        NETTED = "UPDATE subsidy_receivable SET netted = netted + 1, outstanding = outstanding - 1 WHERE state = 'open'";
        DENIED = "UPDATE subsidy_sample_item SET amount = amount + 1 WHERE confirmed_by IS NOT NULL";
        HIT = "DELETE FROM subsidy_sample_item WHERE outcome IS NULL";
        TAKEN = "UPDATE subsidy_claim SET clawed_back = clawed_back + 1 WHERE state = 'paid'";
        LINE = "UPDATE subsidy_payment_line SET state = 'pending' WHERE state = 'paid'";
        FOREIGN_REVERSAL = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, reverses, period, posted_at) SELECT fund_id, fund_id, 'clawback', amount, claim_id, cause, rule, transaction_id, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'appropriation'";
        FOREIGN_RESOLUTION = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, cause, rule, resolves, period, posted_at) SELECT fund_id, fund_id, 'release', amount, claim_id, cause, rule, transaction_id, period, posted_at FROM subsidy_ledger_transaction WHERE kind = 'appropriation'";
        REVERSAL = "UPDATE subsidy_ledger_reversal SET reversed = reversed - 1";
        MONTH = "UPDATE subsidy_period_total SET debits = debits + 1 WHERE kind = 'bank'";
        CLOSED = "UPDATE subsidy_ledger_head SET closed_through = '2026-10'";
        TOTAL = "UPDATE subsidy_payment_batch SET total = total + 1";
        OTHER_OUTCOME = "UPDATE subsidy_payment_line SET state = 'failed' WHERE state = 'paid'";
        FILE = "UPDATE subsidy_payment_line SET bank_account_id = (SELECT bank_account_id FROM subsidy_bank_account WHERE version = 2) WHERE bank_account_id IS NOT NULL";
        CREDIT = "UPDATE subsidy_offset_year SET credit = credit + 1, carried = carried + 1 WHERE year = 2025";
        BROUGHT = "UPDATE subsidy_offset_year SET brought = brought + 1, carried = carried + 1 WHERE year = 2025";
        USED = "UPDATE subsidy_offset_year SET used = used + 1, carried = carried - 1 WHERE year = 2025";
        DECIDED = "UPDATE subsidy_offset_year SET state = 'returned' WHERE state = 'filed'";
        STRANGER = "INSERT INTO subsidy_agenda (person_id, due_on) SELECT f.fund_id, (SELECT MIN(day) FROM subsidy_fact) FROM subsidy_fund f";
    }
}

#[tokio::test]
async fn verify_finds_every_damage_and_says_which() {
    let expected = [
        (damage::HALF_A_TRANSACTION, "subsidy-ledger-balanced"),
        (damage::BALANCE, "subsidy-balances"),
        (damage::BUDGET, "subsidy-budgets"),
        (damage::COMMITMENT, "subsidy-commitments"),
        (damage::UNPAID, "subsidy-paid-once"),
        (damage::DEBT, "subsidy-clawback"),
        (damage::DEBT, "subsidy-receivables"),
        (damage::DENIED, "subsidy-findings"),
        (damage::HIT, "subsidy-findings"),
        (damage::NETTED, "subsidy-receivables"),
        (damage::TAKEN, "subsidy-clawback"),
        (damage::LINE, "subsidy-batches"),
        (damage::TOTAL, "subsidy-batch-totals"),
        (damage::OTHER_OUTCOME, "subsidy-batch-totals"),
        (damage::FILE, "subsidy-payment-files"),
        (damage::FOREIGN_REVERSAL, "subsidy-reversals"),
        (damage::FOREIGN_RESOLUTION, "subsidy-resolved"),
        (damage::REVERSAL, "subsidy-reversals"),
        (damage::MONTH, "subsidy-periods"),
        (damage::CLOSED, "subsidy-periods"),
        (damage::HALF_A_TRANSACTION, "subsidy-log"),
        (damage::STRANGER, "subsidy-agenda"),
        (damage::CREDIT, "subsidy-offset-statements"),
        (damage::BROUGHT, "subsidy-offset-statements"),
        (damage::USED, "subsidy-offset-statements"),
        (damage::DECIDED, "subsidy-offset-filings"),
    ];
    for (sql, check) in expected {
        for town in busy().await {
            let db = &town.sandbox.test.db;
            assert!(run(db, sql).await.unwrap() > 0, "{} damaged nothing", sql.name);
            let findings = verify_all(db, subsidy::CHECKS, subsidy::LOOKS, None).await.unwrap();
            let broken: Vec<_> = findings.iter().filter(|found| !found.broken.is_empty()).map(|found| found.check.name).collect();
            assert!(broken.contains(&check), "{} on {}: {broken:?}", sql.name, town.sandbox.test.engine);
        }
    }
}
