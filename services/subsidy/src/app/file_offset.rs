//! An enterprise files what it invested in a calendar year, or the bureau does on its behalf; filing again corrects it.

use crate::domain::{OffsetFiling, OffsetRefusal, OffsetYear, OrganisationId, offset_scheme};
use crate::events;
use crate::store::offset::{self, Stored, Told};
use kit::{Error, Scope, Tx};

use super::schemes;

#[derive(Debug, Clone)]
pub struct FileOffset {
    pub enterprise: OrganisationId,
    pub year: i32,
    /// Without its revision and who filed it.
    pub filing: OffsetFiling,
}

pub async fn file_offset(tx: &mut Tx, scope: &Scope, command: FileOffset) -> Result<Stored, Error> {
    let FileOffset { enterprise, year, filing } = command;
    scope.own(enterprise, enterprise)?;
    let told = offset::hold(tx, enterprise).await?;
    if told.is_none_or(|Told { kind, .. }| kind != "enterprise") {
        return Err(OffsetRefusal::NotEnterprise { organisation: enterprise }.into());
    }
    let scheme = offset_scheme(schemes(scope), year)?;
    let before = offset::of_year(tx, enterprise, year).await?;
    let before = before.unwrap_or_else(|| OffsetYear::new(scope.id(), enterprise, year));
    let filing = OffsetFiling { by: scope.principal().subject.clone(), ..filing };
    let (next, filing) = before.file(filing, scheme, scope.today())?;
    offset::file(tx, &next, &filing, scope.now()).await?;
    events::offset_filed(tx, scope, &next).await?;
    Ok(Stored { filings: offset::filings(tx, next.id).await?, year: next })
}
