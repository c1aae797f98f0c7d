//! Events: what they carry, and how they look on the wire.
//!
//! The envelope is CloudEvents 1.0. Structured JSON is what we send (the one mode the v1.0.1 NATS
//! binding defines); structured and binary mode are read. Our extensions: `sequence` is the version of
//! the aggregate named by `subject`, counted from 1 without gaps; `causationid` is the command (audit id)
//! or event that led to this one; `traceparent` is W3C trace context.

use crate::error::Error;
use chrono::{DateTime, SubsecRound, Utc};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use proto::Event;
use serde_json::{Value, json};

/// A CloudEvents source of our own: `talentflow/<service>`.
const OWN_SOURCE: &str = "talentflow/";
/// Nothing we exchange is near this; larger is a mistake or an attack.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// One event with everything that travels with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Unique within `source`.
    pub id: String,
    pub source: String,
    /// The CloudEvents type, such as `talentflow.training.order.published.v1`.
    pub kind: String,
    /// Where it was published: for our own events the type itself, for HR systems
    /// `hr.v1.<organisation>.<event>`. The transport vouches for it; the payload does not.
    pub channel: String,
    /// The resource it is about.
    pub subject: String,
    /// The version of the aggregate after it; absent on events from outside, which keep no count.
    pub version: Option<i64>,
    pub time: DateTime<Utc>,
    pub cause: Option<String>,
    pub traceparent: Option<String>,
    /// The protobuf message of `kind`, encoded.
    pub data: Vec<u8>,
}

impl Envelope {
    /// What a consumer remembers it by. CloudEvents ids are unique within their source only.
    pub fn key(&self) -> String {
        if self.source.starts_with(OWN_SOURCE) { self.id.clone() } else { format!("{} {}", self.source, self.id) }
    }

    /// Reads the payload as the message of its type.
    pub fn decode<E: Event>(&self) -> Result<E, Error> {
        E::decode(self.data.as_slice()).map_err(|source| malformed(&self.kind, &source.to_string()))
    }

    /// The whole event as structured CloudEvents JSON.
    pub fn to_json(&self) -> Result<String, Error> {
        let descriptor = message_of(&self.kind)?;
        let message = DynamicMessage::decode(descriptor, self.data.as_slice())
            .map_err(|source| malformed(&self.kind, &source.to_string()))?;
        let mut event = json!({
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.kind,
            "subject": self.subject,
            "time": self.time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            "datacontenttype": "application/json",
            "data": to_canonical_json(&message)?,
        });
        if let Value::Object(fields) = &mut event {
            for (name, value) in [("causationid", &self.cause), ("traceparent", &self.traceparent)] {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), json!(value));
                }
            }
            if let Some(version) = self.version {
                fields.insert("sequence".to_owned(), json!(version.to_string()));
            }
        }
        Ok(event.to_string())
    }

    /// Reads structured CloudEvents JSON that arrived on `channel`.
    pub fn from_json(channel: &str, text: &[u8]) -> Result<Self, Error> {
        within_size(text)?;
        let event: Value = serde_json::from_slice(text).map_err(|source| malformed("CloudEvents JSON", &source.to_string()))?;
        let attribute = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
        let head = Head::read(channel, attribute)?;
        let data = match (event.get("data"), event.get("data_base64")) {
            (Some(data), None) => encode_json(&head.0.kind, data)?,
            (None, Some(Value::String(text))) => {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .map_err(|source| malformed("data_base64", &source.to_string()))?
            }
            _ => return Err(malformed(&head.0.kind, "exactly one of `data` and `data_base64` is expected")),
        };
        Ok(head.with(data))
    }

    /// Reads an event in binary mode: attributes in `ce-` headers, the payload as it is.
    pub fn from_binary(channel: &str, header: impl Fn(&str) -> Option<String>, payload: &[u8]) -> Result<Self, Error> {
        within_size(payload)?;
        let head = Head::read(channel, |name| header(&format!("ce-{name}")))?;
        let content = header("content-type").unwrap_or_else(|| "application/json".to_owned());
        let data = match content.split(';').next().map(str::trim) {
            Some("application/protobuf" | "application/x-protobuf") => {
                let checked = DynamicMessage::decode(message_of(&head.0.kind)?, payload);
                checked.map_err(|source| malformed(&head.0.kind, &source.to_string()))?;
                payload.to_vec()
            }
            Some("application/json") => {
                let json = serde_json::from_slice(payload).map_err(|source| malformed(&head.0.kind, &source.to_string()))?;
                encode_json(&head.0.kind, &json)?
            }
            _ => return Err(malformed(&head.0.kind, "content-type is neither application/json nor application/protobuf")),
        };
        Ok(head.with(data))
    }
}

