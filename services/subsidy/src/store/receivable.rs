//! Receivables (应收追回款).

use crate::domain::{ClaimId, FundId, OrganisationId, ReceivableId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Receivable {
    #[sqlx(rename = "receivable_id")]
    pub id: ReceivableId,
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    #[sqlx(rename = "debtor_id")]
    pub debtor: OrganisationId,
    #[sqlx(rename = "claim_id")]
    pub claim: ClaimId,
    pub amount: Money,
    pub outstanding: Money,
    pub created_at: DateTime<Utc>,
}

/// Which receivables a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub debtor: Option<OrganisationId>,
    pub claim: Option<ClaimId>,
}

statements! {
    INSERT = "INSERT INTO subsidy_receivable (receivable_id, version, fund_id, debtor_id, claim_id, amount, outstanding, created_at, updated_at) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $7)";
    BY_ID = "SELECT receivable_id, fund_id, debtor_id, claim_id, amount, outstanding, created_at FROM subsidy_receivable WHERE receivable_id = $1";
    LIST = "SELECT receivable_id, fund_id, debtor_id, claim_id, amount, outstanding, created_at FROM subsidy_receivable WHERE receivable_id > $1 AND (debtor_id = $3 OR $3 IS NULL) ORDER BY receivable_id LIMIT $2";
    LIST_OF_CLAIM = "SELECT receivable_id, fund_id, debtor_id, claim_id, amount, outstanding, created_at FROM subsidy_receivable WHERE claim_id = $4 AND receivable_id > $1 AND (debtor_id = $3 OR $3 IS NULL) ORDER BY receivable_id LIMIT $2";
}

pub async fn insert(tx: &mut Tx, receivable: &Receivable) -> Result<(), Error> {
    let row = args![
        receivable.id,
        receivable.fund,
        receivable.debtor,
        receivable.claim,
        receivable.amount,
        receivable.outstanding,
        receivable.created_at,
    ];
    tx.execute(INSERT, row).await.map(|_| ())
}

pub async fn by_id(tx: &mut Tx, id: ReceivableId) -> Result<Option<Receivable>, Error> {
    tx.fetch_optional(BY_ID, args![id]).await
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Receivable>, Error> {
    match filter.claim {
        None => tx.fetch_all(LIST, args![page.after, page.limit(), filter.debtor]).await,
        Some(claim) => tx.fetch_all(LIST_OF_CLAIM, args![page.after, page.limit(), filter.debtor, claim]).await,
    }
}
