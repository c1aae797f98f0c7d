//! Enrolments: enrol a batch, withdraw, find, list.

use crate::domain::{ClassId, ClassState, Enrolment, EnrolmentId, EnrolmentState, PersonId, Refusal};
use crate::events;
use crate::store::enrolment::{self, Filter, Stored};
use crate::store::{class, order, student};
use chrono::NaiveDate;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateBatch {
    pub class: ClassId,
    pub students: Vec<PersonId>,
}

#[derive(Debug)]
pub struct Created {
    pub enrolments: Vec<Stored>,
}

pub async fn create_batch(tx: &mut Tx, scope: &Scope, command: CreateBatch) -> Result<Created, Error> {
    let class = class::by_id(tx, command.class).await?.ok_or_else(|| Error::not_found(command.class))?.class;
    scope.own(class.school, class.id)?;
    class.needs(ClassState::Agreed)?;
    let order = order::by_id(tx, class.order).await?.ok_or_else(|| Error::not_found(class.order))?.order;
    let places = i64::try_from(command.students.len()).map_err(Error::internal)?;
    if !class::take_places(tx, class.id, places).await? {
        // It may have been cancelled or have graduated just now.
        class::by_id(tx, class.id).await?.ok_or_else(|| Error::not_found(class.id))?.class.needs(ClassState::Agreed)?;
        return Err(Refusal::ClassFull { class: class.id, asked: command.students.len() }.into());
    }
    let mut enrolments = Vec::with_capacity(command.students.len());
    for (at, id) in command.students.into_iter().enumerate() {
        let enrolled = enrol_one(tx, scope, (&class, &order), id).await;
        enrolments.push(enrolled.map_err(|error| error.within(&format!("students[{at}]")))?);
    }
    Ok(Created { enrolments })
}

async fn enrol_one(tx: &mut Tx, scope: &Scope, about: events::About<'_>, id: PersonId) -> Result<Stored, Error> {
    let (class, _) = about;
    let known = student::by_id(tx, id).await?.filter(|student| student.school == class.school);
    known.ok_or(Refusal::StudentUnknown { student: id, school: class.school })?;
    let enrolment = Enrolment { id: scope.id(), version: 1, class: class.id, student: id, state: EnrolmentState::Enrolled };
    if !enrolment::insert(tx, &enrolment, scope.now()).await? {
        return Err(Refusal::InClassAlready(id).into());
    }
    events::enrolment_created(tx, scope, &enrolment, about).await?;
    Ok(Stored { enrolment, created_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct Withdraw {
    pub enrolment: EnrolmentId,
    pub etag: Option<String>,
    pub left_on: NaiveDate,
}

pub async fn withdraw(tx: &mut Tx, scope: &Scope, command: Withdraw) -> Result<Stored, Error> {
    let id = command.enrolment;
    let stored = enrolment::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let class = class::by_id(tx, stored.enrolment.class).await?.ok_or_else(|| Error::not_found(id))?.class;
    scope.own(class.school, id)?;
    super::check_etag(command.etag.as_deref(), stored.enrolment.version, id)?;
    let next = stored.enrolment.withdraw(command.left_on, scope.today())?;
    let order = order::by_id(tx, class.order).await?.ok_or_else(|| Error::not_found(class.order))?.order;
    enrolment::update(tx, &next).await?;
    class::give_place(tx, class.id).await?;
    events::enrolment_withdrawn(tx, scope, &next, (&class, &order), command.left_on).await?;
    Ok(Stored { enrolment: next, created_at: stored.created_at })
}

#[derive(Debug, Clone)]
pub struct Find(pub EnrolmentId);

/// The school and the enterprise of the class see it.
pub async fn find(tx: &mut Tx, scope: &Scope, query: Find) -> Result<Stored, Error> {
    let stored = enrolment::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    let class = class::by_id(tx, stored.enrolment.class).await?.ok_or_else(|| Error::not_found(query.0))?.class;
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
    pub enrolments: Vec<Stored>,
    pub next: String,
}

pub async fn list(tx: &mut Tx, scope: &Scope, mut query: List) -> Result<Listed, Error> {
    query.filter.organisation = super::own(scope)?;
    let rows = enrolment::list(tx, &query.filter, query.page).await?;
    let (enrolments, next) = query.page.cut(rows, |row| row.enrolment.id);
    Ok(Listed { enrolments, next })
}
