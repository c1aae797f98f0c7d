//! Organisations: register, find, list.

use crate::domain::{Organisation, OrganisationId, OrganisationKind, SchoolType};
use crate::events;
use crate::store::organisation::{self, Stored};
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Create {
    pub display_name: String,
    pub kind: OrganisationKind,
    pub school_type: Option<SchoolType>,
    pub chains: Vec<String>,
    pub integration_listed: bool,
}

pub async fn create(tx: &mut Tx, scope: &Scope, command: Create) -> Result<Stored, Error> {
    let organisation = Organisation {
        id: scope.id(),
        display_name: command.display_name,
        kind: command.kind,
        school_type: command.school_type,
        chains: command.chains,
        integration_listed: command.integration_listed,
    };
    organisation::insert(tx, &organisation, scope.now()).await?;
    events::organisation_registered(tx, scope, &organisation).await?;
    Ok(Stored { organisation, created_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct Find(pub OrganisationId);

/// Who takes part is public within the city.
pub async fn find(tx: &mut Tx, _scope: &Scope, query: Find) -> Result<Stored, Error> {
    organisation::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct List {
    pub kind: Option<OrganisationKind>,
    pub chain: Option<String>,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub organisations: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, _scope: &Scope, query: List) -> Result<Listed, Error> {
    let rows = organisation::list(tx, query.kind, query.chain.as_deref(), query.page).await?;
    let (organisations, next) = query.page.cut(rows, |row| row.organisation.id);
    Ok(Listed { organisations, next })
}
