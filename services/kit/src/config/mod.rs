//! One configuration for every wiring: embedded default < file < environment < command line.
//!
//! An empty configuration runs: one process, a SQLite file in the current directory, the in-process
//! bus, loopback only. Whatever is set is judged as a whole before anything starts, and every fault is
//! reported at once with its key, where it came from, and what is expected there ([`ConfigError`]).
//!
//! The keys, their forms and their explanations stand in one table (`keys`); the typed sections below
//! hold the defaults. A test keeps the two in step, so the written reference cannot drift.

mod check;
mod fault;
mod file;
mod form;
mod keys;
mod load;
mod reference;
mod secret;
#[cfg(test)]
mod tests;

pub use fault::{ConfigError, Fault};
pub use load::Sources;
pub use secret::SecretUrl;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// The whole configuration of a process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub environment: Environment,
    /// Services to run in this process; empty means all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    pub server: ServerConfig,
    pub ops: OpsConfig,
    pub database: DatabaseConfig,
    pub nats: NatsConfig,
    pub auth: AuthConfig,
    pub gateway: GatewayConfig,
    /// A service's own rules, by the service's name: the file of its pack, or the directory of its schemes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, String>,
    pub log: LogConfig,
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Whether this process runs the service of that name.
    pub fn runs(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|name| name == service)
    }
}

/// The effective configuration as TOML, with secrets struck out.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// What is tolerated: production refuses everything that is only there to try things out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    #[default]
    Development,
    Production,
}

/// The public port: gRPC, and through the gateway REST and the portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    pub drain_seconds: u64,
    pub request_timeout_seconds: u64,
    pub max_concurrent_requests: usize,
    pub max_concurrent_streams: u32,
    pub max_connection_age_seconds: u64,
    pub max_connection_age_grace_seconds: u64,
    pub reflection: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: loopback(8080),
            drain_seconds: 20,
            request_timeout_seconds: 30,
            max_concurrent_requests: 512,
            max_concurrent_streams: 200,
            max_connection_age_seconds: 300,
            max_connection_age_grace_seconds: 30,
            reflection: true,
        }
    }
}

/// The port for operations: probes and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpsConfig {
    pub listen: SocketAddr,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self { listen: loopback(9090) }
    }
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    pub url: SecretUrl,
    pub max_connections: u32,
    pub relay_connections: u32,
    pub acquire_timeout_seconds: u64,
    pub statement_timeout_seconds: u64,
    pub idle_in_transaction_seconds: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretUrl::from("sqlite:talentflow.db"),
            max_connections: 16,
            relay_connections: 4,
            acquire_timeout_seconds: 3,
            statement_timeout_seconds: 30,
            idle_in_transaction_seconds: 15,
        }
    }
}

/// The broker; without a URL events travel inside the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NatsConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretUrl>,
    pub stream_replicas: usize,
    pub max_age_days: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_file: Option<String>,
}

impl Default for NatsConfig {
    fn default() -> Self {
        Self { url: None, stream_replicas: 1, max_age_days: 30, credentials_file: None }
    }
}

/// Who vouches for callers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    pub mode: AuthMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The issuer's public keys: a file or an http(s) URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<String>,
    pub leeway_seconds: u64,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self { mode: AuthMode::Development, issuer: None, audience: None, jwks: None, leeway_seconds: 30 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// The process issues and accepts its own tokens; loopback and development only.
    #[default]
    Development,
    /// Tokens of a configured issuer.
    Jwt,
}

/// Where the gateway finds the services that are not in its own process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub upstreams: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: "info".to_owned() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Human,
    Json,
}

/// Where traces go; without an endpoint nothing is exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    pub sample_ratio: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
