//! Bank accounts are proposed: each a new version of its owner's.

use crate::domain::{BankAccount, BankDetails, Owner};
use crate::events;
use crate::store::bank_account::{self, Stored};
use kit::{Error, Scope, Tx};

/// One account, and whose it is.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub owner: Owner,
    pub details: BankDetails,
}

#[derive(Debug, Clone)]
pub struct ProposeAccounts(pub Vec<Proposal>);

/// Accounts in the order of the request.
#[derive(Debug)]
pub struct Accounts(pub Vec<Stored>);

pub async fn propose_accounts(tx: &mut Tx, scope: &Scope, command: ProposeAccounts) -> Result<Accounts, Error> {
    for (place, proposal) in command.0.iter().enumerate() {
        scope.own(proposal.owner, proposal.owner).map_err(|error| error.within(&format!("requests[{place}]")))?;
    }
    let newest = bank_account::newest(tx, command.0.iter().map(|proposal| proposal.owner)).await?;
    let by = scope.principal().subject.clone();
    let propose = |proposal: Proposal| BankAccount {
        id: scope.id(),
        owner: proposal.owner,
        version: bank_account::newest_of(&newest, proposal.owner) + 1,
        details: proposal.details,
        proposed_by: by.clone(),
        confirmed_by: None,
    };
    let accounts: Vec<BankAccount> = command.0.into_iter().map(propose).collect();
    bank_account::insert(tx, &accounts, &by, scope.now()).await?;
    for account in &accounts {
        events::account_proposed(tx, scope, account).await?;
    }
    let stored = |account| Stored { account, created_at: scope.now(), confirmed_at: None };
    Ok(Accounts(accounts.into_iter().map(stored).collect()))
}

/// As [`propose_accounts`], for one.
pub async fn propose_account(tx: &mut Tx, scope: &Scope, proposal: Proposal) -> Result<Stored, Error> {
    let owner = proposal.owner;
    scope.own(owner, owner)?;
    let proposed = propose_accounts(tx, scope, ProposeAccounts(vec![proposal])).await?;
    proposed.0.into_iter().next().ok_or_else(|| Error::not_found(owner))
}
