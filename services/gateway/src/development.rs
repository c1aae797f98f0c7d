//! Tokens for trying things out; only where the built-in issuer runs, which is never in production.

use crate::{Gateway, problem};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kit::Error;
use kit::auth::Role;
use serde::Deserialize;
use serde_json::json;

const LIFETIME: chrono::TimeDelta = chrono::TimeDelta::hours(12);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    subject: String,
    #[serde(default)]
    organisation: Option<String>,
    roles: Vec<String>,
}

pub async fn token(State(gateway): State<Gateway>, Json(wanted): Json<Wanted>) -> Response {
    let mut roles = Vec::new();
    for word in &wanted.roles {
        match Role::parse(word) {
            Some(role) => roles.push(role),
            None => {
                return problem::of(Error::invalid(
                    "roles",
                    "ROLE_UNKNOWN",
                    format!("there is no role `{word}`"),
                    format!("没有角色 {word}"),
                ));
            }
        }
    }
    let Some(issuer) = &gateway.access.issuer else { return problem::of(Error::not_found("/dev/token")) };
    match issuer.token(&wanted.subject, wanted.organisation.as_deref(), &roles, LIFETIME, gateway.access.clock.now()) {
        Ok(token) => Json(json!({"token": token, "expires_in_seconds": LIFETIME.num_seconds()})).into_response(),
        Err(error) => problem::of(error),
    }
}
