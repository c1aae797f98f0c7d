//! Bank accounts on the wire; numbers come in whole and go out masked.

use super::MOST;
use super::payment::count;
use crate::app::{
    Accounts, ConfirmAccounts, Confirmation, FindAccount, ListAccounts, ListMissing, Listed, Proposal, ProposeAccounts,
};
use crate::domain::{AccountNumber, BankAccountId, BankCode, BankDetails, FundId, OrganisationId, Owner, is_printable};
use crate::store::bank_account::{Filter, Missing, Stored};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::{parse_batch, parse_text, timestamp, unknown_enum};
use proto::subsidy::v1 as pb;
use std::collections::BTreeSet;

impl TryFrom<pb::CreateBankAccountRequest> for Proposal {
    type Error = Error;
    fn try_from(request: pb::CreateBankAccountRequest) -> Result<Self, Error> {
        let account = request.bank_account.ok_or_else(|| Error::required("bank_account", "an account with its owner"))?;
        let details = BankDetails {
            holder: parse_name("bank_account.holder", account.holder, 60)?,
            number: parse_number("bank_account.account_number", &account.account_number)?,
            bank_code: parse_bank_code(&account.bank_code)?,
            bank_name: parse_name("bank_account.bank_name", account.bank_name, 70)?,
        };
        Ok(Self { owner: parse_owner("bank_account.owner", &account.owner)?, details })
    }
}

impl TryFrom<pb::BatchCreateBankAccountsRequest> for ProposeAccounts {
    type Error = Error;
    fn try_from(request: pb::BatchCreateBankAccountsRequest) -> Result<Self, Error> {
        let proposals: Vec<Proposal> = read_each(request.requests)?;
        once_each(proposals.iter().map(|proposal| proposal.owner), "bank_account.owner")?;
        Ok(Self(proposals))
    }
}

impl TryFrom<pb::ConfirmBankAccountRequest> for Confirmation {
    type Error = Error;
    fn try_from(request: pb::ConfirmBankAccountRequest) -> Result<Self, Error> {
        let account = BankAccountId::parse("name", &request.name)?;
        Ok(Self { account, number: parse_number("account_number", &request.account_number)? })
    }
}

impl TryFrom<pb::BatchConfirmBankAccountsRequest> for ConfirmAccounts {
    type Error = Error;
    fn try_from(request: pb::BatchConfirmBankAccountsRequest) -> Result<Self, Error> {
        let confirmations: Vec<Confirmation> = read_each(request.requests)?;
        once_each(confirmations.iter().map(|one| one.account), "name")?;
        Ok(Self(confirmations))
    }
}

impl TryFrom<pb::GetBankAccountRequest> for FindAccount {
    type Error = Error;
    fn try_from(request: pb::GetBankAccountRequest) -> Result<Self, Error> {
        BankAccountId::parse("name", &request.name).map(Self)
    }
}

