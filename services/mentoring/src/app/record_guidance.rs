//! A mentor's organisation records that students were guided.

use crate::RULES;
use crate::domain::{Guidance, Guide, MentorId, Month, Pairing, PairingId, Refusal, check_day};
use crate::events;
use crate::store::guidance::{self, Stored};
use crate::store::{guidance_month, mentor, pairing};
use chrono::{Datelike, NaiveDate};
use kit::{Error, Scope, Tx};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub struct RecordGuidance {
    pub records: Vec<Guidance>,
}

/// The records made, in the order of the command.
#[derive(Debug)]
pub struct Recorded(pub Vec<Stored>);

/// A pairing of the batch, and how many records it has had in it so far.
struct Told {
    pairing: Pairing,
    guide: Guide,
    events: usize,
}

pub async fn record_guidance(tx: &mut Tx, scope: &Scope, command: RecordGuidance) -> Result<Recorded, Error> {
    let ids: BTreeSet<PairingId> = command.records.iter().map(|record| record.pairing).collect();
    let pairings = pairing::by_ids(tx, &ids).await?;
    let confirmed = guidance_month::confirmed(tx, &ids).await?;
    let mut told: BTreeMap<PairingId, Told> = BTreeMap::new();
    for (at, record) in command.records.iter().enumerate() {
        let checked = check(scope, &pairings, &confirmed, &mut told, record);
        checked.map_err(|error| error.within(&format!("guidance_records[{at}]")))?;
    }
    within_rules(tx, scope, &told, &command.records).await?;
    // The versions first, under the guard of what was read.
    pairing::advance_all(tx, told.values().map(|one| (&one.pairing, one.events))).await?;
    let mut stored = Vec::with_capacity(command.records.len());
    for record in command.records {
        let Some(one) = told.get_mut(&record.pairing) else { continue };
        let row = Stored {
            id: scope.id(),
            mentor: one.guide.mentor,
            guidance: record,
            recorded_by: scope.principal().subject.clone(),
            created_at: scope.now(),
            withdrawn_at: None,
        };
        one.pairing.version += 1;
        events::emit_guidance(tx, scope, &one.pairing, &one.guide, &row).await?;
        stored.push(row);
    }
    guidance::insert(tx, &stored).await?;
    Ok(Recorded(stored))
}

fn check(
    scope: &Scope,
    pairings: &BTreeMap<PairingId, Pairing>,
    confirmed: &BTreeSet<(PairingId, Month)>,
    told: &mut BTreeMap<PairingId, Told>,
    record: &Guidance,
) -> Result<(), Error> {
    let id = record.pairing;
    let pairing = pairings.get(&id).ok_or_else(|| Error::not_found(id))?;
    let Some(guide) = pairing.guide else {
        scope.own_either(&[pairing.school, pairing.enterprise], id)?;
        return Err(Refusal::NoMentor { pairing: id }.into());
    };
    scope.own(guide.organisation, id)?;
    let until = pairing.end.map(|(on, _)| on);
    check_day(record.on, guide.since, until, scope.today())?;
    let month = Month::of(record.on);
    if confirmed.contains(&(id, month)) {
        return Err(Refusal::MonthConfirmed { pairing: id, month }.into());
    }
    told.entry(id).or_insert_with(|| Told { pairing: pairing.clone(), guide, events: 0 }).events += 1;
    Ok(())
}

/// Whether the hours of every mentor and year stay within the rules, these records included.
async fn within_rules(tx: &mut Tx, scope: &Scope, told: &BTreeMap<PairingId, Told>, records: &[Guidance]) -> Result<(), Error> {
    let rules = scope.rules(&RULES)?;
    if !rules.asks(scope.today(), "guidance") {
        return Ok(());
    }
    let mut years: BTreeMap<(MentorId, i32), (i64, usize)> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        if let Some(one) = told.get(&record.pairing) {
            let year = years.entry((one.guide.mentor, record.on.year())).or_default();
            *year = (year.0 + i64::from(record.minutes), at);
        }
    }
    for ((mentor, year), (minutes, last)) in years {
        // Held, so that two who record for the same mentor at once do not both look before the other is seen.
        mentor::hold(tx, mentor, scope.now()).await?;
        let first = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX);
        let before = guidance::minutes_of_mentor(tx, mentor, first(year), first(year + 1)).await?;
        let judgement = rules.judge(&json!({ "year_minutes": before + minutes }), scope.today(), "guidance", &[])?;
        if let Some(refusal) = judgement.refusal() {
            return Err(refusal.within(&format!("guidance_records[{last}]")));
        }
    }
    Ok(())
}
