//! A fund is set up, with an empty budget and its accounts.

use crate::domain::{Account, AccountKind, Refusal};
use crate::events;
use crate::store::fund::{self, Fund};
use crate::store::ledger;
use kit::{Error, Money, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateFund {
    pub code: String,
    pub display_name: String,
}

pub async fn create_fund(tx: &mut Tx, scope: &Scope, command: CreateFund) -> Result<Fund, Error> {
    let created =
        Fund { id: scope.id(), version: 1, code: command.code, display_name: command.display_name, created_at: scope.now() };
    if !fund::insert(tx, &created).await? {
        return Err(Refusal::FundCodeTaken { code: created.code }.into());
    }
    for kind in AccountKind::OF_FUND {
        let account = Account { fund: created.id, kind, party: None };
        ledger::open_account(tx, scope.id(), &account, Money::ZERO, Money::ZERO).await?;
    }
    events::fund_created(tx, scope, &created).await?;
    Ok(created)
}
