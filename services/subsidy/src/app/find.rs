//! One fund, one budget, one claim, one override, one bank account, one payment batch, one receivable, one sample, by name.

use crate::domain::{
    BankAccountId, Budget, CheckOverrideId, ClaimId, FundId, PaymentBatchId, ReceivableId, SampleId, SampleItemId,
};
use crate::store::{approval, bank_account, check_override, claim, fund, payment, receivable, sample, source};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct FindClaim(pub ClaimId);

pub async fn find_claim(tx: &mut Tx, scope: &Scope, query: FindClaim) -> Result<claim::Stored, Error> {
    let mut stored = claim::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own(stored.claim.beneficiary, query.0)?;
    approval::fill(tx, std::slice::from_mut(&mut stored)).await?;
    source::fill(tx, std::slice::from_mut(&mut stored)).await?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct FindCheckOverride(pub CheckOverrideId);

pub async fn find_check_override(tx: &mut Tx, _scope: &Scope, query: FindCheckOverride) -> Result<check_override::Stored, Error> {
    check_override::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct FindFund(pub FundId);

pub async fn find_fund(tx: &mut Tx, _scope: &Scope, query: FindFund) -> Result<fund::Fund, Error> {
    fund::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct FindReceivable(pub ReceivableId);

pub async fn find_receivable(tx: &mut Tx, scope: &Scope, query: FindReceivable) -> Result<receivable::Stored, Error> {
    let stored = receivable::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own(stored.receivable.debtor, query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct FindAccount(pub BankAccountId);

pub async fn find_account(tx: &mut Tx, scope: &Scope, query: FindAccount) -> Result<bank_account::Stored, Error> {
    let stored = bank_account::by_ids(tx, [query.0]).await?.remove(&query.0).ok_or_else(|| Error::not_found(query.0))?;
    scope.own(stored.account.owner, query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct FindBatch(pub PaymentBatchId);

pub async fn find_batch(tx: &mut Tx, _scope: &Scope, query: FindBatch) -> Result<payment::Stored, Error> {
    payment::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct FindSample(pub SampleId);

pub async fn find_sample(tx: &mut Tx, _scope: &Scope, query: FindSample) -> Result<sample::Stored, Error> {
    sample::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct FindSampleItem(pub SampleItemId);

pub async fn find_sample_item(tx: &mut Tx, _scope: &Scope, query: FindSampleItem) -> Result<sample::StoredItem, Error> {
    sample::item(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}

#[derive(Debug, Clone)]
pub struct BudgetOf(pub FundId);

pub async fn budget(tx: &mut Tx, _scope: &Scope, query: BudgetOf) -> Result<Budget, Error> {
    fund::budget(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))
}
