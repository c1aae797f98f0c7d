-- expand
-- Guidance can be withdrawn, and is confirmed by the other side, a pairing and month at a time.
ALTER TABLE mentoring_guidance_record ADD COLUMN withdrawn_at TEXT;

CREATE TABLE mentoring_guidance_month (
    guidance_month_id TEXT PRIMARY KEY,
    pairing_id        TEXT NOT NULL REFERENCES mentoring_pairing (pairing_id),
    mentor_id         TEXT NOT NULL REFERENCES mentoring_mentor (mentor_id),
    -- The first day of the month.
    first_day         TEXT NOT NULL,
    records           BIGINT NOT NULL CHECK (records > 0),
    minutes           BIGINT NOT NULL CHECK (minutes > 0),
    -- What the rules in force said, as JSON.
    judgement         TEXT NOT NULL,
    confirmed_by      TEXT NOT NULL,
    confirmed_at      TEXT NOT NULL,
    UNIQUE (pairing_id, first_day)
);
CREATE INDEX mentoring_guidance_month_mentor ON mentoring_guidance_month (mentor_id, guidance_month_id);
