//! The use cases, one a file. Each runs inside a transaction that kit opened and will commit.

mod accrue;
mod appropriate;
mod approve;
mod books;
mod caps;
mod check;
mod check_scheme;
mod claw_back;
mod close_period;
mod confirm_accounts;
mod confirm_check_override;
mod create_batch;
mod create_check_override;
mod create_claim;
mod create_fund;
mod create_objection;
mod create_sample;
mod decide_offset;
mod explain;
mod export_batch;
mod export_report;
mod file_offset;
mod find;
mod find_objection;
mod findings;
mod import_results;
mod list;
mod list_recoveries;
mod log;
mod month;
mod net;
mod offset_report;
mod offset_statement;
mod propose_accounts;
mod record;
mod record_recovery;
mod reject;
mod report;
mod resolve_objection;
mod run_accrual;
mod settle_batch;
mod simulate;
mod sources;
mod submit;
mod walk;
mod withdraw_claim;

pub use appropriate::{Appropriate, appropriate};
pub use approve::{Approval, Approve, approve, approve_each};
pub use books::post;
pub use check::{Check, check};
pub use check_scheme::{CheckScheme, Checked, check_scheme};
pub use close_period::{ClosePeriod, Month, close_period};
pub use confirm_accounts::{ConfirmAccounts, Confirmation, confirm_account, confirm_accounts};
pub use confirm_check_override::{ConfirmCheckOverride, confirm_check_override};
pub use create_batch::{CreateBatch, create_batch};
pub use create_check_override::{CreateCheckOverride, create_check_override};
pub use create_claim::{CreateClaim, create_claim};
pub use create_fund::{CreateFund, create_fund};
pub use create_objection::{CreateObjection, create_objection};
pub use create_sample::{CreateSample, create_sample};
pub use decide_offset::{ConfirmOffset, ReturnOffset, confirm_offset, return_offset};
pub use explain::{Explain, Explanation, explain};
pub use export_batch::{ExportBatch, Outgoing, export_batch};
pub use export_report::{ExportReport, MOST_ROWS, Which, export_report};
pub use file_offset::{FileOffset, file_offset};
pub use find::{
    BudgetOf, FindAccount, FindBatch, FindCheckOverride, FindClaim, FindFund, FindReceivable, FindSample, FindSampleItem, budget,
    find_account, find_batch, find_check_override, find_claim, find_fund, find_receivable, find_sample, find_sample_item,
};
pub use find_objection::{FindObjection, find_objection};
pub use findings::{ConfirmFinding, RecordFinding, confirm_finding, record_finding};
pub use import_results::{ImportResults, Imported, import_results};
pub use list::{
    ListAccounts, ListBatches, ListCheckOverrides, ListClaims, ListEntries, ListFunds, ListMissing, ListObjections, ListPeriods,
    ListReceivables, ListSampleItems, ListSamples, ListSchemes, ListWaiting, Listed, list_accounts, list_batches,
    list_check_overrides, list_claims, list_entries, list_funds, list_missing, list_objections, list_periods, list_receivables,
    list_sample_items, list_samples, list_schemes, list_waiting,
};
pub use list_recoveries::{ListRecoveries, list_recoveries};
pub use log::{
    AskCheckpoint, ConsistencyProof, EntryProof, ProveConsistency, ProveEntry, checkpoint, checkpoint_of, prove_consistency,
    prove_entry,
};
pub use offset_statement::{
    FindOffsetYear, ListOffsetYears, ListStatements, Statement, StatementOf, find_offset_year, list_offset_years,
    list_statements, offset_statement,
};
pub use propose_accounts::{Accounts, Proposal, ProposeAccounts, propose_account, propose_accounts};
pub use record::{News, Organisation, Unpaired, record};
pub use record_recovery::{RecordRecovery, record_recovery};
pub use reject::{Reject, reject};
pub use report::{
    BudgetExecution, ClaimTotals, PaymentTotals, ReceivableAges, budget_execution, claim_totals, payment_totals, receivable_ages,
};
pub use resolve_objection::{ResolveObjection, resolve_objection};
pub use run_accrual::{Accrual, RunAccrual, run_accrual};
pub use settle_batch::{SettleBatch, settle_batch};
pub use simulate::{Simulate, Simulated, simulate};
pub use submit::{Submit, submit};
pub use walk::walk;
pub use withdraw_claim::{WithdrawClaim, withdraw_claim};

use crate::domain::{Change, Claim, ClaimId, Event, Refusal, Schemes};
use crate::events;
use crate::store::claim::{self, Stored};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

/// The schemes in force here: those of this release, or with a city's own among them.
fn schemes(scope: &Scope) -> &Schemes {
    scope.decided().unwrap_or_else(|| Schemes::shipped())
}

/// The claims of a batch command, held, in the order of the request.
async fn load(tx: &mut Tx, scope: &Scope, ids: &[ClaimId]) -> Result<Vec<Stored>, Error> {
    let held = claim::hold(tx, ids.iter().copied()).await?;
    let held: BTreeMap<ClaimId, Stored> = held.into_iter().map(|stored| (stored.claim.id, stored)).collect();
    let own = |id: &ClaimId| {
        let stored = held.get(id).ok_or_else(|| Error::not_found(id))?;
        scope.own(stored.claim.beneficiary, id)?;
        Ok(stored.clone())
    };
    ids.iter().map(own).collect()
}

/// A decision on a claim: what it was, what it is then, and what happened.
struct Decided {
    before: Stored,
    after: Claim,
    event: Event,
}

impl Decided {
    fn new(before: Stored, change: Change) -> Result<Self, Refusal> {
        let (after, event) = before.claim.decide(change)?;
        Ok(Self { before, after, event })
    }

    /// The claim as it is saved.
    fn saved(self, scope: &Scope) -> Stored {
        Stored { claim: self.after, updated_at: scope.now(), ..self.before }
    }
}

/// Saves decisions of one command and tells what happened, in the order of the request.
async fn save_all(tx: &mut Tx, scope: &Scope, decided: Vec<Decided>) -> Result<Changed, Error> {
    claim::update_all(tx, decided.iter().map(|one| &one.after), scope.now()).await?;
    for one in &decided {
        events::tell(tx, scope, &one.after, one.event).await?;
    }
    Ok(Changed(decided.into_iter().map(|one| one.saved(scope)).collect()))
}

/// The claims of a batch command, in the order of the request.
#[derive(Debug)]
pub struct Changed(pub Vec<Stored>);

/// A refusal within a batch names the element it is about.
fn at(field: &str, place: usize) -> impl Fn(Refusal) -> Error {
    let prefix = format!("{field}[{place}]");
    move |refusal| Error::from(refusal).within(&prefix)
}
