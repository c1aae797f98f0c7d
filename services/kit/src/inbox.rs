//! The inbox: an event is one transaction, and delivery may repeat, reorder, or pause for a day.
//!
//! Events of an aggregate are applied in the order of their versions. One that arrives early is parked
//! until its predecessors have come; one that arrives again is recognised by its key and position. An
//! event that can never be applied goes to the dead letters with its reason, and the later events of its
//! aggregate wait behind it: replaying or skipping it (`talentflow dead-letters`) lets them on.

use crate::command::{pause, reaction_scope};
use crate::context::Context;
use crate::db::{Lane, Tx, args, statements};
use crate::error::{Code, Error};
use crate::event::Envelope;
use crate::letters;
use crate::service::{Arrival, React, Service};
use crate::telemetry;
use futures::FutureExt;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tracing::Instrument;

/// How often one event is tried before it is given back to the bus.
const ATTEMPTS: u32 = 5;

/// What became of one delivery.
#[derive(Debug)]
pub enum Outcome {
    Applied,
    /// Applied before; nothing was done.
    Duplicate,
    /// Came before its predecessors, and waits for them.
    Parked,
    /// Can never be applied; kept in the dead letters.
    Dead,
    /// Could not be applied now; deliver it again.
    Retry(Error),
}

impl Outcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Parked => "parked",
            Self::Dead => "dead",
            Self::Retry(_) => "retry",
        }
    }
}

/// One service as a consumer of events.
#[derive(Clone)]
pub struct Consumer {
    inner: Arc<Inner>,
}

