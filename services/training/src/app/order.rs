//! Orders: draft, publish, close, withdraw, find, list.

use crate::domain::{Order, OrderId, OrderState, OrganisationId, Step};
use crate::events;
use crate::store::order::{self, Filter, Stored};
use chrono::NaiveDate;
use kit::auth::Role;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct Create {
    pub enterprise: OrganisationId,
    pub title: String,
    pub chain: String,
    pub programme_code: String,
    pub seats: i64,
    pub start: NaiveDate,
    pub end: NaiveDate,
}

pub async fn create(tx: &mut Tx, scope: &Scope, command: Create) -> Result<Stored, Error> {
    scope.own(command.enterprise, command.enterprise)?;
    let order = Order {
        id: scope.id(),
        version: 0,
        enterprise: command.enterprise,
        title: command.title,
        chain: command.chain,
        programme_code: command.programme_code,
        seats: command.seats,
        seats_taken: 0,
        start: command.start,
        end: command.end,
        state: OrderState::Draft,
    };
    order::insert(tx, &order, scope.now()).await?;
    Ok(Stored { order, created_at: scope.now(), updated_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct TakeStep {
    pub order: OrderId,
    pub etag: Option<String>,
    pub step: Step,
}

pub async fn take_step(tx: &mut Tx, scope: &Scope, command: TakeStep) -> Result<Stored, Error> {
    let id = command.order;
    let stored = order::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own(stored.order.enterprise, id)?;
    super::check_etag(command.etag.as_deref(), stored.order.version, id)?;
    let next = stored.order.step(command.step)?;
    order::update(tx, &next, scope.now()).await?;
    if stored.order.state != OrderState::Draft || next.state == OrderState::Published {
        events::order_stepped(tx, scope, &next, command.step).await?;
    }
    Ok(Stored { order: next, created_at: stored.created_at, updated_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct Find(pub OrderId);

/// Published orders are for every school to see, drafts for their enterprise alone.
pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let stored = order::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    let public = matches!(stored.order.state, OrderState::Published | OrderState::Closed) && scope.principal().is(Role::School);
    if !public {
        scope.own(stored.order.enterprise, query.0)?;
    }
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub orders: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    if let Some(own) = super::own(scope)? {
        if scope.principal().is(Role::School) {
            query.filter.public_only = true;
        } else if query.filter.enterprise.is_some_and(|asked| asked != own) {
            return Ok(Listed { orders: Vec::new(), next: String::new() });
        } else {
            query.filter.enterprise = Some(own);
        }
    }
    let rows = order::list(tx, &query.filter, query.page).await?;
    let (orders, next) = query.page.cut(rows, |row| row.order.id);
    Ok(Listed { orders, next })
}
