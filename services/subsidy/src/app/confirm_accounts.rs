//! Proposed bank accounts are confirmed by a second person, who gives the number from the organisation's own paper.

use super::Accounts;
use crate::domain::{AccountNumber, BankAccountId, PaymentRefusal};
use crate::events;
use crate::store::bank_account::{self, Stored};
use kit::{Error, Scope, Tx};

/// One confirmation: the account, and its number as the second person knows it.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub account: BankAccountId,
    pub number: AccountNumber,
}

#[derive(Debug, Clone)]
pub struct ConfirmAccounts(pub Vec<Confirmation>);

pub async fn confirm_accounts(tx: &mut Tx, scope: &Scope, command: ConfirmAccounts) -> Result<Accounts, Error> {
    let found = bank_account::by_ids(tx, command.0.iter().map(|one| one.account)).await?;
    let newest = bank_account::newest(tx, found.values().map(|stored| stored.account.owner)).await?;
    let by = scope.principal().subject.clone();
    let mut confirmed = Vec::with_capacity(command.0.len());
    for (place, one) in command.0.iter().enumerate() {
        let within = |error: Error| error.within(&format!("requests[{place}]"));
        let stored = found.get(&one.account).ok_or_else(|| within(Error::not_found(one.account)))?;
        let owners = bank_account::newest_of(&newest, stored.account.owner);
        let decided = stored.account.confirm(&by, &one.number, owners);
        let account = decided.map_err(|refusal: PaymentRefusal| within(refusal.into()))?;
        confirmed.push(Stored { account, created_at: stored.created_at, confirmed_at: Some(scope.now()) });
    }
    let ids: Vec<BankAccountId> = confirmed.iter().map(|stored| stored.account.id).collect();
    bank_account::confirm(tx, &ids, &by, scope.now()).await?;
    for stored in &confirmed {
        events::account_confirmed(tx, scope, &stored.account).await?;
    }
    Ok(Accounts(confirmed))
}

/// As [`confirm_accounts`], for one.
pub async fn confirm_account(tx: &mut Tx, scope: &Scope, one: Confirmation) -> Result<Stored, Error> {
    let id = one.account;
    let confirmed = confirm_accounts(tx, scope, ConfirmAccounts(vec![one])).await?;
    confirmed.0.into_iter().next().ok_or_else(|| Error::not_found(id))
}
