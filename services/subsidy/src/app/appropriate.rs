//! Money is appropriated to a fund (预算下达).

use super::books;
use crate::domain::{Budget, FundId, Posting, Refusal};
use crate::events;
use crate::store::fund;
use kit::{Error, Money, Scope, Tx};

/// The most a fund is given in all: 10^13 yuan, far above any city and far below what 64 bits hold.
const MOST: Money = Money::yuan(10_000_000_000_000);

#[derive(Debug, Clone)]
pub struct Appropriate {
    pub fund: FundId,
    pub amount: Money,
    /// The document it rests on.
    pub document: String,
}

pub async fn appropriate(tx: &mut Tx, scope: &Scope, command: Appropriate) -> Result<Budget, Error> {
    let id = command.fund;
    let version = fund::next_version(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let before = fund::budget(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    if before.appropriated.checked_add(command.amount).is_none_or(|total| total > MOST) {
        return Err(Refusal::TooMuchMoney { fund: id }.into());
    }
    books::post(tx, scope, &[Posting::appropriate(id, command.amount, command.document)]).await?;
    events::fund_appropriated(tx, scope, id, version, command.amount).await?;
    fund::budget(tx, id).await?.ok_or_else(|| Error::not_found(id))
}
