//! A mentor's organisation withdraws a record that was a mistake.

use crate::domain::{GuidanceRecordId, Month, Pairing, Refusal};
use crate::events;
use crate::store::guidance::{self, Stored};
use crate::store::{guidance_month, pairing};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone, Copy)]
pub struct WithdrawGuidance(pub GuidanceRecordId);

pub async fn withdraw_guidance(tx: &mut Tx, scope: &Scope, command: WithdrawGuidance) -> Result<Stored, Error> {
    let record = command.0;
    let stored = guidance::by_id(tx, record).await?.ok_or_else(|| Error::not_found(record))?;
    let id = stored.guidance.pairing;
    let before = pairing::by_id(tx, id).await?.ok_or_else(|| Error::not_found(record))?.pairing;
    let organisation = before.guide.map_or(before.school, |guide| guide.organisation);
    scope.own(organisation, record)?;
    let month = Month::of(stored.guidance.on);
    if guidance_month::is_confirmed(tx, id, month).await? {
        return Err(Refusal::MonthConfirmed { pairing: id, month }.into());
    }
    // The version first: whoever confirms the month at the same time waits here, and then decides again.
    pairing::advance(tx, &before, 1).await?;
    if !guidance::withdraw(tx, record, scope.now()).await? {
        return Err(Refusal::RecordWithdrawn { record }.into());
    }
    let pairing = Pairing { version: before.version + 1, ..before };
    events::emit_guidance_withdrawn(tx, scope, &pairing, record).await?;
    Ok(Stored { withdrawn_at: Some(scope.now()), ..stored })
}
