//! Who is away from their organisation.

use crate::domain::{AbsenceId, OrganisationId, PersonId};
use kit::Error;
use kit::db::{Tx, args, statements};

/// That a person is away from an organisation for a share of the time.
#[derive(Debug, Clone, Copy)]
pub struct Absence {
    pub id: AbsenceId,
    pub person: PersonId,
    pub organisation: OrganisationId,
    /// Percent of the time.
    pub share: i64,
}

statements! {
    PUT = "INSERT INTO mentoring_absence (absence_id, person_id, organisation_id, share_percent) VALUES ($1, $2, $3, $4) ON CONFLICT (absence_id) DO UPDATE SET share_percent = excluded.share_percent";
    END = "DELETE FROM mentoring_absence WHERE absence_id = $1";
    EXISTS = "SELECT share_percent FROM mentoring_absence WHERE absence_id = $1";
    SHARE = "SELECT CAST(coalesce(sum(share_percent), 0) AS BIGINT) FROM mentoring_absence WHERE person_id = $1 AND organisation_id = $2";
}

pub async fn put(tx: &mut Tx, absence: &Absence) -> Result<(), Error> {
    tx.execute(PUT, args![absence.id, absence.person, absence.organisation, absence.share]).await.map(|_| ())
}

pub async fn end(tx: &mut Tx, id: AbsenceId) -> Result<(), Error> {
    tx.execute(END, args![id]).await.map(|_| ())
}

pub async fn exists(tx: &mut Tx, id: AbsenceId) -> Result<bool, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(EXISTS, args![id]).await?;
    Ok(row.is_some())
}

/// Percent of the time a person is away from an organisation.
pub async fn share(tx: &mut Tx, person: PersonId, organisation: OrganisationId) -> Result<i64, Error> {
    let (share,): (i64,) = tx.fetch_one(SHARE, args![person, organisation]).await?;
    Ok(share)
}
