//! One claim back to the events that earned it, and on to the ledger entries it caused.

use super::schemes;
use crate::domain::{ClaimId, Fact, Scheme};
use crate::store::approval;
use crate::store::claim::{self, Stored};
use crate::store::fact;
use crate::store::ledger::{self, Entry};
use crate::store::source;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Explain(pub ClaimId);

#[derive(Debug)]
pub struct Explanation {
    pub stored: Stored,
    pub scheme: Option<Arc<Scheme>>,
    /// What it rests on, and what ended it.
    pub facts: Vec<Fact>,
    pub entries: Vec<Entry>,
}

pub async fn explain(tx: &mut Tx, scope: &Scope, query: Explain) -> Result<Explanation, Error> {
    let id = query.0;
    let mut stored = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    approval::fill(tx, std::slice::from_mut(&mut stored)).await?;
    source::fill(tx, std::slice::from_mut(&mut stored)).await?;
    let claim = &stored.claim;
    scope.own(claim.beneficiary, id)?;
    // Another text under the same version would explain something else than what was decided.
    let known = schemes(scope).find(&claim.scheme.code, claim.scheme.version);
    let scheme = known.filter(|scheme| scheme.digest == claim.scheme.digest).cloned();
    let rests_on = |fact: &Fact| claim.facts.contains(&fact.key) || claim.ended_by.as_ref() == Some(&fact.key);
    let stated = claim.filing.iter().flat_map(|filing| filing.facts(claim.person));
    let facts = fact::of_people(tx, [claim.person]).await?.into_iter().chain(stated).filter(rests_on).collect();
    let entries = ledger::list(tx, &ledger::Filter { claim: Some(id), ..Default::default() }, Page::parse(1000, "")?).await?;
    Ok(Explanation { stored, scheme, facts, entries })
}
