//! Who is not to be paired, and which two mentors do not guide the same student.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use tonic::Code;

async fn register(town: &Town, by: &str, organisation: &str, conflict: pb::Conflict) -> Result<pb::Conflict, tonic::Status> {
    let request = pb::BatchCreateConflictsRequest { conflicts: vec![conflict] };
    let answer = town.who(by, organisation, Role::School).batch_create_conflicts(request).await;
    answer.map(|answer| answer.into_inner().conflicts.remove(0))
}

#[tokio::test]
async fn who_has_a_conflict_is_not_paired_until_it_is_withdrawn() {
    for town in Town::both().await {
        let mentor = town.register(vec![academic(1, 5)]).await.remove(0).name;
        town.person(1).await;
        town.enrol(1, 1..2).await;
        let conflict = town.part(&mentor, &name("people", 10_001)).await.unwrap();
        assert_eq!((conflict.mentor.as_str(), conflict.ground.as_str()), (mentor.as_str(), "family"));
        let published = town.paired(1).await;
        assert_eq!(published.matched_academic, 0);
        town.verify().await;

        let withdraw = pb::WithdrawConflictRequest { name: conflict.name.clone() };
        let withdrawn = town.dean().withdraw_conflict(withdraw.clone()).await.unwrap().into_inner();
        assert!(withdrawn.withdraw_time.is_some());
        assert_eq!(town.mentor(&mentor).await.load, 1, "who waited because of it is paired at once");
        town.verify().await;
        let again = town.dean().withdraw_conflict(withdraw).await.unwrap_err();
        refused(&again, "CONFLICT_WITHDRAWN", &conflict.name);
        town.part(&mentor, &name("people", 10_001)).await.unwrap();
        assert_eq!(town.mentor(&mentor).await.load, 1, "a pairing that exists stays");
        let listed = pb::ListConflictsRequest { mentor, ..Default::default() };
        let listed = town.dean().list_conflicts(listed).await.unwrap().into_inner().conflicts;
        assert_eq!(listed.len(), 2, "what was withdrawn can still be read");
        assert_eq!(listed.iter().filter(|conflict| conflict.withdraw_time.is_none()).count(), 1);
    }
}

#[tokio::test]
async fn two_mentors_who_veto_each_other_do_not_guide_the_same_student() {
    for town in Town::both().await {
        let academics = town.register(vec![academic(1, 1), academic(2, 1)]).await;
        let own = town.register(vec![enterprise(3, 2)]).await.remove(0).name;
        town.enrol(1, 1..3).await;
        // Named from the enterprise's side; kept from the school's.
        let veto = town.part(&own, &academics[0].name).await.unwrap();
        assert_eq!((&veto.mentor, &veto.other), (&academics[0].name, &own));
        let published = town.paired(1).await;
        assert_eq!(published.matched_academic + published.matched_enterprise, 3, "one side of one student waits");
        town.verify().await;
        town.dean().withdraw_conflict(pb::WithdrawConflictRequest { name: veto.name }).await.unwrap();
        assert_eq!(town.loads().await.into_values().collect::<Vec<_>>(), [1, 1, 2]);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_dry_run_that_a_conflict_has_overtaken_is_not_published() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 5)]).await.remove(0).name;
        let other = town.register(vec![enterprise(2, 5)]).await.remove(0).name;
        town.person(1).await;
        town.enrol(1, 1..2).await;
        let round = town.closed(1).await.name;
        let run = town.solve(&round).await;
        town.part(&one, &name("people", 10_001)).await.unwrap();
        refused(&town.try_publish(&run).await.unwrap_err(), "PROPOSAL_OUTDATED", &round);
        let run = town.solve(&round).await;
        assert_eq!(run.matched_academic, 0);

        let second = town.register(vec![academic(3, 1)]).await.remove(0).name;
        let run = town.solve(&round).await;
        assert_eq!(run.matched_academic, 1);
        town.part(&second, &other).await.unwrap();
        refused(&town.try_publish(&run).await.unwrap_err(), "PROPOSAL_OUTDATED", &round);
        let run = town.solve(&round).await;
        assert_eq!(run.matched_academic + run.matched_enterprise, 1);
        town.try_publish(&run).await.unwrap();
        town.verify().await;
        let _ = one;
    }
}

#[tokio::test]
async fn a_conflict_is_of_two_who_could_meet_registered_once_by_whom_it_concerns() {
    for town in Town::both().await {
        let academics = town.register(vec![academic(1, 1), academic(2, 1)]).await;
        let (one, two) = (academics[0].name.clone(), academics[1].name.clone());
        let own = town.register(vec![enterprise(3, 2)]).await.remove(0).name;
        town.person(1).await;
        let person = name("people", 10_001);
        town.part(&one, &person).await.unwrap();
        refused(&town.part(&one, &person).await.unwrap_err(), "CONFLICT_EXISTS", "conflicts[0].other");
        town.part(&one, &own).await.unwrap();
        refused(&town.part(&own, &one).await.unwrap_err(), "CONFLICT_EXISTS", "conflicts[0].other");
        refused(&town.part(&one, &two).await.unwrap_err(), "SAME_SIDE", "conflicts[0].other");
        refused(&town.part(&one, &one).await.unwrap_err(), "SAME_SIDE", "conflicts[0].other");
        for (mentor, other, on) in [
            (name("mentors", 9), person.clone(), "conflicts[0].mentor"),
            (two.clone(), name("people", 9), "conflicts[0].other"),
            (two.clone(), name("mentors", 9), "conflicts[0].other"),
        ] {
            let status = town.part(&mentor, &other).await.unwrap_err();
            assert_eq!((status.code(), field(&status).as_str()), (Code::NotFound, on));
        }
        let of = |mentor: &str, ground: &str| pb::Conflict {
            mentor: mentor.into(),
            other: person.clone(),
            ground: ground.into(),
            ..Default::default()
        };
        let odd = register(&town, "dean@school", SCHOOL, of(&two, "dislike")).await.unwrap_err();
        assert_eq!((reason(&odd).as_str(), field(&odd).as_str()), ("UNKNOWN_CODE", "conflicts[0].ground"));
        let stranger = register(&town, "clerk@elsewhere", STRANGER, of(&two, "business")).await.unwrap_err();
        assert_eq!((stranger.code(), field(&stranger).as_str()), (Code::NotFound, "conflicts[0].mentor"));
        // The school of the student, for an enterprise's mentor.
        let of_student = register(&town, "dean@school", SCHOOL, of(&own, "business")).await.unwrap_err();
        assert_eq!(of_student.code(), Code::NotFound, "not a student of theirs yet");
        town.enrol(1, 1..2).await;
        register(&town, "dean@school", SCHOOL, of(&own, "business")).await.unwrap();

        let count = async |organisation: &str| {
            let mut client = town.who("clerk", organisation, Role::School);
            client.list_conflicts(pb::ListConflictsRequest::default()).await.unwrap().into_inner().conflicts.len()
        };
        assert_eq!((count(SCHOOL).await, count(FACTORY).await, count(STRANGER).await), (3, 2, 0));
    }
}
