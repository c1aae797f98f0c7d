//! Writes postings into the ledger: the budget first, because only it can refuse; then the balances, the
//! transactions and their entries. Rows are locked in one order everywhere: budgets by fund, accounts by
//! fund, kind and party.

use crate::domain::{Account, AccountId, Budget, BudgetChange, EntryId, FundId, Posting, Refusal, Side, TransactionId};
use crate::store::{fund, ledger};
use kit::{Error, Money, Scope, Tx};
use std::collections::BTreeMap;

/// Budgets that are held to the end of the transaction: what they have left is known, and nobody else spends of it.
pub struct Held(BTreeMap<FundId, Budget>);

impl Held {
    /// Takes a commitment out of what is left, or says that there is not enough.
    pub fn commit(&mut self, fund: FundId, amount: Money) -> Result<(), Refusal> {
        let budget = self.0.get_mut(&fund).ok_or(Refusal::TooMuchMoney { fund })?;
        if amount > budget.available() {
            return Err(Refusal::BudgetExceeded { fund, available: budget.available(), asked: amount });
        }
        budget.committed = budget.committed.checked_add(amount).ok_or(Refusal::TooMuchMoney { fund })?;
        Ok(())
    }
}

/// Holds the budgets of funds, in the order of their ids.
pub async fn hold_budgets(tx: &mut Tx, funds: impl Iterator<Item = FundId>) -> Result<Held, Error> {
    let budgets = fund::hold(tx, funds).await?;
    Ok(Held(budgets.into_iter().map(|budget| (budget.fund, budget)).collect()))
}

/// Posts all of them or, by its error, none.
pub async fn post(tx: &mut Tx, scope: &Scope, postings: Vec<Posting>) -> Result<(), Error> {
    post_all(tx, &postings.into_iter().map(|posting| (scope, posting)).collect::<Vec<_>>()).await
}

/// As `post`, each in the name of what caused it.
pub async fn post_all(tx: &mut Tx, postings: &[(&Scope, Posting)]) -> Result<(), Error> {
    for (_, posting) in postings {
        posting.balanced()?;
    }
    let Some((scope, _)) = postings.first() else { return Ok(()) };
    change_budgets(tx, postings).await?;
    let accounts = move_balances(tx, scope, postings).await?;
    for (scope, posting) in postings {
        let transaction: TransactionId = scope.id();
        ledger::insert_transaction(tx, transaction, posting, scope.cause(), scope.now()).await?;
        for transfer in &posting.transfers {
            let entries: (EntryId, EntryId) = (scope.id(), scope.id());
            let of =
                |account: &Account| accounts.get(account).copied().ok_or_else(|| Error::internal("an account was not opened"));
            let pair = (of(&transfer.debit)?, of(&transfer.credit)?);
            ledger::insert_pair(tx, entries, transaction, pair, transfer.amount).await?;
        }
    }
    Ok(())
}

async fn change_budgets(tx: &mut Tx, postings: &[(&Scope, Posting)]) -> Result<(), Error> {
    let mut changes: BTreeMap<FundId, BudgetChange> = BTreeMap::new();
    for (_, posting) in postings {
        let change = changes.entry(posting.fund).or_default();
        *change = change.and(posting.budget_change());
    }
    for (fund, change) in changes.into_iter().filter(|(_, change)| *change != BudgetChange::default()) {
        if !fund::spend(tx, fund, change).await? {
            let budget = fund::budget(tx, fund).await?.ok_or_else(|| Error::not_found(fund))?;
            let asked = Money::fen(change.committed + change.paid - change.appropriated);
            return Err(Refusal::BudgetExceeded { fund, available: budget.available(), asked }.into());
        }
    }
    Ok(())
}

async fn move_balances(
    tx: &mut Tx,
    scope: &Scope,
    postings: &[(&Scope, Posting)],
) -> Result<BTreeMap<Account, AccountId>, Error> {
    let mut moves: BTreeMap<Account, (i64, i64)> = BTreeMap::new();
    for (account, side, amount) in postings.iter().flat_map(|(_, posting)| posting.entries()) {
        let (debits, credits) = moves.entry(account).or_default();
        let total = if side == Side::Debit { debits } else { credits };
        *total = total.checked_add(amount.as_fen()).ok_or(Refusal::TooMuchMoney { fund: account.fund })?;
    }
    let mut ids = BTreeMap::new();
    for (account, (debits, credits)) in moves {
        let (debits, credits) = (Money::fen(debits), Money::fen(credits));
        let id = if let Some(id) = ledger::move_balance(tx, &account, debits, credits).await? {
            id
        } else {
            let id = scope.id();
            ledger::open_account(tx, id, &account, debits, credits).await?;
            id
        };
        ids.insert(account, id);
    }
    Ok(ids)
}
