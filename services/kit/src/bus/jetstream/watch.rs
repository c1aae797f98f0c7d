//! The watch: is what this service has published still in the stream?
//!
//! A stream can be deleted and made again, purged, restored from an older copy (which then gives the same
//! sequence numbers to other events), or lose its tail when a server crashes that answered before it wrote.
//! No consumer can tell. But each publisher knows its own last acknowledged event, and if that is gone, so may
//! others be: then the service sends again from its outbox what a stream would still hold. Inboxes drop what
//! they know.

use super::setup::away;
use super::{JetStreamBus, Mark, Stream};
use crate::context::Context;
use crate::db::{Lane, args, statements};
use crate::error::Error;
use crate::outbox;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::stream::{self, RawMessageErrorKind};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

/// How much earlier than its age allows the broker may drop a message without suspicion.
const AGE_MARGIN: TimeDelta = TimeDelta::hours(1);

/// One service watching the streams.
#[derive(Debug)]
pub(super) struct Watch {
    bus: JetStreamBus,
    context: Context,
    stop: CancellationToken,
    source: String,
    /// When the own stream was created, as of the last look of this process.
    created: Option<DateTime<Utc>>,
}

/// What was remembered of a stream.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
struct Memory {
    created_at: DateTime<Utc>,
    last_seq: i64,
    last_key: String,
    marked_at: DateTime<Utc>,
}

impl Watch {
    pub(super) fn new(bus: JetStreamBus, context: Context, stop: CancellationToken) -> Self {
        let source = format!("talentflow/{}", context.service);
        Self { bus, context, stop, source, created: None }
    }

    pub(super) async fn run(mut self) {
        let mut alarm = self.bus.alarm.subscribe();
        loop {
            for stream in Stream::ALL {
                match self.look(stream).await {
                    Ok(()) => {}
                    // The broker is away: said once, where the connection is observed.
                    Err(error) if error.is_transient() => {
                        tracing::debug!(service = self.context.service, stream = stream.name(), %error, "not checked now");
                    }
                    Err(error) => {
                        tracing::warn!(service = self.context.service, stream = stream.name(), %error, "the stream is not checked");
                    }
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = alarm.changed() => {}
                () = tokio::time::sleep(self.bus.pace.look_round) => {}
            }
        }
    }

    async fn look(&mut self, stream: Stream) -> Result<(), Error> {
        // What is remembered first, the stream after: the other way round, what was published in between would
        // look lost.
        let remembered = self.remembered(stream).await?;
        let mut mark = if stream == Stream::Own { self.bus.marked(&self.source) } else { None };
        let found = self.bus.stream(stream).await?;
        let created = found.cached_info().created.trunc_subsecs(6);
        if stream == Stream::Own && self.created.replace(created).is_some_and(|before| before != created) {
            // Marks of the former stream say nothing about this one.
            self.bus.unmark(&self.source);
            mark = None;
        }
        let now = self.context.clock.unshifted();
        let mut next = Memory { created_at: created, last_seq: 0, last_key: String::new(), marked_at: now };
        if let Some(before) = &remembered {
            let latest = before.merged(mark, now);
            match self.missing(&found, &latest).await? {
                None => next = latest,
                Some(why) if self.make_good(stream, &found, why).await? => {}
                Some(_) => return Ok(()),
            }
        }
        if remembered.as_ref() == Some(&next) { Ok(()) } else { self.remember(stream, next).await }
    }

    /// Why the stream is not the one that is remembered; `None` if it is.
    async fn missing(&self, found: &stream::Stream, latest: &Memory) -> Result<Option<&'static str>, Error> {
        let info = found.cached_info();
        if info.created.trunc_subsecs(6) != latest.created_at {
            return Ok(Some("it was created anew"));
        }
        let sequence = u64::try_from(latest.last_seq).unwrap_or_default();
        if sequence == 0 {
            return Ok(None);
        }
        if sequence > info.state.last_sequence {
            return Ok(Some("it ends before our last event"));
        }
        match found.get_raw_message(sequence).await {
            Ok(message) if message.headers.get(NATS_MESSAGE_ID).map_or("", |id| id.as_str()) == latest.last_key => Ok(None),
            Ok(_) => Ok(Some("another event is in the place of our last one")),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => {
                let gone = !self.outlived(&info.config, latest);
                Ok(gone.then_some("our last event was removed before its time"))
            }
            Err(error) => Err(away("look into the stream", &error)),
        }
    }

