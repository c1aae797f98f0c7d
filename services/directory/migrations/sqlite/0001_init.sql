-- expand
CREATE TABLE directory_organisation (
    organisation_id    TEXT PRIMARY KEY,
    display_name       TEXT NOT NULL,
    kind               TEXT NOT NULL,
    school_type        TEXT,
    chains             TEXT NOT NULL,
    integration_listed BOOLEAN NOT NULL,
    created_at         TEXT NOT NULL,
    CHECK ((kind = 'school') = (school_type IS NOT NULL))
);

CREATE TABLE directory_programme (
    programme_id TEXT PRIMARY KEY,
    school_id    TEXT NOT NULL REFERENCES directory_organisation (organisation_id),
    code         TEXT NOT NULL,
    title        TEXT NOT NULL,
    chain        TEXT NOT NULL,
    UNIQUE (school_id, code)
);

-- The version counts the events of a person; its row is locked while employments are derived.
CREATE TABLE directory_person (
    person_id       TEXT PRIMARY KEY,
    version         BIGINT NOT NULL,
    display_name    TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES directory_organisation (organisation_id),
    kind            TEXT NOT NULL,
    birth_date      TEXT,
    entry_year      BIGINT,
    programme_id    TEXT REFERENCES directory_programme (programme_id),
    skills          TEXT NOT NULL,
    created_at      TEXT NOT NULL
);
CREATE INDEX directory_person_organisation ON directory_person (organisation_id, person_id);

-- What HR systems said, each word once; employments follow from the whole set.
CREATE TABLE directory_hr_fact (
    event_key       TEXT PRIMARY KEY,
    person_id       TEXT NOT NULL REFERENCES directory_person (person_id),
    organisation_id TEXT NOT NULL,
    kind            TEXT NOT NULL,
    effective_date  TEXT NOT NULL,
    note            TEXT NOT NULL,
    received_at     TEXT NOT NULL
);
CREATE INDEX directory_hr_fact_person ON directory_hr_fact (person_id, organisation_id);

CREATE TABLE directory_employment (
    employment_id   TEXT PRIMARY KEY,
    person_id       TEXT NOT NULL REFERENCES directory_person (person_id),
    organisation_id TEXT NOT NULL,
    start_date      TEXT NOT NULL,
    end_date        TEXT,
    post            TEXT NOT NULL,
    withdrawn       BOOLEAN NOT NULL,
    UNIQUE (person_id, organisation_id, start_date),
    CHECK (end_date IS NULL OR start_date <= end_date)
);
CREATE INDEX directory_employment_organisation ON directory_employment (organisation_id, employment_id);
