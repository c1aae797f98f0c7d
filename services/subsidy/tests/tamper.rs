//! Hands in the ledger with the rights to put them there: triggers are switched off, rows are changed, removed,
//! swapped and cut off, and `verify` says which, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod town;

use chrono::TimeDelta;
use desk::{Desk, fund};
use kit::db::{Engine, Sql, Tx, args, statements};
use kit::verify::verify_all;
use proto::subsidy::v1 as pb;
use subsidy::domain::Posting;
use subsidy::domain::log::{Frontier, Hash, Subtree};
use subsidy::store::log::{self, Leaf};
use town::Town;

mod rights {
    use super::statements;
    statements! {
        AS_REPLICA = "SET LOCAL session_replication_role = replica";
        ENTRY_UPDATE = "DROP TRIGGER subsidy_ledger_entry_no_update";
        ENTRY_DELETE = "DROP TRIGGER subsidy_ledger_entry_no_delete";
        TRANSACTION_UPDATE = "DROP TRIGGER subsidy_ledger_transaction_no_update";
        TRANSACTION_DELETE = "DROP TRIGGER subsidy_ledger_transaction_no_delete";
        TILE_UPDATE = "DROP TRIGGER subsidy_ledger_tile_no_update";
        TILE_DELETE = "DROP TRIGGER subsidy_ledger_tile_no_delete";
        HEAD = "DROP TRIGGER subsidy_ledger_head_grows";
    }
    pub const SQLITE: [kit::db::Sql; 7] =
        [ENTRY_UPDATE, ENTRY_DELETE, TRANSACTION_UPDATE, TRANSACTION_DELETE, TILE_UPDATE, TILE_DELETE, HEAD];
}

statements! {
    AMOUNT = "UPDATE subsidy_ledger_entry SET amount = amount + 1 WHERE leaf = 5";
    SIDE = "UPDATE subsidy_ledger_entry SET side = CASE side WHEN 'debit' THEN 'credit' ELSE 'debit' END WHERE leaf = 5";
    OTHER_ACCOUNT = "UPDATE subsidy_ledger_entry SET account_id = (SELECT account_id FROM subsidy_ledger_entry WHERE leaf = 1) WHERE leaf = 5";
    RULE = "UPDATE subsidy_ledger_transaction SET rule = 'another' WHERE transaction_id = (SELECT transaction_id FROM subsidy_ledger_entry WHERE leaf = 5)";
    TIME = "UPDATE subsidy_ledger_transaction SET posted_at = (SELECT created_at FROM subsidy_fund WHERE code = 'later') WHERE transaction_id = (SELECT transaction_id FROM subsidy_ledger_entry WHERE leaf = 5)";
    CLAIM = "UPDATE subsidy_ledger_transaction SET claim_id = transaction_id WHERE transaction_id = (SELECT transaction_id FROM subsidy_ledger_entry WHERE leaf = 5)";
    STAGE = "UPDATE subsidy_ledger_account SET stage = stage + 1 WHERE account_id = (SELECT account_id FROM subsidy_ledger_entry WHERE leaf = 4)";
    WITHOUT_TRANSACTION = "DELETE FROM subsidy_ledger_transaction WHERE transaction_id = (SELECT transaction_id FROM subsidy_ledger_entry WHERE leaf = 5)";
    WITHOUT_ACCOUNT = "DELETE FROM subsidy_ledger_account WHERE account_id = (SELECT account_id FROM subsidy_ledger_entry WHERE leaf = 4)";
    UNHASHED = "UPDATE subsidy_ledger_entry SET leaf_hash = '' WHERE leaf = 5";
    REMOVE = "DELETE FROM subsidy_ledger_entry WHERE leaf = 5";
    REMOVE_FIRST = "DELETE FROM subsidy_ledger_entry WHERE leaf = 0";
    REMOVE_BOTH = "DELETE FROM subsidy_ledger_entry WHERE leaf IN (4, 5)";
    CUT = "DELETE FROM subsidy_ledger_entry WHERE leaf >= 500";
    ASIDE = "UPDATE subsidy_ledger_entry SET leaf = 999 WHERE leaf = 5";
    FORWARD = "UPDATE subsidy_ledger_entry SET leaf = 5 WHERE leaf = 9";
    BACK = "UPDATE subsidy_ledger_entry SET leaf = 9 WHERE leaf = 999";
    BESIDE = "INSERT INTO subsidy_ledger_entry (entry_id, transaction_id, account_id, side, amount, leaf, leaf_hash) SELECT transaction_id, transaction_id, account_id, side, amount, 602, leaf_hash FROM subsidy_ledger_entry WHERE leaf = 5";
    HEAD_BACK = "UPDATE subsidy_ledger_head SET size = 500";
    LOSE_TILE = "DELETE FROM subsidy_ledger_tile WHERE tile = 1";
    REHASH = "UPDATE subsidy_ledger_entry SET leaf_hash = $2 WHERE leaf = $1";
    RETILE = "UPDATE subsidy_ledger_tile SET hash = $3 WHERE level = $1 AND tile = $2";
    REHEAD = "UPDATE subsidy_ledger_head SET size = $1, frontier = $2";
}

