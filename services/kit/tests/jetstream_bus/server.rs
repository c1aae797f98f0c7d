//! A nats-server of the test's own, and the ways to reach it.

use async_nats::jetstream;
use kit::bus::JetStreamBus;
use kit::config::NatsConfig;
use std::path::Path;
use std::time::Duration;
pub use testkit::Nats as Server;

/// How a test connects to its server.
pub trait Reach {
    fn config(&self) -> NatsConfig;

    /// A connection of our code, with its waits shortened tenfold.
    async fn bus(&self) -> JetStreamBus {
        self.unhurried_bus().await.hurried(10)
    }

    async fn unhurried_bus(&self) -> JetStreamBus {
        JetStreamBus::connect(&self.config(), "test").await.unwrap()
    }

    /// A connection of an operator, who can do anything.
    async fn operator(&self) -> jetstream::Context;
}

impl Reach for Server {
    fn config(&self) -> NatsConfig {
        NatsConfig { url: Some(self.url().into()), ..NatsConfig::default() }
    }

    async fn operator(&self) -> jetstream::Context {
        jetstream::new(async_nats::connect(self.url()).await.unwrap())
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
