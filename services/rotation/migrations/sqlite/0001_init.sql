-- expand
-- One row per person, locked while that person's shares are weighed against each other.
CREATE TABLE rotation_person (
    person_id TEXT PRIMARY KEY,
    changes   BIGINT NOT NULL
);

CREATE TABLE rotation_rotation (
    rotation_id          TEXT PRIMARY KEY,
    version              BIGINT NOT NULL,
    person_id            TEXT NOT NULL,
    home_organisation_id TEXT NOT NULL,
    host_organisation_id TEXT NOT NULL,
    start_date           TEXT NOT NULL,
    end_date             TEXT NOT NULL,
    share_percent        BIGINT NOT NULL CHECK (share_percent BETWEEN 1 AND 100),
    post                 TEXT NOT NULL,
    state                TEXT NOT NULL,
    applied_by           TEXT NOT NULL,
    approved_by          TEXT,
    ended_on             TEXT,
    credited_days        BIGINT,
    reason               TEXT,
    created_at           TEXT NOT NULL,
    updated_at           TEXT NOT NULL,
    CHECK (start_date < end_date),
    CHECK (home_organisation_id <> host_organisation_id),
    CHECK (approved_by IS NULL OR approved_by <> applied_by)
);
CREATE INDEX rotation_rotation_person ON rotation_rotation (person_id, start_date);
CREATE INDEX rotation_rotation_home ON rotation_rotation (home_organisation_id, rotation_id);
CREATE INDEX rotation_rotation_host ON rotation_rotation (host_organisation_id, rotation_id);

CREATE VIEW v_rotation AS
    SELECT rotation_id, person_id,
           home_organisation_id, host_organisation_id,
           start_date, end_date, share_percent, state, credited_days, created_at, updated_at
    FROM rotation_rotation;
