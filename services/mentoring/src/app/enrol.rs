//! Training enrolled a student: from now on the student waits for two mentors.

use crate::domain::Student;
use crate::store::student;
use kit::{Error, Tx};

pub async fn enrol(tx: &mut Tx, student: &Student) -> Result<(), Error> {
    student::insert(tx, student).await
}
