//! What pairings and proposals name: guarded by foreign keys on SQLite, found by `verify` on PostgreSQL, where those would
//! cost a city's round half its time.

use crate::town::*;
use kit::db::{Engine, Lane, Sql, args, statements};
use kit::verify::verify;

async fn found(town: &Town) -> Vec<String> {
    let findings = verify(&town.sandbox.test.db, mentoring::CHECKS).await.unwrap();
    let lost = findings.into_iter().find(|finding| finding.check.name == "mentoring-references").unwrap();
    lost.broken
}

#[tokio::test]
async fn a_pairing_or_a_proposal_cannot_name_what_is_not_there_unseen() {
    for town in Town::both().await {
        town.register(vec![academic(1, 3)]).await;
        town.register(vec![enterprise(2, 3)]).await;
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        assert_eq!(found(&town).await, Vec::<String>::new());
        for tampering in [LOSE_MENTOR, LOSE_ROUND, LOSE_STUDENT, LOSE_RUN, LOSE_PROPOSED] {
            tampered(&town, tampering).await;
        }
    }
}

async fn tampered(town: &Town, tampering: Sql) {
    let db = &town.sandbox.test.db;
    let before = found(town).await.len();
    let mut tx = db.begin(Lane::Request).await.unwrap();
    let changed = tx.execute(tampering, args![]).await;
    match db.engine() {
        Engine::Sqlite => {
            assert!(changed.is_err(), "{} was not refused", tampering.name);
        }
        Engine::Postgres => {
            assert_eq!(changed.unwrap(), 1, "{} changed nothing", tampering.name);
            tx.commit().await.unwrap();
            assert_eq!(found(town).await.len(), before + 1, "{} is not found", tampering.name);
        }
    }
}

statements! {
    LOSE_MENTOR = "UPDATE mentoring_pairing SET mentor_id = pairing_id WHERE pairing_id IN (SELECT pairing_id FROM mentoring_pairing ORDER BY pairing_id LIMIT 1)";
    LOSE_ROUND = "UPDATE mentoring_pairing SET round_id = pairing_id WHERE pairing_id IN (SELECT pairing_id FROM mentoring_pairing ORDER BY pairing_id LIMIT 1 OFFSET 1)";
    LOSE_STUDENT = "UPDATE mentoring_pairing SET enrolment_id = pairing_id WHERE pairing_id IN (SELECT pairing_id FROM mentoring_pairing ORDER BY pairing_id LIMIT 1 OFFSET 2)";
    LOSE_RUN = "UPDATE mentoring_proposal SET run_id = proposal_id WHERE proposal_id IN (SELECT proposal_id FROM mentoring_proposal ORDER BY proposal_id LIMIT 1)";
    LOSE_PROPOSED = "UPDATE mentoring_proposal SET mentor_id = proposal_id WHERE proposal_id IN (SELECT proposal_id FROM mentoring_proposal ORDER BY proposal_id LIMIT 1 OFFSET 1)";
}
