//! Streams and consumers: made when they are not there, left alone where somebody else has tuned them.

use super::{JetStreamBus, Stream};
use crate::error::Error;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy, StorageType};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

/// Within this the broker drops a repeated publish by itself. An optimisation: the inbox decides.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(2);
const MAX_MESSAGE_BYTES: i32 = 1024 * 1024;
/// Unacknowledged deliveries at once; what waits for its retry counts.
pub(super) const MAX_ACK_PENDING: i64 = 1000;
/// A consumer nobody pulls from for this long is dropped by the broker: what is left of a subscription that
/// a later release has changed. One that is wanted again begins anew, and the inbox knows what it had.
const ABANDONED: Duration = Duration::from_hours(7 * 24);
/// The metadata entry that keeps what was asked of the stream when it was last made or changed by us.
const ASKED: &str = "talentflow_asked";

impl JetStreamBus {
    /// The stream, made if it is not there, as before the first start.
    pub(super) async fn first_stream(&self, stream: Stream) -> Result<stream::Stream, Error> {
        let found = match self.find(stream).await? {
            Some(found) => found,
            None => self.make(stream).await?,
        };
        self.tend(stream, found).await
    }

    /// The stream as it is now. It was there when we connected: if it is not, it has been deleted, perhaps just
    /// now, and is made anew.
    pub(super) async fn stream(&self, stream: Stream) -> Result<stream::Stream, Error> {
        if let Some(found) = self.find(stream).await? {
            return self.tend(stream, found).await;
        }
        tokio::time::sleep(self.pace.demolition).await;
        self.first_stream(stream).await
    }

    async fn find(&self, stream: Stream) -> Result<Option<stream::Stream>, Error> {
        match self.context.get_stream(stream.name()).await {
            Ok(found) => Ok(Some(found)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(answer) if answer.code() == 404 => Ok(None),
                _ => Err(away(&format!("find the stream {}", stream.name()), &error)),
            },
        }
    }

    async fn make(&self, stream: Stream) -> Result<stream::Stream, Error> {
        match self.context.create_stream(self.wanted(stream)).await {
            Ok(made) => {
                tracing::info!(stream = stream.name(), "stream created");
                Ok(made)
            }
            // Another process was faster, perhaps with other settings: take what is there.
            Err(error) => {
                let found = self.context.get_stream(stream.name()).await;
                found.map_err(|_| away(&format!("create the stream {}", stream.name()), &error))
            }
        }
    }

    fn wanted(&self, stream: Stream) -> stream::Config {
        stream::Config {
            name: stream.name().to_owned(),
            description: Some("talentflow events; the outboxes are the truth, this is transport".to_owned()),
            subjects: vec![stream.subjects().to_owned()],
            storage: StorageType::File,
            // Every consumer reads at its own pace and again; nothing is taken out by being read.
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_age: self.asked.max_age,
            max_message_size: MAX_MESSAGE_BYTES,
            duplicate_window: DUPLICATE_WINDOW,
            num_replicas: self.asked.replicas,
            // Single messages stay; a purge, when a disk is full, is noticed and made good by the watch.
            deny_delete: true,
            metadata: HashMap::from([(ASKED.to_owned(), self.asked_of_stream())]),
            ..stream::Config::default()
        }
    }

    fn asked_of_stream(&self) -> String {
        format!("replicas={} max_age_s={}", self.asked.replicas, self.asked.max_age.as_secs())
    }

    /// Refuses a stream that cannot carry our events, and changes one whose asked settings have changed in
    /// *our* configuration. What an operator has set on the stream itself stays.
    async fn tend(&self, stream: Stream, found: stream::Stream) -> Result<stream::Stream, Error> {
        let config = &found.cached_info().config;
        if let Some(unfit) = unfit(config) {
            let name = stream.name();
            return Err(Error::refused(
                name,
                "STREAM_UNFIT",
                format!("the NATS stream {name} {unfit}, so events would be lost"),
                format!("NATS 流 {name} 的配置会导致事件丢失"),
            )
            .way_out(
                format!("delete or rename that stream: `nats stream rm {name}`; it is made anew with limits retention on files"),
                format!("请删除或改名该流：`nats stream rm {name}`，系统会以文件存储和 limits 保留策略重建"),
            ));
        }
        let Some(changed) = self.changed(stream, config) else { return Ok(found) };
        let updated = self.context.update_stream(&changed).await;
        updated.map_err(|error| away(&format!("set the stream {} to {}", stream.name(), self.asked_of_stream()), &error))?;
        tracing::info!(stream = stream.name(), asked = self.asked_of_stream(), "stream changed");
        self.context.get_stream(stream.name()).await.map_err(|error| away("read the stream back", &error))
    }

