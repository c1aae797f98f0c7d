//! Traces leave the process by OTLP, under the trace an incoming request named.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use kit::config::{LogConfig, TelemetryConfig};
use kit::telemetry;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

/// A collector that hands on what it gets.
struct Sink(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Sink {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).unwrap();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_goes_out_under_the_trace_that_came_in_and_names_itself_to_the_next() {
    let (send, mut received) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(Sink(send)));
    tokio::spawn(server.serve_with_incoming(incoming));

    let traces = TelemetryConfig { otlp_endpoint: Some(endpoint), sample_ratio: 1.0 };
    let guard = telemetry::init(&LogConfig::default(), &traces, "test").unwrap();
    let span = tracing::info_span!("command", method = "test");
    telemetry::set_parent(&span, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    let passed_on = span.in_scope(telemetry::traceparent).unwrap();
    drop(span);
    // What the HTTP/2 stack opens for each frame, those of the export itself among them.
    let frame = || tracing::debug_span!(target: "h2::codec", "FramedWrite::flush").in_scope(|| ());
    frame();
    tracing::trace_span!("detail").in_scope(frame);
    tokio::task::spawn_blocking(move || drop(guard)).await.unwrap();

    let export = received.recv().await.unwrap();
    let spans: Vec<_> =
        export.resource_spans.iter().flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).collect();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["command"], "an export that holds the spans of exports never ends");
    let command = spans.iter().find(|span| span.name == "command").unwrap();
    assert_eq!(hex::encode(&command.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex::encode(&command.parent_span_id), "b7ad6b7169203331");
    assert_eq!(passed_on, format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", hex::encode(&command.span_id)));
}
