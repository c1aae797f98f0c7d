//! Mentors and students who leave: the least is changed, and no free place stays beside somebody who waits.

use crate::town::*;
use proto::directory::v1 as directory;
use proto::mentoring::v1 as pb;
use std::collections::BTreeMap;

fn by_enrolment(pairings: &[pb::Pairing], side: pb::Side) -> BTreeMap<String, pb::Pairing> {
    let own = pairings.iter().filter(|pairing| pairing.side() == side);
    own.map(|pairing| (pairing.enrolment.clone(), pairing.clone())).collect()
}

#[tokio::test]
async fn when_a_mentor_leaves_the_students_are_paired_anew_and_nobody_else_is_moved() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 4), academic(2, 8)]).await;
        town.register(vec![enterprise(3, 9)]).await;
        town.enrol(1, 1..7).await;
        town.paired(1).await;
        let before = by_enrolment(&town.pairings(pb::PairingState::Active).await, pb::Side::Academic);
        let leaver = &mentors[0].name;
        let affected = before.values().filter(|pairing| pairing.mentor == *leaver).count();
        assert!(affected > 0 && affected < 6);

        town.employed_and_left(1, SCHOOL).await;
        let closed = town.mentor(leaver).await;
        assert_eq!((closed.state(), closed.load), (pb::MentorState::Closed, 0));
        let after = by_enrolment(&town.pairings(pb::PairingState::Active).await, pb::Side::Academic);
        assert_eq!(after.len(), 6);
        for (enrolment, pairing) in &before {
            if pairing.mentor == *leaver {
                assert_eq!(after[enrolment].mentor, mentors[1].name);
            } else {
                assert_eq!(after[enrolment], *pairing, "not affected, not moved");
            }
        }
        let ended = town.pairings(pb::PairingState::Ended).await;
        assert_eq!(ended.len(), affected);
        assert!(ended.iter().all(|pairing| pairing.end_date == day(2026, 9, 1)));
        town.verify().await;
    }
}

#[tokio::test]
async fn with_nobody_free_the_students_wait_and_get_the_places_of_those_who_leave() {
    for town in Town::both().await {
        town.register(vec![academic(1, 2), academic(2, 2)]).await;
        town.register(vec![enterprise(3, 9)]).await;
        town.enrol(1, 1..5).await;
        town.paired(1).await;
        town.employed_and_left(1, SCHOOL).await;
        let vacant = town.pairings(pb::PairingState::Vacant).await;
        assert_eq!(vacant.len(), 2);

        let waiting: Vec<String> = vacant.iter().map(|pairing| pairing.enrolment.clone()).collect();
        let paired: Vec<u32> = (1..5).filter(|n| !waiting.contains(&name("enrolments", *n))).collect();
        town.withdraw(paired[0]).await;
        assert_eq!(town.pairings(pb::PairingState::Vacant).await.len(), 1);
        town.graduate(paired[1]).await;
        assert!(town.pairings(pb::PairingState::Vacant).await.is_empty());
        assert_eq!(town.pairings(pb::PairingState::Active).await.len(), 4);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_student_who_leaves_while_waiting_ends_the_vacancy() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        town.withdraw(1).await;
        let ended = town.pairings(pb::PairingState::Ended).await;
        assert_eq!(ended.len(), 2);
        assert_eq!(ended.iter().filter(|pairing| pairing.mentor.is_empty()).count(), 1);
        assert_eq!(town.loads().await[&name("people", 1)], 0);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_correction_that_an_employment_never_was_closes_the_mentor_and_one_that_it_goes_on_does_not() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 1), academic(2, 1)]).await;
        for (person, withdrawn) in [(1, true), (2, false)] {
            let started = directory::EmploymentStarted {
                person: name("people", person),
                employment: name("employments", person),
                organisation: SCHOOL.into(),
                start_date: day(2026, 1, 1),
                post: "teacher".into(),
            };
            town.sandbox.arrive(&name("people", person), 1, &started).await;
            let corrected = directory::EmploymentCorrected {
                person: name("people", person),
                employment: name("employments", person),
                organisation: SCHOOL.into(),
                start_date: day(2026, 2, 1),
                end_date: None,
                withdrawn,
            };
            town.sandbox.arrive(&name("people", person), 2, &corrected).await;
        }
        assert_eq!(town.mentor(&mentors[0].name).await.state(), pb::MentorState::Closed);
        assert_eq!(town.mentor(&mentors[1].name).await.state(), pb::MentorState::Active);
        town.verify().await;
    }
}

#[tokio::test]
async fn an_employment_elsewhere_that_ends_leaves_the_mentor_alone_and_a_second_one_at_home_keeps_them() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 1), academic(2, 1)]).await;
        town.employed_and_left(1, MILL).await;
        assert_eq!(town.mentor(&mentors[0].name).await.state(), pb::MentorState::Active);

        let second = directory::EmploymentStarted {
            person: name("people", 2),
            employment: name("employments", 99),
            organisation: SCHOOL.into(),
            start_date: day(2026, 1, 1),
            post: "teacher".into(),
        };
        town.sandbox.arrive(&name("people", 2), 1, &second).await;
        town.left(2, 2, SCHOOL).await;
        assert_eq!(town.mentor(&mentors[1].name).await.state(), pb::MentorState::Active);
    }
}

#[tokio::test]
async fn who_comes_back_is_registered_anew() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        town.employed_and_left(1, SCHOOL).await;
        let back = directory::EmploymentStarted {
            person: name("people", 1),
            employment: name("employments", 500),
            organisation: SCHOOL.into(),
            start_date: day(2026, 9, 1),
            post: "teacher".into(),
        };
        town.sandbox.arrive(&name("people", 1), 3, &back).await;
        let again = town.register(vec![academic(1, 3)]).await;
        assert_eq!(again[0].state(), pb::MentorState::Active);
        town.verify().await;
    }
}
