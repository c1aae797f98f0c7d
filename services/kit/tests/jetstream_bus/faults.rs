//! Consumers that are taken away, servers that die, silence.

use crate::probe::{Probe, counted, envelope, slow};
use crate::server::{Reach, Server, eventually};
use async_nats::jetstream;
use chrono::TimeDelta;
use futures::StreamExt;
use kit::bus::Bus;
use kit::clock::Clock;
use std::time::{Duration, Instant};

const CLASS: &str = "talentflow.training.class.proposed.v1";
const CLASSES: &[&str] = &["talentflow.training.class"];

/// The name of a service's durable consumer, if it has one.
pub async fn durable_of(operator: &jetstream::Context, service: &str) -> Option<String> {
    let stream = operator.get_stream("TALENTFLOW").await.ok()?;
    let names: Vec<String> = stream.consumer_names().filter_map(async |name| name.ok()).collect().await;
    names.into_iter().find(|name| name.rsplit_once('-').is_some_and(|(owner, _)| owner == service))
}

/// What a service's consumer still has to deliver, and what it waits to have acknowledged.
pub async fn open(operator: &jetstream::Context, service: &str) -> (u64, usize) {
    let name = durable_of(operator, service).await.unwrap();
    let info = operator.get_stream("TALENTFLOW").await.unwrap().consumer_info(name).await.unwrap();
    (info.num_pending, info.num_ack_pending)
}

fn rebuilds(consumer: &str, why: &str) -> f64 {
    counted("talentflow_bus_rebuilds_total", &[("consumer", consumer), ("why", why)])
}

