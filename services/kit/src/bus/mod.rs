//! The bus carries events from outboxes to consumers. It is transport, not truth: what it loses is sent
//! again from the outbox, what it repeats is recognised by the inbox.
//!
//! Two live implementations: [`LocalBus`] inside one process, for a bureau without servers, and
//! [`JetStreamBus`] between processes. Nothing above this module knows which.

mod jetstream;
mod local;

pub use jetstream::{JetStreamBus, STATEMENTS};
pub use local::LocalBus;

use crate::context::Context;
use crate::error::Error;
use crate::event::Envelope;
use crate::inbox::Consumer;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// An open bus; cheap to clone.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there are a few of them in a process, and they are cloned, not moved about")]
pub enum Bus {
    Local(LocalBus),
    JetStream(JetStreamBus),
}

impl Bus {
    /// Publishes a batch and answers for each event whether it is safe with the bus: in process, that
    /// every consumer has committed it; on JetStream, that the stream has acknowledged it.
    pub async fn publish(&self, batch: Vec<Envelope>) -> Vec<Result<(), Error>> {
        match self {
            Self::Local(bus) => bus.publish(batch).await,
            Self::JetStream(bus) => bus.publish(batch).await,
        }
    }

    /// Brings the consumer everything it follows, from now until `stop`, including what was published
    /// while it was away.
    pub async fn subscribe(
        &self,
        consumer: Consumer,
        context: Context,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        match self {
            Self::Local(bus) => {
                bus.subscribe(consumer);
                Ok(())
            }
            Self::JetStream(bus) => bus.subscribe(consumer, context, tasks, stop).await,
        }
    }
}
