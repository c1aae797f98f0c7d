-- contract
-- The ledger, finished: accounts by scheme and stage, commitments that are resolved once, reversals in parts, funds
-- under a cap, months that close, and a Merkle log over the entries.
DROP VIEW v_ledger_entry;
DROP VIEW v_account_balance;
DROP VIEW v_budget;

-- What is spent from a fund is spent from every fund above it.
ALTER TABLE subsidy_fund ADD COLUMN parent_id UUID REFERENCES subsidy_fund (fund_id) CHECK (parent_id <> fund_id);
CREATE INDEX subsidy_fund_parent ON subsidy_fund (parent_id) WHERE parent_id IS NOT NULL;

-- No root was given out over the entries so far, so they are moved to the finer accounts instead of being countered:
-- what was posted for whom, and how much, stays as it is.
ALTER TABLE subsidy_ledger_account RENAME TO subsidy_ledger_account_old;
ALTER TABLE subsidy_ledger_transaction RENAME TO subsidy_ledger_transaction_old;
ALTER TABLE subsidy_ledger_entry RENAME TO subsidy_ledger_entry_old;

-- Balances are kept in the transaction that posts; the checks hold each account to its normal side.
CREATE TABLE subsidy_ledger_account (
    account_id  UUID PRIMARY KEY,
    fund_id     UUID NOT NULL,
    kind        TEXT NOT NULL,
    party       TEXT NOT NULL,
    -- Empty, and stage 0, where the account is the fund's as a whole.
    scheme_code TEXT NOT NULL,
    stage       BIGINT NOT NULL CHECK (stage >= 0),
    debits      BIGINT NOT NULL CHECK (debits >= 0),
    credits     BIGINT NOT NULL CHECK (credits >= 0),
    UNIQUE (fund_id, kind, party, scheme_code, stage),
    CHECK ((kind IN ('appropriation', 'bank') AND credits >= debits) OR (kind NOT IN ('appropriation', 'bank') AND debits >= credits)),
    CHECK ((scheme_code = '') = (stage = 0))
);
INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, scheme_code, stage, debits, credits)
    SELECT account_id, fund_id, kind, party, '', 0, debits, credits FROM subsidy_ledger_account_old
    WHERE kind IN ('appropriation', 'available', 'bank');
INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, scheme_code, stage, debits, credits)
    SELECT gen_random_uuid(), fund_id, kind, party, scheme_code, stage, debits, credits
    FROM (
        SELECT a.fund_id, a.kind, a.party, c.scheme_code, c.stage,
               CAST(SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE 0 END) AS BIGINT) AS debits,
               CAST(SUM(CASE WHEN e.side = 'credit' THEN e.amount ELSE 0 END) AS BIGINT) AS credits
        FROM subsidy_ledger_entry_old e
        JOIN subsidy_ledger_account_old a ON a.account_id = e.account_id
        JOIN subsidy_ledger_transaction_old t ON t.transaction_id = e.transaction_id
        JOIN subsidy_claim c ON c.claim_id = t.claim_id
        WHERE a.kind NOT IN ('appropriation', 'available', 'bank')
        GROUP BY a.fund_id, a.kind, a.party, c.scheme_code, c.stage
    ) AS finer;

-- A commitment is pending until a payment (posted) or a release (voided) resolves it, which happens once.
CREATE TABLE subsidy_ledger_transaction (
    transaction_id UUID PRIMARY KEY,
    fund_id        UUID NOT NULL,
    kind           TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    claim_id       UUID,
    batch_id       UUID,
    cause          TEXT NOT NULL,
    rule           TEXT NOT NULL,
    resolves       UUID UNIQUE,
    reverses       UUID,
    -- The month of the posting in Asia/Shanghai, such as 2026-09.
    period         TEXT NOT NULL,
    posted_at      TIMESTAMPTZ NOT NULL,
    CHECK ((kind IN ('payment', 'release')) = (resolves IS NOT NULL)),
    CHECK (kind <> 'clawback' OR reverses IS NOT NULL)
);
INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, batch_id, cause, rule, resolves, reverses, period, posted_at)
    SELECT t.transaction_id, t.fund_id, t.kind, (SELECT MAX(e.amount) FROM subsidy_ledger_entry_old e WHERE e.transaction_id = t.transaction_id),
           t.claim_id, t.batch_id, t.cause, t.rule,
           CASE WHEN t.kind = 'payment' THEN (SELECT c.transaction_id FROM subsidy_ledger_transaction_old c WHERE c.claim_id = t.claim_id AND c.kind = 'commitment')
                WHEN t.kind = 'release' THEN t.reverses END,
           CASE WHEN t.kind = 'clawback' THEN t.reverses END,
           to_char(t.posted_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), t.posted_at
    FROM subsidy_ledger_transaction_old t;

