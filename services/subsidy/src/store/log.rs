//! The Merkle log in its tables: the head that is locked by whoever appends, the hashes that proofs are made of, and
//! the entries as they were hashed.

use super::every;
use crate::domain::log::{Frontier, Hash, Subtree};
use crate::domain::{EntryId, Logged, Period};
use chrono::{DateTime, SecondsFormat, Utc};
use kit::Error;
use kit::db::{Tx, args, statements};
use std::collections::{BTreeMap, BTreeSet};

/// The log as a whole.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    pub size: i64,
    pub frontier: String,
    /// Whether entries from before the log still lack their hash; the frontier is none of theirs then.
    pub backlog: bool,
    /// The last month that is closed; empty while none is.
    pub closed_through: String,
}

impl Head {
    /// What the head says the log is.
    pub fn frontier(&self) -> Option<Frontier> {
        Frontier::parse(u64::try_from(self.size).ok()?, &self.frontier)
    }

    pub fn closed(&self) -> Result<Option<Period>, Error> {
        let period = Some(self.closed_through.clone()).filter(|period| !period.is_empty());
        period.map(|period| Period::try_from(period).map_err(Error::internal)).transpose()
    }
}

/// An entry at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub leaf: i64,
    /// Empty while it waits in the backlog.
    pub hash: String,
    pub logged: Logged,
}

#[derive(sqlx::FromRow)]
struct Row {
    leaf: i64,
    leaf_hash: String,
    entry_id: String,
    side: String,
    fen: String,
    account_id: String,
    account_fund: String,
    account_kind: String,
    party: String,
    scheme_code: String,
    stage: String,
    transaction_id: String,
    fund_id: String,
    kind: String,
    transaction_fen: String,
    claim_id: String,
    batch_id: String,
    cause: String,
    rule: String,
    resolves: String,
    reverses: String,
    period: String,
    posted_at: String,
}

impl From<Row> for Leaf {
    fn from(row: Row) -> Self {
        let logged = Logged {
            entry: row.entry_id,
            side: row.side,
            fen: row.fen,
            account: row.account_id,
            account_fund: row.account_fund,
            account_kind: row.account_kind,
            party: row.party,
            scheme: row.scheme_code,
            stage: row.stage,
            transaction: row.transaction_id,
            fund: row.fund_id,
            kind: row.kind,
            transaction_fen: row.transaction_fen,
            claim: row.claim_id,
            batch: row.batch_id,
            cause: row.cause,
            rule: row.rule,
            resolves: row.resolves,
            reverses: row.reverses,
            period: row.period,
            posted_at: row.posted_at.parse().map_or(row.posted_at, instant),
        };
        Self { leaf: row.leaf, hash: row.leaf_hash, logged }
    }
}

/// An instant as the log writes it.
pub fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

