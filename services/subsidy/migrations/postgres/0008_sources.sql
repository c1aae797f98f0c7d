-- contract
-- Who carries a claim: sponsors, own accounts, and public funds for the rest. An older binary would take what several carried
-- back for one of them.

ALTER TABLE subsidy_fund ADD COLUMN kind TEXT NOT NULL DEFAULT 'co-funding' CHECK (kind IN ('sponsor', 'own-account', 'co-funding'));
-- The organisation whose money it is. An organisation has one fund of a kind, by which it is found.
ALTER TABLE subsidy_fund ADD COLUMN owner_id UUID
    CHECK ((owner_id IS NULL) = (kind = 'co-funding'))
    CHECK (owner_id IS NULL OR parent_id IS NULL);
CREATE UNIQUE INDEX subsidy_fund_owner ON subsidy_fund (owner_id, kind) WHERE owner_id IS NOT NULL;

-- What each fund carries of a claim, in the order in which they were asked, as decided when it was approved. A claim without
-- rows is carried by its fund alone.
CREATE TABLE subsidy_claim_source (
    claim_id UUID NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    fund_id  UUID NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('sponsor', 'own-account', 'co-funding')),
    amount   BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (claim_id, position),
    UNIQUE (claim_id, fund_id)
);
CREATE TRIGGER subsidy_claim_source_append_only BEFORE UPDATE OR DELETE ON subsidy_claim_source FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_claim_source_no_truncate BEFORE TRUNCATE ON subsidy_claim_source FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE VIEW v_claim_source AS
    SELECT CAST(claim_id AS TEXT) AS claim_id, position, CAST(fund_id AS TEXT) AS fund_id, kind, amount
    FROM subsidy_claim_source;

-- A month may close before it is over. What the bank says from then on waits for the next month: one result a line, booked
-- once.
CREATE TABLE subsidy_queued_result (
    batch_id       UUID NOT NULL,
    claim_id       UUID NOT NULL,
    paid           BOOLEAN NOT NULL,
    bank_reference TEXT NOT NULL,
    failure_reason TEXT,
    -- The closed month, and the first day of the next.
    period         TEXT NOT NULL,
    opens_on       DATE NOT NULL,
    queued_by      TEXT NOT NULL,
    queued_at      TIMESTAMPTZ NOT NULL,
    booked_at      TIMESTAMPTZ,
    PRIMARY KEY (batch_id, claim_id)
);
CREATE INDEX subsidy_queued_result_waiting ON subsidy_queued_result (batch_id) WHERE booked_at IS NULL;
CREATE TRIGGER subsidy_queued_result_booked BEFORE UPDATE ON subsidy_queued_result FOR EACH ROW
    WHEN (OLD.booked_at IS NOT NULL OR (NEW.batch_id, NEW.claim_id, NEW.paid, NEW.bank_reference, NEW.failure_reason, NEW.period, NEW.opens_on) IS DISTINCT FROM (OLD.batch_id, OLD.claim_id, OLD.paid, OLD.bank_reference, OLD.failure_reason, OLD.period, OLD.opens_on))
    EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_queued_result_no_delete BEFORE DELETE ON subsidy_queued_result FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_queued_result_no_truncate BEFORE TRUNCATE ON subsidy_queued_result FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE subsidy_payment_import ADD COLUMN queued BIGINT NOT NULL DEFAULT 0 CHECK (queued >= 0);

-- The closed month for whose end somebody's claims wait, because money would move; empty where they do not. What waits is not
-- taken for a batch.
ALTER TABLE subsidy_agenda ADD COLUMN put_off TEXT NOT NULL DEFAULT '';
CREATE INDEX subsidy_agenda_put_off ON subsidy_agenda (person_id) WHERE put_off <> '';

-- One row: through which day a run over the agenda was begun, and done, while money could move. What waits for an earlier day
-- was forgotten.
CREATE TABLE subsidy_accrual_run (
    run_id        BIGINT PRIMARY KEY CHECK (run_id = 1),
    begun_through DATE,
    done_through  DATE
);
INSERT INTO subsidy_accrual_run (run_id) VALUES (1);
