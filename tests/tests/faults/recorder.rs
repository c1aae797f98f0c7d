//! A service that only remembers what it applied, and fails when it is told to.

use crate::town::count;
use futures::future::BoxFuture;
use kit::db::{Db, Lane, Migration, Migrations, args, statements};
use kit::inbox::Consumer;
use kit::{Context, Envelope, Error, React, Scope, Service, Tx};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use testkit::Make;
use tonic::service::Routes;

pub const MIGRATIONS: Migrations = Migrations {
    service: "recorder",
    all: &[Migration::new(
        "0001_init",
        "-- expand\nCREATE TABLE recorder_applied (nr BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject TEXT NOT NULL, version BIGINT NOT NULL, kind TEXT NOT NULL);",
        "-- expand\nCREATE TABLE recorder_applied (nr INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, version BIGINT NOT NULL, kind TEXT NOT NULL);",
    )],
};
pub const RECORDER: Make = ("recorder", service);

pub fn service(context: Context) -> Service {
    Service {
        context,
        routes: Routes::default(),
        migrations: MIGRATIONS,
        statements: STATEMENTS.to_vec(),
        subscriptions: &["talentflow.directory.person", "talentflow.rotation.rotation", "hr.v1"],
        react: React::Each(react),
        step: None,
        checks: &[],
    }
}

/// The recorder of a sandbox as a consumer, to be handed events without a bus.
pub fn consumer(sandbox: &testkit::Sandbox) -> (Context, Consumer) {
    let chance = kit::rng::Chance::seeded(7);
    let context = Context::new("recorder", sandbox.test.db.clone(), sandbox.clock.clone(), &chance);
    (context.clone(), Consumer::of(&service(context)))
}

/// How a reaction fails.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    Transient,
    Permanent,
    Internal,
    Panic,
}

#[derive(Debug)]
struct Planned {
    fault: Fault,
    /// How often it is still to happen.
    left: u32,
    fired: u32,
}

/// By subject and version; subjects are each test's own.
static PLANNED: LazyLock<Mutex<HashMap<(String, i64), Planned>>> = LazyLock::new(Mutex::default);

/// The reaction to this event fails so often.
pub fn plan(subject: &str, version: i64, fault: Fault, times: u32) {
    PLANNED.lock().unwrap().insert((subject.to_owned(), version), Planned { fault, left: times, fired: 0 });
}

/// The reaction to this event fails no more.
pub fn mend(subject: &str, version: i64) {
    if let Some(planned) = PLANNED.lock().unwrap().get_mut(&(subject.to_owned(), version)) {
        planned.left = 0;
    }
}

/// How often the reaction to this event has failed.
pub fn fired(subject: &str, version: i64) -> u32 {
    PLANNED.lock().unwrap().get(&(subject.to_owned(), version)).map_or(0, |planned| planned.fired)
}

fn due(event: &Envelope) -> Option<Fault> {
    let mut planned = PLANNED.lock().unwrap();
    let planned = planned.get_mut(&(event.subject.clone(), event.version.unwrap_or_default()))?;
    planned.left = planned.left.checked_sub(1)?;
    planned.fired += 1;
    Some(planned.fault)
}

fn react<'a>(tx: &'a mut Tx, _: &'a Scope, event: &'a Envelope) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        // First the effect, then the failure: what is left of it then is a fault of the transaction.
        tx.execute(RECORD, args![event.subject.as_str(), event.version.unwrap_or_default(), event.kind.as_str()]).await?;
        match due(event) {
            None => Ok(()),
            Some(Fault::Transient) => Err(Error::unavailable("a planned pause")),
            Some(Fault::Permanent) => Err(Error::refused("person", "PLANNED_REFUSAL", "planned", "计划内")),
            Some(Fault::Internal) => Err(Error::internal("a planned defect")),
            Some(Fault::Panic) => panic!("a planned panic"),
        }
    })
}

/// The versions of `subject` in the order in which they were applied.
pub async fn applied(db: &Db, subject: &str) -> Vec<i64> {
    let mut tx = db.read(Lane::Background).await.unwrap();
    let rows: Vec<(i64,)> = tx.fetch_all(APPLIED, args![subject]).await.unwrap();
    tx.rollback().await.unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

pub async fn applied_in_all(db: &Db) -> i64 {
    count(db, APPLIED_IN_ALL).await
}

pub async fn parked(db: &Db) -> i64 {
    count(db, PARKED).await
}

statements! {
    RECORD = "INSERT INTO recorder_applied (subject, version, kind) VALUES ($1, $2, $3)";
    APPLIED = "SELECT version FROM recorder_applied WHERE subject = $1 ORDER BY nr";
    APPLIED_IN_ALL = "SELECT CAST(count(*) AS BIGINT) FROM recorder_applied";
    PARKED = "SELECT CAST(count(*) AS BIGINT) FROM inbox_parked";
}
