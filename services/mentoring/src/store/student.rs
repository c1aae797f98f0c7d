//! Students who need mentors, in their table.

use crate::domain::{ClassId, EnrolmentId, OrderId, OrganisationId, PersonId, Round, RoundId, Student, StudentState};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;

/// Rows of one statement.
const AT_ONCE: usize = 500;

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
    LEAVE = "UPDATE mentoring_student SET state = $2 WHERE enrolment_id = $1 AND state = 'enrolled'";
    ANY_OF_CLASS = "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, NULL AS skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s WHERE s.class_id = $1 ORDER BY s.enrolment_id LIMIT 1";
    COUNT_WAITING = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_student WHERE class_id = $1 AND state = 'enrolled' AND round_id IS NULL";
    WAITING = "SELECT s.enrolment_id, s.class_id, s.order_id, s.person_id AS student_id, s.school_id AS student_school_id, s.enterprise_id AS student_enterprise_id, s.chain, s.programme, p.skills, NULL AS place, NULL AS same_place, s.state AS student_state, s.round_id AS student_round_id FROM mentoring_student s LEFT JOIN mentoring_person p ON p.person_id = s.person_id WHERE s.class_id = $1 AND s.state = 'enrolled' AND s.round_id IS NULL ORDER BY s.enrolment_id";
    SCHOOLS = "SELECT DISTINCT school_id FROM mentoring_student WHERE person_id = $1";
    /// The row's lock holds back the student's leaving until the pairings are there to be ended.
    JOIN_ROUND = {
        postgres: "UPDATE mentoring_student SET round_id = $2 WHERE enrolment_id IN (SELECT CAST(id AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)) AS wanted (id) ORDER BY 1) AND state = 'enrolled' AND round_id IS NULL",
        sqlite: "UPDATE mentoring_student SET round_id = $2 WHERE enrolment_id IN (SELECT value FROM json_each($1)) AND state = 'enrolled' AND round_id IS NULL",
        reason: "each engine has its own way to read an array",
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

pub async fn count_waiting(tx: &mut Tx, class: ClassId) -> Result<i64, Error> {
    let (count,): (i64,) = tx.fetch_one(COUNT_WAITING, args![class]).await?;
    Ok(count)
}

/// The students of a round's class who wait for one, in the order of their ids.
pub async fn waiting(tx: &mut Tx, round: &Round) -> Result<Vec<Student>, Error> {
    let rows: Vec<Row> = tx.fetch_all(WAITING, args![round.class]).await?;
    let of_round = |row: Row| Student { place: round.place.clone(), same_place: round.same_place, ..row.into() };
    Ok(rows.into_iter().map(of_round).collect())
}

/// The schools a person was a student of.
pub async fn schools(tx: &mut Tx, person: PersonId) -> Result<Vec<OrganisationId>, Error> {
    let rows: Vec<(OrganisationId,)> = tx.fetch_all(SCHOOLS, args![person]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Takes waiting students into a round that is being published; `false` if any of them no longer waits.
pub async fn join_round(tx: &mut Tx, enrolments: &[EnrolmentId], round: RoundId) -> Result<bool, Error> {
    let mut joined = 0;
    for some in enrolments.chunks(AT_ONCE) {
        let ids: Vec<String> = some.iter().map(|enrolment| enrolment.uuid().to_string()).collect();
        joined += tx.execute(JOIN_ROUND, args![serde_json::json!(ids).to_string(), round]).await?;
    }
    Ok(usize::try_from(joined).is_ok_and(|joined| joined == enrolments.len()))
}
