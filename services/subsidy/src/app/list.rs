//! Funds, schemes, claims, payment batches, receivables and ledger entries, a page at a time.

use super::schemes;
use crate::domain::{OrganisationId, Scheme};
use crate::store::claim::{self, Filter, Stored};
use crate::store::fund::{self, Fund};
use crate::store::ledger::{self, Entry};
use crate::store::payment::{self, Listing};
use crate::store::receivable::{self, Receivable};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::sync::Arc;

/// One page of anything.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub next: String,
}

impl<T> Listed<T> {
    fn new((rows, next): (Vec<T>, String)) -> Self {
        Self { rows, next }
    }
}

#[derive(Debug, Clone)]
pub struct ListFunds(pub Page);

pub async fn list_funds(tx: &mut Tx, _scope: &Scope, query: ListFunds) -> Result<Listed<Fund>, Error> {
    let rows = fund::list(tx, query.0).await?;
    Ok(Listed::new(query.0.cut(rows, |fund| fund.id)))
}

#[derive(Debug, Clone)]
pub struct ListSchemes(pub Page);

kit::id! {
    /// The place of a scheme in the list: schemes have codes, and a page token is an id.
    Place => "places";
}

pub async fn list_schemes(_tx: &mut Tx, scope: &Scope, query: ListSchemes) -> Result<Listed<(Place, Arc<Scheme>)>, Error> {
    let place = |at: u128| Place::from_uuid(uuid::Uuid::from_u128(at));
    let placed = (1u128..).zip(schemes(scope).all().cloned()).map(|(at, scheme)| (place(at), scheme));
    let limit = usize::try_from(query.0.limit()).unwrap_or_default();
    let rows = placed.filter(|(at, _)| at.uuid() > query.0.after).take(limit).collect();
    Ok(Listed::new(query.0.cut(rows, |(at, _)| *at)))
}

#[derive(Debug, Clone)]
pub struct ListClaims {
    pub filter: Filter,
    pub page: Page,
}

pub async fn list_claims(tx: &mut Tx, scope: &Scope, mut query: ListClaims) -> Result<Listed<Stored>, Error> {
    query.filter.beneficiary = match Whose::of(scope, query.filter.beneficiary) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed { rows: Vec::new(), next: String::new() }),
    };
    let rows = claim::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.claim.id)))
}

#[derive(Debug, Clone)]
pub struct ListBatches {
    pub filter: payment::Filter,
    pub page: Page,
}

pub async fn list_batches(tx: &mut Tx, _scope: &Scope, query: ListBatches) -> Result<Listed<Listing>, Error> {
    let rows = payment::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.batch.id)))
}

#[derive(Debug, Clone)]
pub struct ListReceivables {
    pub filter: receivable::Filter,
    pub page: Page,
}

pub async fn list_receivables(tx: &mut Tx, scope: &Scope, mut query: ListReceivables) -> Result<Listed<Receivable>, Error> {
    query.filter.debtor = match Whose::of(scope, query.filter.debtor) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed { rows: Vec::new(), next: String::new() }),
    };
    let rows = receivable::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.id)))
}

#[derive(Debug, Clone)]
pub struct ListEntries {
    pub filter: ledger::Filter,
    pub page: Page,
}

pub async fn list_entries(tx: &mut Tx, _scope: &Scope, query: ListEntries) -> Result<Listed<Entry>, Error> {
    let rows = ledger::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.id)))
}

/// Whose records a list shows.
enum Whose {
    Everybodys,
    Of(OrganisationId),
    /// Somebody else's were asked for, or the caller has no organisation.
    Nobodys,
}

impl Whose {
    fn of(scope: &Scope, asked: Option<OrganisationId>) -> Self {
        match (scope.visible(), asked) {
            (None, None) => Self::Everybodys,
            (None, Some(asked)) => Self::Of(asked),
            (Some(own), asked) => match OrganisationId::parse("organisation", own) {
                Ok(own) if asked.is_none_or(|asked| asked == own) => Self::Of(own),
                _ => Self::Nobodys,
            },
        }
    }
}
