//! Whether a month takes postings. The running month may have been closed before it is over; then whoever reacts keeps what
//! came for the day on which the next one begins, and people are told that day.

use crate::domain::{Period, Refusal};
use crate::store::log;
use crate::store::queue::Until;
use kit::{Error, Scope, Tx};

/// The closed month, and the day from which postings are taken again; none while they are.
pub(super) async fn closed_until(tx: &mut Tx, scope: &Scope) -> Result<Option<Until>, Error> {
    let running = Period::of(scope.now());
    let closed = log::head(tx).await?.closed()?.filter(|closed| running <= *closed);
    Ok(closed.map(|period| Until { period, opens_on: period.opens() }))
}

/// Refuses what posts while nothing is posted.
pub(super) async fn needs_open(tx: &mut Tx, scope: &Scope) -> Result<(), Error> {
    match closed_until(tx, scope).await? {
        Some(Until { opens_on, .. }) => Err(Refusal::NothingPosted { period: Period::of(scope.now()), from: opens_on }.into()),
        None => Ok(()),
    }
}

/// Of whoever found the month open and then could not post: it was closed in between. Begun again, it finds that.
pub(super) fn in_between(error: Error) -> Error {
    if error.reason() == "PERIOD_CLOSED" { Error::stale("the month") } else { error }
}