struct Inner {
    context: Context,
    subscriptions: &'static [&'static str],
    react: React,
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl Consumer {
    pub fn of(service: &Service) -> Self {
        let inner = Inner { context: service.context.clone(), subscriptions: service.subscriptions, react: service.react };
        Self { inner: Arc::new(inner) }
    }

    pub fn name(&self) -> &'static str {
        self.inner.context.service
    }

    pub fn subscriptions(&self) -> &'static [&'static str] {
        self.inner.subscriptions
    }

    /// Whether an event on `channel` is for this consumer.
    pub fn follows(&self, channel: &str) -> bool {
        let within = |filter: &&str| channel.strip_prefix(*filter).is_some_and(|rest| rest.starts_with('.'));
        self.inner.subscriptions.iter().any(within)
    }

    /// Applies a batch and says of each event what became of it. Runs to its end even if nobody waits.
    pub async fn deliver(&self, batch: Vec<Envelope>) -> Vec<Outcome> {
        let consumer = self.clone();
        let size = batch.len();
        let work = tokio::spawn(async move { consumer.deliver_all(batch).await });
        work.await.unwrap_or_else(|panic| {
            let reason = panic.to_string();
            (0..size).map(|_| Outcome::Retry(Error::internal(reason.clone()))).collect()
        })
    }

    async fn deliver_all(&self, batch: Vec<Envelope>) -> Vec<Outcome> {
        let outcomes = match self.together(&batch).await {
            Ok(outcomes) => outcomes,
            // One of them stands in the way; alone each shows which.
            Err(_) => self.one_by_one(&batch).await,
        };
        for outcome in &outcomes {
            metrics::counter!("talentflow_events_consumed_total", "consumer" => self.name(), "outcome" => outcome.label())
                .increment(1);
        }
        if let Err(error) = self.release_parked().await {
            tracing::warn!(consumer = self.name(), %error, "parked events wait for the next delivery");
        }
        outcomes
    }

    /// The common case: everything applies, in one transaction. A panic in a reaction is a defect of ours like
    /// any other: the transaction rolls back, and the events beside it are tried without it.
    async fn together(&self, batch: &[Envelope]) -> Result<Vec<Outcome>, Error> {
        let applied = AssertUnwindSafe(self.all_or_none(batch)).catch_unwind().await;
        applied.unwrap_or_else(|_| Err(Error::internal("a reaction panicked")))
    }

    async fn all_or_none(&self, batch: &[Envelope]) -> Result<Vec<Outcome>, Error> {
        let mut tx = self.inner.context.db.begin(Lane::Background).await?;
        let mut positions = Positions::hold(&mut tx, self.name(), batch).await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for event in batch {
            outcomes.push(self.admit(&mut tx, &mut positions, event, batch.len() == 1).await?);
        }
        positions.store(&mut tx, self.name()).await?;
        let due = batch.iter().zip(&outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Applied));
        self.react(&mut tx, due.map(|(event, _)| event)).await?;
        tx.execute(letters::RESOLVE_REDELIVERED, args![self.name(), self.inner.context.clock.now()]).await?;
        tx.commit().await?;
        Ok(outcomes)
    }

    async fn one_by_one(&self, batch: &[Envelope]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for event in batch {
            outcomes.push(self.alone(event).await);
        }
        outcomes
    }

    async fn alone(&self, event: &Envelope) -> Outcome {
        let mut attempt = 1;
        loop {
            let outcome = self.together(std::slice::from_ref(event)).await;
            let error = match outcome {
                Ok(mut outcomes) => return outcomes.pop().unwrap_or(Outcome::Duplicate),
                Err(error) => error,
            };
            if !error.is_transient() && error.code() != Code::Internal {
                return match letters::bury(&self.inner.context, self.name(), event, &error).await {
                    Ok(()) => Outcome::Dead,
                    Err(error) => Outcome::Retry(error),
                };
            }
            if attempt == ATTEMPTS {
                // A defect of ours may be mended by the next release, a full disk by a person: what is
                // not the event's own fault never makes it a dead letter of itself.
                return Outcome::Retry(error);
            }
            pause(&self.inner.context.chance, attempt).await;
            attempt += 1;
        }
    }

    /// Whether the event's turn has come. If so, that it was applied is written down.
    async fn admit(&self, tx: &mut Tx, positions: &mut Positions, event: &Envelope, alone: bool) -> Result<Outcome, Error> {
        let now = self.inner.context.clock.now();
        if let Some(version) = event.version {
            let position = positions.of(&event.subject);
            if version <= position {
                return Ok(Outcome::Duplicate);
            }
            if version > position + 1 {
                let row = args![self.name(), event.key(), event.subject.as_str(), version, event.to_json()?, now];
                tx.execute(PARK, row).await?;
                return Ok(Outcome::Parked);
            }
            positions.advance(&event.subject, version);
            if !alone {
                // The position lets it in once; it is written down with the rest of the batch. A key that is known
                // already fails the batch, and alone it shows which.
                let row = args![self.name(), event.key(), event.kind.as_str(), event.subject.as_str(), version, now];
                tx.defer(REMEMBER_ALL, row).await?;
                return Ok(Outcome::Applied);
            }
        }
        let row = args![self.name(), event.key(), event.kind.as_str(), event.subject.as_str(), event.version, now];
        if tx.execute(REMEMBER, row).await? == 1 {
            return Ok(Outcome::Applied);
        }
        if event.version.is_none() {
            return Ok(Outcome::Duplicate);
        }
        // Its position was not reached, yet its key is known: two events under one key.
        let en = format!("event key {} is used for two events", event.key());
        Err(Error::invalid("id", "EVENT_KEY_REUSED", en, "事件标识重复"))
    }

    async fn react<'a>(&self, tx: &mut Tx, events: impl Iterator<Item = &'a Envelope>) -> Result<(), Error> {
        let entered = events.map(|event| {
            let span = tracing::info_span!("event", consumer = self.name(), kind = event.kind, subject = event.subject);
            telemetry::set_parent(&span, event.traceparent.as_deref());
            let scope = span.in_scope(|| reaction_scope(&self.inner.context, event));
            (span, Arrival { scope, event })
        });
        match self.inner.react {
            React::Each(react) => {
                for (span, arrival) in entered {
                    react(tx, &arrival.scope, arrival.event).instrument(span).await?;
                }
                Ok(())
            }
            React::Together(react) => {
                // Each event keeps its own span, so that its trace shows the delivery and what it waited for.
                let (spans, arrivals): (Vec<_>, Vec<_>) = entered.unzip();
                let done = if arrivals.is_empty() { Ok(()) } else { react(tx, &arrivals).await };
                drop(spans);
                done
            }
        }
    }

    /// Applies what waited for an event that has now come, one transaction each.
    pub async fn release_parked(&self) -> Result<(), Error> {
        loop {
            let mut tx = self.inner.context.db.read(Lane::Background).await?;
            let due: Vec<(String, String)> = tx.fetch_all(PARKED_DUE, args![self.name()]).await?;
            tx.rollback().await?;
            let (mut released, mut failure) = (0, None);
            for (key, text) in due {
                let channel = kind_of(&text);
                let event = Envelope::from_json(&channel, text.as_bytes())?;
                if let Outcome::Retry(error) = self.alone(&event).await {
                    // It stays parked, and holds up nobody else.
                    failure = Some(error);
                } else {
                    // A dead letter holds its aggregate, so what is behind it is no longer due.
                    self.unpark(&key).await?;
                    released += 1;
                }
            }
            if released == 0 {
                return failure.map_or(Ok(()), Err);
            }
        }
    }

    async fn unpark(&self, key: &str) -> Result<(), Error> {
        let mut tx = self.inner.context.db.begin(Lane::Background).await?;
        tx.execute(UNPARK, args![self.name(), key]).await?;
        tx.commit().await
    }
}