/// Six hundred and two entries, of a fund and three hundred commitments.
async fn towns() -> Vec<Town> {
    let towns = Town::both().await;
    for town in &towns {
        let desk = Desk::of(&town.sandbox);
        let fund = fund(town, "talent", "", 1_000_000).await;
        let mut postings: Vec<Posting> = desk.commitments(fund, 300, 10);
        for (n, posting) in postings.iter_mut().enumerate() {
            posting.rule = format!("rule {n}");
        }
        desk.post(&postings).await.unwrap();
        town.sandbox.clock.advance(TimeDelta::days(40));
        desk::fund(town, "later", "", 0).await;
    }
    towns
}

async fn checkpoint(town: &Town) -> String {
    town.officer().get_ledger_checkpoint(pb::GetLedgerCheckpointRequest {}).await.unwrap().into_inner().text
}

/// What the look at the log finds.
async fn found(town: &Town, checkpoint: Option<&str>) -> Vec<String> {
    let findings = verify_all(&town.sandbox.test.db, &[], subsidy::LOOKS, checkpoint).await.unwrap();
    findings.into_iter().find(|finding| finding.check.name == "subsidy-log").unwrap().broken
}

/// A transaction in which no trigger stands in the way.
async fn with_rights(town: &Town) -> Tx {
    let mut tx = Desk::of(&town.sandbox).tx().await;
    if town.sandbox.test.db.engine() == Engine::Postgres {
        tx.execute(rights::AS_REPLICA, args![]).await.unwrap();
    } else {
        for sql in rights::SQLITE {
            tx.execute(sql, args![]).await.unwrap();
        }
    }
    tx
}

async fn tamper(town: &Town, statements: &[Sql]) {
    let mut tx = with_rights(town).await;
    for sql in statements {
        assert!(tx.execute(*sql, args![]).await.unwrap() > 0, "{} on {} changed nothing", sql.name, town.sandbox.test.engine);
    }
    tx.commit().await.unwrap();
}

async fn entries(town: &Town) -> Vec<Leaf> {
    let mut tx = Desk::of(&town.sandbox).tx().await;
    let leaves = log::walk(&mut tx, 0, 10_000).await.unwrap();
    tx.rollback().await.unwrap();
    leaves
}

fn name(leaf: &Leaf) -> String {
    format!("ledgerEntries/{}", leaf.logged.entry)
}

