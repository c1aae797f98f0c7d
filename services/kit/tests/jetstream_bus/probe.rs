//! Two small services: one that publishes through its outbox, one that notes what it applies.

use futures::FutureExt;
use futures::future::BoxFuture;
use kit::bus::Bus;
use kit::clock::Clock;
use kit::config::{DatabaseConfig, SecretUrl};
use kit::db::{Db, Lane, Migration, Migrations, args, migrate, statements};
use kit::event::Envelope;
use kit::inbox::Consumer;
use kit::outbox::{self, Relay};
use kit::rng::Chance;
use kit::{Context, Error, React, Scope, Service, Tx};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_subscriber::EnvFilter;

const CREATE: &str =
    "-- expand\nCREATE TABLE probe_effect (event_key TEXT NOT NULL, subject TEXT NOT NULL, version BIGINT NOT NULL)";
const PROBE: Migrations = Migrations { service: "probe", all: &[Migration::new("0001_probe", CREATE, CREATE)] };

statements! {
    APPEND = "INSERT INTO outbox (service, event_id, kind, subject, version, occurred_at, data, cause) VALUES ($1, $2, $3, $4, $5, $6, $7, 'test')";
    NOTE = "INSERT INTO probe_effect (event_key, subject, version) VALUES ($1, $2, $3)";
    COUNTS = "SELECT CAST(count(*) AS BIGINT), CAST(count(DISTINCT event_key) AS BIGINT) FROM probe_effect";
    ORDER = "SELECT version FROM probe_effect WHERE subject = $1 ORDER BY rowid";
    PARKED = "SELECT CAST(count(*) AS BIGINT), CAST(count(*) AS BIGINT) FROM inbox_parked";
    SENT = "SELECT CAST(count(*) AS BIGINT), CAST(count(sent_at) AS BIGINT) FROM v_outbox";
    MEMORY = "SELECT last_seq, CAST(0 AS BIGINT) FROM bus_stream WHERE stream = 'TALENTFLOW'";
}

/// A service of its own database, connected to the bus.
pub struct Probe {
    pub context: Context,
    pub consumer: Consumer,
    pub relay: Relay,
    bus: Bus,
    tasks: TaskTracker,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Probe {
    pub async fn new(name: &'static str, subscriptions: &'static [&'static str], bus: Bus) -> Self {
        LazyLock::force(&METRICS);
        // RUST_LOG=kit=debug shows what a failing test went through.
        let _ = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).with_test_writer().try_init();
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("probe.db").display());
        let db = Db::open(&DatabaseConfig { url: SecretUrl::from(url), ..DatabaseConfig::default() }).await.unwrap();
        migrate(&db, &[PROBE], Clock::System.now()).await.unwrap();
        let context = Context::new(name, db, Clock::ahead(), &Chance::seeded(7));
        let service = Service {
            context: context.clone(),
            routes: tonic::service::Routes::default(),
            migrations: PROBE,
            statements: Vec::new(),
            subscriptions,
            react: React::Each(react),
            step: None,
            checks: &[],
        };
        Self {
            consumer: Consumer::of(&service),
            relay: Relay::new(context.clone(), bus.clone()),
            context,
            bus,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            _folder: folder,
        }
    }

    /// Starts following, and watching what was published.
    pub async fn attach(&self) -> Result<(), Error> {
        self.bus.subscribe(self.consumer.clone(), self.context.clone(), &self.tasks, self.stop.clone()).await
    }

    /// Sends the outbox whenever there is something in it.
    pub fn start_relay(&self) {
        let (relay, stop) = (self.relay.clone(), self.stop.clone());
        self.tasks.spawn(async move { relay.run(stop).await });
    }

