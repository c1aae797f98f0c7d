//! The rules of mentoring, pure: no I/O, no clock, no chance.

mod admission;
mod because;
mod candidates;
mod codes;
mod conflict;
mod dry_run;
mod evaluation;
mod fit;
mod guidance;
mod history;
mod mentor;
mod objection;
mod offers;
mod pairing;
mod project;
mod ranking;
mod reach;
mod refusal;
mod rematch;
mod report;
mod round;
mod sheet;
mod student;
mod timetable;

pub use admission::{Admission, Priority};
pub use because::{Because, Better, Obstacle, Part};
pub use codes::Codes;
pub use conflict::{Conflict, Conflicts, Ground, Other};
pub use dry_run::{DryRun, Objective, Proof, Question, dry_run};
pub use evaluation::{Aspect, Evaluation, Evaluator, check_evaluable};
pub use fit::{Parts, Weights, eligible, parts};
pub use guidance::{Guidance, Kind, Month, check_day};
pub use history::History;
pub use mentor::{Mentor, Profile, Side, State as MentorState};
pub use objection::{Objection, ObjectionGround, State as ObjectionState};
pub use offers::{Offers, Shared};
pub use pairing::{EndReason, Event as PairingEvent, Guide, Pairing, State as PairingState};
pub use project::{Choice, Offer, Outline, Project, State as ProjectState};
pub use ranking::{Author, Order, Ranking, Rankings};
pub use reach::Reach;
pub use refusal::{Absent, Refusal};
pub use rematch::{Rematch, State as RematchState};
pub use report::{Grouping, most, percent};
pub use round::{Outcome, Round, State as RoundState};
pub use sheet::{Assignment, Candidate, Rules, Sheet, assign, keep};
pub use student::{State as StudentState, Student};
pub use timetable::{Days, Standing, Term, TermCapacity, Timetable};

kit::id! {
    MentorId => "mentors";
    RoundId => "rounds";
    /// A dry run.
    RunId => "runs";
    /// A line of a dry run.
    ProposalId => "proposals";
    RankingId => "rankings";
    /// What a mentor offers by itself.
    ProjectId => "projects";
    /// How an organisation takes students in a round.
    AdmissionId => "admissions";
    ConflictId => "conflicts";
    ObjectionId => "objections";
    /// A version of the weights, as a place in their list.
    WeightsId => "weights";
    PairingId => "pairings";
    RematchId => "rematches";
    /// Why a mentor is away: a rotation, or the mentor on leave.
    AbsenceId => "absences";
    GuidanceRecordId => "guidanceRecords";
    /// A confirmed month of a pairing.
    GuidanceMonthId => "guidanceMonths";
    TermId => "terms";
    EvaluationId => "evaluations";
    EnrolmentId => "enrolments";
    ClassId => "classes";
    OrderId => "orders";
    ProgrammeId => "programmes";
    PersonId => "people";
    OrganisationId => "organisations";
    EmploymentId => "employments";
    RotationId => "rotations";
}
