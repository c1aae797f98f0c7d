//! Benchmarks as their users call them, those of a whole city for a village: what they print adds up, and those take no
//! database that something is in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use testkit::binary;

fn bench(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.current_dir(folder).env_clear().arg("bench").args(words);
    command.args(["--database-url", "sqlite:bench.db", "--log", "error", "--json"]);
    command.output().unwrap()
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_months_accrual_earns_everybody_once_and_again_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(&bench(folder.path(), &["accrual", "--students", "300"]));
    let phases: Vec<(i64, i64, i64)> = report["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| ["people", "accrued", "other"].map(|key| phase[key].as_i64().unwrap()).into())
        .collect();
    let [before, month, again, everybody] = phases[..] else { panic!("{report}") };
    assert!(before.0 == 300 && before.1 > 300, "{report}");
    assert!(month.0 == 300 && month.1 >= 300, "{report}");
    assert_eq!((again.1, again.2, everybody), (0, 0, (300, 0, 0)), "{report}");
    assert_eq!(report["broken"], serde_json::json!([]));

    let refused = bench(folder.path(), &["accrual", "--students", "300"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the database is not empty"), "{refused:?}");
}

#[test]
fn a_round_matches_a_village() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(&bench(folder.path(), &["round", "--students", "300", "--places", "200"]));
    // Some mentors do not work together, so not everybody gets both.
    assert_eq!((report["students"].as_i64(), report["matched_enterprise"].as_i64()), (Some(300), Some(300)), "{report}");
    assert!(report["matched_academic"].as_i64().is_some_and(|matched| matched > 250), "{report}");
    assert_eq!(report["broken"], serde_json::json!([]));
}

#[test]
fn approvals_are_counted_and_a_budget_for_a_hundred_grants_a_hundred() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(&bench(folder.path(), &["ledger", "--approvals", "1000", "--turns", "1"]));
    assert_eq!((report["race_granted"].as_i64(), report["race_refused"].as_i64()), (Some(100), Some(9_900)), "{report}");
    let rates = ["ours_per_s", "ours_hot_per_s", "ours_one_call_per_s", "ours_bulk_per_s", "ours_batch_per_s"];
    for rate in rates.into_iter().chain(["race_decisions_per_s", "p99_ms"]) {
        assert!(report[rate].as_f64().is_some_and(|rate| rate > 0.0), "{rate} of {report}");
    }
    // There is no pgbench for a file, and so no ratio.
    for ratio in ["ratio_many", "ratio_hot", "ratio_one_call", "ratio_bulk", "ratio_batch"] {
        assert!(report[ratio].is_null(), "{ratio} of {report}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the database that was named is left alone");
}
