//! What is known of schools and students, from the directory's events.

use crate::domain::{OrganisationId, PersonId, Student};
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, statements};

#[derive(sqlx::FromRow)]
struct Row {
    student_id: PersonId,
    school_id: OrganisationId,
    entry_year: i64,
    sixteen_on: NaiveDate,
    school_type: String,
}

statements! {
    PUT_SCHOOL = "INSERT INTO training_school (school_id, school_type) VALUES ($1, $2) ON CONFLICT (school_id) DO UPDATE SET school_type = excluded.school_type";
    PUT = "INSERT INTO training_student (student_id, school_id, entry_year, sixteen_on) VALUES ($1, $2, $3, $4) ON CONFLICT (student_id) DO UPDATE SET school_id = excluded.school_id, entry_year = excluded.entry_year, sixteen_on = excluded.sixteen_on";
    BY_ID = "SELECT s.student_id, s.school_id, s.entry_year, s.sixteen_on, COALESCE(k.school_type, '') AS school_type FROM training_student s LEFT JOIN training_school k ON k.school_id = s.school_id WHERE s.student_id = $1";
}

pub async fn put_school(tx: &mut Tx, school: OrganisationId, school_type: &str) -> Result<(), Error> {
    tx.execute(PUT_SCHOOL, args![school, school_type]).await.map(|_| ())
}

pub async fn put(
    tx: &mut Tx,
    student: PersonId,
    school: OrganisationId,
    entry_year: i32,
    sixteen_on: NaiveDate,
) -> Result<(), Error> {
    tx.execute(PUT, args![student, school, entry_year, sixteen_on]).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: PersonId) -> Result<Option<Student>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(|row| Student {
        id: row.student_id,
        school: row.school_id,
        entry_year: i32::try_from(row.entry_year).unwrap_or_default(),
        sixteen_on: row.sixteen_on,
        school_type: row.school_type,
    }))
}
