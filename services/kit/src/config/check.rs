//! What no single key can be at fault for: combinations that must not start.

use super::fault::{Fault, closest};
use super::{AuthMode, Config, Environment};

/// A fault between keys.
#[derive(Debug)]
pub(super) struct Finding {
    pub fault: Fault,
    /// The other keys it rests on.
    pub about: &'static [&'static str],
}

fn finding(
    key: impl Into<String>,
    about: &'static [&'static str],
    problem: impl Into<String>,
    expected: impl Into<String>,
) -> Finding {
    let fault = Fault { key: key.into(), problem: problem.into(), expected: expected.into(), origin: String::new() };
    Finding { fault, about }
}

pub(super) fn whole(config: &Config) -> Vec<Finding> {
    let mut findings = authentication(config);
    let (server, ops) = (config.server.listen, config.ops.listen);
    if server == ops && server.port() != 0 {
        findings.push(finding(
            "ops.listen",
            &["server.listen"],
            format!("{ops} is the address of server.listen too"),
            "an address of its own such as 127.0.0.1:9090",
        ));
    }
    if config.nats.credentials_file.is_some() && config.nats.url.is_none() {
        findings.push(finding(
            "nats.credentials_file",
            &["nats.url"],
            "credentials are set, but no nats.url: events would stay inside this process",
            "nats.url such as nats://127.0.0.1:4222, or no credentials",
        ));
    }
    findings
}

fn authentication(config: &Config) -> Vec<Finding> {
    let (auth, listen) = (&config.auth, config.server.listen);
    let mut findings = Vec::new();
    if auth.mode == AuthMode::Jwt {
        let needed = [("auth.issuer", &auth.issuer), ("auth.audience", &auth.audience), ("auth.jwks", &auth.jwks)];
        for (key, _) in needed.into_iter().filter(|(_, value)| value.is_none()) {
            let form = super::keys::find(key).map(|key| key.form.expected()).unwrap_or_default();
            findings.push(finding(key, &["auth.mode"], "missing, but auth.mode = \"jwt\" needs it", form));
        }
        return findings;
    }
    let way_out = "auth.mode = \"jwt\" with auth.issuer, auth.audience and auth.jwks";
    if config.environment == Environment::Production {
        findings.push(finding(
            "auth.mode",
            &["environment"],
            "development authentication lets anyone in; production refuses it",
            way_out,
        ));
    }
    if !listen.ip().is_loopback() {
        findings.push(finding(
            "auth.mode",
            &["server.listen"],
            format!("development authentication lets anyone in, and server.listen = {listen} can be reached from other machines"),
            format!("{way_out}, or a loopback address such as 127.0.0.1:{}", listen.port()),
        ));
    }
    findings
}

/// Names must be those of services there are; with none known, any will do.
pub(super) fn names(config: &Config, services: &[String]) -> Vec<Finding> {
    if services.is_empty() {
        return Vec::new();
    }
    let known = || services.iter().map(String::as_str);
    let named = config.services.iter().map(|name| ("services".to_owned(), name));
    let routed = config.gateway.upstreams.keys().map(|name| (format!("gateway.upstreams.{name}"), name));
    let ruled = config.rules.keys().map(|name| (format!("rules.{name}"), name));
    let strange = named.chain(routed).chain(ruled).filter(|(_, name)| !services.contains(name));
    strange
        .map(|(key, name)| {
            let hint = closest(name, known()).map(|near| format!(", did you mean {near}?")).unwrap_or_default();
            finding(key, &[], format!("there is no service {name:?}{hint}"), format!("names out of {}", services.join(", ")))
        })
        .collect()
}
