//! The events of mentoring, and those it follows.

use crate::app::{Leaving, employment_changed, enrol, leave_class, rotation_began, rotation_over};
use crate::domain::{
    AbsenceId, Codes, EmploymentId, EndReason, Evaluation, GuidanceRecordId, Guide, Mentor, MentorState, OrganisationId, Pairing,
    PairingEvent, PersonId, RotationId, Round, Side, Student, StudentState, TermId,
};
use crate::store::absence::Absence;
use crate::store::directory::{self, Employment};
use crate::store::{guidance, guidance_month};
use chrono::NaiveDate;
use kit::id::Id;
use kit::wire::{date, parse_date, parse_date_optional};
use kit::{Envelope, Error, Scope, Tx};
use proto::directory::v1::{
    EmploymentCorrected, EmploymentEnded, EmploymentStarted, OrganisationKind, OrganisationRegistered, PersonRegistered,
};
use proto::rotation::v1::{RotationActivated, RotationCompleted, RotationEndedEarly};
use proto::training::v1::{EnrolmentCreated, EnrolmentGraduated, EnrolmentWithdrawn};
use proto::{Event, mentoring::v1 as pb};

/// Organisations say who may have mentors of which side; people bring skills and employments; rotations take mentors away
/// for a while; enrolments bring the students.
pub const SUBSCRIPTIONS: &[&str] = &[
    "talentflow.directory.organisation",
    "talentflow.directory.person",
    "talentflow.rotation.rotation",
    "talentflow.training.enrolment",
];

pub async fn on(tx: &mut Tx, scope: &Scope, event: &Envelope) -> Result<(), Error> {
    match event.kind.as_str() {
        OrganisationRegistered::TYPE => organisation_registered(tx, event.decode()?).await,
        PersonRegistered::TYPE => person_registered(tx, event.decode()?).await,
        EmploymentStarted::TYPE | EmploymentEnded::TYPE | EmploymentCorrected::TYPE => {
            employment_changed(tx, scope, employment(event)?).await
        }
        RotationActivated::TYPE => rotation_began(tx, scope, absence(event)?).await,
        RotationCompleted::TYPE | RotationEndedEarly::TYPE => rotation_over(tx, scope, absence(event)?).await,
        EnrolmentCreated::TYPE => enrol(tx, &student(event.decode()?)?).await,
        EnrolmentGraduated::TYPE | EnrolmentWithdrawn::TYPE => leave_class(tx, scope, leaving(event)?).await,
        _ => Ok(()),
    }
}

async fn organisation_registered(tx: &mut Tx, event: OrganisationRegistered) -> Result<(), Error> {
    let organisation = OrganisationId::parse("organisation", &event.organisation)?;
    let kind = match event.kind() {
        OrganisationKind::School => "school",
        OrganisationKind::Enterprise => "enterprise",
        OrganisationKind::Bureau => "bureau",
        OrganisationKind::Unspecified => "unspecified",
    };
    directory::put_organisation(tx, organisation, kind).await
}

async fn person_registered(tx: &mut Tx, event: PersonRegistered) -> Result<(), Error> {
    let person = PersonId::parse("person", &event.person)?;
    directory::put_person(tx, person, &Codes::new(event.skills)).await
}

/// The three events of an employment say the same of it: how it is known now.
fn employment(event: &Envelope) -> Result<Employment, Error> {
    let now = match event.kind.as_str() {
        EmploymentStarted::TYPE => {
            let started: EmploymentStarted = event.decode()?;
            EmploymentCorrected {
                person: started.person,
                employment: started.employment,
                organisation: started.organisation,
                start_date: started.start_date,
                end_date: None,
                withdrawn: false,
            }
        }
        EmploymentEnded::TYPE => {
            let ended: EmploymentEnded = event.decode()?;
            EmploymentCorrected {
                person: ended.person,
                employment: ended.employment,
                organisation: ended.organisation,
                start_date: ended.start_date,
                // Without a last day it would count as going on.
                end_date: ended.end_date.or(ended.start_date),
                withdrawn: false,
            }
        }
        _ => event.decode()?,
    };
    Ok(Employment {
        id: EmploymentId::parse("employment", &now.employment)?,
        person: PersonId::parse("person", &now.person)?,
        organisation: OrganisationId::parse("organisation", &now.organisation)?,
        start: parse_date("start_date", now.start_date)?,
        end: parse_date_optional("end_date", now.end_date)?,
        withdrawn: now.withdrawn,
    })
}

