//! The tax offset of integration-type enterprises (财税〔2019〕46号): a share of a year's investment in vocational
//! education offsets that year's surcharges, and what is unused carries forward. No money is paid, so none of this
//! is a claim; it is a figure per enterprise and year.

use super::OrganisationId;
use super::claim::SchemeVersion;
use super::offset_refusal::OffsetRefusal;
use super::scheme::{Scheme, Schemes};
use chrono::NaiveDate;
use kit::rules::Facts;
use kit::{Error, Money};
use serde_json::json;
use std::collections::BTreeMap;

/// The code of the scheme.
const SCHEME: &str = "tax-offset";

/// What an enterprise invested in vocational education in one calendar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Investment {
    pub enterprise: OrganisationId,
    pub year: i32,
    pub amount: Money,
    /// Whether it was on the published list.
    pub integration_listed: bool,
}

/// What an investment is good for, and the version that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetGrant {
    pub scheme: SchemeVersion,
    pub credit: Money,
}

/// What a year adds to the account of an enterprise, and what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credited {
    pub year: i32,
    pub credit: Money,
    /// The education surcharges due for the year (教育费附加、地方教育附加).
    pub surcharges: Money,
}

/// What one year comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    pub year: i32,
    /// Left from earlier years.
    pub brought: Money,
    /// What the year's own investment is good for.
    pub credit: Money,
    /// What offsets the year's surcharges; never more than these.
    pub used: Money,
    /// What goes on to the next year.
    pub carried: Money,
}

impl Offset {
    /// A year of which nothing is confirmed: the rest waits.
    pub fn waiting(year: i32, brought: Money) -> Self {
        Self { year, brought, credit: Money::ZERO, used: Money::ZERO, carried: brought }
    }
}

/// The version in force at the end of a year.
pub fn offset_scheme(schemes: &Schemes, year: i32) -> Result<&Scheme, OffsetRefusal> {
    let last = NaiveDate::from_ymd_opt(year, 12, 31);
    let in_force = |scheme: &&Scheme| scheme.code == SCHEME && last.is_some_and(|last| scheme.in_force(last));
    schemes.all().map(AsRef::as_ref).find(in_force).ok_or(OffsetRefusal::NoScheme { year })
}

/// What a version of the scheme says of an investment.
pub fn offset_grant(scheme: &Scheme, investment: &Investment) -> Result<OffsetGrant, Error> {
    let facts = Facts::new(&json!({
        "investment": {
            "year": investment.year,
            "fen": investment.amount.as_fen(),
            "enterprise": investment.enterprise.to_string(),
            "integration_listed": investment.integration_listed,
        },
    }))?;
    let credit = if scheme.eligible.holds(&facts)? { scheme.amount.fen(&facts)?.max(0) } else { 0 };
    let judged = SchemeVersion { code: scheme.code.clone(), version: i64::from(scheme.version), digest: scheme.digest.clone() };
    Ok(OffsetGrant { scheme: judged, credit: Money::fen(credit) })
}

/// The years of one enterprise in their order, whatever the order in which they come; of one year the last word counts. A
/// year that is not among them changes nothing: the rest waits.
pub fn carry(years: impl IntoIterator<Item = Credited>) -> Result<Vec<Offset>, Error> {
    let by_year: BTreeMap<i32, Credited> = years.into_iter().map(|one| (one.year, one)).collect();
    let mut brought = 0_i64;
    let mut offsets = Vec::with_capacity(by_year.len());
    for Credited { year, credit, surcharges } in by_year.into_values() {
        let whole = brought.checked_add(credit.as_fen()).ok_or_else(|| Error::internal("offsets beyond what can be counted"))?;
        let used = whole.min(surcharges.as_fen().max(0));
        let fen = Money::fen;
        offsets.push(Offset { year, brought: fen(brought), credit, used: fen(used), carried: fen(whole - used) });
        brought = whole - used;
    }
    Ok(offsets)
}
