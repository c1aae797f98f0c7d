use super::super::{AuthMode, Config, Environment, SecretUrl, Sources};
use super::{file, from_file, from_variables};
use proptest::prelude::*;

#[test]
fn an_empty_configuration_runs_embedded_on_loopback() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.database.url.expose(), "sqlite:talentflow.db");
    assert!(config.server.listen.ip().is_loopback());
    assert_eq!(config.nats.url, None);
    assert_eq!(config.auth.mode, AuthMode::Development);
    assert!(config.runs("subsidy"), "no list means every service");
    config.validate().unwrap();
}

#[test]
fn a_stronger_layer_wins_key_by_key_and_leaves_the_others() {
    let file = file("[server]\ndrain_seconds = 1\nrequest_timeout_seconds = 1\nmax_concurrent_requests = 600\n");
    let config = Config::load(
        &Sources::default()
            .file(Some(file.path().to_owned()))
            .variables([
                ("TALENTFLOW__SERVER__REQUEST_TIMEOUT_SECONDS", "2"),
                ("TALENTFLOW__SERVER__MAX_CONCURRENT_REQUESTS", "700"),
            ])
            .overrides([("server.max_concurrent_requests", "800")]),
    )
    .unwrap();
    assert_eq!(config.server.drain_seconds, 1);
    assert_eq!(config.server.request_timeout_seconds, 2);
    assert_eq!(config.server.max_concurrent_requests, 800);
    assert_eq!(config.server.max_concurrent_streams, 200);
}

#[test]
fn a_list_of_a_stronger_layer_takes_the_place_of_the_weaker_one() {
    let file = file("services = [\"directory\", \"training\", \"subsidy\"]\n");
    let sources =
        Sources::default().file(Some(file.path().to_owned())).variables([("TALENTFLOW__SERVICES", "gateway, training")]);
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.services, ["gateway", "training"]);
    assert!(config.runs("training") && !config.runs("subsidy"));
}

#[test]
fn an_upstream_is_set_by_environment_beside_one_from_the_file() {
    let file = file("[gateway.upstreams]\ntraining = \"http://training:8080\"\n");
    let sources = Sources::default().file(Some(file.path().to_owned())).variables([
        ("TALENTFLOW__GATEWAY__UPSTREAMS__SUBSIDY", "http://subsidy:8080"),
        ("TALENTFLOW__GATEWAY__UPSTREAMS__MY-OWN_2", "http://[::1]:8080"),
    ]);
    let upstreams = Config::load(&sources).unwrap().gateway.upstreams;
    assert_eq!(upstreams["training"], "http://training:8080");
    assert_eq!(upstreams["subsidy"], "http://subsidy:8080");
    assert_eq!(upstreams["my-own_2"], "http://[::1]:8080");
    assert_eq!(upstreams.len(), 3);
}

#[test]
fn variables_of_others_and_empty_ones_are_left_alone() {
    let config = from_variables(&[
        ("TALENTFLOW_TEST_POSTGRES", "postgres://elsewhere"),
        ("TALENTFLOW_SERVER_PORT", "tcp://10.0.0.1:80"),
        ("TALENTFLOW__NATS__URL", ""),
        ("SERVER__LISTEN", "nonsense"),
    ]);
    assert_eq!(config.unwrap(), Config::default());
}

#[test]
fn production_with_a_real_issuer_listens_on_every_address() {
    let config = from_file(
        r#"
environment = "production"
[server]
listen = "[::]:8080"
[database]
url = "postgres://talentflow:secret@db/talentflow"
[nats]
url = "tls://n1:4222,tls://n2:4222"
stream_replicas = 3
[auth]
mode = "jwt"
issuer = "https://id.example.cn/"
audience = "talentflow"
jwks = "/etc/talentflow/jwks.json"
[log]
format = "json"
level = "info,kit::outbox=debug"
[telemetry]
otlp_endpoint = "http://collector:4317"
sample_ratio = 1
"#,
    )
    .unwrap();
    assert_eq!(config.environment, Environment::Production);
    assert!(config.server.reflection, "reflection is a choice in production too");
    assert!((config.telemetry.sample_ratio - 1.0).abs() < f64::EPSILON);
    config.validate().unwrap();
}

