-- expand
CREATE TABLE outbox (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service     TEXT NOT NULL,
    event_id    UUID NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    version     BIGINT NOT NULL CHECK (version > 0),
    occurred_at TIMESTAMPTZ NOT NULL,
    data        BYTEA NOT NULL,
    cause       TEXT NOT NULL,
    traceparent TEXT,
    sent_at     TIMESTAMPTZ,
    UNIQUE (service, subject, version)
);
CREATE INDEX outbox_unsent ON outbox (service, seq) WHERE sent_at IS NULL;

CREATE TABLE inbox (
    consumer   TEXT NOT NULL,
    event_key  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    version    BIGINT,
    applied_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (consumer, event_key)
);

CREATE TABLE inbox_position (
    consumer TEXT NOT NULL,
    subject  TEXT NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (consumer, subject)
);

CREATE TABLE inbox_parked (
    consumer  TEXT NOT NULL,
    event_key TEXT NOT NULL,
    subject   TEXT NOT NULL,
    version   BIGINT NOT NULL,
    envelope  TEXT NOT NULL,
    parked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (consumer, event_key)
);
CREATE INDEX inbox_parked_next ON inbox_parked (consumer, subject, version);

CREATE TABLE dead_letter (
    consumer    TEXT NOT NULL,
    event_key   TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    version     BIGINT,
    envelope    TEXT NOT NULL,
    channel     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    dead_at     TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    resolution  TEXT,
    PRIMARY KEY (consumer, event_key)
);
CREATE INDEX dead_letter_unresolved ON dead_letter (consumer, event_key) WHERE resolved_at IS NULL;

CREATE TABLE bus_stream (
    service    TEXT NOT NULL,
    stream     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seq   BIGINT NOT NULL,
    last_key   TEXT NOT NULL,
    marked_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (service, stream)
);

CREATE TABLE idempotency (
    service     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    key         TEXT NOT NULL,
    method      TEXT NOT NULL,
    request     TEXT NOT NULL,
    answer      BYTEA,
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (service, subject, key)
);

CREATE TABLE audit (
    audit_id     UUID PRIMARY KEY,
    service      TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    actor        TEXT NOT NULL,
    organisation TEXT,
    method       TEXT NOT NULL,
    request      TEXT NOT NULL,
    answer       TEXT NOT NULL,
    traceparent  TEXT
);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE VIEW v_outbox AS
    SELECT service, CAST(event_id AS TEXT) AS event_id, kind, subject, version, occurred_at, cause, sent_at FROM outbox;
CREATE VIEW v_inbox AS
    SELECT consumer, event_key, kind, subject, version, applied_at FROM inbox;
CREATE VIEW v_dead_letter AS
    SELECT consumer, event_key, kind, subject, version, reason, detail, dead_at, resolved_at, resolution FROM dead_letter;
CREATE VIEW v_audit AS
    SELECT CAST(audit_id AS TEXT) AS audit_id, service, at, actor, organisation, method, request, answer FROM audit;
