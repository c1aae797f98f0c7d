//! How far delivery has come, counted from the tables: what was published, and what every subscriber applied.

use crate::db::{Db, Lane, args, statements};
use crate::error::Error;
use std::collections::BTreeSet;

/// One consumer and the aggregates it follows.
pub type Subscription = (&'static str, &'static [&'static str]);

/// Counts over the whole database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Events in the outboxes, sent or not.
    pub published: i64,
    /// Those that every consumer following them has applied.
    pub applied: i64,
    /// Events applied, counted once for each consumer; events of HR systems among them.
    pub deliveries: i64,
    pub parked: i64,
    pub dead_letters: i64,
}

impl Delivery {
    /// Nothing is under way.
    pub fn at_rest(&self) -> bool {
        self.published == self.applied && self.parked == 0
    }
}

/// Counts, on one consistent picture.
pub async fn delivery(db: &Db, subscriptions: &[Subscription]) -> Result<Delivery, Error> {
    let mut tx = db.read(Lane::Background).await?;
    let mut open = BTreeSet::new();
    for (consumer, aggregates) in subscriptions {
        for aggregate in *aggregates {
            let rows: Vec<(i64,)> = tx.fetch_all(NOT_APPLIED, args![*consumer, format!("{aggregate}.%")]).await?;
            open.extend(rows.into_iter().map(|row| row.0));
        }
    }
    let (published,): (i64,) = tx.fetch_one(PUBLISHED, args![]).await?;
    let (deliveries,): (i64,) = tx.fetch_one(DELIVERIES, args![]).await?;
    let (parked,): (i64,) = tx.fetch_one(PARKED, args![]).await?;
    let (dead_letters,): (i64,) = tx.fetch_one(DEAD, args![]).await?;
    tx.rollback().await?;
    let open = i64::try_from(open.len()).unwrap_or(i64::MAX);
    Ok(Delivery { published, applied: published - open, deliveries, parked, dead_letters })
}

statements! {
    NOT_APPLIED = "SELECT o.seq FROM outbox o WHERE o.kind LIKE $2 AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.consumer = $1 AND i.event_key = CAST(o.event_id AS TEXT))";
    PUBLISHED = "SELECT CAST(count(*) AS BIGINT) FROM outbox";
    DELIVERIES = "SELECT CAST(count(*) AS BIGINT) FROM inbox";
    PARKED = "SELECT CAST(count(*) AS BIGINT) FROM inbox_parked";
    DEAD = "SELECT CAST(count(*) AS BIGINT) FROM dead_letter WHERE resolved_at IS NULL";
}
