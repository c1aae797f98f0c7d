-- expand
-- The one row that is locked by whoever frees a mentor's place or makes a vacancy, so that neither misses the other.
CREATE TABLE mentoring_turn (
    turn_id BIGINT PRIMARY KEY CHECK (turn_id = 1),
    changes BIGINT NOT NULL
);
INSERT INTO mentoring_turn (turn_id, changes) VALUES (1, 0);

-- How much each part of the fit counts. A new row is a new version; the newest is in force.
CREATE TABLE mentoring_weights (
    weights_version BIGINT PRIMARY KEY CHECK (weights_version >= 1),
    organisation    BIGINT NOT NULL CHECK (organisation BETWEEN 0 AND 1000),
    programme       BIGINT NOT NULL CHECK (programme BETWEEN 0 AND 1000),
    chain           BIGINT NOT NULL CHECK (chain BETWEEN 0 AND 1000),
    place           BIGINT NOT NULL CHECK (place BETWEEN 0 AND 1000),
    skills          BIGINT NOT NULL CHECK (skills BETWEEN 0 AND 1000),
    spare           BIGINT NOT NULL CHECK (spare BETWEEN 0 AND 1000),
    CHECK (organisation + programme + chain + place + skills + spare > 0)
);
INSERT INTO mentoring_weights (weights_version, organisation, programme, chain, place, skills, spare)
    VALUES (1, 250, 200, 200, 100, 150, 100);

-- Directory's organisations, as far as mentoring needs them.
CREATE TABLE mentoring_organisation (
    organisation_id UUID PRIMARY KEY,
    kind            TEXT NOT NULL
);

-- Directory's people, as far as mentoring needs them. The row is locked while the person's employments are
-- weighed against becoming or being a mentor.
CREATE TABLE mentoring_person (
    person_id UUID PRIMARY KEY,
    skills    TEXT NOT NULL,
    changes   BIGINT NOT NULL
);

-- Directory's employments, each as it is known now.
CREATE TABLE mentoring_employment (
    employment_id   UUID PRIMARY KEY,
    person_id       UUID NOT NULL,
    organisation_id UUID NOT NULL,
    start_date      DATE NOT NULL,
    end_date        DATE,
    withdrawn       BOOLEAN NOT NULL
);
CREATE INDEX mentoring_employment_person ON mentoring_employment (person_id, organisation_id);

CREATE TABLE mentoring_mentor (
    mentor_id       UUID PRIMARY KEY,
    version         BIGINT NOT NULL,
    person_id       UUID NOT NULL,
    organisation_id UUID NOT NULL,
    side            TEXT NOT NULL,
    capacity        BIGINT NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    load            BIGINT NOT NULL,
    chain           TEXT NOT NULL,
    programmes      TEXT NOT NULL,
    skills          TEXT NOT NULL,
    place           TEXT NOT NULL,
    state           TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    CHECK (load BETWEEN 0 AND capacity),
    CHECK (state <> 'closed' OR load = 0)
);
CREATE UNIQUE INDEX mentoring_mentor_once ON mentoring_mentor (person_id, organisation_id, side) WHERE state = 'active';
CREATE INDEX mentoring_mentor_organisation ON mentoring_mentor (organisation_id, side, mentor_id);
CREATE INDEX mentoring_mentor_chain ON mentoring_mentor (chain, side) WHERE state = 'active';

CREATE TABLE mentoring_round (
    round_id           UUID PRIMARY KEY,
    version            BIGINT NOT NULL,
    class_id           UUID NOT NULL,
    school_id          UUID NOT NULL,
    enterprise_id      UUID NOT NULL,
    place              TEXT NOT NULL,
    state              TEXT NOT NULL,
    students           BIGINT NOT NULL,
    matched_academic   BIGINT NOT NULL,
    matched_enterprise BIGINT NOT NULL,
    total_fit          BIGINT NOT NULL,
    weights_version    BIGINT REFERENCES mentoring_weights (weights_version),
    created_at         TIMESTAMPTZ NOT NULL,
    updated_at         TIMESTAMPTZ NOT NULL,
    CHECK (matched_academic <= students AND matched_enterprise <= students),
    CHECK (state = 'open' OR weights_version IS NOT NULL)
);
CREATE UNIQUE INDEX mentoring_round_one_open ON mentoring_round (class_id) WHERE state <> 'published';
CREATE INDEX mentoring_round_class ON mentoring_round (class_id, round_id);

