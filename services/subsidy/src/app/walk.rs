//! Reads the whole ledger in the order of its log, makes the tree anew from what the rows say now, and compares: each
//! entry with the hash it got when it was posted, the tree with its kept parts, with the months that were closed, and
//! with a checkpoint that was kept elsewhere. What differs is named as exactly as what is left allows.

use crate::domain::Period;
use crate::domain::log::{Checkpoint, Frontier, Hash, Subtree};
use crate::store::log::{self, Head, Leaf};
use crate::store::period::{self, Closed};
use futures::FutureExt as _;
use kit::verify::Looking;
use kit::{Error, Tx};
use std::collections::BTreeMap;
use std::ops::Range;

/// Entries read at once.
const PAGE: i64 = 2000;
/// Findings that are listed.
const MOST: usize = 100;

/// What `talentflow verify` looks at: the tables, and the text of a checkpoint if there is one.
pub fn walk<'a>(tx: &'a mut Tx, checkpoint: Option<&'a str>) -> Looking<'a> {
    async move {
        let mut walk = Walk::begin(tx, checkpoint).await?;
        loop {
            let page = log::walk(tx, walk.at(), PAGE).await?;
            if page.is_empty() {
                break;
            }
            for leaf in page {
                walk.step(leaf);
            }
        }
        Ok(walk.end())
    }
    .boxed()
}

/// A root the log had, and who says so.
struct Mark {
    size: u64,
    root: String,
    by: String,
}

struct Walk {
    head: Head,
    closed: Vec<Closed>,
    kept: BTreeMap<(u32, u64), Hash>,
    /// By size; those that were passed are taken out.
    marks: Vec<Mark>,
    frontier: Frontier,
    made: BTreeMap<(u32, u64), Hash>,
    /// Entries that are not what was logged.
    changed: Vec<Leaf>,
    /// Whether leaves are missing, so that no tree can be made of what follows.
    gap: bool,
    /// The place after the last row that was read.
    next: i64,
    last: Option<String>,
    broken: Vec<String>,
}

