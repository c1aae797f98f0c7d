//! Publishing: all of a batch in flight at once, every acknowledgement awaited.

use super::setup::away;
use super::{JetStreamBus, Stream};
use crate::error::Error;
use crate::event::Envelope;
use async_nats::HeaderMap;
use async_nats::connection::State;
use async_nats::header::{NATS_EXPECTED_STREAM, NATS_MESSAGE_ID};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::stream::RawMessageErrorKind;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use sha2::{Digest, Sha256};
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Unacknowledged publishes of one batch.
const IN_FLIGHT: usize = 64;
/// The content type of structured `CloudEvents`.
const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";

/// An event ready for the wire.
struct Letter {
    stream: Stream,
    source: String,
    subject: String,
    /// What the broker recognises a repetition by.
    key: String,
    traceparent: Option<String>,
    payload: Bytes,
}

/// The answer of the broker, or that none will come.
type Answer = BoxFuture<'static, Result<PublishAck, Failure>>;

struct Failure {
    kind: PublishErrorKind,
    text: String,
}

/// One batch on its way.
#[derive(Clone)]
struct Mail {
    bus: JetStreamBus,
    /// The broker is away: what has not been sent yet need not wait out its own patience. The batch holds
    /// the rows of the outbox meanwhile.
    away: Arc<AtomicBool>,
}

/// Boxed, because the compiler cannot see through a stream of streams of futures that it may be sent.
pub(super) fn publish(bus: &JetStreamBus, batch: Vec<Envelope>) -> BoxFuture<'static, Vec<Result<(), Error>>> {
    let mail = Mail { bus: bus.clone(), away: Arc::default() };
    let sender = mail.clone();
    stream::iter(batch)
        // One after the other, so that the stream has them in the order of the outbox …
        .then(move |event| {
            let mail = sender.clone();
            async move { mail.send(&event).await }
        })
        // … and the acknowledgements as they come.
        .map(move |sent| {
            let mail = mail.clone();
            async move {
                let (letter, ack) = sent?;
                mail.settle(letter, ack).await
            }
        })
        .buffered(IN_FLIGHT)
        .collect()
        .boxed()
}

impl Mail {
    async fn send(&self, event: &Envelope) -> Result<(Letter, Answer), Error> {
        let letter = Letter::of(event)?;
        if self.away.load(Ordering::Relaxed) || self.bus.context.client().connection_state() != State::Connected {
            return Err(Error::unavailable("NATS is away; the event waits in the outbox"));
        }
        let ack = self.post(&letter, true).await?;
        Ok((letter, ack))
    }

    async fn post(&self, letter: &Letter, with_id: bool) -> Result<Answer, Error> {
        let mut disconnects = self.bus.disconnects.subscribe();
        let message = PublishMessage::build().payload(letter.payload.clone()).headers(letter.headers(with_id));
        let sent = self.bus.context.send_publish(letter.subject.clone(), message).await;
        let ack = sent.map_err(|error| {
            if error.kind() == PublishErrorKind::TimedOut {
                self.away.store(true, Ordering::Relaxed);
            }
            away("publish", &error)
        })?;
        let answer = async move {
            tokio::select! {
                answer = ack.into_future() => answer.map_err(|error| Failure { kind: error.kind(), text: error.to_string() }),
                // It would wait for its whole patience, and with it the rows of the outbox.
                _ = disconnects.changed() => {
                    Err(Failure { kind: PublishErrorKind::BrokenPipe, text: "the connection was lost before the acknowledgement".to_owned() })
                }
            }
        };
        Ok(answer.boxed())
    }

    async fn settle(&self, letter: Letter, answer: Answer) -> Result<(), Error> {
        let ack = self.acknowledged(&letter, answer).await?;
        if !ack.duplicate {
            self.bus.mark(&letter.source, ack.sequence, &letter.key);
            return Ok(());
        }
        metrics::counter!("talentflow_bus_duplicates_total").increment(1);
        if self.holds(&letter, ack.sequence).await? {
            self.bus.mark(&letter.source, ack.sequence, &letter.key);
            return Ok(());
        }
        // The broker remembers the id longer than the message: a purge within the duplicate window leaves it
        // so, and would swallow what an operator sends again. Without an id it is taken; the inbox knows a
        // true duplicate.
        metrics::counter!("talentflow_bus_resent_total").increment(1);
        let again = self.post(&letter, false).await?;
        let ack = self.acknowledged(&letter, again).await?;
        self.bus.mark(&letter.source, ack.sequence, "");
        Ok(())
    }

