//! The gateway: one address for portals. It owns no tables and decides nothing; it holds clients only.
//!
//! - gRPC is passed on by service name, to a service in this process or elsewhere ([`upstream`]).
//! - REST/JSON comes from the `google.api.http` annotations, for every method at once ([`rest`]), with errors
//!   as problem+json ([`problem`]) and OpenAPI from the same descriptors ([`openapi`]).
//! - HR systems without NATS post CloudEvents ([`hr`]).
//! - `/` shows people what is running ([`portal`]).

mod development;
mod hr;
mod openapi;
mod portal;
mod problem;
mod rest;
mod template;
mod upstream;

pub use portal::{Figure, Portal};
pub use upstream::Upstream;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kit::auth::DevIssuer;
use kit::bus::Bus;
use kit::clock::Clock;
use kit::serve::{Guard, MAX_MESSAGE_BYTES};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who is let in, and how tokens come about in development and what day it is.
#[derive(Debug, Clone)]
pub struct Access {
    pub guard: Guard,
    pub issuer: Option<Arc<DevIssuer>>,
    pub clock: Clock,
}

/// What every handler can reach.
#[derive(Debug, Clone)]
struct Gateway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// By the full name of the gRPC service.
    upstreams: BTreeMap<String, Upstream>,
    rest: rest::Table,
    access: Access,
    bus: Bus,
    portal: Portal,
    openapi: String,
}

impl std::ops::Deref for Gateway {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The gateway's routes. `upstreams` are named by the services' short names.
pub fn router(upstreams: BTreeMap<String, Upstream>, access: Access, bus: Bus, portal: Portal) -> Router {
    let full = |short: &str| proto::SERVICES.iter().find(|(name, _)| *name == short).map(|(_, full)| (*full).to_owned());
    let upstreams = upstreams.into_iter().filter_map(|(name, upstream)| Some((full(&name)?, upstream))).collect();
    let development = access.issuer.is_some();
    let inner =
        Inner { upstreams, rest: rest::Table::of_contract(), access, bus, portal, openapi: openapi::document().to_string() };
    let mut router = Router::new()
        .route("/", get(portal::page))
        .route("/status.json", get(portal::status))
        .route("/openapi.json", get(openapi_json))
        .route("/hr/v1/organisations/{organisation}/events", post(hr::intake));
    if development {
        router = router
            .route("/dev/token", post(development::token))
            .route("/dev/clock", get(development::clock).post(development::set_clock));
    }
    router.fallback(pass_on).layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES)).with_state(Gateway(Arc::new(inner)))
}

async fn openapi_json(State(gateway): State<Gateway>) -> Response {
    ([(http::header::CONTENT_TYPE, "application/json")], gateway.openapi.clone()).into_response()
}

/// Everything that is not a page: gRPC as it is, the rest by the annotations of the contract.
async fn pass_on(State(gateway): State<Gateway>, request: Request) -> Response {
    let content = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if content.starts_with("application/grpc") {
        let service = request.uri().path().trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        return match gateway.upstreams.get(&service) {
            Some(upstream) => upstream.call(request).await,
            None => tonic::Status::unimplemented(format!("there is no service `{service}` here")).into_http(),
        };
    }
    rest::answer(&gateway, request).await
}
