//! What is read by name and what a list is narrowed by, on both engines.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

use kit::auth::Role;
use pb::training_service_client::TrainingServiceClient;
use proto::common::v1::Money;
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::training::v1 as pb;
use testkit::{Caller, Sandbox, Who, both_engines};
use tonic::{Code, Status};

const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
const FACTORY: &str = "organisations/00000000-0000-7000-8000-00000000000b";
const MILL: &str = "organisations/00000000-0000-7000-8000-00000000000c";

type Client = TrainingServiceClient<Caller>;

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn fen(fen: i64) -> Option<Money> {
    Some(Money { fen })
}

fn name(collection: &str, n: u32) -> String {
    format!("{collection}/00000000-0000-7000-8000-{n:012}")
}

/// A school whose students are with two enterprises: in the factory's class the first two, in the mill's the third.
struct Town {
    sandbox: Sandbox,
    factory_class: pb::Class,
    mill_class: pb::Class,
    enrolments: Vec<pb::Enrolment>,
    placements: Vec<pb::Placement>,
}

impl Town {
    async fn both() -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[training::MIGRATIONS]).await {
            let sandbox = Sandbox::new(test, &[("training", training::service)]).await;
            know(&sandbox).await;
            let factory_class = class(&sandbox, FACTORY).await;
            let mill_class = class(&sandbox, MILL).await;
            let mut enrolments = enrol(&sandbox, &factory_class.name, &[1, 2]).await;
            enrolments.extend(enrol(&sandbox, &mill_class.name, &[3]).await);
            let placements = enrolments.iter().map(|enrolment| placement(&enrolment.name)).collect();
            let request = pb::BatchCreatePlacementsRequest { placements };
            let placements = dean(&sandbox).batch_create_placements(request).await.unwrap().into_inner().placements;
            towns.push(Self { sandbox, factory_class, mill_class, enrolments, placements });
        }
        towns
    }

    fn dean(&self) -> Client {
        dean(&self.sandbox)
    }
    fn foreman(&self) -> Client {
        office(&self.sandbox, FACTORY, Role::Enterprise)
    }
    /// The other enterprise, which has nothing to do with the factory's class.
    fn miller(&self) -> Client {
        office(&self.sandbox, MILL, Role::Enterprise)
    }
    fn auditor(&self) -> Client {
        TrainingServiceClient::new(self.sandbox.caller("training", &Who::new("auditor", None, &[Role::Auditor])))
    }
}

fn office(sandbox: &Sandbox, organisation: &str, role: Role) -> Client {
    TrainingServiceClient::new(sandbox.caller("training", &Who::new("office", Some(organisation), &[role])))
}

fn dean(sandbox: &Sandbox) -> Client {
    office(sandbox, SCHOOL, Role::School)
}

/// What the directory tells of the school and its students.
async fn know(sandbox: &Sandbox) {
    let told = directory::OrganisationRegistered {
        organisation: SCHOOL.into(),
        kind: directory::OrganisationKind::School.into(),
        school_type: directory::SchoolType::Vocational.into(),
        ..Default::default()
    };
    sandbox.arrive(SCHOOL, 1, &told).await;
    for n in 1..=3 {
        let told = directory::PersonRegistered {
            person: name("people", n),
            organisation: SCHOOL.into(),
            kind: directory::PersonKind::Student.into(),
            entry_year: 2023,
            sixteen_on: day(2022, 1, 1),
            ..Default::default()
        };
        sandbox.arrive(&name("people", n), 1, &told).await;
    }
}

/// An agreed class on a published order of an enterprise.
async fn class(sandbox: &Sandbox, enterprise: &str) -> pb::Class {
    let mut owner = office(sandbox, enterprise, Role::Enterprise);
    let order = pb::Order {
        enterprise: enterprise.into(),
        title: "尼龙工艺".into(),
        chain: "nylon".into(),
        seats: 10,
        start_date: day(2026, 9, 1),
        end_date: day(2027, 7, 1),
        ..Default::default()
    };
    let order = owner.create_order(pb::CreateOrderRequest { order: Some(order) }).await.unwrap().into_inner().name;
    owner.publish_order(pb::PublishOrderRequest { name: order.clone(), ..Default::default() }).await.unwrap();
    let class = pb::Class { order, school: SCHOOL.into(), capacity: 10, ..Default::default() };
    let class = dean(sandbox).create_class(pb::CreateClassRequest { class: Some(class) }).await.unwrap().into_inner().name;
    owner.agree_class(pb::AgreeClassRequest { name: class, ..Default::default() }).await.unwrap().into_inner()
}

async fn enrol(sandbox: &Sandbox, class: &str, students: &[u32]) -> Vec<pb::Enrolment> {
    let students = students.iter().map(|n| name("people", *n)).collect();
    let request = pb::BatchCreateEnrolmentsRequest { class: class.into(), students };
    dean(sandbox).batch_create_enrolments(request).await.unwrap().into_inner().enrolments
}

