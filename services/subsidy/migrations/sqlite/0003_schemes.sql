-- expand
-- The next day on which something becomes due for a person without anything happening. It follows from the facts and
-- is kept so that a day's run need not look at everybody.
CREATE TABLE subsidy_agenda (
    person_id TEXT PRIMARY KEY,
    due_on    TEXT NOT NULL
);
CREATE INDEX subsidy_agenda_due ON subsidy_agenda (due_on, person_id);