/// The attributes of an event, read before its payload.
struct Head(Envelope);

impl Head {
    fn read(channel: &str, attribute: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let required = |name: &str| {
            attribute(name)
                .filter(|value| !value.is_empty() && value.len() <= 512)
                .ok_or_else(|| malformed("CloudEvents", &format!("attribute `{name}` is required, as 1 to 512 bytes of text")))
        };
        if required("specversion")? != "1.0" {
            return Err(malformed("CloudEvents", "`specversion` is not \"1.0\""));
        }
        let time = match attribute("time") {
            Some(text) => text
                .parse::<DateTime<Utc>>()
                .map_err(|_| malformed("CloudEvents", "`time` is not an RFC 3339 instant such as 2026-07-01T08:00:00Z"))?,
            None => DateTime::UNIX_EPOCH,
        };
        // Somebody else's `sequence` counts something of their own.
        let counted = attribute("sequence").filter(|_| attribute("source").is_some_and(|source| source.starts_with(OWN_SOURCE)));
        let version = match counted {
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|version| *version > 0)
                    .ok_or_else(|| malformed("CloudEvents", "`sequence` is not a whole number from 1"))?,
            ),
            None => None,
        };
        Ok(Self(Envelope {
            id: required("id")?,
            source: required("source")?,
            kind: required("type")?,
            channel: channel.to_owned(),
            subject: attribute("subject").unwrap_or_default(),
            version,
            time: time.trunc_subsecs(6),
            cause: attribute("causationid"),
            traceparent: attribute("traceparent"),
            data: Vec::new(),
        }))
    }

    fn with(self, data: Vec<u8>) -> Envelope {
        Envelope { data, ..self.0 }
    }
}

/// Canonical protobuf JSON as all our edges speak it: defaults are written, 64-bit numbers are strings.
pub fn to_canonical_json(message: &DynamicMessage) -> Result<Value, Error> {
    let options = SerializeOptions::new().skip_default_fields(false).stringify_64_bit_integers(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).map_err(Error::internal)
}

fn encode_json(kind: &str, data: &Value) -> Result<Vec<u8>, Error> {
    use prost::Message as _;
    let message = DynamicMessage::deserialize(message_of(kind)?, data).map_err(|source| malformed(kind, &source.to_string()))?;
    Ok(message.encode_to_vec())
}

fn message_of(kind: &str) -> Result<MessageDescriptor, Error> {
    proto::event_message(kind).ok_or_else(|| {
        Error::invalid(
            "type",
            "EVENT_TYPE_UNKNOWN",
            format!("event type `{kind}` is not known here"),
            format!("未知的事件类型 {kind}"),
        )
        .way_out("publish one of the types of the event contract", "请使用事件契约中列出的类型")
    })
}

fn within_size(payload: &[u8]) -> Result<(), Error> {
    if payload.len() <= MAX_EVENT_BYTES {
        return Ok(());
    }
    Err(malformed("event", &format!("it has {} bytes; the limit is {MAX_EVENT_BYTES}", payload.len())))
}

fn malformed(what: &str, why: &str) -> Error {
    Error::invalid("data", "EVENT_MALFORMED", format!("{what} cannot be read: {why}"), format!("{what} 无法解析：{why}"))
}
