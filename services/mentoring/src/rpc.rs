//! The gRPC edge: decode, use case, encode. No rules.

mod decode;
mod encode;

use crate::app;
use kit::Calls;
use pb::mentoring_service_server::MentoringService;
use proto::mentoring::v1 as pb;
use tonic::{Request, Response, Status};

pub struct Rpc {
    pub calls: Calls,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl MentoringService for Rpc {
    async fn batch_create_mentors(
        &self,
        request: Request<pb::BatchCreateMentorsRequest>,
    ) -> Answer<pb::BatchCreateMentorsResponse> {
        self.calls.run(request, app::register_mentors).await
    }
    async fn get_mentor(&self, request: Request<pb::GetMentorRequest>) -> Answer<pb::Mentor> {
        self.calls.read(request, app::find_mentor).await
    }
    async fn list_mentors(&self, request: Request<pb::ListMentorsRequest>) -> Answer<pb::ListMentorsResponse> {
        self.calls.read(request, app::list_mentors).await
    }
    async fn create_round(&self, request: Request<pb::CreateRoundRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::create_round).await
    }
    async fn get_round(&self, request: Request<pb::GetRoundRequest>) -> Answer<pb::Round> {
        self.calls.read(request, app::find_round).await
    }
    async fn list_rounds(&self, request: Request<pb::ListRoundsRequest>) -> Answer<pb::ListRoundsResponse> {
        self.calls.read(request, app::list_rounds).await
    }
    async fn solve_round(&self, request: Request<pb::SolveRoundRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::solve_round).await
    }
    async fn list_proposals(&self, request: Request<pb::ListProposalsRequest>) -> Answer<pb::ListProposalsResponse> {
        self.calls.read(request, app::list_proposals).await
    }
    async fn publish_round(&self, request: Request<pb::PublishRoundRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::publish_round).await
    }
    async fn get_pairing(&self, request: Request<pb::GetPairingRequest>) -> Answer<pb::Pairing> {
        self.calls.read(request, app::find_pairing).await
    }
    async fn list_pairings(&self, request: Request<pb::ListPairingsRequest>) -> Answer<pb::ListPairingsResponse> {
        self.calls.read(request, app::list_pairings).await
    }
    async fn batch_create_guidance_records(
        &self,
        request: Request<pb::BatchCreateGuidanceRecordsRequest>,
    ) -> Answer<pb::BatchCreateGuidanceRecordsResponse> {
        self.calls.run(request, app::record_guidance).await
    }
    async fn list_guidance_records(
        &self,
        request: Request<pb::ListGuidanceRecordsRequest>,
    ) -> Answer<pb::ListGuidanceRecordsResponse> {
        self.calls.read(request, app::list_guidance).await
    }
}
