//! After publishing: objections, decisions on them, and the end of the round.

use crate::town::*;
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use proto::mentoring::v1 as pb;
use tonic::Code;

statements! {
    EVENTS = "SELECT kind FROM outbox WHERE subject = $1 ORDER BY version";
}

async fn events_of(town: &Town, subject: &str) -> Vec<String> {
    let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
    let rows: Vec<(String,)> = tx.fetch_all(EVENTS, args![subject]).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

/// A published round of one student, with three days for objections; the pairing of a side.
async fn published(town: &Town, side: pb::Side) -> (pb::Round, pb::Pairing) {
    town.enrol(1, 1..2).await;
    let round = pb::Round { class: name("classes", 1), objection_days: 3, ..Default::default() };
    let round = town.open_as(round).await.name;
    town.close(&round).await;
    let run = town.solve(&round).await;
    let round = town.try_publish(&run).await.unwrap();
    let active = town.pairings(pb::PairingState::Active).await;
    (round, active.into_iter().find(|pairing| pairing.side() == side).unwrap())
}

#[tokio::test]
async fn an_objection_that_was_right_parts_the_two_and_the_student_gets_another_mentor() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        town.register(vec![enterprise(2, 1)]).await;
        let (round, pairing) = published(&town, pb::Side::Enterprise).await;
        assert_eq!(round.objection_end_date, day(2026, 9, 4));
        let next = town.register(vec![enterprise(3, 1)]).await.remove(0).name;

        let raised = town.object(&pairing.name).await.unwrap();
        assert_eq!((raised.state(), &raised.round), (pb::ObjectionState::Open, &round.name));
        let upheld = town.uphold(&raised.name).await.unwrap();
        assert_eq!(upheld.state(), pb::ObjectionState::Upheld);
        assert!(upheld.decide_time.is_some());
        let active = town.pairings(pb::PairingState::Active).await;
        let now = active.iter().find(|pairing| pairing.side() == pb::Side::Enterprise).unwrap();
        assert_eq!(now.mentor, next);
        let ended = town.pairings(pb::PairingState::Ended).await;
        assert_eq!((ended.len(), &ended[0].name), (1, &pairing.name));
        town.verify().await;

        // They are not paired again, even when nobody else is there.
        town.employed_and_left(3, FACTORY).await;
        assert_eq!(town.pairings(pb::PairingState::Vacant).await.len(), 1);
        town.verify().await;
        let conflicts = town.foreman().list_conflicts(pb::ListConflictsRequest::default()).await.unwrap().into_inner();
        assert_eq!(conflicts.conflicts[0].ground, "objection");
    }
}

#[tokio::test]
async fn the_place_that_an_objection_frees_goes_to_whoever_waits() {
    for town in Town::both().await {
        let mentor = town.register(vec![academic(1, 1)]).await.remove(0).name;
        town.enrol(2, 5..6).await;
        let (_, pairing) = published(&town, pb::Side::Academic).await;
        town.paired(2).await;
        assert_eq!(town.pairings(pb::PairingState::Active).await.len(), 1);
        let raised = town.object(&pairing.name).await.unwrap();
        town.uphold(&raised.name).await.unwrap();
        let active = town.pairings(pb::PairingState::Active).await;
        assert_eq!((active.len(), &active[0].mentor, &active[0].enrolment), (1, &mentor, &name("enrolments", 5)));
        town.verify().await;
    }
}

