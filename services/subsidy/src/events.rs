//! The events of subsidy: facts come in, and what became of funds, claims and payments is told.

mod offset;

pub use offset::{offset_carried, offset_confirmed, offset_filed, offset_returned};

use crate::app::{News, Organisation, Unpaired, record};
use crate::domain::{
    BankAccount, CheckOverride, Claim, Event, Fact, FactKind, FundId, Line, LineState, Objection, ObjectionState, OrganisationId,
    PaymentBatch, PaymentBatchId, PersonId, Receivable, Sample, SampleItem,
};
use crate::store::fund::Fund;
use chrono::{Days, NaiveDate};
use kit::clock::local_date;
use kit::id::Id;
use kit::wire::{parse_date, parse_date_optional};
use kit::{Arrival, Envelope, Error, Money, Scope, Tx};
use proto::Event as _;
use proto::directory::v1 as directory;
use proto::mentoring::v1 as mentoring;
use proto::rotation::v1 as rotation;
use proto::subsidy::v1 as pb;
use proto::training::v1 as training;

/// Whole aggregates, each in the order of its versions; among each other in any order.
pub const SUBSCRIPTIONS: &[&str] = &[
    "talentflow.directory.organisation",
    "talentflow.directory.person",
    "talentflow.training.enrolment",
    "talentflow.rotation.rotation",
    "talentflow.mentoring.pairing",
];