-- Training's enrolments: the students who need two mentors each.
CREATE TABLE mentoring_student (
    enrolment_id  UUID PRIMARY KEY,
    class_id      UUID NOT NULL,
    order_id      UUID NOT NULL,
    person_id     UUID NOT NULL,
    school_id     UUID NOT NULL,
    enterprise_id UUID NOT NULL,
    chain         TEXT NOT NULL,
    programme     TEXT NOT NULL,
    state         TEXT NOT NULL,
    -- The published round the student was paired in; none while the student waits for one.
    round_id      UUID REFERENCES mentoring_round (round_id)
);
CREATE INDEX mentoring_student_class ON mentoring_student (class_id, enrolment_id);

-- What the newest dry run of a round proposes, and what was published of it.
CREATE TABLE mentoring_proposal (
    proposal_id  UUID PRIMARY KEY,
    round_id     UUID NOT NULL REFERENCES mentoring_round (round_id),
    enrolment_id UUID NOT NULL REFERENCES mentoring_student (enrolment_id),
    side         TEXT NOT NULL,
    mentor_id    UUID REFERENCES mentoring_mentor (mentor_id),
    fit          BIGINT NOT NULL CHECK (fit BETWEEN 0 AND 1000),
    UNIQUE (round_id, enrolment_id, side)
);

CREATE TABLE mentoring_pairing (
    pairing_id             UUID PRIMARY KEY,
    version                BIGINT NOT NULL,
    round_id               UUID NOT NULL REFERENCES mentoring_round (round_id),
    enrolment_id           UUID NOT NULL REFERENCES mentoring_student (enrolment_id),
    class_id               UUID NOT NULL,
    person_id              UUID NOT NULL,
    school_id              UUID NOT NULL,
    enterprise_id          UUID NOT NULL,
    side                   TEXT NOT NULL,
    state                  TEXT NOT NULL,
    mentor_id              UUID REFERENCES mentoring_mentor (mentor_id),
    mentor_organisation_id UUID,
    fit                    BIGINT NOT NULL CHECK (fit BETWEEN 0 AND 1000),
    start_date             DATE,
    end_date               DATE,
    end_reason             TEXT,
    created_at             TIMESTAMPTZ NOT NULL,
    updated_at             TIMESTAMPTZ NOT NULL,
    CHECK (state <> 'active' OR mentor_id IS NOT NULL),
    CHECK (state <> 'vacant' OR mentor_id IS NULL),
    CHECK ((mentor_id IS NULL) = (start_date IS NULL)),
    CHECK ((mentor_id IS NULL) = (mentor_organisation_id IS NULL)),
    CHECK ((state = 'ended') = (end_reason IS NOT NULL))
);
CREATE UNIQUE INDEX mentoring_pairing_one ON mentoring_pairing (enrolment_id, side) WHERE state <> 'ended';
CREATE INDEX mentoring_pairing_mentor ON mentoring_pairing (mentor_id, state);
CREATE INDEX mentoring_pairing_class ON mentoring_pairing (class_id, pairing_id);
CREATE INDEX mentoring_pairing_student ON mentoring_pairing (person_id);
CREATE INDEX mentoring_pairing_vacant ON mentoring_pairing (side, school_id, pairing_id) WHERE state = 'vacant';

CREATE TABLE mentoring_guidance_record (
    guidance_record_id UUID PRIMARY KEY,
    pairing_id         UUID NOT NULL REFERENCES mentoring_pairing (pairing_id),
    mentor_id          UUID NOT NULL REFERENCES mentoring_mentor (mentor_id),
    held_on            DATE NOT NULL,
    minutes            BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 600),
    kind               TEXT NOT NULL,
    recorded_by        TEXT NOT NULL,
    created_at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX mentoring_guidance_record_pairing ON mentoring_guidance_record (pairing_id, guidance_record_id);
CREATE INDEX mentoring_guidance_record_mentor ON mentoring_guidance_record (mentor_id, guidance_record_id);

CREATE VIEW v_mentor AS
    SELECT CAST(mentor_id AS TEXT) AS mentor_id, CAST(person_id AS TEXT) AS person_id,
           CAST(organisation_id AS TEXT) AS organisation_id, side, capacity, load, state, created_at, updated_at
    FROM mentoring_mentor;

CREATE VIEW v_pairing AS
    SELECT CAST(pairing_id AS TEXT) AS pairing_id, CAST(round_id AS TEXT) AS round_id,
           CAST(enrolment_id AS TEXT) AS enrolment_id, CAST(class_id AS TEXT) AS class_id,
           CAST(person_id AS TEXT) AS person_id, side, state, CAST(mentor_id AS TEXT) AS mentor_id, fit,
           start_date, end_date, end_reason, created_at, updated_at
    FROM mentoring_pairing;