#[tokio::test]
async fn an_objection_is_decided_once_and_by_somebody_else() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        let (_, pairing) = published(&town, pb::Side::Academic).await;
        let objection = pb::Objection { pairing: pairing.name.clone(), ground: "subject".into(), ..Default::default() };
        let create = pb::CreateObjectionRequest { objection: Some(objection) };
        let raised = town.dean().create_objection(create).await.unwrap().into_inner().name;
        refused(&town.uphold(&raised).await.unwrap_err(), "FOUR_EYES", &raised);
        let dismiss = pb::DismissObjectionRequest { name: raised.clone() };
        refused(&town.dean().dismiss_objection(dismiss.clone()).await.unwrap_err(), "FOUR_EYES", &raised);
        refused(&town.object(&pairing.name).await.unwrap_err(), "OBJECTION_EXISTS", "objection.pairing");

        let mut other = town.who("deputy@school", SCHOOL, Role::School);
        let dismissed = other.dismiss_objection(dismiss).await.unwrap().into_inner();
        assert_eq!(dismissed.state(), pb::ObjectionState::Dismissed);
        let again = other.uphold_objection(pb::UpholdObjectionRequest { name: raised.clone() }).await.unwrap_err();
        refused(&again, "OBJECTION_DECIDED", &raised);
        assert_eq!(town.pairings(pb::PairingState::Active).await.len(), 1, "a dismissed objection changes nothing");

        let second = town.object(&pairing.name).await.unwrap().name;
        let list = async |state: pb::ObjectionState| {
            let request = pb::ListObjectionsRequest { state: state.into(), ..Default::default() };
            let listed = town.foreman().list_objections(request).await.unwrap().into_inner().objections;
            listed.into_iter().map(|objection| objection.name).collect::<Vec<_>>()
        };
        assert_eq!(list(pb::ObjectionState::Open).await, [second]);
        assert_eq!(list(pb::ObjectionState::Dismissed).await, [raised]);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_round_is_final_when_its_days_are_over_and_every_objection_is_decided() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        let (round, pairing) = published(&town, pb::Side::Academic).await;
        let raised = town.object(&pairing.name).await.unwrap().name;
        refused(&town.try_finalize(&round.name).await.unwrap_err(), "OBJECTIONS_POSSIBLE", &round.name);
        town.sandbox.clock.advance(chrono::TimeDelta::days(4));
        refused(&town.try_finalize(&round.name).await.unwrap_err(), "OBJECTIONS_OPEN", &round.name);
        let late = town.object(&pairing.name).await.unwrap_err();
        refused(&late, "NO_OBJECTIONS", "objection.pairing");
        town.uphold(&raised).await.unwrap();
        let last = town.try_finalize(&round.name).await.unwrap();
        assert_eq!(last.state(), pb::RoundState::Final);
        refused(&town.try_finalize(&round.name).await.unwrap_err(), "NOT_PUBLISHED", &round.name);
        let told = events_of(&town, &round.name).await;
        assert_eq!(told, ["talentflow.mentoring.round.published.v1", "talentflow.mentoring.round.finalized.v1"]);
        town.verify().await;
    }
}

#[tokio::test]
async fn only_an_active_pairing_of_a_round_with_days_for_it_is_objected_to_by_whom_it_concerns() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        let (_, pairing) = published(&town, pb::Side::Academic).await;
        let vacant = town.pairings(pb::PairingState::Vacant).await.remove(0).name;
        refused(&town.object(&vacant).await.unwrap_err(), "NOT_ACTIVE", "objection.pairing");
        let try_as =
            async |mut client: proto::mentoring::v1::mentoring_service_client::MentoringServiceClient<testkit::Caller>,
                   pairing: &str,
                   ground: &str| {
                let objection = pb::Objection { pairing: pairing.into(), ground: ground.into(), ..Default::default() };
                let request = pb::CreateObjectionRequest { objection: Some(objection) };
                client.create_objection(request).await.unwrap_err()
            };
        let foreign = try_as(town.who("clerk@elsewhere", STRANGER, Role::School), &pairing.name, "other").await;
        assert_eq!((foreign.code(), field(&foreign).as_str()), (Code::NotFound, "objection.pairing"));
        let odd = try_as(town.foreman(), &pairing.name, "taste").await;
        assert_eq!((reason(&odd).as_str(), field(&odd).as_str()), ("UNKNOWN_CODE", "objection.ground"));
        let raised = town.object(&pairing.name).await.unwrap().name;
        let by_enterprise = town.who("clerk@elsewhere", STRANGER, Role::School);
        let decide = pb::UpholdObjectionRequest { name: raised };
        assert_eq!({ by_enterprise }.uphold_objection(decide).await.unwrap_err().code(), Code::NotFound);

        // A round without such days takes none.
        town.register(vec![academic(2, 1)]).await;
        town.enrol(2, 7..8).await;
        town.paired(2).await;
        let other = town.pairings(pb::PairingState::Active).await;
        let other = other.iter().find(|pairing| pairing.enrolment == name("enrolments", 7)).unwrap();
        refused(&town.object(&other.name).await.unwrap_err(), "NO_OBJECTIONS", "objection.pairing");
    }
}
