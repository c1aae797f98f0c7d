-- expand
-- What waits for the next month is listed by claim and person.
CREATE INDEX subsidy_queued_result_claim ON subsidy_queued_result (claim_id) WHERE booked_at IS NULL;

-- On SQLite a row may replace another past the triggers for deletes (INSERT OR REPLACE), so each table that is only added to has
-- one for inserts there. PostgreSQL has no such statement: what replaces a row here is an update or a delete, which are refused.
