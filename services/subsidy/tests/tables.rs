//! What the tables themselves hold against, whoever writes to them, and that `verify` finds what is broken
//! all the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use kit::db::{Db, Lane, Sql, args, statements};
use kit::verify::verify;
use town::{Town, day};

async fn run(db: &Db, sql: Sql) -> Result<u64, kit::Error> {
    let mut tx = db.begin(Lane::Request).await?;
    let rows = tx.execute(sql, args![]).await?;
    tx.commit().await?;
    Ok(rows)
}

/// One claim paid, one clawed back, one approved and in a batch.
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
        town.approve(&names[2]).await;
        town.batch(&fund).await.unwrap();
        town.verify().await;
    }
    towns
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
        REVERSE_TWICE = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, claim_id, cause, rule, reverses, posted_at) SELECT batch_id, fund_id, 'clawback', claim_id, cause, rule, (SELECT reverses FROM subsidy_ledger_transaction WHERE reverses IS NOT NULL), posted_at FROM subsidy_ledger_transaction WHERE batch_id IS NOT NULL";
        PAY_TWICE = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, claim_id, cause, rule, posted_at) SELECT batch_id, fund_id, kind, claim_id, cause, rule, posted_at FROM subsidy_ledger_transaction WHERE kind = 'payment'";
        OVERSPEND = "UPDATE subsidy_budget SET committed = appropriated - paid + 1";
        OVERDRAW = "UPDATE subsidy_ledger_account SET credits = debits + 1 WHERE kind = 'available'";
        OWN_APPROVAL = "UPDATE subsidy_claim SET approved_by = submitted_by";
        OTHER_CONTENT = "UPDATE subsidy_claim SET content_hash = 'another' WHERE approved_hash IS NOT NULL";
        UNAPPROVED = "UPDATE subsidy_claim SET approved_by = NULL";
        SECOND_LINE = "INSERT INTO subsidy_payment_line (batch_id, claim_id, beneficiary_id, amount, state, updated_at) SELECT fund_id, claim_id, beneficiary_id, amount, 'pending', updated_at FROM subsidy_claim WHERE state = 'approved'";
        OWED_TOO_MUCH = "UPDATE subsidy_receivable SET outstanding = amount + 1";
    }
}

#[tokio::test]
async fn the_tables_refuse_what_no_code_should_try() {
    use forbidden::{
        DROP_ENTRY, DROP_FACT, DROP_TRANSACTION, EDIT_ENTRY, EDIT_FACT, EDIT_TRANSACTION, OTHER_CONTENT, OVERDRAW, OVERSPEND,
        OWED_TOO_MUCH, OWN_APPROVAL, PAY_TWICE, REVERSE_TWICE, SECOND_LINE, UNAPPROVED,
    };
    let by_what = [
        ("append-only", &[EDIT_ENTRY, DROP_ENTRY, EDIT_TRANSACTION, DROP_TRANSACTION, EDIT_FACT, DROP_FACT][..]),
        ("unique", &[REVERSE_TWICE, PAY_TWICE, SECOND_LINE][..]),
        ("check", &[OVERSPEND, OVERDRAW, OWN_APPROVAL, OTHER_CONTENT, UNAPPROVED, OWED_TOO_MUCH][..]),
    ];
    for town in busy().await {
        for (what, statements) in by_what {
            for sql in statements {
                let refused = format!("{:?}", run(&town.sandbox.test.db, *sql).await.unwrap_err()).to_lowercase();
                assert!(refused.contains(what), "{} on {}: {refused}", sql.name, town.sandbox.test.engine);
            }
        }
        town.verify().await;
    }
}

mod damage {
    use super::statements;
    statements! {
        HALF_A_TRANSACTION = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount) SELECT transaction_id, transaction_id, account_id, side, amount FROM subsidy_ledger_entry WHERE entry_id = (SELECT entry_id FROM subsidy_ledger_entry ORDER BY entry_id LIMIT 1)";
        BALANCE = "UPDATE subsidy_ledger_account SET debits = debits + 1, credits = credits + 1 WHERE kind = 'bank'";
        BUDGET = "UPDATE subsidy_budget SET appropriated = appropriated + 1";
        COMMITMENT = "UPDATE subsidy_claim SET amount = amount + 1 WHERE state = 'approved'";
        UNPAID = "UPDATE subsidy_claim SET state = 'checked' WHERE state = 'paid'";
        DEBT = "UPDATE subsidy_receivable SET amount = amount + 1";
        LINE = "UPDATE subsidy_payment_line SET state = 'pending' WHERE state = 'paid'";
        STRANGER = "INSERT INTO subsidy_agenda (person_id, due_on) SELECT f.fund_id, (SELECT MIN(day) FROM subsidy_fact) FROM subsidy_fund f";
        FOREIGN_REVERSAL = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, claim_id, cause, rule, reverses, posted_at) SELECT fund_id, fund_id, 'release', claim_id, cause, rule, transaction_id, posted_at FROM subsidy_ledger_transaction WHERE kind = 'appropriation'";
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
        (damage::LINE, "subsidy-batches"),
        (damage::FOREIGN_REVERSAL, "subsidy-reversals"),
        (damage::STRANGER, "subsidy-agenda"),
    ];
    for (sql, check) in expected {
        for town in busy().await {
            let db = &town.sandbox.test.db;
            assert!(run(db, sql).await.unwrap() > 0, "{} damaged nothing", sql.name);
            let findings = verify(db, subsidy::CHECKS).await.unwrap();
            let broken: Vec<_> = findings.iter().filter(|found| !found.broken.is_empty()).map(|found| found.check.name).collect();
            assert!(broken.contains(&check), "{} on {}: {broken:?}", sql.name, town.sandbox.test.engine);
        }
    }
}
