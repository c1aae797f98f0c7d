//! The log over the ledger: it grows with the entries, and proves what it holds.

use crate::domain::log::{Checkpoint, Frontier, Hash, Subtree, consistency, fold, inclusion, join, subtrees};
use crate::domain::{EntryId, Logged, Refusal};
use crate::store::log::{self, Head};
use chrono::{DateTime, Utc};
use kit::db::{Db, Lane};
use kit::{Error, Scope, Tx};
use std::collections::BTreeSet;
use std::ops::Range;

/// Entries read at once.
const PAGE: i64 = 1000;

/// A log that is being added to, by whoever holds its head.
pub(super) struct Grown {
    frontier: Frontier,
    tiles: Vec<(Subtree, Hash)>,
}

impl Grown {
    /// The log as it was before `count` places were reserved at its end. Entries from before there was a log are taken
    /// in now, if nobody did.
    pub(super) async fn before(tx: &mut Tx, head: &Head, count: usize) -> Result<Self, Error> {
        let size = u64::try_from(head.size).map_err(Error::internal)? - count as u64;
        if head.backlog {
            return Self::of_backlog(tx, size).await;
        }
        let frontier = Frontier::parse(size, &head.frontier)
            .ok_or_else(|| Error::internal("the head of the ledger's log is not that of a log of its size"))?;
        Ok(Self { frontier, tiles: Vec::new() })
    }

    async fn of_backlog(tx: &mut Tx, size: u64) -> Result<Self, Error> {
        let mut grown = Self { frontier: Frontier::default(), tiles: Vec::new() };
        while grown.frontier.size() < size {
            let from = i64::try_from(grown.frontier.size()).map_err(Error::internal)?;
            let page = log::walk(tx, from, PAGE).await?;
            let hashes: Vec<(i64, Hash)> = page.iter().map(|leaf| (leaf.leaf, grown.push(&leaf.logged).1)).collect();
            if hashes.is_empty() || hashes.iter().zip(from..).any(|((leaf, _), place)| *leaf != place) {
                return Err(Error::internal(format!("the ledger's log has a gap at leaf {from} or after")));
            }
            log::fill(tx, &hashes).await?;
        }
        Ok(grown)
    }

    /// Adds an entry, and answers its place and hash.
    pub(super) fn push(&mut self, entry: &Logged) -> (u64, Hash) {
        let leaf = self.frontier.size();
        let hash = entry.hash(leaf);
        let tiles = &mut self.tiles;
        self.frontier.push(hash, |tile, hash| tiles.push((tile, hash)));
        (leaf, hash)
    }

