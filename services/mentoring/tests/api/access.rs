//! Who sees what: not yours and not there are the same.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use testkit::Caller;
use tonic::Code;

type Client = MentoringServiceClient<Caller>;

#[tokio::test]
async fn another_organisation_cannot_tell_foreign_mentors_and_rounds_from_none() {
    for town in Town::both().await {
        let mentor = town.register(vec![academic(1, 1)]).await[0].name.clone();
        town.enrol(1, 1..2).await;
        let round = town.closed(1).await.name;
        let run = town.solve(&round).await;
        let proposal = town.proposals(&run).await.remove(0).name;
        let mut stranger = town.who("clerk@elsewhere", STRANGER, Role::School);

        let foreign = stranger.get_mentor(pb::GetMentorRequest { name: mentor.clone() }).await.unwrap_err();
        let missing = name("mentors", 0xfff);
        let none = stranger.get_mentor(pb::GetMentorRequest { name: missing.clone() }).await.unwrap_err();
        assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(foreign.message().replace(&mentor, ""), none.message().replace(&missing, ""));

        assert_eq!(stranger.get_round(pb::GetRoundRequest { name: round.clone() }).await.unwrap_err().code(), Code::NotFound);
        let solve = pb::SolveRoundRequest { name: round.clone(), ..Default::default() };
        assert_eq!(stranger.solve_round(solve).await.unwrap_err().code(), Code::NotFound);
        let publish = pb::PublishRoundRequest { name: round.clone(), run: run.name.clone(), ..Default::default() };
        assert_eq!(stranger.publish_round(publish).await.unwrap_err().code(), Code::NotFound);
        let close = pb::ClosePreferencesRequest { name: round.clone(), ..Default::default() };
        assert_eq!(stranger.close_preferences(close).await.unwrap_err().code(), Code::NotFound);
        let finalize = pb::FinalizeRoundRequest { name: round.clone(), ..Default::default() };
        assert_eq!(stranger.finalize_round(finalize).await.unwrap_err().code(), Code::NotFound);
        let read = stranger.get_run(pb::GetRunRequest { name: run.name.clone() }).await.unwrap_err();
        assert_eq!((read.code(), field(&read)), (Code::NotFound, run.name.clone()));
        let explain = stranger.explain_proposal(pb::ExplainProposalRequest { name: proposal.clone() }).await.unwrap_err();
        assert_eq!((explain.code(), field(&explain)), (Code::NotFound, proposal));
        let proposals = pb::ListProposalsRequest { parent: run.name, ..Default::default() };
        assert_eq!(stranger.list_proposals(proposals).await.unwrap_err().code(), Code::NotFound);
        assert!(stranger.list_runs(pb::ListRunsRequest::default()).await.unwrap().into_inner().runs.is_empty());

        let class = |n| pb::CreateRoundRequest { round: Some(pb::Round { class: name("classes", n), ..Default::default() }) };
        let foreign = stranger.create_round(class(1)).await.unwrap_err();
        let none = stranger.create_round(class(2)).await.unwrap_err();
        assert_eq!(foreign.message().replace(&name("classes", 1), ""), none.message().replace(&name("classes", 2), ""));

        let register = pb::BatchCreateMentorsRequest { mentors: vec![academic(7, 1)] };
        assert_eq!(stranger.batch_create_mentors(register).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn lists_show_each_organisation_its_own() {
    for town in Town::both().await {
        town.register(vec![academic(1, 5)]).await;
        town.register(vec![enterprise(2, 1)]).await;
        town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(3, 5) }]).await;
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        let count = |organisation: &'static str, role| {
            let mut client = town.who("clerk", organisation, role);
            async move {
                let mentors = client.list_mentors(pb::ListMentorsRequest::default()).await.unwrap().into_inner().mentors;
                let rounds = client.list_rounds(pb::ListRoundsRequest::default()).await.unwrap().into_inner().rounds;
                let pairings = client.list_pairings(pb::ListPairingsRequest::default()).await.unwrap().into_inner().pairings;
                (mentors.len(), rounds.len(), pairings.len())
            }
        };
        assert_eq!(count(SCHOOL, Role::School).await, (1, 1, 4));
        assert_eq!(count(FACTORY, Role::Enterprise).await, (1, 1, 4));
        assert_eq!(count(MILL, Role::Enterprise).await, (1, 0, 1), "the mill sees the pairings of its own mentors");
        assert_eq!(count(STRANGER, Role::Enterprise).await, (0, 0, 0));

        let foreign = pb::ListMentorsRequest { organisation: SCHOOL.into(), ..Default::default() };
        assert!(town.foreman().list_mentors(foreign).await.unwrap().into_inner().mentors.is_empty());
    }
}

