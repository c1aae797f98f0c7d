//! Tokens that must not get in, one by one, each beside the good token it was forged from.

use super::keys::KeySet;
use super::source::Source;
use super::verifier::Verifier;
use super::{DevIssuer, Role};
use crate::config::{AuthConfig, AuthMode, Environment};
use crate::error::Code;
use crate::rng::Chance;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

const RSA: &[u8] = include_bytes!("testdata/rsa-for-tests-only.pem");
/// PKCS #8 of a P-256 key, up to the 32 bytes of the key itself.
const P256: &str = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
const ED25519: &str = "302e020100300506032b657004220420";

pub(super) fn now() -> DateTime<Utc> {
    "2026-09-01T00:00:00Z".parse().unwrap()
}

/// A key pair under an id, as an issuer has it.
pub(super) struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    pub(super) fn ed25519(id: &'static str, seed: u8) -> Self {
        let der = [hex::decode(ED25519).unwrap(), vec![seed; 32]].concat();
        Self { id, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&der) }
    }

    fn p256(id: &'static str, seed: u8) -> Self {
        let der = [hex::decode(P256).unwrap(), vec![seed; 32]].concat();
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&der) }
    }

    fn rsa(id: &'static str) -> Self {
        Self { id, algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_pem(RSA).unwrap() }
    }

    fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk
    }

    fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": format!("{:?}", self.algorithm), "kid": self.id })
    }

    /// Signs whatever it is given, however odd.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    pub(super) fn good(&self) -> String {
        self.sign(&self.header(), &claims())
    }
}

pub(super) fn jwks(signers: &[&Signer]) -> String {
    serde_json::to_string(&JwkSet { keys: signers.iter().map(|signer| signer.jwk()).collect() }).unwrap()
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example.cn/",
        "aud": ["portal", "talentflow"],
        "sub": "u-1",
        "exp": now().timestamp() + 600,
        "nbf": now().timestamp() - 600,
        "roles": ["school"],
        "org": "organisations/0199",
    })
}

/// The good claims with one changed; `null` takes it away.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

pub(super) fn config(jwks: &str) -> AuthConfig {
    AuthConfig {
        mode: AuthMode::Jwt,
        issuer: Some("https://id.example.cn/".to_owned()),
        audience: Some("talentflow".to_owned()),
        jwks: Some(jwks.to_owned()),
        leeway_seconds: 30,
    }
}

async fn verifier(signers: &[&Signer]) -> (Verifier, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), jwks(signers)).unwrap();
    (Verifier::new(&config(file.path().to_str().unwrap())).await.unwrap(), file)
}

#[tokio::test]
async fn a_good_token_of_each_algorithm_gives_its_principal() {
    let signers = [Signer::ed25519("ed", 7), Signer::p256("ec", 7), Signer::rsa("rsa")];
    let (verifier, _file) = verifier(&signers.each_ref()).await;
    for signer in &signers {
        for _ in 0..2 {
            let principal = verifier.verify(Some(&signer.good()), now()).unwrap();
            assert_eq!(principal.subject, "u-1");
            assert_eq!(principal.organisation.as_deref(), Some("organisations/0199"));
            assert_eq!(principal.roles.into_iter().collect::<Vec<_>>(), [Role::School]);
        }
    }
    assert_eq!(verifier.keys().remembered(), 3);
}

