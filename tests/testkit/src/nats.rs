//! A NATS server of a test's own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running server with JetStream; it ends with the value.
#[derive(Debug)]
pub struct Nats {
    child: Child,
    pub url: String,
    _store: TempDir,
}

impl Nats {
    /// Starts the server named by `TALENTFLOW_TEST_NATS_SERVER` and waits until it answers.
    pub fn start() -> Self {
        let server = std::env::var("TALENTFLOW_TEST_NATS_SERVER").expect(
            "TALENTFLOW_TEST_NATS_SERVER is not set: run the tests by `tests/run`, or set it to a nats-server of 2.12.6 or later",
        );
        let store = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(server)
            .args(["--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string(), "--store_dir"])
            .arg(store.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nats = Self { child, url: format!("nats://127.0.0.1:{port}"), _store: store };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nats-server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        nats
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
