//! A month is closed (结账), for good. It moves no money and is checked by anybody who lists the months, so it needs no
//! second person; what it got wrong is corrected in the open month. The running month may be closed before it is over (提前
//! 结账); what comes until the next begins is kept for then.

use super::log::Grown;
use crate::domain::Period;
use crate::store::log;
use crate::store::period::{self, Closed, Total};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ClosePeriod {
    pub period: Period,
    /// It is the running month.
    pub before_its_end: bool,
}

/// A month, and what it moved by kind of account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    pub period: Period,
    pub totals: Vec<Total>,
    pub closed: Option<Closed>,
    /// Results and people that wait for its end.
    pub waiting: (i64, i64),
}

pub async fn close_period(tx: &mut Tx, scope: &Scope, command: ClosePeriod) -> Result<Month, Error> {
    let ClosePeriod { period: month, before_its_end } = command;
    // Whoever posts waits here, and then finds the month closed.
    let head = log::lock(tx).await?;
    let totals = period::totals(tx).await?;
    month.may_close(scope.today(), before_its_end, head.closed()?, totals.first().map(|total| total.period))?;
    let grown = Grown::before(tx, &head, 0).await?;
    let closed = Closed {
        period: month,
        log_size: head.size,
        log_root: grown.root().to_string(),
        closed_by: scope.principal().subject.clone(),
        closed_at: scope.now(),
    };
    if head.backlog {
        grown.keep(tx).await?;
    }
    period::close(tx, &closed).await?;
    log::close_through(tx, month).await?;
    let totals = totals.into_iter().filter(|total| total.period == month).collect();
    Ok(Month { period: month, totals, closed: Some(closed), waiting: (0, 0) })
}
