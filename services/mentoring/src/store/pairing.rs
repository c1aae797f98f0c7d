//! Pairings in their table.

use super::student;
use crate::domain::{
    ClassId, EndReason, EnrolmentId, Guide, MentorId, OrganisationId, Pairing, PairingId, PairingState, PersonId, ProjectId,
    RematchId, RoundId, Side, Student,
};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one statement.
const AT_ONCE: usize = 2000;

/// A pairing with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub pairing: Pairing,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    pairing_id: PairingId,
    version: i64,
    round_id: RoundId,
    enrolment_id: EnrolmentId,
    class_id: ClassId,
    person_id: PersonId,
    school_id: OrganisationId,
    enterprise_id: OrganisationId,
    #[sqlx(try_from = "String")]
    side: Side,
    #[sqlx(try_from = "String")]
    state: PairingState,
    mentor_id: Option<MentorId>,
    mentor_person_id: Option<PersonId>,
    mentor_organisation_id: Option<OrganisationId>,
    project_id: Option<ProjectId>,
    fit: i64,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    end_reason: Option<String>,
    rematch_id: Option<RematchId>,
    created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct RowWithStudent {
    #[sqlx(flatten)]
    pairing: Row,
    #[sqlx(flatten)]
    student: student::Row,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let whole = row.mentor_id.zip(row.mentor_person_id).zip(row.mentor_organisation_id).zip(row.start_date);
        let project = row.project_id;
        let guide = whole.map(|(((mentor, person), organisation), since)| Guide { mentor, person, organisation, project, since });
        let reason = row.end_reason.map(EndReason::try_from).transpose().map_err(Error::internal)?;
        let pairing = Pairing {
            id: row.pairing_id,
            version: row.version,
            round: row.round_id,
            enrolment: row.enrolment_id,
            class: row.class_id,
            student: row.person_id,
            school: row.school_id,
            enterprise: row.enterprise_id,
            side: row.side,
            state: row.state,
            guide,
            fit: row.fit,
            end: row.end_date.zip(reason),
            rematch: row.rematch_id,
        };
        Ok(Self { pairing, created_at: row.created_at })
    }
}

/// Which pairings a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this school, of this enterprise, or with a mentor of this organisation.
    pub organisation: Option<OrganisationId>,
    pub class: Option<ClassId>,
    pub mentor: Option<MentorId>,
    pub student: Option<PersonId>,
    pub state: Option<PairingState>,
}

