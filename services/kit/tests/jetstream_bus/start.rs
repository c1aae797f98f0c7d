//! What is refused at the start, and what is left alone.

use crate::server::{Reach, Server};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use kit::bus::JetStreamBus;
use kit::config::NatsConfig;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn refusal(config: &NatsConfig) -> String {
    let begun = Instant::now();
    let error = JetStreamBus::connect(config, "test").await.expect_err("this server must be refused");
    assert!(begun.elapsed() < Duration::from_secs(12), "a start fails fast");
    let line = error.to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

fn at(url: String) -> NatsConfig {
    NatsConfig { url: Some(url.into()), ..NatsConfig::default() }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = refusal(&at(format!("nats://user:hunter2@127.0.0.1:{port}"))).await;
    assert!(line.contains(&format!("cannot reach NATS at 127.0.0.1:{port}")) && !line.contains("hunter2"), "{line}");
}

#[tokio::test]
async fn a_server_without_jetstream_is_refused() {
    let server = Server::without_jetstream();
    let line = refusal(&server.config()).await;
    assert!(line.contains("no JetStream") && line.contains("-js"), "{line}");
}

#[tokio::test]
async fn a_server_older_than_the_floor_is_refused() {
    // Old servers are hard to come by; what one says first is not.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let info = r#"{"server_id":"OLD","server_name":"old","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576,"jetstream":true}"#;
        socket.write_all(format!("INFO {info}\r\n").as_bytes()).await.unwrap();
        let mut buffer = vec![0; 4096];
        while let Ok(read @ 1..) = socket.read(&mut buffer).await {
            if buffer[..read].windows(4).any(|bytes| bytes == b"PING") {
                socket.write_all(b"PONG\r\n").await.unwrap();
            }
        }
    });
    let line = refusal(&at(url)).await;
    assert!(line.contains("2.9.10") && line.contains("2.12.6"), "{line}");
}

#[tokio::test]
async fn a_stream_that_would_lose_events_is_refused_by_name() {
    let server = Server::start();
    let operator = server.operator().await;
    let queue = Config {
        name: "HR".to_owned(),
        subjects: vec!["hr.>".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        ..Config::default()
    };
    operator.create_stream(queue).await.unwrap();
    let line = refusal(&server.config()).await;
    assert!(line.contains("stream HR") && line.contains("work-queue") && line.contains("nats stream rm HR"), "{line}");
}

#[tokio::test]
async fn what_an_operator_has_tuned_stays_and_what_our_configuration_changes_is_changed() {
    let server = Server::start();
    server.bus().await;
    let operator = server.operator().await;
    let stream = async || operator.get_stream("TALENTFLOW").await.unwrap().cached_info().config.clone();
    let made = stream().await;
    assert_eq!((made.retention, made.storage, made.discard), (RetentionPolicy::Limits, StorageType::File, DiscardPolicy::Old));
    assert_eq!((made.duplicate_window, made.max_message_size), (Duration::from_mins(2), 1024 * 1024));
    assert_eq!(made.max_age, Duration::from_hours(30 * 24));
    assert!(made.deny_delete);

    let tuned = Config { max_age: Duration::from_hours(24), max_bytes: 1 << 30, ..made };
    operator.update_stream(tuned.clone()).await.unwrap();
    server.bus().await;
    let kept = stream().await;
    assert_eq!((kept.max_age, kept.max_bytes), (tuned.max_age, tuned.max_bytes), "the operator's settings were fought over");

    let longer = NatsConfig { max_age_days: 60, ..server.config() };
    JetStreamBus::connect(&longer, "test").await.unwrap();
    let changed = stream().await;
    assert_eq!((changed.max_age, changed.max_bytes), (Duration::from_hours(60 * 24), 1 << 30));
}
