//! A Merkle log (RFC 6962, section 2.1): who keeps its size and root elsewhere can later prove that what was
//! logged until then is still there, unchanged and in its place.
//!
//! A leaf hashes as SHA-256(0x00 ‖ data), two subtrees as SHA-256(0x01 ‖ left ‖ right). A tree of n leaves is its
//! complete subtrees from the left, the largest first ([`Frontier`]); joined from the right they are the root.
//! Proofs are said in terms of complete subtrees ([`Subtree`]), so that whoever keeps some of those reads few rows.

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Range;

/// Complete subtrees of every `TILE`-th height are kept: a proof then reads a few hundred rows of a log of any size.
pub const TILE: u32 = 8;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The root of a log that holds nothing.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    pub fn leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    #[must_use]
    pub fn join(self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(self.0).chain_update(right.0).finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A log at one moment, to be kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub size: u64,
    pub root: Hash,
    pub time: DateTime<Utc>,
}

impl Checkpoint {
    const TITLE: &str = "talentflow subsidy ledger checkpoint";

    /// Four lines, as they are kept.
    pub fn text(&self) -> String {
        let time = self.time.to_rfc3339_opts(SecondsFormat::Micros, true);
        format!("{}\nsize {}\nroot {}\ntime {time}\n", Self::TITLE, self.size, self.root)
    }

    /// Reads what [`Checkpoint::text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.trim().lines().map(str::trim_end);
        let title = lines.next()?;
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let (size, root, time) = (value("size")?, value("root")?, value("time")?);
        let read = Self { size: size.parse().ok()?, root: Hash::parse(root)?, time: time.parse().ok()? };
        (title == Self::TITLE && lines.next().is_none()).then_some(read)
    }
}

/// A complete subtree: the `index`-th, from 0, of those with 2^`level` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    pub level: u32,
    pub index: u64,
}

impl Subtree {
    pub fn leaves(self) -> Range<u64> {
        self.index << self.level..(self.index + 1) << self.level
    }

    /// The kept subtrees it is made of: itself, or up to 2^(`TILE` - 1) below it.
    pub fn kept(self) -> (u32, Range<u64>) {
        let level = self.level - self.level % TILE;
        let leaves = self.leaves();
        (level, leaves.start >> level..leaves.end >> level)
    }
}

/// A log by its complete subtrees: all that is needed to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Reads what [`Frontier::text`] writes; `None` where it is not that of a log of this size.
    pub fn parse(size: u64, text: &str) -> Option<Self> {
        let peaks: Vec<Hash> =
            text.as_bytes().chunks(64).map(|hex| Hash::parse(str::from_utf8(hex).ok()?)).collect::<Option<_>>()?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Its peaks, the largest first, 64 digits each.
    pub fn text(&self) -> String {
        self.peaks.iter().map(Hash::to_string).collect()
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its peaks with the leaves below each.
    pub fn peaks(&self) -> impl Iterator<Item = (Range<u64>, Hash)> {
        subtrees(0..self.size).into_iter().map(Subtree::leaves).zip(self.peaks.iter().copied())
    }

    /// Adds a leaf, and tells of every subtree that is complete with it and worth keeping.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(Subtree, Hash)) {
        let (mut hash, mut level) = (leaf, 0);
        while (self.size >> level) & 1 == 1 {
            // A bit of the size is a peak.
            let Some(left) = self.peaks.pop() else { break };
            hash = left.join(hash);
            level += 1;
            if level % TILE == 0 {
                complete(Subtree { level, index: self.size >> level }, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        join(&self.peaks)
    }
}

/// The hash over complete subtrees that stand side by side, the largest first.
pub fn join(peaks: &[Hash]) -> Hash {
    let mut from_right = peaks.iter().rev().copied();
    let Some(last) = from_right.next() else { return Hash::empty() };
    from_right.fold(last, |right, left| left.join(right))
}

/// The hash of a complete subtree over the hashes of the complete subtrees of one height that it consists of.
pub fn fold(mut hashes: Vec<Hash>) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    while hashes.len() > 1 {
        hashes = hashes.chunks_exact(2).map(|pair| pair[0].join(pair[1])).collect();
    }
    hashes.pop()
}

/// The complete subtrees a range consists of, from the left. It must begin where a subtree as large as it does.
pub fn subtrees(range: Range<u64>) -> Vec<Subtree> {
    let mut subtrees = Vec::new();
    let (mut at, mut left) = (range.start, range.end - range.start);
    while left > 0 {
        let level = left.ilog2();
        subtrees.push(Subtree { level, index: at >> level });
        at += 1 << level;
        left -= 1 << level;
    }
    subtrees
}

/// What proves that a leaf is in the log of the first `size`: the ranges whose hashes join with it to the root,
/// from the leaf upwards (RFC 6962, 2.1.1). `None` where there is no such leaf.
pub fn inclusion(leaf: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if leaf >= size {
        return None;
    }
    let (mut ranges, mut here) = (Vec::new(), 0..size);
    while here.end - here.start > 1 {
        let middle = split(&here);
        if leaf < middle {
            ranges.push(middle..here.end);
            here.end = middle;
        } else {
            ranges.push(here.start..middle);
            here.start = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// What proves that the log of the first `old` is the beginning of that of the first `new` (RFC 6962, 2.1.2).
/// `None` where it cannot be: the older one is empty, or the larger.
pub fn consistency(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut ranges, mut here) = (Vec::new(), 0..new);
    while here.end != old {
        let middle = split(&here);
        if old <= middle {
            ranges.push(middle..here.end);
            here.end = middle;
        } else {
            ranges.push(here.start..middle);
            here.start = middle;
        }
    }
    // The older log as a whole is what the other side has.
    if here.start > 0 {
        ranges.push(here);
    }
    ranges.reverse();
    Some(ranges)
}

/// Where a subtree of more than one leaf divides: at the largest power of two below its size.
fn split(range: &Range<u64>) -> u64 {
    range.start + (1 << (range.end - range.start - 1).ilog2())
}

/// Whether the proof shows that `leaf` is the `index`-th of a log (RFC 9162, 2.1.3.2).
pub fn is_included(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut here, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if here & 1 == 1 || here == last {
            hash = step.join(hash);
            while here & 1 == 0 && here != 0 {
                here >>= 1;
                last >>= 1;
            }
        } else {
            hash = hash.join(*step);
        }
        here >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether the proof shows that one log is the beginning of another (RFC 9162, 2.1.4.2).
pub fn is_consistent(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> bool {
    if old.0 == 0 || old.0 > new.0 {
        return false;
    }
    if old.0 == new.0 {
        return proof.is_empty() && old.1 == new.1;
    }
    let own = old.0.is_power_of_two().then_some(old.1);
    let mut steps = own.into_iter().chain(proof.iter().copied());
    let Some(first) = steps.next() else { return false };
    let (mut here, mut last) = (old.0 - 1, new.0 - 1);
    while here & 1 == 1 {
        here >>= 1;
        last >>= 1;
    }
    let (mut before, mut after) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if here & 1 == 1 || here == last {
            before = step.join(before);
            after = step.join(after);
            while here & 1 == 0 && here != 0 {
                here >>= 1;
                last >>= 1;
            }
        } else {
            after = after.join(step);
        }
        here >>= 1;
        last >>= 1;
    }
    last == 0 && before == old.1 && after == new.1
}
