//! Reads a token and says who sent it.

use super::fault::Fault;
use super::issuer::{self, DevIssuer};
use super::keys::{KeySet, Verified};
use super::source::Source;
use super::{Principal, Role};
use crate::config::AuthConfig;
use crate::error::{Code, Error};
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// No honest token is longer.
const LONGEST: usize = 8 * 1024;

/// How often the key set is loaded anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// In any case.
    pub(super) regular: Duration,
    /// At the most, however many tokens name keys that are not in the set.
    pub(super) least: Duration,
}

const PACE: Pace = Pace { regular: Duration::from_mins(5), least: Duration::from_secs(10) };

/// Verifies tokens; cheap to clone. Verifying is synchronous, as it never waits for the network: a token
/// with an unknown key is refused and the key set loaded in the background, so a caller who comes with a
/// key younger than five minutes gets in at the next try.
#[derive(Debug, Clone)]
pub struct Verifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    audience: String,
    leeway: i64,
    shared: Arc<Shared>,
    /// Absent where the keys cannot change.
    _refresher: Option<Refresher>,
}

/// What the refresher changes under the verifier.
#[derive(Debug)]
struct Shared {
    keys: RwLock<Arc<KeySet>>,
    wanted: Notify,
}

/// The task that loads the key set; it ends with its verifier.
#[derive(Debug)]
struct Refresher(JoinHandle<()>);

