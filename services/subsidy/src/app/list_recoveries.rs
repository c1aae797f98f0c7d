//! What was paid back of a receivable.

use super::list::Listed;
use super::report::{cut, window};
use crate::domain::ReceivableId;
use crate::store::receivable::{self, StoredRecovery};
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ListRecoveries {
    pub receivable: ReceivableId,
    pub page: Page,
}

/// Recoveries have no ids, and are only ever added to: a page goes on by how many there were.
pub async fn list_recoveries(tx: &mut Tx, scope: &Scope, query: ListRecoveries) -> Result<Listed<StoredRecovery>, Error> {
    let id = query.receivable;
    let owed = receivable::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own(owed.receivable.debtor, id)?;
    let rows = receivable::recoveries(tx, id, window(query.page)).await?;
    Ok(cut(query.page, rows))
}
