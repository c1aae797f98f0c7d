//! Mentors who are away, have fewer places, or leave with many students: as few as possible are moved.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use tonic::Code;

#[tokio::test]
async fn a_rotation_takes_places_by_its_share_and_gives_them_back() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 4)]).await.remove(0).name;
        town.register(vec![enterprise(9, 9)]).await;
        town.enrol(1, 1..5).await;
        town.paired(1).await;
        let other = town.register(vec![academic(2, 1)]).await.remove(0).name;
        assert_eq!((town.mentor(&one).await.load, town.mentor(&other).await.load), (4, 0));

        town.rotates(1, SCHOOL, 50).await;
        let half = town.mentor(&one).await;
        assert_eq!((half.capacity, half.places, half.load, half.state()), (4, 2, 2, pb::MentorState::Active));
        assert_eq!(town.mentor(&other).await.load, 1);
        let waiting = town.pairings(pb::PairingState::Vacant).await;
        assert_eq!(waiting.len(), 1, "two are moved, no more; one of them finds somebody");
        assert_eq!(town.pairings(pb::PairingState::Ended).await.len(), 2);
        town.verify().await;

        town.returns(1, SCHOOL, 50).await;
        let back = town.mentor(&one).await;
        assert_eq!((back.places, back.load), (4, 3), "who waits is paired, and nobody is moved back");
        assert!(town.pairings(pb::PairingState::Vacant).await.is_empty());
        town.rotates(2, SCHOOL, 100).await;
        assert_eq!(town.mentor(&other).await.state(), pb::MentorState::Suspended);
        assert_eq!(town.mentor(&one).await.load, 4);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_rotation_takes_nothing_elsewhere_and_holds_for_who_is_registered_later() {
    for town in Town::both().await {
        town.rotates(1, SCHOOL, 60).await;
        let registered = town.register(vec![academic(1, 5)]).await.remove(0);
        assert_eq!((registered.places, registered.state()), (2, pb::MentorState::Active));
        let host = pb::Mentor { organisation: MILL.into(), ..enterprise(1, 5) };
        assert_eq!(town.register(vec![host]).await[0].places, 5);
        let full = pb::Mentor { person: name("people", 7), ..academic(7, 1) };
        town.rotates(7, SCHOOL, 10).await;
        let suspended = town.register(vec![full]).await.remove(0);
        assert_eq!((suspended.places, suspended.state()), (0, pb::MentorState::Suspended));
        let list = pb::ListMentorsRequest { state: pb::MentorState::Suspended.into(), ..Default::default() };
        assert_eq!(town.bureau().list_mentors(list).await.unwrap().into_inner().mentors, [suspended]);
    }
}

#[tokio::test]
async fn leave_suspends_a_mentor_and_the_end_of_it_brings_them_back() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2)]).await.remove(0).name;
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        let suspended = town.suspend(&one).await.unwrap();
        assert_eq!((suspended.state(), suspended.places, suspended.load), (pb::MentorState::Suspended, 0, 0));
        refused(&town.suspend(&one).await.unwrap_err(), "ON_LEAVE", &one);
        town.verify().await;
        let resumed = town.resume(&one).await.unwrap();
        assert_eq!((resumed.state(), resumed.load), (pb::MentorState::Active, 2));
        refused(&town.resume(&one).await.unwrap_err(), "NOT_ON_LEAVE", &one);
        town.verify().await;

        let foreign = pb::SuspendMentorRequest { name: one.clone() };
        assert_eq!(town.foreman().suspend_mentor(foreign).await.unwrap_err().code(), Code::NotFound);
        // Who leaves while on leave, and comes back, is not on leave.
        town.suspend(&one).await.unwrap();
        town.employed_and_left(1, SCHOOL).await;
        refused(&town.suspend(&one).await.unwrap_err(), "MENTOR_CLOSED", &one);
        refused(&town.resume(&one).await.unwrap_err(), "MENTOR_CLOSED", &one);
        refused(&town.revise(&one, academic(1, 2)).await.unwrap_err(), "MENTOR_CLOSED", &one);
        town.verify().await;
    }
}

