//! How organisations take students in rounds, in its table.

use crate::domain::{Admission, AdmissionId, OrganisationId, Priority, RoundId};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, id_list, statements};
use kit::id::Id;
use kit::page::Page;
use std::collections::{BTreeMap, BTreeSet};

/// An admission with what only the table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: AdmissionId,
    pub admission: Admission,
    pub updated_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    admission_id: AdmissionId,
    round_id: RoundId,
    organisation_id: OrganisationId,
    quota: Option<i64>,
    priorities: String,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let priorities = row.priorities.lines().map(priority).collect::<Result<_, _>>()?;
        let (round, organisation) = (row.round_id, row.organisation_id);
        let admission = Admission { round, organisation, quota: row.quota, priorities };
        Ok(Self { id: row.admission_id, admission, updated_at: row.updated_at })
    }
}

fn priority(line: &str) -> Result<Priority, Error> {
    if line.starts_with("classes/") {
        Id::parse("priorities", line).map(Priority::Class)
    } else {
        Id::parse("priorities", line).map(Priority::Programme)
    }
}

statements! {
    PUT = "INSERT INTO mentoring_admission (admission_id, round_id, organisation_id, quota, priorities, updated_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (round_id, organisation_id) DO UPDATE SET quota = excluded.quota, priorities = excluded.priorities, updated_at = excluded.updated_at";
    OF_ROUND = "SELECT admission_id, round_id, organisation_id, quota, priorities, updated_at FROM mentoring_admission WHERE round_id = $1 ORDER BY admission_id";
    LIST = "SELECT admission_id, round_id, organisation_id, quota, priorities, updated_at FROM mentoring_admission WHERE round_id = $1 AND admission_id > $2 AND (organisation_id = $4 OR $4 IS NULL) ORDER BY admission_id LIMIT $3";
    WITH_QUOTA = {
        postgres: "SELECT DISTINCT round_id FROM mentoring_admission WHERE quota IS NOT NULL AND round_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT DISTINCT round_id FROM mentoring_admission WHERE quota IS NOT NULL AND round_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// By way of the mentors of the organisations that have a quota, so that no index of all pairings by round is needed.
    /// Whom a round that is being published is about to give a mentor is guided, as the places are taken.
    GUIDED = "SELECT g.organisation_id, CAST(count(*) AS BIGINT) FROM (SELECT a.organisation_id FROM mentoring_admission a JOIN mentoring_mentor m ON m.organisation_id = a.organisation_id JOIN mentoring_pairing p ON p.mentor_id = m.mentor_id AND p.state = 'active' AND p.round_id = a.round_id WHERE a.round_id = $1 AND a.quota IS NOT NULL UNION ALL SELECT a.organisation_id FROM mentoring_admission a JOIN mentoring_round r ON r.round_id = a.round_id JOIN mentoring_student s ON s.open_round_id = r.round_id JOIN mentoring_proposal q ON q.run_id = r.run_id AND q.enrolment_id = s.enrolment_id JOIN mentoring_mentor m ON m.mentor_id = q.mentor_id AND m.organisation_id = a.organisation_id WHERE a.round_id = $1 AND a.quota IS NOT NULL AND r.state = 'publishing') g GROUP BY g.organisation_id";
    OVER_QUOTA = "SELECT CAST(a.organisation_id AS TEXT) || ' has ' || CAST(count(p.pairing_id) AS TEXT) || ' students of ' || CAST(a.round_id AS TEXT) || ', its quota is ' || CAST(a.quota AS TEXT) FROM mentoring_admission a JOIN mentoring_mentor m ON m.organisation_id = a.organisation_id JOIN mentoring_pairing p ON p.mentor_id = m.mentor_id AND p.state = 'active' AND p.round_id = a.round_id WHERE a.quota IS NOT NULL GROUP BY a.round_id, a.organisation_id, a.quota HAVING count(p.pairing_id) > a.quota LIMIT 100";
}

/// Keeps what an organisation says, in place of what it said before.
pub async fn put(tx: &mut Tx, stored: &Stored) -> Result<(), Error> {
    let Admission { round, organisation, quota, priorities } = &stored.admission;
    let lines = priorities.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let row = args![stored.id, *round, *organisation, *quota, lines, stored.updated_at];
    tx.execute(PUT, row).await.map(|_| ())
}

pub async fn of_round(tx: &mut Tx, round: RoundId) -> Result<Vec<Admission>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_ROUND, args![round]).await?;
    rows.into_iter().map(|row| Ok(Stored::try_from(row)?.admission)).collect()
}

pub async fn list(tx: &mut Tx, round: RoundId, organisation: Option<OrganisationId>, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![round, page.after, page.limit(), organisation]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// Which of these rounds have a quota.
pub async fn with_quota(tx: &mut Tx, rounds: &BTreeSet<RoundId>) -> Result<BTreeSet<RoundId>, Error> {
    let rows: Vec<(RoundId,)> = tx.fetch_all(WITH_QUOTA, args![id_list(rounds.iter().copied())]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many students of a round the mentors of each organisation that has a quota guide.
pub async fn guided(tx: &mut Tx, round: RoundId) -> Result<BTreeMap<OrganisationId, i64>, Error> {
    let rows: Vec<(OrganisationId, i64)> = tx.fetch_all(GUIDED, args![round]).await?;
    Ok(rows.into_iter().collect())
}
