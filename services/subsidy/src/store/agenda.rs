//! Who has something coming due, and when: what derivation leaves for days on which nothing else happens.

use super::queue::Until;
use crate::domain::PersonId;
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use std::collections::BTreeMap;

statements! {
    CLEAR = {
        postgres: "DELETE FROM subsidy_agenda WHERE person_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "DELETE FROM subsidy_agenda WHERE person_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Takes the people, their days and for which month they wait.
    KEEP = {
        postgres: "INSERT INTO subsidy_agenda (person_id, due_on, put_off) SELECT n.person_id, n.due_on, n.put_off FROM unnest(CAST($1 AS UUID[]), CAST($2 AS DATE[]), CAST($3 AS TEXT[])) AS n (person_id, due_on, put_off) ORDER BY 1 ON CONFLICT (person_id) DO UPDATE SET due_on = excluded.due_on, put_off = excluded.put_off",
        sqlite: "INSERT INTO subsidy_agenda (person_id, due_on, put_off) SELECT value->>0, value->>1, value->>2 FROM jsonb_each($1) WHERE TRUE ON CONFLICT (person_id) DO UPDATE SET due_on = excluded.due_on, put_off = excluded.put_off",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    BEGIN_RUN = "UPDATE subsidy_accrual_run SET begun_through = $1";
    /// No later day than the one it was for, nor than the one that was begun last: another run may have begun, or the day have
    /// changed, since its first page.
    END_RUN = "UPDATE subsidy_accrual_run SET done_through = CASE WHEN begun_through < $1 THEN begun_through ELSE $1 END WHERE begun_through IS NOT NULL AND (done_through IS NULL OR (done_through < begun_through AND done_through < $1))";
    DUE = "SELECT person_id FROM subsidy_agenda WHERE due_on <= $1 AND person_id > $2 ORDER BY person_id LIMIT $3";
}

/// When somebody is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Never,
    /// Something is due on that day.
    On(NaiveDate),
    /// Money would move, and no month takes postings.
    Once(Until),
}

/// Keeps when each of these people, whose rows are held, is looked at again.
pub async fn keep(tx: &mut Tx, days: &BTreeMap<PersonId, Next>) -> Result<(), Error> {
    let done: Vec<PersonId> = days.iter().filter(|(_, next)| **next == Next::Never).map(|(person, _)| *person).collect();
    if !done.is_empty() {
        tx.execute(CLEAR, args![id_list(done)]).await?;
    }
    let coming = |(person, next): (&PersonId, &Next)| match next {
        Next::Never => None,
        Next::On(day) => Some(args![person, day, ""]),
        Next::Once(until) => Some(args![person, until.opens_on, until.period]),
    };
    let coming = days.iter().filter_map(coming).collect();
    tx.execute_rows(KEEP, args![], coming).await.map(|_| ())
}

/// A run over everybody whose day has come begins.
pub async fn begin_run(tx: &mut Tx, through: NaiveDate) -> Result<(), Error> {
    tx.change(BEGIN_RUN, args![through], "the run over the agenda").await
}

/// A run has seen everybody whose day had come; nothing is said where one for a later day was done before.
pub async fn end_run(tx: &mut Tx, through: NaiveDate) -> Result<(), Error> {
    tx.execute(END_RUN, args![through]).await.map(|_| ())
}

/// A page of those whose day has come.
pub async fn due(tx: &mut Tx, through: NaiveDate, page: Page) -> Result<Vec<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(DUE, args![through, page.after, page.limit()]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
