//! What operations see: logs for people or machines, traces by OTLP, metrics on `/metrics`. No personal data.
//!
//! Trace context crosses every boundary as a W3C `traceparent`: gRPC metadata, the outbox row, the NATS header.
//! Where no exporter is configured there are no spans to name, and an incoming `traceparent` is passed on as it
//! came, so that a trace does not break at a process that does not export.

mod line;
mod metric;

pub use metric::metrics_text;

use crate::config::{LogConfig, LogFormat, TelemetryConfig};
use crate::error::Error;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::io::IsTerminal as _;
use std::time::Duration;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// How long the last spans may take to get out when the process stops.
const FLUSH: Duration = Duration::from_secs(3);

/// Held for as long as the process runs; dropping it sends what is still buffered.
#[derive(Debug)]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // Nobody is left to tell that the last spans did not get out.
            let _ = provider.shutdown_with_timeout(FLUSH);
        }
    }
}

/// Starts logs, metrics and, if an endpoint is configured, traces. Starting twice keeps the first.
pub fn init(log: &LogConfig, traces: &TelemetryConfig, service: &str) -> Result<Guard, Error> {
    let filter = EnvFilter::try_new(&log.level).map_err(|source| {
        Error::unavailable(format!("log.level `{}` is not a filter: {source}; expected `info`, or `info,kit=debug`", log.level))
    })?;
    metric::install();
    let provider = traces.otlp_endpoint.as_deref().map(|endpoint| tracer(endpoint, traces.sample_ratio, service)).transpose()?;
    let export = provider.as_ref().map(|provider| {
        // Below this level the HTTP/2 stack opens spans for every frame, also for the frames of the export itself:
        // each export would feed the next, without end.
        tracing_opentelemetry::layer().with_tracer(provider.tracer("talentflow")).with_filter(LevelFilter::INFO)
    });
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Human => {
            let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
            // Colours are for a terminal, where NO_COLOR has them off too; in a file they are noise.
            if std::io::stderr().is_terminal() { lines.boxed() } else { lines.with_ansi(false).boxed() }
        }
        LogFormat::Json => line::json(std::io::stderr).boxed(),
    };
    // A test may have started a subscriber of its own before: then that one stays.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(export).try_init();
    Ok(Guard(provider))
}

fn tracer(endpoint: &str, sample_ratio: f64, service: &str) -> Result<SdkTracerProvider, Error> {
    let exporter =
        SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(FLUSH).build().map_err(|source| {
            Error::unavailable(format!(
                "telemetry.otlp_endpoint `{endpoint}` cannot be used: {source}; expected http://host:4317"
            ))
        })?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name(service.to_owned()).with_attribute(version).build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample_ratio))))
        .with_resource(resource)
        .build())
}

/// The trace context of the span we are in; none where nothing exports.
pub fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

/// Makes `span` a child of what an incoming `traceparent` names; a malformed one is ignored, as W3C asks.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    if let Some(parent) = traceparent.and_then(parse) {
        // Fails only where no exporter is configured, and then there is nothing to attach.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let context =
        SpanContext::new(TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_a_malformed_one_ignored() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = parse(good).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(context.is_sampled() && context.is_remote());
        for wrong in
            ["", "00-0-0-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &good.replace('a', "g"), &"0".repeat(55)]
        {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn without_an_exporter_there_is_no_span_to_name() {
        assert_eq!(traceparent(), None);
    }
}
