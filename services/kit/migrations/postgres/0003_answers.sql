-- expand
-- The answer to a command of a thousand was compressed each time it was kept, for the few that are ever asked for again.
ALTER TABLE idempotency ALTER COLUMN answer SET STORAGE EXTERNAL;
