-- expand
-- Nothing to do: SQLite changes a row where it is, and only those index entries that say something else.
SELECT 1;