/// A rotation takes a person away from the home unit.
fn absence(event: &Envelope) -> Result<Absence, Error> {
    let (rotation, person, home, share) = match event.kind.as_str() {
        RotationActivated::TYPE => {
            let told: RotationActivated = event.decode()?;
            (told.rotation, told.person, told.home_organisation, told.share_percent)
        }
        RotationCompleted::TYPE => {
            let told: RotationCompleted = event.decode()?;
            (told.rotation, told.person, told.home_organisation, told.share_percent)
        }
        _ => {
            let told: RotationEndedEarly = event.decode()?;
            (told.rotation, told.person, told.home_organisation, told.share_percent)
        }
    };
    Ok(Absence {
        id: AbsenceId::from_uuid(RotationId::parse("rotation", &rotation)?.uuid()),
        person: PersonId::parse("person", &person)?,
        organisation: OrganisationId::parse("home_organisation", &home)?,
        share: i64::from(share.clamp(0, 100)),
    })
}

fn student(event: EnrolmentCreated) -> Result<Student, Error> {
    Ok(Student {
        enrolment: Id::parse("enrolment", &event.enrolment)?,
        class: Id::parse("class", &event.class)?,
        order: Id::parse("order", &event.order)?,
        person: Id::parse("student", &event.student)?,
        school: Id::parse("school", &event.school)?,
        enterprise: Id::parse("enterprise", &event.enterprise)?,
        chain: event.chain,
        programme: event.programme,
        skills: Codes::default(),
        place: String::new(),
        same_place: false,
        state: StudentState::Enrolled,
        round: None,
    })
}

fn leaving(event: &Envelope) -> Result<Leaving, Error> {
    if event.kind == EnrolmentGraduated::TYPE {
        let graduated: EnrolmentGraduated = event.decode()?;
        return Ok(Leaving {
            enrolment: Id::parse("enrolment", &graduated.enrolment)?,
            on: parse_date("graduation_date", graduated.graduation_date)?,
            state: StudentState::Graduated,
            reason: EndReason::Graduated,
        });
    }
    let withdrawn: EnrolmentWithdrawn = event.decode()?;
    Ok(Leaving {
        enrolment: Id::parse("enrolment", &withdrawn.enrolment)?,
        on: parse_date("left_on", withdrawn.left_on)?,
        state: StudentState::Withdrawn,
        reason: EndReason::Withdrawn,
    })
}

/// The first event of a mentor.
pub async fn emit_registered(tx: &mut Tx, scope: &Scope, mentor: &Mentor) -> Result<(), Error> {
    let profile = &mentor.profile;
    let event = pb::MentorRegistered {
        mentor: mentor.id.to_string(),
        person: profile.person.to_string(),
        organisation: profile.organisation.to_string(),
        side: pb::Side::from(profile.side).into(),
        capacity: small(profile.capacity),
    };
    scope.emit(tx, mentor.id, 1, &event).await
}

pub async fn emit_changed(tx: &mut Tx, scope: &Scope, mentor: &Mentor) -> Result<(), Error> {
    let event = pb::MentorChanged {
        mentor: mentor.id.to_string(),
        person: mentor.profile.person.to_string(),
        capacity: small(mentor.profile.capacity),
        places: small(mentor.places),
        state: pb::MentorState::from(mentor.state).into(),
        available: mentor.available,
    };
    scope.emit(tx, mentor.id, mentor.told, &event).await
}

/// The last event of a mentor.
pub async fn emit_closed(tx: &mut Tx, scope: &Scope, mentor: &Mentor) -> Result<(), Error> {
    let event =
        pb::MentorClosed { mentor: mentor.id.to_string(), person: mentor.profile.person.to_string(), reason: "left".to_owned() };
    scope.emit(tx, mentor.id, mentor.told + 1, &event).await
}

/// A round has two events: it is published, and it is final.
pub async fn emit_published(tx: &mut Tx, scope: &Scope, round: &Round) -> Result<(), Error> {
    let event = pb::RoundPublished {
        round: round.id.to_string(),
        class: class_of(round),
        students: small(round.outcome.students),
        matched_academic: small(round.outcome.matched_academic),
        matched_enterprise: small(round.outcome.matched_enterprise),
    };
    scope.emit(tx, round.id, 1, &event).await
}

/// The class of a round of one; of any other, nothing.
fn class_of(round: &Round) -> String {
    round.reach.class().map(|class| class.to_string()).unwrap_or_default()
}

pub async fn emit_finalized(tx: &mut Tx, scope: &Scope, round: &Round) -> Result<(), Error> {
    let event = pb::RoundFinalized { round: round.id.to_string(), class: class_of(round) };
    scope.emit(tx, round.id, 2, &event).await
}

