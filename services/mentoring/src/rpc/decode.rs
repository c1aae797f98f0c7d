//! From requests to commands.

use crate::app::{
    CreateRound, FindMentor, FindPairing, FindRound, ListGuidance, ListMentors, ListPairings, ListProposals, ListRounds,
    PublishRound, RecordGuidance, RegisterMentors, SolveRound,
};
use crate::domain::{
    ClassId, Codes, Guidance, Kind, MentorId, MentorState, OrganisationId, PairingId, PairingState, PersonId, Profile,
    ProgrammeId, RoundId, Side,
};
use crate::store::{guidance, mentor, pairing};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_date, parse_text, parse_within, unknown_enum};
use proto::mentoring::v1 as pb;

/// The most elements of a batch.
const BATCH: usize = 1000;
/// The most codes of one kind on a mentor.
const CODES: usize = 50;
/// The longest code.
const CODE: usize = 64;

impl TryFrom<pb::BatchCreateMentorsRequest> for RegisterMentors {
    type Error = Error;
    fn try_from(request: pb::BatchCreateMentorsRequest) -> Result<Self, Error> {
        let mentors = parse_batch("mentors", request.mentors, BATCH)?;
        let profile = |(at, mentor)| parse_profile(mentor).map_err(|error: Error| error.within(&format!("mentors[{at}]")));
        let profiles: Vec<Profile> = mentors.into_iter().enumerate().map(profile).collect::<Result<_, _>>()?;
        let organisation = profiles.first().map(|first| first.organisation);
        let organisation = organisation.ok_or_else(|| Error::required("mentors", "at least one mentor"))?;
        if let Some(at) = profiles.iter().position(|profile| profile.organisation != organisation) {
            return Err(Error::invalid(
                &format!("mentors[{at}].organisation"),
                "SEVERAL_ORGANISATIONS",
                "a batch registers mentors of one organisation",
                "每批只能登记同一单位的导师",
            )
            .way_out("send a batch for each organisation", "请按单位分批提交"));
        }
        Ok(Self { organisation, profiles })
    }
}

fn parse_profile(mentor: pb::Mentor) -> Result<Profile, Error> {
    let programmes = parse_codes("programmes", mentor.programmes)?;
    for (at, programme) in programmes.iter().enumerate() {
        ProgrammeId::parse(&format!("programmes[{at}]"), programme)?;
    }
    Ok(Profile {
        person: PersonId::parse("person", &mentor.person)?,
        organisation: OrganisationId::parse("organisation", &mentor.organisation)?,
        side: parse_side(mentor.side)?.ok_or_else(|| Error::required("side", "SIDE_ACADEMIC or SIDE_ENTERPRISE"))?,
        capacity: i64::from(parse_within("capacity", mentor.capacity, 1..=50, "students at once")?),
        chain: parse_code("chain", mentor.chain)?,
        programmes: Codes::new(programmes),
        skills: Codes::new(parse_codes("skills", mentor.skills)?),
        place: parse_code("place", mentor.place)?,
    })
}

fn parse_codes(field: &str, codes: Vec<String>) -> Result<Vec<String>, Error> {
    if codes.len() > CODES {
        return Err(Error::invalid(
            field,
            "TOO_MANY",
            format!("`{field}` holds {} codes: expected at most {CODES}", codes.len()),
            format!("`{field}` 有 {} 个代码，最多 {CODES} 个", codes.len()),
        ));
    }
    codes.into_iter().enumerate().map(|(at, code)| parse_text(&format!("{field}[{at}]"), code, CODE)).collect()
}

/// A code that may be left out.
fn parse_code(field: &str, code: String) -> Result<String, Error> {
    if code.trim().is_empty() { Ok(String::new()) } else { parse_text(field, code, CODE) }
}

fn parse_etag(etag: String) -> Option<String> {
    Some(etag).filter(|etag| !etag.is_empty())
}

fn parse_side(side: i32) -> Result<Option<Side>, Error> {
    Ok(match pb::Side::try_from(side) {
        Ok(pb::Side::Unspecified) => None,
        Ok(pb::Side::Academic) => Some(Side::Academic),
        Ok(pb::Side::Enterprise) => Some(Side::Enterprise),
        Err(_) => return Err(unknown_enum("side", side)),
    })
}

