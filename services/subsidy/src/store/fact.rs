//! Facts in their table, with what the directory says of the organisations in them.

use crate::domain::{Fact, FactKind, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, Value, args, id_list, statements};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Row {
    fact_key: String,
    person_id: PersonId,
    #[sqlx(try_from = "String")]
    kind: FactKind,
    resource: String,
    version: i64,
    event_type: String,
    subject: String,
    day: NaiveDate,
    end_day: Option<NaiveDate>,
    organisation_id: Option<OrganisationId>,
    counterpart_id: Option<OrganisationId>,
    other_person_id: Option<PersonId>,
    quantity: i64,
    share_percent: i64,
    detail: String,
    withdrawn: bool,
    organisation_kind: String,
    counterpart_kind: String,
}

impl From<Row> for Fact {
    fn from(row: Row) -> Self {
        Self {
            key: row.fact_key,
            person: row.person_id,
            kind: row.kind,
            resource: row.resource,
            version: row.version,
            event_type: row.event_type,
            subject: row.subject,
            day: row.day,
            end_day: row.end_day,
            organisation: row.organisation_id,
            counterpart: row.counterpart_id,
            other_person: row.other_person_id,
            quantity: row.quantity,
            share_percent: row.share_percent,
            detail: row.detail,
            withdrawn: row.withdrawn,
            organisation_kind: row.organisation_kind,
            counterpart_kind: row.counterpart_kind,
        }
    }
}

