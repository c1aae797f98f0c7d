-- contract
-- A round may reach further than one class, up to the whole city, and is then published in batches.
-- class, classes, school, enterprise, chain or city; of the last the columns of class, school and enterprise say nothing
-- and hold the nil id.
ALTER TABLE mentoring_round ADD COLUMN reach TEXT NOT NULL DEFAULT 'class';
-- The chain; or the classes, one a line.
ALTER TABLE mentoring_round ADD COLUMN reach_of TEXT NOT NULL DEFAULT '';
-- Possible mentors looked at first, a student and side.
ALTER TABLE mentoring_round ADD COLUMN candidates BIGINT NOT NULL DEFAULT 30 CHECK (candidates BETWEEN 1 AND 200);
-- The command that decided on publishing, while its batches follow.
ALTER TABLE mentoring_round ADD COLUMN cause TEXT NOT NULL DEFAULT '';
CREATE INDEX mentoring_round_publishing ON mentoring_round (round_id) WHERE state = 'publishing';

-- The unfinished round the student is in; one at most, by being one column.
ALTER TABLE mentoring_student ADD COLUMN open_round_id TEXT REFERENCES mentoring_round (round_id);
UPDATE mentoring_student SET open_round_id = (SELECT r.round_id FROM mentoring_round r WHERE r.class_id = mentoring_student.class_id AND r.state IN ('open', 'closed'))
    WHERE state = 'enrolled' AND round_id IS NULL;
CREATE INDEX mentoring_student_open ON mentoring_student (open_round_id, enrolment_id) WHERE open_round_id IS NOT NULL;
-- Said by the students now.
DROP INDEX mentoring_round_one_open;

-- Whose students are in a round of more than one school and enterprise: they may see that there is one.
CREATE TABLE mentoring_round_party (
    round_id        TEXT NOT NULL REFERENCES mentoring_round (round_id),
    organisation_id TEXT NOT NULL,
    PRIMARY KEY (round_id, organisation_id)
);
