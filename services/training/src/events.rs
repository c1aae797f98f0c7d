//! The events of training: what it hears of schools and students, and what it tells.

use crate::domain::{Class, Enrolment, Order, OrganisationId, PersonId, Placement, Step};
use crate::store::student;
use chrono::NaiveDate;
use kit::id::Id;
use kit::wire::{date, parse_date};
use kit::{Envelope, Error, Scope, Tx};
use proto::Event;
use proto::directory::v1 as directory;
use proto::training::v1 as pb;

pub const SUBSCRIPTIONS: &[&str] = &["talentflow.directory.organisation", "talentflow.directory.person"];

pub async fn on(tx: &mut Tx, _scope: &Scope, event: &Envelope) -> Result<(), Error> {
    match event.kind.as_str() {
        directory::OrganisationRegistered::TYPE => {
            let registered: directory::OrganisationRegistered = event.decode()?;
            let school_type = match registered.school_type() {
                directory::SchoolType::Vocational => "vocational",
                directory::SchoolType::University => "university",
                directory::SchoolType::Unspecified => return Ok(()),
            };
            let school = OrganisationId::parse("organisation", &registered.organisation)?;
            student::put_school(tx, school, school_type).await
        }
        directory::PersonRegistered::TYPE => {
            let registered: directory::PersonRegistered = event.decode()?;
            if registered.kind() != directory::PersonKind::Student {
                return Ok(());
            }
            let person = PersonId::parse("person", &registered.person)?;
            let school = OrganisationId::parse("organisation", &registered.organisation)?;
            student::put(tx, person, school, registered.entry_year, parse_date("sixteen_on", registered.sixteen_on)?).await
        }
        _ => Ok(()),
    }
}

pub async fn order_stepped(tx: &mut Tx, scope: &Scope, order: &Order, step: Step) -> Result<(), Error> {
    let name = order.id.to_string();
    match step {
        Step::Publish => {
            let event = pb::OrderPublished {
                order: name,
                enterprise: order.enterprise.to_string(),
                chain: order.chain.clone(),
                seats: count(order.seats),
                start_date: Some(date(order.start)),
                end_date: Some(date(order.end)),
            };
            scope.emit(tx, order.id, order.version, &event).await
        }
        Step::Close => scope.emit(tx, order.id, order.version, &pb::OrderClosed { order: name }).await,
        Step::Withdraw => scope.emit(tx, order.id, order.version, &pb::OrderWithdrawn { order: name }).await,
    }
}

pub async fn class_proposed(tx: &mut Tx, scope: &Scope, class: &Class) -> Result<(), Error> {
    let event = pb::ClassProposed {
        class: class.id.to_string(),
        order: class.order.to_string(),
        school: class.school.to_string(),
        enterprise: class.enterprise.to_string(),
        capacity: count(class.capacity),
    };
    scope.emit(tx, class.id, class.version, &event).await
}

pub async fn class_agreed(tx: &mut Tx, scope: &Scope, class: &Class, chain: &str) -> Result<(), Error> {
    let event = pb::ClassAgreed {
        class: class.id.to_string(),
        order: class.order.to_string(),
        school: class.school.to_string(),
        enterprise: class.enterprise.to_string(),
        chain: chain.to_owned(),
        programme: programme(class),
        capacity: count(class.capacity),
    };
    scope.emit(tx, class.id, class.version, &event).await
}

pub async fn class_cancelled(tx: &mut Tx, scope: &Scope, class: &Class) -> Result<(), Error> {
    scope.emit(tx, class.id, class.version, &pb::ClassCancelled { class: class.id.to_string() }).await
}

pub async fn class_graduated(tx: &mut Tx, scope: &Scope, class: &Class, graduates: usize) -> Result<(), Error> {
    let event = pb::ClassGraduated {
        class: class.id.to_string(),
        graduation_date: class.graduation_date.map(date),
        graduates: i32::try_from(graduates).unwrap_or(i32::MAX),
    };
    scope.emit(tx, class.id, class.version, &event).await
}

/// The class an enrolment is in, and its order: every event of an enrolment carries both, so that a consumer
/// needs no other event to use it.
pub type About<'a> = (&'a Class, &'a Order);

macro_rules! of_enrolment {
    ($message:ident, $enrolment:ident, $about:ident, { $($field:ident: $value:expr),* $(,)? }) => {
        pb::$message {
            enrolment: $enrolment.id.to_string(),
            class: $about.0.id.to_string(),
            order: $about.1.id.to_string(),
            student: $enrolment.student.to_string(),
            school: $about.0.school.to_string(),
            enterprise: $about.0.enterprise.to_string(),
            chain: $about.1.chain.clone(),
            $($field: $value,)*
        }
    };
}

pub async fn enrolment_created(tx: &mut Tx, scope: &Scope, enrolment: &Enrolment, about: About<'_>) -> Result<(), Error> {
    let event = of_enrolment!(EnrolmentCreated, enrolment, about, {
        programme: programme(about.0),
        start_date: Some(date(about.1.start)),
        end_date: Some(date(about.1.end)),
    });
    scope.emit(tx, enrolment.id, enrolment.version, &event).await
}

pub async fn enrolment_placed(
    tx: &mut Tx,
    scope: &Scope,
    enrolment: &Enrolment,
    about: About<'_>,
    placement: &Placement,
) -> Result<(), Error> {
    let event = of_enrolment!(EnrolmentPlaced, enrolment, about, {
        placement: placement.id.to_string(),
        start_date: Some(date(placement.start)),
        end_date: Some(date(placement.end)),
    });
    scope.emit(tx, enrolment.id, enrolment.version, &event).await
}

pub async fn enrolment_graduated(
    tx: &mut Tx,
    scope: &Scope,
    enrolment: &Enrolment,
    about: About<'_>,
    on: NaiveDate,
) -> Result<(), Error> {
    let event = of_enrolment!(EnrolmentGraduated, enrolment, about, { graduation_date: Some(date(on)) });
    scope.emit(tx, enrolment.id, enrolment.version, &event).await
}

pub async fn enrolment_withdrawn(
    tx: &mut Tx,
    scope: &Scope,
    enrolment: &Enrolment,
    about: About<'_>,
    on: NaiveDate,
) -> Result<(), Error> {
    let event = of_enrolment!(EnrolmentWithdrawn, enrolment, about, { left_on: Some(date(on)) });
    scope.emit(tx, enrolment.id, enrolment.version, &event).await
}

fn programme(class: &Class) -> String {
    class.programme.map(|id| id.to_string()).unwrap_or_default()
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
