//! Callers that go away. tonic drops a handler's future when its client cancels; sqlx 0.9 hands back a
//! connection with an open transaction when `begin` is dropped (issues 4385 and 4393).

use crate::edge::Edge;
use crate::town::{Left, application, assert_sound, client, count, keyed, rotation_on};
use futures::stream::{StreamExt, iter};
use kit::db::{Lane, args, statements};
use kit::rng::Chance;
use proto::rotation::v1 as pb;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use testkit::{Sandbox, postgres};
use tokio::time::{sleep, timeout};

const CALLS: usize = 2000;
const AT_ONCE: usize = 32;

/// A random moment within the first three milliseconds.
fn moments(seed: u64, how_many: usize) -> Vec<Duration> {
    let chance = Chance::seeded(seed);
    (0..how_many).map(|_| Duration::from_micros(chance.below(3000))).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Cancelled,
    Answered,
    Refused,
}

/// Waits until no command is at work any more.
async fn quiet(sandbox: &Sandbox) -> Left {
    let mut before = Left::in_tables(&sandbox.test.db).await;
    loop {
        // Longer than a command may wait for a connection.
        sleep(Duration::from_millis(3500)).await;
        let now = Left::in_tables(&sandbox.test.db).await;
        if now == before {
            return now;
        }
        before = now;
    }
}