/// A server that would hand out the forger's key, and counts who comes for it.
async fn bait(document: String, visits: &'static AtomicU64) -> String {
    let app = axum::Router::new().fallback(move || {
        visits.fetch_add(1, Ordering::SeqCst);
        std::future::ready(document.clone())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn every_forgery_is_refused_and_the_log_says_why() {
    static VISITS: AtomicU64 = AtomicU64::new(0);
    let (ed, rsa) = (Signer::ed25519("ed", 7), Signer::rsa("rsa"));
    let (verifier, _file) = verifier(&[&ed, &rsa]).await;
    let (forger, hidden) = (Signer::ed25519("ed", 66), Signer::ed25519("theirs", 66));
    let bait = bait(jwks(&[&hidden]), &VISITS).await;
    // The bait works: who asks gets the forger's keys.
    assert_eq!(Source::parse(&bait).unwrap().load().await.unwrap(), jwks(&[&hidden]));

    let ed_public = URL_SAFE_NO_PAD.decode(serde_json::to_value(ed.jwk()).unwrap()["x"].as_str().unwrap()).unwrap();
    let rsa_public = serde_json::to_string(&rsa.jwk()).unwrap();
    let hmac = |id: &str, secret: &[u8]| {
        let message = message(&json!({ "alg": "HS256", "kid": id }), &claims());
        let key = EncodingKey::from_secret(secret);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    };
    let none = message(&json!({ "alg": "none", "kid": "ed" }), &claims());
    let header = |extra: Value| {
        let mut header = hidden.header();
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        header
    };
    let honest = |claims: Value| ed.sign(&ed.header(), &claims);
    let later = now().timestamp() + 600;
    let swapped = {
        let good = ed.good();
        let mut parts: Vec<&str> = good.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode(with("roles", json!(["bureau"])).to_string());
        parts[1] = &other;
        parts.join(".")
    };

    let forgeries = [
        ("alg none without a signature", format!("{none}."), "not a JWT header"),
        ("alg none with a signature", format!("{none}.AAAA"), "not a JWT header"),
        ("HS256 keyed with the Ed25519 public key", hmac("ed", &ed_public), "header says HS256"),
        ("HS256 keyed with the RSA public key", hmac("rsa", rsa_public.as_bytes()), "header says HS256"),
        (
            "another algorithm of the same family",
            rsa.sign(&json!({ "alg": "RS384", "kid": "rsa" }), &claims()),
            "header says RS384",
        ),
        ("the id of a key of another type", ed.sign(&json!({ "alg": "EdDSA", "kid": "rsa" }), &claims()), "header says EdDSA"),
        ("signed by another key under our id", forger.good(), "signature is not"),
        ("other claims under a good signature", swapped, "signature is not"),
        ("no signature", format!("{}.", message(&ed.header(), &claims())), "signature is not"),
        ("an unknown key id", hidden.good(), "no key \"theirs\""),
        ("no key id", ed.sign(&json!({ "alg": "EdDSA" }), &claims()), "no key id"),
        ("a key in the header (jwk)", hidden.sign(&header(json!({ "jwk": hidden.jwk() })), &claims()), "no key \"theirs\""),
        (
            "a key in the header under our id",
            hidden.sign(&json!({ "alg": "EdDSA", "kid": "ed", "jwk": hidden.jwk() }), &claims()),
            "signature is not",
        ),
        ("keys at an address in the header (jku)", hidden.sign(&header(json!({ "jku": bait })), &claims()), "no key \"theirs\""),
        (
            "a certificate at an address in the header (x5u)",
            hidden.sign(&header(json!({ "x5u": bait })), &claims()),
            "no key \"theirs\"",
        ),
        (
            "a critical extension",
            ed.sign(&json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false }), &claims()),
            "critical",
        ),
        ("exp in quotes", honest(with("exp", json!(later.to_string()))), "claims do not read"),
        ("no exp", honest(with("exp", Value::Null)), "claims do not read"),
        ("no iss", honest(with("iss", Value::Null)), "claims do not read"),
        ("no aud", honest(with("aud", Value::Null)), "claims do not read"),
        ("no sub", honest(with("sub", Value::Null)), "claims do not read"),
        ("an empty sub", honest(with("sub", json!(""))), "subject"),
        ("exp twice", twice(&ed), "claims do not read"),
        ("another issuer", honest(with("iss", json!("https://id.example.cn"))), "another issuer"),
        ("another audience", honest(with("aud", json!("portal"))), "another audience"),
        ("a list of other audiences", honest(with("aud", json!(["portal"]))), "another audience"),
        ("expired", honest(with("exp", json!(now().timestamp() - 30))), "expired"),
        ("not yet valid", honest(with("nbf", json!(now().timestamp() + 31))), "not valid before"),
        ("an unknown role", honest(with("roles", json!(["school", "root"]))), "\"root\" is not a role"),
        ("roles as one word", honest(with("roles", json!("bureau"))), "claims do not read"),
        ("an organisation of another form", honest(with("org", json!("0199"))), "organisations/…"),
        ("too long", honest(with("pad", json!("x".repeat(9000)))), "longer than"),
        ("not a token", "good".to_owned(), "not a JWT header"),
    ];
    for (what, token, why) in &forgeries {
        let error = verifier.verify(Some(token), now()).expect_err(what);
        assert_eq!(error.code(), Code::Unauthenticated, "{what}");
        let expected = if *what == "expired" { "TOKEN_EXPIRED" } else { "TOKEN_REFUSED" };
        assert_eq!(error.reason(), expected, "{what}");
        let fault = verifier.examine(token, now().timestamp()).expect_err(what).to_string();
        assert!(fault.contains(why), "{what}: {fault}");
        let status = error.into_status();
        assert!(["the token is not accepted", "the token has expired"].contains(&status.message()), "{what}");
    }
    assert_eq!(verifier.keys().remembered(), 0, "nothing refused is remembered");
    assert_eq!(VISITS.load(Ordering::SeqCst), 1, "nobody but the test itself took the bait");
    assert!(verifier.verify(Some(&ed.good()), now()).is_ok(), "the token they were forged from is good");
}

/// The same claim twice: which one counts must not be left to the reader.
fn twice(signer: &Signer) -> String {
    let claims = claims().to_string();
    let claims = format!("{},\"exp\":{}}}", claims.trim_end_matches('}'), now().timestamp() + 9_000);
    let header = URL_SAFE_NO_PAD.encode(signer.header().to_string());
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signer.key, signer.algorithm).unwrap();
    format!("{message}.{signature}")
}

#[tokio::test]
async fn no_token_and_an_empty_one_are_told_to_sign_in() {
    let (verifier, _file) = verifier(&[&Signer::ed25519("ed", 7)]).await;
    for bearer in [None, Some("")] {
        assert_eq!(verifier.verify(bearer, now()).unwrap_err().reason(), "TOKEN_MISSING");
    }
}

