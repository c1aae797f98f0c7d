//! The command line on schemes: files checked line by line, a city's own read at the start, and a day's run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::{binary, empty_postgres};

const SHIPPED: &str = include_str!("../../services/subsidy/schemes/hiring-subsidy.2.toml");

fn talentflow(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(arguments);
    command
}

fn text(output: &Output) -> (String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (read(&output.stdout), read(&output.stderr))
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_shipped_scheme_files_are_checked_without_a_fault() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../services/subsidy/schemes");
    let files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.display().to_string())
        .collect();
    let mut arguments = vec!["scheme", "check"];
    arguments.extend(files.iter().map(String::as_str));
    let output = talentflow(&arguments).output().unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success(), "{err}");
    assert!(out.contains(&format!("{} schemes, no fault · {} 个补贴项目，无误", files.len(), files.len())), "{out}");
}

#[test]
fn every_fault_of_every_file_is_told_with_file_line_column_rule_and_way_out_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let broken = SHIPPED.replace("version = 2", "version = 0").replace("'150000'", "'hire.wage'");
    let one = write(folder.path(), "one.toml", &broken).display().to_string();
    let two =
        write(folder.path(), "two.toml", &SHIPPED.replace("clawback = \"full\"", "clawback = \"half\"")).display().to_string();
    let good = write(folder.path(), "good.toml", SHIPPED).display().to_string();
    let output = talentflow(&["scheme", "check", &one, &good, &two]).output().unwrap();
    let (_, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{err}");
    for expected in [
        format!("{one}:2:11: `version` is 0 · `version` 为 0"),
        "    [scheme/range] write a whole number, 1 to 65535 · 应为1 至 65535的整数".to_owned(),
        format!("{one}:15:16: `amount`: `hire` has no `wage`"),
        format!("{two}:16:12: `clawback` is \"half\""),
        "3 faults · 3 处错误".to_owned(),
    ] {
        assert!(err.contains(&expected), "{expected} in\n{err}");
    }
    let missing = talentflow(&["scheme", "check", "nowhere.toml"]).output().unwrap();
    assert!(!missing.status.success() && text(&missing).1.contains("cannot read nowhere.toml"));
}

#[test]
fn files_that_cannot_stand_beside_each_other_are_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (write(folder.path(), "one.toml", SHIPPED), write(folder.path(), "two.toml", SHIPPED));
    let output = talentflow(&["scheme", "check", &one.display().to_string(), &two.display().to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).1.contains("two.toml:1:1: schemes/hiring-subsidy@2: this version is in another file too"));
}

#[test]
fn a_city_s_own_schemes_are_read_at_the_start_or_it_is_said_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let url = format!("sqlite:{}", folder.path().join("city.db").display());
    let accrue = |schemes: &Path| {
        let mut command = talentflow(&["accrue", "--json", "--database-url", &url, "--log", "warn"]);
        command.env("TALENTFLOW__RULES__SUBSIDY", schemes);
        let output = command.output().unwrap();
        (output.status.success(), text(&output))
    };
    assert!(talentflow(&["migrate", "--database-url", &url]).output().unwrap().status.success());
    let (_, (_, err)) = accrue(&own);
    assert!(err.contains("rules.subsidy: there is no scheme file"), "{err}");
    let (_, (_, err)) = accrue(&folder.path().join("nowhere"));
    assert!(err.contains("rules.subsidy: cannot read"), "{err}");
    write(&own, "hiring.toml", &SHIPPED.replace("share = 50", "share = \"half\""));
    let (_, (_, err)) = accrue(&own);
    assert!(err.contains("rules.subsidy") && err.contains("hiring.toml:24:9: `stages[0].share` is a string"), "{err}");
    write(&own, "hiring.toml", SHIPPED);
    let (done, (out, err)) = accrue(&own);
    assert!(done, "{err}");
    let summary: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!((summary["people"].as_i64(), summary["accrued"].as_i64()), (Some(0), Some(0)), "{summary}");
}

#[test]
fn a_day_s_run_takes_a_day_that_has_come_and_changes_nothing_after_the_demo() {
    let server = tokio::runtime::Runtime::new().unwrap().block_on(empty_postgres());
    let folder = tempfile::tempdir().unwrap();
    for url in [format!("sqlite:{}", folder.path().join("city.db").display()), server] {
        let addresses = ["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--log", "warn", "--database-url", &url];
        let mut demo = vec!["demo", "--exit", "--json", "--scale", "0.002", "--seed=7"];
        demo.extend(addresses);
        let output = talentflow(&demo).output().unwrap();
        assert!(output.status.success(), "{}", text(&output).1);
        let accrue = |more: &[&str]| {
            let mut arguments = vec!["accrue", "--database-url", &url, "--log", "warn"];
            arguments.extend(more);
            talentflow(&arguments).output().unwrap()
        };
        let again = accrue(&["--all", "--json"]);
        let summary: Value = serde_json::from_str(text(&again).0.trim()).unwrap();
        assert!(summary["people"].as_i64().unwrap() > 0, "{summary}");
        for nothing in ["accrued", "amended", "ended"] {
            assert_eq!(summary[nothing], 0, "{summary}");
        }
        let (_, err) = text(&accrue(&["--through", "2199-01-01"]));
        assert!(err.contains("2199-01-01 is yet to come"), "{err}");
        let refresh = talentflow(&["refresh-mentors", "--json", "--database-url", &url, "--log", "warn"]).output().unwrap();
        let refreshed: Value = serde_json::from_str(text(&refresh).0.trim()).unwrap();
        assert_eq!(refreshed["mentors"], 0, "the demo left no mentor behind: {}", text(&refresh).1);
        let plain = accrue(&[]);
        assert!(plain.status.success() && text(&plain).0.contains("新增申领 0 笔"), "{}", text(&plain).0);
    }
}
