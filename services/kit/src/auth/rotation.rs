//! Keys change while the process runs: a small server hands out the key set, and counts who asks.

use super::forgery::{Signer, config, jwks, now};
use super::verifier::{Pace, Verifier};
use crate::error::Code;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::AppendHeaders;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Only an unknown key makes it load again within a test.
const ON_DEMAND: Pace = Pace { regular: Duration::from_hours(1), least: Duration::from_millis(300) };

struct Issuer {
    address: String,
    answer: Arc<Mutex<(StatusCode, String)>>,
    asked: Arc<AtomicU64>,
}

impl Issuer {
    async fn serving(document: String) -> Self {
        let answer = Arc::new(Mutex::new((StatusCode::OK, document)));
        let asked = Arc::new(AtomicU64::new(0));
        let (shown, counted) = (answer.clone(), asked.clone());
        let app = axum::Router::new().fallback(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let (status, text) = shown.lock().unwrap().clone();
            // A redirection goes where the text says.
            let location = status.is_redirection().then(|| [(LOCATION, text.clone())]);
            std::future::ready((status, location.map(AppendHeaders), text))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, answer, asked }
    }

    fn now_serves(&self, status: StatusCode, document: String) {
        *self.answer.lock().unwrap() = (status, document);
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until the key set has been asked for `times` times.
    async fn until_asked(&self, times: u64) {
        let reached = async {
            while self.asked() < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), reached).await.expect("the key set is not asked for");
    }
}

