//! A database that is taken, full, away, or cut off.

use crate::town::{Left, application, client, count, keyed, on_both, rotation_on};
use kit::Code;
use kit::config::DatabaseConfig;
use kit::db::{Db, Lane, args, statements};
use std::time::{Duration, Instant};
use testkit::{postgres, settings, sqlite};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tonic::Code as Grpc;
use tonic_types::StatusExt;

#[tokio::test]
async fn a_second_opening_of_one_file_is_refused_and_names_who_holds_it() {
    let test = sqlite(&[rotation::MIGRATIONS]).await;
    let refused = Db::open(&settings(&test.url)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let text = refused.to_string();
    assert!(text.contains(&format!("process {}", std::process::id())) && !text.contains('\n'), "{text}");
    // The refusal took nothing from the one who holds it.
    let sandbox = rotation_on(test).await;
    client(&sandbox).create_rotation(application(1)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_its_holder_has_let_go_of_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    for _ in 0..3 {
        let db = Db::open(&settings(&url)).await.unwrap();
        assert!(Db::open(&settings(&url)).await.is_err());
        db.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_one_line_that_names_it() {
    let began = Instant::now();
    let config = DatabaseConfig { acquire_timeout_seconds: 2, ..settings("postgres://nobody:secret@127.0.0.1:1/none") };
    let error = Db::open(&config).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?}", began.elapsed());
    assert!(text.contains("127.0.0.1:1") && !text.contains('\n') && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up_in_time() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap();
    let taken = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = mute.accept().await {
            held.push(stream);
        }
    });
    let began = Instant::now();
    let config = DatabaseConfig { acquire_timeout_seconds: 1, ..settings(&format!("postgres://nobody@{address}/none")) };
    let error = Db::open(&config).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?}", began.elapsed());
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    taken.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_answers_unavailable_in_time_and_is_no_harm_to_delivery_and_readiness() {
    let sandbox = rotation_on(postgres(&[rotation::MIGRATIONS]).await).await;
    client(&sandbox).create_rotation(application(0)).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(sandbox.test.db.begin(Lane::Request).await.unwrap());
    }
    let began = Instant::now();
    let refused = client(&sandbox).create_rotation(keyed(1)).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::Unavailable, "{refused:?}");
    assert!(began.elapsed() >= Duration::from_secs(2), "the pool was not full");
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    assert!(!refused.message().contains('\n') && !refused.message().contains("sqlx"), "{}", refused.message());
    assert!(refused.get_details_retry_info().is_some());
    sandbox.runtime.readiness.check().await.unwrap();
    assert_eq!(sandbox.runtime.settle().await.unwrap(), 1);
    drop(held);
    client(&sandbox).create_rotation(keyed(1)).await.unwrap();
    assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_cuts_off_are_replaced_without_a_restart() {
    let sandbox = rotation_on(postgres(&[rotation::MIGRATIONS]).await).await;
    let mut cut = 0;
    let cutter = Db::open(&settings(&sandbox.test.url)).await.unwrap();
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let mut client = client(&sandbox);
            tokio::spawn(async move {
                let mut failures = 0;
                // As a caller would: the same key until there is an answer.
                loop {
                    match client.create_rotation(keyed(number)).await {
                        Ok(_) => return failures,
                        Err(status) if status.code() == Grpc::Unavailable && failures < 50 => failures += 1,
                        Err(status) => panic!("{status:?}"),
                    }
                    sleep(Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    for _ in 0..5 {
        let mut tx = cutter.begin(Lane::Request).await.unwrap();
        let (number,): (i64,) = tx.fetch_one(CUT_OFF, args![]).await.unwrap();
        cut += number;
        drop(tx);
        sleep(Duration::from_millis(30)).await;
    }
    let mut failures = 0;
    for call in calls {
        failures += call.await.unwrap();
    }
    println!("cut off {cut} connections, {failures} calls failed and were repeated");
    assert!(cut > 0 && failures > 0, "cut off {cut}, failed {failures}");
    assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(100));
    assert_eq!(count(&sandbox.test.db, UNSENT).await, 100);
    sandbox.settle().await;
    assert_eq!(count(&sandbox.test.db, UNSENT).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_writes_wait_for_the_one_writer_of_a_file_while_readers_go_on() {
    for sandbox in on_both().await.into_iter().take(1) {
        let held = sandbox.test.db.begin(Lane::Request).await.unwrap();
        let calls: Vec<_> = (0..200)
            .map(|number| {
                let mut client = client(&sandbox);
                tokio::spawn(async move { client.create_rotation(application(number)).await })
            })
            .collect();
        sleep(Duration::from_millis(500)).await;
        let waiting = calls.iter().filter(|call| !call.is_finished()).count();
        assert_eq!((waiting, Left::in_tables(&sandbox.test.db).await), (200, Left::whole(0)));
        held.rollback().await.unwrap();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(200));
    }
}

statements! {
    CUT_OFF = {
        postgres: "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()) AS all_of_them WHERE cut",
        sqlite: "SELECT 0",
        reason: "SQLite has no server that could cut anybody off",
    };
    UNSENT = "SELECT CAST(count(*) AS BIGINT) FROM v_outbox WHERE sent_at IS NULL";
}
