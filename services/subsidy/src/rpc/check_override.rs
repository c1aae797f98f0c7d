//! Overrides of checks on the wire.

use crate::app::{ConfirmCheckOverride, CreateCheckOverride, FindCheckOverride, ListCheckOverrides, Listed};
use crate::domain::{CheckName, CheckOverrideId, ClaimId, OverrideReason};
use crate::store::check_override::{Filter, Stored};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{date, parse_date_optional, parse_text, timestamp, unknown_enum};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::CreateCheckOverrideRequest> for CreateCheckOverride {
    type Error = Error;
    fn try_from(request: pb::CreateCheckOverrideRequest) -> Result<Self, Error> {
        let asked = request
            .check_override
            .ok_or_else(|| Error::required("check_override", "an override with its claim, check, reason and document"))?;
        let reason = match pb::OverrideReason::try_from(asked.reason) {
            Ok(pb::OverrideReason::NotTheSame) => OverrideReason::NotTheSame,
            Ok(pb::OverrideReason::GivenBack) => OverrideReason::GivenBack,
            Ok(pb::OverrideReason::NoRecord) => OverrideReason::NoRecord,
            Ok(pb::OverrideReason::Decision) => OverrideReason::Decision,
            Ok(pb::OverrideReason::Unspecified) => {
                return Err(Error::required("check_override.reason", "why the check is to count as passed"));
            }
            Err(_) => return Err(unknown_enum("check_override.reason", asked.reason)),
        };
        let check = parse_text("check_override.check", asked.check, 40)?;
        Ok(Self {
            claim: ClaimId::parse("check_override.claim", &asked.claim)?,
            check: CheckName::try_from(check.clone()).map_err(|_| {
                let (en, zh) = (format!("there is no check `{check}`"), format!("没有检查“{check}”"));
                Error::invalid("check_override.check", "CHECK_UNKNOWN", en, zh)
            })?,
            reason,
            document: parse_text("check_override.document", asked.document, 200)?,
            expires_on: parse_date_optional("check_override.expire_date", asked.expire_date)?,
        })
    }
}

impl TryFrom<pb::ConfirmCheckOverrideRequest> for ConfirmCheckOverride {
    type Error = Error;
    fn try_from(request: pb::ConfirmCheckOverrideRequest) -> Result<Self, Error> {
        CheckOverrideId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::GetCheckOverrideRequest> for FindCheckOverride {
    type Error = Error;
    fn try_from(request: pb::GetCheckOverrideRequest) -> Result<Self, Error> {
        CheckOverrideId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListCheckOverridesRequest> for ListCheckOverrides {
    type Error = Error;
    fn try_from(request: pb::ListCheckOverridesRequest) -> Result<Self, Error> {
        let filter = Filter { claim: ClaimId::parse_optional("claim", &request.claim)?, unconfirmed: request.unconfirmed };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<OverrideReason> for pb::OverrideReason {
    fn from(reason: OverrideReason) -> Self {
        match reason {
            OverrideReason::NotTheSame => Self::NotTheSame,
            OverrideReason::GivenBack => Self::GivenBack,
            OverrideReason::NoRecord => Self::NoRecord,
            OverrideReason::Decision => Self::Decision,
        }
    }
}

impl From<Stored> for pb::CheckOverride {
    fn from(stored: Stored) -> Self {
        let one = stored.one;
        Self {
            name: one.id.to_string(),
            claim: one.claim.to_string(),
            check: one.check.to_string(),
            reason: pb::OverrideReason::from(one.reason).into(),
            document: one.document,
            expire_date: Some(date(one.expires_on)),
            requested_by: one.requested_by,
            confirmed_by: one.confirmed_by.unwrap_or_default(),
            create_time: Some(timestamp(stored.requested_at)),
            confirm_time: stored.confirmed_at.map(timestamp),
        }
    }
}

impl From<Listed<Stored>> for pb::ListCheckOverridesResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { check_overrides: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
