//! An organisation takes back what it filed (撤回), before anything of it is approved.

use super::{Decided, load, save_all};
use crate::domain::{Change, Claim, ClaimId, ClaimRefusal, Refusal, State};
use crate::store::claim::{self, Stored};
use crate::store::fact;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct WithdrawClaim {
    pub claim: ClaimId,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

const OPEN: &[State] = &[State::Accrued, State::Submitted, State::Checked];

/// The person is held before the claims, as wherever claims follow from what is stated.
pub async fn withdraw_claim(tx: &mut Tx, scope: &Scope, command: WithdrawClaim) -> Result<Stored, Error> {
    let id = command.claim;
    let person = {
        let stored = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
        scope.own(stored.claim.beneficiary, id)?;
        stored.claim.person
    };
    fact::lock_people(tx, [person]).await?;
    let claims = claim::of_people(tx, [person]).await?;
    let named = claims.iter().find(|claim| claim.id == id).ok_or_else(|| Error::not_found(id))?;
    if named.filing.is_none() {
        return Err(ClaimRefusal::NotWithdrawn { claim: id }.into());
    }
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(named.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    let same = |claim: &&Claim| claim.scheme.code == named.scheme.code && claim.occasion == named.occasion;
    let ended = [State::Voided, State::Rejected];
    let others: Vec<&Claim> =
        claims.iter().filter(same).filter(|claim| claim.id == id || !ended.contains(&claim.state)).collect();
    if let Some(late) = others.iter().find(|claim| !OPEN.contains(&claim.state)) {
        return Err(Refusal::WrongState { claim: late.id, is: late.state, needs: OPEN }.into());
    }
    let ids: Vec<ClaimId> = others.iter().map(|claim| claim.id).collect();
    let reason = "withdrawn by who filed it (已由申报单位撤回)".to_owned();
    let withdraw = |stored| Decided::new(stored, Change::Void { reason: reason.clone(), fact: None });
    let held = load(tx, scope, &ids).await?;
    // What was approved in the meantime is not taken back.
    if let Some(late) = held.iter().map(|stored| &stored.claim).find(|claim| !OPEN.contains(&claim.state)) {
        return Err(Refusal::WrongState { claim: late.id, is: late.state, needs: OPEN }.into());
    }
    let decided: Vec<Decided> = held.into_iter().map(withdraw).collect::<Result<_, _>>()?;
    let saved = save_all(tx, scope, decided).await?.0;
    saved.into_iter().find(|stored| stored.claim.id == id).ok_or_else(|| Error::not_found(id))
}