fn placement(enrolment: &str) -> pb::Placement {
    pb::Placement {
        enrolment: enrolment.into(),
        start_date: day(2026, 10, 1),
        end_date: day(2027, 3, 1),
        post: "操作员".into(),
        venue: "factory".into(),
        agreement_signed: true,
        insured: true,
        monthly_pay: fen(300_000),
        post_wage: fen(350_000),
        labour_grade: 1,
        ..Default::default()
    }
}

/// Foreign and missing are one answer, but for the name that was asked for.
fn alike(foreign: &Status, asked: &str, none: &Status, missing: &str) {
    assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
    assert_eq!(foreign.message().replace(asked, ""), none.message().replace(missing, ""));
}

#[tokio::test]
async fn an_enrolment_is_read_by_both_sides_of_its_class_and_by_those_who_see_all() {
    for town in Town::both().await {
        let enrolled = &town.enrolments[0];
        let get = || pb::GetEnrolmentRequest { name: enrolled.name.clone() };
        for mut client in [town.dean(), town.foreman(), town.auditor()] {
            let read = client.get_enrolment(get()).await.unwrap().into_inner();
            assert_eq!((read.state(), read.class.as_str()), (pb::EnrolmentState::Placed, town.factory_class.name.as_str()));
            let made = pb::Enrolment { state: read.state, etag: read.etag.clone(), ..enrolled.clone() };
            assert_eq!(read, made);
            assert_ne!(read.etag, enrolled.etag, "it was placed since");
        }
        let missing = name("enrolments", 9);
        let none = town.dean().get_enrolment(pb::GetEnrolmentRequest { name: missing.clone() }).await.unwrap_err();
        let foreign = town.miller().get_enrolment(get()).await.unwrap_err();
        alike(&foreign, &enrolled.name, &none, &missing);
        let misnamed = town.dean().get_enrolment(pb::GetEnrolmentRequest { name: name("classes", 1) }).await.unwrap_err();
        assert_eq!(misnamed.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_placement_is_read_with_its_verdicts_by_both_sides_of_its_class_and_by_those_who_see_all() {
    for town in Town::both().await {
        let placed = &town.placements[0];
        assert!(!placed.verdicts.is_empty());
        let get = || pb::GetPlacementRequest { name: placed.name.clone() };
        for mut client in [town.dean(), town.foreman(), town.auditor()] {
            assert_eq!(&client.get_placement(get()).await.unwrap().into_inner(), placed);
        }
        let missing = name("placements", 9);
        let none = town.dean().get_placement(pb::GetPlacementRequest { name: missing.clone() }).await.unwrap_err();
        let foreign = town.miller().get_placement(get()).await.unwrap_err();
        alike(&foreign, &placed.name, &none, &missing);
        let misnamed = town.dean().get_placement(pb::GetPlacementRequest { name: "x".into() }).await.unwrap_err();
        assert_eq!(misnamed.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn placements_are_listed_by_student_and_a_stranger_finds_none() {
    for town in Town::both().await {
        let of = |n| pb::ListPlacementsRequest { student: name("people", n), ..Default::default() };
        let listed = async |mut client: Client, request| client.list_placements(request).await.unwrap().into_inner().placements;
        assert_eq!(listed(town.dean(), of(2)).await, [town.placements[1].clone()]);
        assert_eq!(listed(town.foreman(), of(2)).await, [town.placements[1].clone()]);
        assert_eq!(listed(town.miller(), of(3)).await, [town.placements[2].clone()]);
        assert!(listed(town.miller(), of(2)).await.is_empty(), "not of its class");
        assert!(listed(town.dean(), of(9)).await.is_empty());
        assert_eq!(listed(town.dean(), pb::ListPlacementsRequest::default()).await.len(), 3);
        let elsewhere = pb::ListPlacementsRequest { class: town.mill_class.name.clone(), ..of(2) };
        assert!(listed(town.dean(), elsewhere).await.is_empty(), "both filters hold");
        let malformed = pb::ListPlacementsRequest { student: "somebody".into(), ..Default::default() };
        assert_eq!(town.dean().list_placements(malformed).await.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn classes_are_listed_by_enterprise_and_an_enterprise_sees_its_own_alone() {
    for town in Town::both().await {
        let of = |enterprise: &str| pb::ListClassesRequest { enterprise: enterprise.into(), ..Default::default() };
        let listed = async |mut client: Client, request| {
            let classes = client.list_classes(request).await.unwrap().into_inner().classes;
            classes.into_iter().map(|class| class.name).collect::<Vec<_>>()
        };
        let (factory, mill) = (&town.factory_class.name, &town.mill_class.name);
        assert_eq!(listed(town.dean(), of(FACTORY)).await, std::slice::from_ref(factory));
        assert_eq!(listed(town.auditor(), of(MILL)).await, std::slice::from_ref(mill));
        assert_eq!(listed(town.miller(), of(MILL)).await, std::slice::from_ref(mill));
        assert!(listed(town.miller(), of(FACTORY)).await.is_empty());
        assert_eq!(listed(town.dean(), of("")).await.len(), 2);
        assert!(listed(town.dean(), of(SCHOOL)).await.is_empty(), "a school is no enterprise");
        let malformed = town.dean().list_classes(of("the factory")).await.unwrap_err();
        assert_eq!(malformed.code(), Code::InvalidArgument);
    }
}
