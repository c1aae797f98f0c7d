//! The events of other services as facts.

use crate::app::{News, Organisation, Unpaired};
use crate::domain::{Fact, FactKind, OrganisationId, PersonId};
use chrono::{Days, NaiveDate};
use kit::clock::local_date;
use kit::id::Id;
use kit::wire::{parse_date, parse_date_optional};
use kit::{Envelope, Error};
use proto::Event as _;
use proto::directory::v1 as directory;
use proto::mentoring::v1 as mentoring;
use proto::rotation::v1 as rotation;
use proto::training::v1 as training;

/// What an event tells; nothing where nobody earns by it.
pub(super) fn read(event: &Envelope) -> Result<Option<News>, Error> {
    let fact = match event.kind.as_str() {
        directory::OrganisationRegistered::TYPE => return organisation_registered(event).map(Some),
        mentoring::PairingEnded::TYPE => return pairing_ended(event).map(Some),
        directory::PersonRegistered::TYPE => person_registered(event)?,
        directory::EmploymentStarted::TYPE => employment_started(event)?,
        directory::EmploymentEnded::TYPE => employment_ended(event)?,
        directory::EmploymentCorrected::TYPE => employment_corrected(event)?,
        training::EnrolmentCreated::TYPE => enrolled(event)?,
        training::EnrolmentPlaced::TYPE => placed(event)?,
        training::EnrolmentGraduated::TYPE => graduated(event)?,
        training::EnrolmentWithdrawn::TYPE => left_class(event)?,
        rotation::RotationCompleted::TYPE => rotation_completed(event)?,
        rotation::RotationEndedEarly::TYPE => rotation_ended_early(event)?,
        mentoring::PairingCreated::TYPE => paired(event)?,
        mentoring::GuidanceConfirmed::TYPE => guided(event)?,
        _ => return Ok(None),
    };
    Ok(Some(News::Fact(fact)))
}

/// What every fact takes from its event.
fn fact(event: &Envelope, person: PersonId, kind: FactKind, resource: String, day: NaiveDate) -> Fact {
    let version = event.version.unwrap_or_default();
    Fact {
        event_type: event.kind.clone(),
        subject: event.subject.clone(),
        ..Fact::new(event.key(), person, kind, (resource, version), day)
    }
}

fn organisation_registered(event: &Envelope) -> Result<News, Error> {
    let told: directory::OrganisationRegistered = event.decode()?;
    let kind = match told.kind() {
        directory::OrganisationKind::School => "school",
        directory::OrganisationKind::Enterprise => "enterprise",
        directory::OrganisationKind::Bureau => "bureau",
        directory::OrganisationKind::Unspecified => "",
    };
    let id = OrganisationId::parse("organisation", &told.organisation)?;
    Ok(News::Organisation(Organisation { id, kind, integration_listed: told.integration_listed }))
}

fn person_registered(event: &Envelope) -> Result<Fact, Error> {
    let told: directory::PersonRegistered = event.decode()?;
    let kind = match told.kind() {
        directory::PersonKind::Teacher => "teacher",
        directory::PersonKind::Engineer => "engineer",
        directory::PersonKind::Student => "student",
        directory::PersonKind::Unspecified => "",
    };
    let person = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        organisation: OrganisationId::parse_optional("organisation", &told.organisation)?,
        detail: kind.to_owned(),
        ..fact(event, person, FactKind::Registered, told.person, local_date(event.time))
    })
}

fn employment_started(event: &Envelope) -> Result<Fact, Error> {
    let told: directory::EmploymentStarted = event.decode()?;
    let person = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        organisation: Some(OrganisationId::parse("organisation", &told.organisation)?),
        ..fact(event, person, FactKind::Hired, told.employment, parse_date("start_date", told.start_date)?)
    })
}

fn employment_ended(event: &Envelope) -> Result<Fact, Error> {
    let told: directory::EmploymentEnded = event.decode()?;
    let person = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        end_day: Some(parse_date("end_date", told.end_date)?),
        organisation: Some(OrganisationId::parse("organisation", &told.organisation)?),
        detail: told.reason,
        ..fact(event, person, FactKind::Left, told.employment, parse_date("start_date", told.start_date)?)
    })
}

fn employment_corrected(event: &Envelope) -> Result<Fact, Error> {
    let told: directory::EmploymentCorrected = event.decode()?;
    let person = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        end_day: parse_date_optional("end_date", told.end_date)?,
        organisation: Some(OrganisationId::parse("organisation", &told.organisation)?),
        withdrawn: told.withdrawn,
        ..fact(event, person, FactKind::Corrected, told.employment, parse_date("start_date", told.start_date)?)
    })
}

