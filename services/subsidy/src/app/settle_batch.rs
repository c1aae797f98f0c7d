//! The bank has answered: paid lines are booked as paid, failed ones are payable again. What the bank said
//! before is recognised, so a file of results may be taken in twice, or in pieces.

use super::accrue::accrue;
use super::books;
use crate::domain::{
    BankResult, BatchState, Change, ClaimId, Line, LineState, PaymentBatch, PaymentBatchId, PersonId, Posting, Refusal,
};
use crate::events;
use crate::store::payment::{self, Stored};
use crate::store::{claim, fact};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct SettleBatch {
    pub batch: PaymentBatchId,
    pub results: Vec<BankResult>,
}

pub async fn settle_batch(tx: &mut Tx, scope: &Scope, command: SettleBatch) -> Result<Stored, Error> {
    let id = command.batch;
    if !payment::lock(tx, id).await? {
        return Err(Error::not_found(id));
    }
    let mut stored = payment::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let places: BTreeMap<ClaimId, usize> = stored.lines.iter().enumerate().map(|(at, line)| (line.claim, at)).collect();
    let mut paid = Vec::new();
    for (n, result) in command.results.iter().enumerate() {
        let refuse = |refusal: Refusal| Error::from(refusal).within(&format!("results[{n}]"));
        let unknown = || refuse(Refusal::LineUnknown { batch: id, claim: result.claim });
        let at = *places.get(&result.claim).ok_or_else(unknown)?;
        let Some(line) = stored.lines[at].settle(result).map_err(refuse)? else { continue };
        payment::settle_line(tx, id, &line, scope.now()).await?;
        match line.state {
            LineState::Paid => paid.push(line.claim),
            _ => claim::payable_again(tx, line.claim, id).await?,
        }
        stored.lines[at] = line;
    }
    pay(tx, scope, paid).await?;
    close(tx, scope, &mut stored.batch, &stored.lines).await?;
    reconsider(tx, scope, id).await?;
    Ok(stored)
}

/// Books what the bank paid.
async fn pay(tx: &mut Tx, scope: &Scope, mut paid: Vec<ClaimId>) -> Result<(), Error> {
    paid.sort_unstable();
    let mut postings = Vec::with_capacity(paid.len());
    for id in paid {
        let claim = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.claim;
        let (next, event) = claim.decide(Change::Pay)?;
        let fund = next.fund.ok_or_else(|| Error::internal("an approved claim has no fund"))?;
        postings.push(Posting::pay(fund, &next));
        claim::update(tx, &next, scope.now()).await?;
        events::tell(tx, scope, &next, event).await?;
    }
    books::post(tx, scope, &postings).await
}

/// Closes a batch whose every line has its answer.
async fn close(tx: &mut Tx, scope: &Scope, batch: &mut PaymentBatch, lines: &[Line]) -> Result<(), Error> {
    if batch.state == BatchState::Settled || lines.iter().any(|line| line.state == LineState::Pending) {
        return Ok(());
    }
    batch.version += 1;
    batch.state = BatchState::Settled;
    payment::settle(tx, batch, scope.now()).await?;
    events::batch_settled(tx, scope, batch, lines).await
}

/// Looks again at the claims whose facts changed while the bank had them: paid ones become receivables,
/// unpaid ones are voided.
async fn reconsider(tx: &mut Tx, scope: &Scope, batch: PaymentBatchId) -> Result<(), Error> {
    let open = claim::to_reconsider(tx, batch).await?;
    let people: BTreeMap<PersonId, &Scope> = open.iter().map(|(_, person)| (*person, scope)).collect();
    fact::lock_people(tx, people.keys().copied()).await?;
    for (claim, _) in open {
        claim::reconsidered(tx, claim).await?;
    }
    accrue(tx, &people).await.map(|_| ())
}
