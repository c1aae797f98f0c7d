-- expand
-- Terms, what mentors take in them and when, what mentors and students say of each other, and mentors who guided a
-- student before.
CREATE TABLE mentoring_term (
    term_id         UUID PRIMARY KEY,
    code            TEXT NOT NULL UNIQUE,
    start_date      DATE NOT NULL,
    -- The day after the last one.
    end_date        DATE NOT NULL,
    evaluation_date DATE NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    CHECK (start_date < end_date),
    CHECK (evaluation_date >= start_date AND evaluation_date < end_date)
);

CREATE TABLE mentoring_term_capacity (
    mentor_id UUID NOT NULL REFERENCES mentoring_mentor (mentor_id),
    term_id   UUID NOT NULL REFERENCES mentoring_term (term_id),
    capacity  BIGINT NOT NULL CHECK (capacity BETWEEN 0 AND 50),
    PRIMARY KEY (mentor_id, term_id)
);

CREATE TABLE mentoring_window (
    mentor_id  UUID NOT NULL REFERENCES mentoring_mentor (mentor_id),
    start_date DATE NOT NULL,
    -- The day after the last one.
    end_date   DATE NOT NULL,
    PRIMARY KEY (mentor_id, start_date),
    CHECK (start_date < end_date)
);

-- What the timetable says for the day it was last looked at, and when to look again.
ALTER TABLE mentoring_mentor ADD COLUMN term_capacity BIGINT CHECK (term_capacity BETWEEN 0 AND 50);
ALTER TABLE mentoring_mentor ADD COLUMN available BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE mentoring_mentor ADD COLUMN next_change DATE;
CREATE INDEX mentoring_mentor_next ON mentoring_mentor (next_change) WHERE next_change IS NOT NULL;

CREATE TABLE mentoring_evaluation (
    evaluation_id   UUID PRIMARY KEY,
    pairing_id      UUID NOT NULL REFERENCES mentoring_pairing (pairing_id),
    term_id         UUID NOT NULL REFERENCES mentoring_term (term_id),
    -- student or mentor
    evaluator       TEXT NOT NULL,
    -- Who speaks for the evaluator.
    organisation_id UUID NOT NULL,
    score           BIGINT NOT NULL CHECK (score BETWEEN 1 AND 100),
    -- Scores by code, as JSON.
    aspects         TEXT NOT NULL,
    -- Both have evaluated; from then on neither changes.
    sealed          BOOLEAN NOT NULL,
    recorded_by     TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (pairing_id, term_id, evaluator)
);

ALTER TABLE mentoring_weights ADD COLUMN continuity BIGINT NOT NULL DEFAULT 0 CHECK (continuity BETWEEN 0 AND 1000);
-- The newest, as the city may have set it, with continuity beside.
INSERT INTO mentoring_weights (weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, continuity)
    SELECT weights_version + 1, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank, 100
    FROM mentoring_weights ORDER BY weights_version DESC LIMIT 1;

-- What a month's guidance is summed by.
CREATE INDEX mentoring_guidance_record_held ON mentoring_guidance_record (held_on);
CREATE INDEX mentoring_guidance_month_first ON mentoring_guidance_month (first_day);
