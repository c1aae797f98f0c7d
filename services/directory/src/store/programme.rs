//! Programmes in their table.

use crate::domain::{OrganisationId, Programme, ProgrammeId};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::page::Page;

#[derive(sqlx::FromRow)]
struct Row {
    programme_id: ProgrammeId,
    school_id: OrganisationId,
    code: String,
    title: String,
    chain: String,
}

impl From<Row> for Programme {
    fn from(row: Row) -> Self {
        Self { id: row.programme_id, school: row.school_id, code: row.code, title: row.title, chain: row.chain }
    }
}

statements! {
    INSERT = "INSERT INTO directory_programme (programme_id, school_id, code, title, chain) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (school_id, code) DO NOTHING";
    BY_ID = "SELECT programme_id, school_id, code, title, chain FROM directory_programme WHERE programme_id = $1";
    LIST = "SELECT programme_id, school_id, code, title, chain FROM directory_programme WHERE programme_id > $1 AND (school_id = $3 OR $3 IS NULL) ORDER BY programme_id LIMIT $2";
}

/// Whether it is new: a school has each code once.
pub async fn insert(tx: &mut Tx, programme: &Programme) -> Result<bool, Error> {
    let row = args![programme.id, programme.school, programme.code.as_str(), programme.title.as_str(), programme.chain.as_str()];
    Ok(tx.execute(INSERT, row).await? == 1)
}

pub async fn by_id(tx: &mut Tx, id: ProgrammeId) -> Result<Option<Programme>, Error> {
    Ok(tx.fetch_optional::<Row>(BY_ID, args![id]).await?.map(Programme::from))
}

pub async fn list(tx: &mut Tx, school: Option<OrganisationId>, page: Page) -> Result<Vec<Programme>, Error> {
    let rows: Vec<Row> = tx.fetch_all(LIST, args![page.after, page.limit(), school]).await?;
    Ok(rows.into_iter().map(Programme::from).collect())
}
