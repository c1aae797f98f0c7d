//! Facts in their table, with what the directory says of the organisations in them.

use crate::domain::{Fact, FactKind, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};

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
    /// The row's lock holds back whoever derives the same person's claims at the same time.
    LOCK_PERSON = "INSERT INTO subsidy_person (person_id, changes) VALUES ($1, 1) ON CONFLICT (person_id) DO UPDATE SET changes = subsidy_person.changes + 1";
    INSERT = "INSERT INTO subsidy_fact (fact_key, person_id, kind, resource, version, event_type, subject, day, end_day, organisation_id, counterpart_id, other_person_id, quantity, share_percent, detail, withdrawn, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (fact_key) DO NOTHING";
    OF_PERSON = "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, COALESCE(o.kind, '') AS organisation_kind, COALESCE(c.kind, '') AS counterpart_kind FROM subsidy_fact f LEFT JOIN subsidy_organisation o ON o.organisation_id = f.organisation_id LEFT JOIN subsidy_organisation c ON c.organisation_id = f.counterpart_id WHERE f.person_id = $1 ORDER BY f.day, f.fact_key";
    /// The newest start of a pairing, which knows what its end does not say.
    PAIRING = "SELECT f.fact_key, f.person_id, f.kind, f.resource, f.version, f.event_type, f.subject, f.day, f.end_day, f.organisation_id, f.counterpart_id, f.other_person_id, f.quantity, f.share_percent, f.detail, f.withdrawn, '' AS organisation_kind, '' AS counterpart_kind FROM subsidy_fact f WHERE f.resource = $1 AND f.kind = 'paired' ORDER BY f.version DESC LIMIT 1";
    /// Whoever names an organisation first makes its row, so that a fact and the registration that arrive
    /// at the same time wait for each other and neither misses the other.
    NAME_ORGANISATION = "INSERT INTO subsidy_organisation (organisation_id, kind, integration_listed) VALUES ($1, '', FALSE) ON CONFLICT (organisation_id) DO NOTHING";
    REGISTER_ORGANISATION = "INSERT INTO subsidy_organisation (organisation_id, kind, integration_listed) VALUES ($1, $2, $3) ON CONFLICT (organisation_id) DO UPDATE SET kind = excluded.kind, integration_listed = excluded.integration_listed";
    PEOPLE_OF_ORGANISATION = "SELECT person_id FROM subsidy_fact WHERE organisation_id = $1 UNION SELECT person_id FROM subsidy_fact WHERE counterpart_id = $1 ORDER BY 1";
}

pub async fn lock_person(tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    tx.execute(LOCK_PERSON, args![person]).await.map(|_| ())
}

/// Keeps a fact. One that is there already changes nothing.
pub async fn insert(tx: &mut Tx, fact: &Fact, now: DateTime<Utc>) -> Result<(), Error> {
    for organisation in [fact.organisation, fact.counterpart].into_iter().flatten() {
        tx.execute(NAME_ORGANISATION, args![organisation]).await?;
    }
    let row = args![
        fact.key.as_str(),
        fact.person,
        fact.kind,
        fact.resource.as_str(),
        fact.version,
        fact.event_type.as_str(),
        fact.subject.as_str(),
        fact.day,
        fact.end_day,
        fact.organisation,
        fact.counterpart,
        fact.other_person,
        fact.quantity,
        fact.share_percent,
        fact.detail.as_str(),
        fact.withdrawn,
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Fact>, Error> {
    let rows: Vec<Row> = tx.fetch_all(OF_PERSON, args![person]).await?;
    Ok(rows.into_iter().map(Fact::from).collect())
}

pub async fn pairing(tx: &mut Tx, resource: &str) -> Result<Option<Fact>, Error> {
    let row: Option<Row> = tx.fetch_optional(PAIRING, args![resource]).await?;
    Ok(row.map(Fact::from))
}

pub async fn register_organisation(tx: &mut Tx, id: OrganisationId, kind: &str, integration_listed: bool) -> Result<(), Error> {
    tx.execute(REGISTER_ORGANISATION, args![id, kind, integration_listed]).await.map(|_| ())
}

/// Everybody in whose facts the organisation appears.
pub async fn people_of(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<PersonId>, Error> {
    let rows: Vec<(PersonId,)> = tx.fetch_all(PEOPLE_OF_ORGANISATION, args![organisation]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
