//! Rotations, narrowed by organisation, person and state.

use crate::domain::OrganisationId;
use crate::store::rotation::{self, Filter, Stored};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub page: Page,
}

/// One page.
#[derive(Debug)]
pub struct Listed {
    pub rotations: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    if let Some(own) = scope.visible() {
        let own = OrganisationId::parse("organisation", own)?;
        if query.filter.organisation.is_some_and(|asked| asked != own) {
            return Ok(Listed { rotations: Vec::new(), next: String::new() });
        }
        query.filter.organisation = Some(own);
    }
    let rows = rotation::list(tx, &query.filter, query.page).await?;
    let (rotations, next) = query.page.cut(rows, |row| row.rotation.id);
    Ok(Listed { rotations, next })
}