    /// Commits events of one aggregate: the versions given.
    pub async fn commit(&self, kind: &str, subject: &str, versions: impl IntoIterator<Item = i64>) {
        let mut tx = self.context.begin().await.unwrap();
        for version in versions {
            let id = self.context.chance.uuid(Clock::System.now());
            let row = args![self.context.service, id, kind, subject, version, Clock::System.now(), Vec::<u8>::new()];
            tx.execute(APPEND, row).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// How many effects there are, and how many of different events.
    pub async fn effects(&self) -> (i64, i64) {
        self.pair(COUNTS).await
    }

    pub async fn parked(&self) -> i64 {
        self.pair(PARKED).await.0
    }

    /// How many events are in the outbox, and how many of them are marked as sent.
    pub async fn sent(&self) -> (i64, i64) {
        self.pair(SENT).await
    }

    pub async fn unsent(&self) -> i64 {
        outbox::pending(&self.context).await.unwrap()
    }

    /// The sequence of the last event of ours that the watch has seen in the stream.
    pub async fn remembered(&self) -> Option<i64> {
        let mut tx = self.context.db.read(Lane::Background).await.unwrap();
        let row: Option<(i64, i64)> = tx.fetch_optional(MEMORY, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        row.map(|row| row.0)
    }

    pub async fn versions(&self, subject: &str) -> Vec<i64> {
        let mut tx = self.context.db.read(Lane::Background).await.unwrap();
        let rows: Vec<(i64,)> = tx.fetch_all(ORDER, args![subject]).await.unwrap();
        tx.rollback().await.unwrap();
        rows.into_iter().map(|row| row.0).collect()
    }

    async fn pair(&self, sql: kit::db::Sql) -> (i64, i64) {
        let mut tx = self.context.db.read(Lane::Background).await.unwrap();
        let row = tx.fetch_one(sql, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        row
    }

    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await.expect("the service does not come to rest");
    }
}

/// An event as the relay would make it.
pub fn envelope(kind: &str, subject: &str, version: i64) -> Envelope {
    let service = kind.split('.').nth(1).unwrap();
    Envelope {
        id: Chance::system().unwrap().uuid(Clock::System.now()).to_string(),
        source: format!("talentflow/{service}"),
        kind: kind.to_owned(),
        channel: kind.to_owned(),
        subject: subject.to_owned(),
        version: Some(version),
        time: Clock::System.now(),
        cause: None,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        data: Vec::new(),
    }
}

/// How often an event about a subject is still to fail.
static FAILURES: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);

pub fn fail(subject: &str, times: u32) {
    FAILURES.lock().unwrap().insert(subject.to_owned(), times);
}

pub fn failures_left(subject: &str) -> u32 {
    FAILURES.lock().unwrap().get(subject).copied().unwrap_or_default()
}

/// Events about these subjects take their time.
static SLOW: LazyLock<Mutex<HashMap<String, Duration>>> = LazyLock::new(Mutex::default);

pub fn slow(subject: &str, pause: Duration) {
    SLOW.lock().unwrap().insert(subject.to_owned(), pause);
}

fn react<'a>(tx: &'a mut Tx, _: &'a Scope, event: &'a Envelope) -> BoxFuture<'a, Result<(), Error>> {
    async move {
        if let Some(left) = FAILURES.lock().unwrap().get_mut(&event.subject).filter(|left| **left > 0) {
            *left -= 1;
            return Err(Error::unavailable("made to fail"));
        }
        let pause = SLOW.lock().unwrap().get(&event.subject).copied().unwrap_or_default();
        tokio::time::sleep(pause).await;
        tx.execute(NOTE, args![event.key(), event.subject.as_str(), event.version.unwrap_or_default()]).await?;
        Ok(())
    }
    .boxed()
}

static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| PrometheusBuilder::new().install_recorder().unwrap());

/// The sum of a counter over the series that carry all these labels.
pub fn counted(name: &str, labels: &[(&str, &str)]) -> f64 {
    let text = METRICS.render();
    let mine = |line: &&str| {
        let series = line.split([' ', '{']).next() == Some(name);
        series && labels.iter().all(|(key, value)| line.contains(&format!("{key}=\"{value}\"")))
    };
    text.lines().filter(mine).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
