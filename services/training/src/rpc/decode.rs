//! Requests into commands and queries: every field is read once, here, or refused by name.

use crate::app::{class, enrolment, order, placement};
use crate::domain::{
    ClassId, ClassState, EnrolmentId, EnrolmentState, OrderId, OrderState, OrganisationId, PersonId, Placement, PlacementId,
    ProgrammeId, Step,
};
use crate::store;
use chrono::NaiveDate;
use kit::id::Id;
use kit::page::Page;
use kit::rules::Waiver;
use kit::wire::{parse_batch, parse_date, parse_text, parse_within, unknown_enum};
use kit::{Error, Money};
use proto::google::r#type::Date;
use proto::training::v1 as pb;

/// A half-open range of days.
fn parse_range(field: &str, start: Option<Date>, end: Option<Date>) -> Result<(NaiveDate, NaiveDate), Error> {
    let join = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    let range = (parse_date(&join("start_date"), start)?, parse_date(&join("end_date"), end)?);
    if range.0 < range.1 {
        return Ok(range);
    }
    Err(Error::invalid(
        &join("end_date"),
        "EMPTY_RANGE",
        "`end_date` is the day after the last and must be later than `start_date`",
        "`end_date` 为最后一日的次日，必须晚于 `start_date`",
    ))
}

fn etag(etag: String) -> Option<String> {
    Some(etag).filter(|etag| !etag.is_empty())
}

impl TryFrom<pb::CreateOrderRequest> for order::Create {
    type Error = Error;
    fn try_from(request: pb::CreateOrderRequest) -> Result<Self, Error> {
        let asked = request.order.ok_or_else(|| Error::required("order", "the order to draft"))?;
        let (start, end) = parse_range("order", asked.start_date, asked.end_date)?;
        Ok(Self {
            enterprise: OrganisationId::parse("order.enterprise", &asked.enterprise)?,
            title: parse_text("order.title", asked.title, 100)?,
            chain: parse_text("order.chain", asked.chain, 40)?,
            programme_code: if asked.programme_code.is_empty() {
                String::new()
            } else {
                parse_text("order.programme_code", asked.programme_code, 40)?
            },
            seats: parse_within("order.seats", asked.seats, 1..=10_000, "seats")?.into(),
            start,
            end,
        })
    }
}

