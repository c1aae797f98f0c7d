//! The relay: what was committed is delivered.
//!
//! Events are written in the transaction that caused them; the relay claims those that wait, publishes them, and takes
//! what the bus has acknowledged off the list. They wait by the lot: on PostgreSQL a lot is what one statement wrote, on SQLite
//! every event is one. The relay never asks for "everything after number n":
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
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Events sent at once, by the last lot of which there may be more.
const BATCH: i64 = 256;
const LOOK_ROUND: Duration = Duration::from_secs(5);

/// Sends one service's events.
#[derive(Debug, Clone)]
pub struct Relay {
    context: Context,
    bus: Bus,
}

/// Events that wait together, and how many they are.
#[derive(sqlx::FromRow)]
struct Lot {
    lot: i64,
    events: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    lot: i64,
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
            let (batch, more) = tokio::spawn(async move { relay.send_batch().await }).await.map_err(Error::internal)??;
            sent += batch;
            if !more {
                return Ok(sent);
            }
        }
    }

    /// Answers how many events were sent, and whether more may wait.
    async fn send_batch(&self) -> Result<(u64, bool), Error> {
        let db = &self.context.db;
        // On PostgreSQL the claim holds its lots until they are sent, so that two relays never send the
        // same ones. A SQLite file has one process and one relay per service, and its one writer must stay
        // free for the consumers that are about to apply these very events: there the claim is a read.
        let mut claim = match db.engine() {
            Engine::Postgres => db.begin(Lane::Claim).await?,
            Engine::Sqlite => db.read(Lane::Background).await?,
        };
        let lots: Vec<Lot> = claim.fetch_all(UNSENT, args![self.context.service, BATCH]).await?;
        if lots.is_empty() {
            claim.rollback().await?;
            return Ok((0, false));
        }
        let (mut left, mut events) = (BTreeMap::new(), 0);
        for Lot { lot, events: more } in lots {
            if events >= BATCH {
                break;
            }
            left.insert(lot, Vec::new());
            events += more;
        }
        let more = events >= BATCH;
        let first = left.keys().map(|lot| args![*lot]).collect();
        let rows: Vec<Row> = claim.fetch_rows(EVENTS, args![self.context.service], first).await?;
        let places: Vec<(i64, i64)> = rows.iter().map(|row| (row.lot, row.seq)).collect();
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
        Ok((self.mark(tx, left, &places, results).await?, more))
    }

    /// Takes what was sent off the list; `left` names the lots, and comes to say what is left of each.
    async fn mark(
        &self,
        mut tx: Tx,
        mut left: BTreeMap<i64, Vec<i64>>,
        places: &[(i64, i64)],
        results: Vec<Result<(), Error>>,
    ) -> Result<u64, Error> {
        let (mut sent, mut failure) = (0, None);
        for ((lot, seq), result) in places.iter().zip(results) {
            match result {
                Ok(()) => sent += 1,
                Err(error) => {
                    left.entry(*lot).or_default().push(*seq);
                    failure = Some(error);
                }
            }
        }
        let service = self.context.service;
        let whole = left.iter().filter(|(_, left)| left.is_empty()).map(|(lot, _)| args![*lot]).collect();
        tx.execute_rows(SENT, args![service], whole).await?;
        let left = left.iter().flat_map(|(lot, left)| left.iter().map(|seq| args![*lot, *seq])).collect();
        tx.execute_rows(LEFT, args![service], left).await?;
        tx.commit().await?;
        metrics::counter!("talentflow_events_published_total", "service" => service).increment(sent);
        failure.map_or(Ok(sent), Err)
    }
}

