//! Graduation: everybody in the class, each after an internship.

use crate::town::*;
use proto::training::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn who_was_never_placed_stands_in_the_way_and_is_named() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..3).await;
        town.place(vec![placement(&enrolments[0].name)]).await.unwrap();
        let refused = town.graduate(&class).await.unwrap_err();
        assert_eq!(refusal(&refused), says(&enrolments[1].name, "WRONG_STATE"));
        assert_eq!(town.read_class(&class).await.state(), pb::ClassState::Agreed);
        town.withdraw(&enrolments[1].name, day(2026, 9, 1)).await.unwrap();
        town.graduate(&class).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn the_day_of_graduation_does_not_lie_ahead() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..2).await;
        town.place(vec![placement(&enrolments[0].name)]).await.unwrap();
        let graduate = |date, etag: &str| {
            let mut dean = town.dean();
            let request = pb::GraduateClassRequest { name: class.clone(), graduation_date: date, etag: etag.into() };
            async move { dean.graduate_class(request).await }
        };
        let refused = graduate(day(2026, 9, 2), "").await.unwrap_err();
        assert_eq!(refusal(&refused), says("graduation_date", "GRADUATION_AHEAD"));
        assert_eq!(refusal(&graduate(None, "").await.unwrap_err()), says("graduation_date", "REQUIRED"));
        let refused = graduate(day(2026, 9, 1), "\"1\"").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        graduate(day(2026, 9, 1), "\"2\"").await.unwrap();
        let refused = graduate(day(2026, 9, 1), "").await.unwrap_err();
        assert_eq!(refusal(&refused), says(&class, "WRONG_STATE"));
    }
}

#[tokio::test]
async fn who_left_before_does_not_graduate() {
    for town in Town::both().await {
        let (class, enrolments) = town.full(1..3).await;
        town.place(enrolments.iter().map(|enrolment| placement(&enrolment.name)).collect()).await.unwrap();
        town.withdraw(&enrolments[0].name, day(2026, 8, 1)).await.unwrap();
        town.graduate(&class).await.unwrap();
        let states: Vec<_> = town.enrolments(&class).await.iter().map(pb::Enrolment::state).collect();
        assert_eq!(states, [pb::EnrolmentState::Withdrawn, pb::EnrolmentState::Graduated]);
        town.verify().await;
    }
}
