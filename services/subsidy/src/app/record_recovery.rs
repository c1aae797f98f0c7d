//! A debtor has paid back (退回款入账): less is owed, and the budget may spend it again. The bank's reference stands for one
//! payment, so recording it again changes nothing.

use super::{books, caps};
use crate::domain::{Owed, Posting, ReceivableId, Refusal};
use crate::events;
use crate::store::claim;
use crate::store::receivable::{self, Recovery, Stored};
use kit::{Error, Money, Scope, Tx};

#[derive(Debug, Clone)]
pub struct RecordRecovery {
    pub receivable: ReceivableId,
    pub amount: Money,
    pub bank_reference: String,
}

pub async fn record_recovery(tx: &mut Tx, scope: &Scope, command: RecordRecovery) -> Result<Stored, Error> {
    let RecordRecovery { receivable: id, amount, bank_reference } = command;
    let held = receivable::hold(tx, [id]).await?.pop().ok_or_else(|| Error::not_found(id))?;
    let recovery = Recovery { bank_reference, receivable: id, amount };
    if !receivable::insert_recovery(tx, &recovery, (&scope.principal().subject, scope.now())).await? {
        let known = receivable::recovery(tx, &recovery.bank_reference).await?;
        return match known {
            Some(known) if known == recovery => Ok(held),
            _ => Err(Refusal::RecoveryReferenceReused { bank_reference: recovery.bank_reference }.into()),
        };
    }
    let next = held.receivable.recover(amount)?;
    receivable::update_all(tx, std::slice::from_ref(&next), scope.now()).await?;
    let claim = claim::by_id(tx, next.claim).await?.ok_or_else(|| Error::not_found(next.claim))?.claim;
    let owed = Owed { receivable: id, fund: next.fund, amount, scheme: claim.scheme.code.clone(), stage: claim.stage };
    caps::came_back(tx, scope, std::iter::once(&owed)).await?;
    books::post(tx, scope, &[Posting::recover(&claim, &owed, &recovery.bank_reference)]).await?;
    events::receivable_recovered(tx, scope, &next, amount).await?;
    Ok(Stored { receivable: next, created_at: held.created_at })
}
