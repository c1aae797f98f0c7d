//! Signs tokens for a demo or a developer's machine.

use super::Role;
use super::keys::KeySet;
use crate::config::Environment;
use crate::error::{Code, Error};
use crate::rng::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

pub(super) const ISSUER: &str = "https://development.talentflow.invalid";
pub(super) const AUDIENCE: &str = "talentflow";
pub(super) const LEEWAY_SECONDS: i64 = 5;

/// PKCS #8 v1 of an Ed25519 key, up to the 32 bytes of the key itself (RFC 8410).
const ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A key pair of this process alone, which signs tokens for anybody who asks it. It does not construct
/// outside development.
pub struct DevIssuer {
    key: EncodingKey,
    id: String,
    document: String,
    keys: Arc<KeySet>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a str>,
}

impl DevIssuer {
    /// Makes a key pair: from the operating system's chance, or the same one again from a seed.
    pub fn new(environment: Environment, chance: &Chance) -> Result<Self, Error> {
        if environment != Environment::Development {
            return Err(Error::new(
                Code::Refused,
                "DEVELOPMENT_ONLY",
                "the built-in token issuer runs in development only",
                "内置令牌签发仅限开发环境使用",
            )
            .on("auth.mode")
            .way_out(
                "set auth.mode to jwt, with auth.issuer, auth.audience and auth.jwks of your issuer",
                "请将 auth.mode 设为 jwt，并配置 auth.issuer、auth.audience 与 auth.jwks",
            ));
        }
        let chance = chance.child("token issuer");
        let mut pkcs8 = ED25519.to_vec();
        for _ in 0..4 {
            pkcs8.extend_from_slice(&chance.bits().to_le_bytes());
        }
        let key = EncodingKey::from_ed_der(&pkcs8);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).map_err(Error::internal)?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let document = serde_json::to_string(&JwkSet { keys: vec![jwk] }).map_err(Error::internal)?;
        let keys = Arc::new(KeySet::parse(document.clone()).map_err(Error::internal)?);
        Ok(Self { key, id, document, keys })
    }

    /// A token that holds from `now` for `ttl`.
    pub fn token(
        &self,
        subject: &str,
        organisation: Option<&str>,
        roles: &[Role],
        ttl: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.id.clone());
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: subject,
            iat: now.timestamp(),
            exp: now.timestamp().saturating_add(ttl.num_seconds()),
            roles: roles.iter().map(|role| role.as_str()).collect(),
            org: organisation,
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(Error::internal)
    }

    /// The public half, as a JWKS document: for other processes of the same demo.
    pub fn jwks(&self) -> &str {
        &self.document
    }

    pub(super) fn key_set(&self) -> Arc<KeySet> {
        self.keys.clone()
    }
}

impl fmt::Debug for DevIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevIssuer").field("id", &self.id).finish_non_exhaustive()
    }
}
