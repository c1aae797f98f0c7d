//! The rules of subsidy accounting, pure: no I/O, no clock, no chance.

mod check;
mod claim;
mod derive;
mod fact;
mod lapse;
mod ledger;
mod occasion;
mod offset;
mod payment;
mod reconcile;
mod refusal;
mod scheme;
mod simulation;

pub use check::{CheckName, CheckResult, check};
pub use claim::{Change, Claim, Event, SchemeVersion, State};
pub use derive::{Derived, Due, derive};
pub use fact::{Fact, FactKind, Topic, current};
pub use lapse::{Lapse, Why};
pub use ledger::{Account, AccountKind, Budget, BudgetChange, Posting, PostingKind, Side, Transfer};
pub use occasion::{End, Known, Milestone, Occasion, OccasionKind};
pub use offset::{Offset, OffsetYear, carry_forward};
pub use payment::{BankResult, BatchState, Line, LineState, PaymentBatch};
pub use reconcile::{Step, reconcile};
pub use refusal::Refusal;
pub use scheme::{
    After, ApprovalLevel, Caps, Clawback, Exclusion, Fault, Scheme, SchemeFaults, Schemes, Source, SourceKind, Stage, Together,
};
pub use simulation::{Month, Overlap, Simulation};

kit::id! {
    FundId => "funds";
    ClaimId => "claims";
    PaymentBatchId => "paymentBatches";
    ReceivableId => "receivables";
    TransactionId => "ledgerTransactions";
    EntryId => "ledgerEntries";
    AccountId => "ledgerAccounts";
    PersonId => "people";
    OrganisationId => "organisations";
}
