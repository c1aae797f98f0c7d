use super::super::keys::KEYS;
use super::super::{Config, Sources};
use super::{file, from_file, from_variables, lines};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use std::collections::BTreeSet;

/// A value that does not fit, for keys of every form, as text.
const MISFITS: &[(&str, &str, &str)] = &[
    ("environment", "prod", "\"prod\" is not one of the choices; expected development or production"),
    ("services", "Training", "\"Training\" is not a name of a service"),
    ("services", "training,training", "\"training\" stands twice"),
    ("server.listen", "80880", "\"80880\" is not an address; expected IP:PORT such as 127.0.0.1:8080"),
    ("server.listen", "localhost:8080", "\"localhost:8080\" is not an address"),
    ("server.drain_seconds", "0", "0 is out of range; expected a whole number of seconds from 1 to 3600"),
    ("server.drain_seconds", "-5", "-5 is out of range"),
    ("server.drain_seconds", "20s", "\"20s\" is not a whole number"),
    ("server.reflection", "yes", "\"yes\" is not a switch; expected true or false"),
    ("server.max_concurrent_requests", "4294967296", "4294967296 is out of range"),
    ("ops.listen", "127.0.0.1", "\"127.0.0.1\" is not an address"),
    ("database.url", "mysql://db/t", "\"mysql://db/t\" is not a database URL; expected sqlite:FILE such as"),
    ("database.url", "sqlite:", "\"sqlite:\" is not a database URL"),
    ("nats.url", "http://broker", "\"http://broker\" is not a NATS URL"),
    ("nats.url", "nats://a,b", "\"nats://a,b\" is not a NATS URL"),
    ("auth.mode", "none", "\"none\" is not one of the choices; expected development or jwt"),
    ("auth.jwks", "ftp://id/keys", "\"ftp://id/keys\" is not a file or a URL"),
    (
        "gateway.upstreams.training",
        "training:8080",
        "\"training:8080\" is not a plain HTTP endpoint; expected http://HOST:PORT such as http://training:8080",
    ),
    ("gateway.upstreams.training", "https://training", "is not a plain HTTP endpoint"),
    ("log.format", "xml", "\"xml\" is not one of the choices; expected human or json"),
    ("log.level", "inof", "\"inof\" is not a log level"),
    ("log.level", "info,,kit=loud", "is not a log level"),
    ("telemetry.otlp_endpoint", "http://collector:4317/v1/traces", "is not a plain HTTP endpoint"),
    ("telemetry.sample_ratio", "1.5", "1.5 is not a ratio; expected a number from 0 to 1"),
    ("telemetry.sample_ratio", "NaN", "NaN is not a ratio"),
];

#[test]
fn a_value_that_does_not_fit_is_named_with_its_key_its_text_and_the_expected_form() {
    for (key, text, said) in MISFITS {
        let variable = format!("TALENTFLOW__{}", key.replace('.', "__").to_uppercase());
        let told = lines(from_variables(&[(&variable, text)]));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("{key}: ")) && told[0].contains(said), "{}", told[0]);
        assert!(told[0].ends_with(&format!("[environment variable {variable}]")), "{}", told[0]);
    }
}

#[test]
fn a_value_of_the_wrong_type_in_a_file_is_named_with_its_line() {
    let cases = [
        ("[server]\nlisten = 8080", 2, "server.listen: 8080 is not an address; expected IP:PORT"),
        ("server = 5", 1, "server: a value of type integer is not a section; expected [server] with keys out of listen,"),
        ("[server]\n\n\ndrain_seconds = \"20\"", 4, "server.drain_seconds: \"20\" is text; write the number without quotes"),
        ("[server]\ndrain_seconds = 2026-07-01", 2, "server.drain_seconds: a value of type datetime is not a whole number"),
        ("[server]\ndrain_seconds = 2.5", 2, "server.drain_seconds: 2.5 is not a whole number"),
        ("[server]\nlisten.port = 80", 2, "server.listen: a value of type table is not an address"),
        ("services = \"training\"", 1, "services: \"training\" is not a list of names"),
        ("services = [\"training\", 5]", 1, "services: 5 in the list is not a name"),
        ("services = [{ name = \"training\" }]", 1, "services: nothing in the list is not a name"),
        ("[gateway.upstreams]\n\"a.b\" = \"http://t:1\"", 2, "gateway.upstreams.a.b: "),
        ("[gateway]\nupstreams = []", 2, "gateway.upstreams: a value of type array is not a section"),
        ("[log]\nlevel = true", 2, "log.level: true is not a log level"),
        (
            "[gateway.upstreams]\nTraining = \"http://t:1\"",
            2,
            "gateway.upstreams.Training: \"Training\" is not a name of a service",
        ),
    ];
    for (text, line, said) in cases {
        let told = lines(from_file(text));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(said), "{}", told[0]);
        assert!(told[0].ends_with(&format!(".toml:{line}]")), "{}", told[0]);
    }
}

