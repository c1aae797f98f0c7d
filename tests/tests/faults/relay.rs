//! What was committed is delivered, once to effect.

use crate::recorder::{self, RECORDER, applied, applied_in_all};
use crate::town::{application, assert_sound, client, count};
use kit::Context;
use kit::bus::{Bus, LocalBus};
use kit::db::{Db, Engine, Lane, Tx, args, statements};
use kit::id::EventId;
use kit::inbox::Consumer;
use kit::outbox::{Relay, pending, republish};
use kit::rng::Chance;
use proto::Event;
use proto::rotation::v1::RotationApplied;
use std::time::Duration;
use testkit::{Sandbox, TestDb, both_engines, postgres};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const SERVICES: &[testkit::Make] = &[("rotation", rotation::service), RECORDER];
const MIGRATIONS: &[kit::db::Migrations] = &[rotation::MIGRATIONS, recorder::MIGRATIONS];

fn encoded<E: Event>(event: &E) -> Vec<u8> {
    event.encode_to_vec()
}

/// Opens a transaction that has appended an event and takes its time.
async fn append(sandbox: &Sandbox, context: &Context, subject: &str) -> Tx {
    let event = RotationApplied { rotation: subject.to_owned(), ..Default::default() };
    let id: kit::id::EventId = context.id();
    let mut tx = sandbox.test.db.begin(Lane::Request).await.unwrap();
    tx.execute(APPEND, args![id, RotationApplied::TYPE, subject, sandbox.clock.now(), encoded(&event)]).await.unwrap();
    tx
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_commits_after_later_ones_were_sent_is_sent_too() {
    let sandbox = Sandbox::new(postgres(MIGRATIONS).await, SERVICES).await;
    let context = Context::new("rotation", sandbox.test.db.clone(), sandbox.clock.clone(), &Chance::seeded(9));
    let (mut late, mut overtaken) = (Vec::new(), 0);
    for round in 0..10 {
        let subject = format!("rotations/late-{round}");
        let held = append(&sandbox, &context, &subject).await;
        for number in 0..5 {
            client(&sandbox).create_rotation(application(round * 5 + number)).await.unwrap();
        }
        sandbox.settle().await;
        assert!(applied(&sandbox.test.db, &subject).await.is_empty());
        held.commit().await.unwrap();
        overtaken += count(&sandbox.test.db, OVERTAKEN).await;
        late.push(subject);
        sandbox.settle().await;
    }
    println!("overtaken {overtaken}");
    assert_eq!(overtaken, 10, "no event was overtaken: the order was never disturbed");
    for subject in late {
        assert_eq!(applied(&sandbox.test.db, &subject).await, [1], "{subject}");
    }
    assert_eq!(applied_in_all(&sandbox.test.db).await, 60);
    assert_eq!(sandbox.runtime.pending().await.unwrap(), 0);
    assert_sound(&sandbox.test.db).await;
}

/// A bus with a recorder on it, and relays of rotation that share its database.
struct Post {
    bus: Bus,
    context: Context,
    consumer: Consumer,
}

impl Post {
    async fn new(sandbox: &Sandbox) -> Self {
        let bus = Bus::Local(LocalBus::default());
        let (recorder, consumer) = recorder::consumer(sandbox);
        bus.subscribe(consumer.clone(), recorder, &TaskTracker::new(), CancellationToken::new()).await.unwrap();
        let context = Context::new("rotation", sandbox.test.db.clone(), sandbox.clock.clone(), &Chance::seeded(9));
        Self { bus, context, consumer }
    }

    async fn drain_by(&self, relays: usize) -> u64 {
        let relays: Vec<_> = (0..relays)
            .map(|_| {
                let relay = Relay::new(self.context.clone(), self.bus.clone());
                tokio::spawn(async move { relay.drain().await })
            })
            .collect();
        let mut sent = 0;
        for relay in relays {
            sent += relay.await.unwrap().unwrap();
        }
        sent
    }
}

async fn write(sandbox: &Sandbox, how_many: usize) {
    let calls: Vec<_> = (0..how_many)
        .map(|number| {
            let mut client = client(sandbox);
            tokio::spawn(async move { client.create_rotation(application(number)).await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
}

/// A database whose background pool has room for the relays of the test and what they deliver to.
async fn roomy() -> TestDb {
    let mut test = postgres(MIGRATIONS).await;
    let config = kit::config::DatabaseConfig { relay_connections: 8, ..testkit::settings(&test.url) };
    test.db = Db::open(&config).await.unwrap();
    test
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_at_once_send_everything_and_nothing_twice() {
    let sandbox = Sandbox::new(roomy().await, SERVICES).await;
    let post = Post::new(&sandbox).await;
    write(&sandbox, 600).await;
    let sent = timeout(Duration::from_mins(1), post.drain_by(2)).await.expect("the relays come to an end");
    assert_eq!((sent, pending(&post.context).await.unwrap()), (600, 0));
    assert_eq!(applied_in_all(&sandbox.test.db).await, 600);
    assert_sound(&sandbox.test.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_published_again_by_two_relays_has_no_second_effect() {
    let mut tests = both_engines(MIGRATIONS).await;
    tests.pop();
    tests.push(roomy().await);
    for test in tests {
        let sandbox = Sandbox::new(test, SERVICES).await;
        let post = Post::new(&sandbox).await;
        write(&sandbox, 100).await;
        assert_eq!(post.drain_by(1).await, 100);
        let (from, to) = (sandbox.clock.now() - chrono::TimeDelta::days(1), sandbox.clock.now() + chrono::TimeDelta::days(1));
        let again = republish(&post.context, from, to).await.unwrap();
        assert_eq!(again, 100, "nothing was published again");
        let sent = timeout(Duration::from_mins(1), post.drain_by(2)).await.expect("the relays come to an end");
        assert!(sent >= 100 && pending(&post.context).await.unwrap() == 0);
        assert_eq!(applied_in_all(&sandbox.test.db).await, 100, "{}", sandbox.test.engine);
    }
}

/// In one process on PostgreSQL every relay holds its claim while the consumers it waits for look for a
/// connection in the same pool.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_relays_as_the_pool_has_connections_do_not_wait_for_each_other_for_ever() {
    let sandbox = Sandbox::new(postgres(MIGRATIONS).await, SERVICES).await;
    let post = Post::new(&sandbox).await;
    // Two claims of 256 rows, on the two background connections of a test's database.
    write(&sandbox, 400).await;
    let drained = timeout(Duration::from_secs(30), post.drain_by(2)).await;
    assert!(drained.is_ok(), "{} events wait after 30 s", pending(&post.context).await.map_or(-1, |count| count));
    assert_eq!(applied_in_all(&sandbox.test.db).await, 400);
}

/// A bus whose consumer fails for some events: those stay in the outbox, the others are marked.
#[tokio::test]
async fn an_event_the_consumer_could_not_take_stays_in_the_outbox_and_comes_again() {
    for test in both_engines(MIGRATIONS).await {
        let sandbox = Sandbox::new(test, SERVICES).await;
        let post = Post::new(&sandbox).await;
        let mut names = Vec::new();
        for number in 0..3 {
            names.push(client(&sandbox).create_rotation(application(number)).await.unwrap().into_inner().name);
        }
        recorder::plan(&names[1], 1, recorder::Fault::Internal, 6);
        let relay = Relay::new(post.context.clone(), post.bus.clone());
        assert!(relay.drain().await.is_err());
        assert_eq!((recorder::fired(&names[1], 1), pending(&post.context).await.unwrap()), (6, 1));
        assert_eq!(relay.drain().await.unwrap(), 1);
        assert_eq!(applied_in_all(&sandbox.test.db).await, 3);
        assert!(kit::letters::list(&sandbox.test.db, post.consumer.name()).await.unwrap().is_empty());
    }
}

/// Of events that wait together only what could not be taken is left, and comes again.
#[tokio::test]
async fn of_a_lot_only_what_the_consumer_could_not_take_stays() {
    for test in both_engines(MIGRATIONS).await {
        let sandbox = Sandbox::new(test, SERVICES).await;
        let post = Post::new(&sandbox).await;
        let event = encoded(&RotationApplied::default());
        let mut tx = sandbox.test.db.begin(Lane::Request).await.unwrap();
        let row = |n: u8| args![post.context.id::<EventId>(), format!("rotations/{n}")];
        let ids = [row(1), row(2), row(3)].concat();
        let rest = args![RotationApplied::TYPE, sandbox.clock.now(), event];
        tx.execute(APPEND_THREE, [ids, rest].concat()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&sandbox.test.db, LOTS).await, if sandbox.test.db.engine() == Engine::Postgres { 1 } else { 3 });
        recorder::plan("rotations/2", 1, recorder::Fault::Internal, 6);
        let relay = Relay::new(post.context.clone(), post.bus.clone());
        assert!(relay.drain().await.is_err());
        assert_eq!((recorder::fired("rotations/2", 1), pending(&post.context).await.unwrap()), (6, 1));
        assert_eq!(applied_in_all(&sandbox.test.db).await, 2);
        assert_eq!((relay.drain().await.unwrap(), pending(&post.context).await.unwrap()), (1, 0));
        assert_eq!(applied_in_all(&sandbox.test.db).await, 3);
    }
}

statements! {
    APPEND_THREE = "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause) VALUES ('rotation', $1, $7, $2, 1, $8, $9, 'test'), ('rotation', $3, $7, $4, 1, $8, $9, 'test'), ('rotation', $5, $7, $6, 1, $8, $9, 'test')";
    LOTS = "SELECT CAST(count(*) AS BIGINT) FROM outbox_lot";
    APPEND = "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause) VALUES ('rotation', $1, $2, $3, 1, $4, $5, 'test')";
    OVERTAKEN = "SELECT CAST(count(*) AS BIGINT) FROM outbox o JOIN v_outbox v ON v.event_id = CAST(o.event_id AS TEXT) WHERE v.sent_at IS NULL AND o.seq < (SELECT max(s.seq) FROM outbox s JOIN v_outbox w ON w.event_id = CAST(s.event_id AS TEXT) WHERE w.sent_at IS NOT NULL)";
}
