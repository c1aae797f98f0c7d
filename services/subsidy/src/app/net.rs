//! What is owed is set against what is to be paid. It is decided when the batch is made, because the bank must be told
//! the rest, and posted when the line is paid, because a line that fails pays nothing: until then the debt is spoken for,
//! and a failure gives it back. The batch is held first, then receivables in the order of their ids, then budgets.

use super::settle_batch::settle;
use crate::domain::{BankResult, ClaimId, Line, Netting, Part, PaymentBatchId, Portion, Receivable, ReceivableId, net};
use crate::events;
use crate::store::netting::{self, NettingState};
use crate::store::payment::{self, Stored};
use crate::store::{receivable, source};
use kit::{Error, Money, Scope, Tx};
use std::collections::BTreeMap;

/// Sets the lines of a new batch against what their beneficiaries owe to the funds that carry them.
pub(super) async fn net_batch(tx: &mut Tx, scope: &Scope, stored: Stored) -> Result<Stored, Error> {
    let batch = stored.batch.id;
    let owed = receivable::owed(tx, batch).await?;
    if owed.is_empty() {
        return Ok(stored);
    }
    let nettings = net(&parts(tx, &stored).await?, &owed);
    if nettings.is_empty() {
        return Ok(stored);
    }
    let totals = totals(nettings.iter().map(|one: &Netting| (one.receivable, one.amount)));
    let next = owed.iter().filter_map(|one| totals.get(&one.id).map(|total| one.net(*total)));
    let next: Vec<Receivable> = next.collect::<Result<_, _>>()?;
    netting::insert_all(tx, batch, &nettings, scope.now()).await?;
    receivable::update_all(tx, &next, scope.now()).await?;
    for one in &next {
        events::receivable_netted(tx, scope, one, totals[&one.id], batch).await?;
    }
    payment::by_id(tx, batch).await?.ok_or_else(|| Error::not_found(batch))
}

/// What each fund carries of each line: that of the batch carries what nobody is named for.
async fn parts(tx: &mut Tx, stored: &Stored) -> Result<Vec<Part>, Error> {
    let mut carried = source::of_claims(tx, stored.lines.iter().map(|line| line.claim)).await?;
    let of_line = |line: &Line| {
        let Line { claim, beneficiary, amount, .. } = *line;
        let part = |fund, amount| Part { claim, beneficiary, fund, amount };
        match carried.remove(&claim) {
            None => vec![part(stored.batch.fund, amount)],
            Some(portions) => portions.into_iter().map(|Portion { fund, amount, .. }| part(fund, amount)).collect(),
        }
    };
    Ok(stored.lines.iter().flat_map(of_line).collect())
}

/// Lines of which nothing is left for the bank are paid at once.
pub(super) async fn settle_netted(tx: &mut Tx, scope: &Scope, stored: Stored) -> Result<Stored, Error> {
    let whole = stored.lines.iter().filter(|line| line.sent().is_zero()).map(|line: &Line| BankResult {
        claim: line.claim,
        paid: true,
        bank_reference: None,
        failure_reason: None,
    });
    let results: Vec<(String, BankResult)> = whole.map(|result| (String::new(), result)).collect();
    if results.is_empty() {
        return Ok(stored);
    }
    settle(tx, scope, stored, results).await.map(|settled| settled.stored)
}

/// Lines have failed: what was set against debts is owed again.
pub(super) async fn undo(tx: &mut Tx, scope: &Scope, batch: PaymentBatchId, failed: &[ClaimId]) -> Result<(), Error> {
    let pending = netting::pending(tx, batch, failed).await?;
    let totals = totals(pending.iter().map(|(_, owed)| (owed.receivable, owed.amount)));
    if totals.is_empty() {
        return Ok(());
    }
    let held = receivable::hold(tx, totals.keys().copied()).await?;
    let next = held.iter().filter_map(|one| totals.get(&one.receivable.id).map(|total| one.receivable.undo(*total)));
    let next: Vec<Receivable> = next.collect::<Result<_, _>>()?;
    netting::settle(tx, batch, (failed, pending.len()), NettingState::Undone, scope.now()).await?;
    receivable::update_all(tx, &next, scope.now()).await?;
    for one in &next {
        events::receivable_reopened(tx, scope, one, totals[&one.id], batch).await?;
    }
    Ok(())
}

fn totals(amounts: impl Iterator<Item = (ReceivableId, Money)>) -> BTreeMap<ReceivableId, Money> {
    let mut totals: BTreeMap<ReceivableId, Money> = BTreeMap::new();
    for (id, amount) in amounts {
        let total = totals.entry(id).or_default();
        *total = Money::fen(total.as_fen() + amount.as_fen());
    }
    totals
}
