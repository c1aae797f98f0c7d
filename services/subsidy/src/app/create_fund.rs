//! A fund is set up, with an empty budget and its accounts, by itself or under another fund whose budget caps it.

use crate::domain::{Account, AccountId, AccountKind, FundId, Refusal};
use crate::events;
use crate::store::fund::{self, Fund};
use crate::store::ledger;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateFund {
    pub code: String,
    pub display_name: String,
    pub parent: Option<FundId>,
}

pub async fn create_fund(tx: &mut Tx, scope: &Scope, command: CreateFund) -> Result<Fund, Error> {
    let CreateFund { code, display_name, parent } = command;
    if let Some(parent) = parent {
        fund::by_id(tx, parent).await?.ok_or_else(|| Error::not_found(parent))?;
    }
    let created = Fund { id: scope.id(), version: 1, code, display_name, parent, created_at: scope.now() };
    if !fund::insert(tx, &created).await? {
        return Err(Refusal::FundCodeTaken { code: created.code }.into());
    }
    let own = AccountKind::OF_FUND.map(|kind| Account::of_fund(created.id, kind));
    let opened: Vec<(AccountId, &Account)> = own.iter().map(|account| (scope.id(), account)).collect();
    ledger::open_accounts(tx, &opened).await?;
    events::fund_created(tx, scope, &created).await?;
    Ok(created)
}
