//! Projects in their table.

use crate::domain::{MentorId, OrganisationId, Outline, Project, ProjectId, ProjectState, RunId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::page::Page;
use std::collections::BTreeSet;

/// Rows of one statement.
const AT_ONCE: usize = 500;

/// A project with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub project: Project,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    project_id: ProjectId,
    version: i64,
    mentor_id: MentorId,
    organisation_id: OrganisationId,
    title: String,
    capacity: i64,
    load: i64,
    skills: String,
    #[sqlx(try_from = "String")]
    state: ProjectState,
    created_at: DateTime<Utc>,
}

impl From<Row> for Stored {
    fn from(row: Row) -> Self {
        let outline = Outline { title: row.title, capacity: row.capacity, skills: row.skills.into() };
        let project = Project {
            id: row.project_id,
            version: row.version,
            mentor: row.mentor_id,
            organisation: row.organisation_id,
            outline,
            load: row.load,
            state: row.state,
        };
        Self { project, created_at: row.created_at }
    }
}

/// Which projects a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Closed projects only of this organisation; open ones are there for everybody to see.
    pub visible: Option<OrganisationId>,
    pub mentor: Option<MentorId>,
    pub organisation: Option<OrganisationId>,
    pub state: Option<ProjectState>,
}

statements! {
    INSERT_ALL = {
        postgres: "INSERT INTO mentoring_project (created_at, updated_at, project_id, version, mentor_id, title, capacity, load, skills, state) SELECT $1, $1, project_id, 1, mentor_id, title, capacity, 0, skills, state FROM unnest(CAST($2 AS UUID[]), CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS TEXT[]), CAST($7 AS TEXT[])) AS projects (project_id, mentor_id, title, capacity, skills, state)",
        sqlite: "INSERT INTO mentoring_project (created_at, updated_at, project_id, version, mentor_id, title, capacity, load, skills, state) SELECT $1, $1, value->>0, 1, value->>1, value->>2, value->>3, 0, value->>4, value->>5 FROM jsonb_each($2)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    UPDATE = "UPDATE mentoring_project SET version = $2, title = $4, capacity = $5, skills = $6, state = $7, updated_at = $8 WHERE project_id = $1 AND version = $3";
    BY_ID = "SELECT p.project_id, p.version, p.mentor_id, m.organisation_id, p.title, p.capacity, p.load, p.skills, p.state, p.created_at FROM mentoring_project p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.project_id = $1";
    LIST = "SELECT p.project_id, p.version, p.mentor_id, m.organisation_id, p.title, p.capacity, p.load, p.skills, p.state, p.created_at FROM mentoring_project p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.project_id > $1 AND (p.state = 'open' OR m.organisation_id = $3 OR $3 IS NULL) AND (p.mentor_id = $4 OR $4 IS NULL) AND (m.organisation_id = $5 OR $5 IS NULL) AND (p.state = $6 OR $6 IS NULL) ORDER BY p.project_id LIMIT $2";
    BY_IDS = {
        postgres: "SELECT p.project_id, p.version, p.mentor_id, m.organisation_id, p.title, p.capacity, p.load, p.skills, p.state, p.created_at FROM mentoring_project p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.project_id = ANY (CAST($1 AS UUID[])) ORDER BY p.project_id",
        sqlite: "SELECT p.project_id, p.version, p.mentor_id, m.organisation_id, p.title, p.capacity, p.load, p.skills, p.state, p.created_at FROM mentoring_project p JOIN mentoring_mentor m ON m.mentor_id = p.mentor_id WHERE p.project_id IN (SELECT value FROM json_each($1)) ORDER BY p.project_id",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Takes places only where there are as many, in one statement: however many take at once, none is given twice.
    TAKE_PLACES = "UPDATE mentoring_project SET load = load + $2, version = version + 1, updated_at = $3 WHERE project_id = $1 AND state = 'open' AND load + $2 <= capacity";
    /// Takes the places a dry run proposes, all of a project or none; the rows are locked in the order of their ids, as
    /// everywhere.
    TAKE_PROPOSED = {
        postgres: "WITH wanted AS (SELECT project_id, count(*) AS places FROM mentoring_proposal WHERE run_id = $1 AND project_id IS NOT NULL GROUP BY project_id), held AS (SELECT p.project_id FROM mentoring_project p WHERE p.project_id IN (SELECT project_id FROM wanted) ORDER BY p.project_id FOR UPDATE) UPDATE mentoring_project AS p SET load = p.load + w.places, version = p.version + 1, updated_at = $2 FROM wanted w JOIN held h ON h.project_id = w.project_id WHERE p.project_id = w.project_id AND p.state = 'open' AND p.load + w.places <= p.capacity",
        sqlite: "UPDATE mentoring_project AS p SET load = p.load + w.places, version = p.version + 1, updated_at = $2 FROM (SELECT project_id, count(*) AS places FROM mentoring_proposal WHERE run_id = $1 AND project_id IS NOT NULL GROUP BY project_id) w WHERE p.project_id = w.project_id AND p.state = 'open' AND p.load + w.places <= p.capacity",
        reason: "PostgreSQL needs an order in which rows are locked; SQLite has one writer, and no FOR UPDATE",
    };
    FREE_PLACE = "UPDATE mentoring_project SET load = load - 1, version = version + 1, updated_at = $2 WHERE project_id = $1 AND load > 0";
    CLOSE_OF_MENTOR = "UPDATE mentoring_project SET state = 'closed', version = version + 1, updated_at = $2 WHERE mentor_id = $1 AND state = 'open'";
    /// The places of a round that is being published are taken before its pairings are made.
    WRONG_PROJECTS = "SELECT CAST(q.project_id AS TEXT) || ' load ' || CAST(q.load AS TEXT) || ' of ' || CAST(q.capacity AS TEXT) || ', live pairings ' || CAST(count(p.pairing_id) AS TEXT) || ', to be made ' || CAST(coalesce(max(k.kept), 0) AS TEXT) FROM mentoring_project q LEFT JOIN mentoring_pairing p ON p.project_id = q.project_id AND p.state = 'active' LEFT JOIN (SELECT o.project_id, count(*) AS kept FROM mentoring_round r JOIN mentoring_student s ON s.open_round_id = r.round_id JOIN mentoring_proposal o ON o.run_id = r.run_id AND o.enrolment_id = s.enrolment_id WHERE r.state = 'publishing' AND o.project_id IS NOT NULL GROUP BY o.project_id) k ON k.project_id = q.project_id GROUP BY q.project_id, q.mentor_id, q.load, q.capacity HAVING q.load <> count(p.pairing_id) + coalesce(max(k.kept), 0) OR q.load > q.capacity OR count(CASE WHEN p.mentor_id <> q.mentor_id THEN 1 END) > 0 LIMIT 100";
}

/// Adds projects, a few hundred at a time.
pub async fn insert_all(tx: &mut Tx, projects: &[Project], now: DateTime<Utc>) -> Result<(), Error> {
    for rows in projects.chunks(AT_ONCE) {
        let row = |project: &Project| {
            let Outline { title, capacity, skills } = &project.outline;
            args![project.id, project.mentor, title.as_str(), *capacity, skills.to_text(), project.state]
        };
        tx.execute_rows(INSERT_ALL, args![now], rows.iter().map(row).collect()).await?;
    }
    Ok(())
}

/// Saves a decision that was made on the version before.
pub async fn update(tx: &mut Tx, project: &Project, now: DateTime<Utc>) -> Result<(), Error> {
    let Outline { title, capacity, skills } = &project.outline;
    let row =
        args![project.id, project.version, project.version - 1, title.as_str(), *capacity, skills.to_text(), project.state, now,];
    tx.change(UPDATE, row, &project.id.to_string()).await
}

pub async fn by_id(tx: &mut Tx, id: ProjectId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    Ok(row.map(Stored::from))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.visible, filter.mentor, filter.organisation, filter.state];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    Ok(rows.into_iter().map(Stored::from).collect())
}

/// Those of the projects that are there, in the order of their ids.
pub async fn by_ids(tx: &mut Tx, ids: &BTreeSet<ProjectId>) -> Result<Vec<Project>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = tx.fetch_all(BY_IDS, args![id_list(ids.iter().copied())]).await?;
    Ok(rows.into_iter().map(|row| Stored::from(row).project).collect())
}

/// Takes places of a project; `false` if there are not as many, or it is closed.
pub async fn take_places(tx: &mut Tx, project: ProjectId, places: i64, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(TAKE_PLACES, args![project, places, now]).await? == 1)
}

/// Takes the places that a dry run proposes; answers of how many projects.
pub async fn take_proposed(tx: &mut Tx, run: RunId, now: DateTime<Utc>) -> Result<i64, Error> {
    Ok(i64::try_from(tx.execute(TAKE_PROPOSED, args![run, now]).await?).unwrap_or(i64::MAX))
}

/// Gives a place back.
pub async fn free_place(tx: &mut Tx, project: ProjectId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.change(FREE_PLACE, args![project, now], &project.to_string()).await
}

/// Closes the projects of a mentor who has left.
pub async fn close_of_mentor(tx: &mut Tx, mentor: MentorId, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute(CLOSE_OF_MENTOR, args![mentor, now]).await.map(|_| ())
}
