//! Everything payable of a fund goes into a payment batch (拨付), as far as there are accounts to pay it on. What
//! has none stays payable and is counted; what is public or objected to is not payable yet. What a beneficiary owes to the
//! fund is set against it, and only the rest is for the bank.

use super::month::needs_open;
use super::net::{net_batch, settle_netted};
use crate::domain::{ClaimRefusal, FundId, PaymentBatchId, PaymentRefusal, Refusal};
use crate::events;
use crate::store::payment::{self, Stored};
use crate::store::{claim, fund};
use kit::{Error, Scope, Tx};

/// Lines in a batch.
const MOST: i64 = 1000;

#[derive(Debug, Clone)]
pub struct CreateBatch {
    pub fund: FundId,
}

pub async fn create_batch(tx: &mut Tx, scope: &Scope, command: CreateBatch) -> Result<Stored, Error> {
    let fund = command.fund;
    needs_open(tx, scope).await?;
    if !fund::lock_for_batch(tx, fund).await? {
        return Err(Error::not_found(fund));
    }
    let id: PaymentBatchId = scope.id();
    let taken = claim::take_payable(tx, id, fund, MOST, scope.today()).await?;
    let left_out = claim::left_out(tx, fund, scope.today()).await?;
    if taken == 0 && left_out > 0 {
        return Err(PaymentRefusal::NobodyPayable { fund, claims: left_out }.into());
    }
    if taken == 0 {
        let claims = claim::held_back(tx, fund, scope.today()).await?;
        let nothing = Refusal::NothingPayable { fund };
        return Err(if claims > 0 { ClaimRefusal::HeldBack { fund, claims }.into() } else { nothing.into() });
    }
    payment::insert(tx, id, fund, left_out, (&scope.principal().subject, scope.now())).await?;
    let stored = payment::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let stored = net_batch(tx, scope, stored).await?;
    events::batch_created(tx, scope, &stored.batch).await?;
    settle_netted(tx, scope, stored).await
}
