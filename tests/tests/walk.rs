//! The pages that say "with the commands as they are": they are run as they are, and print what the page says.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::{binary, empty_postgres, serve, terminate};

/// The blocks of a page in a language, one after the other.
fn blocks(page: &str, language: &str) -> String {
    let (mut text, mut inside) = (String::new(), false);
    for line in page.lines() {
        if inside && line == "```" {
            inside = false;
        } else if inside {
            text.push_str(line);
            text.push('\n');
        } else {
            inside = line == format!("```{language}");
        }
    }
    text
}

/// Whether a line is as the page has it, where `…` stands for anything.
fn alike(got: &str, said: &str) -> bool {
    match said.split_once('…') {
        None => got == said,
        Some((before, after)) => got.len() >= before.len() + after.len() && got.starts_with(before) && got.ends_with(after),
    }
}

/// The variables before a page's command that starts the server; paths among them are from the root of the repository.
fn settings(page: &str) -> Vec<(String, String)> {
    let console = blocks(page, "console");
    let serve = console.lines().filter_map(|line| line.strip_prefix("$ ")).find(|line| line.ends_with("-- serve")).unwrap();
    let variable = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    serve.split(' ').map_while(variable).collect()
}

/// As [`walk_on`], on a file.
fn walk(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    walk_on(&format!("sqlite:{}", folder.path().join("town.db").display()), page);
}

/// Runs a page's commands against a fresh server, compares what they print, and proves that the tables are sound.
fn walk_on(url: &str, page: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs").join(page)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.env_clear().envs(settings(&page)).current_dir(&root).args(["serve", "--migrate", "--database-url", url]);
    let mut server = serve(command);

    // A slow machine hears of things later.
    let script = blocks(&page, "sh").replace("sleep 1", "sleep 3");
    let mut bash = Command::new("bash");
    bash.args(["-uc", &script]).env("BASE", format!("http://{}", server.api)).env("TALENTFLOW", binary());
    let mut walk = bash.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut got = String::new();
    walk.stdout.take().unwrap().read_to_string(&mut got).unwrap();
    let ended = walk.wait().unwrap();
    assert!(terminate(&mut server.process).success());

    let said = blocks(&page, "text");
    assert!(ended.success(), "{got}");
    assert!(said.lines().count() > 15, "the page says little: {said}");
    let same = got.lines().count() == said.lines().count() && got.lines().zip(said.lines()).all(|(got, said)| alike(got, said));
    assert!(same, "the page says\n{said}\nand it was\n{got}");
    // What the page does with the tables once the server has let go of them; and that they are sound in any case.
    let console = blocks(&page, "console");
    let after: Vec<&str> =
        console.lines().filter_map(|line| line.strip_prefix("$ ")).filter(|line| line.starts_with("talentflow ")).collect();
    let with = format!("talentflow() {{ {} \"$@\" --database-url {url} --log warn; }}", binary().display());
    let mut bash = Command::new("bash");
    bash.args(["-euc", &[&[with.as_str()], &after[..], &["talentflow verify"]].concat().join("\n")]).current_dir(folder.path());
    let ended = bash.output().unwrap();
    assert!(ended.status.success(), "{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn a_mentoring_round_goes_as_its_page_says() {
    walk("mentoring.md");
}

#[test]
fn money_goes_from_a_draft_to_a_clawback_as_its_page_says() {
    walk("subsidy.md");
}

#[test]
fn money_goes_the_same_way_on_postgresql() {
    let url = tokio::runtime::Runtime::new().unwrap().block_on(empty_postgres());
    walk_on(&url, "subsidy.md");
}
