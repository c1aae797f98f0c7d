//! Results into answers.

use crate::app::{class, enrolment, order, placement};
use crate::domain::{ClassState, EnrolmentState, OrderState};
use crate::store;
use kit::wire::{date, etag, timestamp};
use proto::training::v1 as pb;

impl From<OrderState> for pb::OrderState {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Draft => Self::Draft,
            OrderState::Published => Self::Published,
            OrderState::Closed => Self::Closed,
            OrderState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<ClassState> for pb::ClassState {
    fn from(state: ClassState) -> Self {
        match state {
            ClassState::Proposed => Self::Proposed,
            ClassState::Agreed => Self::Agreed,
            ClassState::Graduated => Self::Graduated,
            ClassState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<EnrolmentState> for pb::EnrolmentState {
    fn from(state: EnrolmentState) -> Self {
        match state {
            EnrolmentState::Enrolled => Self::Enrolled,
            EnrolmentState::Placed => Self::Placed,
            EnrolmentState::Graduated => Self::Graduated,
            EnrolmentState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<store::order::Stored> for pb::Order {
    fn from(stored: store::order::Stored) -> Self {
        let order = stored.order;
        Self {
            name: order.id.to_string(),
            enterprise: order.enterprise.to_string(),
            title: order.title,
            chain: order.chain,
            programme_code: order.programme_code,
            seats: count(order.seats),
            seats_taken: count(order.seats_taken),
            start_date: Some(date(order.start)),
            end_date: Some(date(order.end)),
            state: pb::OrderState::from(order.state).into(),
            etag: etag(order.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
        }
    }
}

impl From<store::class::Stored> for pb::Class {
    fn from(stored: store::class::Stored) -> Self {
        let class = stored.class;
        Self {
            name: class.id.to_string(),
            order: class.order.to_string(),
            school: class.school.to_string(),
            enterprise: class.enterprise.to_string(),
            programme: class.programme.map(|id| id.to_string()).unwrap_or_default(),
            capacity: count(class.capacity),
            enrolled: count(class.enrolled),
            state: pb::ClassState::from(class.state).into(),
            graduation_date: class.graduation_date.map(date),
            etag: etag(class.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
        }
    }
}

impl From<store::enrolment::Stored> for pb::Enrolment {
    fn from(stored: store::enrolment::Stored) -> Self {
        let enrolment = stored.enrolment;
        Self {
            name: enrolment.id.to_string(),
            class: enrolment.class.to_string(),
            student: enrolment.student.to_string(),
            state: pb::EnrolmentState::from(enrolment.state).into(),
            etag: etag(enrolment.version),
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<store::placement::Stored> for pb::Placement {
    fn from(stored: store::placement::Stored) -> Self {
        let placement = stored.placement;
        Self {
            name: placement.id.to_string(),
            enrolment: placement.enrolment.to_string(),
            start_date: Some(date(placement.start)),
            end_date: Some(date(placement.end)),
            post: placement.post,
            venue: placement.venue,
            agreement_signed: placement.agreement_signed,
            insured: placement.insured,
            guardian_consent: placement.guardian_consent,
            monthly_pay: Some(placement.monthly_pay.into()),
            post_wage: Some(placement.post_wage.into()),
            through_agent: placement.through_agent,
            labour_grade: placement.labour_grade,
            // The reasons are in the verdicts.
            waivers: std::collections::BTreeMap::new(),
            verdicts: verdicts(&stored.judgement),
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

/// The verdicts out of a stored judgement.
fn verdicts(judgement: &str) -> Vec<pb::Verdict> {
    let json: serde_json::Value = serde_json::from_str(judgement).unwrap_or_default();
    let pack = json["pack"].as_str().unwrap_or_default().to_owned();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let verdict = |verdict: &serde_json::Value| pb::Verdict {
        rule: format!("{pack}/{}@{}", text(&verdict["rule"]), verdict["version"]),
        article: text(&verdict["article"]),
        severity: text(&verdict["severity"]),
        outcome: text(&verdict["outcome"]),
    };
    json["verdicts"].as_array().map(|list| list.iter().map(verdict).collect()).unwrap_or_default()
}

impl From<order::Listed> for pb::ListOrdersResponse {
    fn from(listed: order::Listed) -> Self {
        Self { orders: listed.orders.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<class::Listed> for pb::ListClassesResponse {
    fn from(listed: class::Listed) -> Self {
        Self { classes: listed.classes.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<enrolment::Created> for pb::BatchCreateEnrolmentsResponse {
    fn from(created: enrolment::Created) -> Self {
        Self { enrolments: created.enrolments.into_iter().map(Into::into).collect() }
    }
}

impl From<enrolment::Listed> for pb::ListEnrolmentsResponse {
    fn from(listed: enrolment::Listed) -> Self {
        Self { enrolments: listed.enrolments.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<placement::Created> for pb::BatchCreatePlacementsResponse {
    fn from(created: placement::Created) -> Self {
        Self { placements: created.placements.into_iter().map(Into::into).collect() }
    }
}

impl From<placement::Listed> for pb::ListPlacementsResponse {
    fn from(listed: placement::Listed) -> Self {
        Self { placements: listed.placements.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
