//! Guidance records in their table.

use crate::domain::{Guidance, GuidanceRecordId, Kind, MentorId, OrganisationId, PairingId};
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
    LIST = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    /// One text for each narrowing that has an index: neither engine uses one through `OR … IS NULL`.
    LIST_OF_PAIRING = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.pairing_id = $4 AND (g.mentor_id = $5 OR $5 IS NULL) ORDER BY g.guidance_record_id LIMIT $2";
    LIST_OF_MENTOR = "SELECT g.guidance_record_id, g.pairing_id, g.mentor_id, g.held_on, g.minutes, g.kind, g.recorded_by, g.created_at FROM mentoring_guidance_record g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_record_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND g.mentor_id = $4 ORDER BY g.guidance_record_id LIMIT $2";
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
