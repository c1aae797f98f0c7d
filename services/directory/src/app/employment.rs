//! Employments: an HR system says something; who asks gets a list.

use crate::domain::{HrFact, OrganisationId, PersonId, Step, derive, reconcile};
use crate::events;
use crate::store::employment::{self, Stored, Whose};
use crate::store::person;
use kit::page::Page;
use kit::{Error, Scope, Tx};

/// Adds one fact to what is known of a person at an organisation, and tells what changed by it.
pub async fn record(tx: &mut Tx, scope: &Scope, whose: Whose, fact: &HrFact) -> Result<(), Error> {
    // The lock lets one fact at a time be weighed; nobody to lock is an unknown person.
    person::next_version(tx, whose.person, 0).await?.ok_or_else(|| {
        Error::refused(
            "person",
            "PERSON_UNKNOWN",
            format!("{} is not registered in the directory", whose.person),
            format!("{} 未在人员目录中登记", whose.person),
        )
        .rule("directory/hr-person")
        .way_out("register the person, then replay the event", "请先登记该人员，再重放此事件")
    })?;
    employment::add_fact(tx, scope.cause(), whose, fact, scope.now()).await?;
    let derived = derive(&employment::facts(tx, whose).await?);
    let known = employment::of(tx, whose).await?;
    for step in reconcile(&known, &derived) {
        carry_out(tx, scope, whose, step).await?;
    }
    Ok(())
}

async fn carry_out(tx: &mut Tx, scope: &Scope, whose: Whose, step: Step) -> Result<(), Error> {
    match step {
        Step::Start(period) => {
            let id = scope.id();
            employment::insert(tx, id, whose, &period).await?;
            events::employment_started(tx, scope, whose, id, &period).await?;
            if period.end.is_some() {
                events::employment_ended(tx, scope, whose, id, &period).await?;
            }
            Ok(())
        }
        Step::End(id, period) => {
            employment::update(tx, id, &period, false).await?;
            events::employment_ended(tx, scope, whose, id, &period).await
        }
        Step::Correct(id, period) => {
            employment::update(tx, id, &period, false).await?;
            events::employment_corrected(tx, scope, whose, id, &period, false).await
        }
        Step::Withdraw(id, period) => {
            employment::update(tx, id, &period, true).await?;
            events::employment_corrected(tx, scope, whose, id, &period, true).await
        }
    }
}

#[derive(Debug, Clone)]
pub struct List {
    pub person: Option<PersonId>,
    pub organisation: Option<OrganisationId>,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub employments: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, query: List) -> Result<Listed, Error> {
    let organisation = match super::narrowed(scope, query.organisation)? {
        super::Narrowed::To(organisation) => organisation,
        super::Narrowed::Nothing => return Ok(Listed { employments: Vec::new(), next: String::new() }),
    };
    let rows = employment::list(tx, query.person, organisation, query.page).await?;
    let (employments, next) = query.page.cut(rows, |row| row.employment.id);
    Ok(Listed { employments, next })
}
