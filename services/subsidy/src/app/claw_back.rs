//! A payment, or a part of it, is taken back: the ledger reverses it, and what was taken back is owed from then on.

use super::books;
use crate::domain::{Claim, Event, Posting, PostingKind, Receivable, ReceivableId};
use crate::events;
use crate::store::{claim, ledger, receivable};
use kit::{Error, Money, Scope, Tx};

/// Saves a claim of which something was taken back, and everything that follows from it.
pub(super) async fn claw_back(tx: &mut Tx, scope: &Scope, (next, event): &(Claim, Event)) -> Result<(), Error> {
    let Event::ClawedBack(amount) = *event else { return Err(Error::internal("nothing was taken back")) };
    claim::update(tx, next, scope.now()).await?;
    events::tell(tx, scope, next, *event).await?;
    let made = ledger::of_claims(tx, [next.id], PostingKind::Payment).await?.remove(&next.id).unwrap_or_default();
    let (Some(fund), false) = (next.fund, made.is_empty()) else {
        return Err(Error::internal(format!("{} is paid, and the ledger has no payment for it", next.id)));
    };
    // Payments are taken back in their order, each up to what is left of it.
    let before = next.clawed_back.as_fen() - amount.as_fen();
    let (mut skip, mut left, mut postings) = (before, amount.as_fen(), Vec::with_capacity(made.len()));
    for payment in made {
        let gone = payment.amount.as_fen().min(skip);
        skip -= gone;
        let part = (payment.amount.as_fen() - gone).min(left);
        left -= part;
        if part > 0 {
            postings.push(Posting::claw_back(payment.fund, next, Money::fen(part), payment.transaction));
        }
    }
    books::post(tx, scope, &postings).await?;
    let id: ReceivableId = scope.id();
    let receivable = Receivable::open(id, (fund, next.beneficiary), next.id, amount);
    receivable::insert(tx, &receivable, scope.now()).await?;
    events::receivable_opened(tx, scope, &receivable).await
}
