//! How many approve a claim, and who: as its scheme says of the amount.

#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot go on should stop, loudly")]

mod city;
mod town;

use kit::auth::Role;
use kit::db::{Engine, Lane, Sql, args, statements};
use kit::{Money, id::Id};
use proto::subsidy::v1 as pb;
use std::time::Duration;
use subsidy::domain::{ClaimId, FundId, Scheme};
use subsidy::store::approval::{self, New};
use testkit::Who;
use tonic::{Code, Status};
use town::{Client, Town, fen, reason};

statements! {
    TOLD = "SELECT kind FROM outbox WHERE kind LIKE 'talentflow.subsidy.claim.approv%' ORDER BY kind";
    TAKE_ALL = "UPDATE subsidy_budget SET committed = appropriated WHERE fund_id = $1";
    GIVE_BACK = "UPDATE subsidy_budget SET committed = 0 WHERE fund_id = $1";
    WAITING = {
        postgres: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE subsidy_budget%'",
        sqlite: "SELECT 0",
        reason: "a SQLite file has one writer: nobody spends beside it",
    };
    COMMITMENTS = "SELECT CAST(count(*) AS BIGINT) FROM subsidy_ledger_transaction WHERE kind = 'commitment'";
    APPROVALS = "SELECT CAST(count(*) AS BIGINT) FROM subsidy_claim_approval";
    ALONE = "UPDATE subsidy_claim SET state = 'approved', approved_by = 'officer@finance', approved_hash = content_hash";
}

impl Town {
    fn second(&self) -> Client {
        self.as_who(&Who::new("second@finance", None, &[Role::Finance]))
    }

    async fn count(&self, sql: Sql) -> i64 {
        let mut tx = self.sandbox.test.db.read(Lane::Background).await.unwrap();
        let (count,) = tx.fetch_one(sql, args![]).await.unwrap();
        count
    }

    async fn one_checked(&self) -> (String, pb::ApproveClaimRequest) {
        let fund = self.fund(1_000_000).await;
        self.graduate_hired(1).await;
        let checked = self.checked(&self.only_claim().await.name).await;
        (fund, pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash })
    }
}

/// By both ways to approve: alone, and as a batch of one.
fn approve(
    mut who: Client,
    one: &pb::ApproveClaimRequest,
    batch: bool,
) -> impl Future<Output = Result<pb::Claim, Status>> + Send + use<> {
    let one = one.clone();
    async move {
        if !batch {
            return who.approve_claim(one).await.map(tonic::Response::into_inner);
        }
        let request = pb::BatchApproveClaimsRequest { requests: vec![one] };
        who.batch_approve_claims(request).await.map(|answer| answer.into_inner().claims.remove(0))
    }
}

fn by(claim: &pb::Claim) -> Vec<&str> {
    claim.approvals.iter().map(|given| given.approved_by.as_str()).collect()
}

#[tokio::test]
async fn a_level_of_two_commits_with_the_second_person_and_not_before() {
    for batch in [false, true] {
        for town in Town::both_with(city::levels).await {
            let (fund, one) = town.one_checked().await;
            let first = approve(town.officer(), &one, batch).await.unwrap();
            assert_eq!((first.state(), first.approved_by.as_str()), (pb::ClaimState::Checked, ""));
            assert_eq!(by(&first), ["officer@finance"]);
            assert_eq!((town.budget(&fund).await.committed, town.claim(&one.name).await), (fen(0), first));

            let again = approve(town.officer(), &one, batch).await.unwrap_err();
            assert_eq!((again.code(), reason(&again)), (Code::FailedPrecondition, "ALREADY_APPROVED_BY_YOU".into()));
            let bureau = approve(town.bureau(), &one, batch).await.unwrap_err();
            assert_eq!((bureau.code(), reason(&bureau)), (Code::FailedPrecondition, "ROLE_FOR_LEVEL".into()));
            assert!(bureau.message().contains("1,500.00 yuan, which finance approves"), "{}", bureau.message());
            town.verify().await;

            let second = approve(town.second(), &one, batch).await.unwrap();
            assert_eq!((second.state(), second.approved_by.as_str()), (pb::ClaimState::Approved, "second@finance"));
            assert_eq!(by(&second), ["officer@finance", "second@finance"]);
            assert_eq!((town.budget(&fund).await.committed, town.claim(&one.name).await), (fen(150_000), second));
            let mut tx = town.sandbox.test.db.read(Lane::Request).await.unwrap();
            let told: Vec<(String,)> = tx.fetch_all(TOLD, args![]).await.unwrap();
            let kinds: Vec<_> = told.iter().map(|row| row.0.rsplit('.').nth(1).unwrap()).collect();
            assert_eq!(kinds, ["approval-given", "approved"]);
            tx.rollback().await.unwrap();
            town.verify().await;
        }
    }
}