#[test]
fn an_unknown_key_is_named_with_its_origin_and_the_one_probably_meant() {
    let cases = [
        (
            "[server]\nlisen = \"127.0.0.1:1\"",
            "server.lisen: unknown key, did you mean server.listen?; expected a key of [server]: listen, drain_seconds,",
        ),
        ("[nats]\nmax_age = 3", "nats.max_age: unknown key, did you mean nats.max_age_days?"),
        ("[server]\nsample_ratio = 1", "server.sample_ratio: unknown key, did you mean telemetry.sample_ratio?"),
        (
            "[servre]\nlisten = \"127.0.0.1:1\"",
            "servre: unknown section, did you mean server?; expected a section out of server, ops,",
        ),
        ("[gateway.upstream]\ntraining = \"http://t:1\"", "gateway.upstream: unknown section, did you mean gateway.upstreams?"),
        ("colour = 1", "colour: unknown key; expected a key of the top level: environment, services"),
    ];
    for (text, said) in cases {
        let told = lines(from_file(text));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(said), "{}", told[0]);
        assert!(told[0].contains(".toml:"), "{}", told[0]);
    }
    let told = lines(from_variables(&[("TALENTFLOW__DATABSE__URL", "sqlite:x.db")]));
    assert_eq!(
        told,
        [
            "databse.url: unknown key, did you mean database.url?; expected a section out of server, ops, database, nats, auth, gateway, gateway.upstreams, rules, log, telemetry [environment variable TALENTFLOW__DATABSE__URL]"
        ]
    );
    let told = lines(Config::load(&Sources::default().overrides([("server.listn", "127.0.0.1:1")])));
    assert!(told[0].contains("server.listen") && told[0].ends_with("[command line]"), "{told:?}");
    let told = lines(from_variables(&[("TALENTFLOW__SERVER", "127.0.0.1:1")]));
    assert!(told[0].starts_with("server: a section takes no value; expected one of its keys: listen,"), "{told:?}");
}

#[test]
fn every_fault_of_every_layer_is_reported_at_once() {
    let file = file("[server]\nlisten = \"80880\"\nport = 1\n[nats]\nmax_age_days = 0\n");
    let sources = Sources::default()
        .file(Some(file.path().to_owned()))
        .variables([("TALENTFLOW__LOG__FORMAT", "xml"), ("TALENTFLOW__AUTH__MODE", "jwt")])
        .overrides([("database.url", "mysql:x"), ("gateway.upstreams.subsidi", "http://s:1")])
        .services(["training", "subsidy"]);
    let error = Config::load(&sources).unwrap_err();
    let keys: BTreeSet<&str> = error.faults.iter().map(|fault| fault.key.as_str()).collect();
    let all = [
        "server.listen",
        "server.port",
        "nats.max_age_days",
        "log.format",
        "database.url",
        "auth.issuer",
        "auth.audience",
        "auth.jwks",
        "gateway.upstreams.subsidi",
    ];
    assert_eq!(keys, all.into_iter().collect());
    assert_eq!(error.faults.len(), all.len());
    let told = error.to_string();
    assert!(told.starts_with("9 faults in the configuration:\n  "), "{told}");
    assert_eq!(told.lines().count(), 10);
}

#[test]
fn development_authentication_is_refused_in_production_and_off_loopback() {
    let told = lines(from_variables(&[("TALENTFLOW__ENVIRONMENT", "production")]));
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with(
            "auth.mode: development authentication lets anyone in; production refuses it; expected auth.mode = \"jwt\""
        ),
        "{told:?}"
    );
    assert!(told[0].ends_with("[default]"), "{told:?}");
    let open = [("TALENTFLOW__SERVER__LISTEN", "0.0.0.0:8080"), ("TALENTFLOW__AUTH__MODE", "development")];
    let told = lines(from_variables(&open));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("server.listen = 0.0.0.0:8080 can be reached from other machines"), "{told:?}");
    assert!(told[0].ends_with("[environment variable TALENTFLOW__AUTH__MODE]"), "{told:?}");
    let both = [("TALENTFLOW__SERVER__LISTEN", "[::]:1"), ("TALENTFLOW__ENVIRONMENT", "production")];
    assert_eq!(lines(from_variables(&both)).len(), 2);
    for fine in ["127.0.0.1:0", "127.8.8.8:80", "[::1]:80"] {
        from_variables(&[("TALENTFLOW__SERVER__LISTEN", fine)]).unwrap();
    }
}

