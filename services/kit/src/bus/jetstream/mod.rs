//! The bus between processes: NATS `JetStream`.
//!
//! The broker is transport and is believed as little as possible:
//!
//! * A publish counts once its acknowledgement has come, from the stream it was meant for. A "duplicate" is a
//!   success only if the stream still holds the first copy ([`publish`]).
//! * A consumer acknowledges after its transaction has committed, never before, and what fails comes back
//!   after a pause and without a last try ([`consume`]).
//! * Streams and consumers that are gone are made again, by whoever notices first ([`setup`]).
//! * A stream that was lost, purged or restored from an older copy no longer holds what it acknowledged. Every
//!   service checks for its own last event, and sends its outbox again when that is gone ([`watch`]).
//!
//! What comes twice is recognised by the inbox, what comes early is parked there.

mod connect;
mod consume;
mod publish;
mod read;
mod setup;
mod watch;

use crate::context::Context;
use crate::error::Error;
use crate::event::Envelope;
use crate::inbox::Consumer;
use async_nats::jetstream;
use consume::Follower;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
pub use watch::STATEMENTS;
use watch::Watch;

/// The two streams. Subjects do not overlap, so an event belongs to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stream {
    /// What our services publish.
    Own,
    /// What HR systems publish.
    Hr,
}

impl Stream {
    const ALL: [Self; 2] = [Self::Own, Self::Hr];

    fn name(self) -> &'static str {
        match self {
            Self::Own => "TALENTFLOW",
            Self::Hr => "HR",
        }
    }

    fn subjects(self) -> &'static str {
        match self {
            Self::Own => "talentflow.>",
            Self::Hr => "hr.>",
        }
    }

    /// The stream that keeps `channel`, or everything below it.
    fn of(channel: &str) -> Option<Self> {
        match channel.split('.').next() {
            Some("talentflow") => Some(Self::Own),
            Some("hr") => Some(Self::Hr),
            _ => None,
        }
    }
}

/// The waits of the bus.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long the broker waits for an acknowledgement before it delivers again.
    ack_wait: Duration,
    /// The pause before a failed event comes again; doubled each time up to the longest.
    first_retry: Duration,
    longest_retry: Duration,
    /// A pull that hears neither message nor heartbeat for twice this long is dead.
    heartbeat: Duration,
    /// After this long without a delivery the broker is asked whether something is waiting.
    silence: Duration,
    /// How often a service checks that the stream still holds its last event.
    look_round: Duration,
    /// What was being published while its stream was lost has been answered and marked after this long.
    in_flight: Duration,
    /// The broker says that a stream is gone before it has taken its folder off the disk. One made meanwhile
    /// loses its files with it and takes nothing ever after, so nobody makes one anew until this is over.
    demolition: Duration,
}

impl Pace {
    const NORMAL: Self = Self {
        ack_wait: Duration::from_secs(30),
        first_retry: Duration::from_secs(1),
        longest_retry: Duration::from_mins(1),
        heartbeat: Duration::from_secs(5),
        silence: Duration::from_secs(30),
        look_round: Duration::from_secs(15),
        in_flight: Duration::from_secs(10),
        demolition: Duration::from_secs(3),
    };
}

/// What is asked of the streams.
#[derive(Debug, Clone, Copy)]
struct Asked {
    replicas: usize,
    max_age: Duration,
}

/// Where in a stream an event is, by the name the broker knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    sequence: u64,
    key: String,
}

/// Counts something that others wait for.
type Bell = tokio::sync::watch::Sender<u64>;

/// An open connection to the broker; cheap to clone.
#[derive(Clone)]
pub struct JetStreamBus {
    context: jetstream::Context,
    asked: Asked,
    pace: Pace,
    /// The last event of each source that was acknowledged to this process.
    marks: Arc<Mutex<HashMap<String, Mark>>>,
    /// Rung when a stream or consumer turned out to be gone: the watches look at once.
    alarm: Bell,
    /// The connection was lost: acknowledgements that were on their way will not come.
    disconnects: Bell,
}

impl fmt::Debug for JetStreamBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JetStreamBus").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl JetStreamBus {
    /// The same bus with every wait divided by `times`: for tests, whose faults should be found in
    /// milliseconds.
    #[must_use]
    pub fn hurried(mut self, times: u32) -> Self {
        let times = times.max(1);
        let Pace { ack_wait, first_retry, longest_retry, heartbeat, silence, look_round, in_flight, demolition } = &mut self.pace;
        for wait in [ack_wait, first_retry, longest_retry, heartbeat, silence, look_round, in_flight, demolition] {
            *wait /= times;
        }
        self
    }

    /// Delivers to the consumer until `stop`, and watches that what its service has published stays
    /// published. A service that follows nothing is still watched.
    pub(super) async fn subscribe(
        &self,
        consumer: Consumer,
        context: Context,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let followers = Follower::of(self, &consumer, &context, &stop)?;
        for follower in &followers {
            // A subscription the broker refuses stops the start; later, the follower tries for ever.
            follower.attach().await?;
        }
        for follower in followers {
            tasks.spawn(follower.run());
        }
        tasks.spawn(Watch::new(self.clone(), context, stop).run());
        Ok(())
    }

    /// Publishes a batch and answers for each event, in order, whether the stream has it.
    pub(super) async fn publish(&self, batch: Vec<Envelope>) -> Vec<Result<(), Error>> {
        publish::publish(self, batch).await
    }

    /// Remembers the furthest event of `source` that the stream has acknowledged.
    fn mark(&self, source: &str, sequence: u64, key: &str) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.get(source).is_none_or(|mark| mark.sequence < sequence) {
            marks.insert(source.to_owned(), Mark { sequence, key: key.to_owned() });
        }
    }

    fn marked(&self, source: &str) -> Option<Mark> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned()
    }

    fn unmark(&self, source: &str) {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).remove(source);
    }

    fn ring(&self) {
        self.alarm.send_modify(|rung| *rung = rung.wrapping_add(1));
    }
}
