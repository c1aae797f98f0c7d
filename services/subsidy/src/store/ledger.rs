//! The ledger in its tables: transactions and entries are appended, balances move with them. What is written comes in
//! batches, and a batch is one statement for each table however large it is.

use crate::domain::log::Hash;
use crate::domain::{
    Account, AccountId, AccountKind, ClaimId, EntryId, FundId, OrganisationId, Period, Posting, PostingKind, Side, TransactionId,
};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, id_list, statements};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Money};
use std::collections::BTreeMap;

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
    pub scheme_code: String,
    pub stage: i64,
    #[sqlx(try_from = "String")]
    pub side: Side,
    pub amount: Money,
    #[sqlx(rename = "claim_id")]
    pub claim: Option<ClaimId>,
    pub cause: String,
    pub rule: String,
    pub resolves: Option<TransactionId>,
    pub reverses: Option<TransactionId>,
    pub period: String,
    pub posted_at: DateTime<Utc>,
    /// Its place in the log.
    pub leaf: i64,
}

/// An account as callers name it: of a fund or of a party, over all schemes and stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountGroup {
    pub fund: FundId,
    pub kind: AccountKind,
    pub party: Option<OrganisationId>,
}

/// Which entries a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub claim: Option<ClaimId>,
    pub fund: Option<FundId>,
    pub account: Option<AccountGroup>,
    pub scheme: Option<String>,
    pub period: Option<Period>,
}

/// A transaction of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct OfClaim {
    #[sqlx(rename = "claim_id")]
    pub claim: ClaimId,
    #[sqlx(rename = "transaction_id")]
    pub transaction: TransactionId,
    #[sqlx(rename = "fund_id")]
    pub fund: FundId,
    pub amount: Money,
}

/// An entry on its way into its table.
#[derive(Debug, Clone)]
pub struct NewEntry {
    pub id: EntryId,
    pub transaction: TransactionId,
    pub account: AccountId,
    pub side: Side,
    pub amount: Money,
}

