-- contract
-- Money that comes back: claims are clawed back in parts, what is owed is set against later payments or paid back, and
-- what was paid is looked at again by samples.

-- What was taken back of a payment; all of it is the end of the claim.
ALTER TABLE subsidy_claim ADD COLUMN clawed_back BIGINT NOT NULL DEFAULT 0 CHECK (clawed_back BETWEEN 0 AND amount);
UPDATE subsidy_claim SET clawed_back = amount WHERE state = 'clawed_back';
-- What of it was taken back because a finding denied it, though the facts earn it: it is not due again.
ALTER TABLE subsidy_claim ADD COLUMN denied BIGINT NOT NULL DEFAULT 0
    CHECK (denied BETWEEN 0 AND clawed_back)
    CHECK ((state = 'clawed_back') = (clawed_back = amount))
    CHECK (clawed_back = 0 OR state IN ('paid', 'clawed_back'));

-- One for each clawback.
ALTER TABLE subsidy_receivable RENAME TO subsidy_receivable_old;
DROP INDEX subsidy_receivable_debtor;
CREATE TABLE subsidy_receivable (
    receivable_id TEXT PRIMARY KEY,
    version       BIGINT NOT NULL,
    fund_id       TEXT NOT NULL,
    debtor_id     TEXT NOT NULL,
    claim_id      TEXT NOT NULL,
    amount        BIGINT NOT NULL CHECK (amount > 0),
    outstanding   BIGINT NOT NULL CHECK (outstanding BETWEEN 0 AND amount),
    -- Set against later payments, those among them that the bank has not answered for.
    netted        BIGINT NOT NULL DEFAULT 0 CHECK (netted >= 0),
    -- Paid back.
    recovered     BIGINT NOT NULL DEFAULT 0 CHECK (recovered >= 0),
    state         TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'netted', 'recovered')),
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    CHECK (outstanding = amount - netted - recovered),
    CHECK ((state = 'open') = (outstanding > 0))
);
-- Nothing was netted or paid back before.
INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at)
    SELECT receivable_id, version, fund_id, debtor_id, claim_id, amount, amount, created_at, updated_at FROM subsidy_receivable_old;
DROP TABLE subsidy_receivable_old;
CREATE INDEX subsidy_receivable_debtor ON subsidy_receivable (debtor_id, receivable_id);
CREATE INDEX subsidy_receivable_claim ON subsidy_receivable (claim_id, receivable_id);
CREATE INDEX subsidy_receivable_owed ON subsidy_receivable (fund_id, debtor_id, receivable_id) WHERE outstanding > 0;

-- What of a line is set against which debt: pending until the line is paid (posted) or has failed (undone).
CREATE TABLE subsidy_netting (
    batch_id      TEXT NOT NULL,
    claim_id      TEXT NOT NULL,
    receivable_id TEXT NOT NULL,
    amount        BIGINT NOT NULL CHECK (amount > 0),
    state         TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'undone')),
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    PRIMARY KEY (batch_id, claim_id, receivable_id)
);
CREATE INDEX subsidy_netting_receivable ON subsidy_netting (receivable_id);
ALTER TABLE subsidy_payment_line ADD COLUMN netted BIGINT NOT NULL DEFAULT 0 CHECK (netted BETWEEN 0 AND amount);
ALTER TABLE subsidy_payment_batch ADD COLUMN netted BIGINT NOT NULL DEFAULT 0 CHECK (netted BETWEEN 0 AND total);

-- Money that a debtor paid back, by the bank's reference.
CREATE TABLE subsidy_recovery (
    bank_reference TEXT PRIMARY KEY,
    receivable_id  TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    recorded_by    TEXT NOT NULL,
    recorded_at    TEXT NOT NULL
);
CREATE INDEX subsidy_recovery_receivable ON subsidy_recovery (receivable_id);
CREATE TRIGGER subsidy_recovery_no_update BEFORE UPDATE ON subsidy_recovery BEGIN SELECT RAISE(ABORT, 'subsidy_recovery is append-only'); END;
CREATE TRIGGER subsidy_recovery_no_delete BEFORE DELETE ON subsidy_recovery BEGIN SELECT RAISE(ABORT, 'subsidy_recovery is append-only'); END;

-- A sample of what was paid in some months, drawn by a published seed.
CREATE TABLE subsidy_sample (
    sample_id   TEXT PRIMARY KEY,
    seed        TEXT NOT NULL CHECK (seed <> ''),
    fund_id     TEXT,
    scheme_code TEXT,
    first_month TEXT NOT NULL,
    last_month  TEXT NOT NULL,
    -- How many were paid, and how many of them were drawn.
    population  BIGINT NOT NULL CHECK (population > 0),
    size        BIGINT NOT NULL CHECK (size > 0 AND size <= population),
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    CHECK (fund_id IS NOT NULL OR scheme_code IS NOT NULL),
    CHECK (first_month <= last_month)
);
CREATE TRIGGER subsidy_sample_no_update BEFORE UPDATE ON subsidy_sample BEGIN SELECT RAISE(ABORT, 'subsidy_sample is append-only'); END;
CREATE TRIGGER subsidy_sample_no_delete BEFORE DELETE ON subsidy_sample BEGIN SELECT RAISE(ABORT, 'subsidy_sample is append-only'); END;

-- A claim that was drawn, and what was found of it. A finding is confirmed by another person than found it.
CREATE TABLE subsidy_sample_item (
    item_id      TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    sample_id    TEXT NOT NULL REFERENCES subsidy_sample (sample_id),
    claim_id     TEXT NOT NULL,
    place        BIGINT NOT NULL CHECK (place > 0),
    draw         TEXT NOT NULL CHECK (LENGTH(draw) = 64),
    outcome      TEXT CHECK (outcome IN ('ok', 'not_ok')),
    amount       BIGINT NOT NULL CHECK (amount >= 0),
    ground       TEXT NOT NULL,
    found_by     TEXT,
    found_at     TEXT,
    confirmed_by TEXT,
    confirmed_at TEXT,
    UNIQUE (sample_id, claim_id),
    UNIQUE (sample_id, place),
    CHECK ((outcome IS NULL) = (found_by IS NULL)),
    CHECK ((outcome IS NULL) = (found_at IS NULL)),
    CHECK (amount = 0 OR outcome = 'not_ok'),
    CHECK ((COALESCE(outcome, 'ok') = 'not_ok') = (ground <> '')),
    CHECK (confirmed_by IS NULL OR (found_by IS NOT NULL AND confirmed_by <> found_by)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);
CREATE INDEX subsidy_sample_item_claim ON subsidy_sample_item (claim_id);
CREATE INDEX subsidy_ledger_transaction_paid ON subsidy_ledger_transaction (period) WHERE kind = 'payment';
