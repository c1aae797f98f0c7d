//! Somebody objects (异议) to a claim that is public: until it is decided about, the claim is not paid.

use crate::domain::{ClaimId, ClaimRefusal, Ground, Objection, ObjectionState, OrganisationId};
use crate::events;
use crate::store::claim;
use crate::store::objection::{self, Stored};
use kit::id::Id as _;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateObjection {
    pub claim: ClaimId,
    pub ground: Ground,
}

/// The claim's row comes first: it is what a payment batch takes.
pub async fn create_objection(tx: &mut Tx, scope: &Scope, command: CreateObjection) -> Result<Stored, Error> {
    let id = command.claim;
    if !claim::object(tx, id, scope.today()).await? {
        // Who is told that it is not public is whose claim it is; to anybody else it is not there.
        let stored = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
        scope.own(stored.claim.beneficiary, id)?;
        return Err(ClaimRefusal::NotPublic { claim: id }.into());
    }
    let principal = scope.principal();
    let objection = Objection {
        id: scope.id(),
        version: 1,
        claim: id,
        ground: command.ground,
        objected_by: principal.subject.clone(),
        organisation: OrganisationId::parse_optional("organisation", principal.organisation.as_deref().unwrap_or_default())?,
        state: ObjectionState::Open,
        resolved_by: None,
        reason: None,
    };
    objection::insert(tx, &objection, scope.now()).await?;
    events::objection_created(tx, scope, &objection).await?;
    Ok(Stored { objection, created_at: scope.now(), resolved_at: None })
}
