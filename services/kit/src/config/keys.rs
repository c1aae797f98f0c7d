//! Every key there is, its form, and what it is for: the one source of messages and of the reference.

use super::form::Form;

/// A key of the configuration.
#[derive(Debug)]
pub(super) struct Key {
    /// Dotted path; a last part `*` stands for a family of keys.
    pub path: &'static str,
    pub form: Form,
    pub doc: &'static str,
    /// A value in TOML for what has no default.
    pub example: &'static str,
}

impl Key {
    pub(super) fn leaf(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, leaf)| leaf)
    }

    pub(super) fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    pub(super) fn is_family(&self) -> bool {
        self.leaf() == "*"
    }
}

/// A section of the configuration.
#[derive(Debug)]
pub(super) struct Section {
    pub name: &'static str,
    pub doc: &'static str,
}

/// The key of that path, families included.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| {
        key.path == path
            || (key.is_family() && path.strip_prefix(key.section()).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.')))
    })
}

pub(super) fn is_section(path: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == path)
}

/// The keys right under a section (empty: the top level).
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section() == section)
}

const fn section(name: &'static str, doc: &'static str) -> Section {
    Section { name, doc }
}

const fn key(path: &'static str, form: Form, doc: &'static str) -> Key {
    Key { path, form, doc, example: "" }
}

const fn optional(path: &'static str, form: Form, doc: &'static str, example: &'static str) -> Key {
    Key { path, form, doc, example }
}

const fn whole(least: u32, most: u32, unit: &'static str) -> Form {
    Form::Whole { least, most, unit }
}

const fn seconds(most: u32) -> Form {
    whole(1, most, "seconds")
}

const fn days() -> Form {
    whole(1, 3650, "days")
}

pub(super) const SECTIONS: &[Section] = &[
    section("server", "The public port."),
    section("ops", "The port for operations: /livez, /readyz and /metrics. Keep it inside the cluster."),
    section("database", "Where state is kept."),
    section("nats", "The broker. Without a URL events travel inside this process."),
    section("auth", "Who vouches for callers."),
    section("gateway", "The one address for portals."),
    section("gateway.upstreams", "Where services run that are not in this process: name = URL."),
    section(
        "rules",
        "A city's own rule packs, in place of those that are shipped: name of the service = file; for subsidy a directory of scheme files.",
    ),
    section("log", "Logs go to standard error."),
    section("telemetry", "Traces."),
];

pub(super) const KEYS: &[Key] = &[
    key(
        "environment",
        Form::Choice(&["development", "production"]),
        "Production refuses what is only there to try things out, development authentication above all.",
    ),
    optional("services", Form::Names, "The services this process runs. Left out: all of them.", "[\"gateway\", \"training\"]"),
    key("server.listen", Form::Address, "Where gRPC, REST and the portal are served. Port 0 takes any free port."),
    key(
        "server.drain_seconds",
        seconds(3600),
        "How long requests may finish after a stop was asked for; then connections are closed. Keep it below the grace period of the pod.",
    ),
    key("server.request_timeout_seconds", seconds(3600), "The longest a request may take; a caller can only ask for less."),
    key(
        "server.max_concurrent_requests",
        whole(1, 1_000_000, "requests"),
        "Requests at work at once in this process; further ones are refused with RESOURCE_EXHAUSTED.",
    ),
    key("server.max_concurrent_streams", whole(1, 100_000, "streams"), "Requests at once on one connection."),
    key(
        "server.max_connection_age_seconds",
        seconds(86_400),
        "After this a client is asked to connect anew, so that load spreads over new pods.",
    ),
    key("server.max_connection_age_grace_seconds", seconds(3600), "How long the old connection may finish its requests then."),
    key("server.reflection", Form::Switch, "Whether clients may list the services and their messages (gRPC reflection)."),
    key("ops.listen", Form::Address, "Where probes and metrics are served. Port 0 takes any free port."),
    key(
        "database.url",
        Form::DatabaseUrl,
        "SQLite file or PostgreSQL database. Give a password by the environment rather than in a file.",
    ),
    key(
        "database.max_connections",
        whole(1, 1000, "connections"),
        "Connections for requests (PostgreSQL; SQLite has one writer).",
    ),
    key(
        "database.relay_connections",
        whole(1, 100, "connections"),
        "Connections kept apart for delivering events and for health, so that a rush of requests cannot starve them (PostgreSQL).",
    ),
    key(
        "database.acquire_timeout_seconds",
        seconds(60),
        "How long a request waits for a connection before it is answered UNAVAILABLE.",
    ),
    key("database.statement_timeout_seconds", seconds(3600), "The longest a statement may run (PostgreSQL)."),
    key(
        "database.idle_in_transaction_seconds",
        seconds(3600),
        "After this the server ends a transaction that its owner forgot (PostgreSQL).",
    ),
    optional("nats.url", Form::NatsUrl, "NATS with JetStream, 2.12.6 or later.", "\"nats://127.0.0.1:4222\""),
    key("nats.stream_replicas", whole(1, 5, "replicas"), "Copies of each stream in the NATS cluster; 3 in production."),
    key("nats.max_age_days", days(), "How long streams keep events. The outbox, not the stream, is the truth."),
    optional(
        "nats.credentials_file",
        Form::Text("a file such as /etc/talentflow/nats.creds"),
        "Credentials of the NATS account.",
        "\"/etc/talentflow/nats.creds\"",
    ),
    key(
        "auth.mode",
        Form::Choice(&["development", "jwt"]),
        "development: this process issues its own tokens, on a loopback address and outside production only. jwt: tokens of the issuer below.",
    ),
    optional(
        "auth.issuer",
        Form::Text("the `iss` of the tokens such as https://id.example.cn/"),
        "The only issuer whose tokens are accepted (mode jwt).",
        "\"https://id.example.cn/\"",
    ),
    optional(
        "auth.audience",
        Form::Text("the `aud` of the tokens such as talentflow"),
        "The audience that tokens must name (mode jwt).",
        "\"talentflow\"",
    ),
    optional(
        "auth.jwks",
        Form::FileOrUrl,
        "The issuer's public keys: a file, or a URL that is read again when a key is not known (mode jwt).",
        "\"https://id.example.cn/jwks.json\"",
    ),
    key("auth.leeway_seconds", whole(0, 300, "seconds"), "How far clocks may differ when a token's times are checked."),
    optional("gateway.upstreams.*", Form::Endpoint { such_as: "http://training:8080" }, "", "\"http://training:8080\""),
    optional(
        "rules.*",
        Form::Text("a file such as /etc/talentflow/training-rules.toml, for subsidy a directory"),
        "",
        "\"/etc/talentflow/training-rules.toml\"",
    ),
    key("log.format", Form::Choice(&["human", "json"]), "json writes one object a line."),
    key("log.level", Form::LogFilter, "A level, or levels by module such as info,kit::outbox=debug."),
    optional(
        "telemetry.otlp_endpoint",
        Form::Endpoint { such_as: "http://127.0.0.1:4317" },
        "Where traces go: an OpenTelemetry collector over plain gRPC (beside this process or inside the cluster). Left out: nowhere.",
        "\"http://127.0.0.1:4317\"",
    ),
    key(
        "telemetry.sample_ratio",
        Form::Ratio,
        "Which share of the traces that begin here is kept; a caller's own decision is followed.",
    ),
];