impl TryFrom<pb::GetMentorRequest> for FindMentor {
    type Error = Error;
    fn try_from(request: pb::GetMentorRequest) -> Result<Self, Error> {
        MentorId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListMentorsRequest> for ListMentors {
    type Error = Error;
    fn try_from(request: pb::ListMentorsRequest) -> Result<Self, Error> {
        let state = match pb::MentorState::try_from(request.state) {
            Ok(pb::MentorState::Unspecified) => None,
            Ok(pb::MentorState::Active) => Some(MentorState::Active),
            Ok(pb::MentorState::Closed) => Some(MentorState::Closed),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = mentor::Filter {
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
            side: parse_side(request.side)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::CreateRoundRequest> for CreateRound {
    type Error = Error;
    fn try_from(request: pb::CreateRoundRequest) -> Result<Self, Error> {
        let round = request.round.ok_or_else(|| Error::required("round", "the round to open"))?;
        Ok(Self { class: ClassId::parse("round.class", &round.class)?, place: parse_code("round.place", round.place)? })
    }
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

impl TryFrom<pb::SolveRoundRequest> for SolveRound {
    type Error = Error;
    fn try_from(request: pb::SolveRoundRequest) -> Result<Self, Error> {
        Ok(Self { round: RoundId::parse("name", &request.name)?, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::ListProposalsRequest> for ListProposals {
    type Error = Error;
    fn try_from(request: pb::ListProposalsRequest) -> Result<Self, Error> {
        let round = RoundId::parse("parent", &request.parent)?;
        Ok(Self { round, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::PublishRoundRequest> for PublishRound {
    type Error = Error;
    fn try_from(request: pb::PublishRoundRequest) -> Result<Self, Error> {
        Ok(Self { round: RoundId::parse("name", &request.name)?, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::GetPairingRequest> for FindPairing {
    type Error = Error;
    fn try_from(request: pb::GetPairingRequest) -> Result<Self, Error> {
        PairingId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListPairingsRequest> for ListPairings {
    type Error = Error;
    fn try_from(request: pb::ListPairingsRequest) -> Result<Self, Error> {
        let state = match pb::PairingState::try_from(request.state) {
            Ok(pb::PairingState::Unspecified) => None,
            Ok(pb::PairingState::Active) => Some(PairingState::Active),
            Ok(pb::PairingState::Vacant) => Some(PairingState::Vacant),
            Ok(pb::PairingState::Ended) => Some(PairingState::Ended),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = pairing::Filter {
            organisation: None,
            class: ClassId::parse_optional("class", &request.class)?,
            mentor: MentorId::parse_optional("mentor", &request.mentor)?,
            student: PersonId::parse_optional("student", &request.student)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::BatchCreateGuidanceRecordsRequest> for RecordGuidance {
    type Error = Error;
    fn try_from(request: pb::BatchCreateGuidanceRecordsRequest) -> Result<Self, Error> {
        let records = parse_batch("guidance_records", request.guidance_records, BATCH)?;
        let guidance = |(at, record)| parse_guidance(&record).map_err(|error| error.within(&format!("guidance_records[{at}]")));
        Ok(Self { records: records.into_iter().enumerate().map(guidance).collect::<Result<_, _>>()? })
    }
}

fn parse_guidance(record: &pb::GuidanceRecord) -> Result<Guidance, Error> {
    Ok(Guidance {
        pairing: PairingId::parse("pairing", &record.pairing)?,
        on: parse_date("date", record.date)?,
        minutes: parse_within("minutes", record.minutes, 1..=600, "minutes")?,
        kind: parse_kind(&record.kind)?,
    })
}

fn parse_kind(kind: &str) -> Result<Kind, Error> {
    Kind::try_from(kind.to_owned()).map_err(|_| {
        let known = Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        Error::invalid(
            "kind",
            "UNKNOWN_KIND",
            format!("`{kind}` is not a kind of guidance: expected {known}"),
            format!("“{kind}”不是指导类型，应为 {known} 之一"),
        )
    })
}

impl TryFrom<pb::ListGuidanceRecordsRequest> for ListGuidance {
    type Error = Error;
    fn try_from(request: pb::ListGuidanceRecordsRequest) -> Result<Self, Error> {
        let filter = guidance::Filter {
            organisation: None,
            pairing: PairingId::parse_optional("pairing", &request.pairing)?,
            mentor: MentorId::parse_optional("mentor", &request.mentor)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
