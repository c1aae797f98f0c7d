//! The ledger in its tables: transactions and entries are appended, balances move with them.

use crate::domain::{Account, AccountId, AccountKind, ClaimId, EntryId, FundId, Posting, PostingKind, Side, TransactionId};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, statements};
use kit::page::Page;
use kit::{Error, Money};

/// One entry with the account and the transaction it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    #[sqlx(rename = "entry_id")]
    pub id: EntryId,
    #[sqlx(rename = "transaction_id")]
    pub transaction: TransactionId,
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    #[sqlx(try_from = "String")]
    pub kind: PostingKind,
    #[sqlx(try_from = "String")]
    pub account_kind: AccountKind,
    pub party: String,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub amount: Money,
    #[sqlx(rename = "claim_id")]
    pub claim: Option<ClaimId>,
    pub cause: String,
    pub rule: String,
    pub reverses: Option<TransactionId>,
    pub posted_at: DateTime<Utc>,
}

/// Which entries a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub claim: Option<ClaimId>,
    pub fund: Option<FundId>,
    pub account: Option<Account>,
}

statements! {
    OPEN_ACCOUNT = "INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, debits, credits) VALUES ($1, $2, $3, $4, $5, $6)";
    MOVE_BALANCE = "UPDATE subsidy_ledger_account SET debits = debits + $4, credits = credits + $5 WHERE fund_id = $1 AND kind = $2 AND party = $3 RETURNING account_id";
    INSERT_TRANSACTION = "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, claim_id, batch_id, cause, rule, reverses, posted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Both sides of a transfer.
    INSERT_PAIR = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount) VALUES ($1, $3, $4, 'debit', $6), ($2, $3, $5, 'credit', $6)";
    OF_CLAIM_BY_KIND = "SELECT transaction_id FROM subsidy_ledger_transaction WHERE claim_id = $1 AND kind = $2";
    LIST = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, e.side, e.amount, t.claim_id, t.cause, t.rule, t.reverses, t.posted_at FROM subsidy_ledger_entry e JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE e.entry_id > $1 AND (t.fund_id = $3 OR $3 IS NULL) ORDER BY e.entry_id LIMIT $2";
    LIST_OF_ACCOUNT = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, e.side, e.amount, t.claim_id, t.cause, t.rule, t.reverses, t.posted_at FROM subsidy_ledger_account a JOIN subsidy_ledger_entry e ON e.account_id = a.account_id JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id WHERE a.fund_id = $3 AND a.kind = $4 AND a.party = $5 AND e.entry_id > $1 AND (t.claim_id = $6 OR $6 IS NULL) AND (t.fund_id = $7 OR $7 IS NULL) ORDER BY e.entry_id LIMIT $2";
    LIST_OF_CLAIM = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, e.side, e.amount, t.claim_id, t.cause, t.rule, t.reverses, t.posted_at FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE t.claim_id = $3 AND e.entry_id > $1 AND (t.fund_id = $4 OR $4 IS NULL) ORDER BY e.entry_id LIMIT $2";
}

fn party(account: &Account) -> String {
    account.party.map(|party| party.to_string()).unwrap_or_default()
}

pub async fn open_account(tx: &mut Tx, id: AccountId, account: &Account, debits: Money, credits: Money) -> Result<(), Error> {
    let row = args![id, account.fund, account.kind, party(account), debits, credits];
    tx.execute(OPEN_ACCOUNT, row).await.map_err(|error| {
        // Somebody opened the same account in the meantime: find it there.
        if error.code() == kit::Code::AlreadyExists { Error::stale("ledger account") } else { error }
    })?;
    Ok(())
}

/// Adds to both sides of an account; `None` when it is not open yet.
pub async fn move_balance(tx: &mut Tx, account: &Account, debits: Money, credits: Money) -> Result<Option<AccountId>, Error> {
    let row = args![account.fund, account.kind, party(account), debits, credits];
    let moved: Option<(AccountId,)> = tx.fetch_optional(MOVE_BALANCE, row).await?;
    Ok(moved.map(|row| row.0))
}

pub async fn insert_transaction(
    tx: &mut Tx,
    id: TransactionId,
    posting: &Posting,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let row =
        args![id, posting.fund, posting.kind, posting.claim, posting.batch, cause, posting.rule.as_str(), posting.reverses, now,];
    tx.execute(INSERT_TRANSACTION, row).await.map(|_| ())
}

pub async fn insert_pair(
    tx: &mut Tx,
    entries: (EntryId, EntryId),
    transaction: TransactionId,
    accounts: (AccountId, AccountId),
    amount: Money,
) -> Result<(), Error> {
    let row = args![entries.0, entries.1, transaction, accounts.0, accounts.1, amount];
    tx.execute(INSERT_PAIR, row).await.map(|_| ())
}

/// The posting of a kind that a claim has at most one of.
pub async fn of_claim(tx: &mut Tx, claim: ClaimId, kind: PostingKind) -> Result<Option<TransactionId>, Error> {
    let row: Option<(TransactionId,)> = tx.fetch_optional(OF_CLAIM_BY_KIND, args![claim, kind]).await?;
    Ok(row.map(|row| row.0))
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Entry>, Error> {
    if let Some(account) = &filter.account {
        let row = args![page.after, page.limit(), account.fund, account.kind, party(account), filter.claim, filter.fund];
        return tx.fetch_all(LIST_OF_ACCOUNT, row).await;
    }
    match filter.claim {
        None => tx.fetch_all(LIST, args![page.after, page.limit(), filter.fund]).await,
        Some(claim) => tx.fetch_all(LIST_OF_CLAIM, args![page.after, page.limit(), claim, filter.fund]).await,
    }
}
