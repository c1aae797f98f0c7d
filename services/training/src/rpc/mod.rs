//! The gRPC edge: decode, use case, encode. No rules.

mod decode;
mod encode;

use crate::app::{class, enrolment, order, placement};
use kit::Calls;
use pb::training_service_server::TrainingService;
use proto::training::v1 as pb;
use tonic::{Request, Response, Status};

pub struct Rpc {
    pub calls: Calls,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl TrainingService for Rpc {
    async fn create_order(&self, request: Request<pb::CreateOrderRequest>) -> Answer<pb::Order> {
        self.calls.run(request, order::create).await
    }
    async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Answer<pb::Order> {
        self.calls.read(request, order::find).await
    }
    async fn list_orders(&self, request: Request<pb::ListOrdersRequest>) -> Answer<pb::ListOrdersResponse> {
        self.calls.read(request, order::list).await
    }
    async fn publish_order(&self, request: Request<pb::PublishOrderRequest>) -> Answer<pb::Order> {
        self.calls.run(request, order::take_step).await
    }
    async fn close_order(&self, request: Request<pb::CloseOrderRequest>) -> Answer<pb::Order> {
        self.calls.run(request, order::take_step).await
    }
    async fn withdraw_order(&self, request: Request<pb::WithdrawOrderRequest>) -> Answer<pb::Order> {
        self.calls.run(request, order::take_step).await
    }
    async fn create_class(&self, request: Request<pb::CreateClassRequest>) -> Answer<pb::Class> {
        self.calls.run(request, class::create).await
    }
    async fn get_class(&self, request: Request<pb::GetClassRequest>) -> Answer<pb::Class> {
        self.calls.read(request, class::find).await
    }
    async fn list_classes(&self, request: Request<pb::ListClassesRequest>) -> Answer<pb::ListClassesResponse> {
        self.calls.read(request, class::list).await
    }
    async fn agree_class(&self, request: Request<pb::AgreeClassRequest>) -> Answer<pb::Class> {
        self.calls.run(request, class::agree).await
    }
    async fn cancel_class(&self, request: Request<pb::CancelClassRequest>) -> Answer<pb::Class> {
        self.calls.run(request, class::cancel).await
    }
    async fn batch_create_enrolments(
        &self,
        request: Request<pb::BatchCreateEnrolmentsRequest>,
    ) -> Answer<pb::BatchCreateEnrolmentsResponse> {
        self.calls.run(request, enrolment::create_batch).await
    }
    async fn get_enrolment(&self, request: Request<pb::GetEnrolmentRequest>) -> Answer<pb::Enrolment> {
        self.calls.read(request, enrolment::find).await
    }
    async fn list_enrolments(&self, request: Request<pb::ListEnrolmentsRequest>) -> Answer<pb::ListEnrolmentsResponse> {
        self.calls.read(request, enrolment::list).await
    }
    async fn withdraw_enrolment(&self, request: Request<pb::WithdrawEnrolmentRequest>) -> Answer<pb::Enrolment> {
        self.calls.run(request, enrolment::withdraw).await
    }
    async fn batch_create_placements(
        &self,
        request: Request<pb::BatchCreatePlacementsRequest>,
    ) -> Answer<pb::BatchCreatePlacementsResponse> {
        self.calls.run(request, placement::create_batch).await
    }
    async fn get_placement(&self, request: Request<pb::GetPlacementRequest>) -> Answer<pb::Placement> {
        self.calls.read(request, placement::find).await
    }
    async fn list_placements(&self, request: Request<pb::ListPlacementsRequest>) -> Answer<pb::ListPlacementsResponse> {
        self.calls.read(request, placement::list).await
    }
    async fn graduate_class(&self, request: Request<pb::GraduateClassRequest>) -> Answer<pb::Class> {
        self.calls.run(request, class::graduate).await
    }
}