statements! {
    HEAD = "SELECT size, frontier, backlog, closed_through FROM subsidy_ledger_head";
    /// Takes places for so many entries, and with the row's lock the turn to fill them. No row when the month is closed.
    RESERVE = "UPDATE subsidy_ledger_head SET size = size + $1 WHERE closed_through < $2 RETURNING size, frontier, backlog, closed_through";
    /// Holds the log without adding to it.
    LOCK = "UPDATE subsidy_ledger_head SET size = size RETURNING size, frontier, backlog, closed_through";
    GROW = "UPDATE subsidy_ledger_head SET frontier = $2, backlog = FALSE WHERE size = $1";
    CLOSE_THROUGH = "UPDATE subsidy_ledger_head SET closed_through = $1 WHERE closed_through < $1";
    INSERT_TILES = {
        postgres: "INSERT INTO subsidy_ledger_tile (level, tile, hash) SELECT n.level, n.tile, n.hash FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS TEXT[])) AS n (level, tile, hash)",
        sqlite: "INSERT INTO subsidy_ledger_tile (level, tile, hash) SELECT value->>0, value->>1, value->>2 FROM jsonb_each($1)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Gives entries from before the log their hashes.
    FILL = {
        postgres: "UPDATE subsidy_ledger_entry AS e SET leaf_hash = h.hash FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS TEXT[])) AS h (leaf, hash) WHERE e.leaf = h.leaf AND e.leaf_hash = ''",
        sqlite: "UPDATE subsidy_ledger_entry AS e SET leaf_hash = h.hash FROM (SELECT value->>0 AS leaf, value->>1 AS hash FROM jsonb_each($1)) AS h WHERE e.leaf = h.leaf AND e.leaf_hash = ''",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Entries as they are hashed, from a place on. A transaction or account that is gone leaves its words empty.
    WALK = {
        postgres: "SELECT e.leaf, e.leaf_hash, CAST(e.entry_id AS TEXT) AS entry_id, e.side, CAST(e.amount AS TEXT) AS fen, CAST(e.account_id AS TEXT) AS account_id, COALESCE(CAST(a.fund_id AS TEXT), '') AS account_fund, COALESCE(a.kind, '') AS account_kind, COALESCE(a.party, '') AS party, COALESCE(a.scheme_code, '') AS scheme_code, COALESCE(CAST(a.stage AS TEXT), '') AS stage, CAST(e.transaction_id AS TEXT) AS transaction_id, COALESCE(CAST(t.fund_id AS TEXT), '') AS fund_id, COALESCE(t.kind, '') AS kind, COALESCE(CAST(t.amount AS TEXT), '') AS transaction_fen, COALESCE(CAST(t.claim_id AS TEXT), '') AS claim_id, COALESCE(CAST(t.batch_id AS TEXT), '') AS batch_id, COALESCE(t.cause, '') AS cause, COALESCE(t.rule, '') AS rule, COALESCE(CAST(t.resolves AS TEXT), '') AS resolves, COALESCE(CAST(t.reverses AS TEXT), '') AS reverses, COALESCE(t.period, '') AS period, COALESCE(to_char(t.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '') AS posted_at FROM subsidy_ledger_entry e LEFT JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id LEFT JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE e.leaf >= $1 ORDER BY e.leaf LIMIT $2",
        sqlite: "SELECT e.leaf, e.leaf_hash, e.entry_id, e.side, CAST(e.amount AS TEXT) AS fen, e.account_id, COALESCE(a.fund_id, '') AS account_fund, COALESCE(a.kind, '') AS account_kind, COALESCE(a.party, '') AS party, COALESCE(a.scheme_code, '') AS scheme_code, COALESCE(CAST(a.stage AS TEXT), '') AS stage, e.transaction_id, COALESCE(t.fund_id, '') AS fund_id, COALESCE(t.kind, '') AS kind, COALESCE(CAST(t.amount AS TEXT), '') AS transaction_fen, COALESCE(t.claim_id, '') AS claim_id, COALESCE(t.batch_id, '') AS batch_id, COALESCE(t.cause, '') AS cause, COALESCE(t.rule, '') AS rule, COALESCE(t.resolves, '') AS resolves, COALESCE(t.reverses, '') AS reverses, COALESCE(t.period, '') AS period, COALESCE(t.posted_at, '') AS posted_at FROM subsidy_ledger_entry e LEFT JOIN subsidy_ledger_transaction t ON t.transaction_id = e.transaction_id LEFT JOIN subsidy_ledger_account a ON a.account_id = e.account_id WHERE e.leaf >= $1 ORDER BY e.leaf LIMIT $2",
        reason: "PostgreSQL's instants and ids become the texts that SQLite keeps",
    };
    LEAF_OF = "SELECT leaf FROM subsidy_ledger_entry WHERE entry_id = $1";
    /// Hashes of leaves (level 0) and of kept subtrees, by ranges.
    HASHES = {
        postgres: "SELECT CAST(0 AS BIGINT) AS level, e.leaf AS place, e.leaf_hash AS hash FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[])) AS r (level, first, past) JOIN subsidy_ledger_entry e ON e.leaf >= r.first AND e.leaf < r.past WHERE r.level = 0 UNION ALL SELECT t.level, t.tile, t.hash FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[])) AS r (level, first, past) JOIN subsidy_ledger_tile t ON t.level = r.level AND t.tile >= r.first AND t.tile < r.past",
        sqlite: "SELECT 0 AS level, e.leaf AS place, e.leaf_hash AS hash FROM jsonb_each($1) JOIN subsidy_ledger_entry e ON e.leaf >= value->>1 AND e.leaf < value->>2 WHERE value->>0 = 0 UNION ALL SELECT t.level, t.tile, t.hash FROM jsonb_each($1) JOIN subsidy_ledger_tile t ON t.level = value->>0 AND t.tile >= value->>1 AND t.tile < value->>2",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    TILES = "SELECT level, tile, hash FROM subsidy_ledger_tile ORDER BY level, tile";
}

pub async fn head(tx: &mut Tx) -> Result<Head, Error> {
    tx.fetch_one(HEAD, args![]).await
}

/// Takes `count` places at the end of the log and holds it until the transaction ends: the log with them, not yet
/// filled. `None` when the month is closed.
pub async fn reserve(tx: &mut Tx, count: usize, period: Period) -> Result<Option<Head>, Error> {
    let count = i64::try_from(count).map_err(Error::internal)?;
    tx.fetch_optional(RESERVE, args![count, period]).await
}

/// Holds the log until the transaction ends.
pub async fn lock(tx: &mut Tx) -> Result<Head, Error> {
    tx.fetch_one(LOCK, args![]).await
}

/// Keeps what the log has grown to. It is deferred.
pub fn grow(tx: &mut Tx, frontier: &Frontier) -> Result<(), Error> {
    let size = i64::try_from(frontier.size()).map_err(Error::internal)?;
    tx.defer_change(GROW, args![size, frontier.text()], "the ledger's log");
    Ok(())
}

/// No month up to this one takes a posting any more.
pub async fn close_through(tx: &mut Tx, period: Period) -> Result<(), Error> {
    tx.change(CLOSE_THROUGH, args![period], &period.name()).await
}

/// Keeps hashes of subtrees. It is deferred.
pub fn insert_tiles(tx: &mut Tx, tiles: &[(Subtree, Hash)]) -> Result<(), Error> {
    let row = |(tile, hash): &(Subtree, Hash)| args![tile.level, tile.index, hash.to_string()];
    tx.defer_rows(INSERT_TILES, args![], tiles.iter().map(row).collect(), "the ledger's log")
}

pub async fn fill(tx: &mut Tx, hashes: &[(i64, Hash)]) -> Result<(), Error> {
    every(tx, FILL, args![], hashes.iter().map(|(leaf, hash)| args![*leaf, hash.to_string()]).collect()).await
}

/// At most `most` entries from a place on.
pub async fn walk(tx: &mut Tx, from: i64, most: i64) -> Result<Vec<Leaf>, Error> {
    Ok(tx.fetch_all::<Row>(WALK, args![from, most]).await?.into_iter().map(Leaf::from).collect())
}

/// The place of an entry.
pub async fn leaf_of(tx: &mut Tx, entry: EntryId) -> Result<Option<i64>, Error> {
    let row: Option<(i64,)> = tx.fetch_optional(LEAF_OF, args![entry]).await?;
    Ok(row.map(|row| row.0))
}

/// The hashes of leaves (level 0) and kept subtrees, by level and index.
pub async fn hashes(tx: &mut Tx, ranges: &BTreeSet<(u32, (u64, u64))>) -> Result<BTreeMap<(u32, u64), Hash>, Error> {
    let rows = ranges.iter().map(|(level, (from, to))| args![*level, *from, *to]).collect();
    keyed(tx.fetch_rows(HASHES, args![], rows).await?)
}

/// Every kept subtree.
pub async fn tiles(tx: &mut Tx) -> Result<BTreeMap<(u32, u64), Hash>, Error> {
    keyed(tx.fetch_all(TILES, args![]).await?)
}

/// Those that are hashes; another text is as good as none.
fn keyed(rows: Vec<(i64, i64, String)>) -> Result<BTreeMap<(u32, u64), Hash>, Error> {
    let mut hashes = BTreeMap::new();
    for (level, index, text) in rows {
        let key = (u32::try_from(level).map_err(Error::internal)?, u64::try_from(index).map_err(Error::internal)?);
        hashes.extend(Hash::parse(&text).map(|hash| (key, hash)));
    }
    Ok(hashes)
}
