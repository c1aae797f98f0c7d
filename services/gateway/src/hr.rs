//! HR intake over HTTP: CloudEvents in structured, batched or binary mode, for HR systems without NATS.
//!
//! Accepted means safe: the bus has acknowledged the event, or, within one process, the directory has
//! committed it. Sending it again, with the same `source` and `id`, does nothing.

use crate::{Gateway, problem};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use kit::auth::Role;
use kit::event::Envelope;
use kit::{Code, Error};
use serde_json::{Value, json};

/// Events in one request.
const MOST: usize = 1000;

pub async fn intake(
    State(gateway): State<Gateway>,
    Path(organisation): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match accept(&gateway, &organisation, &headers, &body).await {
        Ok(count) => (StatusCode::ACCEPTED, axum::Json(json!({"accepted": count}))).into_response(),
        Err(error) => problem::of(error),
    }
}

async fn accept(gateway: &Gateway, organisation: &str, headers: &HeaderMap, body: &[u8]) -> Result<usize, Error> {
    let principal = gateway.access.guard.principal(headers)?;
    let name = format!("organisations/{organisation}");
    let employer = principal.is(Role::Enterprise) || principal.is(Role::School);
    let own = employer && principal.organisation.as_deref() == Some(name.as_str());
    if !(own || principal.is(Role::Bureau) || principal.is(Role::Service)) {
        return Err(Error::new(
            Code::Forbidden,
            "NOT_YOUR_STAFF",
            format!("this token does not speak for {name}"),
            format!("该令牌不能代表 {name}"),
        )
        .on("authorization")
        .way_out("use a token of that organisation", "请使用该单位的令牌"));
    }
    let envelopes = read(organisation, headers, body)?;
    let count = envelopes.len();
    for result in gateway.bus.publish(envelopes).await {
        result?;
    }
    Ok(count)
}

fn read(organisation: &str, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Envelope>, Error> {
    let content = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let envelopes = if content.starts_with("application/cloudevents-batch+json") {
        let batch: Vec<Value> = serde_json::from_slice(body).map_err(|source| {
            Error::invalid(
                "body",
                "JSON_MALFORMED",
                format!("a batch is a JSON array of events: {source}"),
                "批量事件应为 JSON 数组",
            )
        })?;
        let events = kit::wire::parse_batch("events", batch, MOST)?;
        let one = |(at, event): (usize, Value)| {
            Envelope::from_json("", event.to_string().as_bytes()).map_err(|error| error.within(&format!("events[{at}]")))
        };
        events.into_iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?
    } else if content.starts_with("application/cloudevents+json") {
        vec![Envelope::from_json("", body)?]
    } else {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        vec![Envelope::from_binary("", header, body)?]
    };
    envelopes.into_iter().map(|event| on_channel(organisation, event)).collect()
}

/// An event of an HR system goes on its organisation's own subject, and counts no versions of ours.
fn on_channel(organisation: &str, event: Envelope) -> Result<Envelope, Error> {
    let words = event.kind.strip_prefix("hr.").and_then(|rest| rest.strip_suffix(".v1")).ok_or_else(|| {
        Error::invalid(
            "type",
            "EVENT_TYPE_UNEXPECTED",
            format!("`{}` is not an event HR systems publish", event.kind),
            format!("{} 不是人事系统可发布的事件", event.kind),
        )
    })?;
    let channel = format!("hr.v1.{organisation}.{}", words.replace('.', "-"));
    Ok(Envelope { channel, version: None, ..event })
}
