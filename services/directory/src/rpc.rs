//! The gRPC edge: decode, use case, encode. No rules.

use crate::app::{employment, organisation, person, programme};
use crate::domain::{OrganisationId, OrganisationKind, PersonId, PersonKind, Programme, ProgrammeId, SchoolType};
use crate::store;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{date, parse_batch, parse_date, parse_text, parse_within, timestamp, unknown_enum};
use kit::{Calls, Error};
use pb::directory_service_server::DirectoryService;
use proto::directory::v1 as pb;
use tonic::{Request, Response, Status};

pub struct Rpc {
    pub calls: Calls,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl DirectoryService for Rpc {
    async fn create_organisation(&self, request: Request<pb::CreateOrganisationRequest>) -> Answer<pb::Organisation> {
        self.calls.run(request, organisation::create).await
    }
    async fn get_organisation(&self, request: Request<pb::GetOrganisationRequest>) -> Answer<pb::Organisation> {
        self.calls.read(request, organisation::find).await
    }
    async fn list_organisations(&self, request: Request<pb::ListOrganisationsRequest>) -> Answer<pb::ListOrganisationsResponse> {
        self.calls.read(request, organisation::list).await
    }
    async fn create_programme(&self, request: Request<pb::CreateProgrammeRequest>) -> Answer<pb::Programme> {
        self.calls.run(request, programme::create).await
    }
    async fn get_programme(&self, request: Request<pb::GetProgrammeRequest>) -> Answer<pb::Programme> {
        self.calls.read(request, programme::find).await
    }
    async fn list_programmes(&self, request: Request<pb::ListProgrammesRequest>) -> Answer<pb::ListProgrammesResponse> {
        self.calls.read(request, programme::list).await
    }
    async fn batch_create_people(&self, request: Request<pb::BatchCreatePeopleRequest>) -> Answer<pb::BatchCreatePeopleResponse> {
        self.calls.run(request, person::create_batch).await
    }
    async fn get_person(&self, request: Request<pb::GetPersonRequest>) -> Answer<pb::Person> {
        self.calls.read(request, person::find).await
    }
    async fn list_people(&self, request: Request<pb::ListPeopleRequest>) -> Answer<pb::ListPeopleResponse> {
        self.calls.read(request, person::list).await
    }
    async fn list_employments(&self, request: Request<pb::ListEmploymentsRequest>) -> Answer<pb::ListEmploymentsResponse> {
        self.calls.read(request, employment::list).await
    }
}

impl TryFrom<pb::CreateOrganisationRequest> for organisation::Create {
    type Error = Error;
    fn try_from(request: pb::CreateOrganisationRequest) -> Result<Self, Error> {
        let asked = request.organisation.ok_or_else(|| Error::required("organisation", "the organisation to register"))?;
        let kind = parse_organisation_kind("organisation.kind", asked.kind)?
            .ok_or_else(|| Error::required("organisation.kind", "SCHOOL, ENTERPRISE or BUREAU"))?;
        let school_type = match pb::SchoolType::try_from(asked.school_type) {
            Ok(pb::SchoolType::Unspecified) => None,
            Ok(pb::SchoolType::Vocational) => Some(SchoolType::Vocational),
            Ok(pb::SchoolType::University) => Some(SchoolType::University),
            Err(_) => return Err(unknown_enum("organisation.school_type", asked.school_type)),
        };
        if (kind == OrganisationKind::School) != school_type.is_some() {
            return Err(Error::invalid(
                "organisation.school_type",
                "SCHOOL_TYPE",
                "`school_type` is required for a school and left out for others: it decides which rules apply",
                "学校必须填写 `school_type`，其他单位不填：它决定适用的规则",
            ));
        }
        Ok(Self {
            display_name: parse_text("organisation.display_name", asked.display_name, 100)?,
            kind,
            school_type,
            chains: parse_codes("organisation.chains", asked.chains)?,
            integration_listed: asked.integration_listed,
        })
    }
}

/// Codes: lower-case letters, digits and hyphens, at most 50 of them.
fn parse_codes(field: &str, codes: Vec<String>) -> Result<Vec<String>, Error> {
    if codes.len() > 50 {
        return Err(Error::invalid(
            field,
            "TOO_MANY",
            format!("`{field}` has {} codes: at most 50", codes.len()),
            format!("`{field}` 至多 50 项"),
        ));
    }
    codes.into_iter().enumerate().map(|(at, code)| parse_code(&format!("{field}[{at}]"), code)).collect()
}

fn parse_code(field: &str, code: String) -> Result<String, Error> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=40).contains(&code.len()) && code.chars().all(legal) {
        return Ok(code);
    }
    Err(Error::invalid(
        field,
        "CODE",
        format!("`{field}` is `{code}`: expected 1 to 40 lower-case letters, digits and hyphens"),
        format!("`{field}` 为“{code}”，应为 1 至 40 个小写字母、数字或连字符"),
    ))
}

