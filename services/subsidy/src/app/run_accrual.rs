//! A day has come on which something is due without anything having happened: claims are brought into line for those
//! it concerns, a bounded number of people at a time. The first page books what the bank said while no month took postings.

use super::accrue::{Done, accrue};
use super::month::closed_until;
use super::settle_batch::{hold, settle};
use crate::domain::{PersonId, Refusal};
use crate::store::{agenda, fact, queue};
use chrono::NaiveDate;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct RunAccrual {
    /// Those whose next day is not later than this one; today where absent.
    pub through: Option<NaiveDate>,
    /// Whoever has facts, whatever their next day: after schemes have changed.
    pub everyone: bool,
    pub page: Page,
}

#[derive(Debug)]
pub struct Accrual {
    pub people: usize,
    pub done: Done,
    /// Results of the bank that waited for a month that takes postings.
    pub results: usize,
    pub next: String,
}

/// Whatever day is asked for, people are derived as of today: the day only says who is looked at.
pub async fn run_accrual(tx: &mut Tx, scope: &Scope, command: RunAccrual) -> Result<Accrual, Error> {
    let today = scope.today();
    let through = command.through.unwrap_or(today);
    if through > today {
        return Err(Refusal::NotYet { through, today }.into());
    }
    // What waits for a month is done by the first run in which one takes postings; a run in which none does is no run over it.
    let open = closed_until(tx, scope).await?.is_none();
    let first = command.page.after.is_nil();
    let results = if open && first { book_waiting(tx, scope).await? } else { 0 };
    if open && first {
        agenda::begin_run(tx, through).await?;
    }
    let found = if command.everyone {
        fact::people(tx, command.page.after, command.page.limit()).await?
    } else {
        agenda::due(tx, through, command.page).await?
    };
    let (people, next) = command.page.cut(found, |person| *person);
    fact::lock_people(tx, people.iter().copied()).await?;
    let scopes: BTreeMap<PersonId, &Scope> = people.iter().map(|person| (*person, scope)).collect();
    let done = if scopes.is_empty() { Done::default() } else { accrue(tx, &scopes).await? };
    if open && next.is_empty() {
        agenda::end_run(tx, through).await?;
    }
    Ok(Accrual { people: scopes.len(), done, results, next })
}

/// Books the results of the bank that wait. Their batches are held first, in the order of their ids, as people are held after
/// batches everywhere.
async fn book_waiting(tx: &mut Tx, scope: &Scope) -> Result<usize, Error> {
    let mut held = Vec::new();
    for batch in queue::batches(tx).await? {
        held.push(hold(tx, batch).await?);
    }
    let mut booked = 0;
    for stored in held {
        booked += queue::of_batch(tx, stored.batch.id).await?.len();
        settle(tx, scope, stored, []).await?;
    }
    Ok(booked)
}