/// Tells what happened to a pairing: one event, the pairing's newest version.
pub async fn emit_pairing(tx: &mut Tx, scope: &Scope, pairing: &Pairing, event: PairingEvent) -> Result<(), Error> {
    let (id, version) = (pairing.id, pairing.version);
    let (enrolment, student) = (pairing.enrolment.to_string(), pairing.student.to_string());
    let mentor = pairing.guide.map(|guide| guide.mentor.to_string()).unwrap_or_default();
    let side = pb::Side::from(pairing.side).into();
    match event {
        PairingEvent::Created => {
            let person = pairing.guide.map(|guide| guide.person.to_string()).unwrap_or_default();
            let organisation = pairing.guide.map(|guide| guide.organisation.to_string()).unwrap_or_default();
            let project = pairing.guide.and_then(|guide| guide.project).map(|project| project.to_string()).unwrap_or_default();
            let pairing = id.to_string();
            let event = pb::PairingCreated { pairing, enrolment, student, mentor, person, organisation, side, project };
            scope.emit(tx, id, version, &event).await
        }
        PairingEvent::Vacant => {
            scope.emit(tx, id, version, &pb::PairingVacant { pairing: id.to_string(), enrolment, student, side }).await
        }
        PairingEvent::Ended => {
            let reason = pairing.end.map(|(_, reason)| reason.to_string()).unwrap_or_default();
            let event = pb::PairingEnded { pairing: id.to_string(), enrolment, student, mentor, reason };
            scope.emit(tx, id, version, &event).await
        }
    }
}

/// Tells of guidance: the pairing's next version, whatever state the pairing is in.
pub async fn emit_guidance(
    tx: &mut Tx,
    scope: &Scope,
    pairing: &Pairing,
    guide: &Guide,
    record: &guidance::Stored,
) -> Result<(), Error> {
    let event = pb::GuidanceRecorded {
        pairing: pairing.id.to_string(),
        guidance_record: record.id.to_string(),
        student: pairing.student.to_string(),
        mentor: guide.mentor.to_string(),
        person: guide.person.to_string(),
        organisation: guide.organisation.to_string(),
        date: Some(date(record.guidance.on)),
        minutes: record.guidance.minutes,
    };
    scope.emit(tx, pairing.id, pairing.version, &event).await
}

/// Tells that guidance was a mistake: the pairing's next version.
pub async fn emit_guidance_withdrawn(
    tx: &mut Tx,
    scope: &Scope,
    pairing: &Pairing,
    record: GuidanceRecordId,
) -> Result<(), Error> {
    let event = pb::GuidanceWithdrawn { pairing: pairing.id.to_string(), guidance_record: record.to_string() };
    scope.emit(tx, pairing.id, pairing.version, &event).await
}

/// Tells that a month is confirmed: the pairing's next version.
pub async fn emit_guidance_confirmed(
    tx: &mut Tx,
    scope: &Scope,
    pairing: &Pairing,
    guide: &Guide,
    month: &guidance_month::Confirmed,
    last_day: NaiveDate,
) -> Result<(), Error> {
    let event = pb::GuidanceConfirmed {
        pairing: pairing.id.to_string(),
        guidance_month: month.guidance_month_id.to_string(),
        student: pairing.student.to_string(),
        mentor: guide.mentor.to_string(),
        person: guide.person.to_string(),
        organisation: guide.organisation.to_string(),
        last_date: Some(date(last_day)),
        records: small(month.records),
        minutes: small(month.minutes),
    };
    scope.emit(tx, pairing.id, pairing.version, &event).await
}

/// Tells that a side has evaluated: the pairing's next version.
pub async fn emit_evaluation(tx: &mut Tx, scope: &Scope, pairing: &Pairing, evaluation: &Evaluation) -> Result<(), Error> {
    let event = pb::EvaluationRecorded {
        pairing: pairing.id.to_string(),
        evaluation: evaluation.id.to_string(),
        term: evaluation.term.to_string(),
        evaluator: pb::Evaluator::from(evaluation.evaluator).into(),
    };
    scope.emit(tx, pairing.id, pairing.version, &event).await
}

/// Tells what both said, the student first: the pairing's next version.
pub async fn emit_exchanged(
    tx: &mut Tx,
    scope: &Scope,
    pairing: &Pairing,
    (guide, term): (&Guide, TermId),
    (by_student, by_mentor): (i64, i64),
) -> Result<(), Error> {
    let event = pb::EvaluationsExchanged {
        pairing: pairing.id.to_string(),
        term: term.to_string(),
        student: pairing.student.to_string(),
        mentor: guide.mentor.to_string(),
        person: guide.person.to_string(),
        score_by_student: small(by_student),
        score_by_mentor: small(by_mentor),
    };
    scope.emit(tx, pairing.id, pairing.version, &event).await
}

impl From<MentorState> for pb::MentorState {
    fn from(state: MentorState) -> Self {
        match state {
            MentorState::Active => Self::Active,
            MentorState::Suspended => Self::Suspended,
            MentorState::Closed => Self::Closed,
        }
    }
}

impl From<Side> for pb::Side {
    fn from(side: Side) -> Self {
        match side {
            Side::Academic => Self::Academic,
            Side::Enterprise => Self::Enterprise,
        }
    }
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
