-- expand
-- What waits to be sent, by the lot: the events that one statement wrote. To mark each event as sent in its own row writes
-- the row and its index entries a second time; a lot is deleted in one go. The trigger serves older binaries as well.
CREATE TABLE outbox_lot (
    service TEXT NOT NULL,
    lot     BIGINT GENERATED ALWAYS AS IDENTITY,
    seqs    BIGINT[] NOT NULL CHECK (cardinality(seqs) > 0),
    PRIMARY KEY (service, lot)
);
CREATE FUNCTION outbox_into_lots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox_lot (service, seqs) SELECT service, array_agg(seq ORDER BY seq) FROM appended GROUP BY service;
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_lots AFTER INSERT ON outbox REFERENCING NEW TABLE AS appended
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_into_lots();

INSERT INTO outbox_lot (service, seqs)
    SELECT service, array_agg(seq ORDER BY seq)
    FROM (SELECT service, seq, (row_number() OVER (PARTITION BY service ORDER BY seq) - 1) / 256 AS part FROM outbox WHERE sent_at IS NULL) AS unsent
    GROUP BY service, part;
-- From now on, when it was handed over to be sent: older relays leave alone what has it.
UPDATE outbox SET sent_at = occurred_at WHERE sent_at IS NULL;

-- Nobody looks an event up by its id, and what makes two of them one is their subject and version.
ALTER TABLE outbox DROP CONSTRAINT outbox_event_id_key;

CREATE OR REPLACE VIEW v_outbox AS
    SELECT service, CAST(event_id AS TEXT) AS event_id, kind, subject, version, occurred_at, cause,
        CASE WHEN NOT EXISTS (SELECT 1 FROM outbox_lot l WHERE l.service = o.service AND o.seq = ANY (l.seqs)) THEN COALESCE(sent_at, occurred_at) END AS sent_at
    FROM outbox o;
