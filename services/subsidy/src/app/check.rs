//! Submitted claims go through their checks; each result is recorded, and who passes all of them goes on.

use super::{Changed, at, load, save, schemes};
use crate::domain::{self, Budget, Change, ClaimId, FundId, derive};
use crate::store::claim::{self, Stored};
use crate::store::{fact, fund};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Check(pub Vec<ClaimId>);

pub async fn check(tx: &mut Tx, scope: &Scope, command: Check) -> Result<Changed, Error> {
    let schemes = schemes(scope);
    let mut budgets: BTreeMap<FundId, Budget> = BTreeMap::new();
    let mut changed = Vec::with_capacity(command.0.len());
    for (place, stored) in load(tx, scope, &command.0).await? {
        let decided = stored.claim.decide(Change::Check).map_err(at("names", place))?;
        let budget = budget_of(tx, &mut budgets, stored.claim.fund).await?;
        let derived = derive(schemes, &fact::of_people(tx, [stored.claim.person]).await?, scope.today())?;
        let all = claim::of_people(tx, [stored.claim.person]).await?;
        let checks = domain::check(schemes, &stored.claim, &all, &derived, &budget);
        claim::record_checks(tx, &stored.claim, &checks).await?;
        let passed = checks.iter().all(|result| result.passed);
        let checked = Stored { checks, ..stored };
        changed.push((place, if passed { save(tx, scope, &checked, decided).await? } else { checked }));
    }
    Ok(Changed::in_order(changed))
}

async fn budget_of(tx: &mut Tx, known: &mut BTreeMap<FundId, Budget>, fund: Option<FundId>) -> Result<Budget, Error> {
    let fund = fund.ok_or_else(|| Error::internal("a submitted claim has no fund"))?;
    if let Some(budget) = known.get(&fund) {
        return Ok(*budget);
    }
    let budget = fund::budget(tx, fund).await?.ok_or_else(|| Error::not_found(fund))?;
    known.insert(fund, budget);
    Ok(budget)
}