    async fn acknowledged(&self, letter: &Letter, answer: Answer) -> Result<PublishAck, Error> {
        let failure = match answer.await {
            Ok(ack) => return Ok(ack),
            Err(failure) => failure,
        };
        let lost = failure.kind == PublishErrorKind::StreamNotFound;
        if lost || matches!(failure.kind, PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe) {
            let first = !self.away.swap(true, Ordering::Relaxed);
            if lost && first {
                self.restore(letter.stream).await;
            }
        }
        Err(away(&format!("publish to the stream {}", letter.stream.name()), &failure.text))
    }

    /// Nobody listens on the subject: the stream is gone. Makes it anew, and has the watches see what went
    /// with it; this batch comes again from the outbox.
    async fn restore(&self, stream: Stream) {
        if let Err(error) = self.bus.stream(stream).await {
            tracing::warn!(stream = stream.name(), %error, "the stream is gone");
        }
        self.bus.ring();
    }

    /// Whether the stream still has the event at `sequence`.
    async fn holds(&self, letter: &Letter, sequence: u64) -> Result<bool, Error> {
        let name = letter.stream.name();
        let stream = self.bus.context.get_stream_no_info(name).await.map_err(|error| away("find the stream", &error))?;
        match stream.get_raw_message(sequence).await {
            Ok(message) => Ok(message.headers.get(NATS_MESSAGE_ID).is_some_and(|id| id.as_str() == letter.key)),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(false),
            Err(error) => Err(away(&format!("look into the stream {name}"), &error)),
        }
    }
}

impl Letter {
    fn of(event: &Envelope) -> Result<Self, Error> {
        let stream = Stream::of(&event.channel).filter(|_| plain(&event.channel)).ok_or_else(|| {
            Error::invalid(
                "channel",
                "CHANNEL",
                format!(
                    "`{}` is not a channel of the bus: expected talentflow.… or hr.… of letters, digits, - and _",
                    event.channel
                ),
                format!("“{}”不是有效的事件通道", event.channel),
            )
        })?;
        Ok(Self {
            stream,
            source: event.source.clone(),
            subject: event.channel.clone(),
            key: message_id(event.key()),
            traceparent: event.traceparent.clone().filter(|text| visible(text)),
            payload: event.to_json()?.into(),
        })
    }

    fn headers(&self, with_id: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", STRUCTURED);
        // Another stream that captures our subjects must not take our events for its own.
        headers.insert(NATS_EXPECTED_STREAM, self.stream.name());
        if with_id {
            headers.insert(NATS_MESSAGE_ID, self.key.as_str());
        }
        if let Some(traceparent) = &self.traceparent {
            headers.insert("traceparent", traceparent.as_str());
        }
        headers
    }
}

/// A header carries visible ASCII as it is. Keys of events from outside are made of whatever they brought.
fn message_id(key: String) -> String {
    if visible(&key) { key } else { hex::encode(Sha256::digest(key)) }
}

fn visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Tokens that mean themselves: no wildcards, nothing empty.
fn plain(channel: &str) -> bool {
    let letters = |token: &str| token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    channel.split('.').all(|token| !token.is_empty() && letters(token))
}

#[cfg(test)]
mod tests {
    use super::{message_id, plain};

    #[test]
    fn a_key_with_line_breaks_cannot_write_headers_of_its_own() {
        let hostile = message_id("hr/acme 1\r\nNats-Rollup: all".to_owned());
        assert!(hostile.len() == 64 && hostile.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hostile}");
        assert_eq!(message_id("0198f2c0-0000-7000".to_owned()), "0198f2c0-0000-7000");
    }

    #[test]
    fn a_channel_with_wildcards_or_blanks_is_no_channel() {
        assert!(plain("hr.v1.0198f2c0-0000-7000-8000-000000000001.employee_hired"));
        for wrong in ["hr.v1.>", "hr.*.x", "hr..x", "hr.v1.a b", "hr.v1.", "", "hr.v1.中"] {
            assert!(!plain(wrong), "{wrong}");
        }
    }
}
