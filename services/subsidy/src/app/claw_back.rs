//! A payment, or a part of it, is taken back: the ledger reverses it, and what was taken back is owed from then on. What
//! several had paid is taken back for each in proportion, and owed to each.

use super::books;
use crate::domain::{Claim, ClaimId, Event, Posting, PostingKind, Receivable, ReceivableId, take_back};
use crate::events;
use crate::store::ledger::OfClaim;
use crate::store::{claim, ledger, receivable, source};
use kit::{Error, Money, Scope, Tx};

/// Saves a claim of which something was taken back, and everything that follows from it.
pub(super) async fn claw_back(tx: &mut Tx, scope: &Scope, (next, event): &(Claim, Event)) -> Result<(), Error> {
    let Event::ClawedBack(amount) = *event else { return Err(Error::internal("nothing was taken back")) };
    claim::update_all(tx, std::iter::once(next), scope.now()).await?;
    events::tell(tx, scope, next, *event).await?;
    let made = ledger::of_claims(tx, [next.id], PostingKind::Payment).await?.remove(&next.id).unwrap_or_default();
    if made.is_empty() {
        return Err(Error::internal(format!("{} is paid, and the ledger has no payment for it", next.id)));
    }
    let made = in_order(tx, next.id, made).await?;
    let paid: Vec<Money> = made.iter().map(|payment| payment.amount).collect();
    let before = Money::fen(next.clawed_back.as_fen() - amount.as_fen());
    let parts = made.iter().zip(take_back(&paid, before, amount)).filter(|(_, part)| *part > Money::ZERO);
    let parts: Vec<(&OfClaim, Money)> = parts.collect();
    let posting = |(payment, part): &(&OfClaim, Money)| Posting::claw_back(payment.fund, next, *part, payment.transaction);
    books::post(tx, scope, &parts.iter().map(posting).collect::<Vec<_>>()).await?;
    for (payment, part) in parts {
        let id: ReceivableId = scope.id();
        let receivable = Receivable::open(id, (payment.fund, next.beneficiary), next.id, part);
        receivable::insert(tx, &receivable, scope.now()).await?;
        events::receivable_opened(tx, scope, &receivable).await?;
    }
    Ok(())
}

/// The payments of a claim in the order of its sources: of equals, the earlier gives the odd fen.
async fn in_order(tx: &mut Tx, claim: ClaimId, mut made: Vec<OfClaim>) -> Result<Vec<OfClaim>, Error> {
    if made.len() > 1 {
        let carried = source::of_claims(tx, [claim]).await?.remove(&claim).unwrap_or_default();
        made.sort_by_key(|payment| carried.iter().position(|portion| portion.fund == payment.fund));
    }
    Ok(made)
}
