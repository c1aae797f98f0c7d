//! Every refusal names its field or resource, its rule and the way out, in both languages.

use crate::town::*;
use proto::mentoring::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

async fn try_register(town: &Town, mentors: Vec<pb::Mentor>) -> Result<pb::BatchCreateMentorsResponse, Status> {
    let request = pb::BatchCreateMentorsRequest { mentors };
    town.bureau().batch_create_mentors(request).await.map(tonic::Response::into_inner)
}

async fn try_open(town: &Town, class: u32) -> Result<pb::Round, Status> {
    let round = pb::Round { class: name("classes", class), ..Default::default() };
    town.dean().create_round(pb::CreateRoundRequest { round: Some(round) }).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_mentor_is_registered_once_on_the_side_of_the_organisation_and_while_working_there() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        let twice = try_register(&town, vec![academic(2, 1), academic(1, 1)]).await.unwrap_err();
        refused(&twice, "MENTOR_EXISTS", "mentors[1].person");
        let twice_at_once = try_register(&town, vec![academic(3, 1), academic(3, 1)]).await.unwrap_err();
        refused(&twice_at_once, "MENTOR_EXISTS", "mentors[1].person");
        let wrong_side = pb::Mentor { side: pb::Side::Enterprise.into(), ..academic(2, 1) };
        refused(&try_register(&town, vec![wrong_side]).await.unwrap_err(), "WRONG_SIDE", "mentors[0].side");
        town.employed_and_left(4, SCHOOL).await;
        let left = try_register(&town, vec![academic(4, 1)]).await.unwrap_err();
        refused(&left, "MENTOR_HAS_LEFT", "mentors[0].person");
        assert_eq!(town.loads().await.len(), 1, "a batch is all or nothing");
    }
}

#[tokio::test]
async fn a_malformed_mentor_is_refused_by_field() {
    for town in Town::both().await {
        let wrong = [
            (pb::Mentor { person: "teacher".into(), ..academic(1, 1) }, "RESOURCE_NAME", "mentors[0].person"),
            (pb::Mentor { organisation: String::new(), ..academic(1, 1) }, "REQUIRED", "mentors[0].organisation"),
            (pb::Mentor { side: 0, ..academic(1, 1) }, "REQUIRED", "mentors[0].side"),
            (pb::Mentor { side: 9, ..academic(1, 1) }, "ENUM_UNKNOWN", "mentors[0].side"),
            (academic(1, 0), "OUT_OF_RANGE", "mentors[0].capacity"),
            (academic(1, 51), "OUT_OF_RANGE", "mentors[0].capacity"),
            (pb::Mentor { chain: "x".repeat(65), ..academic(1, 1) }, "TOO_LONG", "mentors[0].chain"),
            (pb::Mentor { skills: vec!["x".into(); 51], ..academic(1, 1) }, "TOO_MANY", "mentors[0].skills"),
            (pb::Mentor { skills: vec![" ".into()], ..academic(1, 1) }, "REQUIRED", "mentors[0].skills[0]"),
            (pb::Mentor { programmes: vec!["welding".into()], ..academic(1, 1) }, "RESOURCE_NAME", "mentors[0].programmes[0]"),
        ];
        for (mentor, why, on) in wrong {
            let status = try_register(&town, vec![mentor]).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{on}");
            assert_eq!((reason(&status).as_str(), field(&status).as_str()), (why, on));
        }
        let two = try_register(&town, vec![academic(1, 1), enterprise(2, 1)]).await.unwrap_err();
        assert_eq!((reason(&two).as_str(), field(&two).as_str()), ("SEVERAL_ORGANISATIONS", "mentors[1].organisation"));
        assert_eq!(reason(&try_register(&town, vec![]).await.unwrap_err()), "BATCH_SIZE");
    }
}

#[tokio::test]
async fn a_round_needs_students_who_wait_and_the_class_to_have_no_other_open() {
    for town in Town::both().await {
        let unknown = try_open(&town, 1).await.unwrap_err();
        assert_eq!((unknown.code(), field(&unknown).as_str()), (Code::NotFound, "round.class"));
        assert!(unknown.get_details_error_info().unwrap().metadata["way_out"].contains("enrol"));
        let empty = town.dean().create_round(pb::CreateRoundRequest { round: None }).await.unwrap_err();
        assert_eq!((reason(&empty).as_str(), field(&empty).as_str()), ("REQUIRED", "round"));

        town.enrol(1, 1..2).await;
        let open = town.open(1).await;
        let second = try_open(&town, 1).await.unwrap_err();
        refused(&second, "ROUND_OPEN", "round.class");
        assert!(second.message().contains(&open.name), "{}", second.message());
        let solve = pb::SolveRoundRequest { name: open.name.clone(), ..Default::default() };
        refused(&town.dean().solve_round(solve.clone()).await.unwrap_err(), "PREFERENCES_OPEN", &open.name);
        town.close(&open.name).await;
        refused(&try_open(&town, 1).await.unwrap_err(), "ROUND_OPEN", "round.class");
        let run = town.solve(&open.name).await;
        town.try_publish(&run).await.unwrap();
        refused(&try_open(&town, 1).await.unwrap_err(), "NOBODY_WAITS", "round.class");
        refused(&town.try_publish(&run).await.unwrap_err(), "ALREADY_PUBLISHED", &open.name);
        refused(&town.dean().solve_round(solve).await.unwrap_err(), "ALREADY_PUBLISHED", &open.name);
    }
}

#[tokio::test]
async fn a_proposal_that_is_out_of_date_is_not_published_and_solving_again_helps() {
    for town in Town::both().await {
        town.register(vec![academic(1, 2)]).await;
        town.enrol(1, 1..3).await;
        town.enrol(2, 3..4).await;
        let (first, second) = (town.closed(1).await.name, town.closed(2).await.name);
        let (one, other) = (town.solve(&first).await, town.solve(&second).await);
        town.withdraw(2).await;
        refused(&town.try_publish(&one).await.unwrap_err(), "PROPOSAL_OUTDATED", &first);
        let one = town.solve(&first).await;
        assert_eq!(one.students, 1);
        town.try_publish(&one).await.unwrap();

        town.employed_and_left(1, SCHOOL).await;
        refused(&town.try_publish(&other).await.unwrap_err(), "PROPOSAL_OUTDATED", &second);
        let other = town.solve(&second).await;
        assert_eq!(other.matched_academic, 0);
        town.try_publish(&other).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn who_decides_on_an_old_picture_of_a_round_is_told_so() {
    for town in Town::both().await {
        town.enrol(1, 1..2).await;
        let open = town.open(1).await;
        town.close(&open.name).await;
        let run = town.solve(&open.name).await.name;
        let (name, etag) = (open.name, open.etag);
        let close = pb::ClosePreferencesRequest { name: name.clone(), etag: etag.clone() };
        let stale = town.dean().close_preferences(close).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let solve = pb::SolveRoundRequest { name: name.clone(), etag: etag.clone(), ..Default::default() };
        assert_eq!(reason(&town.dean().solve_round(solve).await.unwrap_err()), "ETAG_MISMATCH");
        let publish = pb::PublishRoundRequest { name: name.clone(), run, etag: etag.clone() };
        assert_eq!(reason(&town.dean().publish_round(publish).await.unwrap_err()), "ETAG_MISMATCH");
        let finalize = pb::FinalizeRoundRequest { name, etag };
        assert_eq!(reason(&town.dean().finalize_round(finalize).await.unwrap_err()), "ETAG_MISMATCH");
    }
}
