//! The use cases, one a file. Each runs inside a transaction that kit opened and will commit.

mod absence;
mod admissions;
mod approve_rematch;
mod close_mentor;
mod close_preferences;
mod confirm_guidance;
mod conflicts;
mod create_round;
mod decide_objection;
mod enrol;
mod evaluate;
mod fill;
mod finalize_round;
mod find;
mod follow_timetables;
mod judge;
mod leave_class;
mod list;
mod part;
mod projects;
mod publish_round;
mod raise_objection;
mod record_guidance;
mod register_mentors;
mod report;
mod revise_mentor;
mod set_rankings;
mod set_weights;
mod solve_round;
mod terms;
mod timetables;
mod withdraw_guidance;

pub use absence::{ResumeMentor, SuspendMentor, resume_mentor, rotation_began, rotation_over, suspend_mentor};
pub use admissions::{ListAdmissions, SetAdmission, list_admissions, set_admission};
pub use approve_rematch::{ApproveRematch, approve_rematch};
pub use close_mentor::employment_changed;
pub use close_preferences::{ClosePreferences, close_preferences};
pub use confirm_guidance::{Asked, ConfirmGuidance, Settled, confirm_guidance};
pub use conflicts::{NewConflict, Parted, RegisterConflicts, WithdrawConflict, register_conflicts, withdraw_conflict};
pub use create_round::{CreateRound, create_round};
pub use decide_objection::{DecideObjection, decide_objection};
pub use enrol::enrol;
pub use evaluate::{Evaluate, Evaluated, ListEvaluations, Said, evaluate, list_evaluations};
pub use finalize_round::{FinalizeRound, finalize_round};
pub use find::{
    ExplainProposal, Explained, FindMentor, FindPairing, FindRound, FindRun, explain_proposal, find_mentor, find_pairing,
    find_round, find_run,
};
pub use follow_timetables::{RefreshMentors, Refreshed, refresh_mentors};
pub use leave_class::{Leaving, leave_class};
pub use list::{
    ListConflicts, ListGuidance, ListGuidanceMonths, ListMentors, ListObjections, ListPairings, ListProposals, ListRankings,
    ListRematches, ListRounds, ListRuns, ListWeights, Listed, list_conflicts, list_guidance, list_guidance_months, list_mentors,
    list_objections, list_pairings, list_proposals, list_rankings, list_rematches, list_rounds, list_runs, list_weights,
};
pub use projects::{
    CreateProjects, FindProject, ListProjects, NewProject, Offered, ReviseProject, TurnProject, create_projects, find_project,
    list_projects, revise_project, turn_project,
};
pub use publish_round::{BATCH, PublishRound, go_on, publish_round};
pub use raise_objection::{RaiseObjection, raise_objection};
pub use record_guidance::{RecordGuidance, Recorded, record_guidance};
pub use register_mentors::{NewMentor, RegisterMentors, Registered, register_mentors};
pub use report::{
    Coverage, CoverageReport, ListGaps, ListHours, LoadReport, ReportCoverage, ReportLoad, YearHours, list_gaps, list_hours,
    report_coverage, report_load,
};
pub use revise_mentor::{ReviseMentor, revise_mentor};
pub use set_rankings::{Ranked, SetRankings, set_rankings};
pub use set_weights::{SetWeights, set_weights};
pub use solve_round::{SolveRound, keep_run, make_ready, see_round, think_round};
pub use terms::{CreateTerm, ListTerms, create_term, list_terms};
pub use timetables::{FindTimetable, Planned, SetTimetable, find_timetable, set_timetable};
pub use withdraw_guidance::{WithdrawGuidance, withdraw_guidance};
