//! The tables of subsidy: one function per statement.

pub mod agenda;
pub mod claim;
pub mod fact;
pub mod fund;
pub mod ledger;
pub mod payment;
pub mod receivable;

use kit::db::{Sql, statements};
use kit::id::Id;
use kit::verify::Check;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

pub fn statements() -> Vec<Sql> {
    [
        agenda::STATEMENTS,
        claim::STATEMENTS,
        fact::STATEMENTS,
        fund::STATEMENTS,
        ledger::STATEMENTS,
        payment::STATEMENTS,
        receivable::STATEMENTS,
        STATEMENTS,
    ]
    .concat()
}

/// Ids as one argument: a JSON array, in the order in which their rows are locked.
fn id_list(ids: impl IntoIterator<Item = impl Id>) -> String {
    let ids: BTreeSet<Uuid> = ids.into_iter().map(Id::uuid).collect();
    json!(ids).to_string()
}

/// What `talentflow verify` proves about this service.
pub const CHECKS: &[Check] = &[
    Check {
        name: "subsidy-ledger-balanced",
        en: "the debits of every ledger transaction equal its credits",
        zh: "每笔账务借贷相等",
        broken: UNBALANCED,
    },
    Check {
        name: "subsidy-balances",
        en: "the balance of every account is the sum of its entries",
        zh: "各账户余额等于其分录之和",
        broken: WRONG_BALANCES,
    },
    Check {
        name: "subsidy-budgets",
        en: "every budget agrees with the ledger and has nothing below zero available",
        zh: "各预算与账簿一致，可用金额不为负",
        broken: WRONG_BUDGETS,
    },
    Check {
        name: "subsidy-commitments",
        en: "what a fund has committed is what its approved claims ask for",
        zh: "预占金额等于已批准未拨付的申领之和",
        broken: WRONG_COMMITMENTS,
    },
    Check {
        name: "subsidy-paid-once",
        en: "every paid claim has exactly one payment of its amount, and no other claim has one",
        zh: "每笔已拨付申领有且仅有一笔等额拨付",
        broken: WRONG_PAYMENTS,
    },
    Check {
        name: "subsidy-clawback",
        en: "every clawed-back claim has its payment countered and a receivable of the same amount",
        zh: "每笔追回均有对应的冲销分录与等额应收款",
        broken: WRONG_CLAWBACKS,
    },
    Check {
        name: "subsidy-reversals",
        en: "a ledger transaction is reversed by one of the same claim and amount",
        zh: "冲销与原账务属同一申领且金额相等",
        broken: WRONG_REVERSALS,
    },
    Check {
        name: "subsidy-four-eyes",
        en: "nobody approved a claim they submitted, or other content than they saw",
        zh: "无人审批本人提交的申领，审批内容与所见一致",
        broken: OWN_APPROVALS,
    },
    Check {
        name: "subsidy-batches",
        en: "a claim waits in at most one batch, and a settled batch has no line that waits",
        zh: "每笔申领至多在一个未结批次中，已结批次无未决明细",
        broken: WRONG_BATCHES,
    },
    Check {
        name: "subsidy-due-once",
        en: "no occasion has two claims that wait to be asked for",
        zh: "同一事由没有两笔待申请的申领",
        broken: DUE_TWICE,
    },
    Check {
        name: "subsidy-agenda",
        en: "only people with facts have something coming due",
        zh: "待到期事项均属于有事实记录的人员",
        broken: AGENDA_OF_NOBODY,
    },
];