#[test]
fn tokens_of_an_issuer_need_issuer_audience_and_keys() {
    let told = lines(from_file("[auth]\nmode = \"jwt\"\naudience = \"talentflow\"\n"));
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("auth.issuer: missing, but auth.mode = \"jwt\" needs it; expected the `iss`"), "{told:?}");
    assert!(told[1].starts_with("auth.jwks: missing, but auth.mode = \"jwt\" needs it; expected a file"), "{told:?}");
    let told = lines(from_file("[auth]\nmode = \"jwt\"\naudience = \"t\"\njwks = \"k.json\"\nisuer = \"x\"\n"));
    assert_eq!(told.len(), 1, "the misspelt key says it all: {told:?}");
}

#[test]
fn combinations_that_cannot_be_meant_are_refused() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (
            &[("server.listen", "127.0.0.1:9090")],
            "ops.listen: 127.0.0.1:9090 is the address of server.listen too; expected an address of its own",
        ),
        (&[("nats.credentials_file", "x.creds")], "nats.credentials_file: credentials are set, but no nats.url"),
        (
            &[("services", "trainnig")],
            "services: there is no service \"trainnig\", did you mean training?; expected names out of gateway, training",
        ),
    ];
    for (flags, said) in cases {
        let sources = Sources::default().overrides(flags.iter().copied()).services(["gateway", "training"]);
        let told = lines(Config::load(&sources));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(said), "{}", told[0]);
    }
    Config::load(&Sources::default().overrides([("server.listen", "127.0.0.1:0"), ("ops.listen", "127.0.0.1:0")])).unwrap();
}

#[test]
fn a_configuration_put_together_in_code_is_judged_by_the_same_rules() {
    let mut config = Config::default();
    config.server.drain_seconds = 0;
    config.server.listen = "0.0.0.0:80".parse().unwrap();
    config.database.url = "mysql://u:hunter2@db".into();
    let error = config.validate().unwrap_err();
    let keys: BTreeSet<&str> = error.faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["auth.mode", "database.url", "server.drain_seconds"].into_iter().collect());
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_among_the_others() {
    let sources = Sources::default()
        .file(Some("/nowhere/talentflow.toml".into()))
        .variables([("TALENTFLOW__LOG__FORMAT", "xml"), ("TALENTFLOW__ENVIRONMENT", "production")]);
    let told = lines(Config::load(&sources));
    assert_eq!(told.len(), 2, "what the file would have said is not guessed at: {told:?}");
    assert!(told[0].starts_with("--config: cannot read /nowhere/talentflow.toml: No such file"), "{told:?}");
    assert!(told[1].starts_with("log.format: "), "{told:?}");
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line_and_without_quoting_it() {
    let told = lines(from_file("[server]\ndrain_seconds = 5\n[database]\nurl = \"postgres://u:hunter2@db/t\n[log\n"));
    assert!(!told.is_empty());
    assert!(told[0].contains("not valid TOML: ") && told[0].contains(".toml:4]"), "{told:?}");
    assert!(!told.concat().contains("hunter2"), "{told:?}");
}

proptest! {
    #[test]
    fn whichever_keys_are_at_fault_exactly_those_are_reported(
        picked in subsequence(MISFITS.to_vec(), 1..=MISFITS.len()), as_flags: bool,
    ) {
        let wrong: BTreeSet<&str> = picked.iter().map(|(key, ..)| *key).collect();
        let sources = if as_flags {
            Sources::default().overrides(picked.iter().map(|(key, text, _)| (*key, *text)))
        } else {
            let name = |key: &str| format!("TALENTFLOW__{}", key.replace('.', "__").to_uppercase());
            Sources::default().variables(picked.iter().map(|(key, text, _)| (name(key), *text)))
        };
        let error = Config::load(&sources).unwrap_err();
        let told: BTreeSet<&str> = error.faults.iter().map(|fault| fault.key.as_str()).collect();
        prop_assert_eq!(told, wrong);
    }

    #[test]
    fn a_slip_of_the_hand_in_any_key_is_led_back_to_it(which: Index, at: Index, letter in "[a-z]", slip in 0..4) {
        let keys: Vec<&str> = KEYS.iter().filter(|key| !key.is_family()).map(|key| key.path).collect();
        let key = keys[which.index(keys.len())];
        let mut letters: Vec<char> = key.chars().collect();
        let spot = at.index(letters.len());
        let letter = letter.chars().next().unwrap();
        match slip {
            0 => { letters.remove(spot); }
            1 => letters.insert(spot, letter),
            2 => letters[spot] = letter,
            _ => letters.swap(spot, (spot + 1).min(key.len() - 1)),
        }
        let written: String = letters.into_iter().collect();
        prop_assume!(super::super::keys::find(&written).is_none() && !super::super::keys::is_section(&written));
        let told = lines(Config::load(&Sources::default().overrides([(written.clone(), "x")])));
        prop_assert_eq!(told.len(), 1);
        prop_assert!(told[0].contains(&format!("did you mean {key}?")), "{}", told[0]);
    }
}
