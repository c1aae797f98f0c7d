//! Payment batches and what the bank says of their lines.

use super::{BankAccountId, BankDetails, ClaimId, FundId, OrganisationId, PaymentBatchId, Refusal};
use chrono::{DateTime, Utc};
use kit::Money;
use kit::id::Id as _;

kit::words! {
    pub enum BatchState {
        Open = "open",
        Settled = "settled",
    }
}

kit::words! {
    pub enum LineState {
        Pending = "pending",
        Paid = "paid",
        Failed = "failed",
    }
}

kit::words! {
    /// The form of a file for the bank.
    pub enum FileFormat {
        Pain001 = "pain.001",
        Csv = "csv",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentBatch {
    pub id: PaymentBatchId,
    pub version: i64,
    pub fund: FundId,
    pub state: BatchState,
    pub total: Money,
    pub lines: i64,
    /// What of the total is set against what its beneficiaries owe.
    pub netted: Money,
    /// Payable claims it left where they were, for want of an account to pay them on.
    pub left_out: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub claim: ClaimId,
    pub beneficiary: OrganisationId,
    pub amount: Money,
    /// What of the amount is set against what the beneficiary owes.
    pub netted: Money,
    pub state: LineState,
    pub bank_reference: Option<String>,
    pub failure_reason: Option<String>,
    /// How often the claim was in a batch, this time included.
    pub attempt: i64,
    /// What the bank was told to pay it on.
    pub account: Option<BankAccountId>,
}

/// What the bank knows a payment by: 35 characters at most, and another one for every attempt, so that the bank
/// takes a second attempt for no duplicate of the first.
pub fn end_to_end_id(claim: ClaimId, attempt: i64) -> String {
    format!("{}-{attempt}", claim.uuid().simple())
}

/// What the bank knows a batch by.
pub fn message_id(batch: PaymentBatchId) -> String {
    batch.uuid().simple().to_string()
}

/// What the bank is told of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub end_to_end_id: String,
    pub amount: Money,
    pub payee: BankDetails,
    /// What it is for; nothing about people.
    pub purpose: String,
}

/// What the bank is told of a batch, whatever the form of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFile {
    pub message_id: String,
    pub created: DateTime<Utc>,
    pub payer: BankDetails,
    pub orders: Vec<Order>,
}

impl PaymentFile {
    pub fn total(&self) -> Money {
        self.orders.iter().map(|order| order.amount).sum()
    }
}

/// What the bank says of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankResult {
    pub claim: ClaimId,
    pub paid: bool,
    /// Absent where a file gives none: the payment's own number stands for it.
    pub bank_reference: Option<String>,
    /// Given where it failed.
    pub failure_reason: Option<String>,
}

impl PaymentBatch {
    /// What the bank is told.
    pub fn sent(&self) -> Money {
        Money::fen(self.total.as_fen() - self.netted.as_fen())
    }
}

impl Line {
    /// What the bank is told.
    pub fn sent(&self) -> Money {
        Money::fen(self.amount.as_fen() - self.netted.as_fen())
    }

    pub fn end_to_end_id(&self) -> String {
        end_to_end_id(self.claim, self.attempt)
    }

    /// Takes the bank's word in: the line as it is then, or nothing if it was taken in before. A bank may name its
    /// reference with a later word only; that the first had none contradicts nothing.
    pub fn settle(&self, result: &BankResult) -> Result<Option<Self>, Refusal> {
        let state = if result.paid { LineState::Paid } else { LineState::Failed };
        let own = self.end_to_end_id();
        if self.state == LineState::Pending {
            return Ok(Some(Self {
                state,
                bank_reference: Some(result.bank_reference.clone().unwrap_or(own)),
                failure_reason: result.failure_reason.clone(),
                ..self.clone()
            }));
        }
        let unnamed = result.bank_reference.is_none() || self.bank_reference.as_ref() == Some(&own);
        if self.state == state && (unnamed || self.bank_reference == result.bank_reference) {
            return Ok(None);
        }
        Err(Refusal::LineSettled { claim: self.claim, is: self.state })
    }
}
