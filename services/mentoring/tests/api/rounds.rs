//! From enrolment to published pairings.

use crate::town::*;
use proto::mentoring::v1 as pb;

#[tokio::test]
async fn a_class_goes_from_enrolment_through_dry_runs_to_two_mentors_each() {
    for town in Town::both().await {
        town.register(vec![academic(1, 3), academic(2, 3)]).await;
        town.register(vec![enterprise(3, 2), enterprise(4, 2)]).await;
        town.enrol(1, 1..5).await;

        let round = town.open(1).await;
        assert_eq!((round.state(), round.students), (pb::RoundState::Open, 4));
        assert_eq!(town.close(&round.name).await.state(), pb::RoundState::Closed);
        let first = town.solve(&round.name).await;
        assert_eq!((first.students, first.matched_academic, first.matched_enterprise), (4, 4, 4));
        assert_eq!((first.weights_version, first.proof()), (3, pb::Proof::Certified));
        assert_eq!((first.bound_matched, first.bound_total_fit), (8, first.total_fit));
        let stable = town.solve_for(&round.name, pb::Objective::Stable).await;
        assert_eq!((stable.objective(), stable.blocking_pairs), (pb::Objective::Stable, 0));
        let runs = pb::ListRunsRequest { round: round.name.clone(), ..Default::default() };
        let mut runs = town.foreman().list_runs(runs).await.unwrap().into_inner().runs;
        runs.sort_by_key(|run| run.objective);
        assert_eq!(runs, [first.clone(), stable], "dry runs stand side by side");
        let read = town.foreman().get_run(pb::GetRunRequest { name: first.name.clone() }).await.unwrap().into_inner();
        assert_eq!(read, first);

        let proposals = town.proposals(&first).await;
        assert_eq!(proposals.len(), 8);
        assert_eq!(proposals.iter().map(|proposal| i64::from(proposal.fit)).sum::<i64>(), first.total_fit);
        assert!(town.pairings(pb::PairingState::Active).await.is_empty(), "a dry run makes nothing real");

        let published = town.try_publish(&first).await.unwrap();
        assert_eq!((published.state(), published.students, &published.run), (pb::RoundState::Published, 4, &first.name));
        assert_eq!((published.total_fit, published.objection_end_date), (first.total_fit, None));
        let pairings = town.pairings(pb::PairingState::Active).await;
        let mut got: Vec<_> = pairings.iter().map(|p| (p.enrolment.clone(), p.side, p.mentor.clone(), p.fit)).collect();
        let mut proposed: Vec<_> = proposals.iter().map(|p| (p.enrolment.clone(), p.side, p.mentor.clone(), p.fit)).collect();
        got.sort();
        proposed.sort();
        assert_eq!(got, proposed, "what was proposed is what was published");
        assert_eq!(town.loads().await.into_values().collect::<Vec<_>>(), [2, 2, 2, 2], "equals share the students");
        town.verify().await;
    }
}

#[tokio::test]
async fn programme_place_and_skills_decide_who_fits() {
    for town in Town::both().await {
        let plain = academic(1, 5);
        let fitting = pb::Mentor {
            programmes: vec![name("programmes", 1)],
            place: "weidong".into(),
            skills: vec!["cnc".into()],
            ..academic(2, 5)
        };
        town.register(vec![plain, fitting]).await;
        let student = proto::directory::v1::PersonRegistered {
            person: name("people", 10_001),
            skills: vec!["cnc".into()],
            ..Default::default()
        };
        town.sandbox.arrive(&student.person.clone(), 1, &student).await;
        town.enrol(1, 1..2).await;
        let round = pb::Round { class: name("classes", 1), place: "weidong".into(), ..Default::default() };
        let round = town.open_as(round).await;
        town.close(&round.name).await;
        let solved = town.solve(&round.name).await;
        // organisation 200 + programme 160 + place 80 + skills 120 + spare places 80, of 1,100; nobody knows the chain, ranks or
        // guided the student before.
        assert_eq!((solved.matched_academic, solved.total_fit), (1, 581));
        assert_eq!(town.loads().await[&name("people", 2)], 0);
        town.try_publish(&solved).await.unwrap();
        assert_eq!(town.loads().await[&name("people", 2)], 1);
        town.verify().await;
    }
}

#[tokio::test]
async fn an_enterprise_of_the_same_chain_steps_in_where_the_ordering_one_has_too_few() {
    for town in Town::both().await {
        town.register(vec![academic(1, 5)]).await;
        town.register(vec![enterprise(2, 1)]).await;
        town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(3, 5) }]).await;
        let other_chain = pb::Mentor { organisation: MILL.into(), chain: "steel".into(), ..enterprise(4, 5) };
        town.register(vec![other_chain]).await;
        town.enrol(1, 1..4).await;
        let published = town.paired(1).await;
        assert_eq!((published.matched_academic, published.matched_enterprise), (3, 3));
        let loads = town.loads().await;
        let people = [2, 3, 4].map(|n| loads[&name("people", n)]);
        assert_eq!(people, [1, 2, 0]);
        town.verify().await;
    }
}

#[tokio::test]
async fn whoever_is_left_over_is_vacant_and_gets_the_first_mentor_who_comes() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        town.enrol(1, 1..4).await;
        let published = town.paired(1).await;
        assert_eq!((published.matched_academic, published.matched_enterprise), (1, 0));
        let vacant = town.pairings(pb::PairingState::Vacant).await;
        assert_eq!(vacant.len(), 5);
        assert!(vacant.iter().all(|pairing| pairing.mentor.is_empty() && pairing.start_date.is_none()));

        let registered = town.register(vec![enterprise(2, 2)]).await;
        assert_eq!(registered[0].load, 2, "the answer shows the students given at once");
        town.register(vec![academic(3, 5)]).await;
        let still = town.pairings(pb::PairingState::Vacant).await;
        assert_eq!(still.len(), 1);
        let active = town.pairings(pb::PairingState::Active).await;
        assert!(
            vacant.iter().filter(|one| active.iter().any(|other| other.name == one.name)).count() == 4,
            "the vacancies became the pairings"
        );
        town.verify().await;
    }
}

#[tokio::test]
async fn who_joins_a_class_later_has_a_round_of_their_own() {
    for town in Town::both().await {
        town.register(vec![academic(1, 9)]).await;
        town.register(vec![enterprise(2, 9)]).await;
        town.enrol(1, 1..3).await;
        let first = town.paired(1).await;
        town.enrol(1, 3..4).await;
        let second = town.paired(1).await;
        assert_eq!((first.students, second.students), (2, 1));
        let request = pb::ListRoundsRequest { class: name("classes", 1), ..Default::default() };
        assert_eq!(town.dean().list_rounds(request).await.unwrap().into_inner().rounds.len(), 2);
        assert_eq!(town.pairings(pb::PairingState::Active).await.len(), 6);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_round_of_forty_students_is_solved_and_published_swiftly() {
    for town in Town::both().await {
        town.register((0..100).map(|n| academic(n, 1 + i32::try_from(n % 4).unwrap())).collect()).await;
        town.register((200..300).map(|n| enterprise(n, 1 + i32::try_from(n % 3).unwrap())).collect()).await;
        town.enrol(1, 1..41).await;
        let started = std::time::Instant::now();
        let published = town.paired(1).await;
        println!("{}: 40 students, two sides: {:?}", town.sandbox.test.engine, started.elapsed());
        assert_eq!((published.matched_academic, published.matched_enterprise), (40, 40));
        town.verify().await;
    }
}