impl Walk {
    async fn begin(tx: &mut Tx, checkpoint: Option<&str>) -> Result<Self, Error> {
        let head = log::head(tx).await?;
        let closed = period::closed(tx).await?;
        let mut marks: Vec<Mark> = closed
            .iter()
            .map(|closed| Mark {
                size: u64::try_from(closed.log_size).unwrap_or_default(),
                root: closed.log_root.clone(),
                by: format!("the month {}, when it was closed", closed.period),
            })
            .collect();
        if let Some(text) = checkpoint {
            let kept = Checkpoint::parse(text).ok_or_else(|| {
                Error::invalid("checkpoint", "CHECKPOINT", "this is not the text of a checkpoint", "这不是检查点文本")
            })?;
            marks.push(Mark { size: kept.size, root: kept.root.to_string(), by: format!("the checkpoint of {}", kept.time) });
        }
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.size));
        let kept = log::tiles(tx).await?;
        let mut walk = Self {
            head,
            closed,
            kept,
            marks,
            frontier: Frontier::default(),
            made: BTreeMap::new(),
            changed: Vec::new(),
            gap: false,
            next: 0,
            last: None,
            broken: Vec::new(),
        };
        walk.pass_marks();
        Ok(walk)
    }

    fn at(&self) -> i64 {
        self.next
    }

    fn say(&mut self, what: String) {
        if self.broken.len() < MOST {
            self.broken.push(what);
        }
    }

    fn step(&mut self, leaf: Leaf) {
        let name = format!("ledgerEntries/{}", leaf.logged.entry);
        if leaf.leaf > self.next {
            let missing = leaves(&(self.next..leaf.leaf));
            let before = self.last.as_ref().map_or_else(|| "at the beginning".to_owned(), |last| format!("after {last}"));
            self.say(format!("{missing} removed: {before}, before {name}"));
            self.gap = true;
        }
        let place = u64::try_from(leaf.leaf).unwrap_or_default();
        let hash = leaf.logged.hash(place);
        let same = leaf.hash == hash.to_string() || (leaf.hash.is_empty() && self.head.backlog);
        if !self.gap {
            let made = &mut self.made;
            self.frontier.push(hash, |Subtree { level, index }, hash| {
                made.insert((level, index), hash);
            });
            self.pass_marks();
        }
        self.check_period(&leaf, &name);
        (self.next, self.last) = (leaf.leaf + 1, Some(name));
        if !same && self.changed.len() < MOST {
            self.changed.push(leaf);
        }
    }

    /// An entry belongs to the month it was posted in, and to none that was closed before it.
    fn check_period(&mut self, leaf: &Leaf, name: &str) {
        let posted = leaf.logged.posted_at.parse().map(Period::of);
        if posted.is_ok_and(|month| month.to_string() != leaf.logged.period) {
            self.say(format!("{name} (leaf {}) is in the month {}, and was not posted in it", leaf.leaf, leaf.logged.period));
        }
        // Months close in their order, so the newest that was closed by then says it.
        let newest = self.closed.iter().rev().find(|closed| closed.log_size <= leaf.leaf);
        if newest.is_some_and(|closed| leaf.logged.period <= closed.period.to_string()) {
            self.say(format!("{name} (leaf {}) was posted into the closed month {}", leaf.leaf, leaf.logged.period));
        }
    }

    /// Compares with every root the log had at this size.
    fn pass_marks(&mut self) {
        while let Some(mark) = self.marks.pop_if(|mark| mark.size <= self.frontier.size()) {
            if mark.root != self.frontier.root().to_string() {
                self.say(format!("the first {} entries do not make the root of {}", mark.size, mark.by));
            }
        }
    }

    fn end(mut self) -> Vec<String> {
        self.name_changed();
        let end = self.last.clone().unwrap_or_else(|| "nothing".to_owned());
        if self.next < self.head.size {
            let missing = leaves(&(self.next..self.head.size));
            self.say(format!("{missing} removed: the log is truncated after {end}"));
        }
        if self.next > self.head.size {
            let beside = leaves(&(self.head.size..self.next));
            self.say(format!("{beside} not in the log: its head ends before them"));
        }
        for mark in std::mem::take(&mut self.marks) {
            let why = if self.gap { "leaves before its end are missing" } else { "the log is shorter" };
            self.say(format!("the {} entries of {} are not there: {why}", mark.size, mark.by));
        }
        if !self.gap && !self.head.backlog {
            self.compare_parts();
        }
        self.broken
    }

    /// Says which entries are not what was logged, and which of them only changed places.
    fn name_changed(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        let mut named = vec![false; changed.len()];
        for (at, one) in changed.iter().enumerate() {
            for (other_at, other) in changed.iter().enumerate().skip(at + 1) {
                if !named[at] && !named[other_at] && swapped(one, other) {
                    (named[at], named[other_at]) = (true, true);
                    self.say(format!(
                        "ledgerEntries/{} and ledgerEntries/{} were swapped (leaves {} and {})",
                        one.logged.entry, other.logged.entry, one.leaf, other.leaf
                    ));
                }
            }
        }
        for leaf in changed.iter().zip(named).filter(|(_, named)| !named).map(|(leaf, _)| leaf) {
            let (logged, at) = (&leaf.logged, leaf.leaf);
            let gone = match (logged.kind.is_empty(), logged.account_kind.is_empty()) {
                (true, _) => format!(": ledgerTransactions/{} is gone", logged.transaction),
                (_, true) => format!(": ledgerAccounts/{} is gone", logged.account),
                _ => format!(", nor are ledgerTransactions/{} and its account, or one of the three", logged.transaction),
            };
            self.say(format!("ledgerEntries/{} (leaf {at}) is not what was logged{gone}", logged.entry));
        }
    }

    /// Where rows and their hashes were changed together, the kept parts of the tree still say where.
    fn compare_parts(&mut self) {
        let mut differ: Vec<Range<u64>> = Vec::new();
        for (level, index) in self.made.keys().chain(self.kept.keys()).copied() {
            let leaves = Subtree { level, index }.leaves();
            // That the log is cut off has been said.
            let cut_off = self.next < self.head.size && leaves.end > self.frontier.size();
            if !cut_off && self.made.get(&(level, index)) != self.kept.get(&(level, index)) {
                differ.push(leaves);
            }
        }
        if let Some(head) = self.head.frontier() {
            if head.size() == self.frontier.size() {
                let unlike = self.frontier.peaks().zip(head.peaks()).filter(|(made, kept)| made != kept);
                differ.extend(unlike.map(|(made, _)| made.0));
            }
        } else {
            self.say("the head of the log is not that of a log of its size".to_owned());
        }
        differ.sort_by_key(|range| (range.start, range.end));
        differ.dedup();
        // A smaller part says more than the larger one it lies in.
        let whole = differ.clone();
        differ.retain(|range| !whole.iter().any(|part| part != range && range.start <= part.start && part.end <= range.end));
        for range in differ {
            self.say(format!("leaves {} to {} do not make the hash that the log keeps of them", range.start, range.end - 1));
        }
    }
}

/// Whether each is what was logged at the other's place.
fn swapped(one: &Leaf, other: &Leaf) -> bool {
    let at = |leaf: &Leaf, place: i64| leaf.logged.hash(u64::try_from(place).unwrap_or_default()).to_string();
    let (here, there) = (at(one, other.leaf), at(other, one.leaf));
    (here == one.hash && there == other.hash) || (here == other.hash && there == one.hash)
}

fn leaves(range: &Range<i64>) -> String {
    if range.end - range.start == 1 {
        format!("leaf {} is", range.start)
    } else {
        format!("leaves {} to {} are", range.start, range.end - 1)
    }
}