#[test]
fn one_sqlite_file_with_nats_and_several_services_is_fine() {
    let config =
        from_variables(&[("TALENTFLOW__NATS__URL", "nats://127.0.0.1:4222"), ("TALENTFLOW__SERVICES", "training,subsidy")]);
    assert_eq!(config.unwrap().nats.url, Some(SecretUrl::from("nats://127.0.0.1:4222")));
}

#[test]
fn passwords_are_used_but_never_shown() {
    let cases = [
        ("postgres://u:hunter2@db:5432/t", "postgres://u:***@db:5432/t"),
        ("postgres://u:hun@ter/2?@db/t?sslmode=require", "postgres://u:***@db/t?sslmode=require"),
        ("postgres://db/t?user=u&password=hunter2", "postgres://db/t?user=u&password=***"),
        ("nats://hunter2@broker:4222", "nats://***@broker:4222"),
        ("nats://a:hunter2@n1:4222,nats://a:hunter2@n2:4222", "nats://a:***@n2:4222"),
        ("hunter2@db", "***@db"),
        ("sqlite:talentflow.db", "sqlite:talentflow.db"),
        ("postgres://db:5432/t", "postgres://db:5432/t"),
    ];
    for (url, shown) in cases {
        let secret = SecretUrl::from(url);
        assert_eq!(secret.expose(), url);
        assert_eq!(secret.to_string(), shown);
        assert_eq!(format!("{secret:?}"), format!("{shown:?}"));
        assert_eq!(toml::Value::try_from(&secret).unwrap().as_str(), Some(shown));
    }
}

#[test]
fn the_effective_configuration_is_shown_as_toml_without_secrets() {
    let config = from_variables(&[("TALENTFLOW__DATABASE__URL", "postgres://u:hunter2@db/t")]).unwrap();
    let shown = config.to_string();
    assert!(shown.contains("url = \"postgres://u:***@db/t\""), "{shown}");
    assert!(!format!("{config:?}{shown}").contains("hunter2"));
    toml::from_str::<Config>(&shown).unwrap();
}

proptest! {
    #[test]
    fn no_password_whatever_its_letters_reaches_a_message(
        user in "[a-z]{1,8}",
        // Not part of any word that a message may use.
        password in "§[a-zA-Z0-9:/?#@%&=,. -]{0,20}§",
        scheme in "(postgres|nats|mysql)",
        query in "(\\?sslmode=require)?",
    ) {
        let url = format!("{scheme}://{user}:{password}@db.example.cn:5432/talentflow{query}");
        let loaded = from_variables(&[("TALENTFLOW__DATABASE__URL", &url), ("TALENTFLOW__NATS__URL", &url)]);
        let told = match &loaded {
            Ok(config) => format!("{config}{config:?}"),
            Err(error) => format!("{error}{error:?}"),
        };
        prop_assert!(!told.contains('§'), "{}", told);
        prop_assert!(!SecretUrl::from(url).to_string().contains('§'));
    }

    #[test]
    fn every_valid_number_means_the_same_from_file_environment_and_flags(
        drain in 1u64..=3600, streams in 1u32..=100_000, ratio in 0.0f64..=1.0, reflection: bool,
    ) {
        let text = [
            ("server.drain_seconds", drain.to_string()),
            ("server.max_concurrent_streams", streams.to_string()),
            ("telemetry.sample_ratio", format!("{ratio:?}")),
            ("server.reflection", reflection.to_string()),
        ];
        let lines: Vec<String> = text.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let by_file = from_file(&lines.concat()).unwrap();
        let name = |key: &str| format!("TALENTFLOW__{}", key.replace('.', "__").to_uppercase());
        let variables: Vec<_> = text.iter().map(|(key, value)| (name(key), value.clone())).collect();
        let by_environment = Config::load(&Sources::default().variables(variables)).unwrap();
        let by_flags = Config::load(&Sources::default().overrides(text)).unwrap();
        prop_assert_eq!(&by_file, &by_environment);
        prop_assert_eq!(&by_file, &by_flags);
        prop_assert_eq!(by_file.server.drain_seconds, drain);
        prop_assert_eq!(by_file.server.max_concurrent_streams, streams);
        prop_assert!((by_file.telemetry.sample_ratio - ratio).abs() < f64::EPSILON);
        prop_assert_eq!(by_file.server.reflection, reflection);
    }
}