#[tokio::test]
async fn pairings_are_listed_by_class_mentor_student_and_state_and_paged_without_gap_or_repeat() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 9)]).await;
        town.register(vec![enterprise(2, 9)]).await;
        town.enrol(1, 1..4).await;
        town.enrol(2, 4..6).await;
        town.paired(1).await;
        town.paired(2).await;
        let count = async |request: pb::ListPairingsRequest| {
            town.dean().list_pairings(request).await.unwrap().into_inner().pairings.len()
        };
        let class = name("classes", 1);
        assert_eq!(count(pb::ListPairingsRequest { class: class.clone(), ..Default::default() }).await, 6);
        assert_eq!(count(pb::ListPairingsRequest { mentor: mentors[0].name.clone(), ..Default::default() }).await, 5);
        assert_eq!(count(pb::ListPairingsRequest { student: name("people", 10_001), ..Default::default() }).await, 2);
        let both = pb::ListPairingsRequest { class, mentor: mentors[0].name.clone(), ..Default::default() };
        assert_eq!(count(both).await, 3);
        let vacant = pb::ListPairingsRequest { state: pb::PairingState::Vacant.into(), ..Default::default() };
        assert_eq!(count(vacant).await, 0);

        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListPairingsRequest { page_size: 3, page_token: token, ..Default::default() };
            let page = town.dean().list_pairings(request).await.unwrap().into_inner();
            seen.extend(page.pairings.into_iter().map(|pairing| pairing.name));
            if page.next_page_token.is_empty() {
                break;
            }
            token = page.next_page_token;
        }
        let mut unique = seen.clone();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (10, 10));
    }
}

#[tokio::test]
async fn a_pairing_is_read_by_school_enterprise_and_the_mentor_s_organisation_and_by_nobody_else() {
    for town in Town::both().await {
        town.register(vec![academic(1, 2)]).await;
        town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(3, 1) }]).await;
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        let get = async |mut client: Client, pairing: &pb::Pairing| {
            let answer = client.get_pairing(pb::GetPairingRequest { name: pairing.name.clone() }).await;
            answer.map(tonic::Response::into_inner)
        };
        let active = town.pairings(pb::PairingState::Active).await;
        let vacant = town.pairings(pb::PairingState::Vacant).await;
        assert_eq!((active.len(), vacant.len()), (3, 1));
        for pairing in active.iter().chain(&vacant) {
            for client in [town.dean(), town.foreman(), town.bureau()] {
                assert_eq!(&get(client, pairing).await.unwrap(), pairing);
            }
            let by_mill = get(town.who("clerk@mill", MILL, Role::Enterprise), pairing).await;
            if pairing.side() == pb::Side::Enterprise && !pairing.mentor.is_empty() {
                assert_eq!(&by_mill.unwrap(), pairing, "its own mentor");
            } else {
                assert_eq!(by_mill.unwrap_err().code(), Code::NotFound);
            }
        }
        let missing = pb::Pairing { name: name("pairings", 0xfff), ..Default::default() };
        let stranger = || town.who("clerk@elsewhere", STRANGER, Role::School);
        let foreign = get(stranger(), &active[0]).await.unwrap_err();
        let none = get(stranger(), &missing).await.unwrap_err();
        assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(foreign.message().replace(&active[0].name, ""), none.message().replace(&missing.name, ""));
        assert_eq!(get(town.bureau(), &missing).await.unwrap_err().code(), Code::NotFound);
        let misnamed = pb::Pairing { name: name("mentors", 1), ..Default::default() };
        assert_eq!(get(town.bureau(), &misnamed).await.unwrap_err().code(), Code::InvalidArgument);
    }
}
