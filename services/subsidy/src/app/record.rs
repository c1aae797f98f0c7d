//! Facts are kept as they come, and claims follow them.

use super::accrue::accrue;
use crate::domain::{Fact, FactKind, OrganisationId};
use crate::store::fact;
use kit::{Error, Scope, Tx};

/// Keeps a fact and brings the claims of its person into line. The person is locked first: two facts that
/// arrive at the same time must not each be derived without the other.
pub async fn record(tx: &mut Tx, scope: &Scope, fact: Fact) -> Result<(), Error> {
    fact::lock_person(tx, fact.person).await?;
    fact::insert(tx, &fact, scope.now()).await?;
    accrue(tx, scope, fact.person).await
}

/// A pairing is over. The event does not say whose it was; the fact of its beginning does. One that never
/// had a mentor is nobody's.
pub async fn unpair(tx: &mut Tx, scope: &Scope, ended: UnpairedEvent<'_>) -> Result<(), Error> {
    let Some(began) = fact::pairing(tx, ended.subject).await? else { return Ok(()) };
    let end = Fact {
        key: ended.key,
        kind: FactKind::Unpaired,
        version: ended.version,
        event_type: ended.event_type.to_owned(),
        end_day: Some(ended.on.max(began.day)),
        detail: ended.reason,
        ..began
    };
    record(tx, scope, end).await
}

/// What an event says of the end of a pairing.
#[derive(Debug)]
pub struct UnpairedEvent<'a> {
    pub key: String,
    pub subject: &'a str,
    pub event_type: &'a str,
    pub version: i64,
    pub on: chrono::NaiveDate,
    pub reason: String,
}

/// The directory says what an organisation is: what is due to everybody whose facts name it may change.
pub async fn register_organisation(
    tx: &mut Tx,
    scope: &Scope,
    id: OrganisationId,
    kind: &str,
    integration_listed: bool,
) -> Result<(), Error> {
    fact::register_organisation(tx, id, kind, integration_listed).await?;
    for person in fact::people_of(tx, id).await? {
        fact::lock_person(tx, person).await?;
        accrue(tx, scope, person).await?;
    }
    Ok(())
}
