//! The tax offset of integration-type enterprises (财税〔2019〕46号): a share of a year's investment in vocational
//! education offsets that year's surcharges, and what is unused carries forward. No money is paid, so none of this
//! is a claim; it is a figure per enterprise and year.

use super::OrganisationId;
use super::scheme::Scheme;
use kit::rules::Facts;
use kit::{Error, Money};
use serde_json::json;
use std::collections::BTreeMap;

/// What an enterprise filed for one calendar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetYear {
    pub year: i32,
    /// What it invested in vocational education.
    pub investment: Money,
    /// The education surcharges due for the year (教育费附加、地方教育附加).
    pub surcharges: Money,
    /// Whether it was on the published list.
    pub integration_listed: bool,
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

/// The years of one enterprise, in their order, under the scheme in the version in force at the end of each. A year
/// nothing was filed for changes nothing: the rest waits.
pub fn carry_forward(versions: &[&Scheme], enterprise: OrganisationId, years: &[OffsetYear]) -> Result<Vec<Offset>, Error> {
    let by_year: BTreeMap<i32, &OffsetYear> = years.iter().map(|year| (year.year, year)).collect();
    let mut brought = 0_i64;
    let mut offsets = Vec::with_capacity(by_year.len());
    for (year, filed) in by_year {
        let credit = credit(versions, enterprise, filed)?;
        let whole = brought.checked_add(credit).ok_or_else(|| Error::internal("offsets beyond what can be counted"))?;
        let used = whole.min(filed.surcharges.as_fen().max(0));
        let fen = Money::fen;
        offsets.push(Offset { year, brought: fen(brought), credit: fen(credit), used: fen(used), carried: fen(whole - used) });
        brought = whole - used;
    }
    Ok(offsets)
}

/// What the investment of a year is good for, in fen.
fn credit(versions: &[&Scheme], enterprise: OrganisationId, filed: &OffsetYear) -> Result<i64, Error> {
    let last = chrono::NaiveDate::from_ymd_opt(filed.year, 12, 31);
    let Some(scheme) = versions.iter().find(|scheme| last.is_some_and(|last| scheme.in_force(last))) else { return Ok(0) };
    let facts = Facts::new(&json!({
        "investment": {
            "year": filed.year,
            "fen": filed.investment.as_fen(),
            "enterprise": enterprise.to_string(),
            "integration_listed": filed.integration_listed,
        },
    }))?;
    if !scheme.eligible.holds(&facts)? {
        return Ok(0);
    }
    Ok(scheme.amount.fen(&facts)?.max(0))
}
