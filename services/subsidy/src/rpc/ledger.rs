//! Ledger entries on the wire.

use crate::app::{ListEntries, Listed};
use crate::domain::{ClaimId, Side};
use crate::store::ledger::Entry;
use kit::Error;
use kit::id::Id;
use kit::page::Page;
use kit::wire::timestamp;
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ListLedgerEntriesRequest> for ListEntries {
    type Error = Error;
    fn try_from(request: pb::ListLedgerEntriesRequest) -> Result<Self, Error> {
        Ok(Self {
            claim: ClaimId::parse_optional("claim", &request.claim)?,
            page: Page::parse(request.page_size, &request.page_token)?,
        })
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