pub async fn on(tx: &mut Tx, arrivals: &[Arrival<'_>]) -> Result<(), Error> {
    let mut news = Vec::with_capacity(arrivals.len());
    for Arrival { scope, event } in arrivals {
        news.extend(read(event)?.map(|told| (scope, told)));
    }
    record(tx, news).await
}

fn read(event: &Envelope) -> Result<Option<News>, Error> {
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
    Fact {
        key: event.key(),
        person,
        kind,
        resource,
        version: event.version.unwrap_or_default(),
        event_type: event.kind.clone(),
        subject: event.subject.clone(),
        day,
        end_day: None,
        organisation: None,
        counterpart: None,
        other_person: None,
        quantity: 0,
        share_percent: 100,
        detail: String::new(),
        withdrawn: false,
        organisation_kind: String::new(),
        counterpart_kind: String::new(),
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

/// Tells what happened to a claim: one event, the claim's newest version.
pub async fn tell(tx: &mut Tx, scope: &Scope, claim: &Claim, event: Event) -> Result<(), Error> {
    let (subject, version) = (claim.id, claim.version);
    macro_rules! tell {
        ($message:ident) => {
            scope
                .emit(
                    tx,
                    subject,
                    version,
                    &pb::$message {
                        claim: subject.to_string(),
                        scheme: format!("schemes/{}", claim.scheme.code),
                        beneficiary: claim.beneficiary.to_string(),
                        person: claim.person.to_string(),
                        amount: Some(claim.amount.into()),
                    },
                )
                .await
        };
    }
    match event {
        Event::Accrued => tell!(ClaimAccrued),
        Event::Submitted => tell!(ClaimSubmitted),
        Event::Checked => tell!(ClaimChecked),
        Event::Endorsed => tell!(ClaimApprovalGiven),
        Event::Approved => tell!(ClaimApproved),
        Event::Rejected => tell!(ClaimRejected),
        Event::Paid => tell!(ClaimPaid),
        Event::Voided => tell!(ClaimVoided),
        Event::ClawedBack(amount) => {
            let told = pb::ClaimClawedBack {
                claim: subject.to_string(),
                scheme: format!("schemes/{}", claim.scheme.code),
                beneficiary: claim.beneficiary.to_string(),
                person: claim.person.to_string(),
                amount: Some(amount.into()),
                kept: Some(claim.kept().into()),
            };
            scope.emit(tx, subject, version, &told).await
        }
    }
}

pub async fn override_requested(tx: &mut Tx, scope: &Scope, one: &CheckOverride) -> Result<(), Error> {
    let told = pb::CheckOverrideRequested {
        check_override: one.id.to_string(),
        claim: one.claim.to_string(),
        check: one.check.to_string(),
        reason: one.reason.to_string(),
    };
    scope.emit(tx, one.id, one.version, &told).await
}

pub async fn override_confirmed(tx: &mut Tx, scope: &Scope, one: &CheckOverride) -> Result<(), Error> {
    let told = pb::CheckOverrideConfirmed {
        check_override: one.id.to_string(),
        claim: one.claim.to_string(),
        check: one.check.to_string(),
        reason: one.reason.to_string(),
    };
    scope.emit(tx, one.id, one.version, &told).await
}

pub async fn objection_created(tx: &mut Tx, scope: &Scope, objection: &Objection) -> Result<(), Error> {
    let told = pb::ClaimObjectionCreated {
        claim_objection: objection.id.to_string(),
        claim: objection.claim.to_string(),
        ground: objection.ground.to_string(),
    };
    scope.emit(tx, objection.id, objection.version, &told).await
}

pub async fn objection_resolved(tx: &mut Tx, scope: &Scope, objection: &Objection) -> Result<(), Error> {
    let (claim_objection, claim) = (objection.id.to_string(), objection.claim.to_string());
    if objection.state == ObjectionState::Upheld {
        let told = pb::ClaimObjectionUpheld { claim_objection, claim };
        return scope.emit(tx, objection.id, objection.version, &told).await;
    }
    let told = pb::ClaimObjectionDismissed { claim_objection, claim };
    scope.emit(tx, objection.id, objection.version, &told).await
}

pub async fn fund_created(tx: &mut Tx, scope: &Scope, fund: &Fund) -> Result<(), Error> {
    scope.emit(tx, fund.id, fund.version, &pb::FundCreated { fund: fund.id.to_string(), code: fund.code.clone() }).await
}

pub async fn fund_appropriated(tx: &mut Tx, scope: &Scope, fund: FundId, version: i64, amount: Money) -> Result<(), Error> {
    scope.emit(tx, fund, version, &pb::FundAppropriated { fund: fund.to_string(), amount: Some(amount.into()) }).await
}

/// The number is told to nobody.
pub async fn account_proposed(tx: &mut Tx, scope: &Scope, account: &BankAccount) -> Result<(), Error> {
    let told = pb::BankAccountProposed { bank_account: account.id.to_string(), owner: account.owner.to_string() };
    scope.emit(tx, account.id, 1, &told).await
}

pub async fn account_confirmed(tx: &mut Tx, scope: &Scope, account: &BankAccount) -> Result<(), Error> {
    let told = pb::BankAccountConfirmed { bank_account: account.id.to_string(), owner: account.owner.to_string() };
    scope.emit(tx, account.id, 2, &told).await
}

pub async fn batch_created(tx: &mut Tx, scope: &Scope, batch: &PaymentBatch) -> Result<(), Error> {
    let created = pb::PaymentBatchCreated {
        payment_batch: batch.id.to_string(),
        fund: batch.fund.to_string(),
        total: Some(batch.total.into()),
        lines: i32::try_from(batch.lines).unwrap_or(i32::MAX),
        netted: Some(batch.netted.into()),
    };
    scope.emit(tx, batch.id, batch.version, &created).await
}

pub async fn batch_settled(tx: &mut Tx, scope: &Scope, batch: &PaymentBatch, lines: &[Line]) -> Result<(), Error> {
    let paid: Money = lines.iter().filter(|line| line.state == LineState::Paid).map(|line| line.amount).sum();
    let failed = lines.iter().filter(|line| line.state == LineState::Failed).count();
    let settled = pb::PaymentBatchSettled {
        payment_batch: batch.id.to_string(),
        paid: Some(paid.into()),
        failed: i32::try_from(failed).unwrap_or(i32::MAX),
    };
    scope.emit(tx, batch.id, batch.version, &settled).await
}

pub async fn receivable_opened(tx: &mut Tx, scope: &Scope, receivable: &Receivable) -> Result<(), Error> {
    let opened = pb::ReceivableOpened {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        claim: receivable.claim.to_string(),
        amount: Some(receivable.amount.into()),
        fund: receivable.fund.to_string(),
    };
    scope.emit(tx, receivable.id, 1, &opened).await
}

/// `amount` is set against the lines of a batch.
pub async fn receivable_netted(
    tx: &mut Tx,
    scope: &Scope,
    receivable: &Receivable,
    amount: Money,
    batch: PaymentBatchId,
) -> Result<(), Error> {
    let netted = pb::ReceivableNetted {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        payment_batch: batch.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &netted).await
}

/// Lines that `amount` was set against have failed.
pub async fn receivable_reopened(
    tx: &mut Tx,
    scope: &Scope,
    receivable: &Receivable,
    amount: Money,
    batch: PaymentBatchId,
) -> Result<(), Error> {
    let reopened = pb::ReceivableReopened {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        payment_batch: batch.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &reopened).await
}

pub async fn receivable_recovered(tx: &mut Tx, scope: &Scope, receivable: &Receivable, amount: Money) -> Result<(), Error> {
    let recovered = pb::ReceivableRecovered {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &recovered).await
}

pub async fn sample_created(tx: &mut Tx, scope: &Scope, sample: &Sample) -> Result<(), Error> {
    let created = pb::SampleCreated {
        sample: sample.id.to_string(),
        size: i32::try_from(sample.size).unwrap_or(i32::MAX),
        population: i32::try_from(sample.population).unwrap_or(i32::MAX),
    };
    scope.emit(tx, sample.id, 1, &created).await
}

pub async fn finding_recorded(tx: &mut Tx, scope: &Scope, item: &SampleItem) -> Result<(), Error> {
    let recorded = pb::FindingRecorded {
        sample_item: item.id.to_string(),
        sample: item.sample.to_string(),
        claim: item.claim.to_string(),
        amount: item.finding.as_ref().map(|finding| finding.amount.into()),
    };
    scope.emit(tx, item.id, item.version, &recorded).await
}

pub async fn finding_confirmed(tx: &mut Tx, scope: &Scope, item: &SampleItem) -> Result<(), Error> {
    let confirmed = pb::FindingConfirmed {
        sample_item: item.id.to_string(),
        sample: item.sample.to_string(),
        claim: item.claim.to_string(),
        amount: item.finding.as_ref().map(|finding| finding.amount.into()),
    };
    scope.emit(tx, item.id, item.version, &confirmed).await
}
