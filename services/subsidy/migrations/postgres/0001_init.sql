-- expand
-- What the directory says of an organisation; an empty kind while it has said nothing.
CREATE TABLE subsidy_organisation (
    organisation_id    UUID PRIMARY KEY,
    kind               TEXT NOT NULL,
    integration_listed BOOLEAN NOT NULL
);

-- One row per person, locked while that person's claims are derived anew.
CREATE TABLE subsidy_person (
    person_id UUID PRIMARY KEY,
    changes   BIGINT NOT NULL
);

-- What happened, as the events told it; never changed. A later event about the same resource supersedes
-- an earlier one by its version.
CREATE TABLE subsidy_fact (
    fact_key        TEXT PRIMARY KEY,
    person_id       UUID NOT NULL,
    kind            TEXT NOT NULL,
    resource        TEXT NOT NULL,
    version         BIGINT NOT NULL,
    event_type      TEXT NOT NULL,
    subject         TEXT NOT NULL,
    day             DATE NOT NULL,
    end_day         DATE,
    organisation_id UUID,
    counterpart_id  UUID,
    other_person_id UUID,
    quantity        BIGINT NOT NULL,
    share_percent   BIGINT NOT NULL,
    detail          TEXT NOT NULL,
    withdrawn       BOOLEAN NOT NULL,
    received_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX subsidy_fact_person ON subsidy_fact (person_id);
CREATE INDEX subsidy_fact_organisation ON subsidy_fact (organisation_id);
CREATE INDEX subsidy_fact_counterpart ON subsidy_fact (counterpart_id);
CREATE INDEX subsidy_fact_pairing ON subsidy_fact (resource) WHERE kind = 'paired';
CREATE TRIGGER subsidy_fact_append_only BEFORE UPDATE OR DELETE ON subsidy_fact FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_fact_no_truncate BEFORE TRUNCATE ON subsidy_fact FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE subsidy_fund (
    fund_id      UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    code         TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    batches      BIGINT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);

-- What is available is never stored: it follows, and is never below zero.
CREATE TABLE subsidy_budget (
    fund_id      UUID PRIMARY KEY,
    appropriated BIGINT NOT NULL CHECK (appropriated >= 0),
    committed    BIGINT NOT NULL CHECK (committed >= 0),
    paid         BIGINT NOT NULL CHECK (paid >= 0),
    CHECK (appropriated - committed - paid >= 0)
);

CREATE TABLE subsidy_claim (
    claim_id       UUID PRIMARY KEY,
    version        BIGINT NOT NULL,
    scheme_code    TEXT NOT NULL,
    scheme_version BIGINT NOT NULL,
    scheme_digest  TEXT NOT NULL,
    fund_code      TEXT NOT NULL,
    fund_id        UUID,
    person_id      UUID NOT NULL,
    beneficiary_id UUID NOT NULL,
    occasion       TEXT NOT NULL,
    stage          BIGINT NOT NULL CHECK (stage > 0),
    part           BIGINT NOT NULL CHECK (part > 0),
    amount         BIGINT NOT NULL CHECK (amount > 0),
    earned_on      DATE NOT NULL,
    facts          TEXT NOT NULL,
    state          TEXT NOT NULL,
    content_hash   TEXT NOT NULL,
    submitted_by   TEXT,
    approved_by    TEXT,
    approved_hash  TEXT,
    checks         TEXT NOT NULL,
    batch_id       UUID,
    reconsider     BOOLEAN NOT NULL,
    reason         TEXT,
    ended_by       TEXT,
    created_at     TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL,
    UNIQUE (person_id, scheme_code, occasion, stage, part),
    CHECK (approved_by IS NULL OR approved_by <> submitted_by),
    CHECK (approved_hash IS NULL OR approved_hash = content_hash),
    CHECK (state NOT IN ('approved', 'paid', 'clawed_back') OR (approved_by IS NOT NULL AND approved_hash IS NOT NULL AND submitted_by IS NOT NULL)),
    CHECK (state IN ('accrued', 'voided') OR fund_id IS NOT NULL)
);
CREATE UNIQUE INDEX subsidy_claim_one_accrued ON subsidy_claim (person_id, scheme_code, occasion, stage) WHERE state = 'accrued';
CREATE INDEX subsidy_claim_beneficiary ON subsidy_claim (beneficiary_id, claim_id);
CREATE INDEX subsidy_claim_state ON subsidy_claim (state, claim_id);
CREATE INDEX subsidy_claim_payable ON subsidy_claim (fund_id, claim_id) WHERE state = 'approved' AND batch_id IS NULL;
CREATE INDEX subsidy_claim_batch ON subsidy_claim (batch_id) WHERE batch_id IS NOT NULL;

-- Balances are kept in the transaction that posts; the checks hold each account to its normal side.
CREATE TABLE subsidy_ledger_account (
    account_id UUID PRIMARY KEY,
    fund_id    UUID NOT NULL,
    kind       TEXT NOT NULL,
    party      TEXT NOT NULL,
    debits     BIGINT NOT NULL CHECK (debits >= 0),
    credits    BIGINT NOT NULL CHECK (credits >= 0),
    UNIQUE (fund_id, kind, party),
    CHECK ((kind IN ('appropriation', 'bank') AND credits >= debits) OR (kind NOT IN ('appropriation', 'bank') AND debits >= credits))
);

CREATE TABLE subsidy_ledger_transaction (
    transaction_id UUID PRIMARY KEY,
    fund_id        UUID NOT NULL,
    kind           TEXT NOT NULL,
    claim_id       UUID,
    batch_id       UUID,
    cause          TEXT NOT NULL,
    rule           TEXT NOT NULL,
    reverses       UUID UNIQUE,
    posted_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX subsidy_ledger_transaction_claim ON subsidy_ledger_transaction (claim_id, kind);
CREATE UNIQUE INDEX subsidy_ledger_transaction_paid_once ON subsidy_ledger_transaction (claim_id) WHERE kind = 'payment';
CREATE TRIGGER subsidy_ledger_transaction_append_only BEFORE UPDATE OR DELETE ON subsidy_ledger_transaction FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_transaction_no_truncate BEFORE TRUNCATE ON subsidy_ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE subsidy_ledger_entry (
    entry_id       UUID PRIMARY KEY,
    transaction_id UUID NOT NULL,
    account_id     UUID NOT NULL,
    side           TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
    amount         BIGINT NOT NULL CHECK (amount > 0)
);
CREATE INDEX subsidy_ledger_entry_transaction ON subsidy_ledger_entry (transaction_id);
CREATE INDEX subsidy_ledger_entry_account ON subsidy_ledger_entry (account_id);
CREATE TRIGGER subsidy_ledger_entry_append_only BEFORE UPDATE OR DELETE ON subsidy_ledger_entry FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_entry_no_truncate BEFORE TRUNCATE ON subsidy_ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE subsidy_payment_batch (
    batch_id   UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    changes    BIGINT NOT NULL,
    fund_id    UUID NOT NULL,
    state      TEXT NOT NULL,
    total      BIGINT NOT NULL CHECK (total > 0),
    lines      BIGINT NOT NULL CHECK (lines > 0),
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE subsidy_payment_line (
    batch_id       UUID NOT NULL,
    claim_id       UUID NOT NULL,
    beneficiary_id UUID NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    state          TEXT NOT NULL,
    bank_reference TEXT,
    failure_reason TEXT,
    updated_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (batch_id, claim_id),
    CHECK (state = 'pending' OR bank_reference IS NOT NULL)
);
CREATE UNIQUE INDEX subsidy_payment_line_one_open ON subsidy_payment_line (claim_id) WHERE state = 'pending';
CREATE UNIQUE INDEX subsidy_payment_line_paid_once ON subsidy_payment_line (claim_id) WHERE state = 'paid';

CREATE TABLE subsidy_receivable (
    receivable_id UUID PRIMARY KEY,
    version       BIGINT NOT NULL,
    fund_id       UUID NOT NULL,
    debtor_id     UUID NOT NULL,
    claim_id      UUID NOT NULL UNIQUE,
    amount        BIGINT NOT NULL CHECK (amount > 0),
    outstanding   BIGINT NOT NULL CHECK (outstanding BETWEEN 0 AND amount),
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX subsidy_receivable_debtor ON subsidy_receivable (debtor_id, receivable_id);

CREATE VIEW v_ledger_entry AS
    SELECT CAST(e.entry_id AS TEXT) AS entry_id, CAST(e.transaction_id AS TEXT) AS transaction_id, t.kind AS transaction_kind,
           CAST(t.fund_id AS TEXT) AS fund_id, a.kind AS account_kind, a.party, e.side, e.amount,
           CAST(t.claim_id AS TEXT) AS claim_id, CAST(t.batch_id AS TEXT) AS batch_id, t.cause, t.rule,
           CAST(t.reverses AS TEXT) AS reverses, t.posted_at
    FROM subsidy_ledger_entry e
    JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id
    JOIN subsidy_ledger_account a ON a.account_id = e.account_id;

CREATE VIEW v_account_balance AS
    SELECT CAST(account_id AS TEXT) AS account_id, CAST(fund_id AS TEXT) AS fund_id, kind, party, debits, credits,
           debits - credits AS balance
    FROM subsidy_ledger_account;

CREATE VIEW v_budget AS
    SELECT CAST(b.fund_id AS TEXT) AS fund_id, f.code, b.appropriated, b.committed, b.paid,
           b.appropriated - b.committed - b.paid AS available
    FROM subsidy_budget b JOIN subsidy_fund f ON f.fund_id = b.fund_id;

CREATE VIEW v_claim AS
    SELECT CAST(claim_id AS TEXT) AS claim_id, scheme_code, scheme_version, fund_code, CAST(fund_id AS TEXT) AS fund_id,
           CAST(person_id AS TEXT) AS person_id, CAST(beneficiary_id AS TEXT) AS beneficiary_id, occasion, stage, part,
           amount, earned_on, state, content_hash, submitted_by, approved_by, CAST(batch_id AS TEXT) AS batch_id, reason,
           created_at, updated_at
    FROM subsidy_claim;
