//! Somebody asks that a check that failed count as passed (例外核准); nothing follows before a second person confirms it.

use super::{load, schemes};
use crate::domain::{CheckName, CheckOverride, ClaimId, OverrideReason, Overriding, Refusal};
use crate::events;
use crate::store::check_override::{self, Stored};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateCheckOverride {
    pub claim: ClaimId,
    pub check: CheckName,
    pub reason: OverrideReason,
    pub document: String,
    pub expires_on: Option<NaiveDate>,
}

/// The claim is held, so that of two who ask at once the second sees the first.
pub async fn create_check_override(tx: &mut Tx, scope: &Scope, command: CreateCheckOverride) -> Result<Stored, Error> {
    let CreateCheckOverride { claim: id, check, reason, document, expires_on } = command;
    let held = load(tx, scope, &[id]).await?.pop().ok_or_else(|| Error::not_found(id))?;
    let known = check_override::of_claims(tx, [id]).await?.remove(&id).unwrap_or_default();
    let scheme = schemes(scope).that_judged(&held.claim).map_err(Refusal::from)?;
    let (by, today) = (scope.principal().subject.clone(), scope.today());
    let asked = Overriding { id: scope.id(), check, reason, document, expires_on, by, today };
    let one = CheckOverride::request(asked, (&held.claim, &held.checks), scheme, &known)?;
    check_override::insert(tx, &one, scope.now()).await?;
    events::override_requested(tx, scope, &one).await?;
    Ok(Stored { one, requested_at: scope.now(), confirmed_at: None })
}
