//! Dead letters: events that cannot be applied, with the reason, listed and replayable.

use crate::context::Context;
use crate::db::{Db, Lane, Tx, args, statements};
use crate::error::Error;
use crate::event::Envelope;
use crate::inbox::{Consumer, Outcome};
use chrono::{DateTime, Utc};

/// One event that could not be applied.
#[derive(Debug, sqlx::FromRow)]
pub struct Letter {
    pub consumer: String,
    pub event_key: String,
    pub kind: String,
    pub subject: String,
    pub version: Option<i64>,
    pub reason: String,
    pub detail: String,
    pub envelope: String,
    pub dead_at: DateTime<Utc>,
}

/// Keeps `event` with the reason why `consumer` could not apply it.
pub(crate) async fn bury(context: &Context, consumer: &str, event: &Envelope, error: &Error) -> Result<(), Error> {
    tracing::warn!(consumer, kind = event.kind, subject = event.subject, key = event.key(), reason = error.reason(), %error, "dead letter");
    let text = event.to_json()?;
    keep(context, consumer, event, &text, error).await
}

/// Keeps a payload that could not even be read as an event.
pub async fn bury_unreadable(
    context: &Context,
    consumer: &str,
    channel: &str,
    key: &str,
    payload: &[u8],
    error: &Error,
) -> Result<(), Error> {
    tracing::warn!(consumer, channel, key, reason = error.reason(), %error, "unreadable event");
    let event = Envelope {
        id: key.to_owned(),
        source: channel.to_owned(),
        kind: "unreadable".to_owned(),
        channel: channel.to_owned(),
        subject: channel.to_owned(),
        version: None,
        time: context.clock.now(),
        cause: None,
        traceparent: None,
        data: Vec::new(),
    };
    keep(context, consumer, &event, &String::from_utf8_lossy(payload), error).await
}

async fn keep(context: &Context, consumer: &str, event: &Envelope, text: &str, error: &Error) -> Result<(), Error> {
    let mut tx = context.db.begin(Lane::Background).await?;
    let row = args![
        consumer,
        event.key(),
        event.kind.as_str(),
        event.subject.as_str(),
        event.version,
        text,
        event.channel.as_str(),
        error.reason(),
        error.to_string(),
        context.clock.now(),
    ];
    tx.execute(BURY, row).await?;
    tx.commit().await
}

/// The unresolved letters of a consumer, oldest first.
pub async fn list(db: &Db, consumer: &str) -> Result<Vec<Letter>, Error> {
    let mut tx = db.read(Lane::Background).await?;
    let letters = tx.fetch_all(UNRESOLVED, args![consumer]).await?;
    tx.rollback().await?;
    Ok(letters)
}

/// Tries the letter again; its outcome says whether it is resolved now.
pub async fn replay(context: &Context, consumer: &Consumer, key: &str) -> Result<Outcome, Error> {
    let mut tx = context.db.read(Lane::Background).await?;
    let (channel, text): (String, String) = tx
        .fetch_optional(ENVELOPE, args![consumer.name(), key])
        .await?
        .ok_or_else(|| Error::not_found(format!("dead letter {key} of {}", consumer.name())))?;
    tx.rollback().await?;
    let event = Envelope::from_json(&channel, text.as_bytes())?;
    let outcome = consumer.deliver(vec![event]).await.pop();
    outcome.ok_or_else(|| Error::internal("a delivery without an outcome"))
}

/// Gives the letter up, with the reason a person gives: its aggregate goes on without it.
pub async fn skip(context: &Context, consumer: &Consumer, key: &str, why: &str) -> Result<(), Error> {
    let mut tx = context.db.begin(Lane::Background).await?;
    let resolved = args![consumer.name(), key, context.clock.now(), format!("skipped: {why}")];
    tx.change(RESOLVE, resolved, key).await?;
    pass_over(&mut tx, consumer.name(), key, context.clock.now()).await?;
    tx.commit().await?;
    consumer.release_parked().await
}

async fn pass_over(tx: &mut Tx, consumer: &str, key: &str, now: DateTime<Utc>) -> Result<(), Error> {
    tx.execute(PASS_INBOX, args![consumer, key, now]).await?;
    tx.execute(PASS_POSITION, args![consumer, key]).await?;
    Ok(())
}

statements! {
    BURY = "INSERT INTO dead_letter (consumer, event_key, kind, subject, version, envelope, channel, reason, detail, dead_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (consumer, event_key) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, dead_at = excluded.dead_at, resolved_at = NULL, resolution = NULL";
    UNRESOLVED = "SELECT consumer, event_key, kind, subject, version, reason, detail, envelope, dead_at FROM dead_letter WHERE consumer = $1 AND resolved_at IS NULL ORDER BY dead_at, event_key LIMIT 1000";
    ENVELOPE = "SELECT channel, envelope FROM dead_letter WHERE consumer = $1 AND event_key = $2 AND resolved_at IS NULL";
    RESOLVE = "UPDATE dead_letter SET resolved_at = $3, resolution = $4 WHERE consumer = $1 AND event_key = $2 AND resolved_at IS NULL";
    RESOLVE_REDELIVERED = "UPDATE dead_letter SET resolved_at = $2, resolution = 'applied' WHERE consumer = $1 AND resolved_at IS NULL AND EXISTS (SELECT 1 FROM inbox WHERE inbox.consumer = dead_letter.consumer AND inbox.event_key = dead_letter.event_key AND inbox.subject = dead_letter.subject)";
    PASS_INBOX = "INSERT INTO inbox (consumer, event_key, kind, subject, version, applied_at) SELECT consumer, event_key, kind, subject, version, $3 FROM dead_letter WHERE consumer = $1 AND event_key = $2 ON CONFLICT (consumer, event_key) DO NOTHING";
    PASS_POSITION = "INSERT INTO inbox_position (consumer, subject, version) SELECT consumer, subject, version FROM dead_letter WHERE consumer = $1 AND event_key = $2 AND version IS NOT NULL ON CONFLICT (consumer, subject) DO UPDATE SET version = excluded.version WHERE inbox_position.version = excluded.version - 1";
}