/// Makes hashes, kept parts and head what the rows say now, as somebody would who knows the program.
async fn cover_up(town: &Town, parts_too: bool) {
    let leaves = entries(town).await;
    let mut tx = with_rights_again(town).await;
    let (mut frontier, mut tiles) = (Frontier::default(), Vec::new());
    for leaf in &leaves {
        let hash = leaf.logged.hash(u64::try_from(leaf.leaf).unwrap());
        if leaf.hash != hash.to_string() {
            tx.execute(REHASH, args![leaf.leaf, hash.to_string()]).await.unwrap();
        }
        frontier.push(hash, |tile, hash| tiles.push((tile, hash)));
    }
    if parts_too {
        for (Subtree { level, index }, hash) in tiles {
            tx.execute(RETILE, args![level, i64::try_from(index).unwrap(), hash.to_string()]).await.unwrap();
        }
        tx.execute(REHEAD, args![i64::try_from(frontier.size()).unwrap(), frontier.text()]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// On SQLite the triggers are gone already.
async fn with_rights_again(town: &Town) -> Tx {
    if town.sandbox.test.db.engine() == Engine::Postgres { with_rights(town).await } else { Desk::of(&town.sandbox).tx().await }
}

#[tokio::test]
async fn an_untouched_ledger_holds_against_every_checkpoint_it_gave_out() {
    for town in towns().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund(&town, "roads", "", 1_000_000).await;
        let mut kept = vec![checkpoint(&town).await];
        for count in [1, 200, 40] {
            desk.post(&desk.commitments(fund, count, 10)).await.unwrap();
            kept.push(checkpoint(&town).await);
        }
        for text in kept {
            assert_eq!(found(&town, Some(&text)).await, Vec::<String>::new());
        }
        let malformed = verify_all(&town.sandbox.test.db, &[], subsidy::LOOKS, Some("size 3")).await.unwrap_err();
        assert_eq!(malformed.reason(), "CHECKPOINT");
    }
}

#[tokio::test]
async fn a_row_that_is_changed_is_named_whatever_was_changed_of_it() {
    for (sql, also) in [
        (AMOUNT, None),
        (SIDE, None),
        (OTHER_ACCOUNT, None),
        (UNHASHED, None),
        (RULE, Some(4)),
        (TIME, Some(4)),
        (CLAIM, Some(4)),
    ] {
        for town in towns().await {
            let (kept, before) = (checkpoint(&town).await, entries(&town).await);
            tamper(&town, &[sql]).await;
            let found = found(&town, Some(&kept)).await;
            let expected: Vec<String> = also
                .into_iter()
                .chain([5])
                .map(|at: usize| format!("{} (leaf {at}) is not what was logged", name(&before[at])))
                .collect();
            let named: Vec<&String> = found.iter().filter(|line| line.contains("is not what was logged")).collect();
            assert_eq!(named.len(), expected.len(), "{} on {}: {found:?}", sql.name, town.sandbox.test.engine);
            assert!(named.iter().zip(&expected).all(|(line, start)| line.starts_with(start)), "{}: {found:?}", sql.name);
            let rows = sql.name != "UNHASHED";
            assert_eq!(rows, found.iter().any(|line| line.contains("do not make the root of the checkpoint")), "{found:?}");
        }
    }
}

#[tokio::test]
async fn what_entries_stand_on_is_missed_when_it_is_changed_or_gone() {
    for (sql, expected, at_least) in [
        (WITHOUT_TRANSACTION, "ledgerTransactions/", 2),
        (WITHOUT_ACCOUNT, "ledgerAccounts/", 100),
        (STAGE, "is not what was logged", 100),
    ] {
        for town in towns().await {
            tamper(&town, &[sql]).await;
            let found = found(&town, None).await;
            let named = found.iter().filter(|line| line.contains(expected)).count();
            assert!(named >= at_least, "{} on {}: {found:?}", sql.name, town.sandbox.test.engine);
            assert!(sql.name == "STAGE" || found.iter().any(|line| line.ends_with("is gone")), "{found:?}");
        }
    }
}

#[tokio::test]
async fn a_row_that_is_removed_leaves_a_gap_between_its_neighbours() {
    for (sql, said) in [
        (REMOVE, "leaf 5 is removed: after {4}, before {6}"),
        (REMOVE_FIRST, "leaf 0 is removed: at the beginning, before {1}"),
        (REMOVE_BOTH, "leaves 4 to 5 are removed: after {3}, before {6}"),
    ] {
        for town in towns().await {
            let (kept, before) = (checkpoint(&town).await, entries(&town).await);
            tamper(&town, &[sql]).await;
            let mut expected = said.to_owned();
            for at in [1, 3, 4, 6] {
                expected = expected.replace(&format!("{{{at}}}"), &name(&before[at]));
            }
            let found = found(&town, Some(&kept)).await;
            assert_eq!(found[0], expected, "{}", town.sandbox.test.engine);
            assert!(found[1].ends_with("are not there: leaves before its end are missing"), "{found:?}");
        }
    }
}

#[tokio::test]
async fn rows_that_are_swapped_are_named_as_a_pair() {
    for town in towns().await {
        let before = entries(&town).await;
        tamper(&town, &[ASIDE, FORWARD, BACK]).await;
        let found = found(&town, None).await;
        let (one, other) = (name(&before[9]), name(&before[5]));
        assert_eq!(found[0], format!("{one} and {other} were swapped (leaves 5 and 9)"), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("is not what was logged")), "{found:?}");
    }
}

#[tokio::test]
async fn a_log_that_is_cut_off_is_missed_by_its_head_and_with_the_head_by_a_checkpoint() {
    for town in towns().await {
        let (kept, before) = (checkpoint(&town).await, entries(&town).await);
        tamper(&town, &[CUT]).await;
        let end = name(&before[499]);
        let seen = found(&town, None).await;
        assert_eq!(
            seen,
            [format!("leaves 500 to 601 are removed: the log is truncated after {end}")],
            "{}",
            town.sandbox.test.engine
        );

        let mut tx = with_rights_again(&town).await;
        tx.execute(LOSE_TILE, args![]).await.unwrap();
        tx.execute(HEAD_BACK, args![]).await.unwrap();
        tx.commit().await.unwrap();
        cover_up(&town, true).await;
        assert_eq!(found(&town, None).await, Vec::<String>::new(), "the tables alone cannot know");
        let seen = found(&town, Some(&kept)).await;
        assert_eq!(seen.len(), 1);
        assert!(
            seen[0].starts_with("the 602 entries of the checkpoint of") && seen[0].ends_with("the log is shorter"),
            "{seen:?}"
        );
    }
}

#[tokio::test]
async fn rows_beside_the_log_and_lost_parts_of_its_tree_are_found() {
    for (sql, expected) in [
        (BESIDE, "leaf 602 is not in the log: its head ends before them"),
        (LOSE_TILE, "leaves 256 to 511 do not make the hash that the log keeps of them"),
    ] {
        for town in towns().await {
            tamper(&town, &[sql]).await;
            let found = found(&town, None).await;
            assert!(found.iter().any(|line| line == expected), "{} on {}: {found:?}", sql.name, town.sandbox.test.engine);
        }
    }
}

#[tokio::test]
async fn a_row_and_its_hash_changed_together_are_found_by_the_part_of_the_tree_they_lie_in() {
    for town in towns().await {
        tamper(&town, &[AMOUNT]).await;
        cover_up(&town, false).await;
        let found = found(&town, None).await;
        assert_eq!(found[0], "leaves 0 to 255 do not make the hash that the log keeps of them", "{}", town.sandbox.test.engine);
    }
}

#[tokio::test]
async fn a_tree_that_was_made_anew_over_a_changed_row_is_found_by_a_checkpoint_and_by_a_closed_month() {
    for town in towns().await {
        let kept = checkpoint(&town).await;
        let request = pb::ClosePeriodRequest { name: "periods/2026-09".into(), ..Default::default() };
        town.officer().close_period(request).await.unwrap();
        tamper(&town, &[AMOUNT]).await;
        cover_up(&town, true).await;
        let without = found(&town, None).await;
        assert_eq!(without, ["the first 602 entries do not make the root of the month 2026-09, when it was closed"]);
        let with = found(&town, Some(&kept)).await;
        assert!(with.iter().any(|line| line.starts_with("the first 602 entries do not make the root of the checkpoint of")));
        assert_ne!(Hash::parse(kept.lines().nth(2).unwrap().trim_start_matches("root ")), None);
    }
}

#[tokio::test]
async fn an_entry_moved_to_another_month_is_found_even_where_its_hash_was_made_anew() {
    for town in towns().await {
        tamper(&town, &[TIME]).await;
        cover_up(&town, true).await;
        let found = found(&town, None).await;
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|line| line.ends_with("is in the month 2026-09, and was not posted in it")), "{found:?}");
    }
}
