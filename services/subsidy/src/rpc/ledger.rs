//! Ledger entries and the log over them on the wire.

use super::claim::parse_scheme;
use crate::app::{AskCheckpoint, ConsistencyProof, EntryProof, ListEntries, Listed, ProveConsistency, ProveEntry};
use crate::domain::log::{Checkpoint, Hash};
use crate::domain::{AccountKind, ClaimId, EntryId, FundId, OrganisationId, Period, Side};
use crate::store::ledger::{AccountGroup, Entry, Filter};
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
            scheme: parse_scheme(&request.scheme)?,
            period: Some(request.period)
                .filter(|name| !name.is_empty())
                .map(|name| Period::parse("period", &name))
                .transpose()?,
        };
        Ok(Self { filter, page: Page::parse(request.page_size, &request.page_token)? })
    }
}

/// Reads what an entry writes: `funds/{id}/{kind}` or `funds/{id}/{kind}/{party}`.
fn parse_account(name: &str) -> Result<Option<AccountGroup>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut parts = name.splitn(4, '/');
    let fund = parts.next().zip(parts.next()).and_then(|(of, id)| FundId::parse("account", &format!("{of}/{id}")).ok());
    let kind = parts.next().and_then(|kind| AccountKind::try_from(kind.to_owned()).ok());
    let party = parts.next().map(|party| OrganisationId::parse("account", party)).transpose();
    match (fund, kind, party) {
        (Some(fund), Some(kind), Ok(party)) => Ok(Some(AccountGroup { fund, kind, party })),
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
            scheme: if entry.scheme_code.is_empty() { String::new() } else { format!("schemes/{}", entry.scheme_code) },
            stage: i32::try_from(entry.stage).unwrap_or(i32::MAX),
            period: format!("periods/{}", entry.period),
            resolves: entry.resolves.map(Into::into).unwrap_or_default(),
            leaf: entry.leaf,
        }
    }
}

impl From<Listed<Entry>> for pb::ListLedgerEntriesResponse {
    fn from(listed: Listed<Entry>) -> Self {
        Self { ledger_entries: listed.rows.into_iter().map(Into::into).collect(), next_page_token: listed.next }
    }
}

impl TryFrom<pb::GetLedgerCheckpointRequest> for AskCheckpoint {
    type Error = Error;
    fn try_from(_request: pb::GetLedgerCheckpointRequest) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl TryFrom<pb::GetLedgerEntryProofRequest> for ProveEntry {
    type Error = Error;
    fn try_from(request: pb::GetLedgerEntryProofRequest) -> Result<Self, Error> {
        Ok(Self { entry: EntryId::parse("name", &request.name)?, size: parse_size("size", request.size)? })
    }
}

impl TryFrom<pb::GetLedgerConsistencyProofRequest> for ProveConsistency {
    type Error = Error;
    fn try_from(request: pb::GetLedgerConsistencyProofRequest) -> Result<Self, Error> {
        let old = parse_size("old_size", request.old_size)?.ok_or_else(|| Error::required("old_size", "a number from 1"))?;
        Ok(Self { old, new: parse_size("new_size", request.new_size)? })
    }
}

/// Reads a number of entries; 0 stands for none given.
fn parse_size(field: &str, size: i64) -> Result<Option<u64>, Error> {
    let size = u64::try_from(size).map_err(|_| {
        Error::invalid(
            field,
            "OUT_OF_RANGE",
            format!("`{field}` is {size}: expected a number of entries, from 0"),
            format!("`{field}` 为 {size}，应为分录条数，不小于 0"),
        )
    })?;
    Ok(Some(size).filter(|size| *size > 0))
}

/// A number of entries on its way out.
fn count(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

impl From<Checkpoint> for pb::LedgerCheckpoint {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            size: count(checkpoint.size),
            root: checkpoint.root.to_string(),
            time: Some(timestamp(checkpoint.time)),
            text: checkpoint.text(),
        }
    }
}

impl From<EntryProof> for pb::LedgerEntryProof {
    fn from(proof: EntryProof) -> Self {
        Self {
            entry: proof.entry.to_string(),
            leaf: count(proof.leaf),
            leaf_hash: Hash::leaf(proof.data.as_bytes()).to_string(),
            data: proof.data,
            size: count(proof.size),
            root: proof.root.to_string(),
            hashes: texts(&proof.hashes),
        }
    }
}

impl From<ConsistencyProof> for pb::LedgerConsistencyProof {
    fn from(proof: ConsistencyProof) -> Self {
        Self {
            old_size: count(proof.old.0),
            old_root: proof.old.1.to_string(),
            new_size: count(proof.new.0),
            new_root: proof.new.1.to_string(),
            hashes: texts(&proof.hashes),
        }
    }
}
