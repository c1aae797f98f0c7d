//! The other side confirms a month of guidance: from then on it is settled, and earns an allowance.

use crate::RULES;
use crate::domain::{Month, Pairing, PairingId, Refusal, Side};
use crate::events;
use crate::store::guidance_month::Confirmed;
use crate::store::{guidance, guidance_month, pairing};
use kit::rules::Waiver;
use kit::{Error, Scope, Tx};
use serde_json::json;

#[derive(Debug, Clone)]
pub struct ConfirmGuidance {
    pub months: Vec<Asked>,
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub pairing: PairingId,
    pub month: Month,
    pub waivers: Vec<Waiver>,
}

/// The months, in the order of the command.
#[derive(Debug)]
pub struct Settled(pub Vec<Confirmed>);

pub async fn confirm_guidance(tx: &mut Tx, scope: &Scope, command: ConfirmGuidance) -> Result<Settled, Error> {
    let mut settled = Vec::with_capacity(command.months.len());
    for (at, asked) in command.months.into_iter().enumerate() {
        let confirmed = confirm(tx, scope, asked).await;
        settled.push(confirmed.map_err(|error| error.within(&format!("guidance_months[{at}]")))?);
    }
    Ok(Settled(settled))
}

async fn confirm(tx: &mut Tx, scope: &Scope, asked: Asked) -> Result<Confirmed, Error> {
    let Asked { pairing: id, month, waivers } = asked;
    let not_found = || Error::not_found(id).on("pairing");
    let before = pairing::by_id(tx, id).await?.ok_or_else(not_found)?.pairing;
    let other_side = if before.side == Side::Academic { before.enterprise } else { before.school };
    scope.own(other_side, id).map_err(|error| error.on("pairing"))?;
    let guide = before.guide.ok_or(Refusal::NoMentor { pairing: id })?;
    // The version first: whoever records guidance at the same time waits here, and then decides again.
    pairing::advance(tx, &before, 1).await?;
    let sum = guidance::sum_of_pairing(tx, id, month).await?;
    let last_day = sum.last_day.ok_or(Refusal::NothingToConfirm { pairing: id, month })?;
    let facts = json!({ "records": sum.records, "minutes": sum.minutes });
    let judgement = scope.rules(&RULES)?.judge(&facts, last_day, "guidance-month", &waivers)?;
    if let Some(refusal) = judgement.refusal() {
        return Err(refusal);
    }
    let confirmed = Confirmed {
        guidance_month_id: scope.id(),
        pairing_id: id,
        mentor_id: guide.mentor,
        first_day: month.first(),
        records: sum.records,
        minutes: sum.minutes,
        judgement: judgement.to_json()?.to_string(),
        confirmed_by: scope.principal().subject.clone(),
        confirmed_at: scope.now(),
    };
    if !guidance_month::insert(tx, &confirmed).await? {
        return Err(Refusal::MonthConfirmed { pairing: id, month }.into());
    }
    let pairing = Pairing { version: before.version + 1, ..before };
    events::emit_guidance_confirmed(tx, scope, &pairing, &guide, &confirmed, last_day).await?;
    Ok(confirmed)
}
