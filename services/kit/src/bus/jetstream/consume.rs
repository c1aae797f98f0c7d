//! Consuming: one loop per service and stream, which never gives up and never gives anything up.

use super::setup::{MAX_ACK_PENDING, away};
use super::{JetStreamBus, Stream, read};
use crate::context::Context;
use crate::error::Error;
use crate::event::Envelope;
use crate::inbox::{Consumer, Outcome};
use crate::letters;
use async_nats::jetstream::consumer::{PullConsumer, pull};
use async_nats::jetstream::{AckKind, Message};
use futures::{FutureExt, StreamExt};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Events applied at once, and asked for at once.
const CHUNK: usize = 256;
/// How often an event of a type we do not know is put off: about half an hour. In an upgrade the release
/// that publishes a new type may run before the one that knows it.
const STRANGER: i64 = 30;
/// The longest pause before a lost consumer is made again.
const LONGEST_REST: Duration = Duration::from_secs(5);
/// What is handed back at once would come back to the very pull that is being given up.
const A_MOMENT: Duration = Duration::from_millis(200);
const LAST_WORDS: Duration = Duration::from_secs(1);

/// One service following one stream.
#[derive(Debug)]
pub(super) struct Follower {
    bus: JetStreamBus,
    stream: Stream,
    filters: Vec<String>,
    consumer: Consumer,
    context: Context,
    stop: CancellationToken,
}

/// Why a follower starts again.
enum Lost {
    /// The consumer or its stream could not be had.
    Setup(Error),
    /// The pull ended or failed.
    Pull(String),
    /// Something is waiting, nothing comes.
    Silent(u64),
}

impl Lost {
    fn label(&self) -> &'static str {
        match self {
            Self::Setup(_) => "setup",
            Self::Pull(_) => "pull",
            Self::Silent(_) => "silent",
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => error.fmt(f),
            Self::Pull(error) => write!(f, "the pull ended: {error}"),
            Self::Silent(waiting) => write!(f, "{waiting} events are waiting and none is delivered"),
        }
    }
}

impl Follower {
    /// A follower for each stream that the consumer's subscriptions are on.
    pub(super) fn of(
        bus: &JetStreamBus,
        consumer: &Consumer,
        context: &Context,
        stop: &CancellationToken,
    ) -> Result<Vec<Self>, Error> {
        if let Some(nowhere) = consumer.subscriptions().iter().find(|channel| Stream::of(channel).is_none()) {
            return Err(Error::internal(format!("{} follows {nowhere}, which is on no stream", consumer.name())));
        }
        let filters = |stream| {
            let mine = consumer.subscriptions().iter().filter(|channel| Stream::of(channel) == Some(stream));
            let mut filters: Vec<String> = mine.map(|channel| format!("{channel}.>")).collect();
            filters.sort();
            filters.dedup();
            filters
        };
        let follower = |stream| Self {
            bus: bus.clone(),
            stream,
            filters: filters(stream),
            consumer: consumer.clone(),
            context: context.clone(),
            stop: stop.clone(),
        };
        Ok(Stream::ALL.into_iter().map(follower).filter(|follower| !follower.filters.is_empty()).collect())
    }

    /// The durable at the broker, made if it is not there.
    pub(super) async fn attach(&self) -> Result<PullConsumer, Error> {
        self.bus.consumer(self.stream, self.consumer.name(), &self.filters).await
    }

