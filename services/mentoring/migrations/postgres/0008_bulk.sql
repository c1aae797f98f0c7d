-- expand
-- A city's round writes a quarter of a million rows into each of two tables. PostgreSQL looks up every foreign key of
-- every row by a statement of its own, half of the time the rows take. They are written from rows read in the same
-- transaction, nothing ever deletes what they name, and `talentflow verify` asks (mentoring-references).
ALTER TABLE mentoring_proposal
    DROP CONSTRAINT mentoring_proposal_run_id_fkey,
    DROP CONSTRAINT mentoring_proposal_enrolment_id_fkey,
    DROP CONSTRAINT mentoring_proposal_mentor_id_fkey;
ALTER TABLE mentoring_pairing
    DROP CONSTRAINT mentoring_pairing_round_id_fkey,
    DROP CONSTRAINT mentoring_pairing_enrolment_id_fkey,
    DROP CONSTRAINT mentoring_pairing_mentor_id_fkey;
-- Quotas are counted by way of the mentors of the organisations that have one.
DROP INDEX mentoring_pairing_quota;
