//! Requests about pairings: objections to them, and the guidance given in them.

use super::{BATCH, parse_month, parse_waivers, parse_word};
use crate::app::{
    Asked, ConfirmGuidance, DecideObjection, FindPairing, ListGuidance, ListGuidanceMonths, ListObjections, ListPairings,
    RaiseObjection, RecordGuidance, WithdrawGuidance,
};
use crate::domain::{
    ClassId, Guidance, GuidanceRecordId, Kind, MentorId, ObjectionGround, ObjectionId, ObjectionState, PairingId, PairingState,
    PersonId, RoundId,
};
use crate::store::{guidance, guidance_month, objection, pairing};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_date, parse_within, unknown_enum};
use proto::mentoring::v1 as pb;

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
        kind: parse_word("kind", &record.kind, Kind::ALL)?,
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

impl TryFrom<pb::CreateObjectionRequest> for RaiseObjection {
    type Error = Error;
    fn try_from(request: pb::CreateObjectionRequest) -> Result<Self, Error> {
        let objection = request.objection.ok_or_else(|| Error::required("objection", "the objection to raise"))?;
        Ok(Self {
            pairing: PairingId::parse("objection.pairing", &objection.pairing)?,
            ground: parse_word("objection.ground", &objection.ground, ObjectionGround::ALL)?,
        })
    }
}

impl TryFrom<pb::UpholdObjectionRequest> for DecideObjection {
    type Error = Error;
    fn try_from(request: pb::UpholdObjectionRequest) -> Result<Self, Error> {
        Ok(Self { objection: ObjectionId::parse("name", &request.name)?, upheld: true })
    }
}

impl TryFrom<pb::DismissObjectionRequest> for DecideObjection {
    type Error = Error;
    fn try_from(request: pb::DismissObjectionRequest) -> Result<Self, Error> {
        Ok(Self { objection: ObjectionId::parse("name", &request.name)?, upheld: false })
    }
}

impl TryFrom<pb::ListObjectionsRequest> for ListObjections {
    type Error = Error;
    fn try_from(request: pb::ListObjectionsRequest) -> Result<Self, Error> {
        let state = match pb::ObjectionState::try_from(request.state) {
            Ok(pb::ObjectionState::Unspecified) => None,
            Ok(pb::ObjectionState::Open) => Some(ObjectionState::Open),
            Ok(pb::ObjectionState::Upheld) => Some(ObjectionState::Upheld),
            Ok(pb::ObjectionState::Dismissed) => Some(ObjectionState::Dismissed),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = objection::Filter { organisation: None, round: RoundId::parse_optional("round", &request.round)?, state };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::WithdrawGuidanceRecordRequest> for WithdrawGuidance {
    type Error = Error;
    fn try_from(request: pb::WithdrawGuidanceRecordRequest) -> Result<Self, Error> {
        GuidanceRecordId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::BatchConfirmGuidanceRequest> for ConfirmGuidance {
    type Error = Error;
    fn try_from(request: pb::BatchConfirmGuidanceRequest) -> Result<Self, Error> {
        let months = parse_batch("guidance_months", request.guidance_months, BATCH)?;
        let parse = |(at, month)| parse_asked(month).map_err(|error: Error| error.within(&format!("guidance_months[{at}]")));
        Ok(Self { months: months.into_iter().enumerate().map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse_asked(asked: pb::GuidanceMonth) -> Result<Asked, Error> {
    Ok(Asked {
        pairing: PairingId::parse("pairing", &asked.pairing)?,
        month: parse_month(&asked.month)?,
        waivers: parse_waivers(asked.waivers)?,
    })
}

impl TryFrom<pb::ListGuidanceMonthsRequest> for ListGuidanceMonths {
    type Error = Error;
    fn try_from(request: pb::ListGuidanceMonthsRequest) -> Result<Self, Error> {
        let filter = guidance_month::Filter {
            organisation: None,
            pairing: PairingId::parse_optional("pairing", &request.pairing)?,
            mentor: MentorId::parse_optional("mentor", &request.mentor)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
