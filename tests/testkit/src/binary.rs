//! The binary itself, for tests that start it as its users do.

use std::path::{Path, PathBuf};

/// `tests/run` builds the binary beside the tests.
pub fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a test is a file");
    let binary = tests.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps").join("talentflow");
    assert!(binary.exists(), "{} is not built: run `cargo build --workspace --bins` or `tests/run`", binary.display());
    binary
}
