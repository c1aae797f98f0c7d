//! Students who need mentors, in their table.

use crate::domain::{ClassId, EnrolmentId, MentorId, OrderId, OrganisationId, PersonId, Round, RoundId, Student, StudentState};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};

/// Rows of one statement.
const AT_ONCE: usize = 2000;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    enrolment_id: EnrolmentId,
    class_id: ClassId,
    order_id: OrderId,
    student_id: PersonId,
    student_school_id: OrganisationId,
    student_enterprise_id: OrganisationId,
    chain: String,
    programme: String,
    skills: Option<String>,
    place: Option<String>,
    same_place: Option<bool>,
    #[sqlx(try_from = "String")]
    student_state: StudentState,
    student_round_id: Option<RoundId>,
}

impl From<Row> for Student {
    fn from(row: Row) -> Self {
        Self {
            enrolment: row.enrolment_id,
            class: row.class_id,
            order: row.order_id,
            person: row.student_id,
            school: row.student_school_id,
            enterprise: row.student_enterprise_id,
            chain: row.chain,
            programme: row.programme,
            skills: row.skills.unwrap_or_default().into(),
            place: row.place.unwrap_or_default(),
            same_place: row.same_place.unwrap_or_default(),
            state: row.student_state,
            round: row.student_round_id,
        }
    }
}

