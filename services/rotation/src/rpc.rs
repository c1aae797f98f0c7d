//! The gRPC edge: decode, use case, encode. No rules.

use crate::app::{Apply, ChangeRotation, Find, List, Listed, Side, apply, change, find, list};
use crate::domain::{Application, Change, Commitment, OrganisationId, PersonId, RotationId, Share, State};
use crate::store::rotation::{Filter, Stored};
use chrono::NaiveDate;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{date, etag, parse_date, parse_text, timestamp};
use kit::{Calls, Error};
use pb::rotation_service_server::RotationService;
use proto::rotation::v1 as pb;
use tonic::{Request, Response, Status};

pub struct Rpc {
    pub calls: Calls,
}

type Answer = Result<Response<pb::Rotation>, Status>;

#[tonic::async_trait]
impl RotationService for Rpc {
    async fn create_rotation(&self, request: Request<pb::CreateRotationRequest>) -> Answer {
        self.calls.run(request, apply).await
    }
    async fn get_rotation(&self, request: Request<pb::GetRotationRequest>) -> Answer {
        self.calls.read(request, find).await
    }
    async fn list_rotations(
        &self,
        request: Request<pb::ListRotationsRequest>,
    ) -> Result<Response<pb::ListRotationsResponse>, Status> {
        self.calls.read(request, list).await
    }
    async fn approve_rotation(&self, request: Request<pb::ApproveRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn reject_rotation(&self, request: Request<pb::RejectRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn accept_rotation(&self, request: Request<pb::AcceptRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn decline_rotation(&self, request: Request<pb::DeclineRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn withdraw_rotation(&self, request: Request<pb::WithdrawRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn activate_rotation(&self, request: Request<pb::ActivateRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn complete_rotation(&self, request: Request<pb::CompleteRotationRequest>) -> Answer {
        self.calls.run(request, change).await
    }
    async fn end_rotation_early(&self, request: Request<pb::EndRotationEarlyRequest>) -> Answer {
        self.calls.run(request, change).await
    }
}

impl TryFrom<pb::CreateRotationRequest> for Apply {
    type Error = Error;
    fn try_from(request: pb::CreateRotationRequest) -> Result<Self, Error> {
        let asked = request.rotation.ok_or_else(|| Error::required("rotation", "the rotation applied for"))?;
        let application = Application {
            person: PersonId::parse("rotation.person", &asked.person)?,
            home: OrganisationId::parse("rotation.home_organisation", &asked.home_organisation)?,
            host: OrganisationId::parse("rotation.host_organisation", &asked.host_organisation)?,
            period: Commitment {
                start: parse_date("rotation.start_date", asked.start_date)?,
                end: parse_date("rotation.end_date", asked.end_date)?,
                share: parse_share(asked.share_percent)?,
            },
            post: parse_text("rotation.post", asked.post, 100)?,
        };
        if application.home == application.host {
            return Err(Error::invalid(
                "rotation.host_organisation",
                "SAME_ORGANISATION",
                "the host unit is the home unit: a rotation goes to another organisation",
                "接收单位不得与派出单位相同",
            ));
        }
        if application.period.start >= application.period.end {
            return Err(Error::invalid(
                "rotation.end_date",
                "EMPTY_RANGE",
                "`end_date` is the day after the last and must be later than `start_date`",
                "`end_date` 为最后一日的次日，必须晚于 `start_date`",
            ));
        }
        Ok(Self { application })
    }
}

fn parse_share(percent: i32) -> Result<Share, Error> {
    Share::new(percent).ok_or_else(|| {
        Error::invalid(
            "rotation.share_percent",
            "OUT_OF_RANGE",
            format!("`share_percent` is {percent}: expected 1 to 100 percent of full time"),
            format!("`share_percent` 为 {percent}，应为全职的 1% 至 100%"),
        )
    })
}

impl TryFrom<pb::GetRotationRequest> for Find {
    type Error = Error;
    fn try_from(request: pb::GetRotationRequest) -> Result<Self, Error> {
        RotationId::parse("name", &request.name).map(Find)
    }
}

impl TryFrom<pb::ListRotationsRequest> for List {
    type Error = Error;
    fn try_from(request: pb::ListRotationsRequest) -> Result<Self, Error> {
        let filter = Filter {
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
            person: PersonId::parse_optional("person", &request.person)?,
            state: parse_state(request.state)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

/// A step that needs no more than the rotation's name.
macro_rules! step {
    ($($request:ident => $side:ident, $change:expr;)+) => {$(
        impl TryFrom<pb::$request> for ChangeRotation {
            type Error = Error;
            fn try_from(request: pb::$request) -> Result<Self, Error> {
                let to_change: fn(&pb::$request) -> Result<Change, Error> = $change;
                Ok(Self {
                    change: to_change(&request)?,
                    rotation: RotationId::parse("name", &request.name)?,
                    etag: Some(request.etag).filter(|etag| !etag.is_empty()),
                    side: Side::$side,
                })
            }
        }
    )+};
}

step! {
    ApproveRotationRequest => Home, |_| Ok(Change::Approve { by: String::new() });
    RejectRotationRequest => Home, |request| Ok(Change::Reject { reason: parse_reason(&request.reason)? });
    AcceptRotationRequest => Host, |_| Ok(Change::Accept);
    DeclineRotationRequest => Host, |request| Ok(Change::Decline { reason: parse_reason(&request.reason)? });
    WithdrawRotationRequest => Either, |_| Ok(Change::Withdraw);
    ActivateRotationRequest => Host, |_| Ok(Change::Activate { today: NaiveDate::MIN });
    CompleteRotationRequest => Host, |_| Ok(Change::Complete { today: NaiveDate::MIN });
    EndRotationEarlyRequest => Either, |request| Ok(Change::EndEarly {
        on: parse_date("ended_on", request.ended_on)?,
        reason: parse_reason(&request.reason)?,
    });
}

fn parse_reason(reason: &str) -> Result<String, Error> {
    parse_text("reason", reason.to_owned(), 500)
}

fn parse_state(state: i32) -> Result<Option<State>, Error> {
    Ok(match pb::RotationState::try_from(state) {
        Ok(pb::RotationState::Unspecified) => None,
        Ok(pb::RotationState::Applied) => Some(State::Applied),
        Ok(pb::RotationState::Approved) => Some(State::Approved),
        Ok(pb::RotationState::Accepted) => Some(State::Accepted),
        Ok(pb::RotationState::Active) => Some(State::Active),
        Ok(pb::RotationState::Completed) => Some(State::Completed),
        Ok(pb::RotationState::Rejected) => Some(State::Rejected),
        Ok(pb::RotationState::Declined) => Some(State::Declined),
        Ok(pb::RotationState::Withdrawn) => Some(State::Withdrawn),
        Ok(pb::RotationState::EndedEarly) => Some(State::EndedEarly),
        Err(_) => return Err(kit::wire::unknown_enum("state", state)),
    })
}

impl From<State> for pb::RotationState {
    fn from(state: State) -> Self {
        match state {
            State::Applied => Self::Applied,
            State::Approved => Self::Approved,
            State::Accepted => Self::Accepted,
            State::Active => Self::Active,
            State::Completed => Self::Completed,
            State::Rejected => Self::Rejected,
            State::Declined => Self::Declined,
            State::Withdrawn => Self::Withdrawn,
            State::EndedEarly => Self::EndedEarly,
        }
    }
}

impl From<Stored> for pb::Rotation {
    fn from(stored: Stored) -> Self {
        let rotation = stored.rotation;
        let application = rotation.application;
        Self {
            name: rotation.id.to_string(),
            person: application.person.to_string(),
            home_organisation: application.home.to_string(),
            host_organisation: application.host.to_string(),
            start_date: Some(date(application.period.start)),
            end_date: Some(date(application.period.end)),
            share_percent: i32::from(application.period.share.percent()),
            post: application.post,
            state: pb::RotationState::from(rotation.state).into(),
            credited_days: i32::try_from(rotation.credited_days.unwrap_or_default()).unwrap_or(i32::MAX),
            ended_on: rotation.ended_on.map(date),
            reason: rotation.reason.unwrap_or_default(),
            etag: etag(rotation.version),
            create_time: Some(timestamp(stored.created_at)),
            update_time: Some(timestamp(stored.updated_at)),
        }
    }
}

impl From<Listed> for pb::ListRotationsResponse {
    fn from(listed: Listed) -> Self {
        Self { rotations: listed.rotations.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
