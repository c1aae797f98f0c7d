//! Submitted claims go through their checks; each result is recorded, and who passes all of them goes on.

use super::sources::Reach;
use super::{Changed, Decided, at, load, save_all, schemes};
use crate::domain::{self, Budget, Change, Claim, ClaimId, Fact, FundId, PersonId, derive};
use crate::store::claim::{self, Stored};
use crate::store::{fact, fund};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Check(pub Vec<ClaimId>);

pub async fn check(tx: &mut Tx, scope: &Scope, command: Check) -> Result<Changed, Error> {
    let schemes = schemes(scope);
    let loaded = load(tx, scope, &command.0).await?;
    let people = loaded.iter().map(|stored| stored.claim.person);
    let mut facts: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
    for fact in fact::of_people(tx, people.clone()).await? {
        facts.entry(fact.person).or_default().push(fact);
    }
    let mut claims: BTreeMap<PersonId, Vec<Claim>> = BTreeMap::new();
    for claim in claim::of_people(tx, people).await? {
        claims.entry(claim.person).or_default().push(claim);
    }
    let of = |person: PersonId| {
        (facts.get(&person).map_or(&[][..], Vec::as_slice), claims.get(&person).map_or(&[][..], Vec::as_slice))
    };
    let mut budgets: BTreeMap<FundId, Budget> = BTreeMap::new();
    let reach = Reach::of(tx, scope, loaded.iter().map(|stored| &stored.claim)).await?;
    let (mut checked, mut decided) = (Vec::with_capacity(loaded.len()), Vec::new());
    for (place, stored) in loaded.into_iter().enumerate() {
        // Its state is looked at first: what was checked before is not checked again.
        stored.claim.decide(Change::Check).map_err(at("names", place))?;
        let budget = budget_of(tx, &mut budgets, stored.claim.fund).await?;
        let budget = reach.budget(&stored.claim, budget).map_err(at("names", place))?;
        let (facts, all) = of(stored.claim.person);
        let checks = domain::check(schemes, &stored.claim, all, &derive(schemes, facts, scope.today())?, &budget);
        let passed = checks.iter().all(|result| result.passed);
        let stored = Stored { checks, ..stored };
        if passed {
            decided.push(Decided::new(stored.clone(), Change::Check).map_err(at("names", place))?);
        }
        checked.push(stored);
    }
    claim::record_checks(tx, &checked).await?;
    let passed = save_all(tx, scope, decided).await?;
    let mut passed: BTreeMap<ClaimId, Stored> = passed.0.into_iter().map(|stored| (stored.claim.id, stored)).collect();
    let outcome = |stored: Stored| passed.remove(&stored.claim.id).unwrap_or(stored);
    Ok(Changed(checked.into_iter().map(outcome).collect()))
}

async fn budget_of(tx: &mut Tx, known: &mut BTreeMap<FundId, Budget>, fund: Option<FundId>) -> Result<Budget, Error> {
    let fund = fund.ok_or_else(|| Error::internal("a submitted claim has no fund"))?;
    if let Some(budget) = known.get(&fund) {
        return Ok(*budget);
    }
    let budget = fund::tightest(tx, fund).await?.ok_or_else(|| Error::not_found(fund))?;
    known.insert(fund, budget);
    Ok(budget)
}
