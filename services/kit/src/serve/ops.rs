//! For operations, on a port of its own: probes and metrics.
//!
//! Liveness asks the event loop alone: a slow database must not get a healthy process restarted. Readiness
//! asks the database and its migrations, if the process has one; a bus that is away does not count, because the outbox holds what
//! it cannot take.

use super::Readiness;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

/// `/livez`, `/readyz` and `/metrics`.
pub fn ops_router(readiness: Readiness) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, String) {
    match readiness.check().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")),
    }
}

async fn metrics(State(readiness): State<Readiness>) -> String {
    readiness.measure().await;
    crate::telemetry::metrics_text()
}