statements! {
    INSERT = "INSERT INTO mentoring_student (enrolment_id, class_id, order_id, person_id, school_id, enterprise_id, chain, programme, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    LEAVE = "UPDATE mentoring_student SET state = $2, open_round_id = NULL WHERE enrolment_id = $1 AND state = 'enrolled'";
    ANY_OF_CLASS = "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, NULL AS skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s WHERE s.class_id = $1 ORDER BY s.enrolment_id LIMIT 1";
    /// Students of further rounds count as waiting, so that a class whose students are all in one is refused, not empty.
    CLASSES_WAITING = "SELECT DISTINCT class_id FROM mentoring_student WHERE state = 'enrolled' AND round_id IS NULL AND (school_id = $1 OR $1 IS NULL) AND (enterprise_id = $2 OR $2 IS NULL) AND (chain = $3 OR $3 IS NULL)";
    /// Takes students into a round who are in no other: the condition is on the row, so whoever comes second finds it taken.
    /// The classes of a city are thousands. As an array whose length PostgreSQL does not see they are looked up in the index
    /// one by one; as rows, or where it sees how many, they are held against every student.
    CLAIM = {
        postgres: "UPDATE mentoring_student SET open_round_id = $2 WHERE class_id = ANY (ARRAY(SELECT unnest(CAST($1 AS UUID[])))) AND state = 'enrolled' AND round_id IS NULL AND open_round_id IS NULL",
        sqlite: "UPDATE mentoring_student SET open_round_id = $2 WHERE class_id IN (SELECT value FROM json_each($1)) AND state = 'enrolled' AND round_id IS NULL AND open_round_id IS NULL",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    CLAIMED_BY_ANOTHER = {
        postgres: "SELECT open_round_id FROM mentoring_student WHERE class_id = ANY (ARRAY(SELECT unnest(CAST($1 AS UUID[])))) AND state = 'enrolled' AND round_id IS NULL AND open_round_id <> $2 ORDER BY open_round_id LIMIT 1",
        sqlite: "SELECT open_round_id FROM mentoring_student WHERE class_id IN (SELECT value FROM json_each($1)) AND state = 'enrolled' AND round_id IS NULL AND open_round_id <> $2 ORDER BY open_round_id LIMIT 1",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The students of a round whose school or enterprise an organisation is, or whose chain its enterprise mentors know.
    COUNT_CONCERNED = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_student WHERE open_round_id = $1 AND (school_id = $2 OR enterprise_id = $2 OR (chain <> '' AND chain IN (SELECT chain FROM mentoring_mentor WHERE organisation_id = $2 AND side = 'enterprise' AND state <> 'closed')))";
    COUNT_IN_ROUND = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_student WHERE open_round_id = $1";
    IN_ROUND = "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, p.skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s LEFT JOIN mentoring_person p ON p.person_id = s.person_id WHERE s.open_round_id = $1 ORDER BY s.enrolment_id LIMIT $2";
    IN_ROUND_BY_IDS = {
        postgres: "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, p.skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s LEFT JOIN mentoring_person p ON p.person_id = s.person_id WHERE s.open_round_id = $1 AND s.enrolment_id = ANY (CAST($2 AS UUID[])) ORDER BY s.enrolment_id",
        sqlite: "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, p.skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s LEFT JOIN mentoring_person p ON p.person_id = s.person_id WHERE s.open_round_id = $1 AND s.enrolment_id IN (SELECT value FROM json_each($2)) ORDER BY s.enrolment_id",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The student, if the round they are in is being published.
    BEING_PUBLISHED = "SELECT s.open_round_id, s.enrolment_id FROM mentoring_student s JOIN mentoring_round r ON r.round_id = s.open_round_id WHERE s.enrolment_id = $1 AND r.state = 'publishing'";
    /// The students who are about to get a mentor.
    BEING_PUBLISHED_TO = "SELECT s.open_round_id, s.enrolment_id FROM mentoring_round r JOIN mentoring_proposal q ON q.run_id = r.run_id JOIN mentoring_student s ON s.enrolment_id = q.enrolment_id AND s.open_round_id = r.round_id WHERE r.state = 'publishing' AND q.mentor_id = $1 ORDER BY s.open_round_id, s.enrolment_id";
    SCHOOLS = "SELECT DISTINCT school_id FROM mentoring_student WHERE person_id = $1";
    /// The row's lock holds back the student's leaving until the pairings are there to be ended.
    /// `IN`, not `= ANY`: of some thousand in a round of a hundred thousand, the planner would go through the round.
    JOIN_ROUND = {
        postgres: "UPDATE mentoring_student SET round_id = $2, open_round_id = NULL WHERE enrolment_id IN (SELECT id FROM unnest(CAST($1 AS UUID[])) AS wanted (id) ORDER BY 1) AND state = 'enrolled' AND open_round_id = $2",
        sqlite: "UPDATE mentoring_student SET round_id = $2, open_round_id = NULL WHERE enrolment_id IN (SELECT value FROM json_each($1)) AND state = 'enrolled' AND open_round_id = $2",
        reason: "SQLite knows no arrays: they come as JSON",
    };
}

pub async fn insert(tx: &mut Tx, student: &Student) -> Result<(), Error> {
    let row = args![
        student.enrolment,
        student.class,
        student.order,
        student.person,
        student.school,
        student.enterprise,
        student.chain.as_str(),
        student.programme.as_str(),
        student.state,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

/// The student needs no mentors any more.
pub async fn leave(tx: &mut Tx, enrolment: EnrolmentId, state: StudentState) -> Result<(), Error> {
    tx.change(LEAVE, args![enrolment, state], &enrolment.to_string()).await
}

/// Some student of a class: what all of the class have in common, such as school and enterprise.
pub async fn any_of_class(tx: &mut Tx, class: ClassId) -> Result<Option<Student>, Error> {
    let row: Option<Row> = tx.fetch_optional(ANY_OF_CLASS, args![class]).await?;
    Ok(row.map(Student::from))
}

/// The classes of a school, an enterprise, a chain whose students wait for a mentor; `None` does not narrow.
pub async fn classes_waiting(
    tx: &mut Tx,
    school: Option<OrganisationId>,
    enterprise: Option<OrganisationId>,
    chain: Option<&str>,
) -> Result<Vec<ClassId>, Error> {
    let rows: Vec<(ClassId,)> = tx.fetch_all(CLASSES_WAITING, args![school, enterprise, chain]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes those of the classes' students who wait, and are in no unfinished round, into one; answers how many.
pub async fn claim(tx: &mut Tx, classes: &[ClassId], round: RoundId) -> Result<u64, Error> {
    tx.execute(CLAIM, args![id_list(classes.iter().copied()), round]).await
}

/// Another unfinished round that any of the classes' students are in.
pub async fn claimed_by_another(tx: &mut Tx, classes: &[ClassId], round: RoundId) -> Result<Option<RoundId>, Error> {
    let row: Option<(RoundId,)> = tx.fetch_optional(CLAIMED_BY_ANOTHER, args![id_list(classes.iter().copied()), round]).await?;
    Ok(row.map(|row| row.0))
}

pub async fn count_in_round(tx: &mut Tx, round: RoundId) -> Result<i64, Error> {
    let (count,): (i64,) = tx.fetch_one(COUNT_IN_ROUND, args![round]).await?;
    Ok(count)
}

/// Whether an organisation may have a mentor for a student of an unfinished round: as their school or enterprise, or as one
/// that knows their chain.
pub async fn any_concerned(tx: &mut Tx, round: RoundId, organisation: OrganisationId) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(COUNT_CONCERNED, args![round, organisation]).await?;
    Ok(count > 0)
}

fn of_round(rows: Vec<Row>, round: &Round) -> Vec<Student> {
    let student = |row: Row| Student { place: round.place.clone(), same_place: round.same_place, ..row.into() };
    rows.into_iter().map(student).collect()
}

/// The first students of an unfinished round who are not paired yet, in the order of their ids.
pub async fn in_round(tx: &mut Tx, round: &Round, most: i64) -> Result<Vec<Student>, Error> {
    Ok(of_round(tx.fetch_all(IN_ROUND, args![round.id, most]).await?, round))
}

/// Those of the students who are in an unfinished round and not paired yet.
pub async fn in_round_by_ids(
    tx: &mut Tx,
    round: &Round,
    enrolments: impl IntoIterator<Item = EnrolmentId>,
) -> Result<Vec<Student>, Error> {
    Ok(of_round(tx.fetch_all(IN_ROUND_BY_IDS, args![round.id, id_list(enrolments)]).await?, round))
}

/// The round of a student whose pairings are decided and not made yet.
pub async fn being_published(tx: &mut Tx, enrolment: EnrolmentId) -> Result<Vec<(RoundId, EnrolmentId)>, Error> {
    tx.fetch_all(BEING_PUBLISHED, args![enrolment]).await
}

/// The students a mentor is about to get, and their rounds.
pub async fn being_published_to(tx: &mut Tx, mentor: MentorId) -> Result<Vec<(RoundId, EnrolmentId)>, Error> {
    tx.fetch_all(BEING_PUBLISHED_TO, args![mentor]).await
}

/// The schools a person was a student of.
pub async fn schools(tx: &mut Tx, person: PersonId) -> Result<Vec<OrganisationId>, Error> {
    let rows: Vec<(OrganisationId,)> = tx.fetch_all(SCHOOLS, args![person]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The students are paired now; `false` if any of them no longer waits in the round.
pub async fn join_round(tx: &mut Tx, enrolments: &[EnrolmentId], round: RoundId) -> Result<bool, Error> {
    let mut joined = 0;
    for some in enrolments.chunks(AT_ONCE) {
        joined += tx.execute(JOIN_ROUND, args![id_list(some.iter().copied()), round]).await?;
    }
    Ok(usize::try_from(joined).is_ok_and(|joined| joined == enrolments.len()))
}