fn enrolled(event: &Envelope) -> Result<Fact, Error> {
    let told: training::EnrolmentCreated = event.decode()?;
    let person = PersonId::parse("student", &told.student)?;
    // An order class without days of its own began when the student joined it.
    let start = parse_date_optional("start_date", told.start_date)?.unwrap_or_else(|| local_date(event.time));
    let end = parse_date_optional("end_date", told.end_date)?;
    Ok(Fact {
        end_day: end.and_then(|end| end.pred_opt()).map(|last| last.max(start)),
        organisation: Some(OrganisationId::parse("enterprise", &told.enterprise)?),
        counterpart: Some(OrganisationId::parse("school", &told.school)?),
        detail: told.programme,
        ..fact(event, person, FactKind::Enrolled, told.enrolment, start)
    })
}

fn placed(event: &Envelope) -> Result<Fact, Error> {
    let told: training::EnrolmentPlaced = event.decode()?;
    let person = PersonId::parse("student", &told.student)?;
    let start = parse_date("start_date", told.start_date)?;
    let end = parse_date_optional("end_date", told.end_date)?;
    Ok(Fact {
        end_day: end.and_then(|end| end.pred_opt()).map(|last| last.max(start)),
        organisation: Some(OrganisationId::parse("enterprise", &told.enterprise)?),
        counterpart: Some(OrganisationId::parse("school", &told.school)?),
        ..fact(event, person, FactKind::Placed, told.placement, start)
    })
}

fn left_class(event: &Envelope) -> Result<Fact, Error> {
    let told: training::EnrolmentWithdrawn = event.decode()?;
    let person = PersonId::parse("student", &told.student)?;
    let left_on = parse_date_optional("left_on", told.left_on)?.unwrap_or_else(|| local_date(event.time));
    Ok(Fact {
        organisation: Some(OrganisationId::parse("enterprise", &told.enterprise)?),
        counterpart: Some(OrganisationId::parse("school", &told.school)?),
        ..fact(event, person, FactKind::LeftClass, told.enrolment, left_on)
    })
}

fn graduated(event: &Envelope) -> Result<Fact, Error> {
    let told: training::EnrolmentGraduated = event.decode()?;
    let person = PersonId::parse("student", &told.student)?;
    Ok(Fact {
        organisation: Some(OrganisationId::parse("enterprise", &told.enterprise)?),
        counterpart: Some(OrganisationId::parse("school", &told.school)?),
        ..fact(event, person, FactKind::Graduated, told.enrolment, parse_date("graduation_date", told.graduation_date)?)
    })
}

fn rotation_completed(event: &Envelope) -> Result<Fact, Error> {
    let told: rotation::RotationCompleted = event.decode()?;
    let person = PersonId::parse("person", &told.person)?;
    let end = parse_date("end_date", told.end_date)?;
    Ok(Fact {
        end_day: end.pred_opt(),
        organisation: Some(OrganisationId::parse("home_organisation", &told.home_organisation)?),
        counterpart: Some(OrganisationId::parse("host_organisation", &told.host_organisation)?),
        quantity: i64::from(told.credited_days),
        share_percent: i64::from(told.share_percent),
        ..fact(event, person, FactKind::RotationCompleted, told.rotation, parse_date("start_date", told.start_date)?)
    })
}

fn rotation_ended_early(event: &Envelope) -> Result<Fact, Error> {
    let told: rotation::RotationEndedEarly = event.decode()?;
    let person = PersonId::parse("person", &told.person)?;
    let start = parse_date("start_date", told.start_date)?;
    let after_first = u64::try_from(told.credited_days - 1).unwrap_or_default();
    Ok(Fact {
        end_day: start.checked_add_days(Days::new(after_first)),
        organisation: Some(OrganisationId::parse("home_organisation", &told.home_organisation)?),
        counterpart: Some(OrganisationId::parse("host_organisation", &told.host_organisation)?),
        quantity: i64::from(told.credited_days),
        share_percent: i64::from(told.share_percent),
        ..fact(event, person, FactKind::RotationCompleted, told.rotation, start)
    })
}

fn paired(event: &Envelope) -> Result<Fact, Error> {
    let told: mentoring::PairingCreated = event.decode()?;
    let mentor = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        organisation: Some(OrganisationId::parse("organisation", &told.organisation)?),
        other_person: PersonId::parse_optional("student", &told.student)?,
        ..fact(event, mentor, FactKind::Paired, told.pairing, local_date(event.time))
    })
}

fn pairing_ended(event: &Envelope) -> Result<News, Error> {
    let told: mentoring::PairingEnded = event.decode()?;
    Ok(News::Unpaired(Unpaired {
        key: event.key(),
        pairing: told.pairing,
        event_type: event.kind.clone(),
        version: event.version.unwrap_or_default(),
        on: local_date(event.time),
        reason: told.reason,
    }))
}

fn guided(event: &Envelope) -> Result<Fact, Error> {
    let told: mentoring::GuidanceConfirmed = event.decode()?;
    let mentor = PersonId::parse("person", &told.person)?;
    Ok(Fact {
        organisation: Some(OrganisationId::parse("organisation", &told.organisation)?),
        other_person: PersonId::parse_optional("student", &told.student)?,
        quantity: i64::from(told.minutes),
        ..fact(event, mentor, FactKind::Guided, told.guidance_month, parse_date("last_date", told.last_date)?)
    })
}
