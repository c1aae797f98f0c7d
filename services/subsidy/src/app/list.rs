//! Funds, schemes, claims, overrides, objections, bank accounts, payment batches, receivables, samples, ledger entries,
//! months and what waits for them, a page at a time.

use super::{Month, schemes};
use crate::domain::{FundId, OrganisationId, Owner, Period, Scheme};
use crate::store::approval;
use crate::store::bank_account;
use crate::store::check_override;
use crate::store::claim::{self, Filter, Stored};
use crate::store::fund::{self, Fund};
use crate::store::ledger::{self, Entry};
use crate::store::objection;
use crate::store::payment::{self, Listing};
use crate::store::queue::{self, Waiting};
use crate::store::{period, receivable, sample, source};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One page of anything.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub next: String,
}

impl<T> Listed<T> {
    pub(super) fn new((rows, next): (Vec<T>, String)) -> Self {
        Self { rows, next }
    }

    pub(super) fn empty() -> Self {
        Self { rows: Vec::new(), next: String::new() }
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
    /// The place of what has no id of one kind in its list: schemes have codes, months names, and what waits is of several
    /// kinds, and a page token is an id.
    Place => "places";
}

pub async fn list_schemes(_tx: &mut Tx, scope: &Scope, query: ListSchemes) -> Result<Listed<(Place, Arc<Scheme>)>, Error> {
    Ok(placed(query.0, schemes(scope).all().cloned()))
}

/// A page of what is at hand whole.
fn placed<T>(page: Page, all: impl Iterator<Item = T>) -> Listed<(Place, T)> {
    let place = |at: u128| Place::from_uuid(uuid::Uuid::from_u128(at));
    let placed = (1u128..).zip(all).map(|(at, one)| (place(at), one));
    let limit = usize::try_from(page.limit()).unwrap_or_default();
    let rows = placed.filter(|(at, _)| at.uuid() > page.after).take(limit).collect();
    Listed::new(page.cut(rows, |(at, _)| *at))
}

#[derive(Debug, Clone)]
pub struct ListPeriods(pub Page);

/// Months that took postings or are closed, oldest first; a handful of rows each.
pub async fn list_periods(tx: &mut Tx, _scope: &Scope, query: ListPeriods) -> Result<Listed<(Place, Month)>, Error> {
    let mut months: BTreeMap<Period, Month> = BTreeMap::new();
    let month = |period: Period| Month { period, totals: Vec::new(), closed: None, waiting: (0, 0) };
    for total in period::totals(tx).await? {
        months.entry(total.period).or_insert_with(|| month(total.period)).totals.push(total);
    }
    for closed in period::closed(tx).await? {
        let period = closed.period;
        months.entry(period).or_insert_with(|| month(period)).closed = Some(closed);
    }
    for Waiting { period, results, people } in queue::waiting(tx).await? {
        months.entry(period).or_insert_with(|| month(period)).waiting = (results, people);
    }
    Ok(placed(query.0, months.into_values()))
}

#[derive(Debug, Clone)]
pub struct ListWaiting {
    pub filter: queue::Filter,
    pub page: Page,
}

pub async fn list_waiting(tx: &mut Tx, _scope: &Scope, query: ListWaiting) -> Result<Listed<queue::Item>, Error> {
    let rows = queue::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| Place::from_uuid(row.what.id()))))
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
        Whose::Nobodys => return Ok(Listed::empty()),
    };
    let mut rows = claim::list(tx, &query.filter, query.page).await?;
    approval::fill(tx, &mut rows).await?;
    source::fill(tx, &mut rows).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.claim.id)))
}

#[derive(Debug, Clone)]
pub struct ListCheckOverrides {
    pub filter: check_override::Filter,
    pub page: Page,
}

pub async fn list_check_overrides(
    tx: &mut Tx,
    _scope: &Scope,
    query: ListCheckOverrides,
) -> Result<Listed<check_override::Stored>, Error> {
    let rows = check_override::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.one.id)))
}

#[derive(Debug, Clone)]
pub struct ListObjections {
    pub filter: objection::Filter,
    pub page: Page,
}

/// A school or enterprise sees what its own people objected; who objected to it is not its to know.
pub async fn list_objections(tx: &mut Tx, scope: &Scope, mut query: ListObjections) -> Result<Listed<objection::Stored>, Error> {
    query.filter.organisation = match Whose::of(scope, query.filter.organisation) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed::empty()),
    };
    let rows = objection::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.objection.id)))
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
pub struct ListAccounts {
    pub filter: bank_account::Filter,
    pub page: Page,
}

pub async fn list_accounts(tx: &mut Tx, scope: &Scope, mut query: ListAccounts) -> Result<Listed<bank_account::Stored>, Error> {
    query.filter.owner = match (scope.visible(), query.filter.owner) {
        (None, asked) => asked,
        // The accounts of funds are nobody's own.
        (Some(_), Some(Owner::Fund(_))) => return Ok(Listed::empty()),
        (Some(_), asked) => match Whose::of(scope, asked.and_then(Owner::organisation)) {
            Whose::Of(own) => Some(Owner::Organisation(own)),
            Whose::Everybodys | Whose::Nobodys => return Ok(Listed::empty()),
        },
    };
    let rows = bank_account::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.account.id)))
}

#[derive(Debug, Clone)]
pub struct ListMissing {
    pub fund: Option<FundId>,
    pub page: Page,
}

pub async fn list_missing(tx: &mut Tx, _scope: &Scope, query: ListMissing) -> Result<Listed<bank_account::Missing>, Error> {
    let rows = bank_account::missing(tx, query.fund, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.organisation)))
}

#[derive(Debug, Clone)]
pub struct ListReceivables {
    pub filter: receivable::Filter,
    pub page: Page,
}

pub async fn list_receivables(
    tx: &mut Tx,
    scope: &Scope,
    mut query: ListReceivables,
) -> Result<Listed<receivable::Stored>, Error> {
    query.filter.debtor = match Whose::of(scope, query.filter.debtor) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed::empty()),
    };
    let rows = receivable::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.receivable.id)))
}

#[derive(Debug, Clone)]
pub struct ListSamples {
    pub filter: sample::Filter,
    pub page: Page,
}

pub async fn list_samples(tx: &mut Tx, _scope: &Scope, query: ListSamples) -> Result<Listed<sample::Stored>, Error> {
    let rows = sample::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.sample.id)))
}

#[derive(Debug, Clone)]
pub struct ListSampleItems {
    pub filter: sample::ItemFilter,
    pub page: Page,
}

pub async fn list_sample_items(tx: &mut Tx, _scope: &Scope, query: ListSampleItems) -> Result<Listed<sample::StoredItem>, Error> {
    let rows = sample::list_items(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.item.id)))
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
pub(super) enum Whose {
    Everybodys,
    Of(OrganisationId),
    /// Somebody else's were asked for, or the caller has no organisation.
    Nobodys,
}

impl Whose {
    pub(super) fn of(scope: &Scope, asked: Option<OrganisationId>) -> Self {
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
