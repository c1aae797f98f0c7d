//! Years of the tax offset, their filings and what was decided about them. Whoever changes a year holds its enterprise
//! first: the later years of an enterprise follow from the earlier ones.

use crate::domain::{
    Confirmed, Evidence, Offset, OffsetDecision, OffsetFiling, OffsetGrant, OffsetState, OffsetYear, OffsetYearId,
    OrganisationId, SchemeVersion,
};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use kit::{Error, Money};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A filing with what its tables know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFiling {
    pub filing: OffsetFiling,
    pub filed_at: DateTime<Utc>,
    pub decision: Option<(OffsetDecision, DateTime<Utc>)>,
}

/// A year with its filings: all of them, or the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub year: OffsetYear,
    pub filings: Vec<StoredFiling>,
}

/// A confirmed year and what its figures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub year: OffsetYear,
    pub investment: Money,
    pub surcharges: Money,
    pub confirmed: Confirmed,
    pub confirmed_at: DateTime<Utc>,
}

/// What the directory says of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Told {
    pub kind: String,
    pub integration_listed: bool,
}

/// Which years a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub enterprise: Option<OrganisationId>,
    pub year: Option<i32>,
    pub state: Option<OffsetState>,
}

#[derive(sqlx::FromRow)]
struct YearRow {
    offset_year_id: OffsetYearId,
    version: i64,
    enterprise_id: OrganisationId,
    #[sqlx(try_from = "i64")]
    year: i32,
    revision: i64,
    #[sqlx(try_from = "String")]
    state: OffsetState,
    confirmed_revision: i64,
    brought: Money,
    credit: Money,
    used: Money,
    carried: Money,
}

impl From<YearRow> for OffsetYear {
    fn from(row: YearRow) -> Self {
        let YearRow { year, brought, credit, used, carried, .. } = row;
        Self {
            id: row.offset_year_id,
            version: row.version,
            enterprise: row.enterprise_id,
            year,
            revision: row.revision,
            state: row.state,
            confirmed: row.confirmed_revision,
            offset: Offset { year, brought, credit, used, carried },
        }
    }
}

/// What a confirmation says, in its columns.
#[derive(sqlx::FromRow)]
struct ConfirmedRow {
    integration_listed: Option<bool>,
    scheme_code: Option<String>,
    scheme_version: Option<i64>,
    scheme_digest: Option<String>,
    granted: Option<Money>,
}

impl ConfirmedRow {
    fn confirmed(self) -> Option<Confirmed> {
        let scheme = SchemeVersion { code: self.scheme_code?, version: self.scheme_version?, digest: self.scheme_digest? };
        let grant = OffsetGrant { scheme, credit: self.granted? };
        Some(Confirmed { integration_listed: self.integration_listed?, grant })
    }
}

#[derive(sqlx::FromRow)]
struct FilingRow {
    offset_year_id: OffsetYearId,
    revision: i64,
    investment: Money,
    surcharges: Money,
    evidence: String,
    filed_by: String,
    filed_at: DateTime<Utc>,
    decided_by: Option<String>,
    reason: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    confirmed: ConfirmedRow,
}

impl TryFrom<FilingRow> for StoredFiling {
    type Error = Error;
    fn try_from(row: FilingRow) -> Result<Self, Error> {
        let evidence: Vec<Evidence> = serde_json::from_str(&row.evidence).map_err(Error::internal)?;
        let (investment, surcharges, revision) = (row.investment, row.surcharges, row.revision);
        let filing = OffsetFiling { revision, investment, surcharges, evidence, by: row.filed_by };
        let confirmed = row.confirmed.confirmed();
        let decided = row.decided_by.zip(row.decided_at);
        let reason = row.reason.unwrap_or_default();
        let decision = decided.map(|(by, at)| (OffsetDecision { revision, by, confirmed, reason }, at));
        Ok(Self { filing, filed_at: row.filed_at, decision })
    }
}

#[derive(sqlx::FromRow)]
struct StandingRow {
    #[sqlx(flatten)]
    year: YearRow,
    investment: Money,
    surcharges: Money,
    decided_at: DateTime<Utc>,
    #[sqlx(flatten)]
    confirmed: ConfirmedRow,
}

