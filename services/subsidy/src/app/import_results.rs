//! A file of what the bank says is taken in: all of it or none, and the same file again changes nothing.

use super::settle_batch::{hold, settle};
use crate::domain::{BankResult, ClaimId, Line, LineState, PaymentBatchId, PaymentRefusal, message_id};
use crate::files::{Entry, Outcome, ResultFormat, Results, read_results};
use crate::store::payment::Stored;
use crate::store::payment_file::{self, Import};
use kit::{Error, Scope, Tx};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct ImportResults {
    pub batch: PaymentBatchId,
    pub format: ResultFormat,
    pub content: Vec<u8>,
}

/// What the file did.
#[derive(Debug, Clone, Copy)]
pub struct Imported {
    pub import: Import,
    /// Whether every line has its answer.
    pub complete: bool,
}

pub async fn import_results(tx: &mut Tx, scope: &Scope, command: ImportResults) -> Result<Imported, Error> {
    let ImportResults { batch, format, content } = command;
    let results = read_results(format, &content)?;
    let stored = hold(tx, batch).await?;
    let (answered, pending) = answered(&stored, results)?;
    let settled = settle(tx, scope, stored, answered).await?;
    let import = Import { batch, settled: settled.answered, known: settled.known, pending, queued: settled.queued };
    let sha256 = hex::encode(Sha256::digest(&content));
    let by = (scope.principal().subject.as_str(), scope.now());
    payment_file::insert_import(tx, &import, (format, &sha256), by).await?;
    let complete = settled.stored.lines.iter().all(|line| line.state != LineState::Pending);
    Ok(Imported { import, complete })
}

/// The results of lines, each with its place in the file, and how many the bank has not decided.
fn answered(stored: &Stored, results: Results) -> Result<(Vec<(String, BankResult)>, i64), PaymentRefusal> {
    let batch = stored.batch.id;
    if let Some(answers) = results.answers.filter(|answers| answers.message_id != message_id(batch)) {
        return Err(PaymentRefusal::OtherBatch { at: answers.at, batch, names: answers.message_id });
    }
    // The bank was told nothing of a line that was set against debts whole.
    let sent = || stored.lines.iter().filter(|line| !line.sent().is_zero());
    let lines: BTreeMap<String, &Line> = sent().map(|line| (line.end_to_end_id(), line)).collect();
    let entries = match results.whole {
        Some(outcome) => sent().map(|line| of_all(line, &outcome)).collect(),
        None => results.entries,
    };
    let (mut answered, mut pending) = (Vec::with_capacity(entries.len()), 0);
    for entry in entries {
        let Some(line) = lines.get(&entry.end_to_end_id) else {
            return Err(PaymentRefusal::EntryUnknown { at: entry.at, batch, end_to_end_id: entry.end_to_end_id });
        };
        match result(line.claim, &entry) {
            Some(result) => answered.push((format!("content.{}", entry.at), result)),
            None => pending += 1,
        }
    }
    Ok((answered, pending))
}

/// What is said of the whole message is said of every line.
fn of_all(line: &Line, outcome: &Outcome) -> Entry {
    let at = "OrgnlGrpInfAndSts.GrpSts".to_owned();
    Entry { at, end_to_end_id: line.end_to_end_id(), outcome: outcome.clone(), bank_reference: None }
}

fn result(claim: ClaimId, entry: &Entry) -> Option<BankResult> {
    let bank_reference = entry.bank_reference.clone();
    match &entry.outcome {
        Outcome::Paid => Some(BankResult { claim, paid: true, bank_reference, failure_reason: None }),
        Outcome::Failed(reason) => Some(BankResult { claim, paid: false, bank_reference, failure_reason: Some(reason.clone()) }),
        Outcome::Pending => None,
    }
}
