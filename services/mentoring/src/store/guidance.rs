//! Guidance records in their table.

use crate::domain::{Guidance, GuidanceRecordId, Kind, MentorId, Month, OrganisationId, PairingId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A guidance record with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: GuidanceRecordId,
    pub mentor: MentorId,
    pub guidance: Guidance,
    pub recorded_by: String,
    pub created_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    guidance_record_id: GuidanceRecordId,
    pairing_id: PairingId,
    mentor_id: MentorId,
    held_on: NaiveDate,
    minutes: i64,
    #[sqlx(try_from = "String")]
    kind: Kind,
    recorded_by: String,
    created_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let minutes = i32::try_from(row.minutes).unwrap_or_default();
        Self {
            id: row.guidance_record_id,
            mentor: row.mentor_id,
            guidance: Guidance { pairing: row.pairing_id, on: row.held_on, minutes, kind: row.kind },
            recorded_by: row.recorded_by,
            created_at: row.created_at,
            withdrawn_at: row.withdrawn_at,
        }
    }
}

/// Which records a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub pairing: Option<PairingId>,
    pub mentor: Option<MentorId>,
}

statements! {
    INSERT = {
        postgres: "INSERT INTO mentoring_guidance_record (created_at, recorded_by, guidance_record_id, pairing_id, mentor_id, held_on, minutes, kind) SELECT $1, $2, records.* FROM unnest(CAST($3 AS UUID[]), CAST($4 AS UUID[]), CAST($5 AS UUID[]), CAST($6 AS DATE[]), CAST($7 AS BIGINT[]), CAST($8 AS TEXT[])) AS records",
        sqlite: "INSERT INTO mentoring_guidance_record (created_at, recorded_by, guidance_record_id, pairing_id, mentor_id, held_on, minutes, kind) SELECT $1, $2, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 FROM jsonb_each($3)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    BY_ID = "SELECT guidance_record_id, pairing_id, mentor_id, held_on, minutes, kind, recorded_by, created_at, withdrawn_at FROM mentoring_guidance_record WHERE guidance_record_id = $1";
    WITHDRAW = "UPDATE mentoring_guidance_record SET withdrawn_at = $2 WHERE guidance_record_id = $1 AND withdrawn_at IS NULL";
    /// The guidance of pairings, each in a month: from its first day to before the first day after.
    SUMS = {
        postgres: "SELECT g.pairing_id, asked.first_day, CAST(count(*) AS BIGINT) AS records, CAST(sum(g.minutes) AS BIGINT) AS minutes, max(g.held_on) AS last_day FROM unnest(CAST($1 AS UUID[]), CAST($2 AS DATE[]), CAST($3 AS DATE[])) AS asked (pairing_id, first_day, next_day) JOIN mentoring_guidance_record g ON g.pairing_id = asked.pairing_id AND g.held_on >= asked.first_day AND g.held_on < asked.next_day WHERE g.withdrawn_at IS NULL GROUP BY g.pairing_id, asked.first_day",
        sqlite: "SELECT g.pairing_id, value->>1 AS first_day, count(*) AS records, sum(g.minutes) AS minutes, max(g.held_on) AS last_day FROM jsonb_each($1) CROSS JOIN mentoring_guidance_record g ON g.pairing_id = value->>0 AND g.held_on >= value->>1 AND g.held_on < value->>2 WHERE g.withdrawn_at IS NULL GROUP BY g.pairing_id, first_day",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    SUM_OF_MENTOR = "SELECT CAST(coalesce(sum(minutes), 0) AS BIGINT) FROM mentoring_guidance_record WHERE mentor_id = $1 AND held_on >= $2 AND held_on < $3 AND withdrawn_at IS NULL";
    LIST = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    /// One text for each narrowing that has an index: neither engine uses one through `OR … IS NULL`.
    LIST_OF_PAIRING = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.pairing_id = $4 AND (g.mentor_id = $5 OR $5 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    LIST_OF_MENTOR = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.mentor_id = $4 ORDER BY g.guidance_record_id LIMIT $2";
}

/// Adds records, all made by the same person at the same time.
pub async fn insert(tx: &mut Tx, records: &[Stored]) -> Result<(), Error> {
    let Some(first) = records.first() else { return Ok(()) };
    let row = |record: &Stored| {
        let guidance = &record.guidance;
        args![record.id, guidance.pairing, record.mentor, guidance.on, guidance.minutes, guidance.kind]
    };
    let rows = records.iter().map(row).collect();
    tx.execute_rows(INSERT, args![first.created_at, first.recorded_by.as_str()], rows).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: GuidanceRecordId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

/// `false` if it is withdrawn already.
pub async fn withdraw(tx: &mut Tx, id: GuidanceRecordId, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(WITHDRAW, args![id, now]).await? == 1)
}

/// Guidance of a pairing in a month, taken together.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Sum {
    pub pairing_id: PairingId,
    pub first_day: NaiveDate,
    pub records: i64,
    pub minutes: i64,
    pub last_day: NaiveDate,
}

/// The sums of pairings, each in a month; there is none where there is no guidance.
pub async fn sums(tx: &mut Tx, asked: &[(PairingId, Month)]) -> Result<Vec<Sum>, Error> {
    let row = |(pairing, month): &(PairingId, Month)| args![*pairing, month.first(), month.end()];
    tx.fetch_rows(SUMS, args![], asked.iter().map(row).collect()).await
}

/// The minutes of a mentor from one day to before another.
pub async fn minutes_of_mentor(tx: &mut Tx, mentor: MentorId, from: NaiveDate, to: NaiveDate) -> Result<i64, Error> {
    let (minutes,): (i64,) = tx.fetch_one(SUM_OF_MENTOR, args![mentor, from, to]).await?;
    Ok(minutes)
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let mut row = args![page.after, page.limit(), filter.organisation];
    let sql = match (filter.pairing, filter.mentor) {
        (Some(pairing), mentor) => {
            row.extend(args![pairing, mentor]);
            LIST_OF_PAIRING
        }
        (None, Some(mentor)) => {
            row.extend(args![mentor]);
            LIST_OF_MENTOR
        }
        (None, None) => LIST,
    };
    let rows: Vec<Row> = tx.fetch_all(sql, row).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}
