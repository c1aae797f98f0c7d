-- expand
-- What training needs to know of schools and students, kept from the directory's events.
CREATE TABLE training_school (
    school_id   TEXT PRIMARY KEY,
    school_type TEXT NOT NULL
);

CREATE TABLE training_student (
    student_id TEXT PRIMARY KEY,
    school_id  TEXT NOT NULL,
    entry_year BIGINT NOT NULL,
    sixteen_on TEXT NOT NULL
);

CREATE TABLE training_order (
    order_id       TEXT PRIMARY KEY,
    version        BIGINT NOT NULL,
    enterprise_id  TEXT NOT NULL,
    title          TEXT NOT NULL,
    chain          TEXT NOT NULL,
    programme_code TEXT NOT NULL,
    seats          BIGINT NOT NULL CHECK (seats > 0),
    seats_taken    BIGINT NOT NULL CHECK (seats_taken BETWEEN 0 AND seats),
    start_date     TEXT NOT NULL,
    end_date       TEXT NOT NULL,
    state          TEXT NOT NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL,
    CHECK (start_date < end_date)
);
CREATE INDEX training_order_enterprise ON training_order (enterprise_id, order_id);

CREATE TABLE training_class (
    class_id        TEXT PRIMARY KEY,
    version         BIGINT NOT NULL,
    order_id        TEXT NOT NULL REFERENCES training_order (order_id),
    school_id       TEXT NOT NULL,
    enterprise_id   TEXT NOT NULL,
    programme_id    TEXT,
    capacity        BIGINT NOT NULL CHECK (capacity > 0),
    enrolled        BIGINT NOT NULL CHECK (enrolled BETWEEN 0 AND capacity),
    state           TEXT NOT NULL,
    graduation_date TEXT,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL
);
CREATE INDEX training_class_order ON training_class (order_id);
CREATE INDEX training_class_school ON training_class (school_id, class_id);
CREATE INDEX training_class_enterprise ON training_class (enterprise_id, class_id);

CREATE TABLE training_enrolment (
    enrolment_id TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    class_id     TEXT NOT NULL REFERENCES training_class (class_id),
    student_id   TEXT NOT NULL,
    state        TEXT NOT NULL,
    created_at   TEXT NOT NULL
);
CREATE INDEX training_enrolment_class ON training_enrolment (class_id, enrolment_id);
CREATE UNIQUE INDEX training_enrolment_live ON training_enrolment (student_id) WHERE state IN ('enrolled', 'placed');

CREATE TABLE training_placement (
    placement_id     TEXT PRIMARY KEY,
    enrolment_id     TEXT NOT NULL UNIQUE REFERENCES training_enrolment (enrolment_id),
    class_id         TEXT NOT NULL,
    start_date       TEXT NOT NULL,
    end_date         TEXT NOT NULL,
    post             TEXT NOT NULL,
    venue            TEXT NOT NULL,
    agreement_signed BOOLEAN NOT NULL,
    insured          BOOLEAN NOT NULL,
    guardian_consent BOOLEAN NOT NULL,
    monthly_pay      BIGINT NOT NULL CHECK (monthly_pay > 0),
    post_wage        BIGINT NOT NULL CHECK (post_wage > 0),
    through_agent    BOOLEAN NOT NULL,
    labour_grade     BIGINT NOT NULL,
    -- Which version of which rule judged it, and what that rule saw.
    judgement        TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    CHECK (start_date < end_date)
);
CREATE INDEX training_placement_class ON training_placement (class_id, placement_id);
