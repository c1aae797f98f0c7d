//! What organisations file, on the wire.

use super::claim::{parse_evidence, parse_scheme};
use crate::app::{CreateClaim, WithdrawClaim};
use crate::domain::{ClaimId, Filing, Guided, OrganisationId, Party, PersonId, Stated};
use chrono::{Datelike, NaiveDate};
use kit::Error;
use kit::id::Id;
use kit::wire::{parse_date, parse_date_optional, parse_within, timestamp};
use proto::google::r#type::Date;
use proto::subsidy::v1 as pb;
use proto::subsidy::v1::create_claim_request::Occasion;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Students of one stated month.
const GUIDED: usize = 100;

impl TryFrom<pb::CreateClaimRequest> for CreateClaim {
    type Error = Error;
    fn try_from(request: pb::CreateClaimRequest) -> Result<Self, Error> {
        let scheme = parse_scheme(&request.scheme)?.ok_or_else(|| Error::required("scheme", "schemes/{code}"))?;
        let person = PersonId::parse("person", &request.person)?;
        let (resource, stated) = match request.occasion {
            Some(Occasion::Hire(hire)) => stated_hire(hire)?,
            Some(Occasion::Rotation(rotation)) => stated_rotation(rotation)?,
            Some(Occasion::Enrolment(enrolment)) => stated_enrolment(enrolment)?,
            Some(Occasion::GuidanceMonth(month)) => (None, stated_guidance(month, person)?),
            None => return Err(Error::required("occasion", "one of hire, rotation, enrolment and guidance_month")),
        };
        let evidence = if request.evidence.is_empty() { Vec::new() } else { parse_evidence(request.evidence)? };
        Ok(Self { scheme, person, resource, stated, evidence })
    }
}

impl TryFrom<pb::WithdrawClaimRequest> for WithdrawClaim {
    type Error = Error;
    fn try_from(request: pb::WithdrawClaimRequest) -> Result<Self, Error> {
        let etag = Some(request.etag).filter(|etag| !etag.is_empty());
        Ok(Self { claim: ClaimId::parse("name", &request.name)?, etag })
    }
}

fn stated_hire(hire: pb::StatedHire) -> Result<(Option<String>, Stated), Error> {
    let (first, last) = span("hire", hire.start_date, hire.last_date)?;
    let stated = Stated::Hire {
        employer: party("hire.employer", &hire.employer)?,
        school: party("hire.school", &hire.school)?,
        order_enterprise: party("hire.order_enterprise", &hire.order_enterprise)?,
        first,
        last,
        graduated: parse_date("hire.graduation_date", hire.graduation_date)?,
    };
    Ok((resource("hire.employment", "employments", hire.employment)?, stated))
}

fn stated_rotation(rotation: pb::StatedRotation) -> Result<(Option<String>, Stated), Error> {
    let (first, last) = whole("rotation", rotation.start_date, rotation.last_date)?;
    let served = i32::try_from((last - first).num_days() + 1).unwrap_or(i32::MAX);
    let stated = Stated::Rotation {
        home: party("rotation.home", &rotation.home)?,
        host: party("rotation.host", &rotation.host)?,
        first,
        last,
        credited_days: i64::from(parse_within("rotation.credited_days", rotation.credited_days, 1..=served, "days")?),
        share_percent: i64::from(parse_within("rotation.share_percent", rotation.share_percent, 1..=100, "percent")?),
    };
    Ok((resource("rotation.rotation", "rotations", rotation.rotation)?, stated))
}

fn stated_enrolment(enrolment: pb::StatedEnrolment) -> Result<(Option<String>, Stated), Error> {
    let (first, last) = whole("enrolment", enrolment.start_date, enrolment.last_date)?;
    let day = |name: &str, day: Option<Date>| parse_date_optional(&format!("enrolment.{name}"), day);
    let programme = resource("enrolment.programme", "programmes", enrolment.programme)?.unwrap_or_default();
    let stated = Stated::Enrolment {
        school: party("enrolment.school", &enrolment.school)?,
        enterprise: party("enrolment.enterprise", &enrolment.enterprise)?,
        first,
        last,
        programme,
        placed: day("placement_date", enrolment.placement_date)?,
        graduated: day("graduation_date", enrolment.graduation_date)?,
        left: day("left_date", enrolment.left_date)?,
        employed_since: day("employed_since", enrolment.employed_since)?,
    };
    Ok((resource("enrolment.enrolment", "enrolments", enrolment.enrolment)?, stated))
}