    fn changed(&self, stream: Stream, now: &stream::Config) -> Option<stream::Config> {
        let mut wanted = now.clone();
        let asked = self.asked_of_stream();
        if wanted.metadata.get(ASKED) != Some(&asked) {
            wanted.metadata.insert(ASKED.to_owned(), asked);
            wanted.num_replicas = self.asked.replicas;
            wanted.max_age = self.asked.max_age;
        }
        if !wanted.subjects.iter().any(|subject| subject == stream.subjects() || subject == ">") {
            wanted.subjects.push(stream.subjects().to_owned());
        }
        (wanted != *now).then_some(wanted)
    }

    /// The durable consumer through which `service` follows `filters`, made if it is not there.
    pub(super) async fn consumer(&self, stream: Stream, service: &str, filters: &[String]) -> Result<PullConsumer, Error> {
        let found = self.stream(stream).await?;
        let name = durable(service, filters);
        let wanted = pull::Config {
            durable_name: Some(name.clone()),
            name: Some(name.clone()),
            description: Some(format!("events for {service}")),
            filter_subjects: filters.to_vec(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.pace.ack_wait,
            // Never given up by the broker: what can never be applied goes to our own dead letters.
            max_deliver: -1,
            max_ack_pending: MAX_ACK_PENDING,
            inactive_threshold: ABANDONED,
            ..pull::Config::default()
        };
        let refused = |error: &dyn Display| away(&format!("make the consumer {name} of {}", stream.name()), error);
        let made = found.get_or_create_consumer(&name, wanted.clone()).await.map_err(|error| refused(&error))?;
        let now = &made.cached_info().config;
        if now.ack_policy == AckPolicy::Explicit
            && now.max_deliver < 0
            && same(&now.filter_subjects, &now.filter_subject, filters)
        {
            return Ok(made);
        }
        // Somebody changed it into one that loses events.
        tracing::warn!(consumer = name, "consumer set back to what its service needs");
        found.create_consumer(wanted).await.map_err(|error| refused(&error))
    }
}

/// Why a stream cannot carry our events.
fn unfit(config: &stream::Config) -> Option<&'static str> {
    if config.retention != RetentionPolicy::Limits {
        return Some("has work-queue or interest retention, which drops events that a consumer has not seen yet");
    }
    if config.storage != StorageType::File {
        return Some("is kept in memory");
    }
    if config.mirror.is_some() {
        return Some("is a mirror of another one");
    }
    if config.sealed {
        return Some("is sealed");
    }
    config.no_ack.then_some("does not acknowledge what it is sent")
}

/// The durable's name: the service, and a fingerprint of what it follows. A durable whose filter grows goes
/// on from where it is and never delivers the earlier events of the added aggregates; so another set of
/// subscriptions is another durable, which begins at the beginning, and during an upgrade the old and the new
/// release each have their own. Both feed the same inbox.
fn durable(service: &str, filters: &[String]) -> String {
    let mut hash = Sha256::new();
    for filter in filters {
        hash.update(filter);
        hash.update("\n");
    }
    let digest = hex::encode(hash.finalize());
    format!("{service}-{}", &digest[..8])
}

fn same(many: &[String], one: &str, wanted: &[String]) -> bool {
    let mut found = if many.is_empty() { vec![one.to_owned()] } else { many.to_vec() };
    found.sort();
    found == wanted
}

/// The broker could not do something; it may be able to later.
pub(super) fn away(what: &str, error: &dyn Display) -> Error {
    Error::unavailable(format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(of: &[&str]) -> Vec<String> {
        of.iter().map(|filter| (*filter).to_owned()).collect()
    }

    #[test]
    fn another_set_of_subscriptions_is_another_durable_of_the_same_service() {
        let (old, new) = (durable("training", &filters(&["a.>"])), durable("training", &filters(&["a.>", "b.>"])));
        assert!(old.starts_with("training-") && new.starts_with("training-"));
        assert_ne!(old, new);
        assert_eq!(new, durable("training", &filters(&["a.>", "b.>"])));
    }

    #[test]
    fn a_stream_that_can_lose_events_is_unfit_and_one_that_was_only_tuned_is_fit() {
        let good = stream::Config { storage: StorageType::File, ..stream::Config::default() };
        assert_eq!(unfit(&stream::Config { max_bytes: 1 << 30, num_replicas: 3, ..good.clone() }), None);
        for bad in [
            stream::Config { retention: RetentionPolicy::WorkQueue, ..good.clone() },
            stream::Config { retention: RetentionPolicy::Interest, ..good.clone() },
            stream::Config { storage: StorageType::Memory, ..good.clone() },
            stream::Config { no_ack: true, ..good.clone() },
            stream::Config { sealed: true, ..good },
        ] {
            assert!(unfit(&bad).is_some(), "{bad:?}");
        }
    }
}
