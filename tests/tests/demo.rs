//! The binary as its users start it: the demo in both wirings, and a process that is killed in the middle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use testkit::{Nats, binary, empty_postgres, serve, terminate};

fn talentflow(database: &str, arguments: &[&str]) -> Command {
    let mut command = on(database, arguments);
    command.args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--log", "warn"]);
    command
}

fn on(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(arguments).args(["--database-url", database]);
    command
}

fn run(mut command: Command) -> Output {
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// What every demo must end with.
fn assert_sound(summary: &Value) {
    assert_eq!(summary["paired"], summary["students"], "{summary}");
    assert_eq!(summary["vacant"], 0, "{summary}");
    assert_eq!(summary["ledger_balanced"], true, "{summary}");
    assert_eq!(summary["events_applied"], summary["events_published"], "{summary}");
    assert_eq!(summary["dead_letters"], 0, "{summary}");
    for counted in ["students", "rotations_completed", "claims", "paid_fen", "clawed_back_fen", "events_published"] {
        assert!(summary[counted].as_i64().unwrap() > 0, "{counted} in {summary}");
    }
}

fn sqlite() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("city.db").display());
    (folder, url)
}

const SMALL: [&str; 6] = ["demo", "--exit", "--json", "--scale", "0.002", "--seed=7"];

#[test]
fn the_demo_ends_sound_in_one_process_on_one_file() {
    let (_folder, url) = sqlite();
    assert_sound(&json(&run(talentflow(&url, &SMALL))));
    assert!(run(talentflow(&url, &["verify"])).status.success());
}

#[test]
fn the_demo_ends_sound_on_postgresql_and_jetstream() {
    let nats = Nats::start();
    let nats_url = nats.url();
    let url = tokio::runtime::Runtime::new().unwrap().block_on(empty_postgres());
    let mut arguments = SMALL.to_vec();
    arguments.extend(["--nats-url", &nats_url]);
    assert_sound(&json(&run(talentflow(&url, &arguments))));
    assert!(run(talentflow(&url, &["verify"])).status.success());
}

#[test]
fn a_process_killed_in_the_middle_loses_nothing_and_the_next_one_finishes_delivering() {
    let (_folder, url) = sqlite();
    for after in [900, 2500] {
        let mut demo = talentflow(&url, &["demo", "--exit", "--json", "--scale", "0.01"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(after));
        assert!(demo.try_wait().unwrap().is_none(), "the demo was over before it could be killed");
        demo.kill().unwrap();
        demo.wait().unwrap();
        let findings = json(&run(talentflow(&url, &["verify", "--json"])));
        assert_eq!(findings["holds"], true, "{findings}");
    }
    let mut serve = talentflow(&url, &["serve"]).stderr(Stdio::null()).spawn().unwrap();
    // The relay finishes what was committed; the file is looked at after the process has let go of it.
    std::thread::sleep(Duration::from_secs(6));
    assert!(terminate(&mut serve).success());
    assert_eq!(unsent(&url), 0);
    assert!(run(talentflow(&url, &["verify"])).status.success());
}

#[test]
fn what_cannot_start_says_why() {
    let (_folder, url) = sqlite();
    let cases: [(&str, Vec<&str>, &str); 4] = [
        ("postgres://nobody@127.0.0.1:1/none", vec!["verify"], "127.0.0.1:1"),
        (&url, vec!["verify"], "talentflow migrate"),
        (&url, vec!["serve", "--nats-url", "nats://127.0.0.1:1"], "127.0.0.1:1"),
        (&url, vec!["serve", "--services", "trainning"], "trainning"),
    ];
    for (database, arguments, expected) in cases {
        let output = run(talentflow(database, &arguments));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

/// A city's own rules are read, or it is said what is wrong with them.
#[test]
fn a_city_s_own_rules_are_of_the_pack_they_replace_and_name_its_facts() {
    let shipped = include_str!("../../services/mentoring/rules/mentoring.toml");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let foreign = file("foreign.toml", &shipped.replacen("id = \"mentoring\"", "id = \"internship\"", 1));
    let strange = file("strange.toml", &shipped.replacen("\"students\"]", "\"students\", \"mood\"]", 1));
    let broken = file("broken.toml", &shipped.replacen("years >= 3", "years >=", 1));
    let missing = folder.path().join("missing.toml").display().to_string();
    let cases = [
        ("mentoring", &foreign, "its id is internship: expected mentoring"),
        ("mentoring", &strange, "`mood` is no fact of this pack"),
        ("mentoring", &broken, "rule enterprise-mentor-years@1, line "),
        ("mentoring", &missing, "cannot read"),
        ("rotation", &foreign, "rotation has no rules; expected one of training, mentoring"),
        ("menttoring", &foreign, "did you mean mentoring?"),
    ];
    for (service, path, expected) in cases {
        let (_database, url) = sqlite();
        let mut command = talentflow(&url, &["serve"]);
        command.env(format!("TALENTFLOW__RULES__{}", service.to_uppercase()), path);
        let output = run(command);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(expected), "{service} {path}: {text}");
        assert!(text.contains(&format!("rules.{service}")), "{text}");
    }
    let own = file("own.toml", &shipped.replace("verified = false", "verified = true"));
    let (_database, url) = sqlite();
    let mut command = talentflow(&url, &["demo", "--exit", "--json", "--scale", "0.002"]);
    command.env("TALENTFLOW__RULES__MENTORING", own);
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("is a lecturer at least"),
        "the demo's teachers have no title on record: {text}"
    );
}

#[test]
fn a_second_process_on_the_same_file_is_refused_by_name() {
    let (_folder, url) = sqlite();
    let mut first = talentflow(&url, &["serve"]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let second = run(talentflow(&url, &["verify"]));
    terminate(&mut first);
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(text.contains(&format!("process {}", first.id())), "{text}");
}

/// In a cluster the gateway has no key to the database, and a disk of its own would only hold an empty file.
#[test]
fn a_gateway_alone_is_ready_without_a_database() {
    let nats = Nats::start();
    let nats_url = nats.url();
    let (folder, url) = sqlite();
    let mut command = on(&url, &["serve", "--migrate", "--services", "gateway", "--nats-url", &nats_url]);
    for service in ["DIRECTORY", "ROTATION", "TRAINING", "MENTORING", "SUBSIDY"] {
        command.env(format!("TALENTFLOW__GATEWAY__UPSTREAMS__{service}"), "http://127.0.0.1:1");
    }
    let mut gateway = serve(command);
    let answer = get(gateway.ops, "/readyz");
    assert!(terminate(&mut gateway.process).success());
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was written beside the database's URL");
}

fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: talentflow\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn every_command_explains_itself_with_an_example() {
    for command in ["serve", "demo", "migrate", "verify", "republish", "dead-letters"] {
        let output = Command::new(binary()).args([command, "--help"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("Example: talentflow"), "{command}: {text}");
    }
}

/// Events still waiting in the outbox of a SQLite file.
fn unsent(url: &str) -> i64 {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM v_outbox WHERE sent_at IS NULL").fetch_one(&pool).await.unwrap();
        count
    })
}