impl TryFrom<pb::ListBankAccountsRequest> for ListAccounts {
    type Error = Error;
    fn try_from(request: pb::ListBankAccountsRequest) -> Result<Self, Error> {
        let confirmed = match pb::BankAccountState::try_from(request.state) {
            Ok(pb::BankAccountState::Unspecified) => None,
            Ok(pb::BankAccountState::Proposed) => Some(false),
            Ok(pb::BankAccountState::Confirmed) => Some(true),
            Err(_) => return Err(unknown_enum("state", request.state)),
        };
        let owner = if request.owner.is_empty() { None } else { Some(parse_owner("owner", &request.owner)?) };
        Ok(Self { filter: Filter { owner, confirmed }, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

impl TryFrom<pb::ListMissingBankAccountsRequest> for ListMissing {
    type Error = Error;
    fn try_from(request: pb::ListMissingBankAccountsRequest) -> Result<Self, Error> {
        let fund = FundId::parse_optional("fund", &request.fund)?;
        Ok(Self { fund, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

fn read_each<R, T: TryFrom<R, Error = Error>>(requests: Vec<R>) -> Result<Vec<T>, Error> {
    let requests = parse_batch("requests", requests, MOST)?;
    let read = |(at, one): (usize, R)| T::try_from(one).map_err(|error| error.within(&format!("requests[{at}]")));
    requests.into_iter().enumerate().map(read).collect()
}

fn once_each<T: Ord + ToString>(each: impl Iterator<Item = T>, field: &str) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (at, one) in each.enumerate() {
        let name = one.to_string();
        if !seen.insert(one) {
            let field = format!("requests[{at}].{field}");
            let (en, zh) = (format!("`{field}` names {name} a second time"), format!("`{field}` 重复出现 {name}"));
            return Err(Error::invalid(&field, "DUPLICATE", en, zh));
        }
    }
    Ok(())
}

fn parse_owner(field: &str, name: &str) -> Result<Owner, Error> {
    if name.starts_with("funds/") {
        return FundId::parse(field, name).map(Owner::Fund);
    }
    OrganisationId::parse(field, name).map(Owner::Organisation)
}

/// A name as a bank takes it.
fn parse_name(field: &str, name: String, most: usize) -> Result<String, Error> {
    let name = parse_text(field, name, most)?;
    if is_printable(&name) {
        return Ok(name);
    }
    let en = format!("`{field}` has characters that no file for a bank can carry");
    Err(Error::invalid(field, "NOT_PRINTABLE", en, format!("`{field}` 含有银行文件无法承载的字符")))
}

/// What is wrong with it is said without saying it.
fn parse_number(field: &str, number: &str) -> Result<AccountNumber, Error> {
    if number.is_empty() {
        return Err(Error::required(field, "8 to 32 digits"));
    }
    AccountNumber::parse(number).ok_or_else(|| {
        let en = format!("`{field}` is no account number: expected 8 to 32 digits");
        Error::invalid(field, "ACCOUNT_NUMBER", en, format!("`{field}` 不是账号，应为 8 至 32 位数字"))
    })
}

fn parse_bank_code(code: &str) -> Result<BankCode, Error> {
    const FIELD: &str = "bank_account.bank_code";
    BankCode::parse(code).ok_or_else(|| {
        let en = format!("`{FIELD}` is no CNAPS code: expected 12 digits");
        Error::invalid(FIELD, "BANK_CODE", en, format!("`{FIELD}` 不是联行号，应为 12 位数字"))
    })
}

impl From<Stored> for pb::BankAccount {
    fn from(stored: Stored) -> Self {
        let (account, details) = (stored.account.clone(), stored.account.details);
        let state = match account.confirmed_by {
            None => pb::BankAccountState::Proposed,
            Some(_) => pb::BankAccountState::Confirmed,
        };
        Self {
            name: account.id.to_string(),
            owner: account.owner.to_string(),
            version: count(account.version),
            holder: details.holder,
            account_number: details.number.to_string(),
            bank_code: details.bank_code.as_str().to_owned(),
            bank_name: details.bank_name,
            state: state.into(),
            proposed_by: account.proposed_by,
            confirmed_by: account.confirmed_by.unwrap_or_default(),
            create_time: Some(timestamp(stored.created_at)),
            confirm_time: stored.confirmed_at.map(timestamp),
        }
    }
}

impl From<Accounts> for pb::BatchCreateBankAccountsResponse {
    fn from(accounts: Accounts) -> Self {
        Self { bank_accounts: accounts.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Accounts> for pb::BatchConfirmBankAccountsResponse {
    fn from(accounts: Accounts) -> Self {
        Self { bank_accounts: accounts.0.into_iter().map(Into::into).collect() }
    }
}

impl From<Listed<Stored>> for pb::ListBankAccountsResponse {
    fn from(listed: Listed<Stored>) -> Self {
        Self { bank_accounts: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl From<Listed<Missing>> for pb::ListMissingBankAccountsResponse {
    fn from(listed: Listed<Missing>) -> Self {
        let missing = |row: Missing| pb::MissingBankAccount {
            organisation: row.organisation.to_string(),
            claims: count(row.claims),
            amount: Some(row.amount.into()),
        };
        Self { missing_bank_accounts: listed.rows.into_iter().map(missing).collect(), next_page_token: listed.next }
    }
}