#[tokio::test]
async fn a_remembered_token_expires_on_time_all_the_same() {
    let signer = Signer::ed25519("ed", 7);
    let (verifier, _file) = verifier(&[&signer]).await;
    let token = signer.good();
    let last = now() + TimeDelta::seconds(600 + 29);
    assert!(verifier.verify(Some(&token), now()).is_ok());
    assert!(verifier.verify(Some(&token), last).is_ok(), "within the leeway");
    assert_eq!(verifier.keys().remembered(), 1);
    assert_eq!(verifier.verify(Some(&token), last + TimeDelta::seconds(1)).unwrap_err().reason(), "TOKEN_EXPIRED");
    assert!(verifier.verify(Some(&token), now() - TimeDelta::seconds(631)).is_err(), "before its time");
}

#[test]
fn memory_of_tokens_is_bounded() {
    let issuer = DevIssuer::new(Environment::Development, &Chance::seeded(1)).unwrap();
    let verifier = Verifier::development(&issuer);
    let token = issuer.token("u-1", None, &[Role::Auditor], TimeDelta::hours(1), now()).unwrap();
    verifier.verify(Some(&token), now()).unwrap();
    let (keys, at) = (verifier.keys(), now().timestamp());
    let digest = |n: u64| {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&n.to_le_bytes());
        digest
    };
    let sample = {
        let mut set = [0; 32];
        set.copy_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(&token));
        keys.recall(&set).unwrap()
    };
    let mut most = 0;
    for n in 0..20_000 {
        keys.remember(digest(n), sample.clone(), at);
        most = most.max(keys.remembered());
    }
    assert!((1..=8192).contains(&most), "{most}");
}

#[test]
fn a_development_token_gives_its_principal_and_the_same_seed_the_same_keys() {
    let chance = Chance::seeded(42);
    let issuer = DevIssuer::new(Environment::Development, &chance).unwrap();
    let again = DevIssuer::new(Environment::Development, &Chance::seeded(42)).unwrap();
    assert_eq!(issuer.jwks(), again.jwks());
    let token = again.token("u-9", Some("organisations/e1"), &[Role::Enterprise, Role::Mentor], TimeDelta::hours(1), now());
    let principal = Verifier::development(&issuer).verify(Some(&token.unwrap()), now()).unwrap();
    assert!(principal.is(Role::Enterprise) && principal.is(Role::Mentor) && !principal.is(Role::Bureau));
    assert_eq!(principal.organisation.as_deref(), Some("organisations/e1"));

    let stranger = DevIssuer::new(Environment::Development, &Chance::seeded(43)).unwrap();
    let token = stranger.token("u-9", None, &[Role::Bureau], TimeDelta::hours(1), now()).unwrap();
    assert!(Verifier::development(&issuer).verify(Some(&token), now()).is_err());
    assert!(!format!("{issuer:?}").contains("EncodingKey"));
}

#[test]
fn the_development_issuer_does_not_exist_in_production() {
    let error = DevIssuer::new(Environment::Production, &Chance::seeded(1)).unwrap_err();
    assert_eq!((error.reason(), error.field()), ("DEVELOPMENT_ONLY", Some("auth.mode")));
    assert!(error.to_string().contains("auth.jwks"), "{error}");
}

#[test]
fn a_key_set_of_no_use_is_refused_with_the_reason_for_each_key() {
    let (ed, rsa) = (Signer::ed25519("ed", 7), Signer::rsa("rsa"));
    let mut unnamed = serde_json::to_value(ed.jwk()).unwrap();
    unnamed.as_object_mut().unwrap().remove("kid");
    let mut encrypting = serde_json::to_value(ed.jwk()).unwrap();
    encrypting["use"] = json!("enc");
    let mut pss = serde_json::to_value(rsa.jwk()).unwrap();
    pss["alg"] = json!("PS256");
    let mut weak = serde_json::to_value(rsa.jwk()).unwrap();
    weak["n"] = json!(URL_SAFE_NO_PAD.encode([0xff; 128]));
    let mut off = serde_json::to_value(Signer::p256("ec", 7).jwk()).unwrap();
    off["y"] = off["x"].clone();
    let secret = json!({ "kty": "oct", "kid": "s", "alg": "HS256", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
    let cases = [
        (unnamed, "no kid"),
        (encrypting, "not for signatures"),
        (pss, "another algorithm"),
        (weak, "fewer than 2048"),
        (off, "not a point"),
        (secret, "another type"),
    ];
    for (key, why) in cases {
        let error = KeySet::parse(json!({ "keys": [key] }).to_string()).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
        let beside = json!({ "keys": [key, ed.jwk()] }).to_string();
        assert_eq!(KeySet::parse(beside).unwrap().ids(), ["ed"], "{why}: passed over beside a good key");
    }
    let twice = json!({ "keys": [ed.jwk(), ed.jwk()] }).to_string();
    assert!(KeySet::parse(twice).unwrap_err().contains("two keys"));
    for nothing in ["", "[]", "{\"keys\": []}"] {
        assert!(KeySet::parse(nothing.to_owned()).is_err(), "{nothing:?}");
    }
}
