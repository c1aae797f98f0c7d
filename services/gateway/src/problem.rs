//! Errors as RFC 9457 problem+json, from the same details a gRPC caller gets.

use axum::body::Body;
use axum::response::Response;
use kit::error::http_status;
use serde_json::{Map, Value, json};
use tonic::Status;
use tonic_types::StatusExt;

/// A status as a problem.
pub fn response(status: &Status) -> Response {
    let code = http_status(status.code());
    let details = status.get_error_details();
    let info = details.error_info();
    let reason = info.map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone());
    let mut problem = Map::new();
    problem.insert("type".into(), json!(format!("urn:talentflow:error:{reason}")));
    problem.insert("title".into(), json!(format!("{:?}", status.code())));
    problem.insert("status".into(), json!(code));
    problem.insert("detail".into(), json!(status.message()));
    problem.insert("reason".into(), json!(reason));
    if let Some(message) = details.localized_message() {
        problem.insert("detail_zh".into(), json!(message.message));
    }
    if let Some(info) = info {
        for name in ["field", "rule", "way_out", "way_out_zh"] {
            if let Some(value) = info.metadata.get(name) {
                problem.insert(name.into(), json!(value));
            }
        }
    }
    if let Some(request) = details.bad_request() {
        let violations: Vec<Value> = request
            .field_violations
            .iter()
            .map(|violation| json!({"field": violation.field, "description": violation.description}))
            .collect();
        problem.insert("violations".into(), Value::Array(violations));
    }
    let mut response = Response::new(Body::from(Value::Object(problem).to_string()));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/problem+json"));
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from(delay.as_secs().max(1)));
    }
    if code == 401 {
        headers.insert(http::header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    }
    response
}

/// An error of our own as a problem.
pub fn of(error: kit::Error) -> Response {
    response(&error.into_status())
}
