//! Tokens and days for trying things out; only where the built-in issuer runs, which is never in production.

use crate::{Gateway, problem};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use kit::auth::Role;
use kit::clock::{Clock, local_date};
use kit::{Code, Error};
use serde::Deserialize;
use serde_json::json;

const LIFETIME: chrono::TimeDelta = chrono::TimeDelta::hours(12);
/// How far ahead of the system's a clock is set, in days: ten years, so that no date leaves what a database can keep.
const FURTHEST: i32 = 3660;

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
    match issuer.token(&wanted.subject, wanted.organisation.as_deref(), &roles, LIFETIME, gateway.access.clock.unshifted()) {
        Ok(token) => Json(json!({"token": token, "expires_in_seconds": LIFETIME.num_seconds()})).into_response(),
        Err(error) => problem::of(error),
    }
}

/// To which day: one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ahead {
    /// Days ahead of the system's clock in all, so that asking twice is asking once.
    #[serde(default)]
    ahead_days: Option<i32>,
    /// A day in Asia/Shanghai.
    #[serde(default)]
    date: Option<NaiveDate>,
}

/// What day it is, and how far that is ahead of the system's clock.
pub async fn clock(State(gateway): State<Gateway>) -> Response {
    let clock = &gateway.access.clock;
    let now = clock.now();
    let said = json!({"ahead_days": clock.days_ahead(), "now": now.to_rfc3339(), "date": local_date(now).to_string()});
    Json(said).into_response()
}

/// Sets the clock of everything in this process ahead: what waits for a day, such as publicity, need not wait in earnest.
pub async fn set_clock(State(gateway): State<Gateway>, Json(wanted): Json<Ahead>) -> Response {
    match set_ahead(&gateway.access.clock, &wanted) {
        Ok(()) => clock(State(gateway)).await,
        Err(error) => problem::of(error),
    }
}

fn set_ahead(clock: &Clock, wanted: &Ahead) -> Result<(), Error> {
    let today = local_date(clock.unshifted());
    let (field, days) = match (wanted.ahead_days, wanted.date) {
        (Some(days), None) => ("ahead_days", days.into()),
        (None, Some(date)) => ("date", (date - today).num_days()),
        _ => return Err(Error::required("ahead_days", "the days ahead of the system's clock, or else the day in `date`")),
    };
    let Some(days) = i32::try_from(days).ok().filter(|days| (0..=FURTHEST).contains(days)) else {
        return Err(Error::invalid(
            field,
            "AHEAD_OUT_OF_RANGE",
            format!("that is {days} days ahead of {today}: expected 0 to {FURTHEST}"),
            format!("较 {today} 提前 {days} 天，应在 0 至 {FURTHEST} 天之间"),
        ));
    };
    if !clock.set_ahead(days) {
        let ahead = clock.days_ahead();
        return Err(Error::new(
            Code::Refused,
            "CLOCK_ONLY_FORWARD",
            format!("the clock is {ahead} days ahead already; set back, what was written since would lie in the future"),
            format!("时钟已提前 {ahead} 天；若回拨，此后写入的记录将处于未来"),
        )
        .on(field)
        .way_out(
            format!("ask for {ahead} days or more, or begin again on an empty database"),
            format!("请设为 {ahead} 天或更多，或使用空数据库重新开始"),
        ));
    }
    tracing::warn!(days, "the clock of this process is ahead of the system's");
    Ok(())
}
