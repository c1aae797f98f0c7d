//! The events of the directory: those of HR systems come in, our own go out.

use crate::app::employment::record;
use crate::domain::{
    EmploymentId, HrFact, HrKind, Organisation, OrganisationId, Period, Person, PersonId, Programme, sixteen_on,
};
use crate::store::employment::Whose;
use crate::store::person;
use chrono::NaiveDate;
use kit::id::Id;
use kit::wire::date;
use kit::{Envelope, Error, Scope, Tx};
use proto::Event;
use proto::directory::v1 as pb;
use proto::hr::v1 as hr;

pub const SUBSCRIPTIONS: &[&str] = &["hr.v1"];

pub async fn on(tx: &mut Tx, scope: &Scope, event: &Envelope) -> Result<(), Error> {
    match event.kind.as_str() {
        hr::EmployeeHired::TYPE => {
            let hired: hr::EmployeeHired = event.decode()?;
            let fact = HrFact { effective_date: parse_day(&hired.effective_date)?, kind: HrKind::Hired, note: hired.post };
            record(tx, scope, whose(event, &hired.person)?, &fact).await
        }
        hr::EmployeeLeft::TYPE => {
            let left: hr::EmployeeLeft = event.decode()?;
            let fact = HrFact { effective_date: parse_day(&left.effective_date)?, kind: HrKind::Left, note: left.reason };
            record(tx, scope, whose(event, &left.person)?, &fact).await
        }
        // Not one of ours to publish on this subject: refused by name, kept with the dead letters.
        other => Err(Error::invalid(
            "type",
            "EVENT_TYPE_UNEXPECTED",
            format!("`{other}` is not an event HR systems publish"),
            format!("{other} 不是人事系统可发布的事件"),
        )),
    }
}

/// The person as the payload says, the organisation as the subject says: an employer's account on the bus
/// may publish on its own subject only, whatever it writes inside.
fn whose(event: &Envelope, name: &str) -> Result<Whose, Error> {
    let segment = event.channel.split('.').nth(2).unwrap_or_default();
    let organisation = OrganisationId::parse("subject", &format!("organisations/{segment}"))?;
    Ok(Whose { person: PersonId::parse("data.person", name)?, organisation })
}

fn parse_day(text: &str) -> Result<NaiveDate, Error> {
    text.parse().map_err(|_| {
        Error::invalid(
            "data.effective_date",
            "DATE",
            format!("`effective_date` is `{text}`: expected a day such as 2026-07-01"),
            format!("`effective_date` 为“{text}”，应为 2026-07-01 这样的日期"),
        )
    })
}

pub async fn organisation_registered(tx: &mut Tx, scope: &Scope, organisation: &Organisation) -> Result<(), Error> {
    let event = pb::OrganisationRegistered {
        organisation: organisation.id.to_string(),
        kind: pb::OrganisationKind::from(organisation.kind).into(),
        school_type: organisation.school_type.map_or(0, |kind| pb::SchoolType::from(kind).into()),
        chains: organisation.chains.clone(),
        integration_listed: organisation.integration_listed,
    };
    scope.emit(tx, organisation.id, 1, &event).await
}

pub async fn programme_registered(tx: &mut Tx, scope: &Scope, programme: &Programme) -> Result<(), Error> {
    let event = pb::ProgrammeRegistered {
        programme: programme.id.to_string(),
        school: programme.school.to_string(),
        code: programme.code.clone(),
        chain: programme.chain.clone(),
    };
    scope.emit(tx, programme.id, 1, &event).await
}

pub async fn person_registered(tx: &mut Tx, scope: &Scope, person: &Person) -> Result<(), Error> {
    let event = pb::PersonRegistered {
        person: person.id.to_string(),
        organisation: person.organisation.to_string(),
        kind: pb::PersonKind::from(person.kind).into(),
        entry_year: person.entry_year.unwrap_or_default(),
        programme: person.programme.map(|id| id.to_string()).unwrap_or_default(),
        sixteen_on: person.birth_date.map(|birth| date(sixteen_on(birth))),
        skills: person.skills.clone(),
    };
    scope.emit(tx, person.id, 1, &event).await
}

pub async fn employment_started(
    tx: &mut Tx,
    scope: &Scope,
    whose: Whose,
    id: EmploymentId,
    period: &Period,
) -> Result<(), Error> {
    let event = pb::EmploymentStarted {
        person: whose.person.to_string(),
        employment: id.to_string(),
        organisation: whose.organisation.to_string(),
        start_date: Some(date(period.start)),
        post: period.post.clone(),
    };
    tell(tx, scope, whose, &event).await
}

pub async fn employment_ended(tx: &mut Tx, scope: &Scope, whose: Whose, id: EmploymentId, period: &Period) -> Result<(), Error> {
    let event = pb::EmploymentEnded {
        person: whose.person.to_string(),
        employment: id.to_string(),
        organisation: whose.organisation.to_string(),
        start_date: Some(date(period.start)),
        end_date: period.end.map(date),
        reason: period.reason.clone(),
    };
    tell(tx, scope, whose, &event).await
}

pub async fn employment_corrected(
    tx: &mut Tx,
    scope: &Scope,
    whose: Whose,
    id: EmploymentId,
    period: &Period,
    withdrawn: bool,
) -> Result<(), Error> {
    let event = pb::EmploymentCorrected {
        person: whose.person.to_string(),
        employment: id.to_string(),
        organisation: whose.organisation.to_string(),
        start_date: Some(date(period.start)),
        end_date: period.end.map(date),
        withdrawn,
    };
    tell(tx, scope, whose, &event).await
}

/// One event of a person, the person's newest version.
async fn tell<E: Event>(tx: &mut Tx, scope: &Scope, whose: Whose, event: &E) -> Result<(), Error> {
    let version = person::next_version(tx, whose.person, 1).await?.ok_or_else(|| Error::not_found(whose.person))?;
    scope.emit(tx, whose.person, version, event).await
}
