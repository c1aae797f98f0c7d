//! Who ranks and excludes whom, and what dry runs make of it.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use tonic::Code;

fn student(n: u32, ranked: &[&str]) -> pb::Ranking {
    let ranked = ranked.iter().map(ToString::to_string).collect();
    pb::Ranking { author: name("enrolments", n), ranked, ..Default::default() }
}

fn never(author: &str, excluded: &str) -> pb::Ranking {
    pb::Ranking { author: author.into(), excluded: vec![excluded.into()], ..Default::default() }
}

/// Who was proposed to whom on a side, by the students' numbers.
async fn proposed(town: &Town, run: &pb::Run, side: pb::Side) -> Vec<String> {
    let mut proposals = town.proposals(run).await;
    proposals.retain(|proposal| proposal.side() == side);
    proposals.sort_by_key(|proposal| proposal.enrolment.clone());
    proposals.into_iter().map(|proposal| proposal.mentor).collect()
}

#[tokio::test]
async fn stable_goes_by_the_rankings_and_optimal_by_all_together() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 1), academic(2, 1)]).await;
        let (one, two) = (mentors[0].name.as_str(), mentors[1].name.as_str());
        town.enrol(1, 1..3).await;
        let round = town.open(1).await.name;
        // Both want the first mentor, who would rather have the second student.
        let wanted =
            pb::Ranking { author: one.into(), ranked: vec![name("enrolments", 2), name("enrolments", 1)], ..Default::default() };
        town.rank(&round, vec![student(1, &[one, two]), student(2, &[one]), wanted]).await.unwrap();
        town.close(&round).await;
        let stable = town.solve_for(&round, pb::Objective::Stable).await;
        assert_eq!((stable.matched_academic, stable.blocking_pairs, stable.proof()), (2, 0, pb::Proof::Certified));
        assert_eq!(proposed(&town, &stable, pb::Side::Academic).await, [two, one]);

        let first = town.proposals(&stable).await.into_iter().find(|proposal| proposal.mentor == two).unwrap();
        let why = town.dean().explain_proposal(pb::ExplainProposalRequest { name: first.name.clone() }).await.unwrap();
        let why = why.into_inner();
        assert_eq!(why.proposal.as_ref(), Some(&first));
        let part = |name: &str| why.parts.iter().find(|part| part.part == name).map(|part| (part.score, part.weight));
        assert_eq!(part("organisation"), Some((1000, 200)));
        assert_eq!(part("student_rank"), Some((900, 120)), "the second choice");
        let mean = |parts: &[pb::FitPart]| {
            parts.iter().map(|part| part.score * part.weight).sum::<i32>() / parts.iter().map(|part| part.weight).sum::<i32>()
        };
        assert_eq!(mean(&why.parts), first.fit, "the parts explain the fit");
        assert_eq!(why.better.len(), 1);
        assert_eq!((why.better[0].mentor.as_str(), why.better[0].obstacle()), (one, pb::Obstacle::Outranked));

        let optimal = town.solve(&round).await;
        assert!(optimal.total_fit >= stable.total_fit && optimal.matched_academic == 2, "{optimal:?} {stable:?}");
        assert_eq!(optimal.bound_total_fit, optimal.total_fit);
        town.verify().await;
    }
}

