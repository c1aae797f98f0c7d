//! Requests about rounds: rankings, dry runs, weights.

use super::{BATCH, bounded, parse_code, parse_etag};
use crate::app::{
    ClosePreferences, CreateRound, ExplainProposal, FinalizeRound, FindRound, FindRun, ListProposals, ListRankings, ListRounds,
    ListRuns, ListWeights, PublishRound, SetRankings, SetWeights, SolveRound,
};
use crate::domain::{
    Choice, ClassId, EnrolmentId, MentorId, Objective, Order, OrganisationId, ProjectId, ProposalId, Ranking, Reach, RoundId,
    RunId, Weights,
};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_within, unknown_enum};
use proto::mentoring::v1 as pb;
use std::collections::BTreeSet;

/// Possible mentors looked at first, a student and side, unless the round says how many.
const CANDIDATES: i64 = 30;

impl TryFrom<pb::CreateRoundRequest> for CreateRound {
    type Error = Error;
    fn try_from(request: pb::CreateRoundRequest) -> Result<Self, Error> {
        let round = request.round.ok_or_else(|| Error::required("round", "the round to open"))?;
        Ok(Self {
            reach: parse_reach(&round)?,
            place: parse_code("round.place", round.place)?,
            same_place: round.same_place,
            objection_days: parse_within("round.objection_days", round.objection_days, 0..=60, "days")?.into(),
            candidates: match parse_within("round.candidates", round.candidates, 0..=200, "mentors a student and side")? {
                0 => CANDIDATES,
                some => some.into(),
            },
        })
    }
}

/// Reads whose students a round is of: one of the fields says it.
fn parse_reach(round: &pb::Round) -> Result<Reach, Error> {
    let said = [
        ("class", !round.class.is_empty()),
        ("classes", !round.classes.is_empty()),
        ("school", !round.school.is_empty()),
        ("enterprise", !round.enterprise.is_empty()),
        ("chain", !round.chain.trim().is_empty()),
        ("city", round.city),
    ];
    let mut said = said.into_iter().filter(|(_, said)| *said).map(|(field, _)| field);
    let field = said.next().ok_or_else(|| {
        Error::required("round.class", "a class; or one of classes, school, enterprise, chain, city in its place")
    })?;
    if let Some(other) = said.next() {
        return Err(Error::invalid(
            &format!("round.{other}"),
            "SEVERAL_REACHES",
            format!("`round.{field}` and `round.{other}` both say whose students the round is of"),
            format!("`round.{field}` 与 `round.{other}` 同时限定了轮次范围"),
        )
        .way_out("say it by one of them", "请只填写其中一项"));
    }
    Ok(match field {
        "class" => Reach::Class(ClassId::parse("round.class", &round.class)?),
        "classes" => Reach::Classes(parse_classes(&round.classes)?),
        "school" => Reach::School(OrganisationId::parse("round.school", &round.school)?),
        "enterprise" => Reach::Enterprise(OrganisationId::parse("round.enterprise", &round.enterprise)?),
        "chain" => Reach::Chain(parse_code("round.chain", round.chain.clone())?),
        _ => Reach::City,
    })
}

fn parse_classes(names: &[String]) -> Result<BTreeSet<ClassId>, Error> {
    let names = parse_batch("round.classes", names.to_vec(), BATCH)?;
    let mut classes = BTreeSet::new();
    for (at, name) in names.iter().enumerate() {
        let field = format!("round.classes[{at}]");
        if !classes.insert(ClassId::parse(&field, name)?) {
            let zh = format!("{name} 被重复填写");
            let twice = Error::invalid(&field, "NAMED_TWICE", format!("{name} is named twice"), zh);
            return Err(twice.way_out("name every class once", "每个班级只填写一次"));
        }
    }
    Ok(classes)
}

