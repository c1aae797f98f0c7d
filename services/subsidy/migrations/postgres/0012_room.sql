-- expand
-- Every posting changes the rows of these tables, and none of their indexes. In a page that has room for the new version of
-- a row, no index is written again; a transaction may change every row of a page, and the next one before anybody has tidied up.
ALTER TABLE subsidy_ledger_account SET (fillfactor = 40);
ALTER TABLE subsidy_budget SET (fillfactor = 40);
ALTER TABLE subsidy_period_total SET (fillfactor = 40);
ALTER TABLE subsidy_cap SET (fillfactor = 40);
