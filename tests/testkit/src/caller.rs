//! A caller with a token: wraps a service's router, so that the generated client runs on it directly.

use chrono::Duration;
use http::{HeaderValue, Request, Response};
use kit::auth::{DevIssuer, Role};
use kit::clock::Clock;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// Who calls.
#[derive(Debug, Clone)]
pub struct Who {
    pub subject: String,
    pub organisation: Option<String>,
    pub roles: Vec<Role>,
}

impl Who {
    pub fn new(subject: &str, organisation: Option<&str>, roles: &[Role]) -> Self {
        Self { subject: subject.to_owned(), organisation: organisation.map(str::to_owned), roles: roles.to_vec() }
    }
    pub fn bureau() -> Self {
        Self::new("clerk@bureau", None, &[Role::Bureau])
    }
    pub fn finance() -> Self {
        Self::new("officer@finance", None, &[Role::Finance, Role::Bureau])
    }
}

/// An id nobody had before, for keys and database names.
#[expect(clippy::disallowed_methods, reason = "tests run side by side and must not meet in a name")]
pub(crate) fn fresh() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// A transport for a generated client: adds the token, and an idempotency key where the test gives none.
#[derive(Debug, Clone)]
pub struct Caller {
    router: axum::Router,
    token: String,
}

impl Caller {
    pub fn new(router: axum::Router, issuer: &Arc<DevIssuer>, clock: &Clock, who: &Who) -> Self {
        let token = issuer.token(&who.subject, who.organisation.as_deref(), &who.roles, Duration::hours(1), clock.now()).unwrap();
        Self { router, token }
    }
}

impl Service<Request<tonic::body::Body>> for Caller {
    type Response = Response<axum::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<tonic::body::Body>) -> Self::Future {
        let headers = request.headers_mut();
        headers.insert(http::header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", self.token)).unwrap());
        headers.entry("idempotency-key").or_insert_with(|| HeaderValue::from_str(&fresh().to_string()).unwrap());
        let mut router = self.router.clone();
        Box::pin(async move { Service::<Request<tonic::body::Body>>::call(&mut router, request).await })
    }
}
