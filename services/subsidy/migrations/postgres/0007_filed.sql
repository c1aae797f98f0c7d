-- expand
-- What claims are checked for before anybody approves them: money from elsewhere, caps of organisations, what two persons
-- override, and what organisations state themselves.

-- Results of the checks that came with this version, as JSON: an older binary beside this one reads the others alone.
ALTER TABLE subsidy_claim ADD COLUMN later_checks TEXT NOT NULL DEFAULT '[]';
-- The checks that were overridden, as JSON: check, reason and document. Bound by the content hash.
ALTER TABLE subsidy_claim ADD COLUMN overrides TEXT NOT NULL DEFAULT '[]';
-- What an organisation stated of the occasion, as JSON, where no event told it. Bound by the content hash.
ALTER TABLE subsidy_claim ADD COLUMN filing TEXT;
CREATE INDEX subsidy_claim_filed ON subsidy_claim (person_id) WHERE filing IS NOT NULL;

-- The documents of claims, to be found by their digest.
CREATE TABLE subsidy_claim_evidence (
    claim_id UUID NOT NULL,
    code     TEXT NOT NULL CHECK (code <> ''),
    sha256   TEXT NOT NULL CHECK (LENGTH(sha256) = 64),
    PRIMARY KEY (claim_id, code)
);
CREATE INDEX subsidy_claim_evidence_document ON subsidy_claim_evidence (sha256, claim_id);
INSERT INTO subsidy_claim_evidence (claim_id, code, sha256)
    SELECT c.claim_id, e->>'code', e->>'sha256' FROM subsidy_claim c, jsonb_array_elements(CAST(c.evidence AS JSONB)) AS documents (e);
CREATE TRIGGER subsidy_claim_evidence_append_only BEFORE UPDATE OR DELETE ON subsidy_claim_evidence FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_claim_evidence_no_truncate BEFORE TRUNCATE ON subsidy_claim_evidence FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What an organisation has had of a scheme that caps it, in the year of the days earned or, as year 0, ever. A row is there
-- from the first approval on, with what had been granted until then.
CREATE TABLE subsidy_cap (
    scheme_code     TEXT NOT NULL,
    organisation_id UUID NOT NULL,
    year            BIGINT NOT NULL CHECK (year >= 0),
    used            BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (scheme_code, organisation_id, year)
);

-- A check that failed, and counts as passed for a time: asked for by one person, confirmed by another. Who submitted the claim
-- comes from the claim, so that the check cannot be got round.
CREATE TABLE subsidy_check_override (
    override_id  UUID PRIMARY KEY,
    version      BIGINT NOT NULL,
    claim_id     UUID NOT NULL,
    check_name   TEXT NOT NULL CHECK (check_name <> ''),
    reason       TEXT NOT NULL CHECK (reason <> ''),
    document     TEXT NOT NULL CHECK (document <> ''),
    expires_on   DATE NOT NULL,
    submitted_by TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMPTZ,
    CHECK (requested_by <> submitted_by),
    CHECK (confirmed_by IS NULL OR (confirmed_by <> requested_by AND confirmed_by <> submitted_by)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);
CREATE INDEX subsidy_check_override_claim ON subsidy_check_override (claim_id, override_id);
CREATE TRIGGER subsidy_check_override_confirmed BEFORE UPDATE ON subsidy_check_override FOR EACH ROW
    WHEN (OLD.confirmed_by IS NOT NULL OR (NEW.override_id, NEW.claim_id, NEW.check_name, NEW.reason, NEW.document, NEW.expires_on, NEW.submitted_by, NEW.requested_by) IS DISTINCT FROM (OLD.override_id, OLD.claim_id, OLD.check_name, OLD.reason, OLD.document, OLD.expires_on, OLD.submitted_by, OLD.requested_by))
    EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_check_override_no_delete BEFORE DELETE ON subsidy_check_override FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_check_override_no_truncate BEFORE TRUNCATE ON subsidy_check_override FOR EACH STATEMENT EXECUTE FUNCTION append_only();