fn parse_organisation_kind(field: &str, kind: i32) -> Result<Option<OrganisationKind>, Error> {
    Ok(match pb::OrganisationKind::try_from(kind) {
        Ok(pb::OrganisationKind::Unspecified) => None,
        Ok(pb::OrganisationKind::School) => Some(OrganisationKind::School),
        Ok(pb::OrganisationKind::Enterprise) => Some(OrganisationKind::Enterprise),
        Ok(pb::OrganisationKind::Bureau) => Some(OrganisationKind::Bureau),
        Err(_) => return Err(unknown_enum(field, kind)),
    })
}

fn parse_person_kind(field: &str, kind: i32) -> Result<Option<PersonKind>, Error> {
    Ok(match pb::PersonKind::try_from(kind) {
        Ok(pb::PersonKind::Unspecified) => None,
        Ok(pb::PersonKind::Teacher) => Some(PersonKind::Teacher),
        Ok(pb::PersonKind::Engineer) => Some(PersonKind::Engineer),
        Ok(pb::PersonKind::Student) => Some(PersonKind::Student),
        Err(_) => return Err(unknown_enum(field, kind)),
    })
}

impl TryFrom<pb::GetOrganisationRequest> for organisation::Find {
    type Error = Error;
    fn try_from(request: pb::GetOrganisationRequest) -> Result<Self, Error> {
        OrganisationId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListOrganisationsRequest> for organisation::List {
    type Error = Error;
    fn try_from(request: pb::ListOrganisationsRequest) -> Result<Self, Error> {
        let chain = if request.chain.is_empty() { None } else { Some(parse_code("chain", request.chain)?) };
        let kind = parse_organisation_kind("kind", request.kind)?;
        Ok(Self { kind, chain, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::CreateProgrammeRequest> for programme::Create {
    type Error = Error;
    fn try_from(request: pb::CreateProgrammeRequest) -> Result<Self, Error> {
        let asked = request.programme.ok_or_else(|| Error::required("programme", "the programme to register"))?;
        Ok(Self {
            school: OrganisationId::parse("programme.school", &asked.school)?,
            code: parse_text("programme.code", asked.code, 40)?,
            title: parse_text("programme.title", asked.title, 100)?,
            chain: if asked.chain.is_empty() { String::new() } else { parse_code("programme.chain", asked.chain)? },
        })
    }
}

impl TryFrom<pb::GetProgrammeRequest> for programme::Find {
    type Error = Error;
    fn try_from(request: pb::GetProgrammeRequest) -> Result<Self, Error> {
        ProgrammeId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListProgrammesRequest> for programme::List {
    type Error = Error;
    fn try_from(request: pb::ListProgrammesRequest) -> Result<Self, Error> {
        let school = OrganisationId::parse_optional("school", &request.school)?;
        Ok(Self { school, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::BatchCreatePeopleRequest> for person::CreateBatch {
    type Error = Error;
    fn try_from(request: pb::BatchCreatePeopleRequest) -> Result<Self, Error> {
        let people = parse_batch("people", request.people, 1000)?;
        let parsed = people
            .into_iter()
            .enumerate()
            .map(|(at, asked)| new_person(asked).map_err(|error| error.within(&format!("people[{at}]"))));
        Ok(Self { people: parsed.collect::<Result<_, _>>()? })
    }
}

fn new_person(asked: pb::Person) -> Result<person::NewPerson, Error> {
    let kind = parse_person_kind("kind", asked.kind)?.ok_or_else(|| Error::required("kind", "TEACHER, ENGINEER or STUDENT"))?;
    let student = kind == PersonKind::Student;
    let programme = ProgrammeId::parse_optional("programme", &asked.programme)?;
    if student && programme.is_none() {
        return Err(Error::required("programme", "programmes/{id}, for a student"));
    }
    Ok(person::NewPerson {
        display_name: parse_text("display_name", asked.display_name, 50)?,
        organisation: OrganisationId::parse("organisation", &asked.organisation)?,
        kind,
        birth_date: if student {
            Some(parse_date("birth_date", asked.birth_date)?)
        } else {
            kit::wire::parse_date_optional("birth_date", asked.birth_date)?
        },
        entry_year: if student { Some(parse_within("entry_year", asked.entry_year, 2000..=2100, "(a year)")?) } else { None },
        programme,
        skills: parse_codes("skills", asked.skills)?,
    })
}

impl TryFrom<pb::GetPersonRequest> for person::Find {
    type Error = Error;
    fn try_from(request: pb::GetPersonRequest) -> Result<Self, Error> {
        PersonId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListPeopleRequest> for person::List {
    type Error = Error;
    fn try_from(request: pb::ListPeopleRequest) -> Result<Self, Error> {
        let filter = store::person::Filter {
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
            kind: parse_person_kind("kind", request.kind)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListEmploymentsRequest> for employment::List {
    type Error = Error;
    fn try_from(request: pb::ListEmploymentsRequest) -> Result<Self, Error> {
        Ok(Self {
            person: PersonId::parse_optional("person", &request.person)?,
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
            page: Page::parse(request.page_size, &request.page_token)?,
        })
    }
}

impl From<OrganisationKind> for pb::OrganisationKind {
    fn from(kind: OrganisationKind) -> Self {
        match kind {
            OrganisationKind::School => Self::School,
            OrganisationKind::Enterprise => Self::Enterprise,
            OrganisationKind::Bureau => Self::Bureau,
        }
    }
}

impl From<SchoolType> for pb::SchoolType {
    fn from(kind: SchoolType) -> Self {
        match kind {
            SchoolType::Vocational => Self::Vocational,
            SchoolType::University => Self::University,
        }
    }
}

impl From<PersonKind> for pb::PersonKind {
    fn from(kind: PersonKind) -> Self {
        match kind {
            PersonKind::Teacher => Self::Teacher,
            PersonKind::Engineer => Self::Engineer,
            PersonKind::Student => Self::Student,
        }
    }
}

impl From<store::organisation::Stored> for pb::Organisation {
    fn from(stored: store::organisation::Stored) -> Self {
        let organisation = stored.organisation;
        Self {
            name: organisation.id.to_string(),
            display_name: organisation.display_name,
            kind: pb::OrganisationKind::from(organisation.kind).into(),
            school_type: organisation.school_type.map_or(0, |kind| pb::SchoolType::from(kind).into()),
            chains: organisation.chains,
            integration_listed: organisation.integration_listed,
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<organisation::Listed> for pb::ListOrganisationsResponse {
    fn from(listed: organisation::Listed) -> Self {
        Self { organisations: listed.organisations.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Programme> for pb::Programme {
    fn from(programme: Programme) -> Self {
        Self {
            name: programme.id.to_string(),
            school: programme.school.to_string(),
            code: programme.code,
            title: programme.title,
            chain: programme.chain,
        }
    }
}

impl From<programme::Listed> for pb::ListProgrammesResponse {
    fn from(listed: programme::Listed) -> Self {
        Self { programmes: listed.programmes.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<store::person::Stored> for pb::Person {
    fn from(stored: store::person::Stored) -> Self {
        let person = stored.person;
        Self {
            name: person.id.to_string(),
            display_name: person.display_name,
            organisation: person.organisation.to_string(),
            kind: pb::PersonKind::from(person.kind).into(),
            birth_date: person.birth_date.map(date),
            entry_year: person.entry_year.unwrap_or_default(),
            programme: person.programme.map(|id| id.to_string()).unwrap_or_default(),
            skills: person.skills,
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<person::Created> for pb::BatchCreatePeopleResponse {
    fn from(created: person::Created) -> Self {
        Self { people: created.people.into_iter().map(Into::into).collect() }
    }
}

impl From<person::Listed> for pb::ListPeopleResponse {
    fn from(listed: person::Listed) -> Self {
        Self { people: listed.people.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<store::employment::Stored> for pb::Employment {
    fn from(stored: store::employment::Stored) -> Self {
        let period = stored.employment.period;
        Self {
            name: stored.employment.id.to_string(),
            person: stored.person.to_string(),
            organisation: stored.organisation.to_string(),
            start_date: Some(date(period.start)),
            end_date: period.end.map(date),
            post: period.post,
        }
    }
}

impl From<employment::Listed> for pb::ListEmploymentsResponse {
    fn from(listed: employment::Listed) -> Self {
        Self { employments: listed.employments.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
