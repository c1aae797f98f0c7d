//! Months on the wire.

use super::payment::count;
use crate::app::{ClosePeriod, ListPeriods, Listed, Month};
use crate::domain::Period;
use crate::store::period::Total;
use kit::Error;
use kit::page::Page;
use kit::wire::timestamp;
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListPeriodsRequest> for ListPeriods {
    type Error = Error;
    fn try_from(request: pb::ListPeriodsRequest) -> Result<Self, Error> {
        Page::parse(request.page_size, &request.page_token).map(Self)
    }
}

impl TryFrom<pb::ClosePeriodRequest> for ClosePeriod {
    type Error = Error;
    fn try_from(request: pb::ClosePeriodRequest) -> Result<Self, Error> {
        Ok(Self { period: Period::parse("name", &request.name)?, before_its_end: request.before_its_end })
    }
}

impl From<Total> for pb::PeriodTotal {
    fn from(total: Total) -> Self {
        Self { account_kind: total.kind.to_string(), debits: Some(total.debits.into()), credits: Some(total.credits.into()) }
    }
}

impl From<Month> for pb::Period {
    fn from(month: Month) -> Self {
        let state = if month.closed.is_some() { pb::PeriodState::Closed } else { pb::PeriodState::Open };
        let period = Self {
            name: month.period.name(),
            state: state.into(),
            totals: month.totals.into_iter().map(Into::into).collect(),
            waiting_results: count(month.waiting.0),
            waiting_people: count(month.waiting.1),
            ..Self::default()
        };
        let Some(closed) = month.closed else { return period };
        Self {
            log_size: closed.log_size,
            log_root: closed.log_root,
            closed_by: closed.closed_by,
            close_time: Some(timestamp(closed.closed_at)),
            ..period
        }
    }
}

impl<I> From<Listed<(I, Month)>> for pb::ListPeriodsResponse {
    fn from(listed: Listed<(I, Month)>) -> Self {
        Self { periods: listed.rows.into_iter().map(|(_, month)| month.into()).collect(), next_page_token: listed.next }
    }
}
