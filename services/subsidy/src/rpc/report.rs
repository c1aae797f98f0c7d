//! Reports on the wire.

use super::payment::count;
use crate::app::{BudgetExecution, ClaimTotals, Listed, PaymentTotals, ReceivableAges};
use crate::domain::{FundId, OrganisationId};
use crate::store::report::{Age, ClaimTotal, Execution, Filter, PaymentTotal};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_date_optional, parse_within, timestamp};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListBudgetExecutionRequest> for BudgetExecution {
    type Error = Error;
    fn try_from(request: pb::ListBudgetExecutionRequest) -> Result<Self, Error> {
        let (fund, year) = (FundId::parse_optional("fund", &request.fund)?, parse_year(request.year)?);
        Ok(Self { fund, year, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

/// 0 is every year.
pub(super) fn parse_year(year: i32) -> Result<i32, Error> {
    if year == 0 { Ok(0) } else { parse_within("year", year, 2000..=2200, "as a year of the calendar, or 0 for all") }
}

fn parse_filter(fund: &str, field: &str, organisation: &str) -> Result<Filter, Error> {
    let organisation = OrganisationId::parse_optional(field, organisation)?;
    Ok(Filter { fund: FundId::parse_optional("fund", fund)?, organisation })
}

impl TryFrom<pb::ListClaimTotalsRequest> for ClaimTotals {
    type Error = Error;
    fn try_from(request: pb::ListClaimTotalsRequest) -> Result<Self, Error> {
        let filter = parse_filter(&request.fund, "beneficiary", &request.beneficiary)?;
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListPaymentTotalsRequest> for PaymentTotals {
    type Error = Error;
    fn try_from(request: pb::ListPaymentTotalsRequest) -> Result<Self, Error> {
        let filter = parse_filter(&request.fund, "beneficiary", &request.beneficiary)?;
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListReceivableAgesRequest> for ReceivableAges {
    type Error = Error;
    fn try_from(request: pb::ListReceivableAgesRequest) -> Result<Self, Error> {
        let filter = parse_filter(&request.fund, "debtor", &request.debtor)?;
        let day = parse_date_optional("day", request.day)?;
        Ok(Self { filter, day, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

/// Empty for what is of no scheme.
fn scheme(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!("schemes/{code}") }
}

impl From<Execution> for pb::BudgetExecution {
    fn from(row: Execution) -> Self {
        Self {
            fund: row.fund.to_string(),
            fund_code: row.fund_code,
            scheme: scheme(&row.scheme),
            month: row.month,
            appropriated: Some(row.appropriated.into()),
            committed: Some(row.committed.into()),
            paid: Some(row.paid.into()),
            clawed_back: Some(row.clawed_back.into()),
            available: Some(row.available.into()),
        }
    }
}

impl From<Listed<Execution>> for pb::ListBudgetExecutionResponse {
    fn from(listed: Listed<Execution>) -> Self {
        Self { budget_execution: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<ClaimTotal> for pb::ClaimTotal {
    fn from(row: ClaimTotal) -> Self {
        Self {
            scheme: scheme(&row.scheme),
            state: row.state.to_string(),
            claims: count(row.claims),
            amount: Some(row.amount.into()),
        }
    }
}

impl From<Listed<ClaimTotal>> for pb::ListClaimTotalsResponse {
    fn from(listed: Listed<ClaimTotal>) -> Self {
        Self { claim_totals: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<PaymentTotal> for pb::PaymentTotal {
    fn from(row: PaymentTotal) -> Self {
        let pending = row.pending();
        Self {
            payment_batch: row.batch.to_string(),
            fund_code: row.fund_code,
            state: row.state.to_string(),
            create_time: Some(timestamp(row.created_at)),
            lines: count(row.lines),
            total: Some(row.total.into()),
            paid_lines: count(row.paid_lines),
            paid: Some(row.paid.into()),
            failed_lines: count(row.failed_lines),
            failed: Some(row.failed.into()),
            pending: Some(pending.into()),
        }
    }
}

impl From<Listed<PaymentTotal>> for pb::ListPaymentTotalsResponse {
    fn from(listed: Listed<PaymentTotal>) -> Self {
        Self { payment_totals: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Age> for pb::ReceivableAge {
    fn from(row: Age) -> Self {
        Self {
            debtor: row.debtor.to_string(),
            fund: row.fund.to_string(),
            fund_code: row.fund_code,
            days_0_to_30: Some(row.to_30.into()),
            days_31_to_90: Some(row.to_90.into()),
            days_91_to_180: Some(row.to_180.into()),
            days_over_180: Some(row.over_180.into()),
            outstanding: Some(row.outstanding.into()),
        }
    }
}

impl From<Listed<Age>> for pb::ListReceivableAgesResponse {
    fn from(listed: Listed<Age>) -> Self {
        Self { receivable_ages: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