fn stated_guidance(month: pb::StatedGuidanceMonth, mentor: PersonId) -> Result<Stated, Error> {
    let organisation = party("guidance_month.organisation", &month.organisation)?;
    if month.students.is_empty() || month.students.len() > GUIDED {
        let en = format!("`guidance_month.students` has {} students: expected 1 to {GUIDED}", month.students.len());
        let zh = format!("`guidance_month.students` 有 {} 名学生，应为 1 至 {GUIDED} 名", month.students.len());
        return Err(Error::invalid("guidance_month.students", "OUT_OF_RANGE", en, zh));
    }
    let mut students: BTreeMap<Uuid, Guided> = BTreeMap::new();
    for (n, guided) in month.students.into_iter().enumerate() {
        let field = |name: &str| format!("guidance_month.students[{n}].{name}");
        let student = PersonId::parse(&field("student"), &guided.student)?;
        let minutes = i64::from(parse_within(&field("minutes"), guided.minutes, 1..=31 * 24 * 60, "minutes")?);
        let last = parse_date(&field("last_date"), guided.last_date)?;
        let of_month = |one: &Guided| (one.last.year(), one.last.month()) == (last.year(), last.month());
        if let Some(other) = students.values().find(|one| !of_month(one)) {
            let en = format!("`{}` is {last}, and another is {}: one statement is of one month", field("last_date"), other.last);
            let zh = format!("`{}` 为 {last}，另有 {}：一次申报只限一个月", field("last_date"), other.last);
            return Err(
                Error::invalid(&field("last_date"), "ONE_MONTH", en, zh).way_out("file each month by itself", "请按月分别申报")
            );
        }
        if student == mentor || students.insert(student.uuid(), Guided { student: student.uuid(), minutes, last }).is_some() {
            let en = format!("`{}` is {student}: a student is named once, and is not the mentor", field("student"));
            let zh = format!("`{}` 为 {student}：每名学生只填一次，且不得为导师本人", field("student"));
            return Err(Error::invalid(&field("student"), "EACH_ONCE", en, zh));
        }
    }
    let students: Vec<Guided> = students.into_values().collect();
    Ok(Stated::GuidanceMonth { organisation, month: students[0].last, students })
}

/// What the directory says of it is looked up later.
fn party(field: &str, name: &str) -> Result<Party, Error> {
    let id = OrganisationId::parse(field, name)?.uuid();
    Ok(Party { id, kind: String::new() })
}

/// The name of another service's resource, which may be left out.
fn resource(field: &str, collection: &str, name: String) -> Result<Option<String>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let id = name.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
    let is_name = |id: &str| (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // Ids are written one way, so that the same one is recognised; programmes have codes of their schools' making.
    let is_known = |id: &str| {
        if collection == "programmes" { is_name(id) } else { Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id) }
    };
    if id.is_some_and(is_known) {
        return Ok(Some(name));
    }
    let en = format!("`{name}` is not the name of a resource in `{collection}`: expected {collection}/{{id}}");
    let zh = format!("“{name}”不是 {collection} 中的资源名，应为 {collection}/{{id}}");
    Err(Error::invalid(field, "RESOURCE_NAME", en, zh))
}

fn span(of: &str, first: Option<Date>, last: Option<Date>) -> Result<(NaiveDate, Option<NaiveDate>), Error> {
    let first = parse_date(&format!("{of}.start_date"), first)?;
    let field = format!("{of}.last_date");
    let last = parse_date_optional(&field, last)?;
    if let Some(last) = last.filter(|last| *last < first) {
        let (en, zh) =
            (format!("`{field}` is {last}, before the first day {first}"), format!("`{field}` {last} 早于首日 {first}"));
        return Err(Error::invalid(&field, "DATES_IN_ORDER", en, zh));
    }
    Ok((first, last))
}

fn whole(of: &str, first: Option<Date>, last: Option<Date>) -> Result<(NaiveDate, NaiveDate), Error> {
    let (first, last) = span(of, first, last)?;
    Ok((first, last.ok_or_else(|| Error::required(&format!("{of}.last_date"), "the last day"))?))
}

impl From<&Filing> for pb::ClaimFiling {
    fn from(filing: &Filing) -> Self {
        Self {
            organisation: OrganisationId::from_uuid(filing.organisation).to_string(),
            filed_by: filing.by.clone(),
            file_time: Some(timestamp(filing.at)),
        }
    }
}
