//! Writes postings into the ledger: the budget first, because only it can refuse; then the balances, the
//! transactions and their entries. Rows are locked in one order everywhere: budgets by fund, accounts by
//! fund, kind and party.

use crate::domain::{Account, AccountId, BudgetChange, EntryId, FundId, Posting, Refusal, Side, TransactionId};
use crate::store::{fund, ledger};
use kit::{Error, Money, Scope, Tx};
use std::collections::BTreeMap;

/// Posts all of them or, by its error, none.
pub async fn post(tx: &mut Tx, scope: &Scope, postings: &[Posting]) -> Result<(), Error> {
    for posting in postings {
        posting.balanced()?;
    }
    change_budgets(tx, postings).await?;
    let accounts = move_balances(tx, scope, postings).await?;
    for posting in postings {
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

async fn change_budgets(tx: &mut Tx, postings: &[Posting]) -> Result<(), Error> {
    let mut changes: BTreeMap<FundId, BudgetChange> = BTreeMap::new();
    for posting in postings {
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

async fn move_balances(tx: &mut Tx, scope: &Scope, postings: &[Posting]) -> Result<BTreeMap<Account, AccountId>, Error> {
    let mut moves: BTreeMap<Account, (i64, i64)> = BTreeMap::new();
    for (account, side, amount) in postings.iter().flat_map(Posting::entries) {
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
