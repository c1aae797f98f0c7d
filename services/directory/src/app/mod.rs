//! The use cases, by noun. Each runs inside a transaction that kit opened and will commit.

pub mod employment;
pub mod organisation;
pub mod person;
pub mod programme;

use crate::domain::OrganisationId;
use kit::id::Id;
use kit::{Error, Scope};

/// To what a list is narrowed for its caller.
enum Narrowed {
    To(Option<OrganisationId>),
    /// The caller asked for what is somebody else's.
    Nothing,
}

fn narrowed(scope: &Scope, asked: Option<OrganisationId>) -> Result<Narrowed, Error> {
    let Some(own) = scope.visible() else { return Ok(Narrowed::To(asked)) };
    let own = OrganisationId::parse("organisation", own)?;
    Ok(if asked.is_some_and(|asked| asked != own) { Narrowed::Nothing } else { Narrowed::To(Some(own)) })
}
