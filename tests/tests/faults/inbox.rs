//! Events that come early, twice, late, or never.

use crate::recorder::{self, Fault, MIGRATIONS, RECORDER, applied, parked};
use crate::town::count;
use kit::Envelope;
use kit::bus::{Bus, JetStreamBus};
use kit::clock::Clock;
use kit::db::{Db, statements};
use kit::inbox::{Consumer, Outcome};
use kit::letters;
use kit::rng::Chance;
use kit::verify::verify;
use proptest::prelude::{Just, Strategy, any, prop};
use proptest::sample::subsequence;
use proptest::test_runner::{Config, TestRunner};
use proto::directory::v1::EmploymentStarted;
use proto::hr::v1::EmployeeHired;
use std::cell::RefCell;
use std::collections::BTreeMap;
use testkit::{Sandbox, both_engines, foreign, postgres, sqlite};

const PEOPLE: usize = 3;
const VERSIONS: i64 = 6;

pub fn event(clock: &Clock, subject: &str, version: i64) -> Envelope {
    foreign(clock, subject, version, &EmploymentStarted { person: subject.to_owned(), ..Default::default() })
}

pub fn label(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::Duplicate => "duplicate",
        Outcome::Parked => "parked",
        Outcome::Dead => "dead",
        Outcome::Retry(_) => "retry",
    }
}

pub async fn give(consumer: &Consumer, events: Vec<Envelope>) -> Vec<&'static str> {
    consumer.deliver(events).await.iter().map(label).collect()
}

pub async fn assert_sound(db: &Db) {
    for finding in verify(db, &[]).await.unwrap() {
        assert!(finding.broken.is_empty(), "{}: {:?}", finding.check.name, finding.broken);
    }
}

/// Every event of every person at least once, some more often, in any order, cut into batches anywhere.
fn deliveries() -> impl Strategy<Value = Vec<Vec<(usize, i64)>>> {
    let all: Vec<(usize, i64)> = (0..PEOPLE).flat_map(|who| (1..=VERSIONS).map(move |version| (who, version))).collect();
    let repeats = subsequence(all.clone(), 0..=all.len());
    let order = repeats.prop_map(move |repeats| [all.clone(), repeats].concat()).prop_flat_map(|all| Just(all).prop_shuffle());
    (order, prop::collection::vec(any::<bool>(), PEOPLE * 12)).prop_map(|(order, cuts)| {
        let mut batches = vec![Vec::new()];
        for (at, event) in order.into_iter().enumerate() {
            batches.last_mut().unwrap().push(event);
            if cuts.get(at).copied().unwrap_or(true) {
                batches.push(Vec::new());
            }
        }
        batches
    })
}

#[test]
fn events_in_any_order_with_repeats_are_applied_in_the_order_of_their_versions_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sandbox = runtime.block_on(async { Sandbox::new(sqlite(&[MIGRATIONS]).await, &[RECORDER]).await });
    let (_, consumer) = recorder::consumer(&sandbox);
    let (tally, case) = (RefCell::new(BTreeMap::<&str, usize>::new()), RefCell::new(0));
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let held = runner.run(&deliveries(), |batches| {
        *case.borrow_mut() += 1;
        let name = |who: usize| format!("people/case-{}-{who}", case.borrow());
        runtime.block_on(async {
            for batch in batches {
                let events = batch.into_iter().map(|(who, version)| event(&sandbox.clock, &name(who), version)).collect();
                for outcome in give(&consumer, events).await {
                    *tally.borrow_mut().entry(outcome).or_default() += 1;
                }
            }
            for who in 0..PEOPLE {
                let expected: Vec<i64> = (1..=VERSIONS).collect();
                assert_eq!(applied(&sandbox.test.db, &name(who)).await, expected);
            }
            assert_eq!(parked(&sandbox.test.db).await, 0);
            assert_sound(&sandbox.test.db).await;
        });
        Ok(())
    });
    held.unwrap();
    let tally = tally.into_inner();
    println!("{tally:?}");
    assert!(tally["parked"] > 100 && tally["duplicate"] > 100, "{tally:?}");
    assert_eq!(tally.get("dead").or(tally.get("retry")), None, "{tally:?}");
}

#[tokio::test]
async fn an_early_event_is_parked_and_released_by_its_predecessor() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let one = |version| event(&sandbox.clock, "people/early", version);
        assert_eq!(give(&consumer, vec![one(3), one(2), one(3)]).await, ["parked"; 3]);
        assert_eq!((parked(&sandbox.test.db).await, applied(&sandbox.test.db, "people/early").await), (2, vec![]));
        assert_eq!(give(&consumer, vec![one(1)]).await, ["applied"]);
        assert_eq!((parked(&sandbox.test.db).await, applied(&sandbox.test.db, "people/early").await), (0, vec![1, 2, 3]));
        assert_eq!(give(&consumer, vec![one(3), one(1)]).await, ["duplicate"; 2]);
        assert_sound(&sandbox.test.db).await;
    }
}