impl TryFrom<StandingRow> for Standing {
    type Error = Error;
    fn try_from(row: StandingRow) -> Result<Self, Error> {
        Ok(Self {
            year: row.year.into(),
            investment: row.investment,
            surcharges: row.surcharges,
            confirmed: row.confirmed.confirmed().ok_or_else(|| Error::internal("a year stands by what was not confirmed"))?,
            confirmed_at: row.decided_at,
        })
    }
}

statements! {
    /// Holds an enterprise: the row's lock makes whoever changes another of its years wait.
    HOLD = "UPDATE subsidy_organisation SET kind = kind WHERE organisation_id = $1 RETURNING kind, integration_listed";
    INSERT = "INSERT INTO subsidy_offset_year (offset_year_id, version, enterprise_id, year, revision, state, confirmed_revision, brought, credit, used, carried, updated_at) VALUES ($1, 1, $2, $3, 1, 'filed', 0, 0, 0, 0, 0, $4)";
    /// Takes the years, each changed on the version before.
    UPDATE = {
        postgres: "UPDATE subsidy_offset_year AS y SET version = d.version, revision = d.revision, state = d.state, confirmed_revision = d.confirmed_revision, brought = d.brought, credit = d.credit, used = d.used, carried = d.carried, updated_at = $1 FROM unnest(CAST($2 AS UUID[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS TEXT[]), CAST($6 AS BIGINT[]), CAST($7 AS BIGINT[]), CAST($8 AS BIGINT[]), CAST($9 AS BIGINT[]), CAST($10 AS BIGINT[])) AS d (offset_year_id, version, revision, state, confirmed_revision, brought, credit, used, carried) WHERE y.offset_year_id = d.offset_year_id AND y.version = d.version - 1",
        sqlite: "UPDATE subsidy_offset_year AS y SET version = e.value->>1, revision = e.value->>2, state = e.value->>3, confirmed_revision = e.value->>4, brought = e.value->>5, credit = e.value->>6, used = e.value->>7, carried = e.value->>8, updated_at = $1 FROM jsonb_each($2) AS e WHERE y.offset_year_id = e.value->>0 AND y.version = (e.value->>1) - 1",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    INSERT_FILING = "INSERT INTO subsidy_offset_filing (offset_year_id, revision, investment, surcharges, evidence, filed_by, filed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Only of the latest filing, and only by another person than filed it.
    DECIDE = "INSERT INTO subsidy_offset_decision (offset_year_id, revision, filed_by, decided_by, verdict, reason, integration_listed, scheme_code, scheme_version, scheme_digest, credit, decided_at) SELECT f.offset_year_id, f.revision, f.filed_by, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM subsidy_offset_filing f JOIN subsidy_offset_year y ON y.offset_year_id = f.offset_year_id AND y.revision = f.revision AND y.state = 'filed' WHERE f.offset_year_id = $1 AND f.revision = $2 AND f.filed_by <> $3";
    BY_ID = "SELECT offset_year_id, version, enterprise_id, year, revision, state, confirmed_revision, brought, credit, used, carried FROM subsidy_offset_year WHERE offset_year_id = $1";
    OF_YEAR = "SELECT offset_year_id, version, enterprise_id, year, revision, state, confirmed_revision, brought, credit, used, carried FROM subsidy_offset_year WHERE enterprise_id = $1 AND year = $2";
    LIST = "SELECT offset_year_id, version, enterprise_id, year, revision, state, confirmed_revision, brought, credit, used, carried FROM subsidy_offset_year WHERE offset_year_id > $1 AND (enterprise_id = $3 OR $3 IS NULL) AND (year = $4 OR $4 IS NULL) AND (state = $5 OR $5 IS NULL) ORDER BY offset_year_id LIMIT $2";
    /// Every filing of one year.
    FILINGS = "SELECT f.offset_year_id, f.revision, f.investment, f.surcharges, f.evidence, f.filed_by, f.filed_at, d.decided_by, d.reason, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_filing f LEFT JOIN subsidy_offset_decision d ON d.offset_year_id = f.offset_year_id AND d.revision = f.revision WHERE f.offset_year_id = $1 ORDER BY f.revision";
    /// The latest filing of each of some years.
    LATEST = {
        postgres: "SELECT f.offset_year_id, f.revision, f.investment, f.surcharges, f.evidence, f.filed_by, f.filed_at, d.decided_by, d.reason, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_year y JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.revision LEFT JOIN subsidy_offset_decision d ON d.offset_year_id = f.offset_year_id AND d.revision = f.revision WHERE y.offset_year_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT f.offset_year_id, f.revision, f.investment, f.surcharges, f.evidence, f.filed_by, f.filed_at, d.decided_by, d.reason, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_year y JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.revision LEFT JOIN subsidy_offset_decision d ON d.offset_year_id = f.offset_year_id AND d.revision = f.revision WHERE y.offset_year_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The confirmed years of an enterprise up to one, in their order.
    STANDING = "SELECT y.offset_year_id, y.version, y.enterprise_id, y.year, y.revision, y.state, y.confirmed_revision, y.brought, y.credit, y.used, y.carried, f.investment, f.surcharges, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_year y JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.confirmed_revision JOIN subsidy_offset_decision d ON d.offset_year_id = y.offset_year_id AND d.revision = y.confirmed_revision WHERE y.enterprise_id = $1 AND y.year <= $2 ORDER BY y.year";
    /// The last confirmed year of each enterprise up to one.
    LAST_STANDING = "SELECT y.offset_year_id, y.version, y.enterprise_id, y.year, y.revision, y.state, y.confirmed_revision, y.brought, y.credit, y.used, y.carried, f.investment, f.surcharges, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_year y JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.confirmed_revision JOIN subsidy_offset_decision d ON d.offset_year_id = y.offset_year_id AND d.revision = y.confirmed_revision WHERE y.enterprise_id > $1 AND y.year = (SELECT MAX(z.year) FROM subsidy_offset_year z WHERE z.enterprise_id = y.enterprise_id AND z.confirmed_revision > 0 AND z.year <= $3) AND (y.enterprise_id = $4 OR $4 IS NULL) ORDER BY y.enterprise_id LIMIT $2";
    EVERY_STANDING = "SELECT y.offset_year_id, y.version, y.enterprise_id, y.year, y.revision, y.state, y.confirmed_revision, y.brought, y.credit, y.used, y.carried, f.investment, f.surcharges, d.decided_at, d.integration_listed, d.scheme_code, d.scheme_version, d.scheme_digest, d.credit AS granted FROM subsidy_offset_year y JOIN subsidy_offset_filing f ON f.offset_year_id = y.offset_year_id AND f.revision = y.confirmed_revision JOIN subsidy_offset_decision d ON d.offset_year_id = y.offset_year_id AND d.revision = y.confirmed_revision WHERE (y.enterprise_id = $1 OR $1 IS NULL) ORDER BY y.enterprise_id, y.year LIMIT $2";
}

/// Holds an enterprise until the transaction ends; `None` of whom the directory has said nothing.
pub async fn hold(tx: &mut Tx, enterprise: OrganisationId) -> Result<Option<Told>, Error> {
    tx.fetch_optional(HOLD, args![enterprise]).await
}

/// Saves a year with its first filing, or a year that was filed again.
pub async fn file(tx: &mut Tx, year: &OffsetYear, filing: &OffsetFiling, now: DateTime<Utc>) -> Result<(), Error> {
    if year.revision == 1 {
        tx.execute(INSERT, args![year.id, year.enterprise, i64::from(year.year), now]).await?;
    } else {
        update_all(tx, std::slice::from_ref(year), now).await?;
    }
    let evidence = json!(filing.evidence).to_string();
    let OffsetFiling { revision, investment, surcharges, ref by, .. } = *filing;
    tx.execute(INSERT_FILING, args![year.id, revision, investment, surcharges, evidence, by.as_str(), now]).await.map(|_| ())
}

/// Saves years that were changed on the version before; all of them or none.
pub async fn update_all(tx: &mut Tx, years: &[OffsetYear], now: DateTime<Utc>) -> Result<(), Error> {
    let row = |year: &OffsetYear| {
        let Offset { brought, credit, used, carried, .. } = year.offset;
        args![year.id, year.version, year.revision, year.state, year.confirmed, brought, credit, used, carried]
    };
    tx.change_rows(UPDATE, args![now], years.iter().map(row).collect(), "a year of the tax offset").await
}

/// Saves what was decided about the latest filing, before its year says so.
pub async fn decide(tx: &mut Tx, id: OffsetYearId, decision: &OffsetDecision, now: DateTime<Utc>) -> Result<(), Error> {
    let OffsetDecision { revision, by, confirmed, reason } = decision;
    let verdict = if confirmed.is_some() { OffsetState::Confirmed } else { OffsetState::Returned };
    let scheme = confirmed.as_ref().map(|confirmed| &confirmed.grant.scheme);
    let row = args![
        id,
        *revision,
        by.as_str(),
        verdict,
        reason.as_str(),
        confirmed.as_ref().map(|confirmed| confirmed.integration_listed),
        scheme.map(|scheme| scheme.code.as_str()),
        scheme.map(|scheme| scheme.version),
        scheme.map(|scheme| scheme.digest.as_str()),
        confirmed.as_ref().map(|confirmed| confirmed.grant.credit),
        now,
    ];
    tx.change(DECIDE, row, &id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: OffsetYearId) -> Result<Option<OffsetYear>, Error> {
    Ok(tx.fetch_optional::<YearRow>(BY_ID, args![id]).await?.map(OffsetYear::from))
}

pub async fn of_year(tx: &mut Tx, enterprise: OrganisationId, year: i32) -> Result<Option<OffsetYear>, Error> {
    Ok(tx.fetch_optional::<YearRow>(OF_YEAR, args![enterprise, i64::from(year)]).await?.map(OffsetYear::from))
}

/// Every filing of a year, oldest first.
pub async fn filings(tx: &mut Tx, id: OffsetYearId) -> Result<Vec<StoredFiling>, Error> {
    tx.fetch_all::<FilingRow>(FILINGS, args![id]).await?.into_iter().map(StoredFiling::try_from).collect()
}

/// Years with their latest filing.
pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.enterprise, filter.year.map(i64::from), filter.state];
    let years: Vec<OffsetYear> = tx.fetch_all::<YearRow>(LIST, row).await?.into_iter().map(OffsetYear::from).collect();
    let ids = id_list(years.iter().map(|year| year.id));
    let mut latest = BTreeMap::new();
    for row in tx.fetch_all::<FilingRow>(LATEST, args![ids]).await? {
        latest.insert(row.offset_year_id, StoredFiling::try_from(row)?);
    }
    Ok(years.into_iter().map(|year| Stored { filings: latest.remove(&year.id).into_iter().collect(), year }).collect())
}

/// The confirmed years of an enterprise up to `last`, in their order.
pub async fn standing(tx: &mut Tx, enterprise: OrganisationId, last: i32) -> Result<Vec<Standing>, Error> {
    let rows: Vec<StandingRow> = tx.fetch_all(STANDING, args![enterprise, i64::from(last)]).await?;
    rows.into_iter().map(Standing::try_from).collect()
}

/// Of each enterprise the last confirmed year up to `last`: so many enterprises after one, in the order of their ids.
pub async fn last_standing(
    tx: &mut Tx,
    enterprise: Option<OrganisationId>,
    last: i32,
    (after, most): (Uuid, i64),
) -> Result<Vec<Standing>, Error> {
    let row = args![after, most, i64::from(last), enterprise];
    tx.fetch_all::<StandingRow>(LAST_STANDING, row).await?.into_iter().map(Standing::try_from).collect()
}

/// Every confirmed year, at most `most`.
pub async fn every_standing(tx: &mut Tx, enterprise: Option<OrganisationId>, most: i64) -> Result<Vec<Standing>, Error> {
    let rows: Vec<StandingRow> = tx.fetch_all(EVERY_STANDING, args![enterprise, most]).await?;
    rows.into_iter().map(Standing::try_from).collect()
}
