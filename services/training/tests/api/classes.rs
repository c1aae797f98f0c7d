//! Classes: proposed by a school, agreed to by the enterprise, cancelled by either.

use crate::town::*;
use proto::training::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn only_the_enterprise_agrees_and_only_once() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await.name;
        let name = town.propose(class(&order, 5)).await.unwrap().name;
        let request = || pb::AgreeClassRequest { name: name.clone(), ..Default::default() };
        assert_eq!(town.dean().agree_class(request()).await.unwrap_err().code(), Code::PermissionDenied);
        let mut rival = town.who("foreman@mill", MILL, kit::auth::Role::Enterprise);
        assert_eq!(rival.agree_class(request()).await.unwrap_err().code(), Code::NotFound);
        let stale = pb::AgreeClassRequest { etag: "\"7\"".into(), ..request() };
        assert_eq!(reason(&town.foreman().agree_class(stale).await.unwrap_err()), "ETAG_MISMATCH");
        town.agree(&name).await.unwrap();
        let refused = town.agree(&name).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&name, "WRONG_STATE"));
        assert!(refused.message().contains("agreed"), "{refused}");
    }
}

#[tokio::test]
async fn a_class_with_students_is_not_cancelled_until_they_have_left() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..2).await;
        assert_eq!(refusal(&town.cancel(&class).await.unwrap_err()), says(&class, "CLASS_IN_USE"));
        town.withdraw(&enrolments[0].name, day(2026, 9, 1)).await.unwrap();
        let request = pb::CancelClassRequest { name: class.clone(), reason: "the line moved".into(), ..Default::default() };
        let cancelled = town.foreman().cancel_class(request).await.unwrap().into_inner();
        assert_eq!(cancelled.state(), pb::ClassState::Cancelled);
        assert_eq!(refusal(&town.cancel(&class).await.unwrap_err()), says(&class, "WRONG_STATE"));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_malformed_class_is_refused_by_field() {
    for town in Town::both().await {
        let order = town.publish(order(10)).await.name;
        let wrong = [
            (class("order 7", 5), "class.order"),
            (pb::Class { school: String::new(), ..class(&order, 5) }, "class.school"),
            (pb::Class { programme: "mechanics".into(), ..class(&order, 5) }, "class.programme"),
            (class(&order, 0), "class.capacity"),
            (class(&order, 1001), "class.capacity"),
        ];
        for (class, field) in wrong {
            let refused = town.propose(class).await.unwrap_err();
            assert_eq!((refused.code(), refusal(&refused).0.as_str()), (Code::InvalidArgument, field));
        }
        let unsaid = pb::CancelClassRequest { name: name("classes", 1), ..Default::default() };
        assert_eq!(refusal(&town.dean().cancel_class(unsaid).await.unwrap_err()).0, "reason");
        let missing = town.propose(class(&name("orders", 99), 5)).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn classes_are_listed_to_both_sides_and_by_order_and_state() {
    for town in Town::both().await {
        let (one, other) = (town.publish(order(10)).await.name, town.publish(order(10)).await.name);
        let agreed = town.propose(class(&one, 3)).await.unwrap().name;
        town.agree(&agreed).await.unwrap();
        town.propose(class(&one, 2)).await.unwrap();
        town.propose(class(&other, 2)).await.unwrap();
        let count = |request: pb::ListClassesRequest| {
            let (mut dean, mut foreman) = (town.dean(), town.foreman());
            async move {
                let seen = dean.list_classes(request.clone()).await.unwrap().into_inner().classes;
                assert_eq!(seen, foreman.list_classes(request).await.unwrap().into_inner().classes);
                seen.len()
            }
        };
        assert_eq!(count(pb::ListClassesRequest::default()).await, 3);
        let of = pb::ListClassesRequest { order: one, ..Default::default() };
        assert_eq!(count(of.clone()).await, 2);
        assert_eq!(count(pb::ListClassesRequest { state: pb::ClassState::Agreed.into(), ..of }).await, 1);
        assert_eq!(count(pb::ListClassesRequest { school: ACADEMY.into(), ..Default::default() }).await, 0);
    }
}