#[tokio::test]
async fn a_dead_letter_holds_its_aggregate_back_and_no_other() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let db = &sandbox.test.db;
        let (context, consumer) = recorder::consumer(&sandbox);
        let dead = format!("people/dead-{}", sandbox.test.engine);
        let of = |subject: &str, version| event(&sandbox.clock, subject, version);
        recorder::plan(&dead, 2, Fault::Permanent, u32::MAX);
        let batch = vec![of(&dead, 1), of(&dead, 2), of("people/other", 1), of(&dead, 3), of("people/other", 2)];
        assert_eq!(give(&consumer, batch).await, ["applied", "dead", "applied", "parked", "applied"]);
        // It comes again, and is no better; the settling of others does not release what is behind it.
        assert_eq!(give(&consumer, vec![of(&dead, 2), of(&dead, 4)]).await, ["dead", "parked"]);
        let letters = letters::list(db, "recorder").await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!((letters[0].reason.as_str(), letters[0].version), ("PLANNED_REFUSAL", Some(2)));
        assert_eq!((applied(db, &dead).await, applied(db, "people/other").await), (vec![1], vec![1, 2]));

        // Replayed in vain it stays a letter; replayed when its cause is gone it lets the others on.
        let key = letters[0].event_key.clone();
        assert_eq!(label(&letters::replay(&context, &consumer, &key).await.unwrap()), "dead");
        // Each of the three deliveries tried it within its batch and alone.
        assert_eq!((recorder::fired(&dead, 2), letters::list(db, "recorder").await.unwrap().len()), (6, 1));
        recorder::mend(&dead, 2);
        assert_eq!(label(&letters::replay(&context, &consumer, &key).await.unwrap()), "applied");
        assert_eq!((applied(db, &dead).await, parked(db).await), (vec![1, 2, 3, 4], 0));
        assert!(letters::list(db, "recorder").await.unwrap().is_empty());
        assert!(letters::replay(&context, &consumer, &key).await.is_err(), "a resolved letter is not there any more");
        assert_sound(db).await;
    }
}

#[tokio::test]
async fn a_skipped_letter_lets_its_aggregate_on_without_it() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let db = &sandbox.test.db;
        let (context, consumer) = recorder::consumer(&sandbox);
        let subject = format!("people/skipped-{}", sandbox.test.engine);
        // The first event of an aggregate, and one within it.
        recorder::plan(&subject, 1, Fault::Permanent, u32::MAX);
        recorder::plan(&subject, 3, Fault::Permanent, u32::MAX);
        let all = (1..=4).map(|version| event(&sandbox.clock, &subject, version));
        assert_eq!(give(&consumer, all.collect()).await, ["dead", "parked", "parked", "parked"]);
        for expected in [vec![2], vec![2, 4]] {
            let key = letters::list(db, "recorder").await.unwrap().remove(0).event_key;
            letters::skip(&context, &consumer, &key, "agreed with the bureau").await.unwrap();
            assert_eq!(applied(db, &subject).await, expected);
        }
        assert_eq!((parked(db).await, letters::list(db, "recorder").await.unwrap().len()), (0, 0));
        assert!(recorder::fired(&subject, 1) > 0 && recorder::fired(&subject, 3) > 0);
        assert_eq!(give(&consumer, vec![event(&sandbox.clock, &subject, 3)]).await, ["duplicate"]);
        assert_sound(db).await;
    }
}

#[tokio::test]
async fn a_released_event_that_fails_holds_up_only_its_own_aggregate() {
    let sandbox = Sandbox::new(sqlite(&[MIGRATIONS]).await, &[RECORDER]).await;
    let (_, consumer) = recorder::consumer(&sandbox);
    let of = |subject: &str, version| event(&sandbox.clock, subject, version);
    recorder::plan("people/a-failing", 2, Fault::Internal, u32::MAX);
    assert_eq!(give(&consumer, vec![of("people/a-failing", 2), of("people/b-sound", 2)]).await, ["parked"; 2]);
    assert_eq!(give(&consumer, vec![of("people/a-failing", 1), of("people/b-sound", 1)]).await, ["applied"; 2]);
    assert!(recorder::fired("people/a-failing", 2) > 0);
    assert_eq!(applied(&sandbox.test.db, "people/b-sound").await, [1, 2]);
    recorder::mend("people/a-failing", 2);
    consumer.release_parked().await.unwrap();
    assert_eq!(applied(&sandbox.test.db, "people/a-failing").await, [1, 2]);
}

