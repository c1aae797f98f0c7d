-- expand
-- Most postings resolve nothing, and need no place among what was resolved once.
CREATE UNIQUE INDEX subsidy_ledger_transaction_resolved_once ON subsidy_ledger_transaction (resolves) WHERE resolves IS NOT NULL;
ALTER TABLE subsidy_ledger_transaction DROP CONSTRAINT subsidy_ledger_transaction_resolves_key;