#[tokio::test]
async fn who_is_excluded_is_not_proposed_nor_filled_in_later() {
    for town in Town::both().await {
        let mentors = town.register(vec![academic(1, 5)]).await;
        let one = mentors[0].name.as_str();
        town.enrol(1, 1..3).await;
        let round = town.open(1).await.name;
        town.rank(&round, vec![never(&name("enrolments", 1), one)]).await.unwrap();
        town.close(&round).await;
        let run = town.solve(&round).await;
        assert_eq!(proposed(&town, &run, pb::Side::Academic).await, ["", one]);
        let left_over = town.proposals(&run).await.into_iter().find(|p| p.mentor.is_empty() && p.side() == pb::Side::Academic);
        let why = pb::ExplainProposalRequest { name: left_over.unwrap().name };
        let why = town.dean().explain_proposal(why).await.unwrap().into_inner();
        assert_eq!((why.parts.len(), why.better.len()), (0, 1));
        assert_eq!((why.better[0].mentor.as_str(), why.better[0].obstacle()), (one, pb::Obstacle::Excluded));
        town.try_publish(&run).await.unwrap();
        town.verify().await;
        let second = town.register(vec![academic(2, 1)]).await;
        assert_eq!(second[0].load, 1, "somebody else may");
        town.withdraw(2).await;
        assert_eq!(town.mentor(one).await.load, 0);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_is_said_later_replaces_what_was_said_before_and_each_side_reads_its_own() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 5)]).await.remove(0).name;
        let other = town.register(vec![enterprise(2, 5)]).await.remove(0).name;
        town.enrol(1, 1..2).await;
        let round = town.open(1).await.name;
        town.rank(&round, vec![never(&name("enrolments", 1), &one)]).await.unwrap();
        let said = town.rank(&round, vec![student(1, &[&one, &other])]).await.unwrap();
        assert_eq!((said[0].ranked.len(), said[0].excluded.len()), (2, 0));
        let by_mentor = pb::Ranking { ranked: vec![name("enrolments", 1)], author: other.clone(), ..Default::default() };
        let request = pb::BatchSetRankingsRequest { parent: round.clone(), rankings: vec![by_mentor] };
        town.foreman().batch_set_rankings(request).await.unwrap();

        let read = async |mut client: proto::mentoring::v1::mentoring_service_client::MentoringServiceClient<testkit::Caller>| {
            let request = pb::ListRankingsRequest { parent: round.clone(), ..Default::default() };
            let rankings = client.list_rankings(request).await.unwrap().into_inner().rankings;
            rankings.into_iter().map(|ranking| ranking.author).collect::<Vec<_>>()
        };
        assert_eq!(read(town.dean()).await, [name("enrolments", 1)]);
        assert_eq!(read(town.foreman()).await, std::slice::from_ref(&other));
        assert_eq!(read(town.bureau()).await.len(), 2);
        assert!(read(town.who("clerk", STRANGER, Role::School)).await.is_empty());
        town.close(&round).await;
        assert_eq!(town.solve(&round).await.matched_academic, 1, "no longer excluded");
    }
}

#[tokio::test]
async fn a_ranking_names_who_can_be_paired_and_is_given_by_who_speaks_for_its_author() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 5)]).await.remove(0).name;
        let steel = pb::Mentor { organisation: MILL.into(), chain: "steel".into(), ..enterprise(3, 5) };
        let foreign = town.register(vec![steel]).await.remove(0).name;
        town.enrol(1, 1..2).await;
        town.enrol(2, 5..6).await;
        let round = town.open(1).await.name;
        let enrolment = name("enrolments", 1);
        let wrong = [
            (student(1, &[&one, &one]), "NAMED_TWICE", "rankings[0]"),
            (pb::Ranking { excluded: vec![one.clone()], ..student(1, &[&one]) }, "NAMED_TWICE", "rankings[0]"),
            (student(1, &[&foreign]), "NOT_IN_ROUND", "rankings[0].ranked[0]"),
            (student(1, &[&one, &name("mentors", 0xfff)]), "NOT_IN_ROUND", "rankings[0].ranked[1]"),
            (never(&one, &name("enrolments", 5)), "NOT_IN_ROUND", "rankings[0].excluded[0]"),
            (never(&foreign, &enrolment), "NOT_IN_ROUND", "rankings[0].excluded[0]"),
            (student(5, &[&one]), "NOT_IN_ROUND", "rankings[0].author"),
            (never(&name("mentors", 0xfff), &enrolment), "NOT_IN_ROUND", "rankings[0].author"),
        ];
        for (ranking, why, on) in wrong {
            refused(&town.rank(&round, vec![ranking]).await.unwrap_err(), why, on);
        }
        let malformed = [
            (student(1, &["mentors/1"]), "RESOURCE_NAME", "rankings[0].ranked[0]"),
            (pb::Ranking { author: "x".into(), ..Default::default() }, "RESOURCE_NAME", "rankings[0].author"),
            (pb::Ranking { ranked: vec![one.clone(); 51], ..student(1, &[]) }, "TOO_MANY", "rankings[0].ranked"),
        ];
        for (ranking, why, on) in malformed {
            let status = town.rank(&round, vec![ranking]).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        assert_eq!(reason(&town.rank(&round, vec![]).await.unwrap_err()), "BATCH_SIZE");
        assert_eq!(town.rank(&name("rounds", 9), vec![student(1, &[])]).await.unwrap_err().code(), Code::NotFound);

        let by = async |mut client: proto::mentoring::v1::mentoring_service_client::MentoringServiceClient<testkit::Caller>,
                        ranking: pb::Ranking| {
            let request = pb::BatchSetRankingsRequest { parent: round.clone(), rankings: vec![ranking] };
            client.batch_set_rankings(request).await.map(|_| ()).map_err(|status| (status.code(), field(&status)))
        };
        let not_yours = Err((Code::NotFound, "rankings[0].author".to_owned()));
        assert_eq!(by(town.foreman(), student(1, &[&one])).await, not_yours, "the school speaks for its students");
        assert_eq!(by(town.foreman(), never(&one, &enrolment)).await, not_yours, "and for its mentors");
        assert_eq!(by(town.dean(), never(&one, &enrolment)).await, Ok(()));

        town.close(&round).await;
        refused(&town.rank(&round, vec![student(1, &[&one])]).await.unwrap_err(), "PREFERENCES_CLOSED", &round);
        let close = pb::ClosePreferencesRequest { name: round.clone(), ..Default::default() };
        refused(&town.dean().close_preferences(close).await.unwrap_err(), "PREFERENCES_CLOSED", &round);
    }
}