    pub(super) fn root(&self) -> Hash {
        self.frontier.root()
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Keeps what it has grown to, and writes what is deferred with it.
    pub(super) async fn keep(self, tx: &mut Tx) -> Result<(), Error> {
        log::insert_tiles(tx, &self.tiles)?;
        log::grow(tx, &self.frontier)?;
        tx.flush().await
    }
}

/// Asks for the log as it is now.
#[derive(Debug, Clone)]
pub struct AskCheckpoint;

pub async fn checkpoint(tx: &mut Tx, scope: &Scope, _query: AskCheckpoint) -> Result<Checkpoint, Error> {
    let frontier = current(tx).await?;
    Ok(Checkpoint { size: frontier.size(), root: frontier.root(), time: scope.now() })
}

/// The log as it is now, for whoever works on the tables without serving them.
pub async fn checkpoint_of(db: &Db, now: DateTime<Utc>) -> Result<Checkpoint, Error> {
    let mut tx = db.begin(Lane::Background).await?;
    let head = log::lock(&mut tx).await?;
    let grown = Grown::before(&mut tx, &head, 0).await?;
    let checkpoint = Checkpoint { size: grown.size(), root: grown.root(), time: now };
    if head.backlog {
        grown.keep(&mut tx).await?;
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(checkpoint)
}

async fn current(tx: &mut Tx) -> Result<Frontier, Error> {
    let head = log::head(tx).await?;
    if head.backlog {
        return Err(Error::unavailable("the ledger's log begins with the next posting, or with `talentflow checkpoint`"));
    }
    head.frontier().ok_or_else(|| Error::internal("the head of the ledger's log is not that of a log of its size"))
}

/// Asks for the proof that an entry is in the log of a size, or of now.
#[derive(Debug, Clone)]
pub struct ProveEntry {
    pub entry: EntryId,
    pub size: Option<u64>,
}

#[derive(Debug)]
pub struct EntryProof {
    pub entry: EntryId,
    pub leaf: u64,
    /// What the leaf's hash is taken of.
    pub data: String,
    pub size: u64,
    pub root: Hash,
    pub hashes: Vec<Hash>,
}

pub async fn prove_entry(tx: &mut Tx, _scope: &Scope, query: ProveEntry) -> Result<EntryProof, Error> {
    let place = log::leaf_of(tx, query.entry).await?.ok_or_else(|| Error::not_found(query.entry))?;
    let size = within(&current(tx).await?, query.size)?;
    let leaf = u64::try_from(place).map_err(Error::internal)?;
    let ranges = inclusion(leaf, size).ok_or(Refusal::LogShorter { size, asked: leaf + 1 })?;
    let entry = log::walk(tx, place, 1).await?.pop().ok_or_else(|| Error::not_found(query.entry))?;
    let (root, hashes) = prove(tx, size, ranges).await?;
    Ok(EntryProof { entry: query.entry, leaf, data: entry.logged.data(leaf), size, root, hashes })
}

/// Asks for the proof that the log of one size is the beginning of that of another, or of now.
#[derive(Debug, Clone)]
pub struct ProveConsistency {
    pub old: u64,
    pub new: Option<u64>,
}

#[derive(Debug)]
pub struct ConsistencyProof {
    pub old: (u64, Hash),
    pub new: (u64, Hash),
    pub hashes: Vec<Hash>,
}

pub async fn prove_consistency(tx: &mut Tx, _scope: &Scope, query: ProveConsistency) -> Result<ConsistencyProof, Error> {
    let new = within(&current(tx).await?, query.new)?;
    let ranges = consistency(query.old, new).ok_or(Refusal::LogShorter { size: new, asked: query.old })?;
    let (root, hashes) = prove(tx, new, ranges).await?;
    let (old_root, _) = prove(tx, query.old, Vec::new()).await?;
    Ok(ConsistencyProof { old: (query.old, old_root), new: (new, root), hashes })
}

fn within(now: &Frontier, asked: Option<u64>) -> Result<u64, Refusal> {
    let size = now.size();
    match asked {
        Some(asked) if asked > size => Err(Refusal::LogShorter { size, asked }),
        asked => Ok(asked.unwrap_or(size)),
    }
}

/// The root of the log of a size, and the hashes of ranges of it: all of them by one statement.
async fn prove(tx: &mut Tx, size: u64, ranges: Vec<Range<u64>>) -> Result<(Hash, Vec<Hash>), Error> {
    let parts: Vec<Vec<Subtree>> = std::iter::once(0..size).chain(ranges).map(subtrees).collect();
    let kept = |subtree: &Subtree| {
        let (level, range) = subtree.kept();
        (level, (range.start, range.end))
    };
    let wanted: BTreeSet<(u32, (u64, u64))> = parts.iter().flatten().map(kept).collect();
    let known = log::hashes(tx, &wanted).await?;
    let hash = |subtree: &Subtree| {
        let (level, range) = subtree.kept();
        let hashes: Option<Vec<Hash>> = range.map(|index| known.get(&(level, index)).copied()).collect();
        hashes.and_then(fold).ok_or_else(|| Error::internal(format!("the ledger's log lacks hashes of {subtree:?}: verify it")))
    };
    let mut hashes = Vec::with_capacity(parts.len());
    for part in &parts {
        let peaks: Vec<Hash> = part.iter().map(hash).collect::<Result<_, Error>>()?;
        hashes.push(join(&peaks));
    }
    let ranges = hashes.split_off(1);
    Ok((hashes[0], ranges))
}
