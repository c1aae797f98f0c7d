//! Submitted claims go through their checks; each result is recorded, and who passes all of them goes on.
//!
//! Of two claims for the same, checked at the same time, at least one sees the other: a claim is submitted before it is
//! checked, and either was submitted before the other was looked at. So no two pass, and approval has nothing to look for
//! again. Only what an older release checked, without looking for it, is looked at when it is approved.

use super::sources::Reach;
use super::{Changed, Decided, at, caps, load, save_all, schemes};
use crate::domain::{
    self, Budget, CapUse, Change, CheckName, CheckOverride, CheckResult, Claim, ClaimId, ClaimRefusal, Derived, Document, Fact,
    FundId, NamedElsewhere, PersonId, Schemes, Seen, Times, derive_with, filings, overridden,
};
use crate::store::claim::{self, Stored};
use crate::store::{check_override, evidence, fact, fund};
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub struct Check(pub Vec<ClaimId>);

pub async fn check(tx: &mut Tx, scope: &Scope, command: Check) -> Result<Changed, Error> {
    let schemes = schemes(scope);
    let loaded = load(tx, scope, &command.0).await?;
    let around = Around::read(tx, scope, loaded.iter().map(|stored| &stored.claim)).await?;
    let mut overrides = overrides_of(tx, scope, &loaded).await?;
    let mut budgets: BTreeMap<FundId, Budget> = BTreeMap::new();
    let reach = Reach::of(tx, scope, loaded.iter().map(|stored| &stored.claim)).await?;
    let (mut checked, mut decided) = (Vec::with_capacity(loaded.len()), Vec::new());
    for (place, stored) in loaded.into_iter().enumerate() {
        // Its state is looked at first: what was checked before is not checked again.
        stored.claim.decide(Change::Check(Vec::new())).map_err(at("names", place))?;
        let budget = budget_of(tx, &mut budgets, stored.claim.fund).await?;
        let budget = reach.budget(&stored.claim, budget).map_err(at("names", place))?;
        let checks = around.of(&stored.claim, |seen| domain::check(schemes, &stored.claim, seen, &budget))?;
        let counted = overridden(&checks, &overrides.remove(&stored.claim.id).unwrap_or_default(), scope.today());
        let stored = Stored { checks, ..stored };
        if let Some(counted) = counted {
            decided.push(Decided::new(stored.clone(), Change::Check(counted)).map_err(at("names", place))?);
        }
        checked.push(stored);
    }
    claim::record_checks(tx, &checked).await?;
    let passed = save_all(tx, scope, decided).await?;
    let mut passed: BTreeMap<ClaimId, Stored> = passed.0.into_iter().map(|stored| (stored.claim.id, stored)).collect();
    let outcome = |stored: Stored| passed.remove(&stored.claim.id).unwrap_or(stored);
    Ok(Changed(checked.into_iter().map(outcome).collect()))
}

/// What was asked for of the checks of claims whose schemes let anybody override any; no statement where none does.
async fn overrides_of(tx: &mut Tx, scope: &Scope, claims: &[Stored]) -> Result<BTreeMap<ClaimId, Vec<CheckOverride>>, Error> {
    let may = |claim: &Claim| schemes(scope).that_judged(claim).is_ok_and(|scheme| !scheme.overridable.is_empty());
    let ids: Vec<ClaimId> = claims.iter().map(|stored| &stored.claim).filter(|claim| may(claim)).map(|claim| claim.id).collect();
    if ids.is_empty() { Ok(BTreeMap::new()) } else { check_override::of_claims(tx, ids).await }
}

/// Looks at claims whose checks an older release ran, which did not look for double funding; no statement where there are
/// none. What is found keeps a claim from being approved.
pub(super) async fn catch_up(tx: &mut Tx, scope: &Scope, held: &mut [Stored]) -> Result<(), Error> {
    let missed = |stored: &Stored| {
        let ran = !stored.checks.is_empty() && stored.claim.was_checked();
        ran && stored.checks.iter().all(|result| result.check != CheckName::DoubleFunding)
    };
    if !held.iter().any(missed) {
        return Ok(());
    }
    let around = Around::read(tx, scope, held.iter().filter(|stored| missed(stored)).map(|stored| &stored.claim)).await?;
    for stored in held.iter_mut().filter(|stored| missed(stored)) {
        let found = around.of(&stored.claim, |seen| domain::double_funding(schemes(scope), &stored.claim, seen))?;
        stored.checks.push(found);
    }
    Ok(())
}

/// Refuses what did not pass its checks, but for those that are overridden.
pub(super) fn passed(stored: &Stored) -> Result<(), ClaimRefusal> {
    let overridden = |result: &CheckResult| stored.claim.overrides.iter().any(|said| said.check == result.check);
    let failed = |result: &&CheckResult| !result.passed && !overridden(result);
    match stored.checks.iter().find(failed) {
        Some(CheckResult { check, detail, .. }) if stored.claim.was_checked() => {
            Err(ClaimRefusal::CheckFailed { claim: stored.claim.id, check: *check, detail: detail.clone() })
        }
        _ => Ok(()),
    }
}

/// What is known around claims: the facts and claims of their people, and who else names their documents.
struct Around {
    people: BTreeMap<PersonId, Person>,
    elsewhere: NamedElsewhere,
    caps: CapUse,
}

struct Person {
    claims: Vec<Claim>,
    times: Times,
    derived: Derived,
}

impl Around {
    async fn read(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim> + Clone) -> Result<Self, Error> {
        let people = claims.clone().map(|claim| claim.person);
        let mut facts: BTreeMap<PersonId, Vec<Fact>> = people.clone().map(|person| (person, Vec::new())).collect();
        for fact in fact::of_people(tx, people.clone()).await? {
            facts.entry(fact.person).or_default().push(fact);
        }
        let mut all: BTreeMap<PersonId, Vec<Claim>> = BTreeMap::new();
        for claim in claim::of_people(tx, people).await? {
            all.entry(claim.person).or_default().push(claim);
        }
        let schemes = schemes(scope);
        let caps = caps::used(tx, scope, claims.clone()).await?;
        let elsewhere = evidence::elsewhere(tx, documents(schemes, claims)).await?;
        let mut people = BTreeMap::new();
        for (person, facts) in facts {
            let claims = all.remove(&person).unwrap_or_default();
            let times = Times::new(&facts, &claims);
            let derived = derive_with(schemes, &facts, &filings(&claims), scope.today())?;
            people.insert(person, Person { claims, times, derived });
        }
        Ok(Self { people, elsewhere, caps })
    }

    fn of<T>(&self, claim: &Claim, look: impl FnOnce(&Seen<'_>) -> T) -> Result<T, Error> {
        let person = self.people.get(&claim.person).ok_or_else(|| Error::internal("a claim was looked at without its person"))?;
        let Person { claims, times, derived } = person;
        Ok(look(&Seen { all: claims, times, derived, elsewhere: &self.elsewhere, caps: &self.caps }))
    }
}

fn documents<'a>(schemes: &Schemes, claims: impl Iterator<Item = &'a Claim>) -> BTreeSet<Document> {
    let of_claim = |claim: &'a Claim| {
        let scheme = schemes.find(&claim.scheme.code, claim.scheme.version).map(AsRef::as_ref);
        claim.evidence.iter().map(move |evidence| Document::of(claim, evidence, scheme)).collect::<Vec<_>>()
    };
    claims.flat_map(of_claim).collect()
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
