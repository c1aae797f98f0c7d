//! A second person confirms an override; the claim counts on it once it is checked again.

use super::load;
use crate::domain::CheckOverrideId;
use crate::events;
use crate::store::check_override::{self, Stored};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ConfirmCheckOverride(pub CheckOverrideId);

/// The claim is held first, as when it was asked for.
pub async fn confirm_check_override(tx: &mut Tx, scope: &Scope, command: ConfirmCheckOverride) -> Result<Stored, Error> {
    let id = command.0;
    let known = check_override::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    load(tx, scope, &[known.one.claim]).await?;
    let stored = check_override::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let one = stored.one.confirm(&scope.principal().subject, scope.today())?;
    check_override::confirm(tx, &one, scope.now()).await?;
    events::override_confirmed(tx, scope, &one).await?;
    Ok(Stored { one, confirmed_at: Some(scope.now()), ..stored })
}