statements! {
    UNSENT = {
        postgres: "SELECT lot, CAST(cardinality(seqs) AS BIGINT) AS events FROM outbox_lot WHERE service = $1 ORDER BY lot LIMIT $2 FOR UPDATE SKIP LOCKED",
        sqlite: "SELECT lot, 1 AS events FROM outbox_lot WHERE service = $1 ORDER BY lot LIMIT $2",
        reason: "several relays share a PostgreSQL outbox; a SQLite file has one process, and no SKIP LOCKED",
    };
    /// Takes lots as rows.
    EVENTS = {
        postgres: "SELECT l.lot, o.seq, o.event_id, o.kind, o.subject, o.version, o.occurred_at, o.data, o.cause, o.traceparent FROM (SELECT u.lot, unnest(u.seqs) AS seq FROM outbox_lot u WHERE u.service = $1 AND u.lot = ANY (CAST($2 AS BIGINT[]))) AS l JOIN outbox o ON o.seq = l.seq ORDER BY o.seq",
        sqlite: "SELECT seq AS lot, seq, event_id, kind, subject, version, occurred_at, data, cause, traceparent FROM outbox WHERE service = $1 AND seq IN (SELECT value->>0 FROM jsonb_each($2)) ORDER BY seq",
        reason: "on SQLite every event is a lot of its own; it knows no arrays: they come as JSON",
    };
    /// Takes lots as rows: all of each was sent.
    SENT = {
        postgres: "DELETE FROM outbox_lot WHERE service = $1 AND lot = ANY (CAST($2 AS BIGINT[]))",
        sqlite: "DELETE FROM outbox_lot WHERE service = $1 AND lot IN (SELECT value->>0 FROM jsonb_each($2))",
        reason: "SQLite knows no arrays: they come as JSON",
    };
    /// Takes lots and what is left of each as rows.
    LEFT = {
        postgres: "UPDATE outbox_lot AS l SET seqs = r.seqs FROM (SELECT lot, array_agg(seq ORDER BY seq) AS seqs FROM unnest(CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[])) AS rest (lot, seq) GROUP BY lot) AS r WHERE l.service = $1 AND l.lot = r.lot",
        sqlite: "UPDATE outbox_lot AS l SET seqs = r.value->>1 FROM jsonb_each($2) AS r WHERE l.service = $1 AND l.lot = r.value->>0",
        reason: "on SQLite every event is a lot of its own; it knows no arrays: they come as JSON",
    };
    PENDING = {
        postgres: "SELECT CAST(COALESCE(sum(cardinality(seqs)), 0) AS BIGINT) FROM outbox_lot WHERE service = $1",
        sqlite: "SELECT count(*) FROM outbox_lot WHERE service = $1",
        reason: "on SQLite every event is a lot of its own",
    };
    RESEND = {
        postgres: "INSERT INTO outbox_lot (service, seqs) SELECT $1, array_agg(seq ORDER BY seq) FROM (SELECT seq, (row_number() OVER (ORDER BY seq) - 1) / 256 AS part FROM outbox WHERE service = $1 AND occurred_at >= $2 AND occurred_at < $3) AS again GROUP BY part RETURNING CAST(cardinality(seqs) AS BIGINT)",
        sqlite: "INSERT INTO outbox_lot (service, lot, seqs) SELECT service, seq, seq FROM outbox WHERE service = $1 AND occurred_at >= $2 AND occurred_at < $3 ON CONFLICT (service, lot) DO NOTHING RETURNING 1",
        reason: "on SQLite every event is a lot of its own",
    };
}

/// How many events of a service wait to be sent.
pub async fn pending(context: &Context) -> Result<i64, Error> {
    let mut tx = context.db.read(Lane::Background).await?;
    let (count,) = tx.fetch_one(PENDING, args![context.service]).await?;
    Ok(count)
}

/// Has the events of a period wait to be sent again: after a stream was lost or
/// restored from an older copy. Consumers know what they have applied.
pub async fn republish(context: &Context, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<u64, Error> {
    let mut tx = context.db.begin(Lane::Background).await?;
    let lots: Vec<(i64,)> = tx.fetch_all(RESEND, args![context.service, from, to]).await?;
    tx.wakes(&context.wake);
    tx.commit().await?;
    Ok(lots.iter().map(|(events,)| events.unsigned_abs()).sum())
}
