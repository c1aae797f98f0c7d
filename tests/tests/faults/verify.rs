//! Hands in the tables: what `verify` finds, and what the tables refuse.

use crate::inbox::event;
use crate::recorder::{self, RECORDER};
use crate::town::{SCHOOL, application, change, client, count};
use kit::auth::Role;
use kit::db::{Db, Engine, Sql, statements};
use kit::verify::verify;
use pb::rotation_service_client::RotationServiceClient;
use proto::rotation::v1 as pb;
use testkit::{Sandbox, Who, both_engines};

const MIGRATIONS: &[kit::db::Migrations] = &[rotation::MIGRATIONS, recorder::MIGRATIONS];

/// Two rotations, one of them approved, all delivered to a recorder.
async fn town() -> Vec<Sandbox> {
    let mut sandboxes = Vec::new();
    for test in both_engines(MIGRATIONS).await {
        let sandbox = Sandbox::new(test, &[("rotation", rotation::service), RECORDER]).await;
        client(&sandbox).create_rotation(application(1)).await.unwrap();
        let name = client(&sandbox).create_rotation(application(2)).await.unwrap().into_inner().name;
        let dean = Who::new("dean@school", Some(SCHOOL), &[Role::School]);
        let mut dean = RotationServiceClient::new(sandbox.caller("rotation", &dean));
        dean.approve_rotation(pb::ApproveRotationRequest { name, ..Default::default() }).await.unwrap();
        sandbox.settle().await;
        assert_eq!(broken(&sandbox.test.db).await, Vec::<&str>::new());
        sandboxes.push(sandbox);
    }
    sandboxes
}

/// The checks that found something.
async fn broken(db: &Db) -> Vec<&'static str> {
    let findings = verify(db, rotation::CHECKS).await.unwrap();
    findings.into_iter().filter(|finding| !finding.broken.is_empty()).map(|finding| finding.check.name).collect()
}

async fn tampered(tampering: Sql, expected: &str) {
    for sandbox in town().await {
        let db = &sandbox.test.db;
        assert_eq!(change(db, tampering).await.unwrap(), 1, "nothing was tampered with");
        let found = broken(db).await;
        assert!(found.contains(&expected), "{} on {}: found {found:?}", tampering.name, sandbox.test.engine);
    }
}

#[tokio::test]
async fn an_event_taken_out_of_the_outbox_is_found() {
    tampered(TAKE_FIRST_EVENT, "outbox-gapless").await;
}

#[tokio::test]
async fn the_newest_event_taken_out_of_the_outbox_is_found() {
    for sandbox in town().await {
        assert_eq!(change(&sandbox.test.db, TAKE_NEWEST_EVENT).await.unwrap(), 1, "nothing was tampered with");
        assert!(!broken(&sandbox.test.db).await.is_empty(), "nothing is found on {}", sandbox.test.engine);
    }
}

#[tokio::test]
async fn an_applied_event_taken_out_of_the_inbox_is_found() {
    tampered(TAKE_APPLIED, "inbox-in-order").await;
}

#[tokio::test]
async fn a_position_moved_in_the_inbox_is_found() {
    tampered(MOVE_POSITION, "inbox-in-order").await;
}

#[tokio::test]
async fn an_answer_taken_from_a_command_is_found() {
    tampered(TAKE_ANSWER, "commands-answered").await;
}

#[tokio::test]
async fn a_rotation_approved_by_nobody_but_its_applicant_is_refused_by_the_table() {
    for sandbox in town().await {
        assert!(change(&sandbox.test.db, OWN_APPROVAL).await.is_err(), "{}", sandbox.test.engine);
    }
}

#[tokio::test]
async fn an_event_left_parked_when_its_turn_has_come_is_found() {
    for sandbox in town().await {
        let (_, consumer) = recorder::consumer(&sandbox);
        consumer.deliver(vec![event(&sandbox.clock, "people/1", 2)]).await;
        assert_eq!(broken(&sandbox.test.db).await, Vec::<&str>::new());
        assert_eq!(change(&sandbox.test.db, PASS_OVER).await.unwrap(), 1);
        assert!(broken(&sandbox.test.db).await.contains(&"parked-waits-for-something"), "{}", sandbox.test.engine);
    }
}

#[tokio::test]
async fn the_audit_refuses_to_be_changed_or_shortened() {
    for sandbox in town().await {
        let db = &sandbox.test.db;
        let before = count(db, AUDITS).await;
        assert_eq!(before, 3);
        for tampering in [CHANGE_AUDIT, SHORTEN_AUDIT] {
            assert!(change(db, tampering).await.is_err(), "{} on {}", tampering.name, sandbox.test.engine);
        }
        assert_eq!((count(db, AUDITS).await, count(db, CHANGED_AUDITS).await), (before, 0));
    }
}

/// Triggers for each row do not see a whole table emptied (PostgreSQL), nor a row replaced (SQLite).
#[tokio::test]
async fn the_audit_refuses_to_be_emptied_or_replaced() {
    let mut gave_way = Vec::new();
    for sandbox in town().await {
        let db = &sandbox.test.db;
        let tampering = if db.engine() == Engine::Postgres { EMPTY_AUDIT } else { REPLACE_AUDIT };
        let answer = change(db, tampering).await;
        if answer.is_ok() || count(db, AUDITS).await != 3 || count(db, CHANGED_AUDITS).await != 0 {
            gave_way.push(sandbox.test.engine);
        }
    }
    assert_eq!(gave_way, Vec::<&str>::new());
}

statements! {
    TAKE_FIRST_EVENT = "DELETE FROM outbox WHERE version = 1 AND subject IN (SELECT subject FROM outbox WHERE version = 2)";
    TAKE_NEWEST_EVENT = "DELETE FROM outbox WHERE version = 2";
    TAKE_APPLIED = "DELETE FROM inbox WHERE version = 2";
    MOVE_POSITION = "UPDATE inbox_position SET version = 3 WHERE version = 2";
    TAKE_ANSWER = "UPDATE idempotency SET answer = NULL WHERE method LIKE '%Approve%'";
    OWN_APPROVAL = "UPDATE rotation_rotation SET approved_by = applied_by WHERE approved_by IS NOT NULL";
    PASS_OVER = "UPDATE inbox_position SET version = 2 WHERE consumer = 'recorder' AND subject = 'people/1'";
    CHANGE_AUDIT = "UPDATE audit SET actor = 'somebody else'";
    SHORTEN_AUDIT = "DELETE FROM audit WHERE method LIKE '%Approve%'";
    EMPTY_AUDIT = {
        postgres: "TRUNCATE audit",
        sqlite: "SELECT 0",
        reason: "SQLite has no TRUNCATE",
    };
    REPLACE_AUDIT = {
        postgres: "SELECT 0",
        sqlite: "INSERT OR REPLACE INTO audit (audit_id, service, at, actor, method, request, answer) SELECT audit_id, service, at, 'somebody else', method, request, answer FROM audit",
        reason: "PostgreSQL has no REPLACE, and its ON CONFLICT is an update like any other",
    };
    AUDITS = "SELECT CAST(count(*) AS BIGINT) FROM audit";
    CHANGED_AUDITS = "SELECT CAST(count(*) AS BIGINT) FROM audit WHERE actor = 'somebody else'";
}
