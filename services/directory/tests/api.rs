//! The directory as its callers and HR systems see it, on both engines.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

use directory::{CHECKS, MIGRATIONS, service};
use kit::auth::Role;
use kit::event::Envelope;
use kit::letters;
use kit::verify::verify;
use pb::directory_service_client::DirectoryServiceClient;
use proto::directory::v1 as pb;
use proto::google::r#type::Date;
use testkit::{Caller, Sandbox, Who, both_engines};
use tonic::Code;
use tonic_types::StatusExt;

struct Town {
    sandbox: Sandbox,
    school: String,
    firm: String,
    programme: String,
}

impl Town {
    async fn both() -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[MIGRATIONS]).await {
            let sandbox = Sandbox::new(test, &[("directory", service)]).await;
            let mut town = Self { sandbox, school: String::new(), firm: String::new(), programme: String::new() };
            town.school = town.organisation(school()).await;
            town.firm = town.organisation(firm()).await;
            let programme = pb::Programme {
                school: town.school.clone(),
                code: "460102".into(),
                title: "机械制造".into(),
                ..Default::default()
            };
            let request = pb::CreateProgrammeRequest { programme: Some(programme) };
            town.programme = town.bureau().create_programme(request).await.unwrap().into_inner().name;
            towns.push(town);
        }
        towns
    }

    fn bureau(&self) -> DirectoryServiceClient<Caller> {
        DirectoryServiceClient::new(self.sandbox.caller("directory", &Who::bureau()))
    }
    fn office(&self, organisation: &str, role: Role) -> DirectoryServiceClient<Caller> {
        DirectoryServiceClient::new(self.sandbox.caller("directory", &Who::new("office", Some(organisation), &[role])))
    }

    async fn organisation(&self, organisation: pb::Organisation) -> String {
        let request = pb::CreateOrganisationRequest { organisation: Some(organisation) };
        self.bureau().create_organisation(request).await.unwrap().into_inner().name
    }

    fn student(&self) -> pb::Person {
        pb::Person {
            display_name: "某学生".into(),
            organisation: self.school.clone(),
            kind: pb::PersonKind::Student.into(),
            birth_date: day(2008, 2, 29),
            entry_year: 2025,
            programme: self.programme.clone(),
            ..Default::default()
        }
    }

    async fn register(&self, people: Vec<pb::Person>) -> Result<Vec<pb::Person>, tonic::Status> {
        let answer = self.bureau().batch_create_people(pb::BatchCreatePeopleRequest { people }).await?;
        Ok(answer.into_inner().people)
    }

    /// What an employer's HR system sends; `id` is its own.
    async fn hr(&self, id: &str, kind: &str, person: &str, date: &str) {
        let data = serde_json::json!({"person": person, "effective_date": date});
        let event = serde_json::json!({
            "specversion": "1.0", "id": id, "source": format!("hr/{}", self.firm), "type": kind,
            "datacontenttype": "application/json", "data": data,
        });
        let channel = format!("hr.v1.{}.event", self.firm.trim_start_matches("organisations/"));
        let envelope = Envelope::from_json(&channel, event.to_string().as_bytes()).unwrap();
        self.sandbox.bus.publish(vec![envelope]).await.into_iter().for_each(|safe| safe.unwrap());
        self.sandbox.settle().await;
    }

    async fn employments(&self, person: &str) -> Vec<(Option<Date>, Option<Date>)> {
        let request = pb::ListEmploymentsRequest { person: person.into(), ..Default::default() };
        let listed = self.bureau().list_employments(request).await.unwrap().into_inner().employments;
        listed.into_iter().map(|employment| (employment.start_date, employment.end_date)).collect()
    }

    async fn sound(&self) {
        for finding in verify(&self.sandbox.test.db, CHECKS).await.unwrap() {
            assert!(finding.broken.is_empty(), "{}: {:?}", finding.check.name, finding.broken);
        }
    }
}

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn school() -> pb::Organisation {
    pb::Organisation {
        display_name: "职业技术学院".into(),
        kind: pb::OrganisationKind::School.into(),
        school_type: pb::SchoolType::Vocational.into(),
        ..Default::default()
    }
}

fn firm() -> pb::Organisation {
    pb::Organisation {
        display_name: "尼龙企业".into(),
        kind: pb::OrganisationKind::Enterprise.into(),
        chains: vec!["nylon".into()],
        ..Default::default()
    }
}

fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

const HIRED: &str = "hr.employee.hired.v1";
const LEFT: &str = "hr.employee.left.v1";

#[tokio::test]
async fn hr_events_in_any_order_and_repeated_give_one_employment() {
    for town in Town::both().await {
        let person = town.register(vec![town.student()]).await.unwrap().remove(0).name;
        town.hr("2", LEFT, &person, "2026-08-31").await;
        assert_eq!(town.employments(&person).await, []);
        for _ in 0..3 {
            town.hr("1", HIRED, &person, "2026-07-01").await;
        }
        assert_eq!(town.employments(&person).await, [(day(2026, 7, 1), day(2026, 8, 31))]);
        town.sound().await;
    }
}

#[tokio::test]
async fn an_earlier_hire_corrects_the_start_and_withdraws_what_was_thought() {
    for town in Town::both().await {
        let person = town.register(vec![town.student()]).await.unwrap().remove(0).name;
        town.hr("1", HIRED, &person, "2026-07-05").await;
        town.hr("2", HIRED, &person, "2026-07-01").await;
        assert_eq!(town.employments(&person).await, [(day(2026, 7, 1), None)]);
        town.sound().await;
    }
}