/// How far a consumer has come with each aggregate of a batch.
///
/// The rows are locked together, in the order of their names, before anything is applied: two replicas apply an
/// aggregate one after the other, and two batches with the same aggregates cannot wait for each other.
struct Positions {
    versions: BTreeMap<String, i64>,
    advanced: BTreeSet<String>,
}

impl Positions {
    async fn hold(tx: &mut Tx, consumer: &str, batch: &[Envelope]) -> Result<Self, Error> {
        let subjects: BTreeSet<&str> =
            batch.iter().filter(|event| event.version.is_some()).map(|event| event.subject.as_str()).collect();
        let subjects = subjects.into_iter().map(|subject| args![subject]).collect();
        let rows: Vec<(String, i64)> = tx.fetch_rows(HOLD, args![consumer], subjects).await?;
        Ok(Self { versions: rows.into_iter().collect(), advanced: BTreeSet::new() })
    }

    fn of(&self, subject: &str) -> i64 {
        self.versions.get(subject).copied().unwrap_or_default()
    }

    fn advance(&mut self, subject: &str, version: i64) {
        self.versions.insert(subject.to_owned(), version);
        self.advanced.insert(subject.to_owned());
    }

    async fn store(&self, tx: &mut Tx, consumer: &str) -> Result<(), Error> {
        let rows = self.advanced.iter().map(|subject| args![subject.as_str(), self.of(subject)]).collect();
        tx.execute_rows(ADVANCE, args![consumer], rows).await.map(|_| ())
    }
}

/// The channel of one of our own events is its type.
fn kind_of(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|event| event.get("type").and_then(|kind| kind.as_str().map(str::to_owned)))
        .unwrap_or_default()
}

statements! {
    /// Locks the positions of aggregates, given as rows, and answers them. One that is new starts at zero;
    /// the empty update is what takes the lock.
    HOLD = {
        postgres: "INSERT INTO inbox_position (consumer, subject, version) SELECT $1, subject, 0 FROM unnest(CAST($2 AS TEXT[])) AS wanted (subject) ORDER BY subject ON CONFLICT (consumer, subject) DO UPDATE SET version = inbox_position.version RETURNING subject, version",
        sqlite: "INSERT INTO inbox_position (consumer, subject, version) SELECT $1, value->>0, 0 FROM jsonb_each($2) WHERE TRUE ON CONFLICT (consumer, subject) DO UPDATE SET version = inbox_position.version RETURNING subject, version",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Takes the new positions as rows. Their rows are held; an upsert finds each by its key,
    /// where an update from a list may go through every position of the consumer.
    ADVANCE = {
        postgres: "INSERT INTO inbox_position (consumer, subject, version) SELECT $1, subject, version FROM unnest(CAST($2 AS TEXT[]), CAST($3 AS BIGINT[])) AS reached (subject, version) ON CONFLICT (consumer, subject) DO UPDATE SET version = excluded.version",
        sqlite: "INSERT INTO inbox_position (consumer, subject, version) SELECT $1, value->>0, value->>1 FROM jsonb_each($2) WHERE TRUE ON CONFLICT (consumer, subject) DO UPDATE SET version = excluded.version",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    REMEMBER = "INSERT INTO inbox (consumer, event_key, kind, subject, version, applied_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (consumer, event_key) DO NOTHING";
    /// Takes applied events as rows. One that is known already is not written, and then the
    /// number of rows tells.
    REMEMBER_ALL = {
        postgres: "INSERT INTO inbox (consumer, event_key, kind, subject, version, applied_at) SELECT * FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[]), CAST($6 AS TIMESTAMPTZ[])) ON CONFLICT (consumer, event_key) DO NOTHING",
        sqlite: "INSERT INTO inbox (consumer, event_key, kind, subject, version, applied_at) SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 FROM jsonb_each($1) WHERE TRUE ON CONFLICT (consumer, event_key) DO NOTHING",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    PARK = "INSERT INTO inbox_parked (consumer, event_key, subject, version, envelope, parked_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (consumer, event_key) DO NOTHING";
    UNPARK = "DELETE FROM inbox_parked WHERE consumer = $1 AND event_key = $2";
    /// Parked events that are the next of their aggregate or already behind it, and not dead.
    PARKED_DUE = "SELECT w.event_key, w.envelope FROM inbox_parked w LEFT JOIN inbox_position p ON p.consumer = w.consumer AND p.subject = w.subject WHERE w.consumer = $1 AND w.version <= COALESCE(p.version, 0) + 1 ORDER BY w.subject, w.version LIMIT 100";
}
