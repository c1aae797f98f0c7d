//! Facts of a person have changed, or a day has come: what is due is derived anew, and claims follow.

use super::claw_back::claw_back;
use super::month::{closed_until, in_between};
use super::{books, caps, schemes};
use crate::domain::{Change, Claim, ClaimId, Event, Fact, Grant, PersonId, State, Step, Topic, derive_with, filings, reconcile};
use crate::events;
use crate::store::agenda::{self, Next};
use crate::store::queue::Until;
use crate::store::{claim, fact};
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// How much was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    pub accrued: usize,
    pub amended: usize,
    /// Voided, clawed back or marked to be looked at again.
    pub ended: usize,
}

/// Brings the claims of people into line with their facts and the day it is, each in the name of what changed them.
/// Doing it again changes nothing. Where money would move and no month takes postings, a person waits whole, to be derived
/// again on the day the next one begins. For many people it is a few statements: what is new or amended goes into the
/// table together; only what ends a claim that somebody has asked for is done one by one, with its postings.
pub async fn accrue(tx: &mut Tx, people: &BTreeMap<PersonId, &Scope>) -> Result<Done, Error> {
    let mut facts: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
    for fact in fact::of_people(tx, people.keys().copied()).await? {
        facts.entry(fact.person).or_default().push(fact);
    }
    let idle: Vec<PersonId> = facts.iter().filter(|(_, facts)| !may_earn(facts)).map(|(person, _)| *person).collect();
    let filed_for = if idle.is_empty() { BTreeSet::new() } else { claim::filed_for(tx, idle).await? };
    facts.retain(|person, facts| may_earn(facts) || filed_for.contains(person));
    if facts.is_empty() {
        return Ok(Done::default());
    }
    let mut claims: BTreeMap<PersonId, Vec<Claim>> = BTreeMap::new();
    for claim in claim::of_people(tx, facts.keys().copied()).await? {
        claims.entry(claim.person).or_default().push(claim);
    }
    let mut work = Work::default();
    let mut days: BTreeMap<PersonId, Next> = BTreeMap::new();
    let mut month = Month::Unasked;
    for (person, facts) in &facts {
        let Some(scope) = people.get(person) else { continue };
        let schemes = schemes(scope);
        let claims = claims.get(person).map_or(&[][..], Vec::as_slice);
        let derived = derive_with(schemes, facts, &filings(claims), scope.today())?;
        let steps = reconcile(schemes, &derived, claims);
        if steps.iter().any(moves_money)
            && let Some(until) = month.closed_until(tx, scope).await?
        {
            // Nothing of it is done by halves: what follows from the facts then is the same.
            days.insert(*person, Next::Once(until));
            continue;
        }
        days.insert(*person, derived.next_day().map_or(Next::Never, Next::On));
        for step in steps {
            work.take(scope, *person, step)?;
        }
    }
    agenda::keep(tx, &days).await?;
    work.carry_out(tx).await.map_err(in_between)
}

/// Whether a month takes postings, asked once and only where money is to move.
enum Month {
    Unasked,
    Asked(Option<Until>),
}

impl Month {
    async fn closed_until(&mut self, tx: &mut Tx, scope: &Scope) -> Result<Option<Until>, Error> {
        if let Self::Asked(until) = self {
            return Ok(*until);
        }
        let until = closed_until(tx, scope).await?;
        *self = Self::Asked(until);
        Ok(until)
    }
}

/// Whether the ledger is posted to.
fn moves_money(step: &Step) -> bool {
    match step {
        Step::Void { claim, .. } => claim.state == State::Approved,
        Step::ClawBack { .. } => true,
        Step::Accrue { .. } | Step::Amend { .. } | Step::Reconsider { .. } => false,
    }
}

/// Facts are never taken away, so where none can earn anything none ever did, and there are no claims but what was filed.
fn may_earn(facts: &[Fact]) -> bool {
    let earns = |topic: Topic| facts.iter().any(|fact| fact.kind.topic() == topic);
    let hired = earns(Topic::Employment) && earns(Topic::Graduation);
    hired || earns(Topic::Rotation) || earns(Topic::Guidance) || earns(Topic::Enrolment)
}

/// What is to be done for people, gathered. Claims that are ended come before those that take their place.
#[derive(Default)]
struct Work<'a> {
    ends: Vec<(&'a Scope, Step)>,
    amended: Vec<(&'a Scope, Claim, Event)>,
    accrued: Vec<(&'a Scope, Claim, Event)>,
}

impl<'a> Work<'a> {
    fn take(&mut self, scope: &'a Scope, person: PersonId, step: Step) -> Result<(), Error> {
        match step {
            Step::Accrue { due, part, amount } => {
                let id: ClaimId = scope.id();
                let (claim, event) = Claim::accrue(id, person, &due, part, amount);
                self.accrued.push((scope, claim, event));
            }
            Step::Amend { claim, due, amount } => {
                let (next, event) = claim.decide(Change::Amend { due: Box::new(due), amount })?;
                self.amended.push((scope, next, event));
            }
            end => self.ends.push((scope, end)),
        }
        Ok(())
    }

    async fn carry_out(self, tx: &mut Tx) -> Result<Done, Error> {
        let done = Done { accrued: self.accrued.len(), amended: self.amended.len(), ended: self.ends.len() };
        for (scope, step) in self.ends {
            end(tx, scope, step).await?;
        }
        if let Some((scope, ..)) = self.amended.first() {
            claim::amend_all(tx, self.amended.iter().map(|(_, claim, _)| claim), scope.now()).await?;
        }
        if let Some((scope, ..)) = self.accrued.first() {
            claim::insert_all(tx, self.accrued.iter().map(|(_, claim, _)| claim), scope.now()).await?;
        }
        for (scope, claim, event) in self.amended.into_iter().chain(self.accrued) {
            events::tell(tx, scope, &claim, event).await?;
        }
        Ok(done)
    }
}

async fn end(tx: &mut Tx, scope: &Scope, step: Step) -> Result<(), Error> {
    match step {
        Step::Void { claim, why, fact } => {
            let (next, event) = claim.decide(Change::Void { reason: why.to_string(), fact })?;
            save(tx, scope, &next, event).await?;
            if claim.state != State::Approved {
                return Ok(());
            }
            caps::give_back(tx, scope, &[Grant::of(&claim)]).await?;
            books::release(tx, scope, &claim).await
        }
        Step::ClawBack { claim, amount, why, fact } => {
            let taken = claim.decide(Change::ClawBack { amount, reason: why.to_string(), fact })?;
            claw_back(tx, scope, &taken).await
        }
        Step::Reconsider { claim } => claim::reconsider(tx, claim.id).await,
        Step::Accrue { .. } | Step::Amend { .. } => Ok(()),
    }
}

async fn save(tx: &mut Tx, scope: &Scope, next: &Claim, event: Event) -> Result<(), Error> {
    claim::update_all(tx, std::iter::once(next), scope.now()).await?;
    events::tell(tx, scope, next, event).await
}
