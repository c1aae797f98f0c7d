//! Requests about mentors.

use super::parse_word;
use super::{BATCH, parse_code, parse_codes, parse_side};
use crate::app::{FindMentor, ListConflicts, ListMentors, NewConflict, RegisterConflicts, RegisterMentors, WithdrawConflict};
use crate::domain::{Codes, ConflictId, Ground, MentorId, MentorState, OrganisationId, Other, PersonId, Profile, ProgrammeId};
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