#[tokio::test]
async fn the_two_mentors_of_a_student_are_of_the_same_place_where_the_round_says_so() {
    for town in Town::both().await {
        let of = |place: &str, mentor: pb::Mentor| pb::Mentor { place: place.into(), ..mentor };
        town.register(vec![of("north", academic(1, 1)), of("south", academic(2, 1))]).await;
        town.register(vec![of("north", enterprise(3, 2))]).await;
        town.enrol(1, 1..3).await;
        let round = pb::Round { class: name("classes", 1), same_place: true, ..Default::default() };
        let round = town.open_as(round).await.name;
        town.close(&round).await;
        let run = town.solve(&round).await;
        assert_eq!((run.matched_academic + run.matched_enterprise, run.bound_matched), (3, 4));
        assert_eq!(run.proof(), pb::Proof::Bounded, "what it cost to make the two go together is told");
        let left_over = town.proposals(&run).await.into_iter().find(|proposal| proposal.mentor.is_empty()).unwrap();
        let why = town.dean().explain_proposal(pb::ExplainProposalRequest { name: left_over.name }).await.unwrap().into_inner();
        let mut obstacles: Vec<_> = why.better.iter().map(pb::BetterChoice::obstacle).collect();
        obstacles.sort();
        assert_eq!(obstacles, [pb::Obstacle::Taken, pb::Obstacle::Incompatible]);
        town.try_publish(&run).await.unwrap();
        town.verify().await;
        // When the one from the enterprise leaves, nothing holds the two of the school back.
        town.employed_and_left(3, FACTORY).await;
        town.verify().await;
        assert_eq!(town.loads().await.into_values().collect::<Vec<_>>(), [1, 1, 0]);
    }
}

#[tokio::test]
async fn a_dry_run_is_published_in_its_own_round_only() {
    for town in Town::both().await {
        town.enrol(1, 1..2).await;
        town.enrol(2, 2..3).await;
        let (one, other) = (town.closed(1).await.name, town.closed(2).await.name);
        let run = town.solve(&one).await;
        let foreign = pb::Run { round: other.clone(), ..run.clone() };
        refused(&town.try_publish(&foreign).await.unwrap_err(), "FOREIGN_RUN", "run");
        let unknown = pb::Run { name: name("runs", 9), ..run };
        refused(&town.try_publish(&unknown).await.unwrap_err(), "FOREIGN_RUN", "run");
        let missing = town.dean().get_run(pb::GetRunRequest { name: name("runs", 9) }).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
        let missing = pb::ExplainProposalRequest { name: name("proposals", 9) };
        assert_eq!(town.dean().explain_proposal(missing).await.unwrap_err().code(), Code::NotFound);
        let round = pb::Round { class: name("classes", 2), objection_days: 61, ..Default::default() };
        let status = town.dean().create_round(pb::CreateRoundRequest { round: Some(round) }).await.unwrap_err();
        assert_eq!((reason(&status).as_str(), field(&status).as_str()), ("OUT_OF_RANGE", "round.objection_days"));
        let solve = pb::SolveRoundRequest { name: other, objective: 7, ..Default::default() };
        assert_eq!(reason(&town.dean().solve_round(solve).await.unwrap_err()), "ENUM_UNKNOWN");
    }
}
