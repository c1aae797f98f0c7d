//! The file of a batch for the bank. What goes into it is fixed by the first export of the batch, in whatever form;
//! a file that was made once is handed out as it was, to the byte.

use super::settle_batch::hold;
use crate::domain::{
    FileFormat, LineState, Order, Owner, PaymentBatchId, PaymentFile, PaymentRefusal, end_to_end_id, message_id,
};
use crate::files::write_payments;
use crate::store::bank_account;
use crate::store::payment::Stored;
use crate::store::payment_file::{self, Export, First, Payable};
use kit::{Error, Scope, Tx};
use sha2::{Digest, Sha256};

#[derive(Debug, Clone)]
pub struct ExportBatch {
    pub batch: PaymentBatchId,
    pub format: FileFormat,
}

/// Bytes on their way out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub file_name: String,
    pub media_type: &'static str,
    pub content: Vec<u8>,
    pub sha256: String,
}

pub async fn export_batch(tx: &mut Tx, scope: &Scope, command: ExportBatch) -> Result<Outgoing, Error> {
    let ExportBatch { batch, format } = command;
    let stored = hold(tx, batch).await?;
    let export = match payment_file::export(tx, batch, format).await? {
        Some(export) => export,
        None => make(tx, scope, &stored, format).await?,
    };
    let (ending, media_type) = match format {
        FileFormat::Pain001 => ("xml", "application/xml"),
        FileFormat::Csv => ("csv", "text/csv; charset=utf-8"),
    };
    let file_name = format!("{}.{ending}", message_id(batch));
    Ok(Outgoing { file_name, media_type, content: export.content, sha256: export.sha256 })
}

async fn make(tx: &mut Tx, scope: &Scope, stored: &Stored, format: FileFormat) -> Result<Export, Error> {
    let batch = &stored.batch;
    let sent = || stored.lines.iter().filter(|line| !line.sent().is_zero());
    if sent().next().is_none() {
        return Err(PaymentRefusal::NothingToSend { batch: batch.id }.into());
    }
    // A first file after an answer of the bank would ask it to pay again what it paid.
    if sent().any(|line| line.state != LineState::Pending) {
        return Err(PaymentRefusal::BatchAnswered { batch: batch.id }.into());
    }
    payment_file::pin_accounts(tx, batch.id).await?;
    let lines = payment_file::payable(tx, batch.id).await?;
    let orders = lines.into_iter().map(order).collect::<Result<Vec<_>, _>>()?;
    let missing = || PaymentRefusal::PayerAccountMissing { fund: batch.fund };
    let (first, payer) = if let Some(first) = payment_file::first(tx, batch.id).await? {
        let payer = bank_account::by_ids(tx, [first.payer]).await?.remove(&first.payer).ok_or_else(missing)?;
        (first, payer)
    } else {
        let payer = bank_account::in_use(tx, Owner::Fund(batch.fund)).await?.ok_or_else(missing)?;
        (First { payer: payer.account.id, exported_at: scope.now() }, payer)
    };
    let file = PaymentFile { message_id: message_id(batch.id), created: first.exported_at, payer: payer.account.details, orders };
    if file.total() != batch.sent() {
        return Err(Error::internal(format!("the lines of {} do not come to its total", batch.id)));
    }
    let content = write_payments(format, &file)?;
    let export = Export { sha256: hex::encode(Sha256::digest(&content)), content };
    let by = (scope.principal().subject.as_str(), scope.now());
    payment_file::insert_export(tx, (batch.id, format), &first, &export, by).await?;
    Ok(export)
}

fn order(line: Payable) -> Result<Order, PaymentRefusal> {
    let missing = PaymentRefusal::PayeeAccountMissing { claim: line.claim, beneficiary: line.beneficiary };
    Ok(Order {
        end_to_end_id: end_to_end_id(line.claim, line.attempt),
        amount: line.amount,
        payee: line.payee.ok_or(missing)?,
        purpose: format!("补贴拨付 {}", line.scheme),
    })
}
