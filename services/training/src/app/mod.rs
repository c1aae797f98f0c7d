//! The use cases, by noun. Each runs inside a transaction that kit opened and will commit.

pub mod class;
pub mod enrolment;
pub mod order;
pub mod placement;

use crate::domain::OrganisationId;
use kit::id::Id;
use kit::{Error, Scope};

/// The organisation a list is narrowed to: the caller's own, or any for city-wide roles.
fn own(scope: &Scope) -> Result<Option<OrganisationId>, Error> {
    scope.visible().map(|own| OrganisationId::parse("organisation", own)).transpose()
}

/// Refuses a decision made on another version than the newest.
fn check_etag(etag: Option<&str>, version: i64, name: impl std::fmt::Display) -> Result<(), Error> {
    match etag {
        Some(etag) if etag != kit::wire::etag(version) => Err(Error::etag(&name.to_string())),
        _ => Ok(()),
    }
}
