//! Placements: place a batch, each judged by the rules in force; find, list.

use crate::domain::{EnrolmentId, Placement, PlacementId, judge};
use crate::events;
use crate::store::placement::{self, Filter, Stored};
use crate::store::{class, enrolment, order, student};
use kit::page::Page;
use kit::rules::{RulePack, Waiver};
use kit::{Error, Scope, Tx};

/// One placement to make, not yet with an id.
#[derive(Debug, Clone)]
pub struct New {
    /// Its id is given when it is made.
    pub placement: Placement,
    pub waivers: Vec<Waiver>,
}

#[derive(Debug, Clone)]
pub struct CreateBatch {
    pub placements: Vec<New>,
}

#[derive(Debug)]
pub struct Created {
    pub placements: Vec<Stored>,
}

pub async fn create_batch(tx: &mut Tx, scope: &Scope, command: CreateBatch) -> Result<Created, Error> {
    let pack = scope.rules(&crate::RULES)?;
    let mut placements = Vec::with_capacity(command.placements.len());
    for (at, new) in command.placements.into_iter().enumerate() {
        let placed = place_one(tx, scope, pack, new).await;
        placements.push(placed.map_err(|error| error.within(&format!("placements[{at}]")))?);
    }
    Ok(Created { placements })
}

async fn place_one(tx: &mut Tx, scope: &Scope, pack: &RulePack, new: New) -> Result<Stored, Error> {
    let id: EnrolmentId = new.placement.enrolment;
    let enrolled = enrolment::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.enrolment;
    let class = class::by_id(tx, enrolled.class).await?.ok_or_else(|| Error::not_found(id))?.class;
    scope.own(class.school, id)?;
    let next = enrolled.place()?;
    let student = student::by_id(tx, next.student).await?.ok_or_else(|| Error::not_found(next.student))?;
    let judgement = judge(pack, &new.placement, &student, &new.waivers)?;
    let order = order::by_id(tx, class.order).await?.ok_or_else(|| Error::not_found(class.order))?.order;
    let placement = Placement { id: scope.id(), ..new.placement };
    let stored = Stored { placement, judgement: judgement.to_json()?.to_string(), created_at: scope.now() };
    // First the enrolment: whoever places the same student at the same time waits here, and then decides again.
    enrolment::update(tx, &next).await?;
    placement::insert(tx, class.id, &stored).await?;
    events::enrolment_placed(tx, scope, &next, (&class, &order), &stored.placement).await?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct Find(pub PlacementId);

/// The school and the enterprise of the class see it.
pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let (stored, class) = placement::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    let class = class::by_id(tx, class).await?.ok_or_else(|| Error::not_found(query.0))?.class;
    scope.own_either(&[class.school, class.enterprise], query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub page: Page,
}

#[derive(Debug)]
pub struct Listed {
    pub placements: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    query.filter.organisation = super::own(scope)?;
    let rows = placement::list(tx, &query.filter, query.page).await?;
    let (placements, next) = query.page.cut(rows, |row| row.placement.id);
    Ok(Listed { placements, next })
}
