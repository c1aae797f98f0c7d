//! Rotation under test: how it is asked, and how its tables are counted from outside.

use kit::auth::Role;
use kit::db::{Db, Lane, Sql, args, statements};
use kit::serve::Limits;
use kit::verify::verify;
use pb::rotation_service_client::RotationServiceClient;
use proto::google::r#type::Date;
use proto::rotation::v1 as pb;
use std::time::Duration;
use testkit::{Caller, Sandbox, TestDb, Who, both_engines};

pub const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
pub const FACTORY: &str = "organisations/00000000-0000-7000-8000-00000000000b";

/// The `number`-th person; each may rotate full time.
pub fn person(number: usize) -> String {
    format!("people/00000000-0000-7000-8000-{number:012x}")
}

pub fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

pub fn application(number: usize) -> pb::CreateRotationRequest {
    let rotation = pb::Rotation {
        person: person(number),
        home_organisation: SCHOOL.into(),
        host_organisation: FACTORY.into(),
        start_date: day(2026, 9, 1),
        end_date: day(2026, 9, 11),
        share_percent: 100,
        post: "process engineer".into(),
        ..Default::default()
    };
    pb::CreateRotationRequest { rotation: Some(rotation) }
}

/// The application of the `number`-th person under a key of its own.
pub fn keyed(number: usize) -> tonic::Request<pb::CreateRotationRequest> {
    let mut request = tonic::Request::new(application(number));
    request.metadata_mut().insert("idempotency-key", format!("application-{number}").parse().unwrap());
    request
}

pub fn teacher() -> Who {
    Who::new("teacher@school", Some(SCHOOL), &[Role::School])
}

pub fn client(sandbox: &Sandbox) -> RotationServiceClient<Caller> {
    RotationServiceClient::new(sandbox.caller("rotation", &teacher()))
}

pub async fn rotation_on(test: TestDb) -> Sandbox {
    Sandbox::new(test, &[("rotation", rotation::service)]).await
}

pub async fn on_both() -> Vec<Sandbox> {
    let mut sandboxes = Vec::new();
    for test in both_engines(&[rotation::MIGRATIONS]).await {
        sandboxes.push(rotation_on(test).await);
    }
    sandboxes
}

pub async fn limited_on_both(concurrent_requests: usize, request_timeout: Duration) -> Vec<Sandbox> {
    let mut sandboxes = Vec::new();
    let limits = Limits { concurrent_requests, request_timeout };
    for test in both_engines(&[rotation::MIGRATIONS]).await {
        sandboxes.push(Sandbox::limited(test, &[("rotation", rotation::service)], 42, limits).await);
    }
    sandboxes
}

/// What the commands of rotation have left behind, on one consistent picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub rotations: i64,
    pub events: i64,
    pub audits: i64,
    pub answers: i64,
    /// Keys that were claimed and have no answer.
    pub unanswered: i64,
}

impl Left {
    pub async fn in_tables(db: &Db) -> Self {
        let mut tx = db.read(Lane::Background).await.unwrap();
        let (rotations, events, audits, answers, unanswered) = tx.fetch_one(LEFT, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        Self { rotations, events, audits, answers, unanswered }
    }

    /// That many commands, each whole.
    pub fn whole(commands: i64) -> Self {
        Self { rotations: commands, events: commands, audits: commands, answers: commands, unanswered: 0 }
    }
}

pub async fn count(db: &Db, sql: Sql) -> i64 {
    let mut tx = db.read(Lane::Background).await.unwrap();
    let (count,): (i64,) = tx.fetch_one(sql, args![]).await.unwrap();
    tx.rollback().await.unwrap();
    count
}

pub async fn change(db: &Db, sql: Sql) -> Result<u64, kit::Error> {
    let mut tx = db.begin(Lane::Background).await?;
    let rows = tx.execute(sql, args![]).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Every invariant of kit and rotation holds.
pub async fn assert_sound(db: &Db) {
    for finding in verify(db, rotation::CHECKS).await.unwrap() {
        assert!(finding.broken.is_empty(), "{}: {:?}", finding.check.name, finding.broken);
    }
}

statements! {
    LEFT = "SELECT CAST((SELECT count(*) FROM rotation_rotation) AS BIGINT), CAST((SELECT count(*) FROM outbox) AS BIGINT), CAST((SELECT count(*) FROM audit) AS BIGINT), CAST((SELECT count(*) FROM idempotency WHERE answer IS NOT NULL) AS BIGINT), CAST((SELECT count(*) FROM idempotency WHERE answer IS NULL) AS BIGINT)";
}
