//! How much each part of the fit counts is data, by version.

use crate::town::*;
use proto::mentoring::v1 as pb;

async fn set(town: &Town, weights: pb::Weights) -> Result<pb::Weights, tonic::Status> {
    let request = pb::CreateWeightsRequest { weights: Some(weights) };
    town.bureau().create_weights(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_new_version_is_in_force_at_once_and_earlier_ones_can_still_be_solved_by() {
    for town in Town::both().await {
        town.register(vec![academic(1, 1)]).await;
        town.enrol(1, 1..2).await;
        let round = town.closed(1).await.name;
        assert_eq!(town.solve(&round).await.total_fit, 254, "organisation 200 and spare places 80, of 1,100");
        let only_organisation = set(&town, pb::Weights { organisation: 10, ..Default::default() }).await.unwrap();
        assert_eq!(only_organisation.version, 4);
        let newest = town.solve(&round).await;
        assert_eq!((newest.weights_version, newest.total_fit), (4, 1000));
        let solve = |version| pb::SolveRoundRequest { name: round.clone(), weights_version: version, ..Default::default() };
        let before = town.dean().solve_round(solve(2)).await.unwrap().into_inner();
        assert_eq!((before.weights_version, before.total_fit), (2, 280));
        refused(&town.dean().solve_round(solve(9)).await.unwrap_err(), "UNKNOWN_WEIGHTS", "weights_version");

        let (mut versions, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListWeightsRequest { page_size: 2, page_token: token };
            let page = town.dean().list_weights(request).await.unwrap().into_inner();
            versions.extend(page.weights.iter().map(|weights| weights.version));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(versions, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn weights_are_within_bounds_and_judge_also_where_nobody_ranks() {
    for town in Town::both().await {
        for (weights, why, on) in [
            (pb::Weights { chain: -1, ..Default::default() }, "OUT_OF_RANGE", "weights.chain"),
            (pb::Weights { mentor_rank: 1001, ..Default::default() }, "OUT_OF_RANGE", "weights.mentor_rank"),
            (pb::Weights { student_rank: 500, ..Default::default() }, "ALL_ZERO", "weights"),
        ] {
            let status = set(&town, weights).await.unwrap_err();
            assert_eq!((reason(&status).as_str(), field(&status).as_str()), (why, on));
        }
        let request = pb::CreateWeightsRequest { weights: Some(pb::Weights { place: 1, ..Default::default() }) };
        let by_school = town.dean().create_weights(request).await.unwrap_err();
        assert_eq!(by_school.code(), tonic::Code::PermissionDenied);
    }
}
