//! The one place where a call is let in: its token, its role, its deadline, and whether there is room.
//!
//! It stands in front of every service, wherever that runs, so a gateway passes tokens on and decides
//! nothing. Which roles a method admits is written in the contract (`talentflow.options.v1.allow`).

use crate::auth::{Principal, Role, Verifier};
use crate::clock::Clock;
use crate::command::Call;
use crate::error::{Code, Error};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::HeaderMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::service::Routes;

/// What a guard allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests at work at once, over all services of the process; further ones are refused at once.
    pub concurrent_requests: usize,
    /// The longest a request may take; a caller's own `grpc-timeout` can only shorten it.
    pub request_timeout: Duration,
}

/// Checks every call before a service sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    verifier: Verifier,
    clock: Clock,
    room: Arc<Semaphore>,
    longest: Duration,
}

impl Guard {
    pub fn new(verifier: Verifier, clock: Clock, limits: Limits) -> Self {
        Self { verifier, clock, room: Arc::new(Semaphore::new(limits.concurrent_requests)), longest: limits.request_timeout }
    }

    /// Puts the guard before a service's methods.
    pub fn protect(&self, routes: Routes) -> axum::Router {
        routes.prepare().into_axum_router().layer(from_fn_with_state(self.clone(), admit))
    }

    /// Who sends these headers.
    pub fn principal(&self, headers: &HeaderMap) -> Result<Principal, Error> {
        let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")));
        // Whoever signed the token knows nothing of days that a development server was set ahead by.
        self.verifier.verify(bearer, self.clock.unshifted())
    }

    fn check(&self, method: &str, headers: &HeaderMap, place: OwnedSemaphorePermit) -> Result<Call, Error> {
        let principal = self.principal(headers)?;
        let allowed = proto::roles(method);
        if !allowed.iter().any(|role| Role::parse(role).is_some_and(|role| principal.is(role))) {
            let roles = allowed.join(", ");
            return Err(Error::new(
                Code::Forbidden,
                "ROLE_REQUIRED",
                format!("this method is for the roles: {roles}"),
                format!("此操作需要以下角色之一：{roles}"),
            )
            .on(method)
            .way_out("sign in with one of these roles", "请使用具备上述角色之一的账号"));
        }
        let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Call { method: method.to_owned(), principal, traceparent, place: Arc::new(place) })
    }
}

async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let started = Instant::now();
    let response = match guard.room.clone().try_acquire_owned() {
        Err(_) => refuse(Error::new(
            Code::Exhausted,
            "OVERLOADED",
            "too many requests at once; try again in a second",
            "请求过多，请稍后重试",
        )),
        Ok(place) => match guard.check(&method, request.headers(), place) {
            Err(error) => refuse(error),
            Ok(call) => {
                let patience = caller_timeout(request.headers()).map_or(guard.longest, |own| own.min(guard.longest));
                request.extensions_mut().insert(call);
                tokio::time::timeout(patience, next.run(request)).await.unwrap_or_else(|_| {
                    tonic::Status::deadline_exceeded(
                        "the answer took too long; the command may still be carried out: ask again with the same idempotency key",
                    )
                    .into_http()
                })
            }
        },
    };
    observe(&method, &response, started);
    response
}

fn refuse(error: Error) -> Response {
    error.into_status().into_http()
}

fn observe(method: &str, response: &Response, started: Instant) {
    let status = response.headers().get("grpc-status").and_then(|value| value.to_str().ok()).unwrap_or("0").to_owned();
    // Only methods of the contract become labels: a made-up path must not grow the metrics.
    let method = if proto::roles(method).is_empty() { "unknown".to_owned() } else { method.to_owned() };
    metrics::counter!("talentflow_requests_total", "method" => method.clone(), "code" => status).increment(1);
    metrics::histogram!("talentflow_request_seconds", "method" => method).record(started.elapsed().as_secs_f64());
}

/// Reads `grpc-timeout`: up to eight digits and a unit.
fn caller_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_header_is_read_in_every_unit_and_nonsense_is_ignored() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            caller_timeout(&headers)
        };
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        assert_eq!(read("150m"), Some(Duration::from_millis(150)));
        assert_eq!(read("1H"), Some(Duration::from_hours(1)));
        for nonsense in ["S", "", "123456789S", "5x", "-1S"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
