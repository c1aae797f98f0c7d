//! The gRPC edge: decode, use case, encode. No rules.

mod bank_account;
mod check_override;
mod claim;
mod file;
mod filing;
mod fund;
mod ledger;
mod objection;
mod offset;
mod payment;
mod period;
mod queue;
mod recovery;
mod report;
mod sample;
mod scheme;

use crate::app::{self, Approval};
use crate::store::claim::Stored;
use kit::{Calls, Context, Together};
use pb::subsidy_service_server::SubsidyService;
use proto::subsidy::v1 as pb;
use tonic::{Request, Response, Status};

/// Elements of a batch method.
const MOST: usize = 1000;

pub struct Rpc {
    pub calls: Calls,
    /// Approvals of single claims: they all need the row of the fund's budget.
    pub approvals: Together<Approval, Stored>,
}

impl Rpc {
    pub fn new(context: Context) -> Self {
        let approvals = Together::new::<pb::Claim>(context.clone(), app::approve_each);
        Self { calls: Calls::new(context), approvals }
    }
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
        self.approvals.run(request).await
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
    async fn create_claim(&self, request: Request<pb::CreateClaimRequest>) -> Answer<pb::Claim> {
        self.calls.run(request, app::create_claim).await
    }
    async fn withdraw_claim(&self, request: Request<pb::WithdrawClaimRequest>) -> Answer<pb::Claim> {
        self.calls.run(request, app::withdraw_claim).await
    }
    async fn create_check_override(&self, request: Request<pb::CreateCheckOverrideRequest>) -> Answer<pb::CheckOverride> {
        self.calls.run(request, app::create_check_override).await
    }
    async fn confirm_check_override(&self, request: Request<pb::ConfirmCheckOverrideRequest>) -> Answer<pb::CheckOverride> {
        self.calls.run(request, app::confirm_check_override).await
    }
    async fn get_check_override(&self, request: Request<pb::GetCheckOverrideRequest>) -> Answer<pb::CheckOverride> {
        self.calls.read(request, app::find_check_override).await
    }
    async fn list_check_overrides(
        &self,
        request: Request<pb::ListCheckOverridesRequest>,
    ) -> Answer<pb::ListCheckOverridesResponse> {
        self.calls.read(request, app::list_check_overrides).await
    }
    async fn create_claim_objection(&self, request: Request<pb::CreateClaimObjectionRequest>) -> Answer<pb::ClaimObjection> {
        self.calls.run(request, app::create_objection).await
    }
    async fn uphold_claim_objection(&self, request: Request<pb::UpholdClaimObjectionRequest>) -> Answer<pb::ClaimObjection> {
        self.calls.run(request, app::resolve_objection).await
    }
    async fn dismiss_claim_objection(&self, request: Request<pb::DismissClaimObjectionRequest>) -> Answer<pb::ClaimObjection> {
        self.calls.run(request, app::resolve_objection).await
    }
    async fn get_claim_objection(&self, request: Request<pb::GetClaimObjectionRequest>) -> Answer<pb::ClaimObjection> {
        self.calls.read(request, app::find_objection).await
    }
    async fn list_claim_objections(
        &self,
        request: Request<pb::ListClaimObjectionsRequest>,
    ) -> Answer<pb::ListClaimObjectionsResponse> {
        self.calls.read(request, app::list_objections).await
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
    async fn record_recovery(&self, request: Request<pb::RecordRecoveryRequest>) -> Answer<pb::Receivable> {
        self.calls.run(request, app::record_recovery).await
    }
    async fn list_recoveries(&self, request: Request<pb::ListRecoveriesRequest>) -> Answer<pb::ListRecoveriesResponse> {
        self.calls.read(request, app::list_recoveries).await
    }
    async fn create_sample(&self, request: Request<pb::CreateSampleRequest>) -> Answer<pb::Sample> {
        self.calls.run(request, app::create_sample).await
    }
    async fn get_sample(&self, request: Request<pb::GetSampleRequest>) -> Answer<pb::Sample> {
        self.calls.read(request, app::find_sample).await
    }
    async fn list_samples(&self, request: Request<pb::ListSamplesRequest>) -> Answer<pb::ListSamplesResponse> {
        self.calls.read(request, app::list_samples).await
    }
    async fn get_sample_item(&self, request: Request<pb::GetSampleItemRequest>) -> Answer<pb::SampleItem> {
        self.calls.read(request, app::find_sample_item).await
    }
    async fn list_sample_items(&self, request: Request<pb::ListSampleItemsRequest>) -> Answer<pb::ListSampleItemsResponse> {
        self.calls.read(request, app::list_sample_items).await
    }
    async fn record_finding(&self, request: Request<pb::RecordFindingRequest>) -> Answer<pb::SampleItem> {
        self.calls.run(request, app::record_finding).await
    }
    async fn confirm_finding(&self, request: Request<pb::ConfirmFindingRequest>) -> Answer<pb::SampleItem> {
        self.calls.run(request, app::confirm_finding).await
    }
    async fn create_bank_account(&self, request: Request<pb::CreateBankAccountRequest>) -> Answer<pb::BankAccount> {
        self.calls.run(request, app::propose_account).await
    }
    async fn batch_create_bank_accounts(
        &self,
        request: Request<pb::BatchCreateBankAccountsRequest>,
    ) -> Answer<pb::BatchCreateBankAccountsResponse> {
        self.calls.run(request, app::propose_accounts).await
    }
    async fn confirm_bank_account(&self, request: Request<pb::ConfirmBankAccountRequest>) -> Answer<pb::BankAccount> {
        self.calls.run(request, app::confirm_account).await
    }
    async fn batch_confirm_bank_accounts(
        &self,
        request: Request<pb::BatchConfirmBankAccountsRequest>,
    ) -> Answer<pb::BatchConfirmBankAccountsResponse> {
        self.calls.run(request, app::confirm_accounts).await
    }
    async fn get_bank_account(&self, request: Request<pb::GetBankAccountRequest>) -> Answer<pb::BankAccount> {
        self.calls.read(request, app::find_account).await
    }
    async fn list_bank_accounts(&self, request: Request<pb::ListBankAccountsRequest>) -> Answer<pb::ListBankAccountsResponse> {
        self.calls.read(request, app::list_accounts).await
    }
    async fn list_missing_bank_accounts(
        &self,
        request: Request<pb::ListMissingBankAccountsRequest>,
    ) -> Answer<pb::ListMissingBankAccountsResponse> {
        self.calls.read(request, app::list_missing).await
    }
    async fn export_payment_batch(&self, request: Request<pb::ExportPaymentBatchRequest>) -> Answer<pb::File> {
        self.calls.run(request, app::export_batch).await
    }
    async fn import_payment_results(
        &self,
        request: Request<pb::ImportPaymentResultsRequest>,
    ) -> Answer<pb::ImportPaymentResultsResponse> {
        self.calls.run(request, app::import_results).await
    }
    async fn list_budget_execution(
        &self,
        request: Request<pb::ListBudgetExecutionRequest>,
    ) -> Answer<pb::ListBudgetExecutionResponse> {
        self.calls.read(request, app::budget_execution).await
    }
    async fn list_claim_totals(&self, request: Request<pb::ListClaimTotalsRequest>) -> Answer<pb::ListClaimTotalsResponse> {
        self.calls.read(request, app::claim_totals).await
    }
    async fn list_payment_totals(&self, request: Request<pb::ListPaymentTotalsRequest>) -> Answer<pb::ListPaymentTotalsResponse> {
        self.calls.read(request, app::payment_totals).await
    }
    async fn list_receivable_ages(
        &self,
        request: Request<pb::ListReceivableAgesRequest>,
    ) -> Answer<pb::ListReceivableAgesResponse> {
        self.calls.read(request, app::receivable_ages).await
    }
    async fn get_report_file(&self, request: Request<pb::GetReportFileRequest>) -> Answer<pb::File> {
        self.calls.read(request, app::export_report).await
    }
    async fn file_offset_year(&self, request: Request<pb::FileOffsetYearRequest>) -> Answer<pb::OffsetYear> {
        self.calls.run(request, app::file_offset).await
    }
    async fn confirm_offset_year(&self, request: Request<pb::ConfirmOffsetYearRequest>) -> Answer<pb::OffsetYear> {
        self.calls.run(request, app::confirm_offset).await
    }
    async fn return_offset_year(&self, request: Request<pb::ReturnOffsetYearRequest>) -> Answer<pb::OffsetYear> {
        self.calls.run(request, app::return_offset).await
    }
    async fn get_offset_year(&self, request: Request<pb::GetOffsetYearRequest>) -> Answer<pb::OffsetYear> {
        self.calls.read(request, app::find_offset_year).await
    }
    async fn list_offset_years(&self, request: Request<pb::ListOffsetYearsRequest>) -> Answer<pb::ListOffsetYearsResponse> {
        self.calls.read(request, app::list_offset_years).await
    }
    async fn get_offset_statement(&self, request: Request<pb::GetOffsetStatementRequest>) -> Answer<pb::OffsetStatement> {
        self.calls.read(request, app::offset_statement).await
    }
    async fn list_offset_statements(
        &self,
        request: Request<pb::ListOffsetStatementsRequest>,
    ) -> Answer<pb::ListOffsetStatementsResponse> {
        self.calls.read(request, app::list_statements).await
    }
    async fn list_ledger_entries(&self, request: Request<pb::ListLedgerEntriesRequest>) -> Answer<pb::ListLedgerEntriesResponse> {
        self.calls.read(request, app::list_entries).await
    }
    async fn get_ledger_checkpoint(&self, request: Request<pb::GetLedgerCheckpointRequest>) -> Answer<pb::LedgerCheckpoint> {
        self.calls.read(request, app::checkpoint).await
    }
    async fn get_ledger_entry_proof(&self, request: Request<pb::GetLedgerEntryProofRequest>) -> Answer<pb::LedgerEntryProof> {
        self.calls.read(request, app::prove_entry).await
    }
    async fn get_ledger_consistency_proof(
        &self,
        request: Request<pb::GetLedgerConsistencyProofRequest>,
    ) -> Answer<pb::LedgerConsistencyProof> {
        self.calls.read(request, app::prove_consistency).await
    }
    async fn list_periods(&self, request: Request<pb::ListPeriodsRequest>) -> Answer<pb::ListPeriodsResponse> {
        self.calls.read(request, app::list_periods).await
    }
    async fn close_period(&self, request: Request<pb::ClosePeriodRequest>) -> Answer<pb::Period> {
        self.calls.run(request, app::close_period).await
    }
    async fn list_waiting_items(&self, request: Request<pb::ListWaitingItemsRequest>) -> Answer<pb::ListWaitingItemsResponse> {
        self.calls.read(request, app::list_waiting).await
    }
}
