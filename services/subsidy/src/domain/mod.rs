//! The rules of subsidy accounting, pure: no I/O, no clock, no chance.

mod bank_account;
mod cap;
mod check;
mod check_override;
mod claim;
mod claim_refusal;
mod content;
mod derive;
mod double;
mod entry;
mod evidence;
mod fact;
mod filing;
mod fund_refusal;
mod lapse;
mod ledger;
pub mod log;
mod objection;
mod occasion;
mod offset;
mod offset_refusal;
mod offset_year;
mod override_refusal;
mod payment;
mod payment_refusal;
mod period;
mod receivable;
mod reconcile;
mod refusal;
mod sample;
mod sample_refusal;
mod scheme;
mod simulation;
mod source;

pub use bank_account::{AccountNumber, BankAccount, BankCode, BankDetails, Owner, OwnerKind, is_printable};
pub use cap::{Cap, CapUse, Grant};
pub use check::{CheckName, CheckResult, Seen, check, double_funding};
pub use check_override::{CheckOverride, Overridden, OverrideReason, Overriding, overridden};
pub use claim::{Approving, Change, Claim, Endorsement, Event, SchemeVersion, State, Submitting};
pub use claim_refusal::ClaimRefusal;
pub use derive::{Derived, Due, derive, derive_with};
pub use double::Times;
pub use entry::Logged;
pub use evidence::{Document, Evidence, Extent, NamedElsewhere};
pub use fact::{Fact, FactKind, Topic, current};
pub use filing::{Filed, Filing, Guided, Party, Stated, filings, may_file, nothing_due};
pub use fund_refusal::FundRefusal;
pub use lapse::{Lapse, Why};
pub use ledger::{Account, AccountKind, Budget, BudgetChange, Owed, Posting, PostingKind, Side, Transfer};
pub use objection::{Ground, Objection, ObjectionState, Verdict};
pub use occasion::{End, Known, Milestone, Occasion, OccasionKind};
pub use offset::{Credited, Investment, Offset, OffsetGrant, carry, offset_grant, offset_scheme};
pub use offset_refusal::OffsetRefusal;
pub use offset_year::{Confirmed, Deciding, OffsetDecision, OffsetFiling, OffsetState, OffsetYear};
pub use override_refusal::OverrideRefusal;
pub use payment::{
    BankResult, BatchState, FileFormat, Line, LineState, Order, PaymentBatch, PaymentFile, end_to_end_id, message_id,
};
pub use payment_refusal::PaymentRefusal;
pub use period::Period;
pub use receivable::{Netting, Part, Receivable, ReceivableState, net};
pub use reconcile::{Step, reconcile};
pub use refusal::Refusal;
pub use sample::{Finding, Hit, Outcome, Population, Sample, SampleItem, draw};
pub use sample_refusal::SampleRefusal;
pub use scheme::{
    After, ApprovalLevel, Caps, Clawback, Exclusion, Fault, Scheme, SchemeFaults, Schemes, Source, SourceKind, Stage, Together,
};
pub use simulation::{Month, Overlap, Simulation};
pub use source::{Asked, Budgets, Lines, Portion, split, take_back};

kit::id! {
    FundId => "funds";
    ClaimId => "claims";
    ObjectionId => "claimObjections";
    CheckOverrideId => "checkOverrides";
    OffsetYearId => "offsetYears";
    PaymentBatchId => "paymentBatches";
    BankAccountId => "bankAccounts";
    ReceivableId => "receivables";
    SampleId => "samples";
    SampleItemId => "sampleItems";
    TransactionId => "ledgerTransactions";
    EntryId => "ledgerEntries";
    AccountId => "ledgerAccounts";
    PersonId => "people";
    OrganisationId => "organisations";
}
