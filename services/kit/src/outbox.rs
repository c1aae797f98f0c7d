//! The relay: what was committed is delivered.
//!
//! Events are written in the transaction that caused them; the relay claims the unsent ones, publishes
//! them and marks those the bus has acknowledged. It never asks for "everything after number n":
//! transactions commit out of the order of their numbers, and such a reader loses events. A commit wakes
//! it; the slow look-round is for what another process committed and died over.

use crate::bus::Bus;
use crate::context::Context;
use crate::db::{Engine, Lane, Tx, args, statements};
use crate::error::Error;
use crate::event::Envelope;
use crate::id::EventId;
use crate::id::Id as _;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Events claimed at once.
const BATCH: i64 = 256;
const LOOK_ROUND: Duration = Duration::from_secs(5);

/// Sends one service's events.
#[derive(Debug, Clone)]
pub struct Relay {
    context: Context,
    bus: Bus,
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    event_id: EventId,
    kind: String,
    subject: String,
    version: i64,
    occurred_at: DateTime<Utc>,
    data: Vec<u8>,
    cause: String,
    traceparent: Option<String>,
}

impl Row {
    fn envelope(self, service: &str) -> Envelope {
        Envelope {
            id: self.event_id.uuid().to_string(),
            source: format!("talentflow/{service}"),
            channel: self.kind.clone(),
            kind: self.kind,
            subject: self.subject,
            version: Some(self.version),
            time: self.occurred_at,
            cause: Some(self.cause),
            traceparent: self.traceparent,
            data: self.data,
        }
    }
}

impl Relay {
    pub fn new(context: Context, bus: Bus) -> Self {
        Self { context, bus }
    }

    /// Delivers until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.drain().await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(service = self.context.service, %error, failures, "events wait in the outbox");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = crate::command::pause(&self.context.chance, failures) => continue,
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.context.wake.notified() => {}
                () = tokio::time::sleep(LOOK_ROUND) => {}
            }
        }
    }

    /// Sends everything unsent and answers how many events that were.
    pub async fn drain(&self) -> Result<u64, Error> {
        let mut sent = 0;
        loop {
            let relay = self.clone();
            // In a task of its own: the claim is a transaction, and whoever waits for us may be cancelled.
            let batch = tokio::spawn(async move { relay.send_batch().await }).await.map_err(Error::internal)??;
            if batch == 0 {
                return Ok(sent);
            }
            sent += batch;
        }
    }

    async fn send_batch(&self) -> Result<u64, Error> {
        let db = &self.context.db;
        // On PostgreSQL the claim holds its rows until they are marked, so that two relays never send the
        // same ones. A SQLite file has one process and one relay per service, and its one writer must stay
        // free for the consumers that are about to apply these very events: there the claim is a read.
        let mut claim = match db.engine() {
            Engine::Postgres => db.begin(Lane::Claim).await?,
            Engine::Sqlite => db.read(Lane::Background).await?,
        };
        let rows: Vec<Row> = claim.fetch_all(UNSENT, args![self.context.service, BATCH]).await?;
        if rows.is_empty() {
            claim.rollback().await?;
            return Ok(0);
        }
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let envelopes = rows.into_iter().map(|row| row.envelope(self.context.service)).collect();
        let held = match db.engine() {
            Engine::Postgres => Some(claim),
            Engine::Sqlite => {
                claim.rollback().await?;
                None
            }
        };
        let results = self.bus.publish(envelopes).await;
        let tx = match held {
            Some(tx) => tx,
            None => db.begin(Lane::Background).await?,
        };
        self.mark(tx, &seqs, results).await
    }

    async fn mark(&self, mut tx: Tx, seqs: &[i64], results: Vec<Result<(), Error>>) -> Result<u64, Error> {
        let mut acknowledged = Vec::with_capacity(seqs.len());
        let mut failure = None;
        for (seq, result) in seqs.iter().zip(results) {
            match result {
                Ok(()) => acknowledged.push(*seq),
                Err(error) => failure = Some(error),
            }
        }
        let list = serde_json::to_string(&acknowledged).map_err(Error::internal)?;
        let sent = tx.execute(MARK_SENT, args![list, self.context.clock.now()]).await?;
        tx.commit().await?;
        metrics::counter!("talentflow_events_published_total", "service" => self.context.service).increment(sent);
        failure.map_or(Ok(sent), Err)
    }
}

statements! {
    UNSENT = {
        postgres: "SELECT seq, event_id, kind, subject, version, occurred_at, data, cause, traceparent FROM outbox WHERE service = $1 AND sent_at IS NULL ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED",
        sqlite: "SELECT seq, event_id, kind, subject, version, occurred_at, data, cause, traceparent FROM outbox WHERE service = $1 AND sent_at IS NULL ORDER BY seq LIMIT $2",
        reason: "several relays share a PostgreSQL outbox; a SQLite file has one process, and no SKIP LOCKED",
    };
    /// Takes the numbers as a JSON array: one statement for the whole batch.
    MARK_SENT = {
        postgres: "UPDATE outbox SET sent_at = $2 WHERE sent_at IS NULL AND seq = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))))",
        sqlite: "UPDATE outbox SET sent_at = $2 WHERE sent_at IS NULL AND seq IN (SELECT value FROM json_each($1))",
        reason: "neither engine reads the other's form of a JSON array",
    };
    PENDING = "SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE service = $1 AND sent_at IS NULL";
    RESEND = "UPDATE outbox SET sent_at = NULL WHERE service = $1 AND occurred_at >= $2 AND occurred_at < $3 AND sent_at IS NOT NULL";
}

/// How many events of a service wait to be sent.
pub async fn pending(context: &Context) -> Result<i64, Error> {
    let mut tx = context.db.read(Lane::Background).await?;
    let (count,) = tx.fetch_one(PENDING, args![context.service]).await?;
    Ok(count)
}

/// Marks the events of a period as unsent, so that they are published again: after a stream was lost or
/// restored from an older copy. Consumers know what they have applied.
pub async fn republish(context: &Context, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<u64, Error> {
    let mut tx = context.db.begin(Lane::Background).await?;
    let count = tx.execute(RESEND, args![context.service, from, to]).await?;
    tx.wakes(&context.wake);
    tx.commit().await?;
    Ok(count)
}
