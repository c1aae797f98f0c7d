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
    INSERT = "INSERT INTO mentoring_guidance_record (guidance_record_id, pairing_id, mentor_id, held_on, minutes, kind, recorded_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_ID = "SELECT guidance_record_id, pairing_id, mentor_id, held_on, minutes, kind, recorded_by, created_at, withdrawn_at FROM mentoring_guidance_record WHERE guidance_record_id = $1";
    WITHDRAW = "UPDATE mentoring_guidance_record SET withdrawn_at = $2 WHERE guidance_record_id = $1 AND withdrawn_at IS NULL";
    /// A pairing's guidance from one day to before another: how often, how long, and the last day.
    SUM_OF_PAIRING = "SELECT CAST(count(*) AS BIGINT) AS records, CAST(coalesce(sum(minutes), 0) AS BIGINT) AS minutes, max(held_on) AS last_day FROM mentoring_guidance_record WHERE pairing_id = $1 AND held_on >= $2 AND held_on < $3 AND withdrawn_at IS NULL";
    SUM_OF_MENTOR = "SELECT CAST(coalesce(sum(minutes), 0) AS BIGINT) FROM mentoring_guidance_record WHERE mentor_id = $1 AND held_on >= $2 AND held_on < $3 AND withdrawn_at IS NULL";
    LIST = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    /// One text for each narrowing that has an index: neither engine uses one through `OR … IS NULL`.
    LIST_OF_PAIRING = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.pairing_id = $4 AND (g.mentor_id = $5 OR $5 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    LIST_OF_MENTOR = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at, g.withdrawn_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.mentor_id = $4 ORDER BY g.guidance_record_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, record: &Stored) -> Result<(), Error> {
    let guidance = &record.guidance;
    let row = args![
        record.id,
        guidance.pairing,
        record.mentor,
        guidance.on,
        guidance.minutes,
        guidance.kind,
        record.recorded_by.as_str(),
        record.created_at,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: GuidanceRecordId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

/// `false` if it is withdrawn already.
pub async fn withdraw(tx: &mut Tx, id: GuidanceRecordId, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(WITHDRAW, args![id, now]).await? == 1)
}

/// Guidance taken together.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Sum {
    pub records: i64,
    pub minutes: i64,
    pub last_day: Option<NaiveDate>,
}

pub async fn sum_of_pairing(tx: &mut Tx, pairing: PairingId, month: Month) -> Result<Sum, Error> {
    tx.fetch_one(SUM_OF_PAIRING, args![pairing, month.first(), month.end()]).await
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
