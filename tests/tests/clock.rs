//! A development server's clock is set ahead, and everything in it goes by that; nobody else's is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

mod server;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use kit::auth::DevIssuer;
use kit::clock::{Clock, local_date};
use kit::config::Environment;
use kit::rng::Chance;
use serde_json::Value;
use server::Server;

const FUND: &str = r#"{"code":"talent","display_name":"人才专项基金"}"#;

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn whatever_is_written_after_the_clock_was_set_ahead_is_of_that_day_and_tokens_hold_as_long_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let today = local_date(Clock::System.now());
    let said = server.ask("/dev/clock", "", None);
    assert_eq!((said["ahead_days"].as_i64(), said["date"].as_str().unwrap().parse()), (Some(0), Ok(today)));

    let before = server.token("bureau");
    let said = server.ask("/dev/clock", "", Some(r#"{"ahead_days":40}"#));
    let shown: NaiveDate = said["date"].as_str().unwrap().parse().unwrap();
    assert!(said["ahead_days"] == 40 && (0..=1).contains(&(shown - today - TimeDelta::days(40)).num_days()), "{said}");
    assert!(instant(&said["now"]) - Clock::System.now() > TimeDelta::days(39));
    assert_eq!(server.ask("/dev/clock", "", Some(r#"{"ahead_days":40}"#))["ahead_days"], 40, "asking twice is asking once");

    // The token of before holds on, as it is not the day that ends it.
    let fund = server.ask("/subsidy/v1/funds", &before, Some(FUND))["name"].as_str().unwrap().to_owned();
    let give = format!("/subsidy/v1/{fund}:appropriate");
    let finance = server.token("finance");
    server.ask(&give, &finance, Some(r#"{"amount":{"fen":"100"},"document":"财预〔2026〕1号"}"#));
    let months = server.ask("/subsidy/v1/periods", &finance, None);
    assert_eq!(months["periods"][0]["name"], format!("periods/{}", shown.format("%Y-%m")), "{months}");
    let date = (today + TimeDelta::days(50)).to_string();
    assert_eq!(server.ask("/dev/clock", "", Some(&format!("{{\"date\":\"{date}\"}}")))["date"], date.as_str());
}

#[test]
fn the_clock_is_never_set_back_nor_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.ask("/dev/clock", "", Some(r#"{"ahead_days":8}"#));
    let today = local_date(Clock::System.now());
    let back = format!("{{\"date\":\"{}\"}}", today + TimeDelta::days(3));
    for (body, reason, field) in [
        (r#"{"ahead_days":7}"#, "CLOCK_ONLY_FORWARD", "ahead_days"),
        (back.as_str(), "CLOCK_ONLY_FORWARD", "date"),
        (r#"{"ahead_days":-1}"#, "AHEAD_OUT_OF_RANGE", "ahead_days"),
        (r#"{"ahead_days":3661}"#, "AHEAD_OUT_OF_RANGE", "ahead_days"),
        (r#"{"date":"1999-01-01"}"#, "AHEAD_OUT_OF_RANGE", "date"),
        ("{}", "REQUIRED", "ahead_days"),
        (r#"{"ahead_days":9,"date":"2030-01-01"}"#, "REQUIRED", "ahead_days"),
    ] {
        let refused = server.ask("/dev/clock", "", Some(body));
        assert_eq!((refused["reason"].as_str(), refused["field"].as_str()), (Some(reason), Some(field)), "{body}: {refused}");
        assert!(refused["detail_zh"].as_str().is_some_and(|zh| !zh.is_ascii()), "{refused}");
    }
    assert_eq!(server.ask("/dev/clock", "", None)["ahead_days"], 8, "what was refused changed nothing");
}

#[test]
fn where_tokens_come_from_an_issuer_there_is_no_clock_to_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevIssuer::new(Environment::Development, &Chance::seeded(1)).unwrap();
    let keys = folder.path().join("jwks.json");
    std::fs::write(&keys, issuer.jwks()).unwrap();
    let settings = [
        ("TALENTFLOW__AUTH__MODE", "jwt"),
        ("TALENTFLOW__AUTH__ISSUER", "https://issuer.example.cn"),
        ("TALENTFLOW__AUTH__AUDIENCE", "talentflow"),
        ("TALENTFLOW__AUTH__JWKS", keys.to_str().unwrap()),
    ];
    let server = Server::with(folder.path(), &settings);
    for body in [None, Some(r#"{"ahead_days":8}"#)] {
        let refused = server.ask("/dev/clock", "", body);
        assert_eq!(refused["status"], 404, "{refused}");
    }
}
