//! A town with two schools, a factory and a mill, and the students the test brings.

use kit::auth::Role;
use kit::verify::verify;
use proto::common::v1::Money;
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::training::v1 as pb;
use proto::training::v1::training_service_client::TrainingServiceClient;
use std::ops::Range;
use testkit::{Caller, Sandbox, TestDb, Who, both_engines, postgres};
use tonic::Status;
use tonic_types::StatusExt;

pub const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
pub const FACTORY: &str = "organisations/00000000-0000-7000-8000-00000000000b";
/// Another school of the town.
pub const ACADEMY: &str = "organisations/00000000-0000-7000-8000-00000000000c";
/// Another enterprise.
pub const MILL: &str = "organisations/00000000-0000-7000-8000-00000000000d";
pub const CODE: &str = "460102";

/// The `n`-th resource of a collection.
pub fn name(collection: &str, n: u32) -> String {
    format!("{collection}/00000000-0000-7000-8000-{n:012x}")
}

pub fn student(n: u32) -> String {
    name("people", 1_000 + n)
}
pub fn students(range: Range<u32>) -> Vec<String> {
    range.map(student).collect()
}

/// The programme everybody is in who is not brought otherwise.
pub fn programme() -> String {
    name("programmes", 1)
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The field or resource a refusal names, after it was seen to say everything a refusal must.
pub fn refusal(status: &Status) -> (String, String) {
    let info = status.get_details_error_info().unwrap();
    assert!(!status.get_details_localized_message().unwrap().message.is_empty());
    if status.code() == tonic::Code::FailedPrecondition {
        assert!(info.metadata.contains_key("rule"), "{status:?}");
        assert!(info.metadata.contains_key("way_out") && info.metadata.contains_key("way_out_zh"), "{status:?}");
    }
    (info.metadata.get("field").cloned().unwrap_or_default(), info.reason)
}

pub fn says(field: &str, reason: &str) -> (String, String) {
    (field.to_owned(), reason.to_owned())
}

pub fn order(seats: i32) -> pb::Order {
    pb::Order {
        enterprise: FACTORY.into(),
        title: "尼龙操作工".into(),
        chain: "nylon".into(),
        seats,
        start_date: day(2026, 3, 1),
        end_date: day(2027, 7, 1),
        ..Default::default()
    }
}

pub fn class(order: &str, capacity: i32) -> pb::Class {
    pb::Class { order: order.into(), school: SCHOOL.into(), capacity, ..Default::default() }
}

/// A placement nothing is wrong with.
pub fn placement(enrolment: &str) -> pb::Placement {
    pb::Placement {
        enrolment: enrolment.into(),
        start_date: day(2026, 10, 1),
        end_date: day(2027, 4, 1),
        post: "操作工".into(),
        venue: "factory".into(),
        agreement_signed: true,
        insured: true,
        monthly_pay: Some(Money { fen: 300_000 }),
        post_wage: Some(Money { fen: 350_000 }),
        labour_grade: 1,
        ..Default::default()
    }
}

pub struct Town {
    pub sandbox: Sandbox,
}

impl Town {
    pub async fn both() -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[training::MIGRATIONS]).await {
            towns.push(Self::on(test).await);
        }
        towns
    }

    /// Only PostgreSQL lets transactions meet.
    pub async fn crowded() -> Self {
        Self::on(postgres(&[training::MIGRATIONS]).await).await
    }

    async fn on(test: TestDb) -> Self {
        let town = Self { sandbox: Sandbox::new(test, &[("training", training::service)]).await };
        let (school, enterprise) = (directory::OrganisationKind::School, directory::OrganisationKind::Enterprise);
        for (organisation, kind, school_type) in [
            (SCHOOL, school, directory::SchoolType::Vocational),
            (ACADEMY, school, directory::SchoolType::University),
            (FACTORY, enterprise, directory::SchoolType::Unspecified),
            (MILL, enterprise, directory::SchoolType::Unspecified),
        ] {
            let event = directory::OrganisationRegistered {
                organisation: organisation.into(),
                kind: kind.into(),
                school_type: school_type.into(),
                ..Default::default()
            };
            town.sandbox.arrive(organisation, 1, &event).await;
        }
        town.programme(1, SCHOOL, CODE).await;
        town
    }

    pub async fn programme(&self, n: u32, school: &str, code: &str) {
        let event = directory::ProgrammeRegistered {
            programme: name("programmes", n),
            school: school.into(),
            code: code.into(),
            chain: "nylon".into(),
        };
        self.sandbox.arrive(&event.programme.clone(), 1, &event).await;
    }

    pub async fn student(&self, n: u32, change: impl FnOnce(&mut directory::PersonRegistered)) {
        let mut event = directory::PersonRegistered {
            person: student(n),
            organisation: SCHOOL.into(),
            kind: directory::PersonKind::Student.into(),
            entry_year: 2024,
            programme: programme(),
            sixteen_on: day(2024, 2, 1),
            ..Default::default()
        };
        change(&mut event);
        self.sandbox.arrive(&event.person.clone(), 1, &event).await;
    }

    /// Students in their second year, of age.
    pub async fn students(&self, range: Range<u32>) {
        for n in range {
            self.student(n, |_| {}).await;
        }
    }

    pub fn who(&self, subject: &str, organisation: &str, role: Role) -> TrainingServiceClient<Caller> {
        TrainingServiceClient::new(self.sandbox.caller("training", &Who::new(subject, Some(organisation), &[role])))
    }
    pub fn dean(&self) -> TrainingServiceClient<Caller> {
        self.who("dean@school", SCHOOL, Role::School)
    }
    pub fn foreman(&self) -> TrainingServiceClient<Caller> {
        self.who("foreman@factory", FACTORY, Role::Enterprise)
    }
    pub fn bureau(&self) -> TrainingServiceClient<Caller> {
        TrainingServiceClient::new(self.sandbox.caller("training", &Who::bureau()))
    }

    pub async fn draft(&self, order: pb::Order) -> pb::Order {
        self.foreman().create_order(pb::CreateOrderRequest { order: Some(order) }).await.unwrap().into_inner()
    }

    /// An order that is published.
    pub async fn publish(&self, order: pb::Order) -> pb::Order {
        let name = self.draft(order).await.name;
        self.foreman().publish_order(pb::PublishOrderRequest { name, ..Default::default() }).await.unwrap().into_inner()
    }

    pub async fn propose(&self, class: pb::Class) -> Result<pb::Class, Status> {
        let request = pb::CreateClassRequest { class: Some(class) };
        self.dean().create_class(request).await.map(tonic::Response::into_inner)
    }

    pub async fn agree(&self, name: &str) -> Result<pb::Class, Status> {
        let request = pb::AgreeClassRequest { name: name.into(), ..Default::default() };
        self.foreman().agree_class(request).await.map(tonic::Response::into_inner)
    }

    pub async fn cancel(&self, name: &str) -> Result<pb::Class, Status> {
        let request = pb::CancelClassRequest { name: name.into(), reason: "too few students".into(), ..Default::default() };
        self.dean().cancel_class(request).await.map(tonic::Response::into_inner)
    }

    /// A class of so many places that is agreed, on an order of its own.
    pub async fn agreed(&self, capacity: i32) -> String {
        let order = self.publish(order(capacity)).await.name;
        let name = self.propose(class(&order, capacity)).await.unwrap().name;
        self.agree(&name).await.unwrap().name
    }

    pub async fn enrol(&self, class: &str, students: Vec<String>) -> Result<Vec<pb::Enrolment>, Status> {
        let request = pb::BatchCreateEnrolmentsRequest { class: class.into(), students };
        Ok(self.dean().batch_create_enrolments(request).await?.into_inner().enrolments)
    }

    /// A class with those students in it, who are registered for it.
    pub async fn full(&self, range: Range<u32>) -> (String, Vec<pb::Enrolment>) {
        self.students(range.clone()).await;
        let class = self.agreed(i32::try_from(range.len()).unwrap()).await;
        let enrolments = self.enrol(&class, students(range)).await.unwrap();
        (class, enrolments)
    }

    pub async fn place(&self, placements: Vec<pb::Placement>) -> Result<Vec<pb::Placement>, Status> {
        let request = pb::BatchCreatePlacementsRequest { placements };
        Ok(self.dean().batch_create_placements(request).await?.into_inner().placements)
    }

    pub async fn withdraw(&self, enrolment: &str, left_on: Option<Date>) -> Result<pb::Enrolment, Status> {
        let request =
            pb::WithdrawEnrolmentRequest { name: enrolment.into(), left_on, reason: "moved away".into(), ..Default::default() };
        self.dean().withdraw_enrolment(request).await.map(tonic::Response::into_inner)
    }

    pub async fn graduate(&self, class: &str) -> Result<pb::Class, Status> {
        let request = pb::GraduateClassRequest { name: class.into(), graduation_date: day(2026, 9, 1), ..Default::default() };
        self.dean().graduate_class(request).await.map(tonic::Response::into_inner)
    }

    pub async fn read_class(&self, name: &str) -> pb::Class {
        self.bureau().get_class(pb::GetClassRequest { name: name.into() }).await.unwrap().into_inner()
    }

    pub async fn read_order(&self, name: &str) -> pb::Order {
        self.bureau().get_order(pb::GetOrderRequest { name: name.into() }).await.unwrap().into_inner()
    }

    pub async fn enrolments(&self, class: &str) -> Vec<pb::Enrolment> {
        let request = pb::ListEnrolmentsRequest { class: class.into(), page_size: 1000, ..Default::default() };
        self.bureau().list_enrolments(request).await.unwrap().into_inner().enrolments
    }

    /// Everything `talentflow verify` would prove.
    pub async fn verify(&self) {
        self.sandbox.settle().await;
        for finding in verify(&self.sandbox.test.db, training::CHECKS).await.unwrap() {
            assert!(finding.broken.is_empty(), "{} on {}: {:?}", finding.check.name, self.sandbox.test.engine, finding.broken);
        }
    }
}
