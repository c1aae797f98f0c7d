//! Reports: budgets, claims, payments and receivables, added up.

use super::list::{Listed, Place, Whose};
use crate::domain::FundId;
use crate::store::report::{self, Age, Bounds, ClaimTotal, Execution, Filter, PaymentTotal, Window};
use chrono::{Days, NaiveDate, NaiveTime};
use kit::id::Id as _;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct BudgetExecution {
    pub fund: Option<FundId>,
    /// Every year when 0.
    pub year: i32,
    pub page: Page,
}

pub async fn budget_execution(tx: &mut Tx, _scope: &Scope, query: BudgetExecution) -> Result<Listed<Execution>, Error> {
    let rows = report::budget_execution(tx, query.fund, query.year, window(query.page)).await?;
    Ok(cut(query.page, rows))
}

#[derive(Debug, Clone)]
pub struct ClaimTotals {
    pub filter: Filter,
    pub page: Page,
}

pub async fn claim_totals(tx: &mut Tx, scope: &Scope, query: ClaimTotals) -> Result<Listed<ClaimTotal>, Error> {
    let Some(filter) = visible(scope, query.filter) else { return Ok(Listed::empty()) };
    let rows = report::claim_totals(tx, filter, window(query.page)).await?;
    Ok(cut(query.page, rows))
}

#[derive(Debug, Clone)]
pub struct PaymentTotals {
    pub filter: Filter,
    pub page: Page,
}

pub async fn payment_totals(tx: &mut Tx, scope: &Scope, query: PaymentTotals) -> Result<Listed<PaymentTotal>, Error> {
    let Some(filter) = visible(scope, query.filter) else { return Ok(Listed::empty()) };
    let rows = report::payment_totals(tx, filter, query.page.after, query.page.limit()).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.batch)))
}

#[derive(Debug, Clone)]
pub struct ReceivableAges {
    pub filter: Filter,
    /// Today when absent.
    pub day: Option<NaiveDate>,
    pub page: Page,
}

pub async fn receivable_ages(tx: &mut Tx, scope: &Scope, query: ReceivableAges) -> Result<Listed<Age>, Error> {
    let Some(filter) = visible(scope, query.filter) else { return Ok(Listed::empty()) };
    let bounds = bounds(query.day.unwrap_or_else(|| scope.today()));
    let rows = report::receivable_ages(tx, filter, bounds, window(query.page)).await?;
    Ok(cut(query.page, rows))
}

/// What a caller sees of a report; nothing at all when it is somebody else's.
pub(super) fn visible(scope: &Scope, filter: Filter) -> Option<Filter> {
    match Whose::of(scope, filter.organisation) {
        Whose::Everybodys => Some(filter),
        Whose::Of(own) => Some(Filter { organisation: Some(own), ..filter }),
        Whose::Nobodys => None,
    }
}

/// A receivable that arose `n` days before `day`, both in Asia/Shanghai, is `n` days old.
pub(super) fn bounds(day: NaiveDate) -> Bounds {
    const SHANGHAI_HOURS: i64 = 8;
    let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc() - chrono::TimeDelta::hours(SHANGHAI_HOURS);
    let before = |days: u64| start(day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN));
    let end = start(day.checked_add_days(Days::new(1)).unwrap_or(day));
    Bounds { days_30: before(30), days_90: before(90), days_180: before(180), end }
}

/// Rows of an aggregate have no ids: a page goes on by how many there were.
pub(super) fn window(page: Page) -> Window {
    Window { limit: page.limit(), offset: i64::try_from(page.after.as_u128()).unwrap_or(i64::MAX) }
}

pub(super) fn cut<T>(page: Page, rows: Vec<T>) -> Listed<T> {
    let first = page.after.as_u128().saturating_add(1);
    let placed: Vec<(Place, T)> = (first..).map(|at| Place::from_uuid(uuid::Uuid::from_u128(at))).zip(rows).collect();
    let (placed, next) = page.cut(placed, |(place, _)| *place);
    Listed::new((placed.into_iter().map(|(_, row)| row).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use kit::clock::local_date;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bounds_of_ages_are_whole_local_days(seconds in 0i64..400 * 86_400) {
            let day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
            let arose: DateTime<Utc> = day.and_time(NaiveTime::MIN).and_utc() - chrono::TimeDelta::seconds(seconds);
            let age = (day - local_date(arose)).num_days();
            let Bounds { days_30, days_90, days_180, end } = bounds(day);
            prop_assert_eq!(arose < end, age >= 0);
            prop_assert_eq!(arose >= days_30, age <= 30);
            prop_assert_eq!(arose >= days_90, age <= 90);
            prop_assert_eq!(arose >= days_180, age <= 180);
        }
    }
}
