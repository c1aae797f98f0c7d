-- contract
-- A mentor's places follow absences and changes; who loses a mentor with many others waits for approval.
ALTER TABLE mentoring_mentor ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE mentoring_mentor ADD COLUMN years BIGINT NOT NULL DEFAULT 0 CHECK (years BETWEEN 0 AND 60);
ALTER TABLE mentoring_mentor ADD COLUMN languages TEXT NOT NULL DEFAULT '';
-- What the rules in force said when the mentor was registered or last changed, as JSON.
ALTER TABLE mentoring_mentor ADD COLUMN judgement TEXT NOT NULL DEFAULT '';
-- Students at once, less absences.
ALTER TABLE mentoring_mentor ADD COLUMN places BIGINT NOT NULL DEFAULT 0 CHECK (places BETWEEN 0 AND 50);
-- Events that were told of the mentor.
ALTER TABLE mentoring_mentor ADD COLUMN told BIGINT NOT NULL DEFAULT 1;
UPDATE mentoring_mentor SET places = capacity WHERE state = 'active';
UPDATE mentoring_mentor SET told = 2 WHERE state = 'closed';
DROP INDEX mentoring_mentor_once;
CREATE UNIQUE INDEX mentoring_mentor_once ON mentoring_mentor (person_id, organisation_id, side) WHERE state <> 'closed';

-- Who is away from their organisation, and how much of their time.
CREATE TABLE mentoring_absence (
    -- The rotation, or the mentor who is on leave.
    absence_id      UUID PRIMARY KEY,
    person_id       UUID NOT NULL,
    organisation_id UUID NOT NULL,
    share_percent   BIGINT NOT NULL CHECK (share_percent BETWEEN 0 AND 100)
);
CREATE INDEX mentoring_absence_person ON mentoring_absence (person_id, organisation_id);

-- Students who lost a mentor together, too many to be given another one unseen.
CREATE TABLE mentoring_rematch (
    rematch_id  UUID PRIMARY KEY,
    mentor_id   UUID NOT NULL REFERENCES mentoring_mentor (mentor_id),
    reason      TEXT NOT NULL,
    students    BIGINT NOT NULL CHECK (students > 0),
    state       TEXT NOT NULL,
    -- What the rule said, as JSON.
    judgement   TEXT NOT NULL,
    approved_by TEXT,
    created_at  TIMESTAMPTZ NOT NULL,
    approved_at TIMESTAMPTZ,
    CHECK ((state = 'waiting') = (approved_by IS NULL))
);
-- Whom a vacancy waits for; nobody waits for it once it is approved.
ALTER TABLE mentoring_pairing ADD COLUMN rematch_id UUID REFERENCES mentoring_rematch (rematch_id);
CREATE INDEX mentoring_pairing_rematch ON mentoring_pairing (rematch_id) WHERE rematch_id IS NOT NULL;