#[tokio::test]
async fn fewer_places_move_as_few_students_as_possible_and_those_who_find_somebody() {
    for town in Town::both().await {
        let of = |place: &str, mentor: pb::Mentor| pb::Mentor { place: place.into(), ..mentor };
        let one = town.register(vec![of("north", academic(1, 3))]).await.remove(0).name;
        town.register(vec![of("north", enterprise(9, 9))]).await;
        town.person(1).await;
        town.enrol(1, 1..4).await;
        town.paired(1).await;
        let other = town.register(vec![of("north", academic(2, 1))]).await.remove(0).name;
        // The first student and the other mentor may not be paired: so one of the two others is moved.
        town.part(&other, &name("people", 10_001)).await.unwrap();
        let revised = town.revise(&one, of("north", academic(1, 2))).await.unwrap();
        assert_eq!((revised.capacity, revised.places, revised.load), (2, 2, 2));
        let ended = town.pairings(pb::PairingState::Ended).await;
        assert_eq!(ended.len(), 1);
        assert_ne!(ended[0].student, name("people", 10_001));
        assert_eq!(town.mentor(&other).await.load, 1);
        assert!(town.pairings(pb::PairingState::Vacant).await.is_empty());
        let more = town.revise(&one, pb::Mentor { skills: vec!["cnc".into()], ..academic(1, 5) }).await.unwrap();
        assert_eq!((more.capacity, more.load, more.skills, more.place.as_str()), (5, 2, vec!["cnc".to_owned()], ""));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_mentor_is_changed_by_their_organisation_within_bounds_and_on_what_was_seen() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 3)]).await.remove(0);
        let wrong = [
            (pb::Mentor { capacity: 0, ..academic(1, 1) }, "OUT_OF_RANGE", "mentor.capacity"),
            (pb::Mentor { years: 61, ..academic(1, 1) }, "OUT_OF_RANGE", "mentor.years"),
            (pb::Mentor { languages: vec!["x".into(); 51], ..academic(1, 1) }, "TOO_MANY", "mentor.languages"),
            (pb::Mentor { title: "x".repeat(65), ..academic(1, 1) }, "TOO_LONG", "mentor.title"),
        ];
        for (mentor, why, on) in wrong {
            let status = town.revise(&one.name, mentor).await.unwrap_err();
            assert_eq!((reason(&status).as_str(), field(&status).as_str()), (why, on));
        }
        let request =
            |etag: &str| pb::ReviseMentorRequest { name: one.name.clone(), mentor: Some(academic(1, 4)), etag: etag.into() };
        let foreign = town.foreman().revise_mentor(request("")).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
        town.dean().revise_mentor(request(&one.etag)).await.unwrap();
        let stale = town.dean().revise_mentor(request(&one.etag)).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    }
}

#[tokio::test]
async fn a_city_s_own_rules_of_qualification_refuse_or_ask_a_reason() {
    for town in Town::strict().await {
        let fresh = pb::Mentor { years: 1, ..enterprise(1, 1) };
        let request = |mentor: pb::Mentor| pb::BatchCreateMentorsRequest { mentors: vec![mentor] };
        let status = town.bureau().batch_create_mentors(request(fresh.clone())).await.unwrap_err();
        assert_eq!((status.code(), field(&status).as_str()), (Code::FailedPrecondition, "mentors[0].years"));
        let reason = "runs the plant".to_owned();
        let excused = pb::Mentor { waivers: [("enterprise-mentor-years".to_owned(), reason)].into(), ..fresh.clone() };
        let registered = town.register(vec![excused]).await.remove(0);
        assert!(registered.judgement.contains("runs the plant"), "{}", registered.judgement);
        let status = town.revise(&registered.name, fresh).await.unwrap_err();
        assert_eq!(field(&status), "mentor.years");
        let teacher = pb::Mentor { title: "assistant".into(), ..academic(2, 1) };
        let status = town.bureau().batch_create_mentors(request(teacher)).await.unwrap_err();
        assert_eq!(field(&status), "mentors[0].title");
    }
}

#[tokio::test]
async fn more_students_than_the_rules_let_be_moved_unseen_wait_for_approval() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 25)]).await.remove(0).name;
        town.enrol(1, 1..26).await;
        town.paired(1).await;
        let spare = town.register(vec![academic(2, 30)]).await.remove(0).name;
        town.employed_and_left(1, SCHOOL).await;
        let waiting = town.rematches().await;
        assert_eq!(waiting.len(), 1);
        let (rematch, reason) = (waiting[0].name.clone(), waiting[0].reason.as_str());
        assert_eq!((waiting[0].students, reason, &waiting[0].mentor), (25, "mentor-left", &one));
        assert_eq!(town.mentor(&spare).await.load, 0, "nobody is moved unseen");
        town.verify().await;
        town.withdraw(3).await;
        town.register(vec![academic(3, 1)]).await;
        assert_eq!(town.loads().await[&name("people", 3)], 0);
        town.verify().await;

        let by_school = town.dean().approve_rematch(pb::ApproveRematchRequest { name: rematch.clone() }).await.unwrap_err();
        assert_eq!(by_school.code(), Code::PermissionDenied);
        let approved = town.approve(&rematch).await.unwrap();
        assert_eq!(approved.state(), pb::RematchState::Approved);
        assert_eq!(town.mentor(&spare).await.load + town.loads().await[&name("people", 3)], 24);
        refused(&town.approve(&rematch).await.unwrap_err(), "REMATCH_APPROVED", &rematch);
        assert_eq!(town.approve(&name("rematches", 9)).await.unwrap_err().code(), Code::NotFound);
        assert!(town.rematches().await.is_empty());
        let all = town.dean().list_rematches(pb::ListRematchesRequest::default()).await.unwrap().into_inner().rematches;
        assert_eq!(all, [approved]);
        let mut stranger = town.who("clerk", STRANGER, Role::School);
        let none = stranger.list_rematches(pb::ListRematchesRequest::default()).await.unwrap().into_inner().rematches;
        assert!(none.is_empty());
        town.verify().await;
    }
}