/// Two pods of one service, each given everything, in an order of its own.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_are_given_the_same_events_at_once_apply_each_once_and_in_order() {
    let mut test = postgres(&[MIGRATIONS]).await;
    let roomy = kit::config::DatabaseConfig { relay_connections: 8, ..testkit::settings(&test.url) };
    test.db = Db::open(&roomy).await.unwrap();
    let sandbox = Sandbox::new(test, &[RECORDER]).await;
    let replicas: Vec<_> = (0..4)
        .map(|seed| {
            let (_, consumer) = recorder::consumer(&sandbox);
            let chance = Chance::seeded(seed);
            let mut events: Vec<Envelope> = (0..10)
                .flat_map(|who| (1..=10).map(move |version| (who, version)))
                .map(|(who, version)| event(&sandbox.clock, &format!("people/{who}"), version))
                .collect();
            events.sort_by_cached_key(|_| chance.bits());
            tokio::spawn(async move {
                let mut tally = BTreeMap::<&str, usize>::new();
                for batch in events.chunks(7) {
                    for outcome in give(&consumer, batch.to_vec()).await {
                        *tally.entry(outcome).or_default() += 1;
                    }
                }
                tally
            })
        })
        .collect();
    let mut tallies = Vec::new();
    for replica in replicas {
        tallies.push(replica.await.unwrap());
    }
    // The server writes its statistics down with a delay.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    println!("{tallies:?}, {} deadlocks", count(&sandbox.test.db, DEADLOCKS).await);
    assert!(tallies.iter().all(|tally| !tally.contains_key("dead") && !tally.contains_key("retry")), "{tallies:?}");
    assert!(tallies.iter().filter(|tally| tally.contains_key("applied")).count() > 1, "one replica did it all: {tallies:?}");
    let expected: Vec<i64> = (1..=10).collect();
    for who in 0..10 {
        assert_eq!(applied(&sandbox.test.db, &format!("people/{who}")).await, expected);
    }
    assert_eq!(parked(&sandbox.test.db).await, 0);
    assert_sound(&sandbox.test.db).await;
}

/// An event of an HR system: no version, an id of its own making.
fn hr(clock: &Clock, source: &str, id: &str) -> Envelope {
    let hired = EmployeeHired { person: "people/1".into(), effective_date: "2026-09-01".into(), ..Default::default() };
    let event = foreign(clock, "", 1, &hired);
    Envelope { id: id.into(), source: source.into(), channel: "hr.v1.acme.hired".into(), version: None, ..event }
}

#[tokio::test]
async fn events_of_hr_systems_are_recognised_by_source_and_id() {
    for test in both_engines(&[MIGRATIONS]).await {
        let sandbox = Sandbox::new(test, &[RECORDER]).await;
        let (_, consumer) = recorder::consumer(&sandbox);
        let one = |source, id| hr(&sandbox.clock, source, id);
        let batch = vec![one("hr/acme", "1"), one("hr/acme", "1"), one("hr/other", "1"), one("hr/acme", "2")];
        assert_eq!(give(&consumer, batch).await, ["applied", "duplicate", "applied", "applied"]);
        assert_eq!(give(&consumer, vec![one("hr/other", "1")]).await, ["duplicate"]);
        assert_eq!(recorder::applied_in_all(&sandbox.test.db).await, 3);
        assert_sound(&sandbox.test.db).await;
    }
}

/// Two events under one key: the second is refused, and stays with the dead letters until somebody decides.
#[tokio::test]
async fn a_key_used_for_two_events_is_a_dead_letter_that_does_not_resolve_itself() {
    let sandbox = Sandbox::new(sqlite(&[MIGRATIONS]).await, &[RECORDER]).await;
    let (_, consumer) = recorder::consumer(&sandbox);
    let other = Envelope { id: "people/first#1".into(), ..event(&sandbox.clock, "people/second", 1) };
    assert_eq!(give(&consumer, vec![event(&sandbox.clock, "people/first", 1)]).await, ["applied"]);
    assert_eq!(give(&consumer, vec![other]).await, ["dead"]);
    assert_eq!(letters::list(&sandbox.test.db, "recorder").await.unwrap().remove(0).reason, "EVENT_KEY_REUSED");
    assert_eq!(give(&consumer, vec![event(&sandbox.clock, "people/third", 1)]).await, ["applied"]);
    assert_eq!(letters::list(&sandbox.test.db, "recorder").await.unwrap().len(), 1, "it was resolved though never applied");
}

/// CloudEvents has an extension `sequence`, and HR systems may use it for a count of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_that_an_hr_system_counts_for_itself_does_not_park_its_events() {
    let nats = testkit::Nats::start();
    let sandbox = Sandbox::new(sqlite(&[MIGRATIONS]).await, &[RECORDER]).await;
    let (context, consumer) = recorder::consumer(&sandbox);
    let config = kit::config::NatsConfig { url: Some(nats.url().into()), ..Default::default() };
    let bus = Bus::JetStream(JetStreamBus::connect(&config, "test").await.unwrap());
    let (tasks, stop) = (tokio_util::task::TaskTracker::new(), tokio_util::sync::CancellationToken::new());
    bus.subscribe(consumer, context, &tasks, stop.clone()).await.unwrap();
    let counted = Envelope { version: Some(7), ..hr(&sandbox.clock, "hr/acme", "1") };
    for safe in bus.publish(vec![counted, hr(&sandbox.clock, "hr/acme", "2")]).await {
        safe.unwrap();
    }
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while recorder::applied_in_all(&sandbox.test.db).await < 2 && tokio::time::Instant::now() < patience {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stop.cancel();
    assert_eq!((recorder::applied_in_all(&sandbox.test.db).await, parked(&sandbox.test.db).await), (2, 0));
}

statements! {
    DEADLOCKS = {
        postgres: "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
        sqlite: "SELECT 0",
        reason: "one writer has nobody to wait for",
    };
}