#[tokio::test]
async fn what_an_hr_system_got_wrong_is_a_dead_letter_with_its_reason() {
    for town in Town::both().await {
        let person = town.register(vec![town.student()]).await.unwrap().remove(0).name;
        town.hr("1", HIRED, "people/00000000-0000-7000-8000-0000000000ff", "2026-07-01").await;
        town.hr("2", HIRED, &person, "July").await;
        town.hr("3", HIRED, "somebody", "2026-07-01").await;
        let dead = letters::list(&town.sandbox.test.db, "directory").await.unwrap();
        let mut reasons: Vec<&str> = dead.iter().map(|letter| letter.reason.as_str()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["DATE", "PERSON_UNKNOWN", "RESOURCE_NAME"]);
        // The right one still arrives.
        town.hr("4", HIRED, &person, "2026-07-01").await;
        assert_eq!(town.employments(&person).await.len(), 1);
    }
}

#[tokio::test]
async fn a_batch_with_one_bad_person_registers_nobody_and_names_the_field() {
    for town in Town::both().await {
        let bad: [(pb::Person, &str); 5] = [
            (pb::Person { display_name: String::new(), ..town.student() }, "people[1].display_name"),
            (pb::Person { birth_date: None, ..town.student() }, "people[1].birth_date"),
            (pb::Person { entry_year: 12, ..town.student() }, "people[1].entry_year"),
            (pb::Person { organisation: town.firm.clone(), ..town.student() }, "people[1].organisation"),
            (pb::Person { skills: vec!["Welding!".into()], ..town.student() }, "people[1].skills[0]"),
        ];
        for (person, field) in bad {
            let refused = town.register(vec![town.student(), person]).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
            assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
        let engineer = pb::Person { kind: pb::PersonKind::Engineer.into(), ..town.student() };
        assert_eq!(reason(&town.register(vec![engineer]).await.unwrap_err()), "KIND_MISPLACED");
        let listed = town.bureau().list_people(pb::ListPeopleRequest::default()).await.unwrap().into_inner().people;
        assert!(listed.is_empty());
    }
}

#[tokio::test]
async fn a_programme_belongs_to_a_school_and_has_its_code_once() {
    for town in Town::both().await {
        let programme = |school: &str, code: &str| pb::CreateProgrammeRequest {
            programme: Some(pb::Programme {
                school: school.into(),
                code: code.into(),
                title: "专业".into(),
                ..Default::default()
            }),
        };
        let again = town.bureau().create_programme(programme(&town.school, "460102")).await.unwrap_err();
        assert_eq!((again.code(), reason(&again).as_str()), (Code::AlreadyExists, "PROGRAMME_EXISTS"));
        let misplaced = town.bureau().create_programme(programme(&town.firm, "460103")).await.unwrap_err();
        assert_eq!(reason(&misplaced), "NOT_A_SCHOOL");
        let foreign =
            town.office(&town.firm, Role::School).create_programme(programme(&town.school, "460104")).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn an_organisation_says_what_it_is() {
    for town in Town::both().await {
        let wrong: [(pb::Organisation, &str); 4] = [
            (pb::Organisation { kind: 0, ..school() }, "organisation.kind"),
            (pb::Organisation { kind: 99, ..school() }, "organisation.kind"),
            (pb::Organisation { school_type: 0, ..school() }, "organisation.school_type"),
            (pb::Organisation { chains: vec!["尼龙".into()], ..firm() }, "organisation.chains[0]"),
        ];
        for (organisation, field) in wrong {
            let request = pb::CreateOrganisationRequest { organisation: Some(organisation) };
            let refused = town.bureau().create_organisation(request).await.unwrap_err();
            assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
        let mut bureau = town.bureau();
        let listed = bureau.list_organisations(pb::ListOrganisationsRequest { chain: "nylon".into(), ..Default::default() });
        assert_eq!(listed.await.unwrap().into_inner().organisations.len(), 1);
    }
}

#[tokio::test]
async fn people_are_seen_by_their_own_organisation_alone() {
    for town in Town::both().await {
        let person = town.register(vec![town.student()]).await.unwrap().remove(0).name;
        let own = town.office(&town.school, Role::School).get_person(pb::GetPersonRequest { name: person.clone() }).await;
        assert!(own.is_ok());
        let mut stranger = town.office(&town.firm, Role::Enterprise);
        assert_eq!(stranger.get_person(pb::GetPersonRequest { name: person }).await.unwrap_err().code(), Code::NotFound);
        let listed = stranger.list_people(pb::ListPeopleRequest { organisation: town.school.clone(), ..Default::default() });
        assert!(listed.await.unwrap().into_inner().people.is_empty());
    }
}

#[tokio::test]
async fn a_programme_is_read_by_name_and_is_no_secret_of_its_school() {
    for town in Town::both().await {
        let get = |name: &str| pb::GetProgrammeRequest { name: name.into() };
        let listed = town.bureau().list_programmes(pb::ListProgrammesRequest::default()).await.unwrap().into_inner();
        let own = town.office(&town.school, Role::School);
        // A class names its programme, and the enterprise that agrees to the class may look it up.
        let foreign = town.office(&town.firm, Role::Enterprise);
        let learner = town.office(&town.school, Role::Student);
        for mut client in [town.bureau(), own, foreign, learner] {
            let read = client.get_programme(get(&town.programme)).await.unwrap().into_inner();
            assert_eq!((&read, read.code.as_str(), &read.school), (&listed.programmes[0], "460102", &town.school));
        }
        let missing = "programmes/00000000-0000-7000-8000-0000000000ff";
        let none = town.bureau().get_programme(get(missing)).await.unwrap_err();
        assert_eq!(none.code(), Code::NotFound);
        assert!(none.message().contains(missing), "{}", none.message());
        let misnamed = town.bureau().get_programme(get(&town.school)).await.unwrap_err();
        assert_eq!(reason(&misnamed), "RESOURCE_NAME");
    }
}
