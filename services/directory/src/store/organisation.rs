//! Organisations in their table.

use super::{joined, split};
use crate::domain::{Organisation, OrganisationId, OrganisationKind, SchoolType};
use chrono::{DateTime, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

/// An organisation with what only its table knows.
#[derive(Debug, Clone)]
pub struct Stored {
    pub organisation: Organisation,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    organisation_id: OrganisationId,
    display_name: String,
    #[sqlx(try_from = "String")]
    kind: OrganisationKind,
    school_type: Option<String>,
    chains: String,
    integration_listed: bool,
    created_at: DateTime<Utc>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let organisation = Organisation {
            id: row.organisation_id,
            display_name: row.display_name,
            kind: row.kind,
            school_type: row.school_type.map(SchoolType::try_from).transpose().map_err(Error::internal)?,
            chains: split(&row.chains),
            integration_listed: row.integration_listed,
        };
        Ok(Self { organisation, created_at: row.created_at })
    }
}

statements! {
    INSERT = "INSERT INTO directory_organisation (organisation_id, display_name, kind, school_type, chains, integration_listed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_ID = "SELECT organisation_id, display_name, kind, school_type, chains, integration_listed, created_at FROM directory_organisation WHERE organisation_id = $1";
    LIST = "SELECT organisation_id, display_name, kind, school_type, chains, integration_listed, created_at FROM directory_organisation WHERE organisation_id > $1 AND (kind = $3 OR $3 IS NULL) AND (',' || chains || ',' LIKE '%,' || $4 || ',%' OR $4 IS NULL) ORDER BY organisation_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, organisation: &Organisation, now: DateTime<Utc>) -> Result<(), Error> {
    let row = args![
        organisation.id,
        organisation.display_name.as_str(),
        organisation.kind,
        organisation.school_type,
        joined(&organisation.chains),
        organisation.integration_listed,
        now,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: OrganisationId) -> Result<Option<Stored>, Error> {
    tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Stored::try_from).transpose()
}

pub async fn list(tx: &mut Tx, kind: Option<OrganisationKind>, chain: Option<&str>, page: Page) -> Result<Vec<Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), kind, chain]).await?;
    rows.into_iter().map(Stored::try_from).collect()
}
