-- expand
-- Nothing to do: SQLite compresses nothing.
SELECT 1;