/// Tries until the token is accepted (or no longer accepted), as a caller would.
async fn until(verifier: &Verifier, token: &str, accepted: bool) {
    let reached = async {
        while verifier.verify(Some(token), now()).is_ok() != accepted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reached).await.expect("the keys do not change");
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_a_removed_one_stops_at_once() {
    let (old, new) = (Signer::ed25519("2026-a", 1), Signer::ed25519("2026-b", 2));
    let issuer = Issuer::serving(jwks(&[&old])).await;
    let verifier = Verifier::paced(&config(&issuer.address), ON_DEMAND).await.unwrap();
    assert!(verifier.verify(Some(&old.good()), now()).is_ok());
    assert_eq!((issuer.asked(), verifier.keys().remembered()), (1, 1));

    issuer.now_serves(StatusCode::OK, jwks(&[&new]));
    assert!(verifier.verify(Some(&old.good()), now()).is_ok(), "nobody knows of the change yet");
    let error = verifier.verify(Some(&new.good()), now()).unwrap_err();
    assert!(format!("{error:?}").contains("UnknownKey(\"2026-b\")"), "{error:?}");
    until(&verifier, &new.good(), true).await;
    assert!(verifier.verify(Some(&old.good()), now()).is_err(), "what the old key verified is forgotten with it");
}

#[tokio::test]
async fn a_storm_of_unknown_keys_asks_the_issuer_seldom() {
    let (known, unknown) = (Signer::ed25519("known", 1), Signer::ed25519("unknown", 2));
    let issuer = Issuer::serving(jwks(&[&known])).await;
    let began = tokio::time::Instant::now();
    let verifier = Verifier::paced(&config(&issuer.address), ON_DEMAND).await.unwrap();
    verifier.verify(Some(&known.good()), now()).unwrap();
    let mut refused = 0u32;
    while issuer.asked() < 4 && began.elapsed() < Duration::from_secs(10) {
        for _ in 0..20 {
            assert!(verifier.verify(Some(&unknown.good()), now()).is_err());
            refused += 1;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(began.elapsed() >= 3 * ON_DEMAND.least, "asked {} times within {:?}", issuer.asked(), began.elapsed());
    assert!(issuer.asked() >= 4 && refused >= 100, "the storm blew: {refused}, asked {} times", issuer.asked());
    assert_eq!(verifier.keys().remembered(), 1, "the same document keeps what it verified");
}

#[tokio::test]
async fn keys_are_loaded_again_regularly_without_being_asked_for() {
    let (old, new) = (Signer::ed25519("a", 1), Signer::ed25519("b", 2));
    let issuer = Issuer::serving(jwks(&[&old])).await;
    let pace = Pace { regular: Duration::from_millis(40), least: Duration::from_millis(20) };
    let verifier = Verifier::paced(&config(&issuer.address), pace).await.unwrap();
    verifier.verify(Some(&old.good()), now()).unwrap();
    issuer.now_serves(StatusCode::OK, jwks(&[&new]));
    until(&verifier, &old.good(), false).await;
    assert!(verifier.verify(Some(&new.good()), now()).is_ok());
}

#[tokio::test]
async fn an_issuer_that_fails_locks_nobody_out() {
    let (key, next) = (Signer::ed25519("a", 1), Signer::ed25519("b", 2));
    let issuer = Issuer::serving(jwks(&[&key])).await;
    let pace = Pace { regular: Duration::from_millis(40), least: Duration::from_millis(20) };
    let verifier = Verifier::paced(&config(&issuer.address), pace).await.unwrap();
    let broken = [
        (StatusCode::INTERNAL_SERVER_ERROR, jwks(&[&next])),
        (StatusCode::OK, "<html>maintenance</html>".to_owned()),
        (StatusCode::OK, "{\"keys\":[]}".to_owned()),
        (StatusCode::FOUND, "/elsewhere".to_owned()),
    ];
    for (status, document) in broken {
        issuer.now_serves(status, document);
        let asked = issuer.asked();
        issuer.until_asked(asked + 3).await;
        assert!(verifier.verify(Some(&key.good()), now()).is_ok(), "{status}");
    }
    issuer.now_serves(StatusCode::OK, jwks(&[&next]));
    until(&verifier, &next.good(), true).await;
}

#[tokio::test]
async fn loading_ends_with_the_verifier() {
    let issuer = Issuer::serving(jwks(&[&Signer::ed25519("a", 1)])).await;
    let pace = Pace { regular: Duration::from_millis(20), least: Duration::from_millis(10) };
    let verifier = Verifier::paced(&config(&issuer.address), pace).await.unwrap();
    let copy = verifier.clone();
    drop(verifier);
    let asked = issuer.asked();
    issuer.until_asked(asked + 2).await;
    drop(copy);
    // One request may be on its way; after it there is silence.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asked = issuer.asked();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(issuer.asked(), asked);
}

#[tokio::test]
async fn without_keys_a_verifier_does_not_start_and_says_why_in_one_line() {
    let issuer = Issuer::serving("{\"keys\":[]}".to_owned()).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let tls_to_plain = issuer.address.replace("http://", "https://");
    let endless = Issuer::serving("x".repeat(300 * 1024)).await;
    let good = Issuer::serving(jwks(&[&Signer::ed25519("a", 1)])).await;
    let elsewhere = Issuer::serving(String::new()).await;
    elsewhere.now_serves(StatusCode::FOUND, good.address.clone());
    let cases = [
        ("/nonexistent/jwks.json".to_owned(), "No such file"),
        (issuer.address.clone(), "it is empty"),
        (format!("http://{closed}/jwks.json"), "onnect"),
        (tls_to_plain, "error"),
        (endless.address.clone(), "longer than"),
        (elsewhere.address.clone(), "302"),
        ("https://user:hunter2@id.example.cn/jwks.json".to_owned(), "password"),
        ("http://".to_owned(), "not an address"),
    ];
    for (jwks, why) in cases {
        let error = Verifier::new(&config(&jwks)).await.expect_err(&jwks);
        let line = error.to_string();
        assert_eq!((error.code(), error.field()), (Code::Unavailable, Some("auth.jwks")));
        assert!(line.starts_with("auth.jwks: ") && line.contains(why) && line.lines().count() == 1, "{jwks}: {line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    for key in ["auth.issuer", "auth.audience", "auth.jwks"] {
        let mut config = config("jwks.json");
        match key {
            "auth.issuer" => config.issuer = None,
            "auth.audience" => config.audience = None,
            _ => config.jwks = None,
        }
        let error = Verifier::new(&config).await.unwrap_err();
        assert_eq!((error.reason(), error.field()), ("REQUIRED", Some(key)));
    }
}
