//! The other side confirms a month of guidance: from then on it is settled, and earns an allowance.

use crate::RULES;
use crate::domain::{Month, Pairing, PairingId, Refusal, Side};
use crate::events;
use crate::store::guidance::Sum;
use crate::store::guidance_month::Confirmed;
use crate::store::{guidance, guidance_month, pairing};
use kit::rules::Waiver;
use kit::{Error, Scope, Tx};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

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

/// What is known of the pairings of a command.
struct Known {
    pairings: BTreeMap<PairingId, Pairing>,
    sums: BTreeMap<(PairingId, Month), Sum>,
    /// Those of before, and those of the command so far.
    confirmed: BTreeSet<(PairingId, Month)>,
}

pub async fn confirm_guidance(tx: &mut Tx, scope: &Scope, command: ConfirmGuidance) -> Result<Settled, Error> {
    let ids: BTreeSet<PairingId> = command.months.iter().map(|asked| asked.pairing).collect();
    let before = pairing::by_ids(tx, &ids).await?;
    let months: Vec<_> = command.months.iter().map(|asked| (asked.pairing, asked.month)).collect();
    let sums = guidance::sums(tx, &months).await?;
    let sums = sums.into_iter().map(|sum| ((sum.pairing_id, Month::of(sum.first_day)), sum)).collect();
    let confirmed = guidance_month::confirmed(tx, &ids).await?;
    let mut events: BTreeMap<PairingId, usize> = BTreeMap::new();
    for (pairing, _) in &months {
        *events.entry(*pairing).or_default() += 1;
    }
    let mut known = Known { pairings: before.clone(), sums, confirmed };
    let mut settled = Vec::with_capacity(command.months.len());
    for (at, asked) in command.months.into_iter().enumerate() {
        let confirmed = confirm(tx, scope, &mut known, asked).await;
        settled.push(confirmed.map_err(|error| error.within(&format!("guidance_months[{at}]")))?);
    }
    // Under the guard of what was read: whoever recorded guidance in the meantime has this decided again.
    pairing::advance_all(tx, before.values().filter_map(|pairing| Some((pairing, *events.get(&pairing.id)?)))).await?;
    guidance_month::insert(tx, &settled).await?;
    Ok(Settled(settled))
}

async fn confirm(tx: &mut Tx, scope: &Scope, known: &mut Known, asked: Asked) -> Result<Confirmed, Error> {
    let Asked { pairing: id, month, waivers } = asked;
    let pairing = known.pairings.get_mut(&id).ok_or_else(|| Error::not_found(id).on("pairing"))?;
    let other_side = if pairing.side == Side::Academic { pairing.enterprise } else { pairing.school };
    scope.own(other_side, id).map_err(|error| error.on("pairing"))?;
    let guide = pairing.guide.ok_or(Refusal::NoMentor { pairing: id })?;
    if !known.confirmed.insert((id, month)) {
        return Err(Refusal::MonthConfirmed { pairing: id, month }.into());
    }
    let sum = known.sums.get(&(id, month)).ok_or(Refusal::NothingToConfirm { pairing: id, month })?;
    let facts = json!({ "records": sum.records, "minutes": sum.minutes });
    let judgement = scope.rules(&RULES)?.judge(&facts, sum.last_day, "guidance-month", &waivers)?;
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
    pairing.version += 1;
    events::emit_guidance_confirmed(tx, scope, pairing, &guide, &confirmed, sum.last_day).await?;
    Ok(confirmed)
}
