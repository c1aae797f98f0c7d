//! The use cases, one a file. Each runs inside a transaction that kit opened and will commit.

mod accrue;
mod appropriate;
mod approve;
mod books;
mod check;
mod check_scheme;
mod create_batch;
mod create_fund;
mod explain;
mod find;
mod list;
mod record;
mod reject;
mod run_accrual;
mod settle_batch;
mod simulate;
mod submit;

pub use appropriate::{Appropriate, appropriate};
pub use approve::{Approval, Approve, approve, approve_one};
pub use check::{Check, check};
pub use check_scheme::{CheckScheme, Checked, check_scheme};
pub use create_batch::{CreateBatch, create_batch};
pub use create_fund::{CreateFund, create_fund};
pub use explain::{Explain, Explanation, explain};
pub use find::{
    BudgetOf, FindBatch, FindClaim, FindFund, FindReceivable, budget, find_batch, find_claim, find_fund, find_receivable,
};
pub use list::{
    ListBatches, ListClaims, ListEntries, ListFunds, ListReceivables, ListSchemes, Listed, list_batches, list_claims,
    list_entries, list_funds, list_receivables, list_schemes,
};
pub use record::{News, Organisation, Unpaired, record};
pub use reject::{Reject, reject};
pub use run_accrual::{Accrual, RunAccrual, run_accrual};
pub use settle_batch::{SettleBatch, settle_batch};
pub use simulate::{Simulate, Simulated, simulate};
pub use submit::{Submit, submit};

use crate::domain::{Claim, ClaimId, Event, Refusal, Schemes};
use crate::events;
use crate::store::claim::{self, Stored};
use kit::{Error, Scope, Tx};

/// The schemes in force here: those of this release, or with a city's own among them.
fn schemes(scope: &Scope) -> &Schemes {
    scope.decided().unwrap_or_else(|| Schemes::shipped())
}

/// The claims of a batch command, in the order of their ids, so that two batches that share claims lock
/// them in the same order. With each its place in the request.
async fn load(tx: &mut Tx, scope: &Scope, ids: &[ClaimId]) -> Result<Vec<(usize, Stored)>, Error> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_unstable_by_key(|at| ids[*at]);
    let mut loaded = Vec::with_capacity(ids.len());
    for at in order {
        let id = ids[at];
        let stored = claim::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
        scope.own(stored.claim.beneficiary, id)?;
        loaded.push((at, stored));
    }
    Ok(loaded)
}

/// Saves a decided claim and tells what happened.
async fn save(tx: &mut Tx, scope: &Scope, old: &Stored, decided: (Claim, Event)) -> Result<Stored, Error> {
    let (claim, event) = decided;
    claim::update(tx, &claim, scope.now()).await?;
    events::tell(tx, scope, &claim, event).await?;
    Ok(Stored { claim, updated_at: scope.now(), ..old.clone() })
}

/// The claims of a batch command, in the order of the request.
#[derive(Debug)]
pub struct Changed(pub Vec<Stored>);

impl Changed {
    fn in_order(mut changed: Vec<(usize, Stored)>) -> Self {
        changed.sort_unstable_by_key(|(at, _)| *at);
        Self(changed.into_iter().map(|(_, stored)| stored).collect())
    }
}

/// A refusal within a batch names the element it is about.
fn at(field: &str, place: usize) -> impl Fn(Refusal) -> Error {
    let prefix = format!("{field}[{place}]");
    move |refusal| Error::from(refusal).within(&prefix)
}
