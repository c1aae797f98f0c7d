//! Who guided whom before, from the pairings.

use crate::domain::{History, PersonId, RoundId, Student};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use std::collections::BTreeSet;

statements! {
    /// Two of whom an objection parted one time do not go on, whatever else there was between them.
    GUIDED = {
        postgres: "SELECT p.person_id, m.person_id FROM mentoring_pairing p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.person_id = ANY (CAST($1 AS UUID[])) GROUP BY p.person_id, m.person_id HAVING count(*) FILTER (WHERE p.end_reason = 'objection') = 0",
        sqlite: "SELECT p.person_id, m.person_id FROM mentoring_pairing p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.person_id IN (SELECT value FROM json_each($1)) GROUP BY p.person_id, m.person_id HAVING count(*) FILTER (WHERE p.end_reason = 'objection') = 0",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    GUIDED_OF_ROUND = "SELECT p.person_id, m.person_id FROM mentoring_pairing p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.person_id IN (SELECT s.person_id FROM mentoring_student s WHERE s.open_round_id = $1) GROUP BY p.person_id, m.person_id HAVING count(*) FILTER (WHERE p.end_reason = 'objection') = 0";
}

/// Who guided the students of an unfinished round before.
pub async fn of_round(tx: &mut Tx, round: RoundId) -> Result<History, Error> {
    let rows: Vec<(PersonId, PersonId)> = tx.fetch_all(GUIDED_OF_ROUND, args![round]).await?;
    Ok(History::new(rows))
}

/// Who guided these students before, or guides them.
pub async fn of_students(tx: &mut Tx, students: &[&Student]) -> Result<History, Error> {
    let people: BTreeSet<PersonId> = students.iter().map(|student| student.person).collect();
    let rows: Vec<(PersonId, PersonId)> = tx.fetch_all(GUIDED, args![id_list(people)]).await?;
    Ok(History::new(rows))
}
