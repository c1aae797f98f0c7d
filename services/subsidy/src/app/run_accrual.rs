//! A day has come on which something is due without anything having happened: claims are brought into line for those
//! it concerns, a bounded number of people at a time.

use super::accrue::{Done, accrue};
use crate::domain::{PersonId, Refusal};
use crate::store::{agenda, fact};
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
    pub next: String,
}

/// Whatever day is asked for, people are derived as of today: the day only says who is looked at.
pub async fn run_accrual(tx: &mut Tx, scope: &Scope, command: RunAccrual) -> Result<Accrual, Error> {
    let today = scope.today();
    let through = command.through.unwrap_or(today);
    if through > today {
        return Err(Refusal::NotYet { through, today }.into());
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
    Ok(Accrual { people: scopes.len(), done, next })
}
