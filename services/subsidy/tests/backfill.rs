//! Documents that were handed in before they were looked for are found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop, loudly")]

use kit::db::{Lane, Migrations, args, migrate, statements};
use kit::verify::verify_all;
use subsidy::MIGRATIONS;
use testkit::both_engines;

const BEFORE: &[Migrations] = &[Migrations { service: "subsidy", all: MIGRATIONS.all.split_at(6).0 }];

statements! {
    CLAIM = "INSERT INTO subsidy_claim (claim_id, version, scheme_code, scheme_version, scheme_digest, fund_code, fund_id, person_id, beneficiary_id, occasion, stage, part, amount, earned_on, facts, state, content_hash, submitted_by, checks, reconsider, created_at, updated_at, evidence) VALUES ('00000000-0000-7000-8000-0000000000c1', 2, 'hiring-subsidy', 1, '', 'talent', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-00000000000b', 'employments/1', 1, 1, 100, '2026-07-10', '', 'submitted', 'h', 'clerk', '[]', FALSE, '2026-08-31T16:30:00+00:00', '2026-08-31T16:30:00+00:00', '[{\"code\":\"contract\",\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"place\":\"drawer\"},{\"code\":\"insurance\",\"sha256\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"place\":\"drawer\"}]')";
    KEPT = "SELECT code, sha256 FROM subsidy_claim_evidence ORDER BY code";
}

#[tokio::test]
async fn documents_of_an_older_release_are_where_claims_that_name_them_too_are_looked_for() {
    for test in both_engines(BEFORE).await {
        let mut tx = test.db.begin(Lane::Request).await.unwrap();
        tx.execute(CLAIM, args![]).await.unwrap();
        tx.commit().await.unwrap();
        migrate(&test.db, &[MIGRATIONS], kit::clock::Clock::System.now()).await.unwrap();
        let mut tx = test.db.read(Lane::Request).await.unwrap();
        let kept: Vec<(String, String)> = tx.fetch_all(KEPT, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        let expected = [("contract".to_owned(), "a".repeat(64)), ("insurance".to_owned(), "b".repeat(64))];
        assert_eq!(kept, expected, "{}", test.engine);
        let findings = verify_all(&test.db, subsidy::CHECKS, &[], None).await.unwrap();
        let lost = findings.into_iter().find(|finding| finding.check.name == "subsidy-evidence").unwrap();
        assert!(lost.broken.is_empty(), "{:?}", lost.broken);
    }
}