statements! {
    INSERT_ALL = {
        postgres: "INSERT INTO mentoring_pairing (created_at, updated_at, pairing_id, version, round_id, enrolment_id, class_id, person_id, school_id, enterprise_id, side, state, mentor_id, mentor_organisation_id, fit, start_date, project_id, rematch_id) SELECT $1, $1, pairings.* FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS UUID[]), CAST($5 AS UUID[]), CAST($6 AS UUID[]), CAST($7 AS UUID[]), CAST($8 AS UUID[]), CAST($9 AS UUID[]), CAST($10 AS TEXT[]), CAST($11 AS TEXT[]), CAST($12 AS UUID[]), CAST($13 AS UUID[]), CAST($14 AS BIGINT[]), CAST($15 AS DATE[]), CAST($16 AS UUID[]), CAST($17 AS UUID[])) AS pairings",
        sqlite: "INSERT INTO mentoring_pairing (created_at, updated_at, pairing_id, version, round_id, enrolment_id, class_id, person_id, school_id, enterprise_id, side, state, mentor_id, mentor_organisation_id, fit, start_date, project_id, rematch_id) SELECT $1, $1, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15 FROM jsonb_each($2)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    UPDATE = "UPDATE mentoring_pairing SET version = $2, state = $4, mentor_id = $5, mentor_organisation_id = $6, fit = $7, start_date = $8, end_date = $9, end_reason = $10, rematch_id = $11, project_id = $12, updated_at = $13 WHERE pairing_id = $1 AND version = $3";
    /// Gives out the next `$3` versions of a pairing, for the events of its guidance.
    ADVANCE = "UPDATE mentoring_pairing SET version = version + $3 WHERE pairing_id = $1 AND version = $2";
    /// Gives out the next version of pairings.
    ADVANCE_ALL = {
        postgres: "UPDATE mentoring_pairing SET version = version + 1 WHERE pairing_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "UPDATE mentoring_pairing SET version = version + 1 WHERE pairing_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    VERSIONS = {
        postgres: "SELECT pairing_id, version FROM mentoring_pairing WHERE pairing_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT pairing_id, version FROM mentoring_pairing WHERE pairing_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    BY_ID = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id = $1";
    BY_IDS = {
        postgres: "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    LIVE_OF_ENROLMENT = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.enrolment_id = $1 AND p.state <> 'ended' ORDER BY p.pairing_id";
    WITH_STUDENT = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.pairing_id = $1";
    OF_MENTOR = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.mentor_id = $1 AND p.state = 'active' ORDER BY p.pairing_id";
    RELEASE = "UPDATE mentoring_pairing SET rematch_id = NULL WHERE rematch_id = $1 AND state = 'vacant'";
    HELD_BY = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.rematch_id = $1 AND p.state = 'vacant' ORDER BY p.pairing_id";
    VACANT_ACADEMIC = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.state = 'vacant' AND p.rematch_id IS NULL AND p.side = 'academic' AND p.school_id = $1 AND p.pairing_id > $2 ORDER BY p.pairing_id LIMIT $3";
    VACANT_OF_ROUND = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.state = 'vacant' AND p.rematch_id IS NULL AND p.round_id = $1 AND p.pairing_id > $2 ORDER BY p.pairing_id LIMIT $3";
    VACANT_ENTERPRISE = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, q.skills, r.place, r.same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id JOIN mentoring_student s ON s.enrolment_id = p.enrolment_id JOIN mentoring_round r ON r.round_id = p.round_id LEFT JOIN mentoring_person q ON q.person_id = s.person_id WHERE p.state = 'vacant' AND p.rematch_id IS NULL AND p.side = 'enterprise' AND (p.enterprise_id = $1 OR (s.chain = $2 AND s.chain <> '')) AND p.pairing_id > $3 ORDER BY p.pairing_id LIMIT $4";
    LIST = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (p.class_id = $4 OR $4 IS NULL) AND (p.mentor_id = $5 OR $5 IS NULL) AND (p.person_id = $6 OR $6 IS NULL) AND (p.state = $7 OR $7 IS NULL) ORDER BY p.pairing_id LIMIT $2";
    /// One text for each narrowing that has an index: neither engine uses one through `OR … IS NULL`.
    LIST_OF_CLASS = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND p.class_id = $4 AND (p.mentor_id = $5 OR $5 IS NULL) AND (p.person_id = $6 OR $6 IS NULL) AND (p.state = $7 OR $7 IS NULL) ORDER BY p.pairing_id LIMIT $2";
    LIST_OF_MENTOR = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (p.class_id = $4 OR $4 IS NULL) AND p.mentor_id = $5 AND (p.person_id = $6 OR $6 IS NULL) AND (p.state = $7 OR $7 IS NULL) ORDER BY p.pairing_id LIMIT $2";
    LIST_OF_STUDENT = "SELECT p.pairing_id, p.version, p.round_id, p.enrolment_id, p.class_id, p.person_id, p.school_id, p.enterprise_id, p.side, p.state, p.mentor_id, m.person_id AS mentor_person_id, p.mentor_organisation_id, p.project_id, p.fit, p.start_date, p.end_date, p.end_reason, p.rematch_id, p.created_at FROM mentoring_pairing p LEFT JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.pairing_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (p.class_id = $4 OR $4 IS NULL) AND (p.mentor_id = $5 OR $5 IS NULL) AND p.person_id = $6 AND (p.state = $7 OR $7 IS NULL) ORDER BY p.pairing_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, pairing: &Pairing, now: DateTime<Utc>) -> Result<(), Error> {
    insert_all(tx, std::slice::from_ref(pairing), now).await
}

/// Adds pairings, a few thousand at a time.
pub async fn insert_all(tx: &mut Tx, pairings: &[Pairing], now: DateTime<Utc>) -> Result<(), Error> {
    for rows in pairings.chunks(AT_ONCE) {
        let row = |pairing: &Pairing| {
            let guide = pairing.guide;
            args![
                pairing.id,
                pairing.version,
                pairing.round,
                pairing.enrolment,
                pairing.class,
                pairing.student,
                pairing.school,
                pairing.enterprise,
                pairing.side,
                pairing.state,
                guide.map(|guide| guide.mentor),
                guide.map(|guide| guide.organisation),
                pairing.fit,
                guide.map(|guide| guide.since),
                guide.and_then(|guide| guide.project),
                pairing.rematch,
            ]
        };
        tx.execute_rows(INSERT_ALL, args![now], rows.iter().map(row).collect()).await?;
    }
    Ok(())
}

/// Saves a decision that was made on the version before.
pub async fn update(tx: &mut Tx, pairing: &Pairing, now: DateTime<Utc>) -> Result<(), Error> {
    let guide = pairing.guide;
    let row = args![
        pairing.id,
        pairing.version,
        pairing.version - 1,
        pairing.state,
        guide.map(|guide| guide.mentor),
        guide.map(|guide| guide.organisation),
        pairing.fit,
        guide.map(|guide| guide.since),
        pairing.end.map(|(on, _)| on),
        pairing.end.map(|(_, reason)| reason),
        pairing.rematch,
        guide.and_then(|guide| guide.project),
        now,
    ];
    tx.change(UPDATE, row, &pairing.id.to_string()).await
}

/// Takes the next versions of a pairing for events that leave its state as it is.
pub async fn advance(tx: &mut Tx, pairing: &Pairing, events: i64) -> Result<(), Error> {
    tx.change(ADVANCE, args![pairing.id, pairing.version, events], &pairing.id.to_string()).await
}

/// As [`advance`] for many pairings, each for so many events: a statement for all of them, and another one only for
/// those with further events.
pub async fn advance_all<'a>(tx: &mut Tx, pairings: impl Iterator<Item = (&'a Pairing, usize)>) -> Result<(), Error> {
    let mut expected: BTreeMap<PairingId, i64> = BTreeMap::new();
    let mut turns: Vec<Vec<PairingId>> = Vec::new();
    for (pairing, events) in pairings {
        expected.insert(pairing.id, pairing.version + i64::try_from(events).unwrap_or(i64::MAX));
        turns.resize_with(turns.len().max(events), Vec::new);
        for turn in &mut turns[..events] {
            turn.push(pairing.id);
        }
    }
    for ids in &turns {
        tx.execute(ADVANCE_ALL, args![id_list(ids.iter().copied())]).await?;
    }
    let Some(all) = turns.first() else { return Ok(()) };
    let versions: Vec<(PairingId, i64)> = tx.fetch_all(VERSIONS, args![id_list(all.iter().copied())]).await?;
    match versions.into_iter().find(|(id, version)| expected.get(id) != Some(version)) {
        Some((id, _)) => Err(Error::stale(&id.to_string())),
        None => Ok(()),
    }
}

pub async fn by_id(tx: &mut Tx, id: PairingId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    row.map(Stored::try_from).transpose()
}

/// Those of the pairings that are there.
pub async fn by_ids(tx: &mut Tx, ids: &BTreeSet<PairingId>) -> Result<BTreeMap<PairingId, Pairing>, Error> {
    let rows: Vec<Row> = tx.fetch_all(BY_IDS, args![id_list(ids.iter().copied())]).await?;
    rows.into_iter().map(|row| Ok((row.pairing_id, Stored::try_from(row)?.pairing))).collect()
}

/// The student's pairings that are not over, at most one a side.
pub async fn live_of_enrolment(tx: &mut Tx, enrolment: EnrolmentId) -> Result<Vec<Pairing>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIVE_OF_ENROLMENT, args![enrolment]).await?;
    rows.into_iter().map(|row| Ok(Stored::try_from(row)?.pairing)).collect()
}

