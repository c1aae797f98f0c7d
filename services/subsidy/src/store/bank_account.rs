//! Bank accounts and who confirmed them; only ever added to.

use crate::domain::{AccountNumber, BankAccount, BankAccountId, BankCode, BankDetails, FundId, OrganisationId, Owner, OwnerKind};
use chrono::{DateTime, Utc};
use kit::db::{Tx, args, id_list, statements};
use kit::id::Id;
use kit::page::Page;
use kit::{Code, Error, Money};
use std::collections::BTreeMap;
use uuid::Uuid;

/// An account with what only its tables know.
#[derive(Debug, Clone)]
pub struct Stored {
    pub account: BankAccount,
    pub created_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Which accounts a list is narrowed to; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub owner: Option<Owner>,
    pub confirmed: Option<bool>,
}

/// An organisation whose claims wait for an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Missing {
    #[sqlx(rename = "beneficiary_id")]
    pub organisation: OrganisationId,
    pub claims: i64,
    pub amount: Money,
}

#[derive(sqlx::FromRow)]
struct Row {
    bank_account_id: BankAccountId,
    #[sqlx(try_from = "String")]
    owner_kind: OwnerKind,
    organisation_id: OrganisationId,
    fund_id: FundId,
    version: i64,
    #[sqlx(flatten)]
    details: DetailsRow,
    proposed_by: String,
    confirmed_by: Option<String>,
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
}

/// The columns a bank must know.
#[derive(sqlx::FromRow)]
pub struct DetailsRow {
    holder: String,
    account_number: String,
    bank_code: String,
    bank_name: String,
}

impl TryFrom<DetailsRow> for BankDetails {
    type Error = Error;
    fn try_from(row: DetailsRow) -> Result<Self, Error> {
        let broken = || Error::internal("a bank account that no proposal would have let in");
        Ok(Self {
            holder: row.holder,
            number: AccountNumber::parse(&row.account_number).ok_or_else(broken)?,
            bank_code: BankCode::parse(&row.bank_code).ok_or_else(broken)?,
            bank_name: row.bank_name,
        })
    }
}

impl TryFrom<Row> for Stored {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let account = BankAccount {
            id: row.bank_account_id,
            owner: match row.owner_kind {
                OwnerKind::Organisation => Owner::Organisation(row.organisation_id),
                OwnerKind::Fund => Owner::Fund(row.fund_id),
            },
            version: row.version,
            details: row.details.try_into()?,
            proposed_by: row.proposed_by,
            confirmed_by: row.confirmed_by,
        };
        Ok(Self { account, created_at: row.created_at, confirmed_at: row.confirmed_at })
    }
}

