//! The metrics there are: name, unit and meaning, in one place.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

/// How often recorded times are put into their buckets.
const UPKEEP: Duration = Duration::from_secs(10);

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds a request may be worth telling apart by.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Installs the recorder, once a process.
pub(super) fn install() {
    HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?.install_recorder().ok()?;
        describe();
        keep_up(handle.clone());
        Some(handle)
    });
}

/// Every recorded time is kept singly until it is put into its bucket, which only reading the page does
/// otherwise: where nobody reads it, a busy process would grow without end.
fn keep_up(handle: PrometheusHandle) {
    let upkeep = move || {
        loop {
            std::thread::sleep(UPKEEP);
            handle.run_upkeep();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("metrics-upkeep".to_owned()).spawn(upkeep) {
        tracing::warn!(%error, "no thread for the upkeep of metrics; reading /metrics does it");
    }
}

/// All metrics in the text form Prometheus reads.
pub fn metrics_text() -> String {
    HANDLE.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

fn describe() {
    describe_counter!("talentflow_requests_total", Unit::Count, "Requests, by method and gRPC code.");
    describe_histogram!("talentflow_request_seconds", Unit::Seconds, "Time to answer a request, by method.");
    describe_counter!("talentflow_commands_repeated_total", Unit::Count, "Commands answered again by their idempotency key.");
    describe_counter!("talentflow_events_published_total", Unit::Count, "Events the bus has acknowledged, by service.");
    describe_counter!("talentflow_events_consumed_total", Unit::Count, "Deliveries, by consumer and outcome.");
    describe_gauge!("talentflow_outbox_pending", Unit::Count, "Events waiting in the outbox, by service.");
    describe_counter!("talentflow_tokens_refused_total", Unit::Count, "Tokens refused, by fault.");
    describe_counter!(
        "talentflow_token_keys_failures_total",
        Unit::Count,
        "Loads of the token keys that failed; the old keys stay."
    );
    describe_gauge!("talentflow_bus_connected", Unit::Count, "1 while connected to NATS.");
    describe_counter!("talentflow_bus_disconnects_total", Unit::Count, "Connections to NATS that were lost.");
    describe_counter!("talentflow_bus_duplicates_total", Unit::Count, "Publishes the stream had already.");
    describe_counter!("talentflow_bus_resent_total", Unit::Count, "Publishes sent past a duplicate window that held nothing.");
    describe_counter!("talentflow_bus_redelivered_total", Unit::Count, "Messages the stream delivered again.");
    describe_counter!("talentflow_bus_rebuilds_total", Unit::Count, "Subscriptions built anew, by consumer and reason.");
    describe_counter!(
        "talentflow_stream_recreated_total",
        Unit::Count,
        "Streams found recreated, purged or restored; events were sent again."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_request_is_on_the_page() {
        install();
        metrics::counter!("talentflow_requests_total", "method" => "test", "code" => "0").increment(1);
        let page = metrics_text();
        assert!(page.contains("talentflow_requests_total{method=\"test\",code=\"0\"} 1"), "{page}");
        assert!(page.contains("# HELP talentflow_requests_total"), "{page}");
    }
}