#[tokio::test]
async fn of_many_who_approve_a_claim_at_once_two_are_taken_and_each_once() {
    for town in Town::both_with(city::levels).await {
        let (fund, one) = town.one_checked().await;
        let tries: Vec<_> = (0..12)
            .map(|n| {
                let who = town.as_who(&Who::new(&format!("{}@finance", n % 6), None, &[Role::Finance]));
                let one = one.clone();
                tokio::spawn(async move { approve(who, &one, false).await })
            })
            .collect();
        let mut granted = Vec::new();
        for answer in tries {
            match answer.await.unwrap() {
                Ok(claim) => granted.push(claim.state()),
                Err(status) => {
                    assert!(["WRONG_STATE", "ALREADY_APPROVED_BY_YOU"].contains(&reason(&status).as_str()), "{status:?}");
                }
            }
        }
        granted.sort();
        assert_eq!(granted, [pb::ClaimState::Checked, pb::ClaimState::Approved], "{}", town.sandbox.test.engine);
        assert_eq!(town.claim(&one.name).await.approvals.len(), 2);
        assert_eq!(town.budget(&fund).await.committed, fen(150_000));
        town.verify().await;
    }
}

#[tokio::test]
async fn where_a_scheme_has_no_levels_one_person_is_enough_and_is_shown() {
    for town in Town::both().await {
        let (_, one) = town.one_checked().await;
        let approved = approve(town.bureau(), &one, false).await.unwrap();
        assert_eq!((approved.state(), by(&approved)), (pb::ClaimState::Approved, vec!["clerk@bureau"]));
        assert_eq!(town.claim(&one.name).await, approved);
        let listed = town.claims().await;
        assert_eq!(listed, [approved]);
        town.verify().await;
    }
}

/// Between the look at a budget and the statement that spends from it, somebody else takes all it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_spent_while_an_approval_is_under_way_refuses_it_and_nothing_is_left() {
    for town in Town::both().await.into_iter().filter(|town| town.sandbox.test.db.engine() == Engine::Postgres) {
        let (fund, one) = town.one_checked().await;
        let id = FundId::parse("fund", &fund).unwrap();
        let mut other = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        other.execute(TAKE_ALL, args![id]).await.unwrap();
        let asked = tokio::spawn(approve(town.officer(), &one, false));
        while town.count(WAITING).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        other.commit().await.unwrap();
        let refused = asked.await.unwrap().unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "BUDGET_EXCEEDED".into()));
        assert_eq!(town.claim(&one.name).await.state(), pb::ClaimState::Checked);
        assert_eq!((town.count(COMMITMENTS).await, town.count(APPROVALS).await), (0, 0));
        let mut other = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        other.execute(GIVE_BACK, args![id]).await.unwrap();
        other.commit().await.unwrap();
        assert_eq!(approve(town.officer(), &one, false).await.unwrap().state(), pb::ClaimState::Approved);
        town.verify().await;
    }
}

#[tokio::test]
async fn an_approval_of_what_the_claim_no_longer_says_or_by_who_submitted_it_is_not_kept() {
    for town in Town::both_with(city::levels).await {
        let (_, one) = town.one_checked().await;
        let claim = ClaimId::parse("name", &one.name).unwrap();
        let new = New { claim, by: "somebody".into(), content_hash: one.content_hash.clone(), place: 1, needed: 2 };
        let wrong = [
            New { content_hash: "0".repeat(64), ..new.clone() },
            New { by: "clerk@factory".into(), ..new.clone() },
            New { place: 3, ..new.clone() },
        ];
        for new in wrong {
            let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
            approval::insert_all(&mut tx, &[new], town.now()).unwrap();
            assert!(tx.flush().await.is_err(), "{}", town.sandbox.test.engine);
            tx.rollback().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_claim_that_was_approved_by_fewer_than_its_scheme_asks_for_is_found() {
    for town in Town::both_with(city::levels).await {
        let (_, one) = town.one_checked().await;
        approve(town.officer(), &one, false).await.unwrap();
        assert!(town.broken("subsidy-approvals").await.is_empty());
        let mut tx = town.sandbox.test.db.begin(Lane::Request).await.unwrap();
        tx.execute(ALONE, args![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(town.broken("subsidy-approvals").await.len(), 1, "{}", town.sandbox.test.engine);
    }
}

#[test]
fn the_level_of_an_amount_is_the_first_that_reaches_it() {
    let scheme = Scheme::load(include_str!("../schemes/new-apprenticeship.1.toml")).unwrap();
    let approvers = |fen: i64| scheme.approvers(Money::fen(fen));
    assert_eq!((approvers(1), approvers(500_000), approvers(500_001)), (1, 1, 2));
    assert_eq!(scheme.level(Money::fen(500_001)).unwrap().roles, ["finance"]);
}
