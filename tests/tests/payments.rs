//! `talentflow payments` against a server: what is refused is said in both languages, and leaves no file. That it works is
//! shown by `docs/subsidy.md`, which is walked through.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

mod server;
mod tls;

use server::Server;
use std::process::{Command, Output};
use testkit::binary;
use tls::Tls;

const BATCH: &str = "paymentBatches/00000000-0000-7000-8000-000000000001";

/// What a command said that was refused.
fn refused(address: &str, token: Option<&str>, arguments: &[&str]) -> String {
    refused_at(&format!("http://{address}"), token, arguments)
}

fn refused_at(url: &str, token: Option<&str>, arguments: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.env_clear().arg("payments").args(arguments).args(["--server", url]);
    if let Some(token) = token {
        command.env("TALENTFLOW_TOKEN", token);
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(!status.success() && stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn what_the_server_refuses_is_said_in_both_languages_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (out, answer) = (folder.path().join("batch.xml"), folder.path().join("answer.csv"));
    std::fs::write(&answer, "end_to_end_id,status,bank_reference,failure_reason\nE,paid,B-1,\n").unwrap();
    let export = ["export", BATCH, "--out", out.to_str().unwrap()];
    let import = ["import", BATCH, answer.to_str().unwrap()];
    let (finance, bureau) = (server.token("finance"), server.token("bureau"));
    for arguments in [&export[..], &import[..]] {
        let missing = refused(&server.address, Some(&finance), arguments);
        assert!(missing.contains(BATCH) && missing.contains("[NOT_FOUND]") && missing.contains(" · "), "{missing}");
        let foreign = refused(&server.address, Some(&bureau), arguments);
        assert!(foreign.contains("finance") && foreign.contains(" · "), "{foreign}");
        let nobody = refused(&server.address, None, arguments);
        assert!(nobody.contains("TALENTFLOW_TOKEN") && nobody.contains("请提供"), "{nobody}");
    }
    let unnamed = refused(&server.address, Some(&finance), &["import", BATCH, out.to_str().unwrap()]);
    assert!(unnamed.contains("cannot read") && unnamed.contains("无法读取"), "{unnamed}");
    let address = server.address.clone();
    drop(server);
    let down = refused(&address, Some(&finance), &export);
    assert!(down.contains("does not answer") && down.contains("服务器无响应"), "{down}");
    assert!(!out.exists());
}

#[test]
fn a_server_behind_tls_is_asked_where_its_certificate_is_trusted_and_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let tls = Tls::before(&server.address, folder.path());
    let (out, finance) = (folder.path().join("batch.xml"), server.token("finance"));
    let export = ["export", BATCH, "--out", out.to_str().unwrap()];
    let trusting = [&export[..], &["--ca-file", tls.authority.to_str().unwrap()]].concat();
    let port = tls.address.port();
    // The answer of the server itself, which has no such batch.
    let asked = refused_at(&format!("https://localhost:{port}"), Some(&finance), &trusting);
    assert!(asked.contains(BATCH) && asked.contains("[NOT_FOUND]"), "{asked}");
    let answered = tls.answered();
    assert!(answered > 0);
    let untrusted = refused_at(&format!("https://localhost:{port}"), Some(&finance), &export);
    assert!(untrusted.contains("certificate") && untrusted.contains(" · "), "{untrusted}");
    let another = refused_at(&format!("https://127.0.0.1:{port}"), Some(&finance), &trusting);
    assert!(another.contains("certificate") && another.contains("服务器无响应"), "{another}");
    assert_eq!(tls.answered(), answered, "who is not trusted is told no token");
}
