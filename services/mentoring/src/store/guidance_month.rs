//! Confirmed months of guidance in their table.

use crate::domain::{GuidanceMonthId, MentorId, Month, OrganisationId, PairingId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use std::collections::BTreeSet;

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
    INSERT = {
        postgres: "INSERT INTO mentoring_guidance_month (confirmed_by, confirmed_at, guidance_month_id, pairing_id, mentor_id, first_day, records, minutes, judgement) SELECT $1, $2, months.* FROM unnest(CAST($3 AS UUID[]), CAST($4 AS UUID[]), CAST($5 AS UUID[]), CAST($6 AS DATE[]), CAST($7 AS BIGINT[]), CAST($8 AS BIGINT[]), CAST($9 AS TEXT[])) AS months",
        sqlite: "INSERT INTO mentoring_guidance_month (confirmed_by, confirmed_at, guidance_month_id, pairing_id, mentor_id, first_day, records, minutes, judgement) SELECT $1, $2, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM jsonb_each($3)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    IS_CONFIRMED = "SELECT records FROM mentoring_guidance_month WHERE pairing_id = $1 AND first_day = $2";
    CONFIRMED = {
        postgres: "SELECT pairing_id, first_day FROM mentoring_guidance_month WHERE pairing_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT pairing_id, first_day FROM mentoring_guidance_month WHERE pairing_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    LIST = "SELECT g.guidance_month_id, g.pairing_id, g.mentor_id, g.first_day, g.records, g.minutes, g.judgement, g.confirmed_by, g.confirmed_at FROM mentoring_guidance_month g JOIN mentoring_pairing p ON p.pairing_id = g.pairing_id WHERE g.guidance_month_id > $1 AND (p.school_id = $3 OR p.enterprise_id = $3 OR p.mentor_organisation_id = $3 OR $3 IS NULL) AND (g.pairing_id = $4 OR $4 IS NULL) AND (g.mentor_id = $5 OR $5 IS NULL) ORDER BY g.guidance_month_id LIMIT $2";
}

/// Adds months, all confirmed by the same person at the same time.
pub async fn insert(tx: &mut Tx, months: &[Confirmed]) -> Result<(), Error> {
    let Some(first) = months.first() else { return Ok(()) };
    let row = |month: &Confirmed| {
        args![
            month.guidance_month_id,
            month.pairing_id,
            month.mentor_id,
            month.first_day,
            month.records,
            month.minutes,
            month.judgement.as_str(),
        ]
    };
    let rows = months.iter().map(row).collect();
    tx.execute_rows(INSERT, args![first.confirmed_by.as_str(), first.confirmed_at], rows).await.map(|_| ())
}

/// The months of pairings that are confirmed.
pub async fn confirmed(tx: &mut Tx, pairings: &BTreeSet<PairingId>) -> Result<BTreeSet<(PairingId, Month)>, Error> {
    let rows: Vec<(PairingId, NaiveDate)> = tx.fetch_all(CONFIRMED, args![id_list(pairings.iter().copied())]).await?;
    Ok(rows.into_iter().map(|(pairing, day)| (pairing, Month::of(day))).collect())
}

pub async fn is_confirmed(tx: &mut Tx, pairing: PairingId, month: Month) -> Result<bool, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(IS_CONFIRMED, args![pairing, month.first()]).await?;
    Ok(row.is_some())
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Confirmed>, Error> {
    tx.fetch_all(LIST, args![page.after, page.limit(), filter.organisation, filter.pairing, filter.mentor]).await
}
