use super::super::form::Form;
use super::super::keys::{KEYS, SECTIONS, find};
use super::super::{
    AuthConfig, AuthMode, Config, DatabaseConfig, Environment, GatewayConfig, LogConfig, LogFormat, NatsConfig, OpsConfig,
    ServerConfig, Sources, TelemetryConfig,
};
use super::from_file;
use std::collections::BTreeSet;

/// Every field set to something; written out, so that a new field does not compile until it is here.
fn everything() -> Config {
    Config {
        environment: Environment::Development,
        services: vec!["training".into()],
        server: ServerConfig {
            listen: "127.0.0.1:1".parse().unwrap(),
            drain_seconds: 1,
            request_timeout_seconds: 2,
            max_concurrent_requests: 3,
            max_concurrent_streams: 5,
            max_connection_age_seconds: 6,
            max_connection_age_grace_seconds: 7,
            reflection: false,
        },
        ops: OpsConfig { listen: "127.0.0.1:2".parse().unwrap() },
        database: DatabaseConfig {
            url: "postgres://db/t".into(),
            max_connections: 1,
            relay_connections: 2,
            acquire_timeout_seconds: 3,
            statement_timeout_seconds: 4,
            idle_in_transaction_seconds: 5,
        },
        nats: NatsConfig {
            url: Some("nats://n:4222".into()),
            stream_replicas: 3,
            max_age_days: 1,
            credentials_file: Some("c".into()),
        },
        auth: AuthConfig {
            mode: AuthMode::Jwt,
            issuer: Some("i".into()),
            audience: Some("a".into()),
            jwks: Some("k".into()),
            leeway_seconds: 0,
        },
        gateway: GatewayConfig { upstreams: [("training".to_owned(), "http://t:1".to_owned())].into() },
        rules: [("training".to_owned(), "r.toml".to_owned())].into(),
        log: LogConfig { format: LogFormat::Json, level: "warn".into() },
        telemetry: TelemetryConfig { otlp_endpoint: Some("http://c:4317".into()), sample_ratio: 0.5 },
    }
}

fn paths(prefix: &str, table: &toml::Table) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, value) in table {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(below) => all.extend(paths(&path, below)),
            _ => {
                all.insert(path);
            }
        }
    }
    all
}

#[test]
fn the_table_of_keys_and_the_typed_sections_name_the_same_keys() {
    let typed = paths("", &toml::Table::try_from(everything()).unwrap());
    let known: BTreeSet<String> = KEYS.iter().map(|key| key.path.replace('*', "training")).collect();
    assert_eq!(typed, known);
    for key in KEYS {
        assert!(key.section().is_empty() || SECTIONS.iter().any(|section| section.name == key.section()), "{}", key.path);
        assert!(!key.doc.is_empty() || key.is_family(), "{} is not explained", key.path);
    }
}

#[test]
fn a_configuration_with_every_key_written_out_reads_back_the_same() {
    for config in [Config::default(), everything()] {
        let text = toml::to_string(&config).unwrap();
        assert_eq!(from_file(&text).unwrap(), config, "{text}");
    }
}

#[test]
fn the_reference_holds_every_key_and_loads_to_the_defaults() {
    let reference = Config::reference();
    assert_eq!(from_file(&reference).unwrap(), Config::default(), "{reference}");
    for key in KEYS.iter().filter(|key| !key.is_family()) {
        let set = format!("\n{} = ", key.leaf());
        let left_out = format!("\n# {} = {}\n", key.leaf(), key.example);
        assert!(reference.contains(&set) || reference.contains(&left_out), "{} is missing", key.path);
    }
}

#[test]
fn what_the_reference_leaves_out_is_valid_once_it_is_uncommented() {
    let is_entry = |line: &&str| {
        let name = line.trim_start_matches("# ").split_once(" = ").map(|(name, _)| name);
        !line.starts_with('#') || name.is_some_and(|name| KEYS.iter().any(|key| key.leaf() == name) || name == "training")
    };
    let reference = Config::reference();
    let text: Vec<&str> = reference.lines().filter(is_entry).map(|line| line.trim_start_matches("# ")).collect();
    let config = from_file(&text.join("\n")).unwrap();
    let set = paths("", &toml::Table::try_from(&config).unwrap());
    assert_eq!(set.len(), KEYS.len(), "{config}");
}

#[test]
fn the_largest_and_smallest_number_of_every_key_fit_its_type() {
    for key in KEYS {
        let Form::Whole { least, most, .. } = key.form else { continue };
        for n in [least, most] {
            Config::load(&Sources::default().overrides([(key.path, n.to_string())])).unwrap();
        }
    }
}

#[test]
fn a_key_is_found_by_its_path_alone() {
    assert_eq!(find("server.listen").unwrap().path, "server.listen");
    assert_eq!(find("gateway.upstreams.training").unwrap().path, "gateway.upstreams.*");
    for nothing in ["", "server", "gateway.upstreams", "gateway.upstreams.", "gateway.upstreamsx", "listen"] {
        assert!(find(nothing).is_none(), "{nothing}");
    }
}