    /// Follows until told to stop, whatever happens to the broker.
    pub(super) async fn run(self) {
        let (name, stream) = (self.consumer.name(), self.stream.name());
        let mut failures = 0;
        while let Err(lost) = self.follow(&mut failures).await {
            failures += 1;
            metrics::counter!("talentflow_bus_rebuilds_total", "consumer" => name, "stream" => stream, "why" => lost.label())
                .increment(1);
            tracing::warn!(consumer = name, stream, failures, why = %lost, "attaching to the stream again");
            self.bus.ring();
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.rest(failures) => {}
            }
        }
    }

    /// Full jitter: the consumers of all services lose a server at the same moment.
    async fn rest(&self, failures: u32) {
        let most = (Duration::from_millis(50) * 2u32.saturating_pow(failures.min(10))).min(LONGEST_REST);
        let millis = self.context.chance.below(u64::try_from(most.as_millis()).unwrap_or_default() + 1);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    async fn follow(&self, failures: &mut u32) -> Result<(), Lost> {
        let durable = self.attach().await.map_err(Lost::Setup)?;
        let pace = self.bus.pace;
        let pull = durable.stream().max_messages_per_batch(CHUNK).heartbeat(pace.heartbeat).expires(pace.heartbeat * 6);
        let mut messages = pull.messages().await.map_err(|error| Lost::Pull(error.to_string()))?;
        let ended = loop {
            let first = tokio::select! {
                // What is already here would otherwise be taken on, chunk after chunk.
                biased;
                () = self.stop.cancelled() => break None,
                first = tokio::time::timeout(pace.silence, messages.next()) => first,
            };
            match first {
                Ok(Some(Ok(first))) => {
                    *failures = 0;
                    let (chunk, error) = gather(first, &mut messages);
                    self.take(chunk).await;
                    if let Some(error) = error {
                        break Some(Lost::Pull(error));
                    }
                }
                Ok(Some(Err(error))) => break Some(Lost::Pull(error.to_string())),
                Ok(None) => break Some(Lost::Pull("no more messages".to_owned())),
                Err(_) => {
                    if let Some(waiting) = self.waiting(&durable).await? {
                        break Some(Lost::Silent(waiting));
                    }
                }
            }
        };
        self.hand_back(messages).await;
        ended.map_or(Ok(()), Err)
    }

    /// How many events the broker could deliver and does not. Those that wait for their retry are not
    /// silence, even if they are so many that nothing else may come.
    async fn waiting(&self, durable: &PullConsumer) -> Result<Option<u64>, Lost> {
        let info = durable.get_info().await.map_err(|error| Lost::Pull(error.to_string()))?;
        let room = i64::try_from(info.num_ack_pending).unwrap_or(i64::MAX) < MAX_ACK_PENDING;
        Ok((info.num_pending > 0 && room).then_some(info.num_pending))
    }

    /// Applies a chunk in the order of the stream, and tells the broker what became of each.
    async fn take(&self, chunk: Vec<Message>) {
        let mut events = Vec::with_capacity(chunk.len());
        let mut sources = Vec::with_capacity(chunk.len());
        for message in chunk {
            if delivered(&message) > 1 {
                metrics::counter!("talentflow_bus_redelivered_total", "consumer" => self.consumer.name()).increment(1);
            }
            match read::read(&message) {
                Ok(event) => {
                    events.push(event);
                    sources.push(message);
                }
                Err(error) => self.refuse(&message, &error).await,
            }
        }
        if events.is_empty() {
            return;
        }
        let outcomes = self.deliver(events, &sources).await;
        for (message, outcome) in sources.iter().zip(outcomes) {
            match outcome {
                // A lost acknowledgement is a redelivery, which the inbox recognises: no need to wait for
                // its confirmation.
                Outcome::Applied | Outcome::Duplicate | Outcome::Parked | Outcome::Dead => answer(message, AckKind::Ack).await,
                Outcome::Retry(error) => self.put_off(message, &error).await,
            }
        }
    }

    /// Delivers, and asks for more time while it takes longer than the broker would wait.
    async fn deliver(&self, events: Vec<Envelope>, sources: &[Message]) -> Vec<Outcome> {
        let mut work = std::pin::pin!(self.consumer.deliver(events));
        loop {
            tokio::select! {
                outcomes = &mut work => return outcomes,
                () = tokio::time::sleep(self.bus.pace.ack_wait / 3) => {
                    for message in sources {
                        answer(message, AckKind::Progress).await;
                    }
                }
            }
        }
    }

    /// What cannot be read goes to the dead letters, and only then from the broker.
    async fn refuse(&self, message: &Message, error: &Error) {
        if error.reason() == "EVENT_TYPE_UNKNOWN" && self.stream == Stream::Own && delivered(message) < STRANGER {
            return self.put_off(message, error).await;
        }
        let channel = message.subject.as_str();
        // By its content: a sequence means another message once a stream was restored.
        let digest = hex::encode(Sha256::new().chain_update(channel).chain_update([0]).chain_update(&message.payload).finalize());
        let key = format!("sha256:{}", &digest[..32]);
        match letters::bury_unreadable(&self.context, self.consumer.name(), channel, &key, &message.payload, error).await {
            Ok(()) => answer(message, AckKind::Term).await,
            Err(error) => self.put_off(message, &error).await,
        }
    }

    /// Has it come again later: at once would only spin.
    async fn put_off(&self, message: &Message, error: &Error) {
        let delivered = delivered(message);
        let doubled = 2u32.saturating_pow(u32::try_from(delivered - 1).unwrap_or_default().min(16));
        let pause = self.bus.pace.first_retry.saturating_mul(doubled).min(self.bus.pace.longest_retry);
        tracing::warn!(consumer = self.consumer.name(), subject = %message.subject, delivered, ?pause, %error, "event put off");
        answer(message, AckKind::Nak(Some(pause))).await;
    }

    /// Gives back what was fetched but not looked at, so that nobody waits for it to time out.
    async fn hand_back(&self, mut messages: pull::Stream) {
        let mut unseen = Vec::new();
        while let Some(Some(Ok(message))) = messages.next().now_or_never() {
            unseen.push(message);
        }
        drop(messages);
        for message in unseen {
            answer(&message, AckKind::Nak(Some(A_MOMENT))).await;
        }
        let client = self.bus.context.client();
        if let Ok(Err(error)) = tokio::time::timeout(LAST_WORDS, client.flush()).await {
            tracing::debug!(error = %away("flush", &error), "acknowledgements may repeat");
        }
    }
}

/// What has arrived by now, up to a chunk.
fn gather(first: Message, messages: &mut pull::Stream) -> (Vec<Message>, Option<String>) {
    let mut chunk = vec![first];
    while chunk.len() < CHUNK {
        match messages.next().now_or_never() {
            Some(Some(Ok(message))) => chunk.push(message),
            Some(Some(Err(error))) => return (chunk, Some(error.to_string())),
            Some(None) | None => break,
        }
    }
    (chunk, None)
}

fn delivered(message: &Message) -> i64 {
    message.info().map_or(1, |info| info.delivered.max(1))
}

async fn answer(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(subject = %message.subject, %error, "the broker did not hear; it will deliver again");
    }
}