statements! {
    /// An account that somebody opens at the same time is waited for, and then left as it is.
    OPEN_ACCOUNTS = {
        postgres: "INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, scheme_code, stage, debits, credits) SELECT account_id, fund_id, kind, party, scheme_code, stage, 0, 0 FROM unnest(CAST($1 AS UUID[]), CAST($2 AS UUID[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS TEXT[]), CAST($6 AS BIGINT[])) WITH ORDINALITY AS accounts (account_id, fund_id, kind, party, scheme_code, stage, place) ORDER BY place ON CONFLICT (fund_id, kind, party, scheme_code, stage) DO NOTHING",
        sqlite: "INSERT INTO subsidy_ledger_account (account_id, fund_id, kind, party, scheme_code, stage, debits, credits) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, 0, 0 FROM jsonb_each($1) WHERE TRUE ON CONFLICT (fund_id, kind, party, scheme_code, stage) DO NOTHING",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Adds to both sides of accounts, and answers which of them are open. They belong to who holds the budgets of their funds.
    MOVE_BALANCES = {
        postgres: "UPDATE subsidy_ledger_account AS a SET debits = a.debits + m.debits, credits = a.credits + m.credits FROM unnest(CAST($1 AS UUID[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS BIGINT[])) AS m (fund_id, kind, party, scheme_code, stage, debits, credits) WHERE a.fund_id = m.fund_id AND a.kind = m.kind AND a.party = m.party AND a.scheme_code = m.scheme_code AND a.stage = m.stage RETURNING a.account_id, a.fund_id, a.kind, a.party, a.scheme_code, a.stage",
        sqlite: "UPDATE subsidy_ledger_account AS a SET debits = a.debits + m.debits, credits = a.credits + m.credits FROM (SELECT value->>0 AS fund_id, value->>1 AS kind, value->>2 AS party, value->>3 AS scheme_code, value->>4 AS stage, value->>5 AS debits, value->>6 AS credits FROM jsonb_each($1)) AS m WHERE a.fund_id = m.fund_id AND a.kind = m.kind AND a.party = m.party AND a.scheme_code = m.scheme_code AND a.stage = m.stage RETURNING account_id, fund_id, kind, party, scheme_code, stage",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    INSERT_TRANSACTIONS = {
        postgres: "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, batch_id, rule, resolves, reverses, cause, period, posted_at) SELECT rows.*, $1, $2 FROM unnest(CAST($3 AS UUID[]), CAST($4 AS UUID[]), CAST($5 AS TEXT[]), CAST($6 AS BIGINT[]), CAST($7 AS UUID[]), CAST($8 AS UUID[]), CAST($9 AS TEXT[]), CAST($10 AS UUID[]), CAST($11 AS UUID[]), CAST($12 AS TEXT[])) AS rows",
        sqlite: "INSERT INTO subsidy_ledger_transaction (transaction_id, fund_id, kind, amount, claim_id, batch_id, rule, resolves, reverses, cause, period, posted_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, $1, $2 FROM jsonb_each($3)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    INSERT_ENTRIES = {
        postgres: "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT * FROM unnest(CAST($1 AS UUID[]), CAST($2 AS UUID[]), CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[]))",
        sqlite: "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM jsonb_each($1)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// The one statement that takes payments back: it leaves out every one that would be reversed by more than it was,
    /// whoever else reverses it at the moment.
    REVERSE = {
        postgres: "INSERT INTO subsidy_ledger_reversal (transaction_id, amount, reversed) SELECT t.transaction_id, t.amount, r.amount FROM unnest(CAST($1 AS UUID[]), CAST($2 AS BIGINT[])) AS r (transaction_id, amount) JOIN subsidy_ledger_transaction t ON t.transaction_id = r.transaction_id WHERE t.kind = 'payment' AND r.amount <= t.amount ORDER BY t.transaction_id ON CONFLICT (transaction_id) DO UPDATE SET reversed = subsidy_ledger_reversal.reversed + excluded.reversed WHERE subsidy_ledger_reversal.reversed + excluded.reversed <= subsidy_ledger_reversal.amount",
        sqlite: "INSERT INTO subsidy_ledger_reversal (transaction_id, amount, reversed) SELECT t.transaction_id, t.amount, value->>1 FROM jsonb_each($1) JOIN subsidy_ledger_transaction t ON t.transaction_id = value->>0 WHERE t.kind = 'payment' AND value->>1 <= t.amount ON CONFLICT (transaction_id) DO UPDATE SET reversed = subsidy_ledger_reversal.reversed + excluded.reversed WHERE subsidy_ledger_reversal.reversed + excluded.reversed <= subsidy_ledger_reversal.amount",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    OF_CLAIMS = {
        postgres: "SELECT claim_id, transaction_id, fund_id, amount FROM subsidy_ledger_transaction WHERE kind = $2 AND claim_id = ANY (CAST($1 AS UUID[])) ORDER BY claim_id, transaction_id",
        sqlite: "SELECT claim_id, transaction_id, fund_id, amount FROM subsidy_ledger_transaction WHERE kind = $2 AND claim_id IN (SELECT value FROM json_each($1)) ORDER BY claim_id, transaction_id",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    LIST = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, a.scheme_code, a.stage, e.side, e.amount, t.claim_id, t.cause, t.rule, t.resolves, t.reverses, t.period, t.posted_at, e.leaf FROM subsidy_ledger_entry e JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE e.entry_id > $1 AND (t.fund_id = $3 OR $3 IS NULL) AND (a.scheme_code = $4 OR $4 IS NULL) AND (t.period = $5 OR $5 IS NULL) ORDER BY e.entry_id LIMIT $2";
    LIST_OF_ACCOUNT = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, a.scheme_code, a.stage, e.side, e.amount, t.claim_id, t.cause, t.rule, t.resolves, t.reverses, t.period, t.posted_at, e.leaf FROM subsidy_ledger_account a JOIN subsidy_ledger_entry e ON e.account_id = a.account_id JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id WHERE a.fund_id = $6 AND a.kind = $7 AND a.party = $8 AND e.entry_id > $1 AND (t.claim_id = $9 OR $9 IS NULL) AND (t.fund_id = $3 OR $3 IS NULL) AND (a.scheme_code = $4 OR $4 IS NULL) AND (t.period = $5 OR $5 IS NULL) ORDER BY e.entry_id LIMIT $2";
    LIST_OF_CLAIM = "SELECT e.entry_id, e.transaction_id, t.fund_id, t.kind, a.kind AS account_kind, a.party, a.scheme_code, a.stage, e.side, e.amount, t.claim_id, t.cause, t.rule, t.resolves, t.reverses, t.period, t.posted_at, e.leaf FROM subsidy_ledger_transaction t JOIN subsidy_ledger_entry e ON e.transaction_id = t.transaction_id JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE t.claim_id = $6 AND e.entry_id > $1 AND (t.fund_id = $3 OR $3 IS NULL) AND (a.scheme_code = $4 OR $4 IS NULL) AND (t.period = $5 OR $5 IS NULL) ORDER BY e.entry_id LIMIT $2";
}

/// A party as the tables write it.
pub fn party(party: Option<OrganisationId>) -> String {
    party.map(|party| party.to_string()).unwrap_or_default()
}

/// Opens accounts that are not open yet, empty.
pub async fn open_accounts(tx: &mut Tx, accounts: &[(AccountId, &Account)]) -> Result<(), Error> {
    let row = |(id, account): &(AccountId, &Account)| {
        args![id, account.fund, account.kind, party(account.party), account.scheme.as_str(), account.stage]
    };
    tx.execute_rows(OPEN_ACCOUNTS, args![], accounts.iter().map(row).collect()).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Moved {
    account_id: AccountId,
    fund_id: FundId,
    #[sqlx(try_from = "String")]
    kind: AccountKind,
    party: String,
    scheme_code: String,
    stage: i64,
}

/// Adds debits and credits to accounts, and answers the ids of those that are open.
pub async fn move_balances<'a>(
    tx: &mut Tx,
    moves: impl IntoIterator<Item = (&'a Account, (i64, i64))>,
) -> Result<BTreeMap<Account, AccountId>, Error> {
    let row = |(account, (debits, credits)): (&Account, (i64, i64))| {
        let of = party(account.party);
        args![account.fund, account.kind, of, account.scheme.as_str(), account.stage, debits, credits]
    };
    let moved: Vec<Moved> = tx.fetch_rows(MOVE_BALANCES, args![], moves.into_iter().map(row).collect()).await?;
    let mut ids = BTreeMap::new();
    for row in moved {
        let party = OrganisationId::parse_optional("party", &row.party)?;
        let account = Account { fund: row.fund_id, kind: row.kind, party, scheme: row.scheme_code, stage: row.stage };
        ids.insert(account, row.account_id);
    }
    Ok(ids)
}

/// When transactions are posted.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    pub period: Period,
    pub now: DateTime<Utc>,
}

/// A posting on its way into the ledger, and the command or event that caused it.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    pub id: TransactionId,
    pub posting: &'a Posting,
    pub cause: &'a str,
}

/// Appends transactions. It is deferred. That somebody resolved the same commitment in the meantime, or made one for the
/// same claim, shows when they are written.
pub fn insert_transactions(tx: &mut Tx, made: &[Made<'_>], occasion: Occasion) -> Result<(), Error> {
    let row = |Made { id, posting, cause }: &Made| {
        args![
            id,
            posting.fund,
            posting.kind,
            posting.amount(),
            posting.claim,
            posting.batch,
            posting.rule.as_str(),
            posting.resolves,
            posting.reverses,
            *cause,
        ]
    };
    let rows = made.iter().map(row).collect();
    tx.defer_rows(INSERT_TRANSACTIONS, args![occasion.period, occasion.now], rows, "the ledger's transactions")
}

/// Appends entries, each with its place in the log and its hash. It is deferred.
pub fn insert_entries(tx: &mut Tx, entries: &[(NewEntry, u64, Hash)]) -> Result<(), Error> {
    let row = |(entry, leaf, hash): &(NewEntry, u64, Hash)| {
        args![entry.id, entry.transaction, entry.account, entry.side, entry.amount, leaf, hash.to_string()]
    };
    tx.defer_rows(INSERT_ENTRIES, args![], entries.iter().map(row).collect(), "the ledger's entries")
}

/// Takes payments back, by these amounts. False when one of them would be reversed by more than it was; others were
/// then, so the caller must not commit.
pub async fn reverse(tx: &mut Tx, amounts: &BTreeMap<TransactionId, Money>) -> Result<bool, Error> {
    let rows = amounts.iter().map(|(payment, amount)| args![payment, amount]).collect();
    Ok(tx.execute_rows(REVERSE, args![], rows).await? == amounts.len() as u64)
}

/// The transactions of a kind that claims have, a claim's together.
pub async fn of_claims(
    tx: &mut Tx,
    claims: impl IntoIterator<Item = ClaimId>,
    kind: PostingKind,
) -> Result<BTreeMap<ClaimId, Vec<OfClaim>>, Error> {
    let mut of_claims: BTreeMap<ClaimId, Vec<OfClaim>> = BTreeMap::new();
    for row in tx.fetch_all::<OfClaim>(OF_CLAIMS, args![id_list(claims), kind]).await? {
        of_claims.entry(row.claim).or_default().push(row);
    }
    Ok(of_claims)
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Entry>, Error> {
    let mut row = args![page.after, page.limit(), filter.fund, filter.scheme.as_deref(), filter.period];
    if let Some(account) = &filter.account {
        row.extend(args![account.fund, account.kind, party(account.party), filter.claim]);
        return tx.fetch_all(LIST_OF_ACCOUNT, row).await;
    }
    match filter.claim {
        None => tx.fetch_all(LIST, row).await,
        Some(claim) => {
            row.extend(args![claim]);
            tx.fetch_all(LIST_OF_CLAIM, row).await
        }
    }
}
