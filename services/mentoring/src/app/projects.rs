//! Projects of mentors: offered by the mentor's organisation, ranked by students, and taken with a place of the mentor.

use super::list::{Listed, visible};
use crate::domain::{Guide, Mentor, MentorId, MentorState, Outline, Project, ProjectId, ProjectState, Refusal};
use crate::store::mentor;
use crate::store::project::{self, Stored};
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

#[derive(Debug, Clone)]
pub struct CreateProjects {
    pub projects: Vec<NewProject>,
}

#[derive(Debug, Clone)]
pub struct NewProject {
    pub mentor: MentorId,
    pub outline: Outline,
}

/// Those offered, in the order of the command.
#[derive(Debug)]
pub struct Offered(pub Vec<Stored>);

pub async fn create_projects(tx: &mut Tx, scope: &Scope, command: CreateProjects) -> Result<Offered, Error> {
    let mut mentors: BTreeMap<MentorId, Mentor> = BTreeMap::new();
    let mut projects = Vec::with_capacity(command.projects.len());
    for (at, new) in command.projects.into_iter().enumerate() {
        let within = |error: Error| error.within(&format!("projects[{at}]"));
        let mentor = match mentors.entry(new.mentor) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                unknown.insert(own(tx, scope, new.mentor).await.map_err(|error| within(error.on("mentor")))?)
            }
        };
        let profile = &mentor.profile;
        new.outline.within(new.mentor, profile.capacity).map_err(|refusal| within(refusal.into()))?;
        projects.push(Project {
            id: scope.id(),
            version: 1,
            mentor: new.mentor,
            organisation: profile.organisation,
            outline: new.outline,
            load: 0,
            state: ProjectState::Open,
        });
    }
    project::insert_all(tx, &projects, scope.now()).await?;
    Ok(Offered(projects.into_iter().map(|project| Stored { project, created_at: scope.now() }).collect()))
}

/// A mentor of the caller's organisation who has not left.
async fn own(tx: &mut Tx, scope: &Scope, id: MentorId) -> Result<Mentor, Error> {
    let mentor = mentor::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.mentor;
    scope.own(mentor.profile.organisation, id)?;
    if mentor.state == MentorState::Closed {
        return Err(Refusal::MentorClosed { mentor: id }.into());
    }
    Ok(mentor)
}

#[derive(Debug, Clone)]
pub struct ReviseProject {
    pub project: ProjectId,
    /// As it shall be; the mentor stays.
    pub outline: Outline,
    /// The version the caller decided on; any when absent.
    pub etag: Option<String>,
}

pub async fn revise_project(tx: &mut Tx, scope: &Scope, command: ReviseProject) -> Result<Stored, Error> {
    let stored = own_project(tx, scope, command.project).await?;
    if command.etag.is_some_and(|etag| etag != kit::wire::etag(stored.project.version)) {
        return Err(Error::etag(&command.project.to_string()));
    }
    let mentor = own(tx, scope, stored.project.mentor).await?;
    let revised = stored.project.revise(command.outline, mentor.profile.capacity);
    let project = revised.map_err(|refusal| Error::from(refusal).within("project"))?;
    project::update(tx, &project, scope.now()).await?;
    Ok(Stored { project, ..stored })
}

/// Opens or closes a project for further students.
#[derive(Debug, Clone, Copy)]
pub struct TurnProject {
    pub project: ProjectId,
    pub state: ProjectState,
}

pub async fn turn_project(tx: &mut Tx, scope: &Scope, command: TurnProject) -> Result<Stored, Error> {
    let stored = own_project(tx, scope, command.project).await?;
    if command.state == ProjectState::Open {
        own(tx, scope, stored.project.mentor).await?;
    }
    let project = stored.project.turn(command.state)?;
    project::update(tx, &project, scope.now()).await?;
    Ok(Stored { project, ..stored })
}

async fn own_project(tx: &mut Tx, scope: &Scope, id: ProjectId) -> Result<Stored, Error> {
    let stored = project::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own(stored.project.organisation, id)?;
    Ok(stored)
}

#[derive(Debug, Clone, Copy)]
pub struct FindProject(pub ProjectId);

/// What is open is offered to everybody; what is closed is the organisation's own.
pub async fn find_project(tx: &mut Tx, scope: &Scope, query: FindProject) -> Result<Stored, Error> {
    let stored = project::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    if !stored.project.is_open() {
        scope.own(stored.project.organisation, query.0)?;
    }
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct ListProjects {
    pub filter: project::Filter,
    pub page: Page,
}

pub async fn list_projects(tx: &mut Tx, scope: &Scope, mut query: ListProjects) -> Result<Listed<Stored>, Error> {
    query.filter.visible = visible(scope)?;
    let rows = project::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.project.id))
}

/// Takes a place of each project, as often as it is named, in the order of their ids; after those of the mentors. Names the
/// first that does not have them.
pub async fn take_projects(
    tx: &mut Tx,
    scope: &Scope,
    projects: impl Iterator<Item = ProjectId>,
) -> Result<Option<ProjectId>, Error> {
    let mut places: BTreeMap<ProjectId, i64> = BTreeMap::new();
    for project in projects {
        *places.entry(project).or_default() += 1;
    }
    for (project, count) in places {
        if !project::take_places(tx, project, count, scope.now()).await? {
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// Gives back the place of a project that a student had beside the mentor's.
pub async fn free_project(tx: &mut Tx, scope: &Scope, guide: &Guide) -> Result<(), Error> {
    match guide.project {
        Some(project) => project::free_place(tx, project, scope.now()).await,
        None => Ok(()),
    }
}
