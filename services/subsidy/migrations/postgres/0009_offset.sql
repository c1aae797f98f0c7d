-- expand
-- What enterprises file for the tax offset (产教融合型企业抵免), a calendar year at a time. No money is paid by it.

-- A year of an enterprise: its latest filing, the one that stands, and what the year comes to by it.
CREATE TABLE subsidy_offset_year (
    offset_year_id     UUID PRIMARY KEY,
    version            BIGINT NOT NULL CHECK (version > 0),
    enterprise_id      UUID NOT NULL,
    year               BIGINT NOT NULL,
    revision           BIGINT NOT NULL CHECK (revision > 0),
    state              TEXT NOT NULL CHECK (state IN ('filed', 'returned', 'confirmed')),
    -- 0 while none is confirmed.
    confirmed_revision BIGINT NOT NULL CHECK (confirmed_revision BETWEEN 0 AND revision),
    brought            BIGINT NOT NULL CHECK (brought >= 0),
    credit             BIGINT NOT NULL CHECK (credit >= 0),
    used               BIGINT NOT NULL CHECK (used >= 0),
    carried            BIGINT NOT NULL CHECK (carried >= 0),
    updated_at         TIMESTAMPTZ NOT NULL,
    UNIQUE (enterprise_id, year),
    CHECK (brought + credit = used + carried),
    CHECK ((state = 'confirmed') = (confirmed_revision = revision))
);

-- What was filed, as it was filed.
CREATE TABLE subsidy_offset_filing (
    offset_year_id UUID NOT NULL REFERENCES subsidy_offset_year (offset_year_id),
    revision       BIGINT NOT NULL CHECK (revision > 0),
    investment     BIGINT NOT NULL CHECK (investment >= 0),
    surcharges     BIGINT NOT NULL CHECK (surcharges >= 0),
    evidence       TEXT NOT NULL,
    filed_by       TEXT NOT NULL,
    filed_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (offset_year_id, revision),
    UNIQUE (offset_year_id, revision, filed_by)
);
CREATE TRIGGER subsidy_offset_filing_append_only BEFORE UPDATE OR DELETE ON subsidy_offset_filing FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_offset_filing_no_truncate BEFORE TRUNCATE ON subsidy_offset_filing FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- What was decided about a filing, and which version of the scheme judged it. The reference makes who filed it the same in
-- both tables, so that the check cannot be got round.
CREATE TABLE subsidy_offset_decision (
    offset_year_id     UUID NOT NULL,
    revision           BIGINT NOT NULL,
    filed_by           TEXT NOT NULL,
    decided_by         TEXT NOT NULL,
    verdict            TEXT NOT NULL CHECK (verdict IN ('returned', 'confirmed')),
    reason             TEXT NOT NULL,
    -- Of what is confirmed.
    integration_listed BOOLEAN,
    scheme_code        TEXT,
    scheme_version     BIGINT,
    scheme_digest      TEXT,
    credit             BIGINT CHECK (credit >= 0),
    decided_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (offset_year_id, revision),
    FOREIGN KEY (offset_year_id, revision, filed_by) REFERENCES subsidy_offset_filing (offset_year_id, revision, filed_by),
    CHECK (decided_by <> filed_by),
    CHECK ((verdict = 'confirmed') = (integration_listed IS NOT NULL)),
    CHECK ((verdict = 'confirmed') = (scheme_code IS NOT NULL)),
    CHECK ((verdict = 'confirmed') = (scheme_version IS NOT NULL)),
    CHECK ((verdict = 'confirmed') = (scheme_digest IS NOT NULL)),
    CHECK ((verdict = 'confirmed') = (credit IS NOT NULL)),
    CHECK (verdict = 'confirmed' OR reason <> '')
);
CREATE TRIGGER subsidy_offset_decision_append_only BEFORE UPDATE OR DELETE ON subsidy_offset_decision FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER subsidy_offset_decision_no_truncate BEFORE TRUNCATE ON subsidy_offset_decision FOR EACH STATEMENT EXECUTE FUNCTION append_only();
