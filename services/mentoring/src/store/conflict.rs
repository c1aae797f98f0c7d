//! Conflicts in their table. Of two mentors the academic one comes first, so that one conflict is one row.

use crate::domain::{Conflict, ConflictId, Ground, MentorId, OrganisationId, Other, PersonId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// A conflict with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub conflict: Conflict,
    pub created_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    conflict_id: ConflictId,
    mentor_id: MentorId,
    other_mentor_id: Option<MentorId>,
    person_id: Option<PersonId>,
    #[sqlx(try_from = "String")]
    ground: Ground,
    created_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let other = row.person_id.map(Other::Person).or(row.other_mentor_id.map(Other::Mentor));
        let other = other.ok_or_else(|| Error::internal(format!("{} names nobody", row.conflict_id)))?;
        let conflict = Conflict { id: row.conflict_id, mentor: row.mentor_id, other, ground: row.ground };
        Ok(Self { conflict, created_at: row.created_at, withdrawn_at: row.withdrawn_at })
    }
}

statements! {
    /// Nothing happens if the two have a conflict already: of each kind there is an index that says so.
    INSERT = "INSERT INTO mentoring_conflict (conflict_id, mentor_id, other_mentor_id, person_id, ground, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    WITHDRAW = "UPDATE mentoring_conflict SET withdrawn_at = $2 WHERE conflict_id = $1 AND withdrawn_at IS NULL";
    BY_ID = "SELECT conflict_id, mentor_id, other_mentor_id, person_id, ground, created_at, withdrawn_at FROM mentoring_conflict WHERE conflict_id = $1";
    OF_SCHOOL = "SELECT c.conflict_id, c.mentor_id, c.other_mentor_id, c.person_id, c.ground, c.created_at, c.withdrawn_at FROM mentoring_conflict c JOIN mentoring_mentor m ON m.mentor_id = c.mentor_id WHERE c.withdrawn_at IS NULL AND m.side = 'academic' AND m.organisation_id = $1 AND m.state = 'active' ORDER BY c.conflict_id";
    OF_ENTERPRISE = "SELECT c.conflict_id, c.mentor_id, c.other_mentor_id, c.person_id, c.ground, c.created_at, c.withdrawn_at FROM mentoring_conflict c JOIN mentoring_mentor m ON m.mentor_id = c.mentor_id WHERE c.withdrawn_at IS NULL AND m.side = 'enterprise' AND (m.organisation_id = $1 OR (m.chain = $2 AND m.chain <> '')) AND m.state = 'active' ORDER BY c.conflict_id";
    ALL = "SELECT c.conflict_id, c.mentor_id, c.other_mentor_id, c.person_id, c.ground, c.created_at, c.withdrawn_at FROM mentoring_conflict c WHERE c.withdrawn_at IS NULL ORDER BY c.conflict_id";
    LIST = "SELECT c.conflict_id, c.mentor_id, c.other_mentor_id, c.person_id, c.ground, c.created_at, c.withdrawn_at FROM mentoring_conflict c JOIN mentoring_mentor m ON m.mentor_id = c.mentor_id LEFT JOIN mentoring_mentor o ON o.mentor_id = c.other_mentor_id WHERE c.conflict_id > $1 AND (m.organisation_id = $3 OR o.organisation_id = $3 OR EXISTS (SELECT 1 FROM mentoring_student s WHERE s.person_id = c.person_id AND s.school_id = $3) OR $3 IS NULL) AND (c.mentor_id = $4 OR c.other_mentor_id = $4 OR $4 IS NULL) ORDER BY c.conflict_id LIMIT $2";
}

/// Registers a conflict; `false` if the two have one.
pub async fn insert(tx: &mut Tx, conflict: &Conflict, now: DateTime<Utc>) -> Result<bool, Error> {
    let (mentor, person) = match conflict.other {
        Other::Mentor(mentor) => (Some(mentor), None),
        Other::Person(person) => (None, Some(person)),
    };
    Ok(tx.execute(INSERT, args![conflict.id, conflict.mentor, mentor, person, conflict.ground, now]).await? == 1)
}

/// `false` if it is withdrawn already.
pub async fn withdraw(tx: &mut Tx, id: ConflictId, now: DateTime<Utc>) -> Result<bool, Error> {
    Ok(tx.execute(WITHDRAW, args![id, now]).await? == 1)
}

pub async fn by_id(tx: &mut Tx, id: ConflictId) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(BY_ID, args![id]).await?;
    row.map(Stored::try_from).transpose()
}

/// The conflicts of a school's academic mentors, with students and with mentors of the other side.
pub async fn of_school(tx: &mut Tx, school: OrganisationId) -> Result<Vec<(MentorId, Other)>, Error> {
    pairs(tx.fetch_all(OF_SCHOOL, args![school]).await?)
}

/// The conflicts with students of the enterprise mentors of an enterprise, or of a chain.
pub async fn of_enterprise(tx: &mut Tx, enterprise: OrganisationId, chain: &str) -> Result<Vec<(MentorId, Other)>, Error> {
    pairs(tx.fetch_all(OF_ENTERPRISE, args![enterprise, chain]).await?)
}

/// All conflicts that hold.
pub async fn all(tx: &mut Tx) -> Result<Vec<(MentorId, Other)>, Error> {
    pairs(tx.fetch_all(ALL, args![]).await?)
}

fn pairs(rows: Vec<Row>) -> Result<Vec<(MentorId, Other)>, Error> {
    rows.into_iter().map(|row| Stored::try_from(row).map(|stored| (stored.conflict.mentor, stored.conflict.other))).collect()
}

pub async fn list(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    mentor: Option<MentorId>,
    page: Page,
) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), organisation, mentor]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
