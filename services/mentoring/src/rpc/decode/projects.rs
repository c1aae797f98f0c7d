//! Requests about projects, and how organisations take students.

use super::{BATCH, bounded, parse_codes, parse_etag};
use crate::app::{
    CreateProjects, FindProject, ListAdmissions, ListProjects, NewProject, ReviseProject, SetAdmission, TurnProject,
};
use crate::domain::{
    Admission, ClassId, Codes, MentorId, OrganisationId, Outline, Priority, ProgrammeId, ProjectId, ProjectState, RoundId,
};
use crate::store::project;
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_text, parse_within, unknown_enum};
use proto::mentoring::v1 as pb;

/// The longest title.
const TITLE: usize = 200;

impl TryFrom<pb::BatchCreateProjectsRequest> for CreateProjects {
    type Error = Error;
    fn try_from(request: pb::BatchCreateProjectsRequest) -> Result<Self, Error> {
        let projects = parse_batch("projects", request.projects, BATCH)?;
        let parse = |(at, project)| parse_new(project).map_err(|error: Error| error.within(&format!("projects[{at}]")));
        Ok(Self { projects: projects.into_iter().enumerate().map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse_new(project: pb::Project) -> Result<NewProject, Error> {
    Ok(NewProject { mentor: MentorId::parse("mentor", &project.mentor)?, outline: parse_outline(project)? })
}

fn parse_outline(project: pb::Project) -> Result<Outline, Error> {
    Ok(Outline {
        title: parse_text("title", project.title, TITLE)?,
        capacity: parse_within("capacity", project.capacity, 1..=50, "students at once")?.into(),
        skills: Codes::new(parse_codes("skills", project.skills)?),
    })
}

impl TryFrom<pb::GetProjectRequest> for FindProject {
    type Error = Error;
    fn try_from(request: pb::GetProjectRequest) -> Result<Self, Error> {
        ProjectId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListProjectsRequest> for ListProjects {
    type Error = Error;
    fn try_from(request: pb::ListProjectsRequest) -> Result<Self, Error> {
        let state = match pb::ProjectState::try_from(request.state) {
            Ok(pb::ProjectState::Unspecified) => None,
            Ok(pb::ProjectState::Open) => Some(ProjectState::Open),
            Ok(pb::ProjectState::Closed) => Some(ProjectState::Closed),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = project::Filter {
            visible: None,
            mentor: MentorId::parse_optional("mentor", &request.mentor)?,
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ReviseProjectRequest> for ReviseProject {
    type Error = Error;
    fn try_from(request: pb::ReviseProjectRequest) -> Result<Self, Error> {
        let project = ProjectId::parse("name", &request.name)?;
        let given = request.project.ok_or_else(|| Error::required("project", "the project as it shall be"))?;
        let outline = parse_outline(given).map_err(|error| error.within("project"))?;
        Ok(Self { project, outline, etag: parse_etag(request.etag) })
    }
}

impl TryFrom<pb::CloseProjectRequest> for TurnProject {
    type Error = Error;
    fn try_from(request: pb::CloseProjectRequest) -> Result<Self, Error> {
        Ok(Self { project: ProjectId::parse("name", &request.name)?, state: ProjectState::Closed })
    }
}

impl TryFrom<pb::ReopenProjectRequest> for TurnProject {
    type Error = Error;
    fn try_from(request: pb::ReopenProjectRequest) -> Result<Self, Error> {
        Ok(Self { project: ProjectId::parse("name", &request.name)?, state: ProjectState::Open })
    }
}

impl TryFrom<pb::SetAdmissionRequest> for SetAdmission {
    type Error = Error;
    fn try_from(request: pb::SetAdmissionRequest) -> Result<Self, Error> {
        let round = RoundId::parse("parent", &request.parent)?;
        let given = request.admission.ok_or_else(|| Error::required("admission", "how the organisation takes students"))?;
        let organisation = OrganisationId::parse("admission.organisation", &given.organisation)?;
        let quota = given.quota.map(|quota| parse_within("admission.quota", quota, 0..=1_000_000, "students")).transpose()?;
        let names = bounded("admission.priorities", given.priorities)?;
        let priority = |(at, name): (usize, String)| parse_priority(&format!("admission.priorities[{at}]"), &name);
        let priorities = names.into_iter().enumerate().map(priority).collect::<Result<_, _>>()?;
        let admission = Admission::new(round, organisation, quota.map(i64::from), priorities);
        admission.map(Self).map_err(|refusal| Error::from(refusal).on("admission.priorities"))
    }
}

fn parse_priority(field: &str, name: &str) -> Result<Priority, Error> {
    if name.starts_with("classes/") {
        ClassId::parse(field, name).map(Priority::Class)
    } else {
        ProgrammeId::parse(field, name).map(Priority::Programme)
    }
}

impl TryFrom<pb::ListAdmissionsRequest> for ListAdmissions {
    type Error = Error;
    fn try_from(request: pb::ListAdmissionsRequest) -> Result<Self, Error> {
        let round = RoundId::parse("parent", &request.parent)?;
        Ok(Self { round, page: Page::parse(request.page_size, &request.page_token)? })
    }
}