statements! {
    UNBALANCED = "SELECT CAST(t.transaction_id AS TEXT) || ' ' || t.kind FROM subsidy_ledger_transaction t LEFT JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id GROUP BY t.transaction_id, t.kind HAVING COUNT(e.entry_id) < 2 OR SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) <> 0 UNION ALL SELECT CAST(e.entry_id AS TEXT) || ' belongs to nothing' FROM subsidy_ledger_entry e WHERE NOT EXISTS (SELECT 1 FROM subsidy_ledger_transaction t WHERE t.transaction_id = e.transaction_id) OR NOT EXISTS (SELECT 1 FROM subsidy_ledger_account a WHERE a.account_id = e.account_id) LIMIT 100";
    WRONG_BALANCES = "SELECT a.kind || ' ' || a.party || ' of ' || CAST(a.fund_id AS TEXT) FROM subsidy_ledger_account a LEFT JOIN subsidy_ledger_entry e ON e.account_id = a.account_id GROUP BY a.account_id, a.kind, a.party, a.fund_id, a.debits, a.credits HAVING a.debits <> COALESCE(SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE 0 END), 0) OR a.credits <> COALESCE(SUM(CASE WHEN e.side = 'credit' THEN e.amount ELSE 0 END), 0) LIMIT 100";
    WRONG_BUDGETS = "SELECT CAST(b.fund_id AS TEXT) FROM subsidy_budget b LEFT JOIN subsidy_ledger_account a ON a.fund_id = b.fund_id AND a.party = '' GROUP BY b.fund_id, b.appropriated, b.committed, b.paid HAVING b.appropriated - b.committed - b.paid < 0 OR COALESCE(SUM(CASE WHEN a.kind = 'appropriation' THEN a.credits - a.debits ELSE 0 END), 0) <> b.appropriated OR COALESCE(SUM(CASE WHEN a.kind = 'available' THEN a.debits - a.credits ELSE 0 END), 0) <> b.appropriated - b.committed - b.paid OR COALESCE(SUM(CASE WHEN a.kind = 'committed' THEN a.debits - a.credits ELSE 0 END), 0) <> b.committed OR COALESCE(SUM(CASE WHEN a.kind = 'paid' THEN a.debits - a.credits ELSE 0 END), 0) <> b.paid LIMIT 100";
    WRONG_COMMITMENTS = "SELECT CAST(b.fund_id AS TEXT) FROM subsidy_budget b LEFT JOIN subsidy_claim c ON c.fund_id = b.fund_id AND c.state = 'approved' GROUP BY b.fund_id, b.committed HAVING COALESCE(SUM(c.amount), 0) <> b.committed LIMIT 100";
    WRONG_PAYMENTS = "SELECT CAST(c.claim_id AS TEXT) || ' ' || c.state FROM subsidy_claim c LEFT JOIN subsidy_ledger_transaction t ON t.claim_id = c.claim_id AND t.kind = 'payment' LEFT JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id AND e.side = 'debit' LEFT JOIN subsidy_ledger_account a ON a.account_id = e.account_id AND a.kind = 'payee' GROUP BY c.claim_id, c.state, c.amount HAVING (COUNT(DISTINCT t.transaction_id) = 1) <> (c.state IN ('paid', 'clawed_back')) OR COUNT(DISTINCT t.transaction_id) > 1 OR (c.state IN ('paid', 'clawed_back') AND COALESCE(SUM(CASE WHEN a.kind = 'payee' THEN e.amount ELSE 0 END), 0) <> c.amount) LIMIT 100";
    WRONG_CLAWBACKS = "SELECT CAST(c.claim_id AS TEXT) FROM subsidy_claim c LEFT JOIN subsidy_receivable r ON r.claim_id = c.claim_id LEFT JOIN subsidy_ledger_transaction t ON t.claim_id = c.claim_id AND t.kind = 'clawback' LEFT JOIN subsidy_ledger_transaction p ON p.transaction_id = t.reverses AND p.kind = 'payment' AND p.claim_id = c.claim_id WHERE (c.state = 'clawed_back' AND (p.transaction_id IS NULL OR r.amount IS NULL OR r.amount <> c.amount OR r.debtor_id <> c.beneficiary_id)) OR (c.state <> 'clawed_back' AND (t.transaction_id IS NOT NULL OR r.receivable_id IS NOT NULL)) LIMIT 100";
    /// What a reversal takes back is what some account was given: the same claim, the same amount.
    WRONG_REVERSALS = "SELECT CAST(t.transaction_id AS TEXT) || ' reverses ' || CAST(t.reverses AS TEXT) FROM subsidy_ledger_transaction t LEFT JOIN subsidy_ledger_transaction o ON o.transaction_id = t.reverses WHERE t.reverses IS NOT NULL AND (o.transaction_id IS NULL OR o.claim_id <> t.claim_id OR NOT EXISTS (SELECT 1 FROM subsidy_ledger_entry e JOIN subsidy_ledger_entry f ON f.transaction_id = o.transaction_id AND f.account_id = e.account_id AND f.side = 'debit' AND f.amount = e.amount WHERE e.transaction_id = t.transaction_id AND e.side = 'credit')) LIMIT 100";
    OWN_APPROVALS = "SELECT CAST(claim_id AS TEXT) FROM subsidy_claim WHERE approved_by = submitted_by OR approved_hash <> content_hash OR (state IN ('approved', 'paid', 'clawed_back') AND (approved_by IS NULL OR approved_hash IS NULL OR submitted_by IS NULL)) LIMIT 100";
    WRONG_BATCHES = "SELECT CAST(l.batch_id AS TEXT) || ' ' || CAST(l.claim_id AS TEXT) FROM subsidy_payment_line l JOIN subsidy_payment_batch b ON b.batch_id = l.batch_id LEFT JOIN subsidy_claim c ON c.claim_id = l.claim_id WHERE (l.state = 'pending' AND (b.state <> 'open' OR c.state IS NULL OR c.state <> 'approved' OR c.batch_id IS NULL OR c.batch_id <> l.batch_id)) OR (l.state = 'paid' AND (c.state IS NULL OR c.state NOT IN ('paid', 'clawed_back') OR c.batch_id <> l.batch_id)) UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' is in no line' FROM subsidy_claim c WHERE c.batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subsidy_payment_line l WHERE l.claim_id = c.claim_id AND l.batch_id = c.batch_id) LIMIT 100";
    AGENDA_OF_NOBODY = "SELECT CAST(a.person_id AS TEXT) FROM subsidy_agenda a WHERE NOT EXISTS (SELECT 1 FROM subsidy_fact f WHERE f.person_id = a.person_id) LIMIT 100";
    DUE_TWICE = "SELECT CAST(person_id AS TEXT) || ' ' || scheme_code || ' ' || occasion FROM subsidy_claim WHERE state = 'accrued' GROUP BY person_id, scheme_code, occasion, stage HAVING COUNT(*) > 1 LIMIT 100";
}