-- How much of a payment is reversed: in parts, and never more than it was. A payment nothing was taken back of has no row.
CREATE TABLE subsidy_ledger_reversal (
    transaction_id UUID PRIMARY KEY,
    amount         BIGINT NOT NULL,
    reversed       BIGINT NOT NULL,
    CHECK (reversed > 0 AND reversed <= amount)
);
INSERT INTO subsidy_ledger_reversal (transaction_id, amount, reversed)
    SELECT p.transaction_id, p.amount, CAST(SUM(t.amount) AS BIGINT)
    FROM subsidy_ledger_transaction t JOIN subsidy_ledger_transaction p ON p.transaction_id = t.reverses
    GROUP BY p.transaction_id, p.amount;

-- The entries are the leaves of the log, numbered from 0 without a gap. Those from before the log are hashed by the
-- first who posts, and until then have no hash.
CREATE TABLE subsidy_ledger_entry (
    entry_id       UUID PRIMARY KEY,
    transaction_id UUID NOT NULL,
    account_id     UUID NOT NULL,
    side           TEXT NOT NULL CHECK (side IN ('debit', 'credit')),
    amount         BIGINT NOT NULL CHECK (amount > 0),
    leaf           BIGINT NOT NULL UNIQUE CHECK (leaf >= 0),
    leaf_hash      TEXT NOT NULL CHECK (length(leaf_hash) IN (0, 64))
);
INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash)
    SELECT e.entry_id, e.transaction_id, COALESCE(n.account_id, e.account_id), e.side, e.amount,
           ROW_NUMBER() OVER (ORDER BY e.entry_id) - 1, ''
    FROM subsidy_ledger_entry_old e
    JOIN subsidy_ledger_account_old a ON a.account_id = e.account_id
    JOIN subsidy_ledger_transaction_old t ON t.transaction_id = e.transaction_id
    LEFT JOIN subsidy_claim c ON c.claim_id = t.claim_id
    LEFT JOIN subsidy_ledger_account n ON n.fund_id = a.fund_id AND n.kind = a.kind AND n.party = a.party
        AND n.scheme_code = c.scheme_code AND n.stage = c.stage;

