//! `talentflow solve` as its users call it: files in, an assignment and a proof out, bad files refused by row and
//! column.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;
use testkit::binary;

const STUDENTS: &str = "student_id\n10\n11\n12\n";
const MENTORS: &str = "side,mentor_id,capacity\nA,7,1\nA,8,2\nE,7,3\n";
const EDGES: &str =
    "side,student_id,mentor_id,fit\nA,10,7,900\nA,10,8,100\nA,11,7,800\nA,11,8,600\nA,12,8,500\nE,10,7,5\nE,11,7,5\nE,12,7,5\n";

/// A folder with the three files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("students.csv", STUDENTS).write("mentors.csv", MENTORS).write("edges.csv", EDGES);
        folder
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn call(&self, words: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.current_dir(self.0.path()).env_clear().arg("solve").args(words);
        command.output().unwrap()
    }

    fn files<'a>(&self, first: &[&'a str], words: &[&'a str]) -> Output {
        let files = ["--students", "students.csv", "--mentors", "mentors.csv", "--edges", "edges.csv"];
        self.call(&[first, &files, words].concat())
    }

    fn solve(&self, words: &[&str]) -> Output {
        let out = ["--side", "A", "--out", "assignment.csv", "--certificate", "cert.json", "--json"];
        self.files(&[], &[&out, words].concat())
    }

    fn check(&self) -> Output {
        self.check_with(&[])
    }

    fn check_with(&self, words: &[&str]) -> Output {
        let proof = ["--side", "A", "--assignment", "assignment.csv", "--certificate", "cert.json", "--json"];
        self.files(&["check"], &[&proof, words].concat())
    }

    /// What a refused call says; nothing was written.
    fn refused(&self, words: &[&str]) -> String {
        let output = self.solve(words);
        assert!(!output.status.success());
        assert!(!self.path("assignment.csv").exists() && !self.path("cert.json").exists());
        String::from_utf8(output.stderr).unwrap()
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_optimum_comes_with_a_proof_that_the_checker_accepts() {
    let folder = Folder::new();
    let summary = json(&folder.solve(&[]));
    assert_eq!((&summary["assigned"], &summary["unmatched"], &summary["total_fit"]), (&3.into(), &0.into(), &2000.into()));
    assert_eq!(summary["certificate"], "proved");
    for measured in ["load_s", "solve_s", "peak_rss_mib"] {
        assert!(summary[measured].is_number(), "{summary}");
    }
    let assignment = fs::read_to_string(folder.path("assignment.csv")).unwrap();
    assert_eq!(assignment, "side,student_id,mentor_id\nA,10,7\nA,11,8\nA,12,8\n");
    let checked = folder.check();
    assert!(checked.status.success());
    assert_eq!((&json(&checked)["certificate"], &json(&checked)["objective"]), (&"proved".into(), &"optimal".into()));
}

#[test]
fn the_stable_answer_follows_the_preferences_that_the_file_gives() {
    let folder = Folder::new();
    // By fit student 10 goes to mentor 7. But mentor 7 would rather have 11, who likes it no less.
    folder.write(
        "edges.csv",
        "side,student_id,mentor_id,fit,student_pref,mentor_pref\nA,10,7,900,2,1\nA,10,8,100,1,1\nA,11,7,800,2,2\nA,11,8,600,1,1\nA,12,8,500,1,1\n",
    );
    let summary = json(&folder.solve(&["--objective", "stable"]));
    assert_eq!((&summary["blocking_pairs"], &summary["total_fit"]), (&0.into(), &1400.into()));
    let assignment = fs::read_to_string(folder.path("assignment.csv")).unwrap();
    assert_eq!(assignment, "side,student_id,mentor_id\nA,10,8\nA,11,7\nA,12,8\n");
    assert_eq!(json(&folder.check())["objective"], "stable");
}

#[test]
fn an_answer_or_a_proof_that_was_tampered_with_is_refuted() {
    for (objective, said, instead) in [("optimal", ":800", ":8000"), ("stable", ":900", ":800")] {
        let folder = Folder::new();
        folder.solve(&["--objective", objective]);
        let proof = fs::read_to_string(folder.path("cert.json")).unwrap();
        folder.write("assignment.csv", "side,student_id,mentor_id\nA,10,8\nA,11,7\nA,12,8\n");
        let checked = folder.check();
        assert_eq!(checked.status.code(), Some(1));
        assert_eq!(json(&checked)["certificate"], "refuted", "{objective}");
        assert!(json(&checked)["flaw"].as_str().unwrap().len() > 20);
        folder.solve(&["--objective", objective]);
        let other = proof.replace(said, instead);
        assert_ne!(other, proof);
        folder.write("cert.json", &other);
        assert_eq!(json(&folder.check())["certificate"], "refuted", "{objective}");
    }
}

#[test]
fn both_sides_are_made_compatible_and_the_cost_is_told() {
    let folder = Folder::new();
    folder.write("vetoes.csv", "academic_id,enterprise_id\n7,7\n");
    let words = ["--side", "both", "--vetoes", "vetoes.csv", "--out", "assignment.csv", "--json"];
    let summary = json(&folder.files(&[], &words));
    assert_eq!((&summary["bound_assigned"], &summary["bound_total_fit"]), (&6.into(), &2015.into()));
    // Whoever has academic mentor 7 cannot have the only enterprise mentor; one of the two sides stays open.
    assert_eq!((&summary["assigned"], &summary["total_fit"]), (&5.into(), &2010.into()));
}

/// Mentors 7 and 8 are of one organisation, which takes two students; 8 is a project of mentor 5, who takes one.
const SHARED: &str = "side,mentor_id,capacity,group\nA,7,1,100\nA,8,2,5\nE,7,3,\n";
const GROUPS: &str = "side,group_id,capacity,within\nA,5,1,100\nA,100,2,\nE,5,1,\n";

#[test]
fn mentors_share_places_in_groups_and_the_checker_holds_the_answer_to_them() {
    let folder = Folder::new();
    folder.write("mentors.csv", SHARED).write("groups.csv", GROUPS);
    for objective in ["optimal", "stable"] {
        let summary = json(&folder.solve(&["--groups", "groups.csv", "--objective", objective]));
        assert_eq!((&summary["assigned"], &summary["total_fit"]), (&2.into(), &1500.into()), "{objective}");
        let assignment = fs::read_to_string(folder.path("assignment.csv")).unwrap();
        assert_eq!(assignment, "side,student_id,mentor_id\nA,10,7\nA,11,8\n");
        let proof = fs::read_to_string(folder.path("cert.json")).unwrap();
        assert!(proof.contains("\"group_id\":"), "{proof}");
        assert_eq!(json(&folder.check_with(&["--groups", "groups.csv"]))["certificate"], "proved", "{objective}");
        folder.write("assignment.csv", "side,student_id,mentor_id\nA,10,7\nA,11,8\nA,12,8\n");
        let checked = folder.check_with(&["--groups", "groups.csv"]);
        assert_eq!(json(&checked)["certificate"], "refuted");
        let flaw = json(&checked)["flaw"].as_str().unwrap().to_owned();
        assert!(flaw.contains("group 0 has 1 free places, and 2 students were assigned"), "{flaw}");
        folder.write("cert.json", &proof.replace("\"groups\":[{\"group_id\":5", "\"groups\":[{\"group_id\":6"));
        let said = String::from_utf8(folder.check_with(&["--groups", "groups.csv"]).stderr).unwrap();
        assert!(said.contains("cert.json: there is no group 6 in the question"), "{said}");
    }
}

#[test]
fn groups_that_are_wrong_are_refused_by_row_and_column() {
    let cases = [
        ("side,group_id,capacity\nA,5,1\nA,5,1\n", "groups.csv, row 3, column group_id: group 5 of side A is in row 2 already"),
        (
            "side,group_id,capacity\nA,5,-1\n",
            "groups.csv, row 2, column capacity: \"-1\" is not a whole number from 0 to 1000000",
        ),
        ("side,group_id,capacity,within\nA,5,1,9\n", "groups.csv, row 2, column within: there is no group 9 on this side"),
        ("side,group_id,capacity,within\nA,5,1,100\nA,100,1,5\n", "groups.csv, row 2, column within: group 5 lies within itself"),
        ("side,group_id,capacity\nA,5,1\n", "mentors.csv, row 2, column group: there is no group 100 on this side"),
        ("side,group_id\n", "groups.csv, row 1: there is no column capacity"),
    ];
    for (text, expected) in cases {
        let folder = Folder::new();
        let said = folder.write("mentors.csv", SHARED).write("groups.csv", text).refused(&["--groups", "groups.csv"]);
        assert!(said.contains(expected), "{said}\ninstead of\n{expected}");
    }
    let said = Folder::new().write("mentors.csv", SHARED).refused(&[]);
    assert!(said.contains("mentors.csv, row 1: there is a column group; name the file of the groups with --groups"), "{said}");
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let (one, other) = (Folder::new(), Folder::new());
    let turned = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        lines.join("\n") + "\n"
    };
    other.write("students.csv", &turned(STUDENTS)).write("mentors.csv", &turned(MENTORS)).write("edges.csv", &turned(EDGES));
    for objective in ["optimal", "stable"] {
        let words = ["--objective", objective];
        assert!(one.solve(&words).status.success() && other.solve(&words).status.success());
        for file in ["assignment.csv", "cert.json"] {
            assert_eq!(fs::read(one.path(file)).unwrap(), fs::read(other.path(file)).unwrap());
        }
    }
}

