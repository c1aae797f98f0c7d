//! Mentors' timetables in their tables.

use crate::domain::{Days, MentorId, TermCapacity, TermId, Timetable};
use chrono::NaiveDate;
use kit::Error;
use kit::db::{Tx, args, statements};
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct CapacityRow {
    mentor_id: MentorId,
    term_id: TermId,
    start_date: NaiveDate,
    end_date: NaiveDate,
    capacity: i64,
}

type WindowRow = (MentorId, NaiveDate, NaiveDate);

statements! {
    CAPACITIES = "SELECT c.mentor_id, c.term_id, t.start_date, t.end_date, c.capacity FROM mentoring_term_capacity c JOIN mentoring_term t ON t.term_id = c.term_id WHERE c.mentor_id = $1";
    WINDOWS = "SELECT mentor_id, start_date, end_date FROM mentoring_window WHERE mentor_id = $1";
    DUE_CAPACITIES = "SELECT c.mentor_id, c.term_id, t.start_date, t.end_date, c.capacity FROM mentoring_mentor m JOIN mentoring_term_capacity c ON c.mentor_id = m.mentor_id JOIN mentoring_term t ON t.term_id = c.term_id WHERE m.next_change <= $1 AND m.state <> 'closed'";
    DUE_WINDOWS = "SELECT w.mentor_id, w.start_date, w.end_date FROM mentoring_mentor m JOIN mentoring_window w ON w.mentor_id = m.mentor_id WHERE m.next_change <= $1 AND m.state <> 'closed'";
    DUE_SHARES = "SELECT m.mentor_id, CAST(sum(a.share_percent) AS BIGINT) FROM mentoring_mentor m JOIN mentoring_absence a ON a.person_id = m.person_id AND a.organisation_id = m.organisation_id WHERE m.next_change <= $1 AND m.state <> 'closed' GROUP BY m.mentor_id";
    CLEAR_CAPACITIES = "DELETE FROM mentoring_term_capacity WHERE mentor_id = $1";
    CLEAR_WINDOWS = "DELETE FROM mentoring_window WHERE mentor_id = $1";
    PUT_CAPACITY = "INSERT INTO mentoring_term_capacity (mentor_id, term_id, capacity) VALUES ($1, $2, $3)";
    PUT_WINDOW = "INSERT INTO mentoring_window (mentor_id, start_date, end_date) VALUES ($1, $2, $3)";
}

/// Replaces a mentor's timetable; the caller holds the mentor.
pub async fn put(tx: &mut Tx, mentor: MentorId, timetable: &Timetable) -> Result<(), Error> {
    tx.execute(CLEAR_CAPACITIES, args![mentor]).await?;
    tx.execute(CLEAR_WINDOWS, args![mentor]).await?;
    for one in timetable.capacities() {
        tx.execute(PUT_CAPACITY, args![mentor, one.term, one.capacity]).await?;
    }
    for window in timetable.windows() {
        tx.execute(PUT_WINDOW, args![mentor, window.start, window.end]).await?;
    }
    Ok(())
}

pub async fn of_mentor(tx: &mut Tx, mentor: MentorId) -> Result<Timetable, Error> {
    let capacities = tx.fetch_all(CAPACITIES, args![mentor]).await?;
    let windows = tx.fetch_all(WINDOWS, args![mentor]).await?;
    Ok(whole(capacities, windows).remove(&mentor).unwrap_or_default())
}

/// The timetables of the mentors for whom something begins or ends by a day.
pub async fn due(tx: &mut Tx, today: NaiveDate) -> Result<BTreeMap<MentorId, Timetable>, Error> {
    let capacities = tx.fetch_all(DUE_CAPACITIES, args![today]).await?;
    let windows = tx.fetch_all(DUE_WINDOWS, args![today]).await?;
    Ok(whole(capacities, windows))
}

/// Percent of the time that those of them are away who are.
pub async fn due_shares(tx: &mut Tx, today: NaiveDate) -> Result<BTreeMap<MentorId, i64>, Error> {
    let rows: Vec<(MentorId, i64)> = tx.fetch_all(DUE_SHARES, args![today]).await?;
    Ok(rows.into_iter().collect())
}

fn whole(capacities: Vec<CapacityRow>, windows: Vec<WindowRow>) -> BTreeMap<MentorId, Timetable> {
    let mut parts: BTreeMap<MentorId, (Vec<TermCapacity>, Vec<Days>)> = BTreeMap::new();
    for row in capacities {
        let days = Days { start: row.start_date, end: row.end_date };
        let one = TermCapacity { term: row.term_id, days, capacity: row.capacity };
        parts.entry(row.mentor_id).or_default().0.push(one);
    }
    for (mentor, start, end) in windows {
        parts.entry(mentor).or_default().1.push(Days { start, end });
    }
    parts.into_iter().map(|(mentor, (capacities, windows))| (mentor, Timetable::stored(capacities, windows))).collect()
}
