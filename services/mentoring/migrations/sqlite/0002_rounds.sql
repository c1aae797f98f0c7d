-- contract
-- Rounds take rankings, hold several dry runs side by side, and go on after publishing: objections, then final.
ALTER TABLE mentoring_weights ADD COLUMN student_rank BIGINT NOT NULL DEFAULT 0 CHECK (student_rank BETWEEN 0 AND 1000);
ALTER TABLE mentoring_weights ADD COLUMN mentor_rank BIGINT NOT NULL DEFAULT 0 CHECK (mentor_rank BETWEEN 0 AND 1000);
INSERT INTO mentoring_weights (weights_version, organisation, programme, chain, place, skills, spare, student_rank, mentor_rank)
    VALUES (2, 200, 160, 160, 80, 120, 80, 120, 80);

-- One dry run of a round.
CREATE TABLE mentoring_run (
    run_id             TEXT PRIMARY KEY,
    round_id           TEXT NOT NULL REFERENCES mentoring_round (round_id),
    objective          TEXT NOT NULL,
    weights_version    BIGINT NOT NULL REFERENCES mentoring_weights (weights_version),
    students           BIGINT NOT NULL,
    matched_academic   BIGINT NOT NULL,
    matched_enterprise BIGINT NOT NULL,
    total_fit          BIGINT NOT NULL,
    bound_matched      BIGINT NOT NULL,
    bound_total_fit    BIGINT NOT NULL,
    blocking_pairs     BIGINT NOT NULL,
    proof              TEXT NOT NULL,
    created_at         TEXT NOT NULL,
    CHECK (matched_academic <= students AND matched_enterprise <= students),
    CHECK (matched_academic + matched_enterprise <= bound_matched)
);
CREATE INDEX mentoring_run_round ON mentoring_run (round_id, run_id);

-- The dry run before this version, if it was not published, is made again.
UPDATE mentoring_round SET state = 'closed', version = version + 1, matched_academic = 0, matched_enterprise = 0, total_fit = 0
    WHERE state = 'solved';
DROP TABLE mentoring_proposal;
CREATE TABLE mentoring_proposal (
    proposal_id  TEXT PRIMARY KEY,
    run_id       TEXT NOT NULL REFERENCES mentoring_run (run_id),
    enrolment_id TEXT NOT NULL REFERENCES mentoring_student (enrolment_id),
    side         TEXT NOT NULL,
    mentor_id    TEXT REFERENCES mentoring_mentor (mentor_id),
    fit          BIGINT NOT NULL CHECK (fit BETWEEN 0 AND 1000),
    -- What the decision saw: the parts of the fit and the better choices that were not given, as JSON.
    because      TEXT NOT NULL,
    UNIQUE (run_id, enrolment_id, side)
);

ALTER TABLE mentoring_round ADD COLUMN run_id TEXT REFERENCES mentoring_run (run_id);
ALTER TABLE mentoring_round ADD COLUMN same_place BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE mentoring_round ADD COLUMN objection_days BIGINT NOT NULL DEFAULT 0 CHECK (objection_days BETWEEN 0 AND 60);
ALTER TABLE mentoring_round ADD COLUMN objection_end_date TEXT;
DROP INDEX mentoring_round_one_open;
CREATE UNIQUE INDEX mentoring_round_one_open ON mentoring_round (class_id) WHERE state IN ('open', 'closed');

-- Who ranks and excludes whom in a round; the author is a student's enrolment or a mentor.
CREATE TABLE mentoring_ranking (
    ranking_id      TEXT PRIMARY KEY,
    round_id        TEXT NOT NULL REFERENCES mentoring_round (round_id),
    author_id       TEXT NOT NULL,
    -- student or mentor
    author          TEXT NOT NULL,
    -- The school of the student, or the organisation of the mentor.
    organisation_id TEXT NOT NULL,
    -- Ids, one a line.
    ranked          TEXT NOT NULL,
    excluded        TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    UNIQUE (round_id, author_id)
);

CREATE TABLE mentoring_conflict (
    conflict_id     TEXT PRIMARY KEY,
    mentor_id       TEXT NOT NULL REFERENCES mentoring_mentor (mentor_id),
    other_mentor_id TEXT REFERENCES mentoring_mentor (mentor_id),
    person_id       TEXT,
    ground          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    withdrawn_at    TEXT,
    CHECK ((other_mentor_id IS NULL) <> (person_id IS NULL))
);
CREATE INDEX mentoring_conflict_mentor ON mentoring_conflict (mentor_id, conflict_id);
CREATE UNIQUE INDEX mentoring_conflict_person ON mentoring_conflict (person_id, mentor_id) WHERE withdrawn_at IS NULL AND person_id IS NOT NULL;
CREATE UNIQUE INDEX mentoring_conflict_veto ON mentoring_conflict (other_mentor_id, mentor_id) WHERE withdrawn_at IS NULL AND other_mentor_id IS NOT NULL;

CREATE TABLE mentoring_objection (
    objection_id TEXT PRIMARY KEY,
    round_id     TEXT NOT NULL REFERENCES mentoring_round (round_id),
    pairing_id   TEXT NOT NULL REFERENCES mentoring_pairing (pairing_id),
    ground       TEXT NOT NULL,
    state        TEXT NOT NULL,
    raised_by    TEXT NOT NULL,
    decided_by   TEXT,
    created_at   TEXT NOT NULL,
    decided_at   TEXT,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    -- Four eyes.
    CHECK (decided_by <> raised_by)
);
CREATE UNIQUE INDEX mentoring_objection_open ON mentoring_objection (pairing_id) WHERE state = 'open';
CREATE INDEX mentoring_objection_round ON mentoring_objection (round_id, objection_id);
CREATE INDEX mentoring_student_person ON mentoring_student (person_id);