#[tokio::test]
async fn a_consumer_that_was_deleted_is_made_again_and_goes_on() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let reader = Probe::new("deleted", CLASSES, bus.clone()).await;
    reader.attach().await.unwrap();
    bus.publish(vec![envelope(CLASS, "classes/1", 1)]).await.pop().unwrap().unwrap();
    eventually("the first is applied", async || reader.effects().await == (1, 1)).await;
    let operator = server.operator().await;
    let name = durable_of(&operator, "deleted").await.unwrap();
    operator.delete_consumer_from_stream(name, "TALENTFLOW").await.unwrap();
    bus.publish(vec![envelope(CLASS, "classes/1", 2)]).await.pop().unwrap().unwrap();
    eventually("the second is applied", async || reader.effects().await == (2, 2)).await;
    assert!(rebuilds("deleted", "pull") >= 1.0, "the deletion was not noticed");
    // The new consumer began at the beginning; the inbox knew the first.
    assert!(counted("talentflow_events_consumed_total", &[("consumer", "deleted"), ("outcome", "duplicate")]) >= 1.0);
    reader.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_costs_nothing_but_time() {
    let mut server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let training = Probe::new("training", &[], bus.clone()).await;
    let reader = Probe::new("killed", CLASSES, bus.clone()).await;
    training.attach().await.unwrap();
    reader.attach().await.unwrap();
    training.commit(CLASS, "classes/1", 1..=100).await;
    training.relay.drain().await.unwrap();
    eventually("the first hundred are applied", async || reader.effects().await == (100, 100)).await;

    server.kill();
    training.commit(CLASS, "classes/1", 101..=300).await;
    let refused = training.relay.drain().await.expect_err("there is no server");
    assert!(refused.is_transient(), "{refused:?}");
    assert_eq!(training.sent().await, (300, 100), "what was not acknowledged is not marked as sent");
    training.start_relay();
    tokio::time::sleep(Duration::from_millis(500)).await;

    server.restart();
    eventually("all are applied", async || reader.effects().await == (300, 300)).await;
    assert_eq!(reader.versions("classes/1").await, (1..=300).collect::<Vec<i64>>());
    eventually("all are marked as sent", async || training.unsent().await == 0).await;
    training.stop().await;
    reader.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_middle_of_the_flow_loses_and_repeats_nothing() {
    let mut server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let training = Probe::new("training", &[], bus.clone()).await;
    let reader = Probe::new("midflow", CLASSES, bus.clone()).await;
    training.attach().await.unwrap();
    reader.attach().await.unwrap();
    for class in 0..40 {
        training.commit(CLASS, &format!("classes/{class}"), 1..=50).await;
    }
    training.start_relay();
    for round in 1..=3 {
        eventually("some have come", async || reader.effects().await.0 >= round * 200).await;
        server.restart();
    }
    eventually("all are applied", async || reader.effects().await == (2000, 2000)).await;
    assert!(counted("talentflow_bus_disconnects_total", &[]) >= 3.0, "the kills were not noticed");
    eventually("all are marked as sent", async || training.unsent().await == 0).await;
    assert_eq!(reader.parked().await, 0);
    // With `sync_interval: always` a killed server has lost nothing, and the watch must not think so.
    let alarms = counted("talentflow_stream_recreated_total", &[("service", "training")]);
    assert!(alarms < 1.0, "{alarms} false alarms");
    training.stop().await;
    reader.stop().await;
}

#[tokio::test]
async fn a_publish_does_not_wait_for_an_acknowledgement_that_was_lost_with_its_connection() {
    let mut server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    server.freeze();
    let begun = Instant::now();
    let publishing = tokio::spawn(async move { bus.publish(vec![envelope(CLASS, "classes/1", 1)]).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!publishing.is_finished(), "there was nobody to answer");
    server.kill();
    let results = publishing.await.unwrap();
    assert!(results[0].as_ref().is_err_and(kit::Error::is_transient), "{results:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "it waited for its patience: {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_consumer_that_falls_silent_while_events_wait_is_noticed() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let reader = Probe::new("silent", CLASSES, bus.clone()).await;
    reader.attach().await.unwrap();
    let operator = server.operator().await;
    let name = durable_of(&operator, "silent").await.unwrap();
    let stream = operator.get_stream("TALENTFLOW").await.unwrap();
    // A paused consumer sends heartbeats and no messages: from the outside, exactly that silence.
    stream.pause_consumer(&name, Clock::System.now() + TimeDelta::hours(1)).await.unwrap();
    bus.publish(vec![envelope(CLASS, "classes/1", 1)]).await.pop().unwrap().unwrap();
    eventually("the silence is noticed", async || rebuilds("silent", "silent") >= 1.0).await;
    assert_eq!(reader.effects().await, (0, 0));
    stream.resume_consumer(&name).await.unwrap();
    eventually("it is applied", async || reader.effects().await == (1, 1)).await;
    reader.stop().await;
}

#[tokio::test]
async fn what_was_fetched_but_not_begun_is_handed_back_when_a_process_stops() {
    let server = Server::start();
    // Not hurried: without handing back, the others would come after half a minute.
    let bus = Bus::JetStream(server.unhurried_bus().await);
    let operator = server.operator().await;
    let first = Probe::new("leaving", CLASSES, bus.clone()).await;
    first.attach().await.unwrap();
    slow("classes/slow", Duration::from_secs(1));
    bus.publish(vec![envelope(CLASS, "classes/slow", 1)]).await.pop().unwrap().unwrap();
    eventually("the slow one is begun", async || open(&operator, "leaving").await == (0, 1)).await;
    let others = (0..50).map(|class| envelope(CLASS, &format!("classes/{class}"), 1)).collect();
    assert!(bus.publish(others).await.iter().all(Result::is_ok));
    eventually("the others are fetched", async || open(&operator, "leaving").await == (0, 51)).await;
    first.stop().await;
    assert_eq!(first.effects().await, (1, 1), "the one at work was finished, nothing else begun");

    let begun = Instant::now();
    let second = Probe::new("leaving", CLASSES, bus).await;
    second.attach().await.unwrap();
    eventually("another process has the others", async || second.effects().await == (50, 50)).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "they were waited for: {:?}", begun.elapsed());
    second.stop().await;
}

#[tokio::test]
async fn a_service_that_follows_more_than_before_gets_the_earlier_events_too() {
    const BOTH: &[&str] = &["talentflow.training.class", "talentflow.training.order"];
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let before = Probe::new("upgraded", CLASSES, bus.clone()).await;
    before.attach().await.unwrap();
    let order = "talentflow.training.order.published.v1";
    let events = vec![envelope(order, "orders/1", 1), envelope(CLASS, "classes/1", 1)];
    assert!(bus.publish(events).await.iter().all(Result::is_ok));
    eventually("the class is applied", async || before.effects().await == (1, 1)).await;
    let after = Probe::new("upgraded", BOTH, bus.clone()).await;
    after.attach().await.unwrap();
    eventually("the earlier order is delivered", async || after.versions("orders/1").await == [1]).await;
    before.stop().await;
    after.stop().await;
}