#[test]
fn a_bad_file_is_refused_by_row_and_column_and_nothing_is_written() {
    let cases = [
        (
            "students.csv",
            "student_id\n10\nx\n",
            "students.csv, row 3, column student_id: \"x\" is not a whole number from 0 to 4294967295",
        ),
        ("students.csv", "student_id\n10\n11\n10\n", "students.csv, row 4, column student_id: student 10 is in row 2 already"),
        ("students.csv", "id\n10\n", "students.csv, row 1: there is no column student_id"),
        (
            "mentors.csv",
            "side,mentor_id,capacity\nB,7,1\n",
            "mentors.csv, row 2, column side: \"B\" is neither A (academic) nor E (enterprise)",
        ),
        (
            "mentors.csv",
            "side,mentor_id,capacity\nA,7,-1\n",
            "mentors.csv, row 2, column capacity: \"-1\" is not a whole number from 0 to 1000000",
        ),
        (
            "mentors.csv",
            "side,mentor_id,capacity\nA,7,1\nA,7,2\n",
            "mentors.csv, row 3, column mentor_id: mentor 7 of side A is in row 2 already",
        ),
        (
            "edges.csv",
            "side,student_id,mentor_id,fit\nA,10,7,1001\n",
            "edges.csv, row 2, column fit: \"1001\" is not a whole number from 0 to 1000",
        ),
        (
            "edges.csv",
            "side,student_id,mentor_id,fit\nA,99,7,1\n",
            "edges.csv, row 2, column student_id: 99 is not in the file of those",
        ),
        (
            "edges.csv",
            "side,student_id,mentor_id,fit\nA,10,9,1\n",
            "edges.csv, row 2, column mentor_id: 9 is not in the file of those",
        ),
        ("edges.csv", "side,student_id,mentor_id,fit\nA,10,7\n", "edges.csv, row 2, column fit: \"\" is not a whole number"),
        (
            "edges.csv",
            "side,student_id,mentor_id,fit\nA,10,7,1\nA,11,7,1\nA,10,7,2\n",
            "edges.csv, rows 2, 4: student 10 and mentor 7 of side A are named more than once",
        ),
        (
            "edges.csv",
            "side,student_id,mentor_id,fit,student_pref\nA,10,7,1,best\n",
            "edges.csv, row 2, column student_pref: \"best\" is not",
        ),
    ];
    for (file, text, expected) in cases {
        let said = Folder::new().write(file, text).refused(&[]);
        assert!(said.contains(expected), "{said}\ninstead of\n{expected}");
    }
}

