-- expand
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    service     TEXT NOT NULL,
    event_id    TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    version     BIGINT NOT NULL CHECK (version > 0),
    occurred_at TEXT NOT NULL,
    data        BLOB NOT NULL,
    cause       TEXT NOT NULL,
    traceparent TEXT,
    sent_at     TEXT,
    UNIQUE (service, subject, version)
);
CREATE INDEX outbox_unsent ON outbox (service, seq) WHERE sent_at IS NULL;

CREATE TABLE inbox (
    consumer   TEXT NOT NULL,
    event_key  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    version    BIGINT,
    applied_at TEXT NOT NULL,
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
    parked_at TEXT NOT NULL,
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
    dead_at     TEXT NOT NULL,
    resolved_at TEXT,
    resolution  TEXT,
    PRIMARY KEY (consumer, event_key)
);
CREATE INDEX dead_letter_unresolved ON dead_letter (consumer, event_key) WHERE resolved_at IS NULL;

CREATE TABLE bus_stream (
    service    TEXT NOT NULL,
    stream     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_seq   BIGINT NOT NULL,
    last_key   TEXT NOT NULL,
    marked_at  TEXT NOT NULL,
    PRIMARY KEY (service, stream)
);

CREATE TABLE idempotency (
    service     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    key         TEXT NOT NULL,
    method      TEXT NOT NULL,
    request     TEXT NOT NULL,
    answer      BLOB,
    created_at  TEXT NOT NULL,
    PRIMARY KEY (service, subject, key)
);

CREATE TABLE audit (
    audit_id     TEXT PRIMARY KEY,
    service      TEXT NOT NULL,
    at           TEXT NOT NULL,
    actor        TEXT NOT NULL,
    organisation TEXT,
    method       TEXT NOT NULL,
    request      TEXT NOT NULL,
    answer       TEXT NOT NULL,
    traceparent  TEXT
);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE audit_id = NEW.audit_id)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE VIEW v_outbox AS
    SELECT service, event_id, kind, subject, version, occurred_at, cause, sent_at FROM outbox;
CREATE VIEW v_inbox AS
    SELECT consumer, event_key, kind, subject, version, applied_at FROM inbox;
CREATE VIEW v_dead_letter AS
    SELECT consumer, event_key, kind, subject, version, reason, detail, dead_at, resolved_at, resolution FROM dead_letter;
CREATE VIEW v_audit AS
    SELECT audit_id, service, at, actor, organisation, method, request, answer FROM audit;
