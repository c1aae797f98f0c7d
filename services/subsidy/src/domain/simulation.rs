//! What a draft would have cost: dues under it gathered person by person, nothing written.

use super::OrganisationId;
use super::derive::Derived;
use super::lapse::Why;
use chrono::{Datelike, NaiveDate};
use kit::Money;
use std::collections::{BTreeMap, BTreeSet};

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    pub year: i32,
    pub number: u32,
}

/// What another scheme and the draft would both have paid for, were it not for a rule that excludes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Occasions.
    pub claims: u64,
    pub people: u64,
    /// What the rule withholds.
    pub amount: Money,
}

/// The outcome, as far as it was gathered.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The draft's code.
    code: String,
    /// The first day counted,
    from: NaiveDate,
    /// and the first that is not.
    to: NaiveDate,
    /// Claims and amount.
    pub months: BTreeMap<Month, (u64, Money)>,
    pub people: u64,
    pub organisations: BTreeSet<OrganisationId>,
    /// By the code of the other scheme.
    pub overlaps: BTreeMap<String, Overlap>,
}

impl Simulation {
    pub fn new(code: &str, from: NaiveDate, to: NaiveDate) -> Self {
        Self {
            code: code.to_owned(),
            from,
            to,
            months: BTreeMap::new(),
            people: 0,
            organisations: BTreeSet::new(),
            overlaps: BTreeMap::new(),
        }
    }

    /// Adds what the facts of one person come to.
    pub fn add(&mut self, derived: &Derived) {
        let within = |on: NaiveDate| self.from <= on && on < self.to;
        let dues: Vec<_> = derived.dues.iter().filter(|due| due.scheme.code == self.code && within(due.on)).collect();
        self.people += u64::from(!dues.is_empty());
        for due in dues {
            let month = Month { year: due.on.year(), number: due.on.month() };
            let (claims, amount) = self.months.entry(month).or_default();
            (*claims, *amount) = (*claims + 1, sum(*amount, due.amount));
            self.organisations.insert(due.beneficiary);
        }
        let mut met: BTreeSet<&str> = BTreeSet::new();
        for lapse in &derived.lapses {
            let Why::Excluded { by } = &lapse.why else { continue };
            let other = if lapse.scheme == self.code {
                by
            } else if *by == self.code {
                &lapse.scheme
            } else {
                continue;
            };
            let overlap = self.overlaps.entry(other.clone()).or_default();
            overlap.claims += 1;
            overlap.people += u64::from(met.insert(other));
            overlap.amount = sum(overlap.amount, lapse.amount);
        }
    }

    pub fn total(&self) -> Money {
        self.months.values().fold(Money::ZERO, |total, (_, amount)| sum(total, *amount))
    }

    pub fn claims(&self) -> u64 {
        self.months.values().map(|(claims, _)| claims).sum()
    }
}

/// A draft may ask for any amount; what cannot be counted any more is as much as can be.
fn sum(a: Money, b: Money) -> Money {
    a.checked_add(b).unwrap_or(Money::fen(i64::MAX))
}
