//! What `talentflow verify` proves about this service, as far as queries can.

use kit::db::statements;
use kit::verify::Check;

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
        en: "what is committed and not resolved is what approved claims ask for",
        zh: "未核销的预占等于已批准未拨付的申领之和",
        broken: WRONG_COMMITMENTS,
    },
    Check {
        name: "subsidy-resolved",
        en: "a commitment is resolved at most once, whole, by a payment or a release of the same claim and fund",
        zh: "每笔预占至多核销一次，由同一申领、同一基金的等额拨付或释放核销",
        broken: WRONG_RESOLUTIONS,
    },
    Check {
        name: "subsidy-paid-once",
        en: "the payments of a paid claim sum to its amount, and no other claim has any",
        zh: "已拨付申领的拨付之和等于其金额，其他申领无拨付",
        broken: WRONG_PAYMENTS,
    },
    Check {
        name: "subsidy-clawback",
        en: "what was taken back of a claim is what its payment was reversed by and what became owed",
        zh: "每笔申领的追回金额等于其冲销分录之和与应收款之和",
        broken: WRONG_CLAWBACKS,
    },
    Check {
        name: "subsidy-sources",
        en: "those who carry a claim carry its amount, and each has committed its part",
        zh: "各资金来源之和等于申领金额，且各自已预占其部分",
        broken: WRONG_SOURCES,
    },
    Check {
        name: "subsidy-receivables",
        en: "what is outstanding is what was clawed back without what was netted and what was paid back, and the ledger agrees",
        zh: "尚欠金额等于追回金额减去抵扣与收回金额，且与账簿一致",
        broken: WRONG_RECEIVABLES,
    },
    Check {
        name: "subsidy-reversals",
        en: "what a payment was reversed by belongs to the same claim, and is no more than it was",
        zh: "冲销与原拨付属同一申领，累计不超过原拨付",
        broken: WRONG_REVERSALS,
    },
    Check {
        name: "subsidy-periods",
        en: "what a month moved is the sum of its entries, and no closed month is left out of the order",
        zh: "各会计期间发生额等于其分录之和，且按序结账",
        broken: WRONG_PERIODS,
    },
    Check {
        name: "subsidy-queue",
        en: "what waited for a month to begin was done once, and none is left that a run should have done",
        zh: "等待下一会计期间的事项均只处理一次，且无应处理而遗留的事项",
        broken: WRONG_QUEUE,
    },
    Check {
        name: "subsidy-four-eyes",
        en: "nobody approved a claim they submitted, or other content than they saw",
        zh: "无人审批本人提交的申领，审批内容与所见一致",
        broken: OWN_APPROVALS,
    },
    Check {
        name: "subsidy-approvals",
        en: "nobody approved a claim twice or their own, and what is approved has as many approvals as its scheme asked for",
        zh: "无人重复审批或审批本人提交的申领，已批准的申领达到补贴项目要求的审批人数",
        broken: WRONG_APPROVALS,
    },
    Check {
        name: "subsidy-overrides",
        en: "nobody overrode a check of what they submitted, or alone, and what counts on one was approved by somebody else too",
        zh: "无人对本人提交的申领例外核准或独自核准，相关申领另有未参与者审批",
        broken: WRONG_OVERRIDES,
    },
    Check {
        name: "subsidy-caps",
        en: "what is counted against the cap of an organisation is what its claims come to, without what was released or came back",
        zh: "单位限额的已用金额等于其已批准申领之和减去已释放与已退回金额",
        broken: WRONG_CAPS,
    },
    Check {
        name: "subsidy-evidence",
        en: "every document of a claim is where claims that name it too are looked for",
        zh: "每份佐证材料均可按摘要查重",
        broken: LOST_EVIDENCE,
    },
    Check {
        name: "subsidy-publicity",
        en: "no claim went to the bank before its publicity was over or with an open objection, and nobody decided about their own",
        zh: "公示期未满或有未决异议的申领未进入拨付，无人处理本人提出的异议",
        broken: WRONG_PUBLICITY,
    },
    Check {
        name: "subsidy-batches",
        en: "a claim waits in at most one batch, and a settled batch has no line that waits",
        zh: "每笔申领至多在一个未结批次中，已结批次无未决明细",
        broken: WRONG_BATCHES,
    },
    Check {
        name: "subsidy-batch-totals",
        en: "a batch is what its lines come to, and what was paid of it is what the ledger paid for it",
        zh: "批次合计等于各笔之和，已付款项与账簿拨付一致",
        broken: WRONG_TOTALS,
    },
    Check {
        name: "subsidy-payment-files",
        en: "every line of a file for the bank has an account that a second person had confirmed, and the file is what it was",
        zh: "导出的各笔均有经第二人确认的收款账户，文件与记录一致",
        broken: WRONG_FILES,
    },
    Check {
        name: "subsidy-account-four-eyes",
        en: "nobody confirmed a bank account they proposed",
        zh: "无人确认本人提出的账户",
        broken: OWN_ACCOUNTS,
    },
    Check {
        name: "subsidy-findings",
        en: "nobody confirmed a finding of their own, a sample is as large as it says, and what findings denied was taken back",
        zh: "无人确认本人登记的抽查结论，样本数量与记录一致，经确认的金额均已追回",
        broken: WRONG_FINDINGS,
    },
    Check {
        name: "subsidy-offset-filings",
        en: "nobody decided about a filing of their own for the tax offset, and a year says what its filings and decisions say",
        zh: "无人处理本人提出的抵免申报，各年度状态与其申报及处理记录一致",
        broken: WRONG_OFFSET_FILINGS,
    },
    Check {
        name: "subsidy-offset-statements",
        en: "every offset statement is the confirmed filings run through in the order of their years, and nothing of it is lost",
        zh: "各企业抵免台账等于按年度顺序累计的已确认申报，无遗漏",
        broken: WRONG_OFFSET_STATEMENTS,
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
    WRONG_BUDGETS = "WITH RECURSIVE line (fund_id, above_id) AS (SELECT fund_id, fund_id FROM subsidy_fund UNION ALL SELECT l.fund_id, f.parent_id FROM line l JOIN subsidy_fund f ON f.fund_id = l.above_id WHERE f.parent_id IS NOT NULL) SELECT CAST(b.fund_id AS TEXT) FROM subsidy_budget b LEFT JOIN line l ON l.above_id = b.fund_id LEFT JOIN subsidy_ledger_account a ON a.fund_id = l.fund_id GROUP BY b.fund_id, b.appropriated, b.committed, b.paid HAVING b.appropriated - b.committed - b.paid < 0 OR COALESCE(SUM(CASE WHEN a.kind = 'appropriation' AND a.fund_id = b.fund_id THEN a.credits - a.debits ELSE 0 END), 0) <> b.appropriated OR COALESCE(SUM(CASE WHEN a.fund_id <> b.fund_id OR a.kind IN ('payee', 'receivable', 'bank') THEN 0 ELSE a.credits - a.debits END), 0) <> 0 OR COALESCE(SUM(CASE WHEN a.kind = 'committed' THEN a.debits - a.credits ELSE 0 END), 0) <> b.committed OR COALESCE(SUM(CASE WHEN a.kind = 'paid' THEN a.debits - a.credits ELSE 0 END), 0) <> b.paid UNION ALL SELECT CAST(f.fund_id AS TEXT) || ' was given more than the fund above it' FROM subsidy_fund f JOIN subsidy_budget b ON b.fund_id = f.fund_id JOIN subsidy_budget p ON p.fund_id = f.parent_id WHERE b.appropriated > p.appropriated LIMIT 100";
    WRONG_COMMITMENTS = "SELECT CAST(c.claim_id AS TEXT) || ' ' || c.state FROM subsidy_claim c LEFT JOIN subsidy_ledger_transaction t ON t.claim_id = c.claim_id AND t.kind = 'commitment' LEFT JOIN subsidy_ledger_transaction r ON r.resolves = t.transaction_id GROUP BY c.claim_id, c.state, c.amount HAVING COALESCE(SUM(CASE WHEN r.transaction_id IS NULL THEN t.amount ELSE 0 END), 0) <> CASE WHEN c.state = 'approved' THEN c.amount ELSE 0 END UNION ALL SELECT 'committed of ' || CAST(a.fund_id AS TEXT) FROM (SELECT fund_id, SUM(debits - credits) AS held FROM subsidy_ledger_account WHERE kind = 'committed' GROUP BY fund_id) a LEFT JOIN (SELECT t.fund_id, SUM(t.amount) AS pending FROM subsidy_ledger_transaction t LEFT JOIN subsidy_ledger_transaction r ON r.resolves = t.transaction_id WHERE t.kind = 'commitment' AND r.transaction_id IS NULL GROUP BY t.fund_id) p ON p.fund_id = a.fund_id WHERE a.held <> COALESCE(p.pending, 0) LIMIT 100";
    WRONG_RESOLUTIONS = "SELECT CAST(t.transaction_id AS TEXT) || ' resolves ' || CAST(t.resolves AS TEXT) FROM subsidy_ledger_transaction t LEFT JOIN subsidy_ledger_transaction o ON o.transaction_id = t.resolves WHERE t.resolves IS NOT NULL AND (o.transaction_id IS NULL OR o.kind <> 'commitment' OR o.claim_id <> t.claim_id OR o.fund_id <> t.fund_id OR o.amount <> t.amount) UNION ALL SELECT CAST(resolves AS TEXT) || ' is resolved more than once' FROM subsidy_ledger_transaction WHERE resolves IS NOT NULL GROUP BY resolves HAVING COUNT(*) > 1 UNION ALL SELECT CAST(transaction_id AS TEXT) || ' ' || kind || ' resolves nothing' FROM subsidy_ledger_transaction WHERE kind IN ('payment', 'release') AND resolves IS NULL UNION ALL SELECT CAST(t.transaction_id AS TEXT) || ' is of another amount than its entries' FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE e.amount > t.amount OR (e.amount < t.amount AND (t.kind <> 'payment' OR a.kind NOT IN ('payee', 'bank'))) LIMIT 100";
    WRONG_PAYMENTS = "SELECT CAST(c.claim_id AS TEXT) || ' ' || c.state FROM subsidy_claim c LEFT JOIN subsidy_ledger_transaction t ON t.claim_id = c.claim_id AND t.kind IN ('payment', 'netting') LEFT JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id AND e.side = 'debit' LEFT JOIN subsidy_ledger_account a ON a.account_id = e.account_id AND a.kind = 'payee' GROUP BY c.claim_id, c.state, c.amount HAVING COALESCE(SUM(CASE WHEN a.kind = 'payee' THEN e.amount ELSE 0 END), 0) <> CASE WHEN c.state IN ('paid', 'clawed_back') THEN c.amount ELSE 0 END LIMIT 100";
    WRONG_CLAWBACKS = "SELECT CAST(c.claim_id AS TEXT) FROM subsidy_claim c LEFT JOIN (SELECT claim_id, SUM(amount) AS owed FROM subsidy_receivable GROUP BY claim_id) r ON r.claim_id = c.claim_id LEFT JOIN (SELECT t.claim_id, SUM(t.amount) AS reversed FROM subsidy_ledger_transaction t JOIN subsidy_ledger_transaction p ON p.transaction_id = t.reverses AND p.kind = 'payment' AND p.claim_id = t.claim_id WHERE t.kind = 'clawback' GROUP BY t.claim_id) b ON b.claim_id = c.claim_id WHERE c.clawed_back <> COALESCE(r.owed, 0) OR c.clawed_back <> COALESCE(b.reversed, 0) OR (c.state = 'clawed_back') <> (c.clawed_back = c.amount) UNION ALL SELECT CAST(r.receivable_id AS TEXT) FROM subsidy_receivable r LEFT JOIN subsidy_claim c ON c.claim_id = r.claim_id WHERE c.claim_id IS NULL OR c.fund_id IS NULL OR r.debtor_id <> c.beneficiary_id UNION ALL SELECT CAST(COALESCE(r.claim_id, b.claim_id) AS TEXT) || ' of ' || CAST(COALESCE(r.fund_id, b.fund_id) AS TEXT) FROM (SELECT claim_id, fund_id, SUM(amount) AS owed FROM subsidy_receivable GROUP BY claim_id, fund_id) r FULL JOIN (SELECT t.claim_id, t.fund_id, SUM(t.amount) AS reversed FROM subsidy_ledger_transaction t JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE t.kind = 'clawback' GROUP BY t.claim_id, t.fund_id) b ON b.claim_id = r.claim_id AND b.fund_id = r.fund_id WHERE COALESCE(r.owed, 0) <> COALESCE(b.reversed, 0) LIMIT 100";
    /// Against the claim, and against what was committed for it: by each who carries it, or by its fund alone.
    WRONG_SOURCES = "SELECT CAST(s.claim_id AS TEXT) FROM subsidy_claim_source s LEFT JOIN subsidy_claim c ON c.claim_id = s.claim_id GROUP BY s.claim_id, c.amount, c.approved_by HAVING c.amount IS NULL OR c.approved_by IS NULL OR SUM(s.amount) <> c.amount OR MIN(s.position) <> 1 OR MAX(s.position) <> COUNT(*) UNION ALL SELECT CAST(w.claim_id AS TEXT) || ' of ' || COALESCE(CAST(w.fund_id AS TEXT), 'no fund') FROM (SELECT c.claim_id, COALESCE(s.fund_id, c.fund_id) AS fund_id, COALESCE(s.amount, c.amount) AS amount FROM subsidy_claim c LEFT JOIN subsidy_claim_source s ON s.claim_id = c.claim_id WHERE c.approved_by IS NOT NULL UNION ALL SELECT t.claim_id, t.fund_id, -t.amount FROM subsidy_ledger_transaction t JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE t.kind = 'commitment') w GROUP BY w.claim_id, w.fund_id HAVING SUM(w.amount) <> 0 UNION ALL SELECT CAST(f.fund_id AS TEXT) FROM subsidy_fund f LEFT JOIN subsidy_fund p ON p.fund_id = f.parent_id WHERE (f.owner_id IS NULL) <> (f.kind = 'co-funding') OR (p.fund_id IS NOT NULL AND (f.owner_id IS NOT NULL OR p.owner_id IS NOT NULL)) LIMIT 100";
    /// What a reversal takes back is what some account was given.
    WRONG_REVERSALS = "SELECT CAST(t.transaction_id AS TEXT) || ' reverses ' || CAST(t.reverses AS TEXT) FROM subsidy_ledger_transaction t LEFT JOIN subsidy_ledger_transaction o ON o.transaction_id = t.reverses WHERE t.reverses IS NOT NULL AND (o.transaction_id IS NULL OR o.kind <> 'payment' OR o.claim_id IS NULL OR o.claim_id <> t.claim_id OR o.fund_id <> t.fund_id OR NOT EXISTS (SELECT 1 FROM subsidy_ledger_entry e JOIN subsidy_ledger_entry f ON f.account_id = e.account_id AND f.side = 'debit' JOIN subsidy_ledger_transaction g ON g.transaction_id = f.transaction_id AND g.claim_id = o.claim_id AND g.kind IN ('payment', 'netting') WHERE e.transaction_id = t.transaction_id AND e.side = 'credit')) UNION ALL SELECT CAST(o.transaction_id AS TEXT) || ' is reversed by ' || CAST(SUM(t.amount) AS TEXT) || ' fen' FROM subsidy_ledger_transaction o JOIN subsidy_ledger_transaction t ON t.reverses = o.transaction_id LEFT JOIN subsidy_ledger_reversal r ON r.transaction_id = o.transaction_id GROUP BY o.transaction_id, o.amount, r.amount, r.reversed HAVING SUM(t.amount) > o.amount OR r.amount IS NULL OR r.amount <> o.amount OR r.reversed <> SUM(t.amount) UNION ALL SELECT CAST(r.transaction_id AS TEXT) || ' is reversed by nothing' FROM subsidy_ledger_reversal r WHERE NOT EXISTS (SELECT 1 FROM subsidy_ledger_transaction t WHERE t.reverses = r.transaction_id) LIMIT 100";
    /// Receivables against their nettings and recoveries, against the ledger's accounts, and nettings against their lines.
    WRONG_RECEIVABLES = "SELECT CAST(r.receivable_id AS TEXT) FROM subsidy_receivable r LEFT JOIN (SELECT receivable_id, SUM(amount) AS amount FROM subsidy_netting WHERE state <> 'undone' GROUP BY receivable_id) n ON n.receivable_id = r.receivable_id LEFT JOIN (SELECT receivable_id, SUM(amount) AS amount FROM subsidy_recovery GROUP BY receivable_id) v ON v.receivable_id = r.receivable_id WHERE r.netted <> COALESCE(n.amount, 0) OR r.recovered <> COALESCE(v.amount, 0) OR r.outstanding <> r.amount - COALESCE(n.amount, 0) - COALESCE(v.amount, 0) UNION ALL SELECT COALESCE(a.party, o.party) || ' ' || COALESCE(a.scheme_code, o.scheme_code) FROM (SELECT a.fund_id, a.party, a.scheme_code, a.stage, SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE -e.amount END) AS owed FROM subsidy_ledger_account a JOIN subsidy_ledger_entry e ON e.account_id = a.account_id JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id JOIN subsidy_claim c ON c.claim_id = t.claim_id WHERE a.kind = 'receivable' GROUP BY a.fund_id, a.party, a.scheme_code, a.stage) a FULL JOIN (SELECT r.fund_id, 'organisations/' || CAST(r.debtor_id AS TEXT) AS party, c.scheme_code, c.stage, SUM(r.outstanding + COALESCE(p.amount, 0)) AS owed FROM subsidy_receivable r JOIN subsidy_claim c ON c.claim_id = r.claim_id LEFT JOIN (SELECT receivable_id, SUM(amount) AS amount FROM subsidy_netting WHERE state = 'pending' GROUP BY receivable_id) p ON p.receivable_id = r.receivable_id GROUP BY r.fund_id, r.debtor_id, c.scheme_code, c.stage) o ON o.fund_id = a.fund_id AND o.party = a.party AND o.scheme_code = a.scheme_code AND o.stage = a.stage WHERE COALESCE(a.owed, 0) <> COALESCE(o.owed, 0) UNION ALL SELECT CAST(n.batch_id AS TEXT) || ' ' || CAST(n.claim_id AS TEXT) FROM subsidy_netting n LEFT JOIN subsidy_payment_line l ON l.batch_id = n.batch_id AND l.claim_id = n.claim_id GROUP BY n.batch_id, n.claim_id, l.state, l.netted HAVING l.state IS NULL OR SUM(n.amount) <> l.netted OR MIN(n.state) <> MAX(n.state) OR (l.state = 'pending') <> (MIN(n.state) = 'pending') OR (l.state = 'paid') <> (MIN(n.state) = 'posted') LIMIT 100";
    WRONG_PERIODS = "SELECT COALESCE(k.period, s.period) || ' ' || COALESCE(k.kind, s.kind) FROM subsidy_period_total k FULL JOIN (SELECT t.period, a.kind, SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE 0 END) AS debits, SUM(CASE WHEN e.side = 'credit' THEN e.amount ELSE 0 END) AS credits FROM subsidy_ledger_entry e JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id GROUP BY t.period, a.kind) s ON s.period = k.period AND s.kind = k.kind WHERE k.period IS NULL OR s.period IS NULL OR k.debits <> s.debits OR k.credits <> s.credits UNION ALL SELECT t.period || ' is open before the closed month ' || h.closed_through FROM (SELECT DISTINCT period FROM subsidy_period_total) t JOIN subsidy_ledger_head h ON t.period <= h.closed_through WHERE NOT EXISTS (SELECT 1 FROM subsidy_period p WHERE p.period = t.period) UNION ALL SELECT 'the log is closed through ' || h.closed_through FROM subsidy_ledger_head h WHERE h.closed_through <> COALESCE((SELECT MAX(period) FROM subsidy_period), '') LIMIT 100";
    /// Queued results against their lines and the ledger, and what is left against the last run that could have done it. That is
    /// one for a later day than its own: of runs that overlap, or go on past midnight, the last page does not know on which day
    /// its first was.
    WRONG_QUEUE = "SELECT CAST(q.batch_id AS TEXT) || ' ' || CAST(q.claim_id AS TEXT) FROM subsidy_queued_result q LEFT JOIN subsidy_payment_line l ON l.batch_id = q.batch_id AND l.claim_id = q.claim_id WHERE l.state IS NULL OR (q.booked_at IS NULL) <> (l.state = 'pending') OR (q.booked_at IS NOT NULL AND (l.bank_reference <> q.bank_reference OR l.state <> CASE WHEN q.paid THEN 'paid' ELSE 'failed' END)) UNION ALL SELECT CAST(q.claim_id AS TEXT) || ' was booked more than once' FROM subsidy_queued_result q JOIN subsidy_ledger_transaction t ON t.claim_id = q.claim_id AND t.batch_id = q.batch_id AND t.kind = 'payment' GROUP BY q.claim_id, t.fund_id HAVING COUNT(*) > 1 UNION ALL SELECT CAST(q.claim_id AS TEXT) || ' still waits' FROM subsidy_queued_result q JOIN subsidy_accrual_run r ON r.done_through > q.opens_on WHERE q.booked_at IS NULL UNION ALL SELECT CAST(a.person_id AS TEXT) || ' still waits' FROM subsidy_agenda a JOIN subsidy_accrual_run r ON r.done_through > a.due_on WHERE a.put_off <> '' LIMIT 100";
    OWN_APPROVALS = "SELECT CAST(claim_id AS TEXT) FROM subsidy_claim WHERE approved_by = submitted_by OR approved_hash <> content_hash OR (state IN ('approved', 'paid', 'clawed_back') AND (approved_by IS NULL OR approved_hash IS NULL OR submitted_by IS NULL)) LIMIT 100";
    /// Claims that were approved before approvals were kept have none.
    WRONG_APPROVALS = "SELECT CAST(a.claim_id AS TEXT) || ' by ' || a.approved_by FROM subsidy_claim_approval a LEFT JOIN subsidy_claim c ON c.claim_id = a.claim_id WHERE c.claim_id IS NULL OR c.submitted_by IS NULL OR a.approved_by = c.submitted_by OR a.submitted_by <> c.submitted_by OR a.content_hash <> c.content_hash UNION ALL SELECT CAST(claim_id AS TEXT) || ' twice by ' || approved_by FROM subsidy_claim_approval GROUP BY claim_id, approved_by HAVING COUNT(*) > 1 UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' ' || c.state FROM subsidy_claim c JOIN subsidy_claim_approval a ON a.claim_id = c.claim_id GROUP BY c.claim_id, c.state, c.approved_by HAVING (c.state IN ('approved', 'paid', 'clawed_back') AND (COUNT(*) <> MAX(a.needed) OR COUNT(*) FILTER (WHERE a.approved_by = c.approved_by) = 0)) OR (c.state = 'checked' AND COUNT(*) >= MAX(a.needed)) OR c.state IN ('accrued', 'submitted') LIMIT 100";
    WRONG_CAPS = "SELECT s.scheme_code || ' ' || CAST(s.organisation_id AS TEXT) || ' ' || CAST(s.year AS TEXT) FROM subsidy_cap s WHERE s.used <> COALESCE((SELECT SUM(c.amount - COALESCE((SELECT SUM(r.recovered) FROM subsidy_receivable r WHERE r.claim_id = c.claim_id), 0) - COALESCE((SELECT SUM(n.amount) FROM subsidy_netting n JOIN subsidy_receivable r ON r.receivable_id = n.receivable_id WHERE r.claim_id = c.claim_id AND n.state = 'posted'), 0)) FROM subsidy_claim c WHERE c.scheme_code = s.scheme_code AND c.beneficiary_id = s.organisation_id AND c.state IN ('approved', 'paid', 'clawed_back') AND (s.year = 0 OR s.year = CAST(SUBSTR(CAST(c.earned_on AS TEXT), 1, 4) AS BIGINT))), 0) LIMIT 100";
    WRONG_OVERRIDES = "SELECT CAST(o.override_id AS TEXT) FROM subsidy_check_override o LEFT JOIN subsidy_claim c ON c.claim_id = o.claim_id WHERE c.claim_id IS NULL OR c.submitted_by IS NULL OR o.submitted_by <> c.submitted_by OR o.requested_by = c.submitted_by OR o.confirmed_by = o.requested_by OR o.confirmed_by = c.submitted_by UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' ' || c.state FROM subsidy_claim c WHERE c.overrides <> '[]' AND NOT EXISTS (SELECT 1 FROM subsidy_check_override o WHERE o.claim_id = c.claim_id AND o.confirmed_by IS NOT NULL) UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' by nobody else' FROM subsidy_claim c WHERE c.overrides <> '[]' AND c.state IN ('approved', 'paid', 'clawed_back') AND NOT EXISTS (SELECT 1 FROM subsidy_claim_approval a WHERE a.claim_id = c.claim_id AND NOT EXISTS (SELECT 1 FROM subsidy_check_override o WHERE o.claim_id = c.claim_id AND (a.approved_by = o.requested_by OR a.approved_by = o.confirmed_by))) LIMIT 100";
    LOST_EVIDENCE = {
        postgres: "SELECT CAST(COALESCE(c.claim_id, d.claim_id) AS TEXT) || ' ' || COALESCE(c.code, d.code) FROM (SELECT c.claim_id, e->>'code' AS code, e->>'sha256' AS sha256 FROM subsidy_claim c, jsonb_array_elements(CAST(c.evidence AS JSONB)) AS documents (e)) c FULL JOIN subsidy_claim_evidence d ON d.claim_id = c.claim_id AND d.code = c.code WHERE c.claim_id IS NULL OR d.claim_id IS NULL OR c.sha256 <> d.sha256 LIMIT 100",
        sqlite: "SELECT COALESCE(c.claim_id, d.claim_id) || ' ' || COALESCE(c.code, d.code) FROM (SELECT c.claim_id, e.value->>'code' AS code, e.value->>'sha256' AS sha256 FROM subsidy_claim c, jsonb_each(c.evidence) AS e) c FULL JOIN subsidy_claim_evidence d ON d.claim_id = c.claim_id AND d.code = c.code WHERE c.claim_id IS NULL OR d.claim_id IS NULL OR c.sha256 <> d.sha256 LIMIT 100",
        reason: "neither engine reads the other's form of a JSON array",
    };
    WRONG_PUBLICITY = {
        postgres: "SELECT CAST(l.claim_id AS TEXT) || ' was in ' || CAST(l.batch_id AS TEXT) || ' in its publicity' FROM subsidy_payment_line l JOIN subsidy_payment_batch b ON b.batch_id = l.batch_id JOIN subsidy_claim c ON c.claim_id = l.claim_id WHERE c.publicity_end_date >= CAST(b.created_at AT TIME ZONE 'Asia/Shanghai' AS DATE) UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' has other objections than it counts' FROM subsidy_claim c LEFT JOIN subsidy_claim_objection o ON o.claim_id = c.claim_id AND o.state = 'open' GROUP BY c.claim_id, c.open_objections HAVING COUNT(o.objection_id) <> c.open_objections UNION ALL SELECT CAST(o.objection_id AS TEXT) FROM subsidy_claim_objection o LEFT JOIN subsidy_claim c ON c.claim_id = o.claim_id WHERE c.claim_id IS NULL OR o.resolved_by = o.objected_by OR (o.state = 'open' AND (c.batch_id IS NOT NULL OR c.state IN ('paid', 'clawed_back'))) OR (o.state = 'upheld' AND c.state <> 'rejected') LIMIT 100",
        sqlite: "SELECT l.claim_id || ' was in ' || l.batch_id || ' in its publicity' FROM subsidy_payment_line l JOIN subsidy_payment_batch b ON b.batch_id = l.batch_id JOIN subsidy_claim c ON c.claim_id = l.claim_id WHERE c.publicity_end_date >= date(b.created_at, '+8 hours') UNION ALL SELECT c.claim_id || ' has other objections than it counts' FROM subsidy_claim c LEFT JOIN subsidy_claim_objection o ON o.claim_id = c.claim_id AND o.state = 'open' GROUP BY c.claim_id, c.open_objections HAVING COUNT(o.objection_id) <> c.open_objections UNION ALL SELECT o.objection_id FROM subsidy_claim_objection o LEFT JOIN subsidy_claim c ON c.claim_id = o.claim_id WHERE c.claim_id IS NULL OR o.resolved_by = o.objected_by OR (o.state = 'open' AND (c.batch_id IS NOT NULL OR c.state IN ('paid', 'clawed_back'))) OR (o.state = 'upheld' AND c.state <> 'rejected') LIMIT 100",
        reason: "each engine has its own way to tell the local day of an instant",
    };
    WRONG_BATCHES = "SELECT CAST(l.batch_id AS TEXT) || ' ' || CAST(l.claim_id AS TEXT) FROM subsidy_payment_line l JOIN subsidy_payment_batch b ON b.batch_id = l.batch_id LEFT JOIN subsidy_claim c ON c.claim_id = l.claim_id WHERE (l.state = 'pending' AND (b.state <> 'open' OR c.state IS NULL OR c.state <> 'approved' OR c.batch_id IS NULL OR c.batch_id <> l.batch_id)) OR (l.state = 'paid' AND (c.state IS NULL OR c.state NOT IN ('paid', 'clawed_back') OR c.batch_id <> l.batch_id)) UNION ALL SELECT CAST(c.claim_id AS TEXT) || ' is in no line' FROM subsidy_claim c WHERE c.batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subsidy_payment_line l WHERE l.claim_id = c.claim_id AND l.batch_id = c.batch_id) LIMIT 100";
    /// A batch's own figures, its lines, and the ledger's payments by batch.
    WRONG_TOTALS = "SELECT CAST(b.batch_id AS TEXT) || ' ' || b.state FROM subsidy_payment_batch b LEFT JOIN subsidy_payment_line l ON l.batch_id = b.batch_id GROUP BY b.batch_id, b.state, b.total, b.lines, b.netted HAVING COUNT(l.claim_id) <> b.lines OR COALESCE(SUM(l.amount), 0) <> b.total OR COALESCE(SUM(l.netted), 0) <> b.netted OR (b.state = 'settled') <> (COUNT(*) FILTER (WHERE l.state = 'pending') = 0) OR COALESCE(SUM(l.amount) FILTER (WHERE l.state = 'paid'), 0) <> (SELECT COALESCE(SUM(e.amount), 0) FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id AND e.side = 'debit' JOIN subsidy_ledger_account a ON a.account_id = e.account_id AND a.kind = 'payee' WHERE t.batch_id = b.batch_id AND t.kind IN ('payment', 'netting')) LIMIT 100";
    WRONG_FILES = "SELECT CAST(x.batch_id AS TEXT) || ' ' || x.format || ' ' || CAST(l.claim_id AS TEXT) FROM subsidy_payment_export x JOIN subsidy_payment_line l ON l.batch_id = x.batch_id LEFT JOIN subsidy_bank_account a ON a.bank_account_id = l.bank_account_id LEFT JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = l.bank_account_id WHERE a.bank_account_id IS NULL OR f.bank_account_id IS NULL OR a.owner_id <> l.beneficiary_id OR f.confirmed_at > x.exported_at UNION ALL SELECT CAST(x.batch_id AS TEXT) || ' ' || x.format FROM subsidy_payment_export x JOIN subsidy_payment_batch b ON b.batch_id = x.batch_id LEFT JOIN subsidy_bank_account a ON a.bank_account_id = x.bank_account_id AND a.owner_id = b.fund_id LEFT JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = x.bank_account_id WHERE x.lines <> (SELECT COUNT(*) FROM subsidy_payment_line l WHERE l.batch_id = b.batch_id AND l.amount > l.netted) OR x.total <> b.total - b.netted OR a.bank_account_id IS NULL OR f.bank_account_id IS NULL LIMIT 100";
    OWN_ACCOUNTS = "SELECT CAST(f.bank_account_id AS TEXT) FROM subsidy_bank_account_confirmation f LEFT JOIN subsidy_bank_account a ON a.bank_account_id = f.bank_account_id WHERE a.bank_account_id IS NULL OR a.proposed_by = f.confirmed_by OR a.proposed_by <> f.proposed_by LIMIT 100";
    WRONG_FINDINGS = "SELECT CAST(item_id AS TEXT) FROM subsidy_sample_item WHERE confirmed_by = found_by OR (confirmed_by IS NOT NULL AND found_by IS NULL) UNION ALL SELECT CAST(s.sample_id AS TEXT) FROM subsidy_sample s LEFT JOIN subsidy_sample_item i ON i.sample_id = s.sample_id GROUP BY s.sample_id, s.size HAVING COUNT(i.item_id) <> s.size UNION ALL SELECT CAST(c.claim_id AS TEXT) FROM subsidy_claim c LEFT JOIN (SELECT claim_id, SUM(amount) AS amount FROM subsidy_sample_item WHERE confirmed_by IS NOT NULL GROUP BY claim_id) f ON f.claim_id = c.claim_id WHERE c.denied <> COALESCE(f.amount, 0) LIMIT 100";
    WRONG_OFFSET_FILINGS = "SELECT CAST(d.offset_year_id AS TEXT) || ' ' || CAST(d.revision AS TEXT) || ' by ' || d.decided_by FROM subsidy_offset_decision d LEFT JOIN subsidy_offset_filing f ON f.offset_year_id = d.offset_year_id AND f.revision = d.revision WHERE f.filed_by IS NULL OR f.filed_by = d.decided_by OR f.filed_by <> d.filed_by UNION ALL SELECT CAST(y.offset_year_id AS TEXT) || ' ' || y.state FROM subsidy_offset_year y LEFT JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id LEFT JOIN subsidy_offset_decision d ON d.offset_year_id = f.offset_year_id AND d.revision = f.revision GROUP BY y.offset_year_id, y.state, y.revision, y.confirmed_revision HAVING COUNT(f.revision) <> y.revision OR MAX(f.revision) <> y.revision OR COALESCE(MAX(CASE WHEN d.verdict = 'confirmed' THEN d.revision END), 0) <> y.confirmed_revision OR COALESCE(MAX(CASE WHEN d.revision = y.revision THEN d.verdict END), 'filed') <> y.state LIMIT 100";
    /// The fold of the confirmed filings, year by year, against what each year says.
    WRONG_OFFSET_STATEMENTS = "SELECT CAST(w.offset_year_id AS TEXT) || ' ' || CAST(w.year AS TEXT) FROM (SELECT y.offset_year_id, y.year, y.brought, y.credit, y.used, y.carried, f.surcharges, d.credit AS granted, COALESCE(LAG(y.carried) OVER (PARTITION BY y.enterprise_id ORDER BY y.year), 0) AS before FROM subsidy_offset_year y LEFT JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.confirmed_revision LEFT JOIN subsidy_offset_decision d ON d.offset_year_id = y.offset_year_id AND d.revision = y.confirmed_revision AND d.verdict = 'confirmed' WHERE y.confirmed_revision > 0) w WHERE w.surcharges IS NULL OR w.granted IS NULL OR w.brought <> w.before OR w.credit <> w.granted OR w.used <> CASE WHEN w.brought + w.credit < w.surcharges THEN w.brought + w.credit ELSE w.surcharges END OR w.carried <> w.brought + w.credit - w.used UNION ALL SELECT CAST(y.offset_year_id AS TEXT) || ' is not confirmed' FROM subsidy_offset_year y WHERE y.confirmed_revision = 0 AND (y.brought <> 0 OR y.credit <> 0 OR y.used <> 0 OR y.carried <> 0) LIMIT 100";
    AGENDA_OF_NOBODY = "SELECT CAST(a.person_id AS TEXT) FROM subsidy_agenda a WHERE NOT EXISTS (SELECT 1 FROM subsidy_fact f WHERE f.person_id = a.person_id) LIMIT 100";
    DUE_TWICE = "SELECT CAST(person_id AS TEXT) || ' ' || scheme_code || ' ' || occasion FROM subsidy_claim WHERE state = 'accrued' GROUP BY person_id, scheme_code, occasion, stage HAVING COUNT(*) > 1 LIMIT 100";
}
