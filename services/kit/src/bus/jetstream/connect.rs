//! Reaching the broker, and refusing one that cannot keep what it promises.

use super::{Asked, Bell, JetStreamBus, Pace, Stream};
use crate::config::{NatsConfig, SecretUrl};
use crate::error::Error;
use async_nats::jetstream;
use async_nats::jetstream::context::{AccountErrorKind, ContextBuilder};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The oldest server we run on. Jepsen's analysis of 2.12.1 lost acknowledged messages, and whole streams,
/// when a node crashed or its disk had a bad sector; the 2.12 line has the repairs up to this release.
const OLDEST_SERVER: Version = Version(2, 12, 6);
/// The longest a publish waits for its acknowledgement, and a request for its answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl JetStreamBus {
    /// Connects, checks the server and makes the streams. Fails at once if any of this cannot be had; a
    /// connection lost later is taken up again for as long as it takes.
    pub async fn connect(config: &NatsConfig, name: &str) -> Result<Self, Error> {
        // Both TLS libraries may be compiled in; without a choice rustls stops the process. Somebody else
        // having chosen already is as good.
        let _ = async_nats::rustls::crypto::ring::default_provider().install_default();
        let disconnects = tokio::sync::watch::Sender::new(0);
        let client = open(config, name, &disconnects).await?;
        let server = client.server_info();
        supported(&server.version)?;
        let context = ContextBuilder::new().timeout(PATIENCE).build(client);
        has_jetstream(&context, &server.server_name).await?;
        let asked = Asked { replicas: config.stream_replicas, max_age: Duration::from_hours(24 * config.max_age_days) };
        let bus = Self {
            context,
            asked,
            pace: Pace::NORMAL,
            marks: Arc::new(Mutex::new(HashMap::new())),
            alarm: tokio::sync::watch::Sender::new(0),
            disconnects,
        };
        for stream in Stream::ALL {
            bus.first_stream(stream).await?;
        }
        Ok(bus)
    }
}

async fn open(config: &NatsConfig, name: &str, disconnects: &Bell) -> Result<Client, Error> {
    let addresses = addresses(config.url.as_ref().map(SecretUrl::expose).unwrap_or_default())?;
    let hosts: Vec<String> = addresses.iter().map(|address| format!("{}:{}", address.host(), address.port())).collect();
    let hosts = hosts.join(", ");
    let disconnects = disconnects.clone();
    let mut options = ConnectOptions::new()
        .name(format!("talentflow {name}"))
        .connection_timeout(CONNECT_TIMEOUT)
        .request_timeout(Some(PATIENCE))
        .event_callback(move |event| {
            observe(&event, &disconnects);
            std::future::ready(())
        });
    if let Some(path) = &config.credentials_file {
        options = options
            .credentials_file(path)
            .await
            .map_err(|source| Error::unavailable(format!("nats.credentials_file: cannot use {path}: {source}")))?;
    }
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT * 2, options.connect(addresses)).await;
    let Ok(connected) = connecting else {
        return Err(Error::unavailable(format!("NATS at {hosts} does not answer; check nats.url and that the server runs")));
    };
    connected.map_err(|error| match error.kind() {
        ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
            Error::unavailable(format!("NATS at {hosts} refuses us: {error}; check nats.url and nats.credentials_file"))
        }
        _ => Error::unavailable(format!("cannot reach NATS at {hosts}: {error}; check nats.url and that the server runs")),
    })
}

/// One or several servers of a cluster, separated by commas.
fn addresses(url: &str) -> Result<Vec<ServerAddr>, Error> {
    let parsed: Result<Vec<ServerAddr>, _> = url.split(',').map(|one| one.trim().parse()).collect();
    // The URL may carry a password: say what is expected, not what was given.
    parsed
        .map_err(|_| Error::unavailable("nats.url is not a NATS URL: expected nats://host:4222, or several separated by commas"))
}

fn observe(event: &Event, disconnects: &Bell) {
    match event {
        Event::Connected => {
            metrics::gauge!("talentflow_bus_connected").set(1.0);
            tracing::info!("connected to NATS");
        }
        Event::Disconnected => {
            metrics::gauge!("talentflow_bus_connected").set(0.0);
            metrics::counter!("talentflow_bus_disconnects_total").increment(1);
            disconnects.send_modify(|count| *count += 1);
            tracing::warn!("NATS is away; events wait in the outbox");
        }
        Event::LameDuckMode | Event::SlowConsumer(_) | Event::ServerError(_) => tracing::warn!(%event, "NATS"),
        // Every further attempt to connect, and our own leaving.
        Event::ClientError(_) | Event::Draining | Event::Closed => tracing::debug!(%event, "NATS"),
    }
}

async fn has_jetstream(context: &jetstream::Context, server: &str) -> Result<(), Error> {
    let Err(error) = context.query_account().await else { return Ok(()) };
    Err(Error::unavailable(match error.kind() {
        AccountErrorKind::JetStreamUnavailable | AccountErrorKind::JetStream(_) => format!(
            "the NATS server {server} has no JetStream for this account ({error}); start it with `-js` or enable JetStream for the account"
        ),
        _ => format!("JetStream of the NATS server {server} does not answer: {error}"),
    }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Reads `2.12.6`. A preview of a release is not that release: `2.12.6-RC.1` reads as `2.12.5`, the
    /// last one it is known to contain.
    fn parse(text: &str) -> Option<Self> {
        let (release, preview) =
            text.trim_start_matches('v').split_once('-').map_or((text, false), |(release, _)| (release, true));
        let mut parts = release.trim_start_matches('v').split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(match (preview, patch) {
            (false, _) => Self(major, minor, patch),
            (true, 0) => Self(major, minor.saturating_sub(1), u32::MAX),
            (true, _) => Self(major, minor, patch - 1),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

fn supported(version: &str) -> Result<(), Error> {
    if Version::parse(version).is_some_and(|found| found >= OLDEST_SERVER) {
        return Ok(());
    }
    Err(Error::unavailable(format!(
        "the NATS server is {version}; at least {OLDEST_SERVER} is needed, because older ones can lose what they acknowledged: upgrade the server"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_below_the_floor_is_refused_by_its_version_and_the_floor_is_named() {
        for old in ["2.9.10", "2.11.99", "2.12.1", "2.12.5", "2.12.6-RC.1", "1.99.99", "", "nightly"] {
            let refusal = supported(old).expect_err(old).to_string();
            assert!(refusal.contains(&format!("is {old};")) && refusal.contains("2.12.6"), "{refusal}");
        }
        for new in ["2.12.6", "v2.12.6", "2.12.10", "2.13.0-preview.1", "2.15.1", "3.0.0"] {
            supported(new).unwrap();
        }
    }

    #[test]
    fn several_servers_are_read_and_a_wrong_url_does_not_repeat_its_password() {
        let two = addresses("nats://one:4222, nats://two:4223").unwrap();
        assert_eq!((two[0].host(), two[1].port()), ("one", 4223));
        let error = addresses("nats://user:secret@:x").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
