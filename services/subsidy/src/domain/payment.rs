//! Payment batches and what the bank says of their lines.

use super::{ClaimId, FundId, OrganisationId, PaymentBatchId, Refusal};
use kit::Money;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentBatch {
    pub id: PaymentBatchId,
    pub version: i64,
    pub fund: FundId,
    pub state: BatchState,
    pub total: Money,
    pub lines: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub claim: ClaimId,
    pub beneficiary: OrganisationId,
    pub amount: Money,
    pub state: LineState,
    pub bank_reference: Option<String>,
    pub failure_reason: Option<String>,
}

/// What the bank says of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankResult {
    pub claim: ClaimId,
    pub paid: bool,
    pub bank_reference: String,
    /// Given where it failed.
    pub failure_reason: Option<String>,
}

impl Line {
    /// Takes the bank's word in: the line as it is then, or nothing if it was taken in before.
    pub fn settle(&self, result: &BankResult) -> Result<Option<Self>, Refusal> {
        let state = if result.paid { LineState::Paid } else { LineState::Failed };
        if self.state == LineState::Pending {
            return Ok(Some(Self {
                state,
                bank_reference: Some(result.bank_reference.clone()),
                failure_reason: result.failure_reason.clone(),
                ..self.clone()
            }));
        }
        if self.state == state && self.bank_reference.as_ref() == Some(&result.bank_reference) {
            return Ok(None);
        }
        Err(Refusal::LineSettled { claim: self.claim, is: self.state })
    }
}
