//! A fund is set up, with an empty budget and its accounts, by itself or under another fund whose budget caps it. What
//! belongs to an organisation is no part of a public budget, and stands by itself.

use crate::domain::{Account, AccountId, AccountKind, FundId, FundRefusal, OrganisationId, Refusal, SourceKind};
use crate::events;
use crate::store::fund::{self, Fund};
use crate::store::{fact, ledger};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateFund {
    pub code: String,
    pub display_name: String,
    pub parent: Option<FundId>,
    pub kind: SourceKind,
    /// Given for every kind that belongs to one.
    pub owner: Option<OrganisationId>,
}

pub async fn create_fund(tx: &mut Tx, scope: &Scope, command: CreateFund) -> Result<Fund, Error> {
    let CreateFund { code, display_name, parent, kind, owner } = command;
    if let Some(parent) = parent {
        let above = fund::by_id(tx, parent).await?.ok_or_else(|| Error::not_found(parent))?;
        if above.owner.is_some() || owner.is_some() {
            return Err(FundRefusal::Alone.into());
        }
    }
    if let Some(organisation) = owner
        && !fact::is_registered(tx, organisation).await?
    {
        return Err(FundRefusal::OwnerUnknown { organisation }.into());
    }
    let created = Fund { id: scope.id(), version: 1, code, display_name, parent, kind, owner, created_at: scope.now() };
    if !fund::insert(tx, &created).await? {
        let taken = fund::by_code(tx, &created.code).await?.is_some();
        return Err(match owner.filter(|_| !taken) {
            Some(organisation) => FundRefusal::OwnerHasOne { organisation, kind }.into(),
            None => Refusal::FundCodeTaken { code: created.code }.into(),
        });
    }
    let own = AccountKind::OF_FUND.map(|kind| Account::of_fund(created.id, kind));
    let opened: Vec<(AccountId, &Account)> = own.iter().map(|account| (scope.id(), account)).collect();
    ledger::open_accounts(tx, &opened).await?;
    events::fund_created(tx, scope, &created).await?;
    Ok(created)
}
