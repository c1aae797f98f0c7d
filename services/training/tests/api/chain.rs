//! The whole way of a class.

use crate::town::*;
use kit::db::{Lane, args, statements};
use proto::training::v1 as pb;

statements! {
    EVENTS = "SELECT kind, version FROM outbox WHERE subject = $1 ORDER BY version";
}

async fn events(town: &Town, subject: &str) -> Vec<(String, i64)> {
    let mut tx = town.sandbox.test.db.read(Lane::Request).await.unwrap();
    let rows: Vec<(String, i64)> = tx.fetch_all(EVENTS, args![subject]).await.unwrap();
    rows.into_iter().map(|(kind, version)| (kind.trim_start_matches("talentflow.training.").to_owned(), version)).collect()
}

fn told(kinds: &[&str]) -> Vec<(String, i64)> {
    kinds.iter().zip(1..).map(|(kind, version)| (format!("{kind}.v1"), version)).collect()
}

#[tokio::test]
async fn a_class_goes_from_order_to_graduation_and_every_step_is_an_event() {
    for town in Town::both().await {
        town.students(1..4).await;
        let draft = town.draft(order(10)).await;
        assert_eq!((draft.state(), draft.seats_taken), (pb::OrderState::Draft, 0));
        assert!(events(&town, &draft.name).await.is_empty(), "a draft is nobody else's business");
        let publish = pb::PublishOrderRequest { name: draft.name.clone(), etag: draft.etag.clone() };
        let published = town.foreman().publish_order(publish).await.unwrap().into_inner();
        assert_ne!(published.etag, draft.etag);

        let proposed = town.propose(pb::Class { programme: programme(), ..class(&draft.name, 3) }).await.unwrap();
        assert_eq!((proposed.state(), proposed.enterprise.as_str()), (pb::ClassState::Proposed, FACTORY));
        let agreed = town.agree(&proposed.name).await.unwrap();
        assert_eq!(agreed.state(), pb::ClassState::Agreed);
        assert_eq!(town.read_order(&draft.name).await.seats_taken, 3);

        let enrolments = town.enrol(&agreed.name, students(1..4)).await.unwrap();
        let names: Vec<_> = enrolments.iter().map(|enrolment| enrolment.student.clone()).collect();
        assert_eq!((names, town.read_class(&agreed.name).await.enrolled), (students(1..4), 3));

        let placed = town.place(enrolments.iter().map(|enrolment| placement(&enrolment.name)).collect()).await.unwrap();
        assert!(placed.iter().zip(&enrolments).all(|(placed, enrolment)| placed.enrolment == enrolment.name));
        let graduated = town.graduate(&agreed.name).await.unwrap();
        assert_eq!((graduated.state(), graduated.enrolled), (pb::ClassState::Graduated, 3));
        assert_eq!(graduated.graduation_date, day(2026, 9, 1));
        assert_eq!(town.read_class(&agreed.name).await, graduated);

        let closed = pb::CloseOrderRequest { name: draft.name.clone(), ..Default::default() };
        assert_eq!(town.foreman().close_order(closed).await.unwrap().into_inner().state(), pb::OrderState::Closed);
        assert_eq!(events(&town, &draft.name).await, told(&["order.published", "order.closed"]));
        assert_eq!(events(&town, &agreed.name).await, told(&["class.proposed", "class.agreed", "class.graduated"]));
        for enrolment in &enrolments {
            let way = told(&["enrolment.created", "enrolment.placed", "enrolment.graduated"]);
            assert_eq!(events(&town, &enrolment.name).await, way);
        }
        town.verify().await;
    }
}

#[tokio::test]
async fn a_graduate_may_join_another_class() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..2).await;
        town.place(vec![placement(&enrolments[0].name)]).await.unwrap();
        town.graduate(&class).await.unwrap();
        let next = town.agreed(1).await;
        town.enrol(&next, students(1..2)).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_and_enrols_nobody_twice() {
    for town in Town::both().await {
        town.students(1..3).await;
        let class = town.agreed(5).await;
        let keyed = |to: u32| {
            let request = pb::BatchCreateEnrolmentsRequest { class: class.clone(), students: students(1..to) };
            let mut request = tonic::Request::new(request);
            request.metadata_mut().insert("idempotency-key", "autumn".parse().unwrap());
            request
        };
        let first = town.dean().batch_create_enrolments(keyed(3)).await.unwrap().into_inner();
        let again = town.dean().batch_create_enrolments(keyed(3)).await.unwrap().into_inner();
        assert_eq!((&first, first.enrolments.len()), (&again, 2));
        let other = town.dean().batch_create_enrolments(keyed(2)).await.unwrap_err();
        assert_eq!(reason(&other), "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(town.read_class(&class).await.enrolled, 2);
    }
}

#[tokio::test]
async fn a_placement_with_several_reasons_is_the_same_command_when_it_is_repeated() {
    for town in Town::both().await {
        let (_, enrolments) = town.full(1..2).await;
        let waivers = (0..8).map(|n| (format!("rule-{n}"), format!("filed for rule {n}"))).collect();
        let low = pb::Placement { waivers, ..placement(&enrolments[0].name) };
        let mut answers = Vec::new();
        for _ in 0..5 {
            let request = pb::BatchCreatePlacementsRequest { placements: vec![low.clone()] };
            let mut request = tonic::Request::new(request);
            request.metadata_mut().insert("idempotency-key", "placements".parse().unwrap());
            answers.push(town.dean().batch_create_placements(request).await.unwrap().into_inner());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}
