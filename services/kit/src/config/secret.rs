//! A URL that may carry a password: it is used through [`SecretUrl::expose`] and shown without it.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A connection URL. Debug, Display and Serialize strike out what is secret in it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The URL with its password, for the one place that connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL as it may be shown.
    pub fn redacted(&self) -> String {
        redact(&self.0)
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

/// Strikes out secrets. The text need not be a well-formed URL (it may be the very fault that is being
/// reported), so this errs on the side of hiding: from the first `:` of the credentials to the last `@`.
pub(super) fn redact(url: &str) -> String {
    let (front, query) = match url.split_once('?') {
        // A password with a bare `?` in it has its `@` behind the question mark.
        Some((front, query)) if !query.contains('@') => (front, Some(query)),
        _ => (url, None),
    };
    let mut shown = redact_credentials(front);
    if let Some(query) = query {
        let pairs: Vec<String> = query.split('&').map(redact_parameter).collect();
        shown.push('?');
        shown.push_str(&pairs.join("&"));
    }
    shown
}

fn redact_credentials(url: &str) -> String {
    let Some((credentials, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let start =
        credentials.find("://").map_or_else(|| credentials.find(':').map_or(0, |colon| colon + 1), |scheme| scheme + "://".len());
    let (scheme, credentials) = credentials.split_at(start);
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}{user}:***@{host}"),
        // Without a colon it may be a token, as NATS has them, and not a user.
        None => format!("{scheme}***@{host}"),
    }
}

fn redact_parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if ["pass", "secret", "token"].iter().any(|word| name.to_lowercase().contains(word)) => {
            format!("{name}=***")
        }
        _ => pair.to_owned(),
    }
}
