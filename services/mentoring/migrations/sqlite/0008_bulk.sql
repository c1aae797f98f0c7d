-- expand
-- Foreign keys stay here: SQLite looks one up as a row of the statement it is in.
-- Quotas are counted by way of the mentors of the organisations that have one.
DROP INDEX mentoring_pairing_quota;
