//! What is found of a claim in a sample is recorded by one person and confirmed by another; only then is what was not due
//! taken back. People are held before claims, as everywhere.

use super::claw_back::claw_back;
use crate::domain::{Change, Claim, ClaimId, Finding, Outcome, SampleItem, SampleItemId};
use crate::events;
use crate::store::sample::{self, StoredItem};
use crate::store::{claim, fact};
use kit::{Error, Money, Scope, Tx};

#[derive(Debug, Clone)]
pub struct RecordFinding {
    pub item: SampleItemId,
    pub outcome: Outcome,
    pub amount: Money,
    pub ground: String,
}

pub async fn record_finding(tx: &mut Tx, scope: &Scope, command: RecordFinding) -> Result<StoredItem, Error> {
    let RecordFinding { item: id, outcome, amount, ground } = command;
    let stored = sample::item(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let kept = of_item(tx, stored.item.claim).await?.kept();
    let finding = Finding { outcome, amount, ground, by: scope.principal().subject.clone() };
    let item = stored.item.find(finding.clone(), kept)?;
    sample::find(tx, &item, &finding, scope.now()).await?;
    events::finding_recorded(tx, scope, &item).await?;
    Ok(StoredItem { item, found_at: Some(scope.now()), confirmed_at: None })
}

#[derive(Debug, Clone)]
pub struct ConfirmFinding {
    pub item: SampleItemId,
    /// As the finding was read.
    pub amount: Money,
}

pub async fn confirm_finding(tx: &mut Tx, scope: &Scope, command: ConfirmFinding) -> Result<StoredItem, Error> {
    let ConfirmFinding { item: id, amount } = command;
    let stored = sample::item(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let person = of_item(tx, stored.item.claim).await?.person;
    fact::lock_people(tx, [person]).await?;
    let claim = of_item(tx, stored.item.claim).await?;
    let by = &scope.principal().subject;
    let item = stored.item.confirm(by, amount, claim.kept())?;
    sample::confirm(tx, &item, by, scope.now()).await?;
    events::finding_confirmed(tx, scope, &item).await?;
    if !amount.is_zero() {
        claw_back(tx, scope, &claim.decide(Change::Deny { amount, reason: reason(&item) })?).await?;
    }
    Ok(StoredItem { item, found_at: stored.found_at, confirmed_at: Some(scope.now()) })
}

async fn of_item(tx: &mut Tx, id: ClaimId) -> Result<Claim, Error> {
    Ok(claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.claim)
}

fn reason(item: &SampleItem) -> String {
    let ground = item.finding.as_ref().map_or("", |finding| &finding.ground);
    format!("a check of {} found it not due: {ground} (抽查发现不应补贴：{ground})", item.sample)
}
