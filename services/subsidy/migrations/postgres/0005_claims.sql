-- expand
-- The last day of a claim's publicity; nobody is paid before it is over.
ALTER TABLE subsidy_claim ADD COLUMN publicity_end_date DATE;
-- Counted on the claim's own row, which making a payment batch and objecting both need.
ALTER TABLE subsidy_claim ADD COLUMN open_objections BIGINT NOT NULL DEFAULT 0 CHECK (open_objections >= 0);
-- What was handed in for it, as JSON: code, SHA-256 and place of each document. Bound by the content hash.
ALTER TABLE subsidy_claim ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]';

CREATE TABLE subsidy_claim_objection (
    objection_id    UUID PRIMARY KEY,
    version         BIGINT NOT NULL,
    claim_id        UUID NOT NULL,
    ground          TEXT NOT NULL CHECK (ground <> ''),
    objected_by     TEXT NOT NULL,
    organisation_id UUID,
    state           TEXT NOT NULL CHECK (state IN ('open', 'upheld', 'dismissed')),
    resolved_by     TEXT,
    reason          TEXT,
    created_at      TIMESTAMPTZ NOT NULL,
    resolved_at     TIMESTAMPTZ,
    CHECK (resolved_by IS NULL OR resolved_by <> objected_by),
    CHECK ((state = 'open') = (resolved_by IS NULL) AND (state = 'open') = (reason IS NULL) AND (state = 'open') = (resolved_at IS NULL))
);
CREATE UNIQUE INDEX subsidy_claim_objection_open ON subsidy_claim_objection (claim_id, objected_by) WHERE state = 'open';
CREATE INDEX subsidy_claim_objection_claim ON subsidy_claim_objection (claim_id, objection_id);
CREATE INDEX subsidy_claim_objection_organisation ON subsidy_claim_objection (organisation_id, objection_id);
CREATE TRIGGER subsidy_claim_objection_resolved BEFORE UPDATE ON subsidy_claim_objection FOR EACH ROW
    WHEN (OLD.state <> 'open' OR (NEW.objection_id, NEW.claim_id, NEW.ground, NEW.objected_by) IS DISTINCT FROM (OLD.objection_id, OLD.claim_id, OLD.ground, OLD.objected_by))
    EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_claim_objection_no_delete BEFORE DELETE ON subsidy_claim_objection FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_claim_objection_no_truncate BEFORE TRUNCATE ON subsidy_claim_objection FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Who approved, one row a person. Who submitted and what was approved come from the claim, so that the check cannot be got
-- round; `place` of `needed` lets nobody be one too many.
CREATE TABLE subsidy_claim_approval (
    claim_id     UUID NOT NULL,
    approved_by  TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    place        BIGINT NOT NULL CHECK (place > 0),
    needed       BIGINT NOT NULL,
    approved_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (claim_id, approved_by),
    UNIQUE (claim_id, place),
    CHECK (approved_by <> submitted_by),
    CHECK (place <= needed)
);
CREATE TRIGGER subsidy_claim_approval_append_only BEFORE UPDATE OR DELETE ON subsidy_claim_approval FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_claim_approval_no_truncate BEFORE TRUNCATE ON subsidy_claim_approval FOR EACH STATEMENT EXECUTE FUNCTION append_only();
