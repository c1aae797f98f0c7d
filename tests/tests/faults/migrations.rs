//! Migrations by several replicas, across releases.

use crate::recorder::{self, RECORDER};
use crate::town::{change, count, rotation_on};
use kit::Code;
use kit::clock::Clock;
use kit::db::{Db, Lane, Migration, Migrations, args, migrate, statements};
use kit::serve::Runtime;
use std::sync::Arc;
use testkit::{TestDb, both_engines, empty_postgres, settings};
use tokio::sync::Barrier;

const ALL: &[Migrations] = &[rotation::MIGRATIONS, recorder::MIGRATIONS];

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_migrate_once() {
    let url = empty_postgres().await;
    let watcher = Db::open(&settings(&url)).await.unwrap();
    let mut held = watcher.begin(Lane::Request).await.unwrap();
    held.fetch_one::<(i64,)>(HOLD, args![]).await.unwrap();
    let together = Arc::new(Barrier::new(4));
    let replicas: Vec<_> = (0..4)
        .map(|_| {
            let (url, together) = (url.clone(), together.clone());
            tokio::spawn(async move {
                let db = Db::open(&settings(&url)).await.unwrap();
                together.wait().await;
                migrate(&db, ALL, Clock::System.now()).await.unwrap().applied.len()
            })
        })
        .collect();
    // All of them stand before the lock at once.
    while count(&watcher, WAITING).await < 4 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    held.rollback().await.unwrap();
    let mut applied = Vec::new();
    for replica in replicas {
        applied.push(replica.await.unwrap());
    }
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, 5], "one did all of it, the others found it done");
    assert_eq!(count(&watcher, HISTORY).await, 5);
}

#[tokio::test]
async fn an_expansion_of_a_newer_release_is_tolerated_and_a_contraction_is_refused_in_one_line() {
    for test in both_engines(ALL).await {
        change(&test.db, NEWER_EXPANSION).await.unwrap();
        let report = migrate(&test.db, ALL, Clock::System.now()).await.unwrap();
        assert_eq!((report.applied.len(), report.newer), (0, vec!["rotation/0099_more".to_owned()]));
        let sandbox = rotation_on(test).await;
        crate::town::client(&sandbox).create_rotation(crate::town::application(1)).await.unwrap();

        change(&sandbox.test.db, NEWER_CONTRACTION).await.unwrap();
        let refused = migrate(&sandbox.test.db, ALL, Clock::System.now()).await.unwrap_err();
        assert_one_line(&refused, "rotation/0100_less");
        assert_one_line(&sandbox.runtime.readiness.check().await.unwrap_err(), "rotation/0100_less");
        assert_one_line(&started(&sandbox.test).await.unwrap_err(), "rotation/0100_less");
    }
}

#[tokio::test]
async fn a_migration_changed_after_it_had_run_is_refused() {
    for test in both_engines(ALL).await {
        assert_eq!(change(&test.db, OTHER_CHECKSUM).await.unwrap(), 1);
        assert_one_line(&migrate(&test.db, ALL, Clock::System.now()).await.unwrap_err(), "rotation/0001_init");
        assert_one_line(&started(&test).await.unwrap_err(), "rotation/0001_init");
    }
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_refused_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("empty.db").display());
    for url in [file, empty_postgres().await] {
        let db = Db::open(&settings(&url)).await.unwrap();
        assert_one_line(&started_on(&db).await.unwrap_err(), "talentflow migrate");
        // Some services' tables are not all services' tables.
        migrate(&db, &[recorder::MIGRATIONS], Clock::System.now()).await.unwrap();
        let refused = started_on(&db).await.unwrap_err();
        assert_one_line(&refused, "rotation/0001_init");
        assert!(!refused.to_string().contains("kit/"), "{refused}");
        migrate(&db, ALL, Clock::System.now()).await.unwrap();
        started_on(&db).await.unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_of_the_run() {
    const BROKEN: Migrations = Migrations {
        service: "broken",
        all: &[
            Migration::new(
                "0001_first",
                "-- expand\nCREATE TABLE broken_first (a BIGINT);",
                "-- expand\nCREATE TABLE broken_first (a BIGINT);",
            ),
            Migration::new(
                "0002_second",
                "-- expand\nCREATE TABLE broken_second (a BIGINT); SELECT nonsense;",
                "-- expand\nCREATE TABLE broken_second (a BIGINT); SELECT nonsense;",
            ),
        ],
    };
    for test in both_engines(ALL).await {
        let before = count(&test.db, HISTORY).await;
        assert!(migrate(&test.db, &[BROKEN], Clock::System.now()).await.is_err());
        assert_eq!(count(&test.db, HISTORY).await, before);
        assert!(change(&test.db, INTO_BROKEN).await.is_err(), "a table of a failed migration stayed: {}", test.engine);
    }
}

async fn started(test: &TestDb) -> Result<Runtime, kit::Error> {
    started_on(&test.db).await
}

async fn started_on(db: &Db) -> Result<Runtime, kit::Error> {
    let (clock, chance) = (Clock::System, kit::rng::Chance::seeded(1));
    let issuer = kit::auth::DevIssuer::new(kit::config::Environment::Development, &chance)?;
    let verifier = kit::auth::Verifier::development(&Arc::new(issuer));
    let limits = kit::serve::Limits { concurrent_requests: 1, request_timeout: std::time::Duration::from_secs(1) };
    let guard = kit::serve::Guard::new(verifier, clock.clone(), limits);
    let made = [("rotation", rotation::service as fn(kit::Context) -> kit::Service), RECORDER]
        .map(|(name, make)| make(kit::Context::new(name, db.clone(), clock.clone(), &chance)));
    let bus = kit::bus::Bus::Local(kit::bus::LocalBus::default());
    Runtime::new(Some(db.clone()), &bus, &guard, made.into()).await
}

fn assert_one_line(error: &kit::Error, names: &str) {
    let text = error.to_string();
    assert_eq!(error.code(), Code::Unavailable, "{text}");
    assert!(text.contains(names) && !text.contains('\n'), "{text}");
}

statements! {
    HOLD = {
        postgres: "SELECT CAST(1 AS BIGINT) FROM (SELECT pg_advisory_xact_lock(7310429911)) AS held",
        sqlite: "SELECT 1",
        reason: "only PostgreSQL is migrated by several at once",
    };
    WAITING = {
        postgres: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
        sqlite: "SELECT 0",
        reason: "only PostgreSQL is migrated by several at once",
    };
    HISTORY = "SELECT CAST(count(*) AS BIGINT) FROM migration";
    NEWER_EXPANSION = "INSERT INTO migration (service, version, name, kind, checksum, applied_at) VALUES ('rotation', 99, '0099_more', 'expand', 'of a newer release', CURRENT_TIMESTAMP)";
    NEWER_CONTRACTION = "INSERT INTO migration (service, version, name, kind, checksum, applied_at) VALUES ('rotation', 100, '0100_less', 'contract', 'of a newer release', CURRENT_TIMESTAMP)";
    OTHER_CHECKSUM = "UPDATE migration SET checksum = 'another' WHERE service = 'rotation' AND version = 1";
    INTO_BROKEN = "INSERT INTO broken_first (a) VALUES (1)";
}
