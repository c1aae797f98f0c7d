//! Enrolments: whole batches or nothing, one live class a student.

use crate::town::*;
use proto::directory::v1 as directory;
use proto::training::v1 as pb;
use tonic::Code;

/// That a batch is refused at an element, and left nothing behind.
async fn refused_whole(town: &Town, class: &str, batch: Vec<String>, field: &str, reason: &str) {
    let before = town.read_class(class).await;
    assert_eq!(refusal(&town.enrol(class, batch).await.unwrap_err()), says(field, reason));
    assert_eq!((town.read_class(class).await, town.enrolments(class).await), (before, Vec::new()));
}

#[tokio::test]
async fn one_who_cannot_be_enrolled_keeps_the_whole_batch_out_and_is_named() {
    for town in Town::both().await {
        town.students(1..3).await;
        town.student(3, |person| person.organisation = ACADEMY.into()).await;
        town.student(4, |person| person.kind = directory::PersonKind::Teacher.into()).await;
        let class = town.agreed(5).await;
        let with = |n: u32| [students(1..3), vec![student(n)]].concat();
        refused_whole(&town, &class, with(3), "students[2]", "STUDENT_UNKNOWN").await;
        refused_whole(&town, &class, with(4), "students[2]", "STUDENT_UNKNOWN").await;
        refused_whole(&town, &class, with(99), "students[2]", "STUDENT_UNKNOWN").await;
        refused_whole(&town, &class, with(1), "students[2]", "IN_CLASS_ALREADY").await;
        refused_whole(&town, &class, vec![student(1), "Zhang San".into()], "students[1]", "RESOURCE_NAME").await;
        refused_whole(&town, &class, Vec::new(), "students", "BATCH_SIZE").await;
        refused_whole(&town, &class, students(0..1001), "students", "BATCH_SIZE").await;
        town.verify().await;
    }
}

#[tokio::test]
async fn who_is_in_a_class_joins_no_other_until_they_have_left_it() {
    for town in Town::both().await {
        let (first, enrolments) = town.full(1..2).await;
        let second = town.agreed(5).await;
        refused_whole(&town, &second, students(1..2), "students[0]", "IN_CLASS_ALREADY").await;
        let left = town.withdraw(&enrolments[0].name, day(2026, 8, 31)).await.unwrap();
        assert_eq!(left.state(), pb::EnrolmentState::Withdrawn);
        assert_eq!(town.read_class(&first).await.enrolled, 0);
        town.enrol(&second, students(1..2)).await.unwrap();
        // And back again, into the place that was given up.
        let there = town.enrolments(&second).await[0].name.clone();
        town.withdraw(&there, day(2026, 9, 1)).await.unwrap();
        town.enrol(&first, students(1..2)).await.unwrap();
        assert_eq!(town.enrolments(&first).await.len(), 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_class_is_never_fuller_than_its_capacity() {
    for town in Town::both().await {
        town.students(1..6).await;
        let class = town.agreed(3).await;
        town.enrol(&class, students(1..3)).await.unwrap();
        let refused = town.enrol(&class, students(3..6)).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&class, "CLASS_FULL"));
        assert!(refused.message().contains("room for 3 more"), "{refused}");
        town.enrol(&class, students(3..4)).await.unwrap();
        assert_eq!(town.read_class(&class).await.enrolled, 3);
        town.verify().await;
    }
}

#[tokio::test]
async fn nobody_is_enrolled_in_a_class_that_is_not_agreed() {
    for town in Town::both().await {
        town.students(1..2).await;
        let order = town.publish(order(5)).await.name;
        let class = town.propose(class(&order, 5)).await.unwrap().name;
        refused_whole(&town, &class, students(1..2), &class, "WRONG_STATE").await;
        town.cancel(&class).await.unwrap();
        refused_whole(&town, &class, students(1..2), &class, "WRONG_STATE").await;
    }
}

#[tokio::test]
async fn a_withdrawal_says_when_and_why_and_does_not_lie_ahead() {
    for town in Town::both().await {
        let (_, enrolments) = town.full(1..2).await;
        let name = &enrolments[0].name;
        let refused = town.withdraw(name, day(2026, 9, 2)).await.unwrap_err();
        assert_eq!(refusal(&refused), says("left_on", "LEAVING_AHEAD"));
        assert_eq!(refusal(&town.withdraw(name, None).await.unwrap_err()), says("left_on", "REQUIRED"));
        let unsaid = pb::WithdrawEnrolmentRequest { name: name.clone(), left_on: day(2026, 9, 1), ..Default::default() };
        assert_eq!(refusal(&town.dean().withdraw_enrolment(unsaid.clone()).await.unwrap_err()).0, "reason");
        let stale = pb::WithdrawEnrolmentRequest { reason: "ill".into(), etag: "\"9\"".into(), ..unsaid };
        let refused = town.dean().withdraw_enrolment(stale).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        town.withdraw(name, day(2026, 9, 1)).await.unwrap();
        assert_eq!(refusal(&town.withdraw(name, day(2026, 9, 1)).await.unwrap_err()), says(name, "WRONG_STATE"));
        let missing = town.withdraw(&crate::town::name("enrolments", 9), day(2026, 9, 1)).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn enrolments_are_listed_by_class_student_and_state() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..4).await;
        town.full(4..6).await;
        town.withdraw(&enrolments[0].name, day(2026, 9, 1)).await.unwrap();
        let count = |request: pb::ListEnrolmentsRequest| {
            let mut dean = town.dean();
            async move { dean.list_enrolments(request).await.unwrap().into_inner().enrolments.len() }
        };
        assert_eq!(count(pb::ListEnrolmentsRequest::default()).await, 5);
        let of = pb::ListEnrolmentsRequest { class, ..Default::default() };
        assert_eq!(count(of.clone()).await, 3);
        let live = pb::ListEnrolmentsRequest { state: pb::EnrolmentState::Enrolled.into(), ..of.clone() };
        assert_eq!(count(live).await, 2);
        assert_eq!(count(pb::ListEnrolmentsRequest { student: student(1), ..of }).await, 1);
        assert_eq!(count(pb::ListEnrolmentsRequest { student: student(5), ..Default::default() }).await, 1);
    }
}
