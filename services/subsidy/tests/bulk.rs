//! How postings scale: the number of statements does not grow with the batch. Prints what a thousand cost
//! (`cargo nextest run --release -p subsidy --test bulk --no-capture`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod desk;
mod town;

use desk::{Desk, fund, fund_id};
use kit::db::Engine;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use subsidy::domain::{Posting, PostingKind};
use town::Town;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber, span};

/// Counts the statements that sqlx logs on this thread.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl Subscriber for Statements {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

async fn statements_of(desk: &Desk, postings: &[Posting]) -> usize {
    let counted = Statements::default();
    let guard = tracing::subscriber::set_default(counted.clone());
    desk.post(postings).await.unwrap();
    drop(guard);
    counted.0.load(Ordering::Relaxed)
}

/// PostgreSQL alone: statements on SQLite run, and are logged, on a thread of their own.
#[tokio::test]
async fn a_hundred_postings_are_as_many_statements_as_one() {
    for town in Town::both().await.into_iter().filter(|town| town.sandbox.test.db.engine() == Engine::Postgres) {
        let desk = Desk::of(&town.sandbox);
        let city = fund(&town, "city", "", 1_000_000).await;
        let talent = fund(&town, "talent", &city.to_string(), 1_000_000).await;
        // The first opens the accounts of its scheme.
        desk.post(&desk.commitments(talent, 1, 10)).await.unwrap();
        let one = statements_of(&desk, &desk.commitments(talent, 1, 10)).await;
        let hundred = statements_of(&desk, &desk.commitments(talent, 100, 10)).await;
        // The line of the budgets, budgets, balances, the log's head, and one that writes transactions, entries, the month
        // and the log: and BEGIN and COMMIT, where they are logged.
        assert_eq!(one, hundred);
        assert!((5..=7).contains(&one), "{one} statements");
    }
}

#[tokio::test]
async fn a_thousand_commitments_and_payments_are_posted_in_one_transaction() {
    const ROUNDS: u32 = 5;
    for town in Town::both().await {
        let desk = Desk::of(&town.sandbox);
        let fund = fund_id(&town.fund(1_000_000_000).await);
        let (mut commit, mut pay) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            let claims: Vec<_> = (0..1000).map(|_| desk.claim(fund, 150)).collect();
            let commitments: Vec<Posting> = claims.iter().map(|claim| Posting::commit(fund, claim, claim.amount)).collect();
            let start = Instant::now();
            desk.post(&commitments).await.unwrap();
            commit = commit.min(start.elapsed());
            let mut tx = desk.tx().await;
            let ids = claims.iter().map(|claim| claim.id);
            let made = subsidy::store::ledger::of_claims(&mut tx, ids, PostingKind::Commitment).await.unwrap();
            tx.rollback().await.unwrap();
            let paid = |claim| Posting::pay(fund, claim, claim.amount, made[&claim.id][0].transaction);
            let payments: Vec<Posting> = claims.iter().map(paid).collect();
            let start = Instant::now();
            desk.post(&payments).await.unwrap();
            pay = pay.min(start.elapsed());
        }
        eprintln!(
            "{}: 1,000 commitments {:.1} ms, 1,000 payments {:.1} ms",
            town.sandbox.test.engine,
            commit.as_secs_f64() * 1000.0,
            pay.as_secs_f64() * 1000.0
        );
        let budget = town.budget(&fund.to_string()).await;
        assert_eq!((budget.committed, budget.paid), (town::fen(0), town::fen(i64::from(ROUNDS) * 150_000)));
        town.verify().await;
    }
}