async fn assert_no_open_transaction(sandbox: &Sandbox) {
    // The one that asks is not idle.
    assert_eq!(count(&sandbox.test.db, IDLE_IN_TRANSACTION).await, 0, "a connection went back with an open transaction");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_whose_callers_went_away_are_carried_out_whole_or_not_at_all() {
    let sandbox = rotation_on(postgres(&[rotation::MIGRATIONS]).await).await;
    let calls = moments(1, CALLS).into_iter().enumerate().map(|(number, patience)| {
        let mut client = client(&sandbox);
        async move {
            // Every tenth waits for its answer, so that the others are not all cancelled in an empty house.
            let patience = if number % 10 == 0 { Duration::from_secs(10) } else { patience };
            match timeout(patience, client.create_rotation(keyed(number))).await {
                Err(_) => Fate::Cancelled,
                Ok(Ok(_)) => Fate::Answered,
                Ok(Err(_)) => Fate::Refused,
            }
        }
    });
    let fates: Vec<Fate> = iter(calls).buffer_unordered(AT_ONCE).collect().await;
    let tally = |fate| i64::try_from(fates.iter().filter(|one| **one == fate).count()).unwrap();
    let (cancelled, answered, refused) = (tally(Fate::Cancelled), tally(Fate::Answered), tally(Fate::Refused));

    let left = quiet(&sandbox).await;
    println!("cancelled {cancelled}, answered {answered}, refused {refused}; carried out {}", left.rotations);
    assert!(cancelled > 200, "only {cancelled} calls were cancelled");
    assert!(left.rotations > answered, "no cancelled call was carried out: none was cancelled half way");
    assert_eq!(left, Left::whole(left.rotations));
    assert_no_open_transaction(&sandbox).await;

    // Asked again under its key, each has one effect, whichever became of it the first time.
    let again = (0..CALLS).map(|number| {
        let mut client = client(&sandbox);
        async move { client.create_rotation(keyed(number)).await }
    });
    let answers: Vec<_> = iter(again).buffer_unordered(AT_ONCE).collect().await;
    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(i64::try_from(CALLS).unwrap()));
    assert_no_open_transaction(&sandbox).await;
    assert_sound(&sandbox.test.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_whose_streams_are_reset_over_the_network_are_carried_out_whole_or_not_at_all() {
    let edge = Edge::on(postgres(&[rotation::MIGRATIONS]).await, 1).await;
    let (client, token) = edge.client().await;
    let calls = moments(4, CALLS).into_iter().enumerate().map(|(number, patience)| {
        let (mut client, mut request) = (client.clone(), keyed(number));
        request.metadata_mut().insert("authorization", token.clone());
        // Long enough for most to have arrived.
        async move { timeout(patience * 4, client.create_rotation(request)).await.is_err() }
    });
    let cancelled = iter(calls).buffer_unordered(AT_ONCE).filter(|cancelled| std::future::ready(*cancelled)).count().await;
    let left = quiet(&edge.sandbox).await;
    println!("cancelled {cancelled}; carried out {}", left.rotations);
    assert!(cancelled > 100, "only {cancelled} calls were cancelled");
    assert!(left.rotations > i64::try_from(CALLS - cancelled).unwrap(), "no cancelled call was carried out");
    assert_eq!(left, Left::whole(left.rotations));
    assert_no_open_transaction(&edge.sandbox).await;
    assert_sound(&edge.sandbox.test.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_whose_callers_went_away_leave_no_transaction_behind_in_which_a_write_is_lost() {
    let sandbox = rotation_on(postgres(&[rotation::MIGRATIONS]).await).await;
    let chance = Chance::seeded(2);
    // Long enough for some to be cancelled while they begin, some while they read.
    let calls = (0..CALLS).map(|number| {
        let (mut client, patience) = (client(&sandbox), Duration::from_micros(chance.below(3000)));
        async move {
            // Every tenth is a write that nobody cancels, on the connections that the others gave back.
            if number % 10 == 0 {
                client.create_rotation(application(number)).await.unwrap();
                return false;
            }
            timeout(patience, client.list_rotations(pb::ListRotationsRequest::default())).await.is_err()
        }
    });
    let cancelled = iter(calls).buffer_unordered(AT_ONCE).filter(|cancelled| std::future::ready(*cancelled)).count().await;
    println!("cancelled {cancelled}");
    assert!(cancelled > 100, "only {cancelled} questions were cancelled");
    assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(i64::try_from(CALLS / 10).unwrap()));
    assert_no_open_transaction(&sandbox).await;
}

/// How often a begin dropped half way leaves its transaction open, where nothing is done about it.
async fn leaked_by_a_bare_pool(url: &str) -> usize {
    let bare = PgPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let mut leaked = 0;
    for patience in moments(3, CALLS) {
        if timeout(patience / 10, bare.begin()).await.is_err() {
            let mut connection = bare.acquire().await.unwrap();
            // Outside a transaction every statement has a new `now()`.
            let now = || sqlx::query_as::<_, (String,)>("SELECT CAST(now() AS TEXT)");
            let first = now().fetch_one(&mut *connection).await.unwrap();
            if now().fetch_one(&mut *connection).await.unwrap() == first {
                leaked += 1;
                sqlx::query("ROLLBACK").execute(&mut *connection).await.unwrap();
            }
        }
    }
    bare.close().await;
    leaked
}

#[tokio::test(flavor = "multi_thread")]
async fn a_begin_that_is_dropped_half_way_gives_its_connection_back_clean() {
    let test = postgres(&[rotation::MIGRATIONS]).await;
    // No more at once than there are connections: they shall be cancelled while they begin, not while they wait.
    let at_once = 8;
    let begins = moments(3, CALLS).into_iter().map(|patience| {
        let db = test.db.clone();
        async move { timeout(patience / 3, db.begin(Lane::Request)).await.is_err() }
    });
    let cancelled = iter(begins).buffer_unordered(at_once).filter(|cancelled| std::future::ready(*cancelled)).count().await;
    // The same on a pool as sqlx makes it shows that the fault is real, and fires here.
    let leaked = leaked_by_a_bare_pool(&test.url).await;
    println!("cancelled {cancelled}; a bare pool of sqlx leaked {leaked} open transactions");
    assert!(leaked > 0, "the fault did not fire");
    assert!(cancelled > 100, "only {cancelled} begins were dropped");
    for number in 0..100 {
        let mut tx = test.db.begin(Lane::Request).await.unwrap();
        tx.execute(MARK, args![i64::from(number)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(count(&test.db, MARKS).await, 100, "writes that were answered Ok were lost");
    assert_eq!(count(&test.db, IDLE_IN_TRANSACTION).await, 0);
}

statements! {
    IDLE_IN_TRANSACTION = {
        postgres: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        sqlite: "SELECT 0",
        reason: "SQLite has no server to ask",
    };
    MARK = "INSERT INTO bus_stream (service, stream, created_at, last_seq, last_key, marked_at) VALUES ('test', CAST(CAST($1 AS BIGINT) AS TEXT), CURRENT_TIMESTAMP, 0, '', CURRENT_TIMESTAMP)";
    MARKS = "SELECT CAST(count(*) AS BIGINT) FROM bus_stream";
}
