//! The issuer's public keys, and what they have verified already.

use super::Principal;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation, crypto};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How many verified tokens are remembered. Verifying costs 222 µs (RS256), 256 µs (ES256) or 49 µs
/// (`EdDSA`), remembering well under one (measured, 2-core machine, optimised build).
const REMEMBERED: usize = 8192;

/// A public key with the one algorithm it is used with.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
    pub(super) validation: Validation,
}

/// What a verified token said, and for how long it holds.
#[derive(Debug, Clone)]
pub(super) struct Verified {
    pub(super) principal: Principal,
    pub(super) expires: i64,
    pub(super) not_before: i64,
}

/// A key set as it was loaded. What its keys verified is remembered here and nowhere else: when the keys
/// change, nothing that an older key vouched for is believed any longer.
pub(super) struct KeySet {
    document: String,
    keys: HashMap<String, Key>,
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

impl KeySet {
    /// Reads a JWKS. Keys that are not for our three algorithms are passed over, as key sets hold keys for
    /// other uses too; a set with none left, or with one id for two keys, is refused.
    pub(super) fn parse(document: String) -> Result<Self, String> {
        let set: JwkSet = serde_json::from_str(&document).map_err(|error| format!("it is not a JWKS: {error}"))?;
        let mut keys = HashMap::new();
        let mut passed_over = Vec::new();
        for (at, jwk) in set.keys.iter().enumerate() {
            match usable(jwk) {
                Err(why) => passed_over.push(format!("keys[{at}] {why}")),
                Ok((id, key)) => {
                    if keys.insert(id.clone(), key).is_some() {
                        return Err(format!("the key id {id:?} stands for two keys"));
                    }
                }
            }
        }
        if keys.is_empty() {
            let why = if passed_over.is_empty() { "it is empty".to_owned() } else { passed_over.join("; ") };
            return Err(format!("it holds no key for RS256, ES256 or EdDSA: {why}"));
        }
        Ok(Self { document, keys, verified: Mutex::default() })
    }

    pub(super) fn is(&self, document: &str) -> bool {
        self.document == document
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.get(id)
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.keys.keys().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    /// What the token with this digest said when it was verified.
    pub(super) fn recall(&self, digest: &[u8; 32]) -> Option<Verified> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Remembers a verified token. A full memory first loses what has expired, then all: the next call of
    /// each caller is verified anew, which costs a fraction of a millisecond.
    pub(super) fn remember(&self, digest: [u8; 32], token: Verified, now: i64) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.retain(|_, token| token.expires > now);
            if verified.len() >= REMEMBERED {
                verified.clear();
            }
        }
        verified.insert(digest, token);
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// By its key ids: neither tokens nor who sent them belong in a log.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("ids", &self.ids()).finish_non_exhaustive()
    }
}

/// The key and its id, or why it is of no use here.
fn usable(jwk: &Jwk) -> Result<(String, Key), &'static str> {
    let common = &jwk.common;
    let id = common.key_id.as_deref().filter(|id| !id.is_empty()).ok_or("has no kid")?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return Err("is of another type or curve"),
    };
    if common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return Err("is not for signatures");
    }
    if common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err("is not for verifying");
    }
    if common.key_algorithm.is_some_and(|named| named != algorithm.into()) {
        return Err("is for another algorithm");
    }
    let decoding = DecodingKey::from_jwk(jwk).map_err(|_| "does not decode")?;
    match decoding.kind() {
        // Below 2048 bits is too weak; above 4096 the verifier refuses every signature.
        DecodingKeyKind::RsaModulusExponent { n, .. } if !(256..=512).contains(&n.len()) => {
            return Err("is an RSA key of fewer than 2048 or more than 4096 bits");
        }
        _ => (crypto::rust_crypto::DEFAULT_PROVIDER.verifier_factory)(&algorithm, &decoding)
            .map_err(|_| "is not a point of its curve")?,
    };
    Ok((id.to_owned(), Key { algorithm, decoding, validation: signature_only(algorithm) }))
}

/// Has the library check the signature with this one algorithm. The claims are ours to check: its own
/// checks read the ambient clock, and ours comes from the caller.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
