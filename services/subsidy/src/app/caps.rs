//! What organisations may have of schemes that cap them: counted when a claim is approved, and given back with what is
//! released or has come back. No statement where no scheme has such a cap. Caps are held after claims and debts, and before
//! budgets.

use super::schemes;
use crate::domain::{Cap, CapUse, Claim, ClaimRefusal, Grant, Owed, ReceivableId};
use crate::store::cap::{self, Looking};
use kit::{Error, Money, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Caps that are held to the end of the transaction.
#[derive(Default)]
pub(super) struct Held {
    used: CapUse,
    /// What is added to each, and the limit within which it stays.
    changes: BTreeMap<Cap, (i64, Option<i64>)>,
}

/// Holds the caps that count these claims.
pub(super) async fn hold(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim>) -> Result<Held, Error> {
    Ok(Held { used: counted(tx, scope, claims, Looking::Holding).await?, changes: BTreeMap::new() })
}

/// What is used of the caps of claims; nobody is held back.
pub(super) async fn used(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim>) -> Result<CapUse, Error> {
    counted(tx, scope, claims, Looking::Reading).await
}

/// What nobody counts yet is counted from now on.
async fn counted(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim>, looking: Looking) -> Result<CapUse, Error> {
    let caps = of(scope, claims.map(Grant::of));
    if caps.is_empty() {
        return Ok(CapUse::default());
    }
    let mut used = cap::used(tx, looking, caps.iter()).await?;
    let missing: Vec<&Cap> = caps.iter().filter(|cap| !used.contains_key(cap)).collect();
    if !missing.is_empty() {
        cap::open(tx, missing.into_iter()).await?;
        used = cap::used(tx, looking, caps.iter()).await?;
    }
    Ok(CapUse::new(used))
}

fn of(scope: &Scope, grants: impl Iterator<Item = Grant>) -> BTreeSet<Cap> {
    grants.flat_map(|grant| schemes(scope).caps_of(&grant)).collect()
}

impl Held {
    /// Whether a claim fits under the caps of the version that judged it.
    pub(super) fn fits(&self, scope: &Scope, claim: &Claim) -> Result<(), ClaimRefusal> {
        self.used.fits(schemes(scope).that_judged(claim)?, claim)
    }

    /// Counts a claim that fits.
    pub(super) fn take(&mut self, scope: &Scope, claim: &Claim) -> Result<(), ClaimRefusal> {
        let scheme = schemes(scope).that_judged(claim)?;
        let limits: BTreeMap<Cap, i64> =
            self.used.limits(scheme, claim).into_iter().map(|(cap, limit, _)| (cap, limit)).collect();
        for cap in schemes(scope).caps_of(&Grant::of(claim)) {
            let limit = limits.get(&cap).copied();
            let (fen, most) = self.changes.entry(cap).or_insert((0, Some(0)));
            *fen = fen.saturating_add(claim.amount.as_fen());
            // Each claim is held to its own version's limit by `fits`; the statement holds them all to the largest.
            *most = most.zip(limit).map(|(one, other)| one.max(other));
        }
        self.used.take(claim);
        Ok(())
    }

    pub(super) async fn keep(self, tx: &mut Tx) -> Result<(), Error> {
        cap::count(tx, &self.changes).await
    }
}

/// Grants are gone, whole or in part, and what they were of says so already.
pub(super) async fn give_back(tx: &mut Tx, scope: &Scope, grants: &[Grant]) -> Result<(), Error> {
    let mut back: BTreeMap<Cap, (i64, Option<i64>)> = BTreeMap::new();
    for grant in grants {
        for cap in schemes(scope).caps_of(grant) {
            let (fen, _) = back.entry(cap).or_default();
            *fen = fen.saturating_sub(grant.amount.as_fen());
        }
    }
    if back.is_empty() {
        return Ok(());
    }
    let counted = cap::used(tx, Looking::Holding, back.keys()).await?;
    let missing: Vec<&Cap> = back.keys().filter(|cap| !counted.contains_key(cap)).collect();
    // What is counted only now begins without it; but not if somebody has begun with it in the meantime.
    if !missing.is_empty() && cap::open(tx, missing.iter().copied()).await? != missing.len() as u64 {
        return Err(Error::stale("caps"));
    }
    back.retain(|cap, _| counted.contains_key(cap));
    cap::count(tx, &back).await
}

/// What was set against debts, or paid back of them, is no longer had.
pub(super) async fn came_back<'a>(tx: &mut Tx, scope: &Scope, owed: impl Iterator<Item = &'a Owed>) -> Result<(), Error> {
    let mut back: BTreeMap<ReceivableId, Money> = BTreeMap::new();
    for one in owed.filter(|one| schemes(scope).caps_organisations(&one.scheme)) {
        let total = back.entry(one.receivable).or_default();
        *total = Money::fen(total.as_fen().saturating_add(one.amount.as_fen()));
    }
    if back.is_empty() {
        return Ok(());
    }
    let grants = cap::of_debts(tx, &back).await?;
    give_back(tx, scope, &grants).await
}
