-- expand
-- What waits to be sent. Here every event is a lot of its own, and `seqs` its one number. To mark an event as sent in its own
-- row writes all of it a second time.
CREATE TABLE outbox_lot (
    service TEXT NOT NULL,
    lot     INTEGER NOT NULL,
    seqs    INTEGER NOT NULL,
    PRIMARY KEY (service, lot)
) WITHOUT ROWID;
CREATE TRIGGER outbox_lots AFTER INSERT ON outbox BEGIN
    INSERT INTO outbox_lot (service, lot, seqs) VALUES (NEW.service, NEW.seq, NEW.seq);
END;

INSERT INTO outbox_lot (service, lot, seqs) SELECT service, seq, seq FROM outbox WHERE sent_at IS NULL;
-- From now on, when it was handed over to be sent.
UPDATE outbox SET sent_at = occurred_at WHERE sent_at IS NULL;

DROP VIEW v_outbox;
CREATE VIEW v_outbox AS
    SELECT service, event_id, kind, subject, version, occurred_at, cause,
        CASE WHEN NOT EXISTS (SELECT 1 FROM outbox_lot l WHERE l.service = o.service AND l.lot = o.seq) THEN COALESCE(sent_at, occurred_at) END AS sent_at
    FROM outbox o;