DROP TABLE subsidy_ledger_entry_old;
DROP TABLE subsidy_ledger_transaction_old;
DROP TABLE subsidy_ledger_account_old;
CREATE INDEX subsidy_ledger_transaction_claim ON subsidy_ledger_transaction (claim_id) WHERE claim_id IS NOT NULL;
CREATE UNIQUE INDEX subsidy_ledger_transaction_committed_once ON subsidy_ledger_transaction (claim_id, fund_id) WHERE kind = 'commitment';
CREATE INDEX subsidy_ledger_transaction_reverses ON subsidy_ledger_transaction (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX subsidy_ledger_entry_transaction ON subsidy_ledger_entry (transaction_id);
CREATE INDEX subsidy_ledger_entry_account ON subsidy_ledger_entry (account_id);

-- Complete subtrees of the log of 2^8, 2^16, … leaves: a proof reads few rows of a log of any size.
CREATE TABLE subsidy_ledger_tile (
    level BIGINT NOT NULL,
    tile  BIGINT NOT NULL,
    hash  TEXT NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (level, tile)
);

-- One row, locked by whoever posts, last and for as short as can be: how many leaves there are, the complete subtrees
-- they make, the largest first, and the last month that is closed.
CREATE TABLE subsidy_ledger_head (
    head_id        BIGINT PRIMARY KEY CHECK (head_id = 1),
    size           BIGINT NOT NULL CHECK (size >= 0),
    frontier       TEXT NOT NULL,
    -- Whether entries from before the log still lack their hash.
    backlog        BOOLEAN NOT NULL,
    closed_through TEXT NOT NULL
);
INSERT INTO subsidy_ledger_head (head_id, size, frontier, backlog, closed_through)
    SELECT 1, COUNT(*), '', COUNT(*) > 0, '' FROM subsidy_ledger_entry;

-- What the months moved, by kind of account; kept in the transaction that posts.
CREATE TABLE subsidy_period_total (
    period  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    debits  BIGINT NOT NULL CHECK (debits >= 0),
    credits BIGINT NOT NULL CHECK (credits >= 0),
    PRIMARY KEY (period, kind)
);
INSERT INTO subsidy_period_total (period, kind, debits, credits)
    SELECT t.period, a.kind,
           CAST(SUM(CASE WHEN e.side = 'debit' THEN e.amount ELSE 0 END) AS BIGINT),
           CAST(SUM(CASE WHEN e.side = 'credit' THEN e.amount ELSE 0 END) AS BIGINT)
    FROM subsidy_ledger_entry e
    JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id
    JOIN subsidy_ledger_account a ON a.account_id = e.account_id
    GROUP BY t.period, a.kind;

-- A closed month, and the log at that moment.
CREATE TABLE subsidy_period (
    period    TEXT PRIMARY KEY,
    log_size  BIGINT NOT NULL,
    log_root  TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    closed_at TIMESTAMPTZ NOT NULL
);

CREATE TRIGGER subsidy_ledger_transaction_append_only BEFORE UPDATE OR DELETE ON subsidy_ledger_transaction FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_transaction_no_truncate BEFORE TRUNCATE ON subsidy_ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- The hash of an entry from before the log is filled in once; nothing else ever changes.
CREATE TRIGGER subsidy_ledger_entry_no_update BEFORE UPDATE ON subsidy_ledger_entry FOR EACH ROW
    WHEN (OLD.leaf_hash <> '' OR (NEW.entry_id, NEW.transaction_id, NEW.account_id, NEW.side, NEW.amount, NEW.leaf) IS DISTINCT FROM (OLD.entry_id, OLD.transaction_id, OLD.account_id, OLD.side, OLD.amount, OLD.leaf))
    EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_entry_no_delete BEFORE DELETE ON subsidy_ledger_entry FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_entry_no_truncate BEFORE TRUNCATE ON subsidy_ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_tile_append_only BEFORE UPDATE OR DELETE ON subsidy_ledger_tile FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_tile_no_truncate BEFORE TRUNCATE ON subsidy_ledger_tile FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_period_append_only BEFORE UPDATE OR DELETE ON subsidy_period FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_period_no_truncate BEFORE TRUNCATE ON subsidy_period FOR EACH STATEMENT EXECUTE FUNCTION append_only();
-- The log grows, and months do not open again.
CREATE TRIGGER subsidy_ledger_head_grows BEFORE UPDATE ON subsidy_ledger_head FOR EACH ROW
    WHEN (NEW.size < OLD.size OR NEW.closed_through < OLD.closed_through OR NEW.backlog > OLD.backlog) EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_head_no_delete BEFORE DELETE ON subsidy_ledger_head FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_ledger_head_no_truncate BEFORE TRUNCATE ON subsidy_ledger_head FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE VIEW v_ledger_entry AS
    SELECT CAST(e.entry_id AS TEXT) AS entry_id, CAST(e.transaction_id AS TEXT) AS transaction_id, t.kind AS transaction_kind,
           CAST(t.fund_id AS TEXT) AS fund_id, a.kind AS account_kind, a.party, e.side, e.amount,
           CAST(t.claim_id AS TEXT) AS claim_id, CAST(t.batch_id AS TEXT) AS batch_id, t.cause, t.rule,
           CAST(t.reverses AS TEXT) AS reverses, t.posted_at, a.scheme_code, a.stage, CAST(t.resolves AS TEXT) AS resolves, t.period, e.leaf, e.leaf_hash
    FROM subsidy_ledger_entry e
    JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id
    JOIN subsidy_ledger_account a ON a.account_id = e.account_id;

CREATE VIEW v_account_balance AS
    SELECT CAST(account_id AS TEXT) AS account_id, CAST(fund_id AS TEXT) AS fund_id, kind, party, debits, credits,
           debits - credits AS balance, scheme_code, stage
    FROM subsidy_ledger_account;

-- Committed and paid are those of the fund and of every fund below it.
CREATE VIEW v_budget AS
    SELECT CAST(b.fund_id AS TEXT) AS fund_id, f.code, b.appropriated, b.committed, b.paid,
           b.appropriated - b.committed - b.paid AS available, CAST(f.parent_id AS TEXT) AS parent_id
    FROM subsidy_budget b JOIN subsidy_fund f ON f.fund_id = b.fund_id;

CREATE VIEW v_period AS
    SELECT t.period, t.kind AS account_kind, t.debits, t.credits, p.log_size, p.log_root, p.closed_by, p.closed_at
    FROM subsidy_period_total t LEFT JOIN subsidy_period p ON p.period = t.period;