#[test]
fn the_first_ten_faults_are_told_at_once() {
    let rows: String = (0..20).map(|_| "A,10,7,x\n").collect();
    let said = Folder::new().write("edges.csv", &format!("side,student_id,mentor_id,fit\n{rows}")).refused(&[]);
    assert!(said.contains("row 2,") && said.contains("row 11,") && !said.contains("row 12,"), "{said}");
    assert!(said.contains("only the first 10 faults are told"), "{said}");
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let folder = Folder::new();
    assert!(folder.refused(&["--vetoes", "vetoes.csv"]).contains("add --side both"));
    let both = |word: &[&str]| String::from_utf8(folder.files(&[], &[&["--side", "both"], word].concat()).stderr).unwrap();
    assert!(both(&["--objective", "stable"]).contains("leave --objective out"));
    assert!(both(&["--certificate", "cert.json"]).contains("leave --certificate out"));
    assert!(String::from_utf8(folder.call(&[]).stderr).unwrap().contains("--students"));
}

#[test]
fn an_answer_for_another_question_is_refused() {
    let folder = Folder::new();
    folder.solve(&[]);
    folder.write("assignment.csv", "side,student_id,mentor_id\nA,10,7\nA,10,8\n");
    let said = String::from_utf8(folder.check().stderr).unwrap();
    assert!(said.contains("assignment.csv, row 3, column student_id: this student has a mentor in an earlier row"), "{said}");
    folder.write("assignment.csv", "side,student_id,mentor_id\nA,10,77\n");
    let said = String::from_utf8(folder.check().stderr).unwrap();
    assert!(said.contains("assignment.csv, row 2, column mentor_id: there is no 77 in the question"), "{said}");
    folder
        .write("assignment.csv", "side,student_id,mentor_id\n")
        .write("cert.json", "{\"side\":\"E\",\"objective\":\"optimal\",\"mentors\":[]}");
    let said = String::from_utf8(folder.check().stderr).unwrap();
    assert!(said.contains("cert.json is of side E, not of side A"), "{said}");
}
