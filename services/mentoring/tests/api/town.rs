//! A town with a school, two factories of one chain, a class, and whoever the test brings.

use kit::auth::Role;
use kit::db::{Lane, args, statements};
use kit::verify::verify;
use proto::directory::v1 as directory;
use proto::google::r#type::Date;
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use proto::rotation::v1 as rotation;
use proto::training::v1 as training;
use std::collections::BTreeMap;
use testkit::{Caller, Sandbox, Who, both_engines, postgres};
use tonic_types::StatusExt;

statements! {
    EVENTS = "SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE kind = $1";
}

pub const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
pub const FACTORY: &str = "organisations/00000000-0000-7000-8000-00000000000b";
/// Another enterprise of the same chain.
pub const MILL: &str = "organisations/00000000-0000-7000-8000-00000000000c";
pub const STRANGER: &str = "organisations/00000000-0000-7000-8000-00000000000d";
pub const CHAIN: &str = "nylon";

/// The `n`-th resource of a collection.
pub fn name(collection: &str, n: u32) -> String {
    format!("{collection}/00000000-0000-7000-8000-{n:012x}")
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The field or resource a refusal names.
pub fn field(status: &tonic::Status) -> String {
    let metadata = status.get_details_error_info().map(|info| info.metadata);
    metadata.and_then(|metadata| metadata.get("field").cloned()).unwrap_or_default()
}

/// A refusal by a rule: its reason, its field or resource, and all that has to go with it.
pub fn refused(status: &tonic::Status, why: &str, on: &str) {
    assert_eq!((status.code(), reason(status).as_str(), field(status).as_str()), (tonic::Code::FailedPrecondition, why, on));
    let info = status.get_details_error_info().unwrap();
    assert!(info.metadata["rule"].starts_with("mentoring/"), "{:?}", info.metadata);
    assert!(!info.metadata["way_out"].is_empty() && !info.metadata["way_out_zh"].is_empty());
    assert!(!status.get_details_localized_message().unwrap().message.is_ascii());
}

pub fn academic(person: u32, capacity: i32) -> pb::Mentor {
    pb::Mentor {
        person: name("people", person),
        organisation: SCHOOL.into(),
        side: pb::Side::Academic.into(),
        capacity,
        ..Default::default()
    }
}

pub fn enterprise(person: u32, capacity: i32) -> pb::Mentor {
    pb::Mentor {
        person: name("people", person),
        organisation: FACTORY.into(),
        side: pb::Side::Enterprise.into(),
        capacity,
        chain: CHAIN.into(),
        ..Default::default()
    }
}

/// The service under the shipped rules with something else in them.
fn ruled(context: kit::Context, from: &str, to: &str) -> kit::Service {
    let shipped = include_str!("../../rules/mentoring.toml");
    assert!(shipped.contains(from));
    let own = mentoring::RULES.replaced_by(&shipped.replace(from, to)).unwrap();
    mentoring::service(context.with_rules(Some(std::sync::Arc::new(own))))
}

pub struct Town {
    pub sandbox: Sandbox,
}

impl Town {
    pub async fn both() -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[mentoring::MIGRATIONS]).await {
            towns.push(Self::on(test, 42).await);
        }
        towns
    }

    /// Only PostgreSQL lets transactions meet.
    pub async fn crowded() -> Self {
        Self::on(postgres(&[mentoring::MIGRATIONS]).await, 42).await
    }

    /// A city that switched the example rules on.
    pub async fn strict() -> Vec<Self> {
        fn strict(context: kit::Context) -> kit::Service {
            ruled(context, "verified = false", "verified = true")
        }
        let mut towns = Vec::new();
        for test in both_engines(&[mentoring::MIGRATIONS]).await {
            towns.push(Self::run(test, 42, strict).await);
        }
        towns
    }

    /// A city in which more than one student is paired anew only after approval.
    pub async fn cautious(test: testkit::TestDb, seed: u64) -> Self {
        fn cautious(context: kit::Context) -> kit::Service {
            ruled(context, "students <= 20", "students <= 1")
        }
        Self::run(test, seed, cautious).await
    }

    pub async fn on(test: testkit::TestDb, seed: u64) -> Self {
        Self::run(test, seed, mentoring::service).await
    }

    async fn run(test: testkit::TestDb, seed: u64, make: fn(kit::Context) -> kit::Service) -> Self {
        let town = Self { sandbox: Sandbox::seeded(test, &[("mentoring", make)], seed).await };
        for (organisation, kind) in [
            (SCHOOL, directory::OrganisationKind::School),
            (FACTORY, directory::OrganisationKind::Enterprise),
            (MILL, directory::OrganisationKind::Enterprise),
        ] {
            let event =
                directory::OrganisationRegistered { organisation: organisation.into(), kind: kind.into(), ..Default::default() };
            town.sandbox.arrive(organisation, 1, &event).await;
        }
        town
    }

    pub fn who(&self, subject: &str, organisation: &str, role: Role) -> MentoringServiceClient<Caller> {
        MentoringServiceClient::new(self.sandbox.caller("mentoring", &Who::new(subject, Some(organisation), &[role])))
    }
    pub fn dean(&self) -> MentoringServiceClient<Caller> {
        self.who("dean@school", SCHOOL, Role::School)
    }
    pub fn foreman(&self) -> MentoringServiceClient<Caller> {
        self.who("foreman@factory", FACTORY, Role::Enterprise)
    }
    pub fn bureau(&self) -> MentoringServiceClient<Caller> {
        MentoringServiceClient::new(self.sandbox.caller("mentoring", &Who::bureau()))
    }

    pub async fn register(&self, mentors: Vec<pb::Mentor>) -> Vec<pb::Mentor> {
        let request = pb::BatchCreateMentorsRequest { mentors };
        self.bureau().batch_create_mentors(request).await.unwrap().into_inner().mentors
    }

    pub async fn offer(&self, projects: Vec<pb::Project>) -> Result<Vec<pb::Project>, tonic::Status> {
        let request = pb::BatchCreateProjectsRequest { projects };
        self.bureau().batch_create_projects(request).await.map(|answer| answer.into_inner().projects)
    }

    pub async fn admit(&self, round: &str, admission: pb::Admission) -> Result<pb::Admission, tonic::Status> {
        let request = pb::SetAdmissionRequest { parent: round.into(), admission: Some(admission) };
        self.bureau().set_admission(request).await.map(tonic::Response::into_inner)
    }

    /// Enrols the students `from..to` in a class; each student's enrolment has the student's number.
    pub async fn enrol(&self, class: u32, students: std::ops::Range<u32>) {
        self.enrol_of(class, students, 1).await;
    }

    /// As [`Town::enrol`], of a programme.
    pub async fn enrol_of(&self, class: u32, students: std::ops::Range<u32>, programme: u32) {
        for n in students {
            let event = training::EnrolmentCreated {
                enrolment: name("enrolments", n),
                class: name("classes", class),
                order: name("orders", 1),
                student: name("people", 10_000 + n),
                school: SCHOOL.into(),
                enterprise: FACTORY.into(),
                chain: CHAIN.into(),
                programme: name("programmes", programme),
                start_date: day(2026, 9, 1),
                end_date: day(2027, 7, 1),
            };
            self.sandbox.arrive(&event.enrolment.clone(), 1, &event).await;
        }
    }

    pub async fn withdraw(&self, n: u32) {
        let event =
            training::EnrolmentWithdrawn { enrolment: name("enrolments", n), left_on: day(2026, 9, 1), ..Default::default() };
        self.sandbox.arrive(&event.enrolment.clone(), 2, &event).await;
    }

    pub async fn graduate(&self, n: u32) {
        let event = training::EnrolmentGraduated {
            enrolment: name("enrolments", n),
            graduation_date: day(2026, 9, 1),
            ..Default::default()
        };
        self.sandbox.arrive(&event.enrolment.clone(), 2, &event).await;
    }

    /// The whole employment of a person at an organisation, over in September.
    pub async fn employed_and_left(&self, person: u32, organisation: &str) {
        let event = directory::EmploymentStarted {
            person: name("people", person),
            employment: name("employments", person),
            organisation: organisation.into(),
            start_date: day(2020, 1, 1),
            post: "post".into(),
        };
        self.sandbox.arrive(&name("people", person), 1, &event).await;
        self.left(person, 2, organisation).await;
    }

    /// Somebody who left works at an organisation again.
    pub async fn returned(&self, person: u32, organisation: &str) {
        let event = directory::EmploymentStarted {
            person: name("people", person),
            employment: name("employments", 5000 + person),
            organisation: organisation.into(),
            start_date: day(2026, 9, 1),
            post: "post".into(),
        };
        self.sandbox.arrive(&name("people", person), 3, &event).await;
    }

    /// A rotation takes a person away from an organisation.
    pub async fn rotates(&self, person: u32, organisation: &str, share: i32) {
        let event = rotation::RotationActivated {
            rotation: name("rotations", person),
            person: name("people", person),
            home_organisation: organisation.into(),
            host_organisation: MILL.into(),
            start_date: day(2026, 9, 1),
            end_date: day(2027, 9, 1),
            share_percent: share,
        };
        self.sandbox.arrive(&event.rotation.clone(), 1, &event).await;
    }

    pub async fn returns(&self, person: u32, organisation: &str, share: i32) {
        let event = rotation::RotationCompleted {
            rotation: name("rotations", person),
            person: name("people", person),
            home_organisation: organisation.into(),
            share_percent: share,
            ..Default::default()
        };
        self.sandbox.arrive(&event.rotation.clone(), 2, &event).await;
    }

    pub async fn suspend(&self, mentor: &str) -> Result<pb::Mentor, tonic::Status> {
        let request = pb::SuspendMentorRequest { name: mentor.into() };
        self.bureau().suspend_mentor(request).await.map(tonic::Response::into_inner)
    }

    pub async fn resume(&self, mentor: &str) -> Result<pb::Mentor, tonic::Status> {
        let request = pb::ResumeMentorRequest { name: mentor.into() };
        self.bureau().resume_mentor(request).await.map(tonic::Response::into_inner)
    }

    pub async fn revise(&self, mentor: &str, profile: pb::Mentor) -> Result<pb::Mentor, tonic::Status> {
        let request = pb::ReviseMentorRequest { name: mentor.into(), mentor: Some(profile), etag: String::new() };
        self.bureau().revise_mentor(request).await.map(tonic::Response::into_inner)
    }

    pub async fn term(&self, term: pb::Term) -> Result<pb::Term, tonic::Status> {
        let request = pb::CreateTermRequest { term: Some(term) };
        self.bureau().create_term(request).await.map(tonic::Response::into_inner)
    }

    /// Sets a mentor's timetable.
    pub async fn plan(&self, mentor: &str, timetable: pb::Timetable) -> Result<pb::Timetable, tonic::Status> {
        let request = pb::SetTimetableRequest { name: mentor.into(), timetable: Some(timetable), etag: String::new() };
        self.bureau().set_timetable(request).await.map(tonic::Response::into_inner)
    }

    /// How many events of a kind were told.
    pub async fn events(&self, kind: &str) -> i64 {
        let mut tx = self.sandbox.test.db.begin(Lane::Request).await.unwrap();
        let (count,): (i64,) = tx.fetch_one(EVENTS, args![kind]).await.unwrap();
        tx.rollback().await.unwrap();
        count
    }

    pub async fn rematches(&self) -> Vec<pb::Rematch> {
        let request = pb::ListRematchesRequest { state: pb::RematchState::Waiting.into(), ..Default::default() };
        self.bureau().list_rematches(request).await.unwrap().into_inner().rematches
    }

    pub async fn approve(&self, rematch: &str) -> Result<pb::Rematch, tonic::Status> {
        let request = pb::ApproveRematchRequest { name: rematch.into() };
        self.bureau().approve_rematch(request).await.map(tonic::Response::into_inner)
    }

    pub async fn left(&self, person: u32, version: i64, organisation: &str) {
        let event = directory::EmploymentEnded {
            person: name("people", person),
            employment: name("employments", person),
            organisation: organisation.into(),
            start_date: day(2020, 1, 1),
            end_date: day(2026, 9, 1),
            reason: "resigned".into(),
        };
        self.sandbox.arrive(&name("people", person), version, &event).await;
    }

    /// Opens a round for a class.
    pub async fn open(&self, class: u32) -> pb::Round {
        self.open_as(pb::Round { class: name("classes", class), ..Default::default() }).await
    }

    pub async fn open_as(&self, round: pb::Round) -> pb::Round {
        self.dean().create_round(pb::CreateRoundRequest { round: Some(round) }).await.unwrap().into_inner()
    }

    /// Closes a round for rankings.
    pub async fn close(&self, round: &str) -> pb::Round {
        let request = pb::ClosePreferencesRequest { name: round.into(), ..Default::default() };
        self.dean().close_preferences(request).await.unwrap().into_inner()
    }

    /// Opens a round for a class, and closes it with nobody having ranked anybody.
    pub async fn closed(&self, class: u32) -> pb::Round {
        let round = self.open(class).await.name;
        self.close(&round).await
    }

    pub async fn rank(&self, round: &str, rankings: Vec<pb::Ranking>) -> Result<Vec<pb::Ranking>, tonic::Status> {
        let request = pb::BatchSetRankingsRequest { parent: round.into(), rankings };
        self.bureau().batch_set_rankings(request).await.map(|answer| answer.into_inner().rankings)
    }

    pub async fn solve(&self, round: &str) -> pb::Run {
        self.solve_for(round, pb::Objective::Optimal).await
    }

    pub async fn solve_for(&self, round: &str, objective: pb::Objective) -> pb::Run {
        let request = pb::SolveRoundRequest { name: round.into(), objective: objective.into(), ..Default::default() };
        self.dean().solve_round(request).await.unwrap().into_inner()
    }

    pub async fn proposals(&self, run: &pb::Run) -> Vec<pb::Proposal> {
        let request = pb::ListProposalsRequest { parent: run.name.clone(), page_size: 1000, ..Default::default() };
        self.dean().list_proposals(request).await.unwrap().into_inner().proposals
    }

    pub async fn try_publish(&self, run: &pb::Run) -> Result<pb::Round, tonic::Status> {
        let request = pb::PublishRoundRequest { name: run.round.clone(), run: run.name.clone(), ..Default::default() };
        self.dean().publish_round(request).await.map(tonic::Response::into_inner)
    }

    /// A whole round for a class.
    pub async fn paired(&self, class: u32) -> pb::Round {
        let round = self.closed(class).await.name;
        let run = self.solve(&round).await;
        self.try_publish(&run).await.unwrap()
    }

    pub async fn part(&self, mentor: &str, other: &str) -> Result<pb::Conflict, tonic::Status> {
        let conflict = pb::Conflict { mentor: mentor.into(), other: other.into(), ground: "family".into(), ..Default::default() };
        let request = pb::BatchCreateConflictsRequest { conflicts: vec![conflict] };
        self.bureau().batch_create_conflicts(request).await.map(|answer| answer.into_inner().conflicts.remove(0))
    }

    /// Directory tells of a student's person.
    pub async fn person(&self, n: u32) {
        let event = directory::PersonRegistered { person: name("people", 10_000 + n), ..Default::default() };
        self.sandbox.arrive(&event.person.clone(), 1, &event).await;
    }

    pub async fn object(&self, pairing: &str) -> Result<pb::Objection, tonic::Status> {
        let objection = pb::Objection { pairing: pairing.into(), ground: "distance".into(), ..Default::default() };
        let request = pb::CreateObjectionRequest { objection: Some(objection) };
        self.foreman().create_objection(request).await.map(tonic::Response::into_inner)
    }

    pub async fn uphold(&self, objection: &str) -> Result<pb::Objection, tonic::Status> {
        let request = pb::UpholdObjectionRequest { name: objection.into() };
        self.dean().uphold_objection(request).await.map(tonic::Response::into_inner)
    }

    pub async fn try_finalize(&self, round: &str) -> Result<pb::Round, tonic::Status> {
        let request = pb::FinalizeRoundRequest { name: round.into(), ..Default::default() };
        self.dean().finalize_round(request).await.map(tonic::Response::into_inner)
    }

    pub async fn pairings(&self, state: pb::PairingState) -> Vec<pb::Pairing> {
        let request = pb::ListPairingsRequest { page_size: 1000, state: state.into(), ..Default::default() };
        self.bureau().list_pairings(request).await.unwrap().into_inner().pairings
    }

    pub async fn mentor(&self, mentor: &str) -> pb::Mentor {
        self.bureau().get_mentor(pb::GetMentorRequest { name: mentor.into() }).await.unwrap().into_inner()
    }

    /// How many students each mentor has, by the mentors' word.
    pub async fn loads(&self) -> BTreeMap<String, i32> {
        let request = pb::ListMentorsRequest { page_size: 1000, ..Default::default() };
        let mentors = self.bureau().list_mentors(request).await.unwrap().into_inner().mentors;
        mentors.into_iter().map(|mentor| (mentor.person, mentor.load)).collect()
    }

    /// Everything `talentflow verify` would prove.
    pub async fn verify(&self) {
        self.sandbox.settle().await;
        for finding in verify(&self.sandbox.test.db, mentoring::CHECKS).await.unwrap() {
            assert!(finding.broken.is_empty(), "{} on {}: {:?}", finding.check.name, self.sandbox.test.engine, finding.broken);
        }
    }
}
