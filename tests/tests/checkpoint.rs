//! A checkpoint that is kept in a file, and a ledger that is held against it by the binary, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::process::{Command, Output};
use testkit::{binary, empty_postgres};

fn talentflow(database: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(arguments).args(["--database-url", database, "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]);
    command.args(["--log", "warn"]).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// As a superuser who knows that there are triggers.
async fn change_an_amount(database: &str) {
    let change = "UPDATE subsidy_ledger_entry SET amount = amount + 1 WHERE leaf = 3";
    if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.unwrap();
        connection.execute("DROP TRIGGER subsidy_ledger_entry_no_update").await.unwrap();
        assert_eq!(connection.execute(change).await.unwrap().rows_affected(), 1);
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database).await.unwrap();
        connection.execute("SET session_replication_role = replica").await.unwrap();
        assert_eq!(connection.execute(change).await.unwrap().rows_affected(), 1);
        connection.close().await.unwrap();
    }
}

#[test]
fn a_ledger_is_held_against_a_checkpoint_and_a_changed_row_is_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("city.db").display());
    for database in [sqlite, runtime.block_on(empty_postgres())] {
        let demo = talentflow(&database, &["demo", "--exit", "--json", "--scale", "0.002", "--seed=7"]);
        assert!(demo.status.success(), "{}", said(&demo));
        let written = talentflow(&database, &["checkpoint"]);
        assert!(written.status.success(), "{}", said(&written));
        let file = folder.path().join("checkpoint.txt");
        std::fs::write(&file, &written.stdout).unwrap();
        let file = file.display().to_string();
        let verify = ["verify", "--checkpoint", &file];
        let holds = talentflow(&database, &verify);
        assert!(holds.status.success(), "{}", said(&holds));
        assert!(said(&holds).contains("holds   subsidy-log"), "{}", said(&holds));

        runtime.block_on(change_an_amount(&database));
        let broken = talentflow(&database, &[&verify[..], &["--json"]].concat());
        assert_eq!(broken.status.code(), Some(1), "{}", said(&broken));
        let findings: Value = serde_json::from_slice(&broken.stdout).unwrap();
        let log = findings["checks"].as_array().unwrap().iter().find(|check| check["check"] == "subsidy-log").unwrap();
        let lines: Vec<&str> = log["broken"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert!(lines.iter().any(|line| line.contains("(leaf 3) is not what was logged")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("do not make the root of the checkpoint of")), "{lines:?}");
    }
}

#[test]
fn a_checkpoint_that_is_none_is_refused_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("city.db").display());
    assert!(talentflow(&database, &["migrate"]).status.success());
    let empty = talentflow(&database, &["checkpoint"]);
    assert!(said(&empty).contains("\nsize 0\n"), "{}", said(&empty));
    let file = folder.path().join("other.txt");
    std::fs::write(&file, "size 0\n").unwrap();
    for (path, expected) in [(file, "is not what `talentflow checkpoint` writes"), (folder.path().join("none"), "cannot read")] {
        let path = path.display().to_string();
        let refused = talentflow(&database, &["verify", "--checkpoint", &path]);
        assert!(
            !refused.status.success() && said(&refused).contains(expected) && said(&refused).contains(&path),
            "{}",
            said(&refused)
        );
    }
    let unmigrated = format!("sqlite:{}", folder.path().join("empty.db").display());
    assert!(said(&talentflow(&unmigrated, &["checkpoint"])).contains("talentflow migrate"));
}
