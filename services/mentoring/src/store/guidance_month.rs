//! Confirmed months of guidance in their table.

use crate::domain::{GuidanceMonthId, MentorId, Month, OrganisationId, PairingId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A month as it was confirmed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Confirmed {
    pub guidance_month_id: GuidanceMonthId,
    pub pairing_id: PairingId,
    pub mentor_id: MentorId,
    pub first_day: NaiveDate,
    pub records: i64,
    pub minutes: i64,
    /// As JSON.
    pub judgement: String,
    pub confirmed_by: String,
    pub confirmed_at: DateTime<Utc>,
}

/// Which months a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub pairing: Option<PairingId>,
    pub mentor: Option<MentorId>,
}

statements! {
    INSERT = "INSERT INTO mentoring_guidance_month (guidance_month_id, pairing_id, mentor_id, first_day, records, minutes, judgement, confirmed_by, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (pairing_id, first_day) DO NOTHING";
    IS_CONFIRMED = "SELECT records FROM mentoring_guidance_month WHERE pairing_id = $1 AND first_day = $2";
    LIST = "SELECT g.guidance_month_id, g.pairing_id, g.mentor_id, g.first_day, g.records, g.minutes, g.judgement, g.confirmed_by, g.confirmed_at FROM mentoring_guidance_month g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_month_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (g.pairing_id = $4 OR $4 IS NULL) AND (g.mentor_id = $5 OR $5 IS NULL) ORDER BY g.guidance_month_id LIMIT $2";
}

/// Confirms a month; `false` if it is confirmed already.
pub async fn insert(tx: &mut Tx, month: &Confirmed) -> Result<bool, Error> {
    let row = args![
        month.guidance_month_id,
        month.pairing_id,
        month.mentor_id,
        month.first_day,
        month.records,
        month.minutes,
        month.judgement.as_str(),
        month.confirmed_by.as_str(),
        month.confirmed_at,
    ];
    Ok(tx.execute(INSERT, row).await? == 1)
}

pub async fn is_confirmed(tx: &mut Tx, pairing: PairingId, month: Month) -> Result<bool, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(IS_CONFIRMED, args![pairing, month.first()]).await?;
    Ok(row.is_some())
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Confirmed>, Error> {
    tx.fetch_all(LIST, args![page.after, page.limit(), filter.organisation, filter.pairing, filter.mentor]).await
}
