//! Who guided a student before fits better, unless an objection parted the two.

use crate::town::*;
use proto::mentoring::v1 as pb;
use proto::training::v1 as training;

/// Enrols a student of before in another class.
async fn enrol_again(town: &Town, student: u32, class: u32) -> String {
    let event = training::EnrolmentCreated {
        enrolment: name("enrolments", 1000 * class + student),
        class: name("classes", class),
        order: name("orders", class),
        student: name("people", 10_000 + student),
        school: SCHOOL.into(),
        enterprise: FACTORY.into(),
        chain: CHAIN.into(),
        programme: name("programmes", 1),
        start_date: day(2027, 9, 1),
        end_date: day(2028, 7, 1),
    };
    town.sandbox.arrive(&event.enrolment.clone(), 1, &event).await;
    event.enrolment
}

/// What a dry run proposes on the academic side, with the continuity that the proposal is explained by.
async fn proposed(town: &Town, class: u32) -> (String, Option<i32>) {
    let round = town.closed(class).await.name;
    let run = town.solve(&round).await;
    let proposals = town.proposals(&run).await;
    let proposal = proposals.into_iter().find(|proposal| proposal.side() == pb::Side::Academic).unwrap();
    let why = town.dean().explain_proposal(pb::ExplainProposalRequest { name: proposal.name }).await.unwrap().into_inner();
    let part = why.parts.into_iter().find(|part| part.part == "continuity");
    (proposal.mentor, part.map(|part| part.score))
}

/// Two teachers alike, of whom one guides the first student; who does, and who does not.
async fn guided(town: &Town) -> (pb::Mentor, pb::Mentor) {
    let mut mentors = town.register(vec![academic(1, 2), academic(2, 2)]).await;
    town.register(vec![enterprise(9, 9)]).await;
    town.enrol(1, 1..2).await;
    let round = pb::Round { class: name("classes", 1), objection_days: 3, ..Default::default() };
    let round = town.open_as(round).await.name;
    town.close(&round).await;
    let run = town.solve(&round).await;
    town.try_publish(&run).await.unwrap();
    let pairings = town.pairings(pb::PairingState::Active).await;
    let mentor = &pairings.iter().find(|pairing| pairing.side() == pb::Side::Academic).unwrap().mentor;
    mentors.sort_by_key(|one| one.name != *mentor);
    let (guide, other) = (mentors.remove(0), mentors.remove(0));
    (guide, other)
}

#[tokio::test]
async fn in_another_class_the_student_gets_the_mentor_of_before() {
    for town in Town::both().await {
        let (guide, _) = guided(&town).await;
        // The other one has more places left, which alone would decide.
        enrol_again(&town, 1, 2).await;
        assert_eq!(proposed(&town, 2).await, (guide.name.clone(), Some(1000)), "who guides the student now");
        town.graduate(1).await;
        enrol_again(&town, 1, 3).await;
        assert_eq!(proposed(&town, 3).await, (guide.name, Some(1000)), "who guided the student");
        town.enrol(4, 40..41).await;
        assert_eq!(proposed(&town, 4).await.1, Some(0), "a student whom nobody knows");
        town.verify().await;
    }
}

#[tokio::test]
async fn who_was_on_leave_or_came_back_as_another_mentor_goes_on_with_the_student() {
    for town in Town::both().await {
        let (guide, other) = guided(&town).await;
        town.suspend(&guide.name).await.unwrap();
        assert_eq!(town.mentor(&other.name).await.load, 1);
        town.resume(&guide.name).await.unwrap();
        town.withdraw(1).await;
        // Both guided the student: the one on leave only for a while; both count.
        enrol_again(&town, 1, 2).await;
        assert_eq!(proposed(&town, 2).await.1, Some(1000));
        let number = |mentor: &pb::Mentor| u32::from_str_radix(mentor.person.rsplit('-').next().unwrap(), 16).unwrap();
        town.employed_and_left(number(&other), SCHOOL).await;
        let number = number(&guide);
        town.employed_and_left(number, SCHOOL).await;
        town.returned(number, SCHOOL).await;
        let back = town.register(vec![academic(number, 2), academic(7, 2)]).await.remove(0);
        assert_ne!(back.name, guide.name);
        enrol_again(&town, 1, 3).await;
        assert_eq!(proposed(&town, 3).await, (back.name, Some(1000)), "the same person");
        town.verify().await;
    }
}

#[tokio::test]
async fn who_was_parted_by_an_objection_does_not_count_even_when_the_conflict_is_withdrawn() {
    for town in Town::both().await {
        town.person(1).await;
        let (guide, other) = guided(&town).await;
        let pairings = town.pairings(pb::PairingState::Active).await;
        let pairing = pairings.iter().find(|pairing| pairing.mentor == guide.name).unwrap();
        let raised = town.object(&pairing.name).await.unwrap();
        town.uphold(&raised.name).await.unwrap();
        let conflicts = town.bureau().list_conflicts(pb::ListConflictsRequest::default()).await.unwrap().into_inner().conflicts;
        let withdraw = pb::WithdrawConflictRequest { name: conflicts[0].name.clone() };
        town.bureau().withdraw_conflict(withdraw).await.unwrap();
        town.graduate(1).await;
        enrol_again(&town, 1, 2).await;
        assert_eq!(proposed(&town, 2).await, (other.name.clone(), Some(1000)), "who came after the objection");
        // Without that one, the one of before is possible, and fits as a stranger does.
        town.suspend(&other.name).await.unwrap();
        enrol_again(&town, 1, 3).await;
        assert_eq!(proposed(&town, 3).await, (guide.name, Some(0)));
        town.verify().await;
    }
}

#[tokio::test]
async fn versions_of_the_weights_from_before_do_not_ask_who_guided_the_student() {
    for town in Town::both().await {
        let list = town.bureau().list_weights(pb::ListWeightsRequest::default()).await.unwrap().into_inner().weights;
        assert_eq!(list.iter().map(|weights| weights.continuity).collect::<Vec<_>>(), [0, 0, 100]);
        let (_, other) = guided(&town).await;
        enrol_again(&town, 1, 2).await;
        let round = town.closed(2).await.name;
        let solve = pb::SolveRoundRequest { name: round, weights_version: 2, ..Default::default() };
        let run = town.dean().solve_round(solve).await.unwrap().into_inner();
        let proposals = town.proposals(&run).await;
        let mentor = &proposals.iter().find(|proposal| proposal.side() == pb::Side::Academic).unwrap().mentor;
        assert_eq!(*mentor, other.name, "more places left");
    }
}
