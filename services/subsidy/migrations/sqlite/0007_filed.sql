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
    claim_id TEXT NOT NULL,
    code     TEXT NOT NULL CHECK (code <> ''),
    sha256   TEXT NOT NULL CHECK (LENGTH(sha256) = 64),
    PRIMARY KEY (claim_id, code)
);
CREATE INDEX subsidy_claim_evidence_document ON subsidy_claim_evidence (sha256, claim_id);
INSERT INTO subsidy_claim_evidence (claim_id, code, sha256)
    SELECT c.claim_id, e.value->>'code', e.value->>'sha256' FROM subsidy_claim c, json_each(c.evidence) AS e;
CREATE TRIGGER subsidy_claim_evidence_no_update BEFORE UPDATE ON subsidy_claim_evidence BEGIN SELECT RAISE(ABORT, 'subsidy_claim_evidence is append-only'); END;
CREATE TRIGGER subsidy_claim_evidence_no_delete BEFORE DELETE ON subsidy_claim_evidence BEGIN SELECT RAISE(ABORT, 'subsidy_claim_evidence is append-only'); END;

-- What an organisation has had of a scheme that caps it, in the year of the days earned or, as year 0, ever. A row is there
-- from the first approval on, with what had been granted until then.
CREATE TABLE subsidy_cap (
    scheme_code     TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    year            BIGINT NOT NULL CHECK (year >= 0),
    used            BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (scheme_code, organisation_id, year)
);

-- A check that failed, and counts as passed for a time: asked for by one person, confirmed by another. Who submitted the claim
-- comes from the claim, so that the check cannot be got round.
CREATE TABLE subsidy_check_override (
    override_id  TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    claim_id     TEXT NOT NULL,
    check_name   TEXT NOT NULL CHECK (check_name <> ''),
    reason       TEXT NOT NULL CHECK (reason <> ''),
    document     TEXT NOT NULL CHECK (document <> ''),
    expires_on   TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    confirmed_by TEXT,
    confirmed_at TEXT,
    CHECK (requested_by <> submitted_by),
    CHECK (confirmed_by IS NULL OR (confirmed_by <> requested_by AND confirmed_by <> submitted_by)),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);
CREATE INDEX subsidy_check_override_claim ON subsidy_check_override (claim_id, override_id);
CREATE TRIGGER subsidy_check_override_confirmed BEFORE UPDATE ON subsidy_check_override
WHEN OLD.confirmed_by IS NOT NULL OR (NEW.override_id, NEW.claim_id, NEW.check_name, NEW.reason, NEW.document, NEW.expires_on, NEW.submitted_by, NEW.requested_by) <> (OLD.override_id, OLD.claim_id, OLD.check_name, OLD.reason, OLD.document, OLD.expires_on, OLD.submitted_by, OLD.requested_by)
 BEGIN SELECT RAISE(ABORT, 'subsidy_check_override is append-only'); END;
CREATE TRIGGER subsidy_check_override_no_delete BEFORE DELETE ON subsidy_check_override BEGIN SELECT RAISE(ABORT, 'subsidy_check_override is append-only'); END;