statements! {
    /// The rows' locks hold back whoever derives the same people's claims at the same time.
    LOCK_PEOPLE = {
        postgres: "INSERT INTO subsidy_person (person_id, changes) SELECT id, 1 FROM unnest(CAST($1 AS UUID[])) AS wanted (id) ORDER BY 1 ON CONFLICT (person_id) DO UPDATE SET changes = subsidy_person.changes + 1",
        sqlite: "INSERT INTO subsidy_person (person_id, changes) SELECT value, 1 FROM json_each($1) WHERE TRUE ON CONFLICT (person_id) DO UPDATE SET changes = subsidy_person.changes + 1",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// One that is there already changes nothing.
    INSERT = {
        postgres: "INSERT INTO subsidy_fact (fact_key, person_id, kind, resource, version, event_type, subject, day, end_day, organisation_id, counterpart_id, other_person_id, quantity, share_percent, detail, withdrawn, received_at) SELECT n.fact_key, n.person_id, n.kind, n.resource, n.version, n.event_type, n.subject, n.day, n.end_day, n.organisation_id, n.counterpart_id, n.other_person_id, n.quantity, n.share_percent, n.detail, n.withdrawn, $1 FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS DATE[]), CAST($10 AS DATE[]), CAST($11 AS UUID[]), CAST($12 AS UUID[]), CAST($13 AS UUID[]), CAST($14 AS BIGINT[]), CAST($15 AS BIGINT[]), CAST($16 AS TEXT[]), CAST($17 AS BOOLEAN[])) AS n (fact_key, person_id, kind, resource, version, event_type, subject, day, end_day, organisation_id, counterpart_id, other_person_id, quantity, share_percent, detail, withdrawn) ON CONFLICT (fact_key) DO NOTHING",
        sqlite: "INSERT INTO subsidy_fact (fact_key, person_id, kind, resource, version, event_type, subject, day, end_day, organisation_id, counterpart_id, other_person_id, quantity, share_percent, detail, withdrawn, received_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, $1 FROM jsonb_each($2) WHERE TRUE ON CONFLICT (fact_key) DO NOTHING",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    OF_PEOPLE = {
        postgres: "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, COALESCE(o.kind, '') AS organisation_kind, COALESCE(c.kind, '') AS counterpart_kind FROM subsidy_fact f LEFT JOIN subsidy_organisation o ON o.organisation_id = f.organisation_id LEFT JOIN subsidy_organisation c ON c.organisation_id = f.counterpart_id WHERE f.person_id = ANY (CAST($1 AS UUID[])) ORDER BY f.person_id, f.day, f.fact_key",
        sqlite: "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, COALESCE(o.kind, '') AS organisation_kind, COALESCE(c.kind, '') AS counterpart_kind FROM subsidy_fact f LEFT JOIN subsidy_organisation o ON o.organisation_id = f.organisation_id LEFT JOIN subsidy_organisation c ON c.organisation_id = f.counterpart_id WHERE f.person_id IN (SELECT value FROM json_each($1)) ORDER BY f.person_id, f.day, f.fact_key",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The starts of pairings, the newest last: they know what an end does not say.
    PAIRINGS = {
        postgres: "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, '' AS organisation_kind, '' AS counterpart_kind FROM subsidy_fact f WHERE f.kind = 'paired' AND f.resource = ANY (CAST($1 AS TEXT[])) ORDER BY f.resource, f.version",
        sqlite: "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, '' AS organisation_kind, '' AS counterpart_kind FROM subsidy_fact f WHERE f.kind = 'paired' AND f.resource IN (SELECT value->>0 FROM jsonb_each($1)) ORDER BY f.resource, f.version",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Whoever names an organisation first makes its row, and whoever names it again holds it: a fact and the
    /// registration that arrive at the same time wait for each other, and neither misses the other.
    NAME_ORGANISATIONS = {
        postgres: "INSERT INTO subsidy_organisation (organisation_id, kind, integration_listed) SELECT id, '', FALSE FROM unnest(CAST($1 AS UUID[])) AS wanted (id) ORDER BY 1 ON CONFLICT (organisation_id) DO UPDATE SET kind = subsidy_organisation.kind",
        sqlite: "INSERT INTO subsidy_organisation (organisation_id, kind, integration_listed) SELECT value, '', FALSE FROM json_each($1) WHERE TRUE ON CONFLICT (organisation_id) DO NOTHING",
        reason: "SQLite knows no arrays: they come as JSON, and SQLite has one writer",
    };
    REGISTER_ORGANISATION = "INSERT INTO subsidy_organisation (organisation_id, kind, integration_listed) VALUES ($1, $2, $3) ON CONFLICT (organisation_id) DO UPDATE SET kind = excluded.kind, integration_listed = excluded.integration_listed";
    REGISTERED = "SELECT organisation_id FROM subsidy_organisation WHERE organisation_id = $1 AND kind <> ''";
    KINDS = {
        postgres: "SELECT organisation_id, kind FROM subsidy_organisation WHERE organisation_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT organisation_id, kind FROM subsidy_organisation WHERE organisation_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    PEOPLE = "SELECT person_id FROM subsidy_person WHERE person_id > $1 ORDER BY person_id LIMIT $2";
    PEOPLE_OF_ORGANISATION = "SELECT person_id FROM subsidy_fact WHERE organisation_id = $1 UNION SELECT person_id FROM subsidy_fact WHERE counterpart_id = $1 ORDER BY 1";
}

/// Holds people, in the order of their ids, until the transaction ends.
pub async fn lock_people(tx: &mut Tx, people: impl IntoIterator<Item = PersonId>) -> Result<(), Error> {
    tx.execute(LOCK_PEOPLE, args![id_list(people)]).await.map(|_| ())
}

/// Holds organisations, in the order of their ids, until the transaction ends.
pub async fn name_organisations(tx: &mut Tx, ids: &BTreeSet<OrganisationId>) -> Result<(), Error> {
    tx.execute(NAME_ORGANISATIONS, args![id_list(ids.iter().copied())]).await.map(|_| ())
}

/// Keeps facts. One that is there already changes nothing.
pub async fn insert<'a>(tx: &mut Tx, facts: impl IntoIterator<Item = &'a Fact>, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute_rows(INSERT, args![now], facts.into_iter().map(row_of).collect()).await.map(|_| ())
}

fn row_of(fact: &Fact) -> Vec<Value> {
    args![
        &fact.key,
        fact.person,
        fact.kind,
        &fact.resource,
        fact.version,
        &fact.event_type,
        &fact.subject,
        fact.day,
        fact.end_day,
        fact.organisation,
        fact.counterpart,
        fact.other_person,
        fact.quantity,
        fact.share_percent,
        &fact.detail,
        fact.withdrawn,
    ]
}

/// The facts of people, each person's in the order of their days.
pub async fn of_people(tx: &mut Tx, people: impl IntoIterator<Item = PersonId>) -> Result<Vec<Fact>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PEOPLE, args![id_list(people)]).await?;
    Ok(rows.into_iter().map(Fact::from).collect())
}

/// People with facts, in the order of their ids.
pub async fn people(tx: &mut Tx, after: Uuid, most: i64) -> Result<Vec<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(PEOPLE, args![after, most]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The newest start of each of these pairings that has one.
pub async fn pairings(tx: &mut Tx, names: &BTreeSet<&str>) -> Result<BTreeMap<String, Fact>, Error> {
    let names = names.iter().map(|name| args![*name]).collect();
    let rows: Vec<Row> = tx.fetch_rows(PAIRINGS, args![], names).await?;
    Ok(rows.into_iter().map(|row| (row.resource.clone(), Fact::from(row))).collect())
}

pub async fn register_organisation(tx: &mut Tx, id: OrganisationId, kind: &str, integration_listed: bool) -> Result<(), Error> {
    tx.execute(REGISTER_ORGANISATION, args![id, kind, integration_listed]).await.map(|_| ())
}

/// Whether the directory has said what an organisation is.
pub async fn is_registered(tx: &mut Tx, id: OrganisationId) -> Result<bool, Error> {
    Ok(tx.fetch_optional::<(OrganisationId,)>(REGISTERED, args![id]).await?.is_some())
}

/// What the directory says of organisations, as far as it has said anything.
pub async fn kinds(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = OrganisationId>,
) -> Result<BTreeMap<OrganisationId, String>, Error> {
    let rows: Vec<(OrganisationId, String)> = tx.fetch_all(KINDS, args![id_list(ids)]).await?;
    Ok(rows.into_iter().collect())
}

/// Everybody in whose facts the organisation appears.
pub async fn people_of(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(PEOPLE_OF_ORGANISATION, args![organisation]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
