-- expand
-- Mentors offer projects, which share the mentor's places; organisations say how many students of a round they take, and
-- whom first.
CREATE TABLE mentoring_project (
    project_id UUID PRIMARY KEY,
    version    BIGINT NOT NULL,
    mentor_id  UUID NOT NULL REFERENCES mentoring_mentor (mentor_id),
    title      TEXT NOT NULL,
    capacity   BIGINT NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    load       BIGINT NOT NULL,
    skills     TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (load BETWEEN 0 AND capacity)
);
CREATE INDEX mentoring_project_mentor ON mentoring_project (mentor_id, project_id);

ALTER TABLE mentoring_proposal ADD COLUMN project_id UUID REFERENCES mentoring_project (project_id);
ALTER TABLE mentoring_pairing ADD COLUMN project_id UUID REFERENCES mentoring_project (project_id);
CREATE INDEX mentoring_pairing_project ON mentoring_pairing (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX mentoring_pairing_quota ON mentoring_pairing (round_id, mentor_organisation_id) WHERE state = 'active';

CREATE TABLE mentoring_admission (
    admission_id    UUID PRIMARY KEY,
    round_id        UUID NOT NULL REFERENCES mentoring_round (round_id),
    organisation_id UUID NOT NULL,
    -- The most students of the round with mentors of the organisation; none where there is no bound.
    quota           BIGINT CHECK (quota >= 0),
    -- Names of programmes and classes, one a line, the first preferred.
    priorities      TEXT NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (round_id, organisation_id)
);
