-- The least a double-entry posting can be, for pgbench: a transfer, its two entries, two balances, one outbox row, in one
-- statement. Accounts are locked in the order of their ids.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.account (id INT PRIMARY KEY, balance BIGINT NOT NULL DEFAULT 0, version BIGINT NOT NULL DEFAULT 0);
CREATE TABLE peer.transfer (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit INT NOT NULL REFERENCES peer.account, credit INT NOT NULL REFERENCES peer.account,
    amount BIGINT NOT NULL CHECK (amount > 0), posted_at TIMESTAMPTZ NOT NULL DEFAULT now(), CHECK (debit <> credit)
);
CREATE TABLE peer.entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transfer INT8 NOT NULL REFERENCES peer.transfer, account INT NOT NULL REFERENCES peer.account,
    side SMALLINT NOT NULL, amount BIGINT NOT NULL
);
CREATE INDEX ON peer.entry (account, id);
CREATE INDEX ON peer.entry (transfer);
CREATE TABLE peer.outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic TEXT NOT NULL, payload JSONB NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
INSERT INTO peer.account (id) SELECT id FROM generate_series(1, 10000) AS ids (id);
ANALYZE;