impl TryFrom<pb::GetRoundRequest> for FindRound {
    type Error = Error;
    fn try_from(request: pb::GetRoundRequest) -> Result<Self, Error> {
        RoundId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListRoundsRequest> for ListRounds {
    type Error = Error;
    fn try_from(request: pb::ListRoundsRequest) -> Result<Self, Error> {
        let class = ClassId::parse_optional("class", &request.class)?;
        Ok(Self { class, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::BatchSetRankingsRequest> for SetRankings {
    type Error = Error;
    fn try_from(request: pb::BatchSetRankingsRequest) -> Result<Self, Error> {
        let round = RoundId::parse("parent", &request.parent)?;
        let rankings = parse_batch("rankings", request.rankings, BATCH)?;
        let parse = |(at, ranking)| parse_ranking(ranking).map_err(|error: Error| error.within(&format!("rankings[{at}]")));
        Ok(Self { round, rankings: rankings.into_iter().enumerate().map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse_ranking(ranking: pb::Ranking) -> Result<Ranking, Error> {
    if ranking.author.starts_with("mentors/") {
        let author = MentorId::parse("author", &ranking.author)?;
        Ok(Ranking::OfMentor(author, parse_order(ranking.ranked, ranking.excluded, Id::parse)?))
    } else {
        let author = EnrolmentId::parse("author", &ranking.author)?;
        Ok(Ranking::OfStudent(author, parse_order(ranking.ranked, ranking.excluded, parse_choice)?))
    }
}

/// A project is ranked, and never excluded: who does not name it does not get it.
fn parse_choice(field: &str, name: &str) -> Result<Choice, Error> {
    if field.starts_with("ranked") && name.starts_with("projects/") {
        ProjectId::parse(field, name).map(Choice::Project)
    } else {
        MentorId::parse(field, name).map(Choice::Mentor)
    }
}

fn parse_order<T: Copy + Ord + ToString>(
    ranked: Vec<String>,
    excluded: Vec<String>,
    one: impl Fn(&str, &str) -> Result<T, Error>,
) -> Result<Order<T>, Error> {
    let parse = |field: &str, names: Vec<String>| -> Result<Vec<T>, Error> {
        let names = bounded(field, names)?;
        names.iter().enumerate().map(|(at, name)| one(&format!("{field}[{at}]"), name)).collect()
    };
    Ok(Order::new(parse("ranked", ranked)?, parse("excluded", excluded)?)?)
}

impl TryFrom<pb::ListRankingsRequest> for ListRankings {
    type Error = Error;
    fn try_from(request: pb::ListRankingsRequest) -> Result<Self, Error> {
        let round = RoundId::parse("parent", &request.parent)?;
        Ok(Self { round, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ClosePreferencesRequest> for ClosePreferences {
    type Error = Error;
    fn try_from(request: pb::ClosePreferencesRequest) -> Result<Self, Error> {
        Ok(Self { round: RoundId::parse("name", &request.name)?, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::SolveRoundRequest> for SolveRound {
    type Error = Error;
    fn try_from(request: pb::SolveRoundRequest) -> Result<Self, Error> {
        let objective = match pb::Objective::try_from(request.objective) {
            Ok(pb::Objective::Unspecified | pb::Objective::Optimal) => Objective::Optimal,
            Ok(pb::Objective::Stable) => Objective::Stable,
            Err(_) => return Err(unknown_enum("objective", request.objective)),
        };
        let version = parse_within("weights_version", request.weights_version, 0..=i32::MAX, "of the list of weights")?;
        Ok(Self {
            round: RoundId::parse("name", &request.name)?,
            objective,
            weights: Some(i64::from(version)).filter(|version| *version > 0),
            etag: parse_etag(request.etag),
        })
    }
}

impl TryFrom<pb::GetRunRequest> for FindRun {
    type Error = Error;
    fn try_from(request: pb::GetRunRequest) -> Result<Self, Error> {
        RunId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListRunsRequest> for ListRuns {
    type Error = Error;
    fn try_from(request: pb::ListRunsRequest) -> Result<Self, Error> {
        let round = RoundId::parse_optional("round", &request.round)?;
        Ok(Self { round, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListProposalsRequest> for ListProposals {
    type Error = Error;
    fn try_from(request: pb::ListProposalsRequest) -> Result<Self, Error> {
        let run = RunId::parse("parent", &request.parent)?;
        Ok(Self { run, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ExplainProposalRequest> for ExplainProposal {
    type Error = Error;
    fn try_from(request: pb::ExplainProposalRequest) -> Result<Self, Error> {
        ProposalId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::PublishRoundRequest> for PublishRound {
    type Error = Error;
    fn try_from(request: pb::PublishRoundRequest) -> Result<Self, Error> {
        let run = RunId::parse("run", &request.run)?;
        Ok(Self { round: RoundId::parse("name", &request.name)?, run, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::FinalizeRoundRequest> for FinalizeRound {
    type Error = Error;
    fn try_from(request: pb::FinalizeRoundRequest) -> Result<Self, Error> {
        Ok(Self { round: RoundId::parse("name", &request.name)?, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::CreateWeightsRequest> for SetWeights {
    type Error = Error;
    fn try_from(request: pb::CreateWeightsRequest) -> Result<Self, Error> {
        let given = request.weights.ok_or_else(|| Error::required("weights", "the weights to set"))?;
        let weight =
            |field: &str, value: i32| parse_within(&format!("weights.{field}"), value, 0..=1000, "of a weight").map(i64::from);
        let weights = Weights {
            version: 0,
            organisation: weight("organisation", given.organisation)?,
            programme: weight("programme", given.programme)?,
            chain: weight("chain", given.chain)?,
            place: weight("place", given.place)?,
            skills: weight("skills", given.skills)?,
            spare: weight("spare", given.spare)?,
            student_rank: weight("student_rank", given.student_rank)?,
            mentor_rank: weight("mentor_rank", given.mentor_rank)?,
            continuity: weight("continuity", given.continuity)?,
        };
        if weights.organisation + weights.programme + weights.chain + weights.place + weights.skills + weights.spare == 0 {
            return Err(Error::invalid(
                "weights",
                "ALL_ZERO",
                "organisation, programme, chain, place, skills and spare are all 0: where nobody ranks or was guided before, nothing would be judged",
                "单位、专业、产业链、地点、技能、余额的权重均为 0：无人填报志愿且无指导经历时将无从评判",
            )
            .way_out("let at least one of organisation to spare count", "请至少为一项（单位至余额）设置权重"));
        }
        Ok(Self(weights))
    }
}

impl TryFrom<pb::ListWeightsRequest> for ListWeights {
    type Error = Error;
    fn try_from(request: pb::ListWeightsRequest) -> Result<Self, Error> {
        Page::parse(request.page_size, &request.page_token).map(Self)
    }
}