impl TryFrom<pb::GetOrderRequest> for order::Find {
    type Error = Error;
    fn try_from(request: pb::GetOrderRequest) -> Result<Self, Error> {
        OrderId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListOrdersRequest> for order::List {
    type Error = Error;
    fn try_from(request: pb::ListOrdersRequest) -> Result<Self, Error> {
        let state = match pb::OrderState::try_from(request.state) {
            Ok(pb::OrderState::Unspecified) => None,
            Ok(pb::OrderState::Draft) => Some(OrderState::Draft),
            Ok(pb::OrderState::Published) => Some(OrderState::Published),
            Ok(pb::OrderState::Closed) => Some(OrderState::Closed),
            Ok(pb::OrderState::Withdrawn) => Some(OrderState::Withdrawn),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = store::order::Filter {
            enterprise: OrganisationId::parse_optional("enterprise", &request.enterprise)?,
            chain: Some(request.chain).filter(|chain| !chain.is_empty()),
            state,
            public_only: false,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

macro_rules! steps {
    ($($request:ident => $step:ident;)+) => {$(
        impl TryFrom<pb::$request> for order::TakeStep {
            type Error = Error;
            fn try_from(request: pb::$request) -> Result<Self, Error> {
                Ok(Self { order: OrderId::parse("name", &request.name)?, etag: etag(request.etag), step: Step::$step })
            }
        }
    )+};
}

steps! {
    PublishOrderRequest => Publish;
    CloseOrderRequest => Close;
    WithdrawOrderRequest => Withdraw;
}

impl TryFrom<pb::CreateClassRequest> for class::Create {
    type Error = Error;
    fn try_from(request: pb::CreateClassRequest) -> Result<Self, Error> {
        let asked = request.class.ok_or_else(|| Error::required("class", "the class to propose"))?;
        Ok(Self {
            order: OrderId::parse("class.order", &asked.order)?,
            school: OrganisationId::parse("class.school", &asked.school)?,
            programme: ProgrammeId::parse_optional("class.programme", &asked.programme)?,
            capacity: parse_within("class.capacity", asked.capacity, 1..=1000, "students")?.into(),
        })
    }
}

impl TryFrom<pb::GetClassRequest> for class::Find {
    type Error = Error;
    fn try_from(request: pb::GetClassRequest) -> Result<Self, Error> {
        ClassId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListClassesRequest> for class::List {
    type Error = Error;
    fn try_from(request: pb::ListClassesRequest) -> Result<Self, Error> {
        let state = match pb::ClassState::try_from(request.state) {
            Ok(pb::ClassState::Unspecified) => None,
            Ok(pb::ClassState::Proposed) => Some(ClassState::Proposed),
            Ok(pb::ClassState::Agreed) => Some(ClassState::Agreed),
            Ok(pb::ClassState::Graduated) => Some(ClassState::Graduated),
            Ok(pb::ClassState::Cancelled) => Some(ClassState::Cancelled),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = store::class::Filter {
            organisation: None,
            order: OrderId::parse_optional("order", &request.order)?,
            school: OrganisationId::parse_optional("school", &request.school)?,
            enterprise: OrganisationId::parse_optional("enterprise", &request.enterprise)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::AgreeClassRequest> for class::Agree {
    type Error = Error;
    fn try_from(request: pb::AgreeClassRequest) -> Result<Self, Error> {
        Ok(Self { class: ClassId::parse("name", &request.name)?, etag: etag(request.etag) })
    }
}

impl TryFrom<pb::CancelClassRequest> for class::Cancel {
    type Error = Error;
    fn try_from(request: pb::CancelClassRequest) -> Result<Self, Error> {
        // The reason is part of the request that the audit trail keeps.
        parse_text("reason", request.reason, 500)?;
        Ok(Self { class: ClassId::parse("name", &request.name)?, etag: etag(request.etag) })
    }
}

impl TryFrom<pb::GraduateClassRequest> for class::Graduate {
    type Error = Error;
    fn try_from(request: pb::GraduateClassRequest) -> Result<Self, Error> {
        Ok(Self {
            class: ClassId::parse("name", &request.name)?,
            etag: etag(request.etag),
            on: parse_date("graduation_date", request.graduation_date)?,
        })
    }
}

impl TryFrom<pb::BatchCreateEnrolmentsRequest> for enrolment::CreateBatch {
    type Error = Error;
    fn try_from(request: pb::BatchCreateEnrolmentsRequest) -> Result<Self, Error> {
        let students = parse_batch("students", request.students, 1000)?;
        let parsed = students.iter().enumerate().map(|(at, name)| PersonId::parse(&format!("students[{at}]"), name));
        Ok(Self { class: ClassId::parse("class", &request.class)?, students: parsed.collect::<Result<_, _>>()? })
    }
}

impl TryFrom<pb::GetEnrolmentRequest> for enrolment::Find {
    type Error = Error;
    fn try_from(request: pb::GetEnrolmentRequest) -> Result<Self, Error> {
        EnrolmentId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListEnrolmentsRequest> for enrolment::List {
    type Error = Error;
    fn try_from(request: pb::ListEnrolmentsRequest) -> Result<Self, Error> {
        let state = match pb::EnrolmentState::try_from(request.state) {
            Ok(pb::EnrolmentState::Unspecified) => None,
            Ok(pb::EnrolmentState::Enrolled) => Some(EnrolmentState::Enrolled),
            Ok(pb::EnrolmentState::Placed) => Some(EnrolmentState::Placed),
            Ok(pb::EnrolmentState::Graduated) => Some(EnrolmentState::Graduated),
            Ok(pb::EnrolmentState::Withdrawn) => Some(EnrolmentState::Withdrawn),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = store::enrolment::Filter {
            organisation: None,
            class: ClassId::parse_optional("class", &request.class)?,
            student: PersonId::parse_optional("student", &request.student)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::WithdrawEnrolmentRequest> for enrolment::Withdraw {
    type Error = Error;
    fn try_from(request: pb::WithdrawEnrolmentRequest) -> Result<Self, Error> {
        parse_text("reason", request.reason, 500)?;
        Ok(Self {
            enrolment: EnrolmentId::parse("name", &request.name)?,
            etag: etag(request.etag),
            left_on: parse_date("left_on", request.left_on)?,
        })
    }
}

impl TryFrom<pb::BatchCreatePlacementsRequest> for placement::CreateBatch {
    type Error = Error;
    fn try_from(request: pb::BatchCreatePlacementsRequest) -> Result<Self, Error> {
        let placements = parse_batch("placements", request.placements, 1000)?;
        let parsed = placements
            .into_iter()
            .enumerate()
            .map(|(at, asked)| new_placement(asked).map_err(|error| error.within(&format!("placements[{at}]"))));
        Ok(Self { placements: parsed.collect::<Result<_, _>>()? })
    }
}

fn new_placement(asked: pb::Placement) -> Result<placement::New, Error> {
    const VENUES: [&str; 10] =
        ["factory", "office", "laboratory", "shop", "bar", "night-club", "song-hall", "bath-centre", "game-hall", "net-cafe"];
    let (start, end) = parse_range("", asked.start_date, asked.end_date)?;
    if !VENUES.contains(&asked.venue.as_str()) {
        return Err(Error::invalid(
            "venue",
            "VENUE_UNKNOWN",
            format!("`venue` is `{}`: expected one of {}", asked.venue, VENUES.join(", ")),
            format!("`venue` 为“{}”，应为 {} 之一", asked.venue, VENUES.join("、")),
        ));
    }
    let waivers =
        asked.waivers.into_iter().map(|(rule, reason)| Ok(Waiver { rule, reason: parse_text("waivers", reason, 500)? }));
    Ok(placement::New {
        waivers: waivers.collect::<Result<_, Error>>()?,
        placement: Placement {
            id: PlacementId::unset(),
            enrolment: EnrolmentId::parse("enrolment", &asked.enrolment)?,
            start,
            end,
            post: parse_text("post", asked.post, 100)?,
            venue: asked.venue,
            agreement_signed: asked.agreement_signed,
            insured: asked.insured,
            guardian_consent: asked.guardian_consent,
            monthly_pay: Money::parse_positive("monthly_pay", asked.monthly_pay)?,
            post_wage: Money::parse_positive("post_wage", asked.post_wage)?,
            through_agent: asked.through_agent,
            labour_grade: parse_within("labour_grade", asked.labour_grade, 1..=4, "(a grade of labour)")?,
        },
    })
}

impl TryFrom<pb::GetPlacementRequest> for placement::Find {
    type Error = Error;
    fn try_from(request: pb::GetPlacementRequest) -> Result<Self, Error> {
        PlacementId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListPlacementsRequest> for placement::List {
    type Error = Error;
    fn try_from(request: pb::ListPlacementsRequest) -> Result<Self, Error> {
        let filter = store::placement::Filter {
            organisation: None,
            class: ClassId::parse_optional("class", &request.class)?,
            enrolment: EnrolmentId::parse_optional("enrolment", &request.enrolment)?,
            student: PersonId::parse_optional("student", &request.student)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
