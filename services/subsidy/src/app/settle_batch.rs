//! The bank has answered: paid lines are booked as paid, failed ones are payable again. What the bank said
//! before is recognised, so a file of results may be taken in twice, or in pieces. While no month takes postings, results are
//! kept, one a line, and booked with the first that come after, or by the run over the agenda.

use super::accrue::accrue;
use super::month::{closed_until, in_between};
use super::net::undo;
use super::{books, caps};
use crate::domain::{
    BankResult, BatchState, Change, ClaimId, Line, LineState, Owed, PaymentBatch, PaymentBatchId, PersonId, Posting, PostingKind,
    Refusal,
};
use crate::events;
use crate::store::netting::{self, NettingState};
use crate::store::payment::{self, Stored};
use crate::store::queue::{self, Until};
use crate::store::{claim, fact, ledger};
use kit::{Error, Money, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct SettleBatch {
    pub batch: PaymentBatchId,
    pub results: Vec<BankResult>,
}

pub async fn settle_batch(tx: &mut Tx, scope: &Scope, command: SettleBatch) -> Result<Stored, Error> {
    let stored = hold(tx, command.batch).await?;
    let placed = |(n, result)| (format!("results[{n}]"), result);
    settle(tx, scope, stored, command.results.into_iter().enumerate().map(placed)).await.map(|settled| settled.stored)
}

/// The batch, held against whoever takes in results for it or exports it at the same time.
pub(super) async fn hold(tx: &mut Tx, id: PaymentBatchId) -> Result<Stored, Error> {
    if !payment::lock(tx, id).await? {
        return Err(Error::not_found(id));
    }
    payment::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))
}

/// What results did.
pub(super) struct Settled {
    pub stored: Stored,
    /// Lines that have their answer from them.
    pub answered: i64,
    /// Results that were taken in before.
    pub known: i64,
    /// Results that wait for a month that takes postings.
    pub queued: i64,
}

/// Takes results in, each with the place by which a refusal names it; all of them or, by its error, none.
pub(super) async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    stored: Stored,
    results: impl IntoIterator<Item = (String, BankResult)>,
) -> Result<Settled, Error> {
    let id = stored.batch.id;
    let waiting = queue::of_batch(tx, id).await?;
    if let Some(until) = closed_until(tx, scope).await? {
        return put_off(tx, scope, (stored, waiting), results, until).await;
    }
    queue::book(tx, id, &waiting, scope.now()).await?;
    let earlier = waiting.len();
    let waited = waiting.into_iter().map(|result| (String::new(), result));
    let settled = book(tx, scope, stored, waited.chain(results)).await.map_err(in_between)?;
    Ok(Settled { answered: settled.answered - number(earlier), ..settled })
}

/// Keeps results until a month takes postings; what waits already is known.
async fn put_off(
    tx: &mut Tx,
    scope: &Scope,
    (stored, waiting): (Stored, Vec<BankResult>),
    results: impl IntoIterator<Item = (String, BankResult)>,
    until: Until,
) -> Result<Settled, Error> {
    let mut then = stored.clone();
    take_in(&mut then, waiting.into_iter().map(|result| (String::new(), result)))?;
    let (answered, known) = take_in(&mut then, results)?;
    let by = (scope.principal().subject.as_str(), scope.now());
    queue::insert_all(tx, stored.batch.id, &answered, until, by).await?;
    Ok(Settled { stored, answered: 0, known, queued: number(answered.len()) })
}

/// Lines as results leave them, and how many results were known before.
fn take_in(stored: &mut Stored, results: impl IntoIterator<Item = (String, BankResult)>) -> Result<(Vec<Line>, i64), Error> {
    let id = stored.batch.id;
    let places: BTreeMap<ClaimId, usize> = stored.lines.iter().enumerate().map(|(at, line)| (line.claim, at)).collect();
    let (mut answered, mut known) = (Vec::new(), 0);
    for (place, result) in results {
        let refuse = |refusal: Refusal| Error::from(refusal).within(&place);
        let unknown = || refuse(Refusal::LineUnknown { batch: id, claim: result.claim });
        let at = *places.get(&result.claim).ok_or_else(unknown)?;
        if let Some(line) = stored.lines[at].settle(&result).map_err(refuse)? {
            stored.lines[at] = line.clone();
            answered.push(line);
        } else {
            known += 1;
        }
    }
    Ok((answered, known))
}

/// Books results, in a month that takes postings.
async fn book(
    tx: &mut Tx,
    scope: &Scope,
    mut stored: Stored,
    results: impl IntoIterator<Item = (String, BankResult)>,
) -> Result<Settled, Error> {
    let id = stored.batch.id;
    let (answered, known) = take_in(&mut stored, results)?;
    payment::settle_lines(tx, id, &answered, scope.now()).await?;
    let of_state = |state| answered.iter().filter(|line| line.state == state).map(|line| line.claim).collect::<Vec<_>>();
    let failed = of_state(LineState::Failed);
    undo(tx, scope, id, &failed).await?;
    pay(tx, scope, id, of_state(LineState::Paid)).await?;
    claim::payable_again(tx, id, &failed).await?;
    close(tx, scope, &mut stored.batch, &stored.lines).await?;
    reconsider(tx, scope, id).await?;
    Ok(Settled { stored, answered: number(answered.len()), known, queued: 0 })
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Books what was paid: by the bank, and by what was owed.
async fn pay(tx: &mut Tx, scope: &Scope, batch: PaymentBatchId, paid: Vec<ClaimId>) -> Result<(), Error> {
    let pending = netting::pending(tx, batch, &paid).await?;
    netting::settle(tx, batch, (&paid, pending.len()), NettingState::Posted, scope.now()).await?;
    caps::came_back(tx, scope, pending.iter().map(|(_, owed)| owed)).await?;
    let mut debts: BTreeMap<ClaimId, Vec<Owed>> = BTreeMap::new();
    for (claim, owed) in pending {
        debts.entry(claim).or_default().push(owed);
    }
    let (mut postings, mut claims) = (Vec::with_capacity(paid.len()), Vec::with_capacity(paid.len()));
    let mut commitments = ledger::of_claims(tx, paid.iter().copied(), PostingKind::Commitment).await?;
    for stored in claim::hold(tx, paid).await? {
        let (next, event) = stored.claim.decide(Change::Pay)?;
        let made = commitments.remove(&next.id).ok_or_else(|| Error::internal("an approved claim has no commitment"))?;
        let debts = debts.remove(&next.id).unwrap_or_default();
        for made in made {
            let netted: Money = debts.iter().filter(|owed| owed.fund == made.fund).map(|owed| owed.amount).sum();
            postings.push(Posting::pay(made.fund, &next, made.amount, made.transaction).less(netted));
        }
        postings.extend(debts.iter().map(|owed| Posting::net(&next, owed)));
        events::tell(tx, scope, &next, event).await?;
        claims.push(next);
    }
    claim::update_all(tx, claims.iter(), scope.now()).await?;
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
