//! Payment batches and receivables on the wire.

use super::MOST;
use super::claim::once_each;
use crate::app::{CreateBatch, FindBatch, FindReceivable, ListBatches, ListReceivables, Listed, RecordRecovery, SettleBatch};
use crate::domain::{
    BankResult, BatchState, ClaimId, FundId, Line, LineState, OrganisationId, PaymentBatchId, ReceivableId, ReceivableState,
};
use crate::store::payment::{self, Carried, Listing, Stored};
use crate::store::receivable;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_text, timestamp, unknown_enum};
use kit::{Error, Money};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::CreatePaymentBatchRequest> for CreateBatch {
    type Error = Error;
    fn try_from(request: pb::CreatePaymentBatchRequest) -> Result<Self, Error> {
        let batch = request.payment_batch.ok_or_else(|| Error::required("payment_batch", "a batch with its fund"))?;
        Ok(Self { fund: FundId::parse("payment_batch.fund", &batch.fund)? })
    }
}

impl TryFrom<pb::GetPaymentBatchRequest> for FindBatch {
    type Error = Error;
    fn try_from(request: pb::GetPaymentBatchRequest) -> Result<Self, Error> {
        PaymentBatchId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListPaymentBatchesRequest> for ListBatches {
    type Error = Error;
    fn try_from(request: pb::ListPaymentBatchesRequest) -> Result<Self, Error> {
        let state = match pb::PaymentBatchState::try_from(request.state) {
            Ok(pb::PaymentBatchState::Unspecified) => None,
            Ok(pb::PaymentBatchState::Open) => Some(BatchState::Open),
            Ok(pb::PaymentBatchState::Settled) => Some(BatchState::Settled),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = payment::Filter { fund: FundId::parse_optional("fund", &request.fund)?, state };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::SettlePaymentBatchRequest> for SettleBatch {
    type Error = Error;
    fn try_from(request: pb::SettlePaymentBatchRequest) -> Result<Self, Error> {
        let results = parse_batch("results", request.results, MOST)?;
        let read = |(at, one): (usize, pb::LineResult)| {
            BankResult::try_from(one).map_err(|error| error.within(&format!("results[{at}]")))
        };
        let results: Vec<BankResult> = results.into_iter().enumerate().map(read).collect::<Result<_, Error>>()?;
        once_each("results", results.iter().map(|result| result.claim))?;
        Ok(Self { batch: PaymentBatchId::parse("name", &request.name)?, results })
    }
}

impl TryFrom<pb::LineResult> for BankResult {
    type Error = Error;
    fn try_from(result: pb::LineResult) -> Result<Self, Error> {
        let failure_reason = match (result.paid, result.failure_reason) {
            (true, reason) if !reason.is_empty() => {
                return Err(Error::invalid(
                    "failure_reason",
                    "PAID_AND_FAILED",
                    "a line that was paid has no `failure_reason`: leave one of the two out",
                    "已付款的明细不应填写 `failure_reason`",
                ));
            }
            (true, _) => None,
            (false, reason) => Some(parse_text("failure_reason", reason, 500)?),
        };
        Ok(Self {
            claim: ClaimId::parse("claim", &result.claim)?,
            paid: result.paid,
            bank_reference: Some(parse_text("bank_reference", result.bank_reference, 100)?),
            failure_reason,
        })
    }
}

impl TryFrom<pb::GetReceivableRequest> for FindReceivable {
    type Error = Error;
    fn try_from(request: pb::GetReceivableRequest) -> Result<Self, Error> {
        ReceivableId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListReceivablesRequest> for ListReceivables {
    type Error = Error;
    fn try_from(request: pb::ListReceivablesRequest) -> Result<Self, Error> {
        let state = match pb::ReceivableState::try_from(request.state) {
            Ok(pb::ReceivableState::Unspecified) => None,
            Ok(pb::ReceivableState::Open) => Some(ReceivableState::Open),
            Ok(pb::ReceivableState::Netted) => Some(ReceivableState::Netted),
            Ok(pb::ReceivableState::Recovered) => Some(ReceivableState::Recovered),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let filter = receivable::Filter {
            debtor: OrganisationId::parse_optional("debtor", &request.debtor)?,
            claim: ClaimId::parse_optional("claim", &request.claim)?,
            state,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl From<Stored> for pb::PaymentBatch {
    fn from(stored: Stored) -> Self {
        let state = match stored.batch.state {
            BatchState::Open => pb::PaymentBatchState::Open,
            BatchState::Settled => pb::PaymentBatchState::Settled,
        };
        Self {
            name: stored.batch.id.to_string(),
            fund: stored.batch.fund.to_string(),
            state: state.into(),
            total: Some(stored.batch.total.into()),
            lines: stored.lines.into_iter().map(Into::into).collect(),
            create_time: Some(timestamp(stored.created_at)),
            line_count: count(stored.batch.lines),
            netted: Some(stored.batch.netted.into()),
            left_out: count(stored.batch.left_out),
            sources: stored.carried.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Carried> for pb::PaymentBatchSource {
    fn from(Carried { fund, amount, netted }: Carried) -> Self {
        Self { fund: fund.to_string(), amount: Some(amount.into()), netted: Some(netted.into()) }
    }
}

pub(super) fn count(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl From<Listing> for pb::PaymentBatch {
    fn from(listing: Listing) -> Self {
        Stored { batch: listing.batch, lines: Vec::new(), carried: Vec::new(), created_at: listing.created_at }.into()
    }
}

impl From<Listed<Listing>> for pb::ListPaymentBatchesResponse {
    fn from(listed: Listed<Listing>) -> Self {
        Self { payment_batches: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Line> for pb::PaymentLine {
    fn from(line: Line) -> Self {
        let state = match line.state {
            LineState::Pending => pb::LineState::Pending,
            LineState::Paid => pb::LineState::Paid,
            LineState::Failed => pb::LineState::Failed,
        };
        let end_to_end_id = line.end_to_end_id();
        Self {
            claim: line.claim.to_string(),
            beneficiary: line.beneficiary.to_string(),
            attempt: count(line.attempt),
            end_to_end_id,
            bank_account: line.account.map(Into::into).unwrap_or_default(),
            amount: Some(line.amount.into()),
            netted: Some(line.netted.into()),
            state: state.into(),
            bank_reference: line.bank_reference.unwrap_or_default(),
            failure_reason: line.failure_reason.unwrap_or_default(),
        }
    }
}

impl TryFrom<pb::RecordRecoveryRequest> for RecordRecovery {
    type Error = Error;
    fn try_from(request: pb::RecordRecoveryRequest) -> Result<Self, Error> {
        Ok(Self {
            receivable: ReceivableId::parse("name", &request.name)?,
            amount: Money::parse_positive("amount", request.amount)?,
            bank_reference: parse_text("bank_reference", request.bank_reference, 100)?,
        })
    }
}

impl From<receivable::Stored> for pb::Receivable {
    fn from(stored: receivable::Stored) -> Self {
        let receivable = stored.receivable;
        let state = match receivable.state {
            ReceivableState::Open => pb::ReceivableState::Open,
            ReceivableState::Netted => pb::ReceivableState::Netted,
            ReceivableState::Recovered => pb::ReceivableState::Recovered,
        };
        Self {
            fund: receivable.fund.to_string(),
            state: state.into(),
            netted: Some(receivable.netted.into()),
            recovered: Some(receivable.recovered.into()),
            name: receivable.id.to_string(),
            debtor: receivable.debtor.to_string(),
            claim: receivable.claim.to_string(),
            amount: Some(receivable.amount.into()),
            outstanding: Some(receivable.outstanding.into()),
            create_time: Some(timestamp(stored.created_at)),
        }
    }
}

impl From<Listed<receivable::Stored>> for pb::ListReceivablesResponse {
    fn from(listed: Listed<receivable::Stored>) -> Self {
        Self { receivables: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
