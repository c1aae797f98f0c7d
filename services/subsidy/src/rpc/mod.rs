//! The gRPC edge: decode, use case, encode. No rules.

mod claim;
mod fund;
mod ledger;
mod payment;
mod scheme;

use crate::app;
use kit::Calls;
use pb::subsidy_service_server::SubsidyService;
use proto::subsidy::v1 as pb;
use tonic::{Request, Response, Status};

/// Elements of a batch method.
const MOST: usize = 1000;

pub struct Rpc {
    pub calls: Calls,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl SubsidyService for Rpc {
    async fn create_fund(&self, request: Request<pb::CreateFundRequest>) -> Answer<pb::Fund> {
        self.calls.run(request, app::create_fund).await
    }
    async fn get_fund(&self, request: Request<pb::GetFundRequest>) -> Answer<pb::Fund> {
        self.calls.read(request, app::find_fund).await
    }
    async fn list_funds(&self, request: Request<pb::ListFundsRequest>) -> Answer<pb::ListFundsResponse> {
        self.calls.read(request, app::list_funds).await
    }
    async fn appropriate_fund(&self, request: Request<pb::AppropriateFundRequest>) -> Answer<pb::Budget> {
        self.calls.run(request, app::appropriate).await
    }
    async fn get_budget(&self, request: Request<pb::GetBudgetRequest>) -> Answer<pb::Budget> {
        self.calls.read(request, app::budget).await
    }
    async fn list_schemes(&self, request: Request<pb::ListSchemesRequest>) -> Answer<pb::ListSchemesResponse> {
        self.calls.read(request, app::list_schemes).await
    }
    async fn check_scheme(&self, request: Request<pb::CheckSchemeRequest>) -> Answer<pb::CheckSchemeResponse> {
        self.calls.read(request, app::check_scheme).await
    }
    async fn simulate_scheme(&self, request: Request<pb::SimulateSchemeRequest>) -> Answer<pb::SimulateSchemeResponse> {
        self.calls.read(request, app::simulate).await
    }
    async fn run_accrual(&self, request: Request<pb::RunAccrualRequest>) -> Answer<pb::RunAccrualResponse> {
        self.calls.run(request, app::run_accrual).await
    }
    async fn get_claim(&self, request: Request<pb::GetClaimRequest>) -> Answer<pb::Claim> {
        self.calls.read(request, app::find_claim).await
    }
    async fn list_claims(&self, request: Request<pb::ListClaimsRequest>) -> Answer<pb::ListClaimsResponse> {
        self.calls.read(request, app::list_claims).await
    }
    async fn explain_claim(&self, request: Request<pb::ExplainClaimRequest>) -> Answer<pb::ClaimExplanation> {
        self.calls.read(request, app::explain).await
    }
    async fn batch_submit_claims(&self, request: Request<pb::BatchSubmitClaimsRequest>) -> Answer<pb::BatchSubmitClaimsResponse> {
        self.calls.run(request, app::submit).await
    }
    async fn batch_check_claims(&self, request: Request<pb::BatchCheckClaimsRequest>) -> Answer<pb::BatchCheckClaimsResponse> {
        self.calls.run(request, app::check).await
    }
    async fn approve_claim(&self, request: Request<pb::ApproveClaimRequest>) -> Answer<pb::Claim> {
        self.calls.run(request, app::approve_one).await
    }
    async fn batch_approve_claims(
        &self,
        request: Request<pb::BatchApproveClaimsRequest>,
    ) -> Answer<pb::BatchApproveClaimsResponse> {
        self.calls.run(request, app::approve).await
    }
    async fn reject_claim(&self, request: Request<pb::RejectClaimRequest>) -> Answer<pb::Claim> {
        self.calls.run(request, app::reject).await
    }
    async fn create_payment_batch(&self, request: Request<pb::CreatePaymentBatchRequest>) -> Answer<pb::PaymentBatch> {
        self.calls.run(request, app::create_batch).await
    }
    async fn get_payment_batch(&self, request: Request<pb::GetPaymentBatchRequest>) -> Answer<pb::PaymentBatch> {
        self.calls.read(request, app::find_batch).await
    }
    async fn list_payment_batches(
        &self,
        request: Request<pb::ListPaymentBatchesRequest>,
    ) -> Answer<pb::ListPaymentBatchesResponse> {
        self.calls.read(request, app::list_batches).await
    }
    async fn settle_payment_batch(&self, request: Request<pb::SettlePaymentBatchRequest>) -> Answer<pb::PaymentBatch> {
        self.calls.run(request, app::settle_batch).await
    }
    async fn get_receivable(&self, request: Request<pb::GetReceivableRequest>) -> Answer<pb::Receivable> {
        self.calls.read(request, app::find_receivable).await
    }
    async fn list_receivables(&self, request: Request<pb::ListReceivablesRequest>) -> Answer<pb::ListReceivablesResponse> {
        self.calls.read(request, app::list_receivables).await
    }
    async fn list_ledger_entries(&self, request: Request<pb::ListLedgerEntriesRequest>) -> Answer<pb::ListLedgerEntriesResponse> {
        self.calls.read(request, app::list_entries).await
    }
}
