//! Classes: propose, agree, cancel, graduate, find, list.

use crate::domain::{Class, ClassId, ClassState, OrderId, OrderState, OrganisationId, ProgrammeId, Refusal};
use crate::events;
use crate::store::class::{self, Filter, Stored};
use crate::store::{enrolment, order};
use chrono::NaiveDate;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Create {
    pub order: OrderId,
    pub school: OrganisationId,
    pub programme: Option<ProgrammeId>,
    pub capacity: i64,
}

pub async fn create(tx: &mut Tx, scope: &Scope, command: Create) -> Result<Stored, Error> {
    scope.own(command.school, command.school)?;
    let order = order::by_id(tx, command.order).await?.ok_or_else(|| Error::not_found(command.order))?.order;
    if order.state == OrderState::Draft {
        // A draft is seen by its enterprise alone.
        return Err(Error::not_found(command.order));
    }
    order.open_for(command.capacity)?;
    let class = Class {
        id: scope.id(),
        version: 1,
        order: order.id,
        school: command.school,
        enterprise: order.enterprise,
        programme: command.programme,
        capacity: command.capacity,
        enrolled: 0,
        state: ClassState::Proposed,
        graduation_date: None,
    };
    class::insert(tx, &class, scope.now()).await?;
    events::class_proposed(tx, scope, &class).await?;
    Ok(Stored { class, created_at: scope.now(), updated_at: scope.now() })
}

/// A step by name and etag.
#[derive(Debug, Clone)]
pub struct Agree {
    pub class: ClassId,
    pub etag: Option<String>,
}

/// The enterprise agrees: the class takes its seats of the order, if they are still there.
pub async fn agree(tx: &mut Tx, scope: &Scope, command: Agree) -> Result<Stored, Error> {
    let stored = load(tx, command.class).await?;
    scope.own(stored.class.enterprise, command.class)?;
    super::check_etag(command.etag.as_deref(), stored.class.version, command.class)?;
    let next = stored.class.agree()?;
    let order = order::by_id(tx, next.order).await?.ok_or_else(|| Error::not_found(next.order))?.order;
    order.open()?;
    if !order::take_seats(tx, next.order, next.capacity).await? {
        // It may have been closed just now.
        order::by_id(tx, next.order).await?.ok_or_else(|| Error::not_found(next.order))?.order.open()?;
        return Err(Refusal::SeatsTaken { order: next.order, asked: next.capacity }.into());
    }
    class::update(tx, &next, scope.now()).await?;
    events::class_agreed(tx, scope, &next, &order.chain).await?;
    Ok(Stored { class: next, created_at: stored.created_at, updated_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct Cancel {
    pub class: ClassId,
    pub etag: Option<String>,
}

pub async fn cancel(tx: &mut Tx, scope: &Scope, command: Cancel) -> Result<Stored, Error> {
    let stored = load(tx, command.class).await?;
    scope.own_either(&[stored.class.school, stored.class.enterprise], command.class)?;
    super::check_etag(command.etag.as_deref(), stored.class.version, command.class)?;
    let next = stored.class.cancel()?;
    if stored.class.state == ClassState::Agreed {
        order::give_seats(tx, next.order, next.capacity).await?;
    }
    class::update(tx, &next, scope.now()).await?;
    events::class_cancelled(tx, scope, &next).await?;
    Ok(Stored { class: next, created_at: stored.created_at, updated_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct Graduate {
    pub class: ClassId,
    pub etag: Option<String>,
    pub on: NaiveDate,
}

/// Everybody in the class graduates; one who was never placed stands in the way, and is named.
pub async fn graduate(tx: &mut Tx, scope: &Scope, command: Graduate) -> Result<Stored, Error> {
    let stored = load(tx, command.class).await?;
    scope.own(stored.class.school, command.class)?;
    super::check_etag(command.etag.as_deref(), stored.class.version, command.class)?;
    let next = stored.class.graduate(command.on, scope.today())?;
    class::update(tx, &next, scope.now()).await?;
    let order = order::by_id(tx, next.order).await?.ok_or_else(|| Error::not_found(next.order))?.order;
    let live = enrolment::live_of_class(tx, next.id).await?;
    for enrolled in &live {
        let graduate = enrolled.graduate()?;
        enrolment::update(tx, &graduate).await?;
        events::enrolment_graduated(tx, scope, &graduate, (&next, &order), command.on).await?;
    }
    events::class_graduated(tx, scope, &next, live.len()).await?;
    Ok(Stored { class: next, created_at: stored.created_at, updated_at: scope.now() })
}

async fn load(tx: &mut Tx, id: ClassId) -> Result<Stored, Error> {
    class::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))
}

#[derive(Debug, Clone)]
pub struct Find(pub ClassId);

pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let stored = load(tx, query.0).await?;
    scope.own_either(&[stored.class.school, stored.class.enterprise], query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub classes: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    query.filter.organisation = super::own(scope)?;
    let rows = class::list(tx, &query.filter, query.page).await?;
    let (classes, next) = query.page.cut(rows, |row| row.class.id);
    Ok(Listed { classes, next })
}
