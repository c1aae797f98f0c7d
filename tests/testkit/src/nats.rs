//! A NATS server of a test's own.

use crate::log::await_line;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a restart waits for whoever uses the port that its clients know.
const PORT_TAKEN: Duration = Duration::from_secs(30);

/// A server with a store in a temporary directory; both end with the value.
#[derive(Debug)]
pub struct Nats {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Nats {
    /// Starts the server named by `TALENTFLOW_TEST_NATS_SERVER` and waits until it listens.
    pub fn start() -> Self {
        Self::start_with("jetstream { store_dir: store, sync_interval: always }")
    }

    pub fn without_jetstream() -> Self {
        Self::start_with("")
    }

    fn start_with(jetstream: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // It draws its port itself, so that nobody takes it in between.
        let config = format!("host: 127.0.0.1\nport: -1\nserver_name: test\n{jetstream}\n");
        std::fs::write(folder.path().join("nats.conf"), config).unwrap();
        let mut nats = Self { folder, port: 0, process: None };
        nats.port = nats.run(&[]).unwrap_or_else(|said| panic!("nats-server does not start:\n{said}"));
        nats
    }

    /// On the same port and store.
    pub fn restart(&mut self) {
        self.kill();
        let port = self.port.to_string();
        let deadline = Instant::now() + PORT_TAKEN;
        while let Err(said) = self.run(&["--port", &port]) {
            assert!(
                said.contains("address already in use") && Instant::now() < deadline,
                "nats-server does not restart:\n{said}"
            );
            self.kill();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Answers the port on which it listens, or what it said before it ended.
    fn run(&mut self, arguments: &[&str]) -> Result<u16, String> {
        let server = std::env::var("TALENTFLOW_TEST_NATS_SERVER").expect(
            "TALENTFLOW_TEST_NATS_SERVER is not set: run the tests by `tests/run`, or set it to a nats-server of 2.12.6 or later",
        );
        let mut command = Command::new(&server);
        command.args(["--config", "nats.conf"]).args(arguments).current_dir(self.folder.path());
        let started = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let process = started.unwrap_or_else(|error| panic!("TALENTFLOW_TEST_NATS_SERVER={server} does not start: {error}"));
        await_line(self.process.insert(process), |line| {
            line.split_once("Listening for client connections on 127.0.0.1:")?.1.trim().parse().ok()
        })
    }

    /// SIGKILL, as by a power cut or the kernel's memory killer.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// SIGSTOP: the connections stay, nobody answers.
    pub fn freeze(&self) {
        let process = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-STOP", &process]).status().unwrap().success());
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
