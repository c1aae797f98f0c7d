//! What went to the bank and what came back, as files.

use super::bank_account::DetailsRow;
use crate::domain::{BankAccountId, BankDetails, ClaimId, FileFormat, OrganisationId, PaymentBatchId};
use crate::files::ResultFormat;
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::{Error, Money};

/// A file as it went out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Export {
    pub sha256: String,
    pub content: Vec<u8>,
}

/// What every file of a batch has from the first one on.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct First {
    #[sqlx(rename = "bank_account_id")]
    pub payer: BankAccountId,
    pub exported_at: DateTime<Utc>,
}

/// A line with what the bank must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    pub claim: ClaimId,
    pub attempt: i64,
    pub beneficiary: OrganisationId,
    pub amount: Money,
    pub scheme: String,
    /// Absent where the beneficiary has no confirmed account.
    pub payee: Option<BankDetails>,
}

/// What a file of results did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import {
    pub batch: PaymentBatchId,
    pub settled: i64,
    pub known: i64,
    pub pending: i64,
    /// Results that wait for a month that takes postings.
    pub queued: i64,
}

#[derive(sqlx::FromRow)]
struct PayableRow {
    claim_id: ClaimId,
    attempt: i64,
    beneficiary_id: OrganisationId,
    amount: Money,
    scheme_code: String,
    bank_account_id: Option<BankAccountId>,
    #[sqlx(flatten)]
    details: DetailsRow,
}

impl TryFrom<PayableRow> for Payable {
    type Error = Error;
    fn try_from(row: PayableRow) -> Result<Self, Error> {
        Ok(Self {
            claim: row.claim_id,
            attempt: row.attempt,
            beneficiary: row.beneficiary_id,
            amount: row.amount,
            scheme: row.scheme_code,
            payee: row.bank_account_id.map(|_| row.details.try_into()).transpose()?,
        })
    }
}

statements! {
    /// Tells every line the account in use; once told, it stays.
    PIN_ACCOUNTS = "UPDATE subsidy_payment_line SET bank_account_id = (SELECT a.bank_account_id FROM subsidy_bank_account a JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.owner_id = subsidy_payment_line.beneficiary_id ORDER BY a.version DESC LIMIT 1) WHERE batch_id = $1 AND bank_account_id IS NULL";
    /// What the bank is told: what was set against debts is left out.
    PAYABLE = "SELECT l.claim_id, l.attempt, l.beneficiary_id, l.amount - l.netted AS amount, c.scheme_code, l.bank_account_id, COALESCE(a.holder, '') AS holder, COALESCE(a.account_number, '') AS account_number, COALESCE(a.bank_code, '') AS bank_code, COALESCE(a.bank_name, '') AS bank_name FROM subsidy_payment_line l JOIN subsidy_claim c ON c.claim_id = l.claim_id LEFT JOIN subsidy_bank_account a ON a.bank_account_id = l.bank_account_id WHERE l.batch_id = $1 AND l.amount > l.netted ORDER BY l.claim_id";
    FIRST = "SELECT bank_account_id, exported_at FROM subsidy_payment_export WHERE batch_id = $1 ORDER BY exported_at LIMIT 1";
    EXPORT = "SELECT sha256, content FROM subsidy_payment_export WHERE batch_id = $1 AND format = $2";
    INSERT_EXPORT = "INSERT INTO subsidy_payment_export (batch_id, format, bank_account_id, lines, total, sha256, content, exported_by, exported_at) SELECT batch_id, $2, $3, (SELECT COUNT(*) FROM subsidy_payment_line l WHERE l.batch_id = $1 AND l.amount > l.netted), total - netted, $4, $5, $6, $7 FROM subsidy_payment_batch WHERE batch_id = $1";
    /// The same file again is one file.
    INSERT_IMPORT = "INSERT INTO subsidy_payment_import (batch_id, sha256, format, settled, known, pending, imported_by, imported_at, queued) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (batch_id, sha256) DO NOTHING";
}

pub async fn pin_accounts(tx: &mut Tx, batch: PaymentBatchId) -> Result<(), Error> {
    tx.execute(PIN_ACCOUNTS, args![batch]).await.map(|_| ())
}

pub async fn payable(tx: &mut Tx, batch: PaymentBatchId) -> Result<Vec<Payable>, Error> {
    let rows: Vec<PayableRow> = tx.fetch_all(PAYABLE, args![batch]).await?;
    rows.into_iter().map(Payable::try_from).collect()
}

pub async fn first(tx: &mut Tx, batch: PaymentBatchId) -> Result<Option<First>, Error> {
    tx.fetch_optional(FIRST, args![batch]).await
}

pub async fn export(tx: &mut Tx, batch: PaymentBatchId, format: FileFormat) -> Result<Option<Export>, Error> {
    tx.fetch_optional(EXPORT, args![batch, format]).await
}

/// Keeps a file that was made from `first`.
pub async fn insert_export(
    tx: &mut Tx,
    of: (PaymentBatchId, FileFormat),
    first: &First,
    export: &Export,
    by: (&str, DateTime<Utc>),
) -> Result<(), Error> {
    let row = args![of.0, of.1, first.payer, export.sha256.as_str(), export.content.as_slice(), by.0, by.1];
    tx.change(INSERT_EXPORT, row, &of.0.to_string()).await
}

pub async fn insert_import(
    tx: &mut Tx,
    import: &Import,
    file: (ResultFormat, &str),
    by: (&str, DateTime<Utc>),
) -> Result<(), Error> {
    let row = args![import.batch, file.1, file.0, import.settled, import.known, import.pending, by.0, by.1, import.queued];
    tx.execute(INSERT_IMPORT, row).await.map(|_| ())
}