statements! {
    /// Takes the accounts.
    INSERT = {
        postgres: "INSERT INTO subsidy_bank_account (bank_account_id, owner_kind, owner_id, version, holder, account_number, bank_code, bank_name, proposed_by, created_at) SELECT n.id, n.owner_kind, n.owner_id, n.version, n.holder, n.account_number, n.bank_code, n.bank_name, $1, $2 FROM unnest(CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS UUID[]), CAST($6 AS BIGINT[]), CAST($7 AS TEXT[]), CAST($8 AS TEXT[]), CAST($9 AS TEXT[]), CAST($10 AS TEXT[])) AS n (id, owner_kind, owner_id, version, holder, account_number, bank_code, bank_name)",
        sqlite: "INSERT INTO subsidy_bank_account (bank_account_id, owner_kind, owner_id, version, holder, account_number, bank_code, bank_name, proposed_by, created_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, $1, $2 FROM jsonb_each($3)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    NEWEST = {
        postgres: "SELECT owner_id, MAX(version) AS version FROM subsidy_bank_account WHERE owner_id = ANY (CAST($1 AS UUID[])) GROUP BY owner_id",
        sqlite: "SELECT owner_id, MAX(version) AS version FROM subsidy_bank_account WHERE owner_id IN (SELECT value FROM json_each($1)) GROUP BY owner_id",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    BY_IDS = {
        postgres: "SELECT a.bank_account_id, a.owner_kind, a.owner_id AS organisation_id, a.owner_id AS fund_id, a.version, a.holder, a.account_number, a.bank_code, a.bank_name, a.proposed_by, f.confirmed_by, a.created_at, f.confirmed_at FROM subsidy_bank_account a LEFT JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.bank_account_id = ANY (CAST($1 AS UUID[]))",
        sqlite: "SELECT a.bank_account_id, a.owner_kind, a.owner_id AS organisation_id, a.owner_id AS fund_id, a.version, a.holder, a.account_number, a.bank_code, a.bank_name, a.proposed_by, f.confirmed_by, a.created_at, f.confirmed_at FROM subsidy_bank_account a LEFT JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.bank_account_id IN (SELECT value FROM json_each($1))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// The account an owner pays from or is paid on.
    IN_USE = "SELECT a.bank_account_id, a.owner_kind, a.owner_id AS organisation_id, a.owner_id AS fund_id, a.version, a.holder, a.account_number, a.bank_code, a.bank_name, a.proposed_by, f.confirmed_by, a.created_at, f.confirmed_at FROM subsidy_bank_account a JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.owner_id = $1 ORDER BY a.version DESC LIMIT 1";
    /// Only by a second person, and only what no later proposal has replaced.
    CONFIRM = {
        postgres: "INSERT INTO subsidy_bank_account_confirmation (bank_account_id, proposed_by, confirmed_by, confirmed_at) SELECT a.bank_account_id, a.proposed_by, $2, $3 FROM subsidy_bank_account a WHERE a.bank_account_id = ANY (CAST($1 AS UUID[])) AND a.proposed_by <> $2 AND NOT EXISTS (SELECT 1 FROM subsidy_bank_account n WHERE n.owner_id = a.owner_id AND n.version > a.version)",
        sqlite: "INSERT INTO subsidy_bank_account_confirmation (bank_account_id, proposed_by, confirmed_by, confirmed_at) SELECT a.bank_account_id, a.proposed_by, $2, $3 FROM subsidy_bank_account a WHERE a.bank_account_id IN (SELECT value FROM json_each($1)) AND a.proposed_by <> $2 AND NOT EXISTS (SELECT 1 FROM subsidy_bank_account n WHERE n.owner_id = a.owner_id AND n.version > a.version)",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    LIST = "SELECT a.bank_account_id, a.owner_kind, a.owner_id AS organisation_id, a.owner_id AS fund_id, a.version, a.holder, a.account_number, a.bank_code, a.bank_name, a.proposed_by, f.confirmed_by, a.created_at, f.confirmed_at FROM subsidy_bank_account a LEFT JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.bank_account_id > $1 AND (a.owner_id = $3 OR $3 IS NULL) AND ((f.confirmed_by IS NOT NULL) = $4 OR $4 IS NULL) ORDER BY a.bank_account_id LIMIT $2";
    /// Who waits to be paid without an account.
    MISSING = "SELECT c.beneficiary_id, CAST(COUNT(*) AS BIGINT) AS claims, CAST(SUM(c.amount) AS BIGINT) AS amount FROM subsidy_claim c WHERE c.state = 'approved' AND c.batch_id IS NULL AND c.beneficiary_id > $1 AND (c.fund_id = $3 OR $3 IS NULL) AND NOT EXISTS (SELECT 1 FROM subsidy_bank_account a JOIN subsidy_bank_account_confirmation f ON f.bank_account_id = a.bank_account_id WHERE a.owner_id = c.beneficiary_id) GROUP BY c.beneficiary_id ORDER BY c.beneficiary_id LIMIT $2";
}

/// Adds versions, all proposed by the same person at the same time. Somebody else's at the same time comes first.
pub async fn insert(tx: &mut Tx, accounts: &[BankAccount], by: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let row = |account: &BankAccount| {
        let details = &account.details;
        args![
            account.id,
            account.owner.kind(),
            account.owner.uuid(),
            account.version,
            &details.holder,
            details.number.whole(),
            details.bank_code.as_str(),
            &details.bank_name,
        ]
    };
    let inserted = tx.execute_rows(INSERT, args![by, now], accounts.iter().map(row).collect()).await;
    inserted.map(|_| ()).map_err(|error| if error.code() == Code::AlreadyExists { Error::stale("bank account") } else { error })
}

/// The newest version of each of these owners that has one.
pub async fn newest(tx: &mut Tx, owners: impl IntoIterator<Item = Owner>) -> Result<BTreeMap<Uuid, i64>, Error> {
    let ids: Vec<Uuid> = owners.into_iter().map(Owner::uuid).collect();
    let rows: Vec<(OrganisationId, i64)> = tx.fetch_all(NEWEST, args![ids]).await?;
    Ok(rows.into_iter().map(|(owner, version)| (owner.uuid(), version)).collect())
}

/// The newest version of an owner among what [`newest`] answered; 0 where there is none.
pub fn newest_of(newest: &BTreeMap<Uuid, i64>, owner: Owner) -> i64 {
    newest.get(&owner.uuid()).copied().unwrap_or_default()
}

pub async fn by_ids(tx: &mut Tx, ids: impl IntoIterator<Item = BankAccountId>) -> Result<BTreeMap<BankAccountId, Stored>, Error> {
    let rows: Vec<Row> = tx.fetch_all(BY_IDS, args![id_list(ids)]).await?;
    rows.into_iter().map(|row| Stored::try_from(row).map(|stored| (stored.account.id, stored))).collect()
}

pub async fn in_use(tx: &mut Tx, owner: Owner) -> Result<Option<Stored>, Error> {
    let row: Option<Row> = tx.fetch_optional(IN_USE, args![owner.uuid()]).await?;
    row.map(Stored::try_from).transpose()
}

/// Confirms what was decided on; anything else in the meantime makes it stale.
pub async fn confirm(tx: &mut Tx, ids: &[BankAccountId], by: &str, now: DateTime<Utc>) -> Result<(), Error> {
    let confirmed = tx.execute(CONFIRM, args![id_list(ids.iter().copied()), by, now]).await;
    match confirmed {
        Ok(rows) if usize::try_from(rows) == Ok(ids.len()) => Ok(()),
        Ok(_) => Err(Error::stale("bank account")),
        Err(error) if error.code() == Code::AlreadyExists => Err(Error::stale("bank account")),
        Err(error) => Err(error),
    }
}

pub async fn list(tx: &mut Tx, filter: &Filter, page: Page) -> Result<Vec<Stored>, Error> {
    let row = args![page.after, page.limit(), filter.owner.map(Owner::uuid), filter.confirmed];
    let rows: Vec<Row> = tx.fetch_all(LIST, row).await?;
    rows.into_iter().map(Stored::try_from).collect()
}

pub async fn missing(tx: &mut Tx, fund: Option<FundId>, page: Page) -> Result<Vec<Missing>, Error> {
    tx.fetch_all(MISSING, args![page.after, page.limit(), fund]).await
}
