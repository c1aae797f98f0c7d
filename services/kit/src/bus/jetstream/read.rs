//! Reading what arrived as an event.

use super::Stream;
use crate::error::Error;
use crate::event::Envelope;
use async_nats::{HeaderMap, Message};

/// Reads structured or binary `CloudEvents`. The subject it was published to is vouched for by the broker's
/// permissions; what the payload says of itself must fit it.
pub(super) fn read(message: &Message) -> Result<Envelope, Error> {
    let header = |name: &str| message.headers.as_ref().and_then(|headers| find(headers, name));
    let structured = header("content-type").is_some_and(|kind| kind.starts_with("application/cloudevents+json"));
    let channel = message.subject.as_str();
    let mut event = if !structured && header("ce-specversion").is_some() {
        Envelope::from_binary(channel, header, &message.payload)?
    } else {
        Envelope::from_json(channel, &message.payload)?
    };
    if !genuine(&event) {
        return Err(Error::invalid(
            "source",
            "EVENT_NOT_GENUINE",
            format!("an event of type `{}` from `{}` does not belong on `{channel}`", event.kind, event.source),
            format!("通道 {channel} 上的事件来源或类型不符"),
        ));
    }
    event.traceparent = event.traceparent.or_else(|| header("traceparent"));
    Ok(event)
}

/// Whoever may publish on one channel must not speak for another: an HR system that calls itself one of our
/// services could use up that service's event ids, and have its real events taken for repetitions.
fn genuine(event: &Envelope) -> bool {
    match Stream::of(&event.channel) {
        Some(Stream::Own) => {
            let service = event.channel.split('.').nth(1).unwrap_or_default();
            event.kind == event.channel && event.source.strip_prefix("talentflow/") == Some(service)
        }
        Some(Stream::Hr) => event.kind.starts_with("hr.") && !event.source.starts_with("talentflow/"),
        None => false,
    }
}

/// NATS keeps the case that a publisher chose; HTTP-minded ones write `Content-Type` and `Ce-Id`.
fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = headers.iter().filter(|(header, _)| AsRef::<str>::as_ref(*header).eq_ignore_ascii_case(name));
    found.next().and_then(|(_, values)| values.first()).map(|value| value.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(channel: &str, kind: &str, source: &str) -> Envelope {
        Envelope {
            id: "1".to_owned(),
            source: source.to_owned(),
            kind: kind.to_owned(),
            channel: channel.to_owned(),
            subject: "people/1".to_owned(),
            version: None,
            time: chrono::DateTime::UNIX_EPOCH,
            cause: None,
            traceparent: None,
            data: Vec::new(),
        }
    }

    #[test]
    fn an_event_that_speaks_for_another_channel_is_not_genuine() {
        let published = "talentflow.training.order.published.v1";
        assert!(genuine(&event(published, published, "talentflow/training")));
        assert!(genuine(&event("hr.v1.acme.hired", "hr.employee.hired.v1", "hr/acme")));
        assert!(!genuine(&event(published, published, "talentflow/subsidy")));
        assert!(!genuine(&event(published, published, "hr/acme")));
        assert!(!genuine(&event(published, "talentflow.training.order.closed.v1", "talentflow/training")));
        assert!(!genuine(&event("hr.v1.acme.hired", "hr.employee.hired.v1", "talentflow/directory")));
        assert!(!genuine(&event("hr.v1.acme.hired", published, "hr/acme")));
    }

    #[test]
    fn a_header_is_found_whatever_its_case() {
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", "application/json");
        assert_eq!(find(&headers, "content-type").as_deref(), Some("application/json"));
        assert_eq!(find(&headers, "ce-id"), None);
    }
}
