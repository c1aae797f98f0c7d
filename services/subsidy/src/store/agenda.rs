//! Who has something coming due, and when: what derivation leaves for days on which nothing else happens.

use super::id_list;
use crate::domain::PersonId;
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
use kit::page::Page;
use serde_json::{Value, json};
use std::collections::BTreeMap;

statements! {
    CLEAR = {
        postgres: "DELETE FROM subsidy_agenda WHERE person_id IN (SELECT CAST(id AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)) AS wanted (id))",
        sqlite: "DELETE FROM subsidy_agenda WHERE person_id IN (SELECT value FROM json_each($1))",
        reason: "neither engine reads the other's form of a JSON array",
    };
    /// Takes the people and their days as a JSON array of pairs.
    KEEP = {
        postgres: "INSERT INTO subsidy_agenda (person_id, due_on) SELECT CAST(e->>0 AS UUID), CAST(e->>1 AS DATE) FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS days (e) ORDER BY 1 ON CONFLICT (person_id) DO UPDATE SET due_on = excluded.due_on",
        sqlite: "INSERT INTO subsidy_agenda (person_id, due_on) SELECT value->>0, value->>1 FROM json_each($1) WHERE TRUE ON CONFLICT (person_id) DO UPDATE SET due_on = excluded.due_on",
        reason: "neither engine reads the other's form of a JSON array",
    };
    DUE = "SELECT person_id FROM subsidy_agenda WHERE due_on <= $1 AND person_id > $2 ORDER BY person_id LIMIT $3";
}

/// Keeps the next day of each of these people, whose rows are held, or that there is none.
pub async fn keep(tx: &mut Tx, days: &BTreeMap<PersonId, Option<NaiveDate>>) -> Result<(), Error> {
    let done: Vec<PersonId> = days.iter().filter(|(_, day)| day.is_none()).map(|(person, _)| *person).collect();
    if !done.is_empty() {
        tx.execute(CLEAR, args![id_list(done)]).await?;
    }
    let coming: Vec<Value> = days.iter().filter_map(|(person, day)| day.map(|day| json!([person.uuid(), day]))).collect();
    if !coming.is_empty() {
        tx.execute(KEEP, args![Value::Array(coming).to_string()]).await?;
    }
    Ok(())
}

/// A page of those whose day has come.
pub async fn due(tx: &mut Tx, through: NaiveDate, page: Page) -> Result<Vec<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(DUE, args![through, page.after, page.limit()]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
