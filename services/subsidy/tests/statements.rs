//! What a claim of several sources costs, and one of a single fund does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop, loudly")]

mod carriers;
mod city;
mod town;

use kit::db::Engine;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use town::{ENTERPRISE, Town};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber, span};

/// Statements that sqlx logs on this thread, and how many of them are about sources.
#[derive(Clone, Default)]
struct Statements {
    all: Arc<AtomicUsize>,
    about_sources: Arc<AtomicUsize>,
}

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
    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.all.fetch_add(1, Ordering::Relaxed);
        let about = text.0.contains("subsidy_claim_source") || text.0.contains("owner_id");
        self.about_sources.fetch_add(usize::from(about), Ordering::Relaxed);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String does not fail.
        let _ = write!(self.0, "{value:?} ");
    }
}

/// PostgreSQL alone: statements on SQLite run, and are logged, on a thread of their own.
#[tokio::test]
async fn a_claim_of_one_fund_is_approved_without_a_statement_about_sources() {
    for batch in [false, true] {
        let mut counts = Vec::new();
        for shared in [false, true] {
            let towns = if shared { Town::both_with(city::shared).await } else { Town::both().await };
            for town in towns.into_iter().filter(|town| town.sandbox.test.db.engine() == Engine::Postgres) {
                town.four([1_000_000; 4], ENTERPRISE).await;
                // The first opens the accounts of its scheme.
                let first = town.one_checked(1).await;
                town.approve_one(first, batch).await.unwrap();
                let second = town.one_checked(2).await;
                let counted = Statements::default();
                let guard = tracing::subscriber::set_default(counted.clone());
                town.approve_one(second, batch).await.unwrap();
                drop(guard);
                counts.push((counted.about_sources.load(Ordering::Relaxed), counted.all.load(Ordering::Relaxed)));
            }
        }
        let [(plain, all), (about, with)] = counts[..] else { panic!("{counts:?}") };
        eprintln!("batch {batch}: {all} statements for one fund, {with} for four");
        assert_eq!((plain, about), (0, 2), "funds that are found, and rows that are kept");
        assert!(all < with && all > 5, "{all} and {with}");
    }
}