/// The active pairings of a mentor, with their students.
pub async fn of_mentor(tx: &mut Tx, mentor: MentorId) -> Result<Vec<(Pairing, Student)>, Error> {
    with_students(tx.fetch_all(OF_MENTOR, args![mentor]).await?)
}

/// The vacancies that wait for the approval of a re-match, with their students.
pub async fn held_by(tx: &mut Tx, rematch: RematchId) -> Result<Vec<(Pairing, Student)>, Error> {
    with_students(tx.fetch_all(HELD_BY, args![rematch]).await?)
}

/// Lets the vacancies of a re-match be filled.
pub async fn release(tx: &mut Tx, rematch: RematchId) -> Result<(), Error> {
    tx.execute(RELEASE, args![rematch]).await.map(|_| ())
}

/// The vacancies academic mentors of a school could fill, the oldest first, `after` one.
pub async fn vacant_academic(
    tx: &mut Tx,
    school: OrganisationId,
    after: PairingId,
    most: i64,
) -> Result<Vec<(Pairing, Student)>, Error> {
    with_students(tx.fetch_all(VACANT_ACADEMIC, args![school, after, most]).await?)
}

/// The vacancies enterprise mentors of an enterprise, who know a chain, could fill, the oldest first, `after` one.
pub async fn vacant_enterprise(
    tx: &mut Tx,
    enterprise: OrganisationId,
    chain: &str,
    after: PairingId,
    most: i64,
) -> Result<Vec<(Pairing, Student)>, Error> {
    with_students(tx.fetch_all(VACANT_ENTERPRISE, args![enterprise, chain, after, most]).await?)
}

/// The vacancies of a round that wait for nobody's approval, the oldest first, `after` one.
pub async fn vacant_of_round(tx: &mut Tx, round: RoundId, after: PairingId, most: i64) -> Result<Vec<(Pairing, Student)>, Error> {
    with_students(tx.fetch_all(VACANT_OF_ROUND, args![round, after, most]).await?)
}

/// A pairing with its student.
pub async fn with_student(tx: &mut Tx, id: PairingId) -> Result<Option<(Pairing, Student)>, Error> {
    Ok(with_students(tx.fetch_all(WITH_STUDENT, args![id]).await?)?.pop())
}

fn with_students(rows: Vec<RowWithStudent>) -> Result<Vec<(Pairing, Student)>, Error> {
    rows.into_iter().map(|row| Ok((Stored::try_from(row.pairing)?.pairing, row.student.into()))).collect()
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let sql = match filter {
        Filter { class: Some(_), .. } => LIST_OF_CLASS,
        Filter { mentor: Some(_), .. } => LIST_OF_MENTOR,
        Filter { student: Some(_), .. } => LIST_OF_STUDENT,
        _ => LIST,
    };
    let row = args![page.after, page.limit(), filter.organisation, filter.class, filter.mentor, filter.student, filter.state];
    let rows: Vec<Row> = tx.fetch_all(sql, row).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
