//! What there is of mentors, load, students and guidance, in sums.

use super::list::{Listed, visible};
use crate::RULES;
use crate::domain::{Days, Grouping, Month, Side, most, percent};
use crate::store::report::{self, Asked, Hours, Load, OfPairing};
use chrono::{Datelike, Days as Count, NaiveDate};
use kit::page::Page;
use kit::{Error, Scope, Tx};
use serde_json::json;
use std::collections::BTreeMap;

/// More than the minutes of a year.
const YEAR: i64 = 366 * 24 * 60;

#[derive(Debug, Clone, Copy)]
pub struct ReportLoad(pub Grouping);

#[derive(Debug)]
pub struct LoadReport {
    pub grouping: Grouping,
    pub lines: Vec<Load>,
    pub totals: Vec<Load>,
}

pub async fn report_load(tx: &mut Tx, scope: &Scope, query: ReportLoad) -> Result<LoadReport, Error> {
    let asked = Asked { grouping: query.0, organisation: visible(scope)? };
    let lines = report::load(tx, asked, year(scope.today().year())).await?;
    let mut totals: BTreeMap<Side, Load> = BTreeMap::new();
    for line in &lines {
        match totals.get_mut(&line.side) {
            Some(total) => add(total, line),
            None => drop(totals.insert(line.side, Load { grouped_by: String::new(), ..line.clone() })),
        }
    }
    Ok(LoadReport { grouping: query.0, lines, totals: totals.into_values().collect() })
}

fn add(total: &mut Load, line: &Load) {
    total.mentors += line.mentors;
    total.suspended += line.suspended;
    total.full_up += line.full_up;
    total.idle += line.idle;
    total.places += line.places;
    total.load += line.load;
    total.year_minutes += line.year_minutes;
}

#[derive(Debug, Clone, Copy)]
pub struct ReportCoverage {
    pub grouping: Grouping,
    /// The present one when absent.
    pub month: Option<Month>,
}

#[derive(Debug, Clone, Default)]
pub struct Coverage {
    pub students: i64,
    pub with_both: i64,
    pub with_one: i64,
    pub with_none: i64,
    pub mentored: i64,
    pub unguided: i64,
    pub pairings: i64,
    pub short: i64,
    pub minutes: i64,
    pub confirmed: i64,
}

impl Coverage {
    pub fn confirmed_percent(&self) -> i64 {
        percent(self.confirmed, self.minutes)
    }
}

#[derive(Debug)]
pub struct CoverageReport {
    pub grouping: Grouping,
    pub month: Month,
    pub lines: BTreeMap<String, Coverage>,
    pub total: Coverage,
}

pub async fn report_coverage(tx: &mut Tx, scope: &Scope, query: ReportCoverage) -> Result<CoverageReport, Error> {
    let asked = Asked { grouping: query.grouping, organisation: visible(scope)? };
    let month = query.month.unwrap_or_else(|| Month::of(scope.today()));
    let mut lines: BTreeMap<String, Coverage> = BTreeMap::new();
    for row in report::students(tx, asked).await? {
        let line = lines.entry(row.grouped_by).or_default();
        (line.students, line.with_both, line.with_one, line.with_none) =
            (row.students, row.with_both, row.with_one, row.with_none);
    }
    for row in report::mentored(tx, asked, month).await? {
        let line = lines.entry(row.grouped_by).or_default();
        (line.mentored, line.unguided) = (row.mentored, row.unguided);
    }
    for row in report::guided(tx, asked, month).await? {
        let short = is_short(scope, month, row.records, row.minutes)?;
        let line = lines.entry(row.grouped_by).or_default();
        line.pairings += row.pairings;
        line.short += if short { row.pairings } else { 0 };
        line.minutes += row.minutes * row.pairings;
        line.confirmed += row.confirmed;
    }
    let total = lines.values().fold(Coverage::default(), |sum, line| Coverage {
        students: sum.students + line.students,
        with_both: sum.with_both + line.with_both,
        with_one: sum.with_one + line.with_one,
        with_none: sum.with_none + line.with_none,
        mentored: sum.mentored + line.mentored,
        unguided: sum.unguided + line.unguided,
        pairings: sum.pairings + line.pairings,
        short: sum.short + line.short,
        minutes: sum.minutes + line.minutes,
        confirmed: sum.confirmed + line.confirmed,
    });
    Ok(CoverageReport { grouping: query.grouping, month, lines, total })
}

/// Whether so much guidance of a pairing is less than the rules ask of a month, as they are on its last day, or today; where
/// none asks, whether there is none.
fn is_short(scope: &Scope, month: Month, records: i64, minutes: i64) -> Result<bool, Error> {
    let rules = scope.rules(&RULES)?;
    let last = month.end().checked_sub_days(Count::new(1)).unwrap_or(month.first()).min(scope.today());
    if !rules.asks(last, "guidance-month") {
        return Ok(records == 0);
    }
    let facts = json!({ "records": records, "minutes": minutes });
    Ok(rules.judge(&facts, last, "guidance-month", &[])?.refusal().is_some())
}

#[derive(Debug, Clone, Copy)]
pub struct ListGaps {
    /// The present one when absent.
    pub month: Option<Month>,
    pub page: Page,
}

pub async fn list_gaps(tx: &mut Tx, scope: &Scope, query: ListGaps) -> Result<Listed<OfPairing>, Error> {
    let month = query.month.unwrap_or_else(|| Month::of(scope.today()));
    let rows = report::of_pairings(tx, visible(scope)?, month, query.page).await?;
    // Cut to the page before it is judged: the token is the last pairing looked at.
    let page = Listed::page(query.page, rows, |row| row.pairing_id);
    let mut short = Vec::new();
    for row in page.rows {
        if is_short(scope, month, row.records, row.minutes)? {
            short.push(row);
        }
    }
    Ok(Listed { rows: short, next: page.next })
}

#[derive(Debug, Clone, Copy)]
pub struct ListHours {
    /// The present one when absent.
    pub year: Option<i32>,
    pub page: Page,
}

/// Mentors with the minutes of a year, and the most of it.
#[derive(Debug)]
pub struct YearHours {
    pub listed: Listed<Hours>,
    pub most: Option<i64>,
}

pub async fn list_hours(tx: &mut Tx, scope: &Scope, query: ListHours) -> Result<YearHours, Error> {
    let rows = report::hours(tx, visible(scope)?, year(query.year.unwrap_or(scope.today().year())), query.page).await?;
    let rules = scope.rules(&RULES)?;
    // The rule is a condition, not a number: the most that it lets pass is looked for.
    let passes = |minutes: i64| {
        let judgement = rules.judge(&json!({ "year_minutes": minutes }), scope.today(), "guidance", &[])?;
        Ok::<_, Error>(judgement.refusal().is_none())
    };
    let most = if rules.asks(scope.today(), "guidance") { most(YEAR, passes)? } else { None };
    Ok(YearHours { listed: Listed::page(query.page, rows, |row| row.mentor_id), most })
}

/// The days of a calendar year.
fn year(year: i32) -> Days {
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX);
    Days { start: first(year), end: first(year + 1) }
}
