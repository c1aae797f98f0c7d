//! Log lines for machines name the trace they belong to, so that one leads to the other.

use opentelemetry::trace::TraceContextExt;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tracing::dispatcher::WeakDispatch;
use tracing::{Dispatch, Event, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// One JSON object a line, led by `trace_id` and `span_id` where spans are exported.
pub(super) fn json<S, W>(writer: W) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let whole = Whole::default();
    let format = WithTrace { format: tracing_subscriber::fmt::format().json().flatten_event(true), whole: whole.clone() };
    tracing_subscriber::fmt::layer().json().event_format(format).with_writer(writer).and_then(whole)
}

/// The subscriber this layer is part of. While an event is under way it cannot be asked for, so it is noted
/// when it is put together.
#[derive(Debug, Clone, Default)]
struct Whole(Arc<OnceLock<WeakDispatch>>);

impl<S: Subscriber> Layer<S> for Whole {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let _ = self.0.set(subscriber.downgrade());
    }
}

#[derive(Debug)]
struct WithTrace {
    format: Format<Json>,
    whole: Whole,
}

impl<S, N> FormatEvent<S, N> for WithTrace
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some((trace, span)) = context.parent_span().and_then(|span| self.ids(&span.id())) else {
            return self.format.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        let rest = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\",{rest}")
    }
}

impl WithTrace {
    fn ids(&self, span: &tracing::span::Id) -> Option<(String, String)> {
        let context = get_otel_context(span, &self.whole.0.get()?.upgrade()?)?;
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| (span.trace_id().to_string(), span.span_id().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{set_parent, traceparent};
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use std::io::Write;
    use std::sync::Mutex;
    use tracing_subscriber::EnvFilter;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Debug, Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn lines(&self) -> Vec<serde_json::Value> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    fn within(exporting: bool, work: impl FnOnce()) -> Vec<serde_json::Value> {
        let page = Page::default();
        let writer = page.clone();
        let lines = json(move || writer.clone()).with_filter(EnvFilter::new("info"));
        let provider = exporting.then(|| SdkTracerProvider::builder().build());
        let export = provider.as_ref().map(|one| tracing_opentelemetry::layer().with_tracer(one.tracer("test")));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines).with(export), work);
        page.lines()
    }

    #[test]
    fn a_line_within_an_exported_span_names_its_trace_and_one_outside_does_not() {
        let lines = within(true, || {
            tracing::info!("outside");
            let span = tracing::info_span!("command", method = "test");
            set_parent(&span, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
            span.in_scope(|| tracing::info!(passed_on = traceparent(), "inside"));
        });
        assert_eq!(lines.len(), 2);
        assert!(lines[0].get("trace_id").is_none(), "{}", lines[0]);
        assert_eq!(lines[1]["message"], "inside");
        assert_eq!(lines[1]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        let own = lines[1]["span_id"].as_str().unwrap();
        assert_eq!(lines[1]["passed_on"], format!("00-0af7651916cd43dd8448eb211c80319c-{own}-01"));
        assert_eq!(lines[1]["span"]["method"], "test");
    }

    #[test]
    fn without_an_exporter_lines_are_whole_and_name_no_trace() {
        let lines = within(false, || tracing::info_span!("command").in_scope(|| tracing::info!(order = 7, "inside")));
        assert_eq!(lines.len(), 1);
        assert_eq!((&lines[0]["message"], &lines[0]["order"]), (&"inside".into(), &7.into()));
        assert!(lines[0].get("trace_id").is_none(), "{}", lines[0]);
    }
}
