-- expand
-- A version of an account never changes; the newest confirmed one of an owner is in use.
CREATE TABLE subsidy_bank_account (
    bank_account_id TEXT PRIMARY KEY,
    owner_kind      TEXT NOT NULL CHECK (owner_kind IN ('organisation', 'fund')),
    owner_id        TEXT NOT NULL,
    version         BIGINT NOT NULL CHECK (version > 0),
    holder          TEXT NOT NULL CHECK (holder <> ''),
    account_number  TEXT NOT NULL CHECK (LENGTH(account_number) BETWEEN 8 AND 32),
    bank_code       TEXT NOT NULL CHECK (LENGTH(bank_code) = 12),
    bank_name       TEXT NOT NULL CHECK (bank_name <> ''),
    proposed_by     TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    UNIQUE (owner_id, version),
    UNIQUE (bank_account_id, proposed_by)
);
CREATE TRIGGER subsidy_bank_account_no_update BEFORE UPDATE ON subsidy_bank_account BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account is append-only'); END;
CREATE TRIGGER subsidy_bank_account_no_delete BEFORE DELETE ON subsidy_bank_account BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account is append-only'); END;

-- The reference makes who proposed it the same in both tables, so that the check cannot be got round.
CREATE TABLE subsidy_bank_account_confirmation (
    bank_account_id TEXT PRIMARY KEY,
    proposed_by     TEXT NOT NULL,
    confirmed_by    TEXT NOT NULL,
    confirmed_at    TEXT NOT NULL,
    CHECK (confirmed_by <> proposed_by),
    FOREIGN KEY (bank_account_id, proposed_by) REFERENCES subsidy_bank_account (bank_account_id, proposed_by)
);
CREATE TRIGGER subsidy_bank_account_confirmation_no_update BEFORE UPDATE ON subsidy_bank_account_confirmation BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account_confirmation is append-only'); END;
CREATE TRIGGER subsidy_bank_account_confirmation_no_delete BEFORE DELETE ON subsidy_bank_account_confirmation BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account_confirmation is append-only'); END;

ALTER TABLE subsidy_payment_batch ADD COLUMN left_out BIGINT NOT NULL DEFAULT 0 CHECK (left_out >= 0);

-- Two digits of the number the bank knows a payment by count its attempts.
ALTER TABLE subsidy_payment_line ADD COLUMN attempt BIGINT NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 99);
-- The account the bank was told; set when the batch is first exported, and then it stays.
ALTER TABLE subsidy_payment_line ADD COLUMN bank_account_id TEXT;
CREATE INDEX subsidy_payment_line_claim ON subsidy_payment_line (claim_id);
-- Ids follow time: the batches before count as the attempts before.
UPDATE subsidy_payment_line SET attempt = 1 + (SELECT COUNT(*) FROM subsidy_payment_line p WHERE p.claim_id = subsidy_payment_line.claim_id AND p.batch_id < subsidy_payment_line.batch_id);
CREATE INDEX subsidy_payment_line_beneficiary ON subsidy_payment_line (beneficiary_id, batch_id);

-- What the bank was given, to the byte.
CREATE TABLE subsidy_payment_export (
    batch_id        TEXT NOT NULL,
    format          TEXT NOT NULL,
    bank_account_id TEXT NOT NULL,
    lines           BIGINT NOT NULL CHECK (lines > 0),
    total           BIGINT NOT NULL CHECK (total > 0),
    sha256          TEXT NOT NULL,
    content         BLOB NOT NULL,
    exported_by     TEXT NOT NULL,
    exported_at     TEXT NOT NULL,
    PRIMARY KEY (batch_id, format)
);
CREATE TRIGGER subsidy_payment_export_no_update BEFORE UPDATE ON subsidy_payment_export BEGIN SELECT RAISE(ABORT, 'subsidy_payment_export is append-only'); END;
CREATE TRIGGER subsidy_payment_export_no_delete BEFORE DELETE ON subsidy_payment_export BEGIN SELECT RAISE(ABORT, 'subsidy_payment_export is append-only'); END;

-- Files of results that were taken in.
CREATE TABLE subsidy_payment_import (
    batch_id    TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    format      TEXT NOT NULL,
    settled     BIGINT NOT NULL,
    known       BIGINT NOT NULL,
    pending     BIGINT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    PRIMARY KEY (batch_id, sha256)
);
CREATE TRIGGER subsidy_payment_import_no_update BEFORE UPDATE ON subsidy_payment_import BEGIN SELECT RAISE(ABORT, 'subsidy_payment_import is append-only'); END;
CREATE TRIGGER subsidy_payment_import_no_delete BEFORE DELETE ON subsidy_payment_import BEGIN SELECT RAISE(ABORT, 'subsidy_payment_import is append-only'); END;
