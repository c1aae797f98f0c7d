//! Ledger entries on the wire.

use crate::app::{ListEntries, Listed};
use crate::domain::{Account, AccountKind, ClaimId, FundId, OrganisationId, Side};
use crate::store::ledger::{Entry, Filter};
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::timestamp;
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListLedgerEntriesRequest> for ListEntries {
    type Error = Error;
    fn try_from(request: pb::ListLedgerEntriesRequest) -> Result<Self, Error> {
        let filter = Filter {
            claim: ClaimId::parse_optional("claim", &request.claim)?,
            fund: FundId::parse_optional("fund", &request.fund)?,
            account: parse_account(&request.account)?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

/// Reads what an entry writes: `funds/{id}/{kind}` or `funds/{id}/{kind}/{party}`.
fn parse_account(name: &str) -> Result<Option<Account>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut parts = name.splitn(4, '/');
    let fund = parts.next().zip(parts.next()).and_then(|(of, id)| FundId::parse("account", &format!("{of}/{id}")).ok());
    let kind = parts.next().and_then(|kind| AccountKind::try_from(kind.to_owned()).ok());
    let party = parts.next().map(|party| OrganisationId::parse("account", party)).transpose();
    match (fund, kind, party) {
        (Some(fund), Some(kind), Ok(party)) => Ok(Some(Account { fund, kind, party })),
        _ => Err(Error::invalid(
            "account",
            "ACCOUNT",
            format!("`{name}` is not an account: expected funds/{{id}}/{{kind}} or funds/{{id}}/{{kind}}/organisations/{{id}}"),
            format!("“{name}”不是账户，应为 funds/{{id}}/{{kind}} 或 funds/{{id}}/{{kind}}/organisations/{{id}}"),
        )),
    }
}

impl From<Entry> for pb::LedgerEntry {
    fn from(entry: Entry) -> Self {
        let side = match entry.side {
            Side::Debit => pb::EntrySide::Debit,
            Side::Credit => pb::EntrySide::Credit,
        };
        let mut account = format!("{}/{}", entry.fund, entry.account_kind);
        if !entry.party.is_empty() {
            account = format!("{account}/{}", entry.party);
        }
        Self {
            name: entry.id.to_string(),
            transaction: entry.transaction.to_string(),
            kind: entry.kind.to_string(),
            account,
            side: side.into(),
            amount: Some(entry.amount.into()),
            claim: entry.claim.map(Into::into).unwrap_or_default(),
            cause: entry.cause,
            rule: entry.rule,
            reverses: entry.reverses.map(Into::into).unwrap_or_default(),
            post_time: Some(timestamp(entry.posted_at)),
        }
    }
}

impl From<Listed<Entry>> for pb::ListLedgerEntriesResponse {
    fn from(listed: Listed<Entry>) -> Self {
        Self { ledger_entries: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}
