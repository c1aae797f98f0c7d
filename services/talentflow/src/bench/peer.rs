//! The reference: pgbench, running the least a posting can be on the same server.

use anyhow::{Context as _, ensure};
use std::io::Write as _;
use std::process::{Command, Stdio};
use tempfile::NamedTempFile;

const SCHEMA: &str = include_str!("peer.sql");
const SINGLE: &str = include_str!("peer_single.sql");
const BULK: &str = include_str!("peer_bulk.sql");
/// Postings of one bulk transaction.
const OF_BULK: f64 = 1000.0;

/// pgbench against one database.
pub struct Peer {
    url: String,
}

impl Peer {
    /// Makes the peer's tables and warms them up: plans made on empty tables stay slow for the session.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        run(Command::new("psql").args(["--quiet", "--set", "ON_ERROR_STOP=1", url]), SCHEMA)?;
        let peer = Self { url: url.to_owned() };
        peer.single(2)?;
        run(Command::new("psql").args(["--quiet", url]), "ANALYZE;")?;
        Ok(peer)
    }

    /// Postings a second, one a transaction, by 8 clients.
    pub fn single(&self, seconds: u32) -> anyhow::Result<f64> {
        self.pgbench(SINGLE, 8, seconds)
    }

    /// Postings a second, 1,000 a transaction, by one client.
    pub fn bulk(&self, seconds: u32) -> anyhow::Result<f64> {
        Ok(self.pgbench(BULK, 1, seconds)? * OF_BULK)
    }

    fn pgbench(&self, script: &str, clients: u32, seconds: u32) -> anyhow::Result<f64> {
        let mut file = NamedTempFile::new()?;
        file.write_all(script.as_bytes())?;
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let mut command = Command::new("pgbench");
        command.args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f"]).arg(file.path()).arg(&self.url);
        let said = run(&mut command, "")?;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
        rate.context("pgbench did not say its rate")?.parse().context("pgbench's rate is not a number")
    }
}

/// Runs a command with `input`, and answers what it printed.
pub fn run(command: &mut Command, input: &str) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{name}`: it is of PostgreSQL's client tools; put them on the PATH"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
