//! Who sees and does what: not yours and not there are the same.

use crate::town::*;
use kit::auth::Role;
use proto::training::v1 as pb;
use tonic::{Code, Status};

fn hidden<T: std::fmt::Debug>(answer: Result<T, Status>) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
}

#[tokio::test]
async fn a_draft_is_seen_by_its_enterprise_alone() {
    for town in Town::both().await {
        let name = town.draft(order(5)).await.name;
        let get = || pb::GetOrderRequest { name: name.clone() };
        town.foreman().get_order(get()).await.unwrap();
        hidden(town.dean().get_order(get()).await);
        hidden(town.propose(class(&name, 5)).await);
        assert!(town.dean().list_orders(pb::ListOrdersRequest::default()).await.unwrap().into_inner().orders.is_empty());
        let drafts = pb::ListOrdersRequest { state: pb::OrderState::Draft.into(), ..Default::default() };
        assert!(town.dean().list_orders(drafts).await.unwrap().into_inner().orders.is_empty());
        town.foreman().publish_order(pb::PublishOrderRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        town.dean().get_order(get()).await.unwrap();
        // A rival enterprise sees neither draft nor order.
        let mut rival = town.who("foreman@mill", MILL, Role::Enterprise);
        hidden(rival.get_order(get()).await);
        let theirs = pb::ListOrdersRequest { enterprise: FACTORY.into(), ..Default::default() };
        assert!(rival.list_orders(theirs).await.unwrap().into_inner().orders.is_empty());
        assert!(rival.list_orders(pb::ListOrdersRequest::default()).await.unwrap().into_inner().orders.is_empty());
    }
}

#[tokio::test]
async fn a_stranger_cannot_tell_foreign_resources_from_none() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..2).await;
        let enrolment = enrolments[0].name.clone();
        let mut school = town.who("dean@academy", ACADEMY, Role::School);
        let mut rival = town.who("foreman@mill", MILL, Role::Enterprise);

        let foreign = school.get_class(pb::GetClassRequest { name: class.clone() }).await.unwrap_err();
        let missing = name("classes", 0xfff);
        let none = school.get_class(pb::GetClassRequest { name: missing.clone() }).await.unwrap_err();
        assert_eq!(foreign.message().replace(&class, ""), none.message().replace(&missing, ""));
        hidden(rival.get_class(pb::GetClassRequest { name: class.clone() }).await);

        let enrol = pb::BatchCreateEnrolmentsRequest { class: class.clone(), students: students(1..2) };
        hidden(school.batch_create_enrolments(enrol).await);
        let withdraw = pb::WithdrawEnrolmentRequest {
            name: enrolment.clone(),
            left_on: day(2026, 9, 1),
            reason: "mischief".into(),
            ..Default::default()
        };
        hidden(school.withdraw_enrolment(withdraw).await);
        let place = pb::BatchCreatePlacementsRequest { placements: vec![placement(&enrolment)] };
        hidden(school.batch_create_placements(place).await);
        let graduate = pb::GraduateClassRequest { name: class.clone(), graduation_date: day(2026, 9, 1), ..Default::default() };
        hidden(school.graduate_class(graduate).await);
        let cancel = || pb::CancelClassRequest { name: class.clone(), reason: "mischief".into(), ..Default::default() };
        hidden(school.cancel_class(cancel()).await);
        hidden(rival.cancel_class(cancel()).await);
        let order = town.read_class(&class).await.order;
        hidden(rival.close_order(pb::CloseOrderRequest { name: order, ..Default::default() }).await);

        for stranger in [&mut school, &mut rival] {
            let of = pb::ListEnrolmentsRequest { class: class.clone(), ..Default::default() };
            assert!(stranger.list_enrolments(of).await.unwrap().into_inner().enrolments.is_empty());
            assert!(stranger.list_classes(pb::ListClassesRequest::default()).await.unwrap().into_inner().classes.is_empty());
            let placements = pb::ListPlacementsRequest { class: class.clone(), ..Default::default() };
            assert!(stranger.list_placements(placements).await.unwrap().into_inner().placements.is_empty());
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn nobody_acts_in_the_name_of_another_organisation() {
    for town in Town::both().await {
        let mut rival = town.who("foreman@mill", MILL, Role::Enterprise);
        hidden(rival.create_order(pb::CreateOrderRequest { order: Some(order(5)) }).await);
        let order = town.publish(order(5)).await.name;
        let foreign = pb::Class { school: ACADEMY.into(), ..class(&order, 5) };
        hidden(town.propose(foreign).await);
    }
}

#[tokio::test]
async fn each_side_does_only_its_own_part() {
    for town in Town::both().await {
        let denied = |code: Code| assert_eq!(code, Code::PermissionDenied);
        denied(town.dean().create_order(pb::CreateOrderRequest::default()).await.unwrap_err().code());
        denied(town.dean().publish_order(pb::PublishOrderRequest::default()).await.unwrap_err().code());
        denied(town.foreman().create_class(pb::CreateClassRequest::default()).await.unwrap_err().code());
        let enrol = pb::BatchCreateEnrolmentsRequest::default();
        denied(town.foreman().batch_create_enrolments(enrol).await.unwrap_err().code());
        let place = pb::BatchCreatePlacementsRequest::default();
        denied(town.foreman().batch_create_placements(place).await.unwrap_err().code());
        let mut pupil = town.who("pupil@school", SCHOOL, Role::Student);
        denied(pupil.list_enrolments(pb::ListEnrolmentsRequest::default()).await.unwrap_err().code());
    }
}
