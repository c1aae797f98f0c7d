//! An organisation files a claim for itself (申报), where no event told the occasion: what it states is judged as facts are,
//! and asked for at once with its evidence. The person is held, so that of two who file the same the second finds the first.

use super::{Decided, save_all, schemes};
use crate::domain::{
    Change, Claim, ClaimId, ClaimRefusal, Derived, Evidence, Fact, Filed, Filing, Known, OrganisationId, PersonId, Refusal,
    State, Stated, Step, Submitting, Topic, derive_with, filings, may_file, nothing_due, reconcile,
};
use crate::events;
use crate::store::agenda::{self, Next};
use crate::store::claim::{self, Stored};
use crate::store::{evidence, fact, fund};
use kit::id::Id as _;
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct CreateClaim {
    pub scheme: String,
    pub person: PersonId,
    /// The employment, rotation or enrolment, where it is named.
    pub resource: Option<String>,
    pub stated: Stated,
    pub evidence: Vec<Evidence>,
}

pub async fn create_claim(tx: &mut Tx, scope: &Scope, command: CreateClaim) -> Result<Stored, Error> {
    let CreateClaim { scheme, person, resource, mut stated, evidence } = command;
    if stated.happened() > scope.today() {
        return Err(ClaimRefusal::DayToCome { day: stated.happened(), today: scope.today() }.into());
    }
    let principal = scope.principal();
    let own = OrganisationId::parse("organisation", principal.organisation.as_deref().unwrap_or_default())?;
    name_kinds(tx, &mut stated).await?;
    let filing = Filing { organisation: own.uuid(), by: principal.subject.clone(), at: scope.now(), resource, stated };
    may_file(&scheme, schemes(scope).versions(&scheme), &filing)?;
    let filed = Filed { scheme, filing: Arc::new(filing) };

    fact::lock_people(tx, [person]).await?;
    let facts = fact::of_people(tx, [person]).await?;
    if facts.iter().all(|fact| fact.kind.topic() != Topic::Person) {
        return Err(Error::not_found(person));
    }
    let claims = claim::of_people(tx, [person]).await?;
    news(&filed, &facts, &claims)?;
    let all: Vec<Filed> = filings(&claims).into_iter().chain([filed.clone()]).collect();
    let derived = derive_with(schemes(scope), &facts, &all, scope.today())?;
    agenda::keep(tx, &BTreeMap::from([(person, derived.next_day().map_or(Next::Never, Next::On))])).await?;
    let due = accrued(scope, person, &filed, (&derived, &claims));
    submit(tx, scope, due, evidence).await?.into_iter().next().ok_or_else(|| nothing_due(&filed, &derived).into())
}

/// What the directory says of those that are named.
async fn name_kinds(tx: &mut Tx, stated: &mut Stated) -> Result<(), Error> {
    let ids: BTreeSet<OrganisationId> = stated.parties().iter().map(|(_, party)| party.organisation()).collect();
    let kinds = fact::kinds(tx, ids).await?;
    for (_, party) in stated.parties() {
        party.kind = kinds.get(&party.organisation()).cloned().unwrap_or_default();
    }
    Ok(())
}

/// Refuses what was filed before, and what events tell of; of what is somebody else's, nobody is told that it is there.
fn news(filed: &Filed, facts: &[Fact], claims: &[Claim]) -> Result<(), Error> {
    let (key, kind) = (filed.filing.key(), filed.filing.stated.kind());
    let of_same = |claim: &&Claim| claim.scheme.code == filed.scheme && claim.occasion == key;
    let before = claims.iter().filter(of_same).find(|claim| claim.state != State::Voided);
    let own = OrganisationId::from_uuid(filed.filing.organisation);
    if let Some(before) = before.filter(|claim| claim.beneficiary == own && claim.filing.is_some()) {
        return Err(ClaimRefusal::FiledAlready { claim: before.id, is: before.state }.into());
    }
    let told = Known::new(facts).occasions(kind).into_iter().find(|occasion| occasion.key == key);
    let parties = told.iter().flat_map(|occasion| &occasion.parties).map(|(_, party)| *party);
    let mut parties = before.map(|claim| claim.beneficiary).into_iter().chain(parties).peekable();
    if parties.peek().is_none() {
        return Ok(());
    }
    if parties.any(|party| party == own) {
        return Err(ClaimRefusal::OnRecord { occasion: key }.into());
    }
    Err(Error::not_found(key))
}

/// The claims that are due of what was filed, one a stage.
fn accrued(scope: &Scope, person: PersonId, filed: &Filed, (derived, claims): (&Derived, &[Claim])) -> Vec<Claim> {
    let key = filed.filing.key();
    let steps = reconcile(schemes(scope), derived, claims).into_iter();
    let new = steps.filter_map(|step| match step {
        Step::Accrue { due, part, amount } if due.scheme.code == filed.scheme && due.occasion == key => {
            let id: ClaimId = scope.id();
            Some(Claim::accrue(id, person, &due, part, amount))
        }
        _ => None,
    });
    let mut new: Vec<Claim> = new.map(|(claim, _)| claim).collect();
    new.sort_by_key(|claim| claim.stage);
    new
}

/// Keeps claims that have just accrued, and asks for them.
async fn submit(tx: &mut Tx, scope: &Scope, accrued: Vec<Claim>, handed_in: Vec<Evidence>) -> Result<Vec<Stored>, Error> {
    let Some(first) = accrued.first() else { return Ok(Vec::new()) };
    let code = first.fund_code.clone();
    let fund = fund::by_code(tx, &code).await?.ok_or(Refusal::FundMissing { code })?.id;
    claim::insert_all(tx, &accrued, scope.now()).await?;
    let mut decided = Vec::with_capacity(accrued.len());
    for claim in accrued {
        events::tell(tx, scope, &claim, crate::domain::Event::Accrued).await?;
        let scheme = schemes(scope).that_judged(&claim).map_err(Refusal::from)?.clone();
        let by = scope.principal().subject.clone();
        let submitting = Submitting { by, fund, evidence: handed_in.clone(), scheme };
        let stored = Stored::new(claim, scope.now());
        decided.push(Decided::new(stored, Change::Submit(Box::new(submitting)))?);
    }
    evidence::insert_all(tx, decided.iter().map(|one| &one.after)).await?;
    Ok(save_all(tx, scope, decided).await?.0)
}
