//! Objections on the wire.

use crate::app::{CreateObjection, FindObjection, ListObjections, Listed, ResolveObjection};
use crate::domain::{ClaimId, Ground, ObjectionId, ObjectionState};
use crate::store::objection::{Filter, Stored};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_text, timestamp, unknown_enum};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::CreateClaimObjectionRequest> for CreateObjection {
    type Error = Error;
    fn try_from(request: pb::CreateClaimObjectionRequest) -> Result<Self, Error> {
        let objection = request
            .claim_objection
            .ok_or_else(|| Error::required("claim_objection", "an objection with its claim and ground"))?;
        let ground = match pb::ObjectionGround::try_from(objection.ground) {
            Ok(pb::ObjectionGround::NotEligible) => Ground::NotEligible,
            Ok(pb::ObjectionGround::WrongAmount) => Ground::WrongAmount,
            Ok(pb::ObjectionGround::PaidElsewhere) => Ground::PaidElsewhere,
            Ok(pb::ObjectionGround::FalseEvidence) => Ground::FalseEvidence,
            Ok(pb::ObjectionGround::Other) => Ground::Other,
            Ok(pb::ObjectionGround::Unspecified) => return Err(Error::required("claim_objection.ground", "what is objected")),
            Err(_) => return Err(unknown_enum("claim_objection.ground", objection.ground)),
        };
        Ok(Self { claim: ClaimId::parse("claim_objection.claim", &objection.claim)?, ground })
    }
}

macro_rules! resolve {
    ($($request:ident => $upheld:literal),+) => {$(
        impl TryFrom<pb::$request> for ResolveObjection {
            type Error = Error;
            fn try_from(request: pb::$request) -> Result<Self, Error> {
                let objection = ObjectionId::parse("name", &request.name)?;
                Ok(Self { objection, upheld: $upheld, reason: parse_text("reason", request.reason, 500)? })
            }
        }
    )+};
}
resolve!(UpholdClaimObjectionRequest => true, DismissClaimObjectionRequest => false);

impl TryFrom<pb::GetClaimObjectionRequest> for FindObjection {
    type Error = Error;
    fn try_from(request: pb::GetClaimObjectionRequest) -> Result<Self, Error> {
        ObjectionId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListClaimObjectionsRequest> for ListObjections {
    type Error = Error;
    fn try_from(request: pb::ListClaimObjectionsRequest) -> Result<Self, Error> {
        let state = match pb::ObjectionState::try_from(request.state) {
            Ok(pb::ObjectionState::Unspecified) => None,
            Ok(pb::ObjectionState::Open) => Some(ObjectionState::Open),
            Ok(pb::ObjectionState::Upheld) => Some(ObjectionState::Upheld),
            Ok(pb::ObjectionState::Dismissed) => Some(ObjectionState::Dismissed),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = Filter { claim: ClaimId::parse_optional("claim", &request.claim)?, state, organisation: None };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<Ground> for pb::ObjectionGround {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::NotEligible => Self::NotEligible,
            Ground::WrongAmount => Self::WrongAmount,
            Ground::PaidElsewhere => Self::PaidElsewhere,
            Ground::FalseEvidence => Self::FalseEvidence,
            Ground::Other => Self::Other,
        }
    }
}

impl From<ObjectionState> for pb::ObjectionState {
    fn from(state: ObjectionState) -> Self {
        match state {
            ObjectionState::Open => Self::Open,
            ObjectionState::Upheld => Self::Upheld,
            ObjectionState::Dismissed => Self::Dismissed,
        }
    }
}

impl From<Stored> for pb::ClaimObjection {
    fn from(stored: Stored) -> Self {
        let objection = stored.objection;
        Self {
            name: objection.id.to_string(),
            claim: objection.claim.to_string(),
            ground: pb::ObjectionGround::from(objection.ground).into(),
            state: pb::ObjectionState::from(objection.state).into(),
            objected_by: objection.objected_by,
            resolved_by: objection.resolved_by.unwrap_or_default(),
            reason: objection.reason.unwrap_or_default(),
            create_time: Some(timestamp(stored.created_at)),
            resolve_time: stored.resolved_at.map(timestamp),
        }
    }
}

impl From<Listed<Stored>> for pb::ListClaimObjectionsResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { claim_objections: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
