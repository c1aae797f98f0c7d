//! Writes postings into the ledger, however many, by a constant number of statements: what can refuse comes first
//! (budgets, reversals), then the balances, the transactions, and last the entries with their places in the log. Rows
//! are locked in one order everywhere: budgets by fund, reversals by payment, and the head of the log last, for as short
//! as can be. Accounts have no order of their own: who posts to a fund holds its budget, even where that does not change.

use super::log::Grown;
use super::month;
use crate::domain::{
    Account, AccountId, AccountKind, BudgetChange, Budgets, Claim, FundId, Lines, Logged, Period, Posting, PostingKind, Refusal,
    Side, TransactionId,
};
use crate::store::ledger::{Made, NewEntry, Occasion, OfClaim};
use crate::store::{fund, ledger, log, period};
use kit::id::Id;
use kit::{Error, Money, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Holds the budgets of funds and those above them, in the order of their ids.
pub async fn hold_budgets(tx: &mut Tx, funds: impl Iterator<Item = FundId>) -> Result<Budgets, Error> {
    let lines = lines(tx, funds).await?;
    let budgets = fund::hold(tx, lines.values().flatten().copied()).await?;
    Ok(Budgets::new(budgets, lines))
}

/// The budgets of funds and those above them, as they are at the moment.
pub async fn read_budgets(tx: &mut Tx, funds: impl Iterator<Item = FundId>) -> Result<Budgets, Error> {
    let rows = fund::lines_with_budgets(tx, funds.collect::<BTreeSet<_>>()).await?;
    let lines = lines_of(rows.iter().map(|(fund, budget)| (*fund, budget.fund)));
    Ok(Budgets::new(rows.into_iter().map(|(_, budget)| budget), lines))
}

async fn lines(tx: &mut Tx, funds: impl Iterator<Item = FundId>) -> Result<Lines, Error> {
    let funds: BTreeSet<FundId> = funds.collect();
    Ok(if funds.is_empty() { Lines::new() } else { lines_of(fund::lines(tx, funds).await?) })
}

fn lines_of(pairs: impl IntoIterator<Item = (FundId, FundId)>) -> Lines {
    let mut lines = Lines::new();
    for (fund, above) in pairs {
        lines.entry(fund).or_default().push(above);
    }
    for line in lines.values_mut() {
        line.sort_unstable();
    }
    lines
}

/// A posting, and the command or event that caused it.
#[derive(Debug, Clone)]
pub struct Caused {
    pub posting: Posting,
    pub cause: String,
}

/// Posts all of them or, by its error, none.
pub async fn post(tx: &mut Tx, scope: &Scope, postings: &[Posting]) -> Result<(), Error> {
    let lines = lines(tx, postings.iter().filter(|posting| posting.spends()).map(|posting| posting.fund)).await?;
    let caused: Vec<(&Posting, &str)> = postings.iter().map(|posting| (posting, scope.cause())).collect();
    match write(tx, scope, &caused, &lines).await? {
        None => Ok(()),
        Some(short) => Err(refused(tx, short).await?),
    }
}

/// As [`post`], right before the commit: what everybody needs is held for as short as can be.
pub fn post_last(tx: &mut Tx, scope: &Scope, postings: Vec<Posting>) {
    let scope = scope.clone();
    tx.last(move |tx| Box::pin(async move { post(tx, &scope, &postings).await }));
}

/// As [`post_last`], where budgets were seen to have enough for all. Should others have spent of them since, it is all
/// decided again.
pub fn post_decided(tx: &mut Tx, scope: &Scope, caused: Vec<Caused>, budgets: Budgets) {
    let (scope, lines) = (scope.clone(), budgets.into_lines());
    tx.last(move |tx| {
        Box::pin(async move {
            let caused: Vec<_> = caused.iter().map(|one| (&one.posting, one.cause.as_str())).collect();
            match write(tx, &scope, &caused, &lines).await? {
                None => Ok(()),
                Some((fund, _)) => Err(Error::stale(&fund.to_string())),
            }
        })
    });
}

/// Writes postings of one moment; answers whose budget refuses what.
async fn write(
    tx: &mut Tx,
    scope: &Scope,
    caused: &[(&Posting, &str)],
    lines: &Lines,
) -> Result<Option<(FundId, BudgetChange)>, Error> {
    if caused.is_empty() {
        return Ok(None);
    }
    let postings: Vec<&Posting> = caused.iter().map(|(posting, _)| *posting).collect();
    for posting in &postings {
        posting.balanced()?;
    }
    if let Some(short) = change_budgets(tx, &postings, lines).await? {
        return Ok(Some(short));
    }
    reverse(tx, &postings).await?;
    let accounts = move_balances(tx, scope, &postings).await?;
    let made: Vec<Made> = caused.iter().map(|(posting, cause)| Made { id: scope.id(), posting, cause }).collect();
    let occasion = Occasion { period: Period::of(scope.now()), now: scope.now() };
    ledger::insert_transactions(tx, &made, occasion)?;
    append(tx, scope, &made, &accounts, occasion).await?;
    Ok(None)
}

/// The commitment of an approved claim goes back to what is available.
pub async fn release(tx: &mut Tx, scope: &Scope, claim: &Claim) -> Result<(), Error> {
    let made = ledger::of_claims(tx, [claim.id], PostingKind::Commitment).await?.remove(&claim.id).unwrap_or_default();
    if made.is_empty() {
        return Err(Error::internal(format!("{} is approved, and nothing is committed for it", claim.id)));
    }
    let release = |made: OfClaim| Posting::release(made.fund, claim, made.amount, made.transaction);
    post(tx, scope, &made.into_iter().map(release).collect::<Vec<_>>()).await
}

/// Holds the budget of each fund that is posted to, and spends from it and from every fund above it; answers the first that
/// does not allow it.
async fn change_budgets(tx: &mut Tx, postings: &[&Posting], lines: &Lines) -> Result<Option<(FundId, BudgetChange)>, Error> {
    let mut changes: BTreeMap<FundId, BudgetChange> =
        postings.iter().map(|posting| (posting.fund, BudgetChange::default())).collect();
    for posting in postings.iter().filter(|posting| posting.spends()) {
        let change = posting.budget_change();
        let line = lines.get(&posting.fund);
        let line = line.ok_or_else(|| Error::internal(format!("{} is spent from, and not at hand", posting.fund)))?;
        for above in line {
            let total = changes.entry(*above).or_default();
            *total = total.and(if posting.fund == *above { change } else { change.above() });
        }
    }
    Ok(fund::spend(tx, &changes).await?.map(|fund| (fund, changes[&fund])))
}

/// Why a budget refuses a change.
async fn refused(tx: &mut Tx, (fund, change): (FundId, BudgetChange)) -> Result<Error, Error> {
    let budget = fund::budget(tx, fund).await?.ok_or_else(|| Error::not_found(fund))?;
    if change.fits(&budget) {
        let parent = fund::by_id(tx, fund).await?.and_then(|fund| fund.parent);
        let parent = parent.ok_or_else(|| Error::internal(format!("{fund} refuses a change that fits its budget")))?;
        let above = fund::budget(tx, parent).await?.ok_or_else(|| Error::not_found(parent))?.appropriated;
        let would_be = Money::fen(budget.appropriated.as_fen() + change.appropriated);
        return Ok(Refusal::AboveParent { fund, would_be, parent, above }.into());
    }
    let asked = Money::fen(change.committed + change.paid - change.appropriated);
    Ok(Refusal::BudgetExceeded { fund, available: budget.available(), asked }.into())
}

/// Takes payments back, together never more of one than it was.
async fn reverse(tx: &mut Tx, postings: &[&Posting]) -> Result<(), Error> {
    let mut amounts: BTreeMap<TransactionId, Money> = BTreeMap::new();
    for posting in postings {
        if let Some(payment) = posting.reverses {
            let total = amounts.entry(payment).or_default();
            *total = total.checked_add(posting.amount()).ok_or(Refusal::ReversedTooMuch)?;
        }
    }
    if amounts.is_empty() || ledger::reverse(tx, &amounts).await? { Ok(()) } else { Err(Refusal::ReversedTooMuch.into()) }
}

async fn move_balances(tx: &mut Tx, scope: &Scope, postings: &[&Posting]) -> Result<BTreeMap<Account, AccountId>, Error> {
    let mut moves: BTreeMap<&Account, (i64, i64)> = BTreeMap::new();
    for (account, side, amount) in postings.iter().flat_map(|posting| posting.entries()) {
        add(moves.entry(account).or_default(), side, amount).ok_or(Refusal::TooMuchMoney { fund: account.fund })?;
    }
    let mut ids = ledger::move_balances(tx, moves.iter().map(|(account, moved)| (*account, *moved))).await?;
    moves.retain(|account, _| !ids.contains_key(*account));
    if !moves.is_empty() {
        let new: Vec<(AccountId, &Account)> = moves.keys().map(|account| (scope.id(), *account)).collect();
        ledger::open_accounts(tx, &new).await?;
        ids.extend(ledger::move_balances(tx, moves).await?);
    }
    Ok(ids)
}

/// Adds to debits or credits; `None` when it is more than can be counted.
fn add((debits, credits): &mut (i64, i64), side: Side, amount: Money) -> Option<()> {
    let total = if side == Side::Debit { debits } else { credits };
    *total = total.checked_add(amount.as_fen())?;
    Some(())
}

/// Writes the entries at the end of the log.
async fn append(
    tx: &mut Tx,
    scope: &Scope,
    made: &[Made<'_>],
    accounts: &BTreeMap<Account, AccountId>,
    occasion: Occasion,
) -> Result<(), Error> {
    let count = made.iter().map(|made| made.posting.transfers.len() * 2).sum();
    let reserved = log::reserve(tx, count, occasion.period).await?;
    let Some(head) = reserved else {
        month::needs_open(tx, scope).await?;
        return Err(Refusal::PeriodClosed { period: occasion.period }.into());
    };
    let mut grown = Grown::before(tx, &head, count).await?;
    let mut entries = Vec::with_capacity(count);
    let mut moved: BTreeMap<AccountKind, (i64, i64)> = BTreeMap::new();
    for one in made {
        for (account, side, amount) in one.posting.entries() {
            let id = *accounts.get(account).ok_or_else(|| Error::internal("an account was not opened"))?;
            let entry = NewEntry { id: scope.id(), transaction: one.id, account: id, side, amount };
            let (leaf, hash) = grown.push(&logged(&entry, account, one, occasion));
            add(moved.entry(account.kind).or_default(), side, amount).ok_or(Refusal::TooMuchMoney { fund: account.fund })?;
            entries.push((entry, leaf, hash));
        }
    }
    ledger::insert_entries(tx, &entries)?;
    period::add(tx, occasion.period, &moved)?;
    grown.keep(tx).await
}

/// An entry as the log says it.
fn logged(entry: &NewEntry, account: &Account, made: &Made<'_>, occasion: Occasion) -> Logged {
    let posting = made.posting;
    let optional = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    Logged {
        entry: entry.id.uuid().to_string(),
        side: entry.side.to_string(),
        fen: entry.amount.as_fen().to_string(),
        account: entry.account.uuid().to_string(),
        account_fund: account.fund.uuid().to_string(),
        account_kind: account.kind.to_string(),
        party: ledger::party(account.party),
        scheme: account.scheme.clone(),
        stage: account.stage.to_string(),
        transaction: entry.transaction.uuid().to_string(),
        fund: posting.fund.uuid().to_string(),
        kind: posting.kind.to_string(),
        transaction_fen: posting.amount().as_fen().to_string(),
        claim: optional(posting.claim.map(Id::uuid)),
        batch: optional(posting.batch.map(Id::uuid)),
        cause: made.cause.to_owned(),
        rule: posting.rule.clone(),
        resolves: optional(posting.resolves.map(Id::uuid)),
        reverses: optional(posting.reverses.map(Id::uuid)),
        period: occasion.period.to_string(),
        posted_at: log::instant(occasion.now),
    }
}
