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
    async fn revise_mentor(&self, request: Request<pb::ReviseMentorRequest>) -> Answer<pb::Mentor> {
        self.calls.run(request, app::revise_mentor).await
    }
    async fn suspend_mentor(&self, request: Request<pb::SuspendMentorRequest>) -> Answer<pb::Mentor> {
        self.calls.run(request, app::suspend_mentor).await
    }
    async fn resume_mentor(&self, request: Request<pb::ResumeMentorRequest>) -> Answer<pb::Mentor> {
        self.calls.run(request, app::resume_mentor).await
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
    async fn batch_set_rankings(&self, request: Request<pb::BatchSetRankingsRequest>) -> Answer<pb::BatchSetRankingsResponse> {
        self.calls.run(request, app::set_rankings).await
    }
    async fn list_rankings(&self, request: Request<pb::ListRankingsRequest>) -> Answer<pb::ListRankingsResponse> {
        self.calls.read(request, app::list_rankings).await
    }
    async fn batch_create_projects(
        &self,
        request: Request<pb::BatchCreateProjectsRequest>,
    ) -> Answer<pb::BatchCreateProjectsResponse> {
        self.calls.run(request, app::create_projects).await
    }
    async fn get_project(&self, request: Request<pb::GetProjectRequest>) -> Answer<pb::Project> {
        self.calls.read(request, app::find_project).await
    }
    async fn list_projects(&self, request: Request<pb::ListProjectsRequest>) -> Answer<pb::ListProjectsResponse> {
        self.calls.read(request, app::list_projects).await
    }
    async fn revise_project(&self, request: Request<pb::ReviseProjectRequest>) -> Answer<pb::Project> {
        self.calls.run(request, app::revise_project).await
    }
    async fn close_project(&self, request: Request<pb::CloseProjectRequest>) -> Answer<pb::Project> {
        self.calls.run(request, app::turn_project).await
    }
    async fn reopen_project(&self, request: Request<pb::ReopenProjectRequest>) -> Answer<pb::Project> {
        self.calls.run(request, app::turn_project).await
    }
    async fn set_admission(&self, request: Request<pb::SetAdmissionRequest>) -> Answer<pb::Admission> {
        self.calls.run(request, app::set_admission).await
    }
    async fn list_admissions(&self, request: Request<pb::ListAdmissionsRequest>) -> Answer<pb::ListAdmissionsResponse> {
        self.calls.read(request, app::list_admissions).await
    }
    async fn close_preferences(&self, request: Request<pb::ClosePreferencesRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::close_preferences).await
    }
    async fn solve_round(&self, request: Request<pb::SolveRoundRequest>) -> Answer<pb::Run> {
        self.calls.think(request, app::make_ready, app::see_round, app::think_round, app::keep_run).await
    }
    async fn get_run(&self, request: Request<pb::GetRunRequest>) -> Answer<pb::Run> {
        self.calls.read(request, app::find_run).await
    }
    async fn list_runs(&self, request: Request<pb::ListRunsRequest>) -> Answer<pb::ListRunsResponse> {
        self.calls.read(request, app::list_runs).await
    }
    async fn list_proposals(&self, request: Request<pb::ListProposalsRequest>) -> Answer<pb::ListProposalsResponse> {
        self.calls.read(request, app::list_proposals).await
    }
    async fn explain_proposal(&self, request: Request<pb::ExplainProposalRequest>) -> Answer<pb::Explanation> {
        self.calls.read(request, app::explain_proposal).await
    }
    async fn publish_round(&self, request: Request<pb::PublishRoundRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::publish_round).await
    }
    async fn finalize_round(&self, request: Request<pb::FinalizeRoundRequest>) -> Answer<pb::Round> {
        self.calls.run(request, app::finalize_round).await
    }
    async fn create_objection(&self, request: Request<pb::CreateObjectionRequest>) -> Answer<pb::Objection> {
        self.calls.run(request, app::raise_objection).await
    }
    async fn list_objections(&self, request: Request<pb::ListObjectionsRequest>) -> Answer<pb::ListObjectionsResponse> {
        self.calls.read(request, app::list_objections).await
    }
    async fn uphold_objection(&self, request: Request<pb::UpholdObjectionRequest>) -> Answer<pb::Objection> {
        self.calls.run(request, app::decide_objection).await
    }
    async fn dismiss_objection(&self, request: Request<pb::DismissObjectionRequest>) -> Answer<pb::Objection> {
        self.calls.run(request, app::decide_objection).await
    }
    async fn batch_create_conflicts(
        &self,
        request: Request<pb::BatchCreateConflictsRequest>,
    ) -> Answer<pb::BatchCreateConflictsResponse> {
        self.calls.run(request, app::register_conflicts).await
    }
    async fn withdraw_conflict(&self, request: Request<pb::WithdrawConflictRequest>) -> Answer<pb::Conflict> {
        self.calls.run(request, app::withdraw_conflict).await
    }
    async fn list_conflicts(&self, request: Request<pb::ListConflictsRequest>) -> Answer<pb::ListConflictsResponse> {
        self.calls.read(request, app::list_conflicts).await
    }
    async fn create_weights(&self, request: Request<pb::CreateWeightsRequest>) -> Answer<pb::Weights> {
        self.calls.run(request, app::set_weights).await
    }
    async fn list_weights(&self, request: Request<pb::ListWeightsRequest>) -> Answer<pb::ListWeightsResponse> {
        self.calls.read(request, app::list_weights).await
    }
    async fn list_rematches(&self, request: Request<pb::ListRematchesRequest>) -> Answer<pb::ListRematchesResponse> {
        self.calls.read(request, app::list_rematches).await
    }
    async fn approve_rematch(&self, request: Request<pb::ApproveRematchRequest>) -> Answer<pb::Rematch> {
        self.calls.run(request, app::approve_rematch).await
    }
    async fn create_term(&self, request: Request<pb::CreateTermRequest>) -> Answer<pb::Term> {
        self.calls.run(request, app::create_term).await
    }
    async fn list_terms(&self, request: Request<pb::ListTermsRequest>) -> Answer<pb::ListTermsResponse> {
        self.calls.read(request, app::list_terms).await
    }
    async fn set_timetable(&self, request: Request<pb::SetTimetableRequest>) -> Answer<pb::Timetable> {
        self.calls.run(request, app::set_timetable).await
    }
    async fn get_timetable(&self, request: Request<pb::GetTimetableRequest>) -> Answer<pb::Timetable> {
        self.calls.read(request, app::find_timetable).await
    }
    async fn refresh_mentors(&self, request: Request<pb::RefreshMentorsRequest>) -> Answer<pb::RefreshMentorsResponse> {
        self.calls.run(request, app::refresh_mentors).await
    }
    async fn batch_create_evaluations(
        &self,
        request: Request<pb::BatchCreateEvaluationsRequest>,
    ) -> Answer<pb::BatchCreateEvaluationsResponse> {
        self.calls.run(request, app::evaluate).await
    }
    async fn list_evaluations(&self, request: Request<pb::ListEvaluationsRequest>) -> Answer<pb::ListEvaluationsResponse> {
        self.calls.read(request, app::list_evaluations).await
    }
    async fn report_load(&self, request: Request<pb::ReportLoadRequest>) -> Answer<pb::LoadReport> {
        self.calls.read(request, app::report_load).await
    }
    async fn report_coverage(&self, request: Request<pb::ReportCoverageRequest>) -> Answer<pb::CoverageReport> {
        self.calls.read(request, app::report_coverage).await
    }
    async fn list_guidance_gaps(&self, request: Request<pb::ListGuidanceGapsRequest>) -> Answer<pb::ListGuidanceGapsResponse> {
        self.calls.read(request, app::list_gaps).await
    }
    async fn list_mentor_hours(&self, request: Request<pb::ListMentorHoursRequest>) -> Answer<pb::ListMentorHoursResponse> {
        self.calls.read(request, app::list_hours).await
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
    async fn withdraw_guidance_record(&self, request: Request<pb::WithdrawGuidanceRecordRequest>) -> Answer<pb::GuidanceRecord> {
        self.calls.run(request, app::withdraw_guidance).await
    }
    async fn batch_confirm_guidance(
        &self,
        request: Request<pb::BatchConfirmGuidanceRequest>,
    ) -> Answer<pb::BatchConfirmGuidanceResponse> {
        self.calls.run(request, app::confirm_guidance).await
    }
    async fn list_guidance_months(
        &self,
        request: Request<pb::ListGuidanceMonthsRequest>,
    ) -> Answer<pb::ListGuidanceMonthsResponse> {
        self.calls.read(request, app::list_guidance_months).await
    }
}
