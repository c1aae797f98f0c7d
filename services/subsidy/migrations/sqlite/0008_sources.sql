-- contract
-- Who carries a claim: sponsors, own accounts, and public funds for the rest. An older binary would take what several carried
-- back for one of them.

ALTER TABLE subsidy_fund ADD COLUMN kind TEXT NOT NULL DEFAULT 'co-funding' CHECK (kind IN ('sponsor', 'own-account', 'co-funding'));
-- The organisation whose money it is. An organisation has one fund of a kind, by which it is found.
ALTER TABLE subsidy_fund ADD COLUMN owner_id TEXT
    CHECK ((owner_id IS NULL) = (kind = 'co-funding'))
    CHECK (owner_id IS NULL OR parent_id IS NULL);
CREATE UNIQUE INDEX subsidy_fund_owner ON subsidy_fund (owner_id, kind) WHERE owner_id IS NOT NULL;

-- What each fund carries of a claim, in the order in which they were asked, as decided when it was approved. A claim without
-- rows is carried by its fund alone.
CREATE TABLE subsidy_claim_source (
    claim_id TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    fund_id  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('sponsor', 'own-account', 'co-funding')),
    amount   BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (claim_id, position),
    UNIQUE (claim_id, fund_id)
);
CREATE TRIGGER subsidy_claim_source_no_update BEFORE UPDATE ON subsidy_claim_source BEGIN SELECT RAISE(ABORT, 'subsidy_claim_source is append-only'); END;
CREATE TRIGGER subsidy_claim_source_no_delete BEFORE DELETE ON subsidy_claim_source BEGIN SELECT RAISE(ABORT, 'subsidy_claim_source is append-only'); END;