    /// Whether the stream may have dropped a message of that time by its own limits.
    fn outlived(&self, config: &stream::Config, latest: &Memory) -> bool {
        let limited = config.max_bytes > 0 || config.max_messages > 0 || config.max_messages_per_subject > 0;
        let age = TimeDelta::from_std(config.max_age).unwrap_or(TimeDelta::MAX);
        let aged = !config.max_age.is_zero() && self.context.clock.unshifted() - latest.marked_at + AGE_MARGIN >= age;
        limited || aged
    }

    /// Sends the outbox again, as far back as the stream would still hold it. False when told to stop.
    async fn make_good(&self, stream: Stream, found: &stream::Stream, why: &'static str) -> Result<bool, Error> {
        let (service, name) = (self.context.service, stream.name());
        metrics::counter!("talentflow_stream_recreated_total", "service" => service, "stream" => name).increment(1);
        if stream == Stream::Hr {
            tracing::warn!(
                service,
                stream = name,
                why,
                "what HR systems had published and nobody had read yet is gone; have them send it again"
            );
            return Ok(true);
        }
        tracing::warn!(service, stream = name, why, "the stream has lost events; sending the outbox again");
        // A batch that the former stream acknowledged may not be marked as sent yet; wait until it is, or it
        // would be marked after we have looked.
        tokio::select! {
            () = self.stop.cancelled() => return Ok(false),
            () = tokio::time::sleep(self.bus.pace.in_flight) => {}
        }
        self.bus.unmark(&self.source);
        // The broker counts ages by real time; an event bears the time of our clock, which is that or later.
        let (now, real) = (self.context.clock.now(), self.context.clock.unshifted());
        let age = found.cached_info().config.max_age;
        let held = TimeDelta::from_std(age).ok().filter(|_| !age.is_zero());
        let from = held.map_or(DateTime::UNIX_EPOCH, |age| real - age);
        let count = outbox::republish(&self.context, from, now + TimeDelta::seconds(1)).await?;
        tracing::warn!(service, stream = name, count, "events are sent again");
        Ok(true)
    }

    async fn remembered(&self, stream: Stream) -> Result<Option<Memory>, Error> {
        let mut tx = self.context.db.read(Lane::Background).await?;
        let memory = tx.fetch_optional(REMEMBERED, args![self.context.service, stream.name()]).await?;
        tx.rollback().await?;
        Ok(memory)
    }

    async fn remember(&self, stream: Stream, memory: Memory) -> Result<(), Error> {
        let row =
            args![self.context.service, stream.name(), memory.created_at, memory.last_seq, memory.last_key, memory.marked_at];
        let mut tx = self.context.db.begin(Lane::Background).await?;
        tx.execute(REMEMBER, row).await?;
        tx.commit().await
    }
}

impl Memory {
    /// With a later mark, if there is one.
    fn merged(&self, mark: Option<Mark>, now: DateTime<Utc>) -> Self {
        match mark.and_then(|mark| Some((i64::try_from(mark.sequence).ok()?, mark.key))) {
            Some((last_seq, last_key)) if last_seq > self.last_seq => Self { last_seq, last_key, marked_at: now, ..self.clone() },
            _ => self.clone(),
        }
    }
}

statements! {
    REMEMBERED = "SELECT created_at, last_seq, last_key, marked_at FROM bus_stream WHERE service = $1 AND stream = $2";
    REMEMBER = "INSERT INTO bus_stream (service, stream, created_at, last_seq, last_key, marked_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service, stream) DO UPDATE SET created_at = excluded.created_at, last_seq = excluded.last_seq, last_key = excluded.last_key, marked_at = excluded.marked_at";
}