impl Drop for Refresher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The claims we read. A claim of another type, such as `exp` in quotes, does not read.
#[derive(Debug, Deserialize)]
struct Claims {
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    iss: String,
    aud: Audience,
    sub: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    org: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Verifier {
    /// Loads the configured key set, and keeps it fresh. Fails when there is none: a process that can let
    /// nobody in should not start.
    pub async fn new(config: &AuthConfig) -> Result<Self, Error> {
        Self::paced(config, PACE).await
    }

    pub(super) async fn paced(config: &AuthConfig, pace: Pace) -> Result<Self, Error> {
        let jwks = configured(config.jwks.as_deref(), "auth.jwks", "the file or address of the issuer's JWKS")?;
        let issuer = configured(config.issuer.as_deref(), "auth.issuer", "the `iss` of the issuer's tokens")?;
        let audience = configured(config.audience.as_deref(), "auth.audience", "the `aud` of tokens for us")?;
        let refuse = |why: String| unusable(jwks, &why);
        let source = Source::parse(jwks).map_err(refuse)?;
        let keys = KeySet::parse(source.load().await.map_err(refuse)?).map_err(refuse)?;
        tracing::info!(%source, keys = ?keys.ids(), "token keys loaded");
        let shared = Arc::new(Shared { keys: RwLock::new(Arc::new(keys)), wanted: Notify::new() });
        let refresher = Refresher(tokio::spawn(keep_fresh(shared.clone(), source, pace)));
        Ok(Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            leeway: i64::try_from(config.leeway_seconds).unwrap_or(i64::MAX),
            shared,
            _refresher: Some(refresher),
        })))
    }

    /// Trusts a development issuer, which exists only outside production.
    pub fn development(issuer: &DevIssuer) -> Self {
        Self(Arc::new(Inner {
            issuer: issuer::ISSUER.to_owned(),
            audience: issuer::AUDIENCE.to_owned(),
            leeway: issuer::LEEWAY_SECONDS,
            shared: Arc::new(Shared { keys: RwLock::new(issuer.key_set()), wanted: Notify::new() }),
            _refresher: None,
        }))
    }

    /// Who sent `bearer` (a token without the word before it), as of `now`.
    pub fn verify(&self, bearer: Option<&str>, now: DateTime<Utc>) -> Result<Principal, Error> {
        let token = bearer.filter(|token| !token.is_empty()).ok_or(Fault::Missing)?;
        Ok(self.examine(token, now.timestamp())?)
    }

    pub(super) fn examine(&self, token: &str, now: i64) -> Result<Principal, Fault> {
        if token.len() > LONGEST {
            return Err(Fault::TooLong(LONGEST));
        }
        let keys = self.keys();
        // A digest, so that no token lies about in memory.
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(verified) = keys.recall(&digest) {
            return self.in_time(verified, now);
        }
        let verified = self.believe(&keys, token)?;
        let principal = self.in_time(verified.clone(), now)?;
        keys.remember(digest, verified, now);
        Ok(principal)
    }

    fn in_time(&self, verified: Verified, now: i64) -> Result<Principal, Fault> {
        if now.saturating_sub(self.0.leeway) >= verified.expires {
            return Err(Fault::Expired(verified.expires));
        }
        if now.saturating_add(self.0.leeway) < verified.not_before {
            return Err(Fault::NotYetValid(verified.not_before));
        }
        Ok(verified.principal)
    }

    /// Checks everything about a token that does not change with time.
    fn believe(&self, keys: &KeySet, token: &str) -> Result<Verified, Fault> {
        let header = jsonwebtoken::decode_header(token).map_err(Fault::Header)?;
        if header.crit.is_some() {
            return Err(Fault::Critical);
        }
        let id = header.kid.ok_or(Fault::NoKeyId)?;
        let Some(key) = keys.find(&id) else {
            self.0.shared.wanted.notify_one();
            return Err(Fault::UnknownKey(id.chars().take(64).collect()));
        };
        if header.alg != key.algorithm {
            return Err(Fault::Algorithm { header: header.alg, key: key.algorithm });
        }
        let token = jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation);
        let claims = token.map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Fault::Signature,
            _ => Fault::Claims(error),
        })?;
        self.accept(claims)
    }

    fn accept(&self, claims: Claims) -> Result<Verified, Fault> {
        if claims.iss != self.0.issuer {
            return Err(Fault::Issuer);
        }
        let for_us = match &claims.aud {
            Audience::One(audience) => *audience == self.0.audience,
            Audience::Several(audiences) => audiences.contains(&self.0.audience),
        };
        if !for_us {
            return Err(Fault::Audience);
        }
        if claims.sub.is_empty() || claims.sub.len() > 256 {
            return Err(Fault::Subject);
        }
        let named = |name: &String| name.strip_prefix("organisations/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
        if !claims.org.as_ref().is_none_or(named) {
            return Err(Fault::Organisation);
        }
        let roles: BTreeSet<Role> = claims
            .roles
            .iter()
            .map(|word| Role::parse(word).ok_or_else(|| Fault::Role(word.chars().take(64).collect())))
            .collect::<Result<_, _>>()?;
        Ok(Verified {
            principal: Principal { subject: claims.sub, organisation: claims.org, roles },
            expires: claims.exp,
            not_before: claims.nbf.unwrap_or(i64::MIN),
        })
    }

    pub(super) fn keys(&self) -> Arc<KeySet> {
        self.0.shared.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Loads the key set again and again. What cannot be loaded or read leaves the keys as they are: an issuer
/// that is down for an hour must not lock a city out.
async fn keep_fresh(shared: Arc<Shared>, source: Source, pace: Pace) {
    loop {
        tokio::time::sleep(pace.least).await;
        let regular = pace.regular.saturating_sub(pace.least);
        let _ = tokio::time::timeout(regular, shared.wanted.notified()).await;
        if let Err(why) = refresh(&shared, &source).await {
            metrics::counter!("talentflow_token_keys_failures_total").increment(1);
            tracing::warn!(%source, %why, "token keys could not be loaded again; the old ones stay");
        }
    }
}

async fn refresh(shared: &Shared, source: &Source) -> Result<(), String> {
    let document = source.load().await?;
    // The same document keeps its memory of verified tokens.
    let same = shared.keys.read().unwrap_or_else(PoisonError::into_inner).is(&document);
    if !same {
        let keys = KeySet::parse(document)?;
        tracing::info!(%source, keys = ?keys.ids(), "token keys changed");
        *shared.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
    Ok(())
}

/// The configuration is checked whole before; a verifier made otherwise is told the same.
fn configured<'a>(value: Option<&'a str>, key: &str, expected: &str) -> Result<&'a str, Error> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| Error::required(key, expected))
}

fn unusable(jwks: &str, why: &str) -> Error {
    // Whatever stands before an `@` may be a password.
    let jwks = jwks.rsplit_once('@').map_or(jwks, |(_, rest)| rest);
    Error::new(
        Code::Unavailable,
        "TOKEN_KEYS",
        format!("auth.jwks: no token keys from `{jwks}`: {why}"),
        format!("auth.jwks：无法从 `{jwks}` 读取令牌公钥"),
    )
    .on("auth.jwks")
    .way_out(
        "set auth.jwks to the file or https address of the issuer's JWKS",
        "请将 auth.jwks 设为签发方 JWKS 的文件路径或 https 地址",
    )
}
