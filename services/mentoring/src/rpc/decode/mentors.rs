//! Requests about mentors.

use super::{BATCH, parse_code, parse_codes, parse_etag, parse_side, parse_waivers, parse_word};
use crate::app::{
    ApproveRematch, FindMentor, ListConflicts, ListMentors, ListRematches, NewConflict, NewMentor, RegisterConflicts,
    RegisterMentors, ResumeMentor, ReviseMentor, SuspendMentor, WithdrawConflict,
};
use crate::domain::{
    Codes, ConflictId, Ground, MentorId, MentorState, OrganisationId, Other, PersonId, Profile, ProgrammeId, RematchId,
    RematchState, Side,
};
use crate::store::mentor;
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_within, unknown_enum};
use proto::mentoring::v1 as pb;

impl TryFrom<pb::BatchCreateMentorsRequest> for RegisterMentors {
    type Error = Error;
    fn try_from(request: pb::BatchCreateMentorsRequest) -> Result<Self, Error> {
        let mentors = parse_batch("mentors", request.mentors, BATCH)?;
        let parse = |(at, mentor)| parse_new(mentor).map_err(|error: Error| error.within(&format!("mentors[{at}]")));
        let mentors: Vec<NewMentor> = mentors.into_iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        let organisation = mentors.first().map(|first| first.profile.organisation);
        let organisation = organisation.ok_or_else(|| Error::required("mentors", "at least one mentor"))?;
        if let Some(at) = mentors.iter().position(|new| new.profile.organisation != organisation) {
            return Err(Error::invalid(
                &format!("mentors[{at}].organisation"),
                "SEVERAL_ORGANISATIONS",
                "a batch registers mentors of one organisation",
                "每批只能登记同一单位的导师",
            )
            .way_out("send a batch for each organisation", "请按单位分批提交"));
        }
        Ok(Self { organisation, mentors })
    }
}

fn parse_new(mut mentor: pb::Mentor) -> Result<NewMentor, Error> {
    let waivers = parse_waivers(std::mem::take(&mut mentor.waivers))?;
    let profile = Profile {
        person: PersonId::parse("person", &mentor.person)?,
        organisation: OrganisationId::parse("organisation", &mentor.organisation)?,
        side: parse_side(mentor.side)?.ok_or_else(|| Error::required("side", "SIDE_ACADEMIC or SIDE_ENTERPRISE"))?,
        ..parse_profile(mentor)?
    };
    Ok(NewMentor { profile, waivers })
}

/// What can be changed of a mentor; who it is, is given elsewhere.
fn parse_profile(mentor: pb::Mentor) -> Result<Profile, Error> {
    let programmes = parse_codes("programmes", mentor.programmes)?;
    for (at, programme) in programmes.iter().enumerate() {
        ProgrammeId::parse(&format!("programmes[{at}]"), programme)?;
    }
    Ok(Profile {
        person: PersonId::unset(),
        organisation: OrganisationId::unset(),
        side: Side::Academic,
        capacity: i64::from(parse_within("capacity", mentor.capacity, 1..=50, "students at once")?),
        chain: parse_code("chain", mentor.chain)?,
        programmes: Codes::new(programmes),
        skills: Codes::new(parse_codes("skills", mentor.skills)?),
        place: parse_code("place", mentor.place)?,
        title: parse_code("title", mentor.title)?,
        years: i64::from(parse_within("years", mentor.years, 0..=60, "years of work")?),
        languages: Codes::new(parse_codes("languages", mentor.languages)?),
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
            Ok(pb::MentorState::Suspended) => Some(MentorState::Suspended),
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

impl TryFrom<pb::BatchCreateConflictsRequest> for RegisterConflicts {
    type Error = Error;
    fn try_from(request: pb::BatchCreateConflictsRequest) -> Result<Self, Error> {
        let conflicts = parse_batch("conflicts", request.conflicts, BATCH)?;
        let parse = |(at, conflict)| parse_conflict(&conflict).map_err(|error| error.within(&format!("conflicts[{at}]")));
        Ok(Self { conflicts: conflicts.into_iter().enumerate().map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse_conflict(conflict: &pb::Conflict) -> Result<NewConflict, Error> {
    let other = if conflict.other.starts_with("mentors/") {
        Other::Mentor(MentorId::parse("other", &conflict.other)?)
    } else {
        Other::Person(PersonId::parse("other", &conflict.other)?)
    };
    Ok(NewConflict {
        mentor: MentorId::parse("mentor", &conflict.mentor)?,
        other,
        ground: parse_word("ground", &conflict.ground, Ground::ALL)?,
    })
}

impl TryFrom<pb::WithdrawConflictRequest> for WithdrawConflict {
    type Error = Error;
    fn try_from(request: pb::WithdrawConflictRequest) -> Result<Self, Error> {
        ConflictId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListConflictsRequest> for ListConflicts {
    type Error = Error;
    fn try_from(request: pb::ListConflictsRequest) -> Result<Self, Error> {
        let mentor = MentorId::parse_optional("mentor", &request.mentor)?;
        Ok(Self { mentor, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ReviseMentorRequest> for ReviseMentor {
    type Error = Error;
    fn try_from(request: pb::ReviseMentorRequest) -> Result<Self, Error> {
        let id = MentorId::parse("name", &request.name)?;
        let mut mentor = request.mentor.ok_or_else(|| Error::required("mentor", "the mentor as it shall be"))?;
        let within = |error: Error| error.within("mentor");
        let waivers = parse_waivers(std::mem::take(&mut mentor.waivers)).map_err(within)?;
        let profile = parse_profile(mentor).map_err(within)?;
        Ok(Self { mentor: id, profile, waivers, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::SuspendMentorRequest> for SuspendMentor {
    type Error = Error;
    fn try_from(request: pb::SuspendMentorRequest) -> Result<Self, Error> {
        MentorId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ResumeMentorRequest> for ResumeMentor {
    type Error = Error;
    fn try_from(request: pb::ResumeMentorRequest) -> Result<Self, Error> {
        MentorId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ApproveRematchRequest> for ApproveRematch {
    type Error = Error;
    fn try_from(request: pb::ApproveRematchRequest) -> Result<Self, Error> {
        RematchId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListRematchesRequest> for ListRematches {
    type Error = Error;
    fn try_from(request: pb::ListRematchesRequest) -> Result<Self, Error> {
        let state = match pb::RematchState::try_from(request.state) {
            Ok(pb::RematchState::Unspecified) => None,
            Ok(pb::RematchState::Waiting) => Some(RematchState::Waiting),
            Ok(pb::RematchState::Approved) => Some(RematchState::Approved),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        Ok(Self { state, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
