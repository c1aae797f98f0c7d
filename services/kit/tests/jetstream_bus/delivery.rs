//! What arrives, and what becomes of it.

use crate::faults::open;
use crate::probe::{Probe, counted, envelope, fail, failures_left};
use crate::server::{Reach, Server, eventually};
use async_nats::HeaderMap;
use kit::bus::Bus;
use kit::letters;
use std::time::{Duration, Instant};

const ORDER: &str = "talentflow.training.order.published.v1";
const ORDERS: &[&str] = &["talentflow.training.order"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_service_commits_another_applies_once_and_in_order() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let training = Probe::new("training", &[], bus.clone()).await;
    let reader = Probe::new("reader", ORDERS, bus).await;
    training.attach().await.unwrap();
    reader.attach().await.unwrap();
    for order in 0..100 {
        training.commit(ORDER, &format!("orders/{order}"), 1..=10).await;
    }
    let begun = Instant::now();
    assert_eq!(training.relay.drain().await.unwrap(), 1000);
    eventually("all are applied", async || reader.effects().await == (1000, 1000)).await;
    println!("1000 events published and applied in {:?}", begun.elapsed());
    assert_eq!(reader.versions("orders/42").await, (1..=10).collect::<Vec<i64>>());
    assert_eq!(training.unsent().await, 0);
    training.stop().await;
    reader.stop().await;
}

#[tokio::test]
async fn an_event_that_is_delivered_twice_is_applied_once() {
    let server = Server::start();
    let bus = server.bus().await;
    let reader = Probe::new("twice", ORDERS, Bus::JetStream(bus.clone())).await;
    reader.attach().await.unwrap();
    let event = envelope(ORDER, "orders/1", 1);
    let results = Bus::JetStream(bus).publish(vec![event.clone()]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    // The same event once more, past the broker's own recognition of repetitions.
    let operator = server.operator().await;
    operator.publish(ORDER, event.to_json().unwrap().into()).await.unwrap().await.unwrap();
    let repeated = || counted("talentflow_events_consumed_total", &[("consumer", "twice"), ("outcome", "duplicate")]);
    eventually("the repetition is recognised", async || repeated() >= 1.0).await;
    assert_eq!(reader.effects().await, (1, 1));
    reader.stop().await;
}

#[tokio::test]
async fn a_publish_whose_acknowledgement_was_lost_is_repeated_and_stored_once() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let batch = vec![envelope(ORDER, "orders/1", 1), envelope(ORDER, "orders/1", 2)];
    for _ in 0..2 {
        let results = bus.publish(batch.clone()).await;
        assert!(results.len() == 2 && results.iter().all(Result::is_ok), "{results:?}");
    }
    let mut stream = server.operator().await.get_stream("TALENTFLOW").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 2);
    let stored = stream.get_raw_message(1).await.unwrap();
    let header = |name: &str| stored.headers.get(name).map(|value| value.as_str().to_owned());
    assert_eq!(header("Nats-Msg-Id"), Some(batch[0].key()));
    assert_eq!(header("Nats-Expected-Stream").as_deref(), Some("TALENTFLOW"));
    assert_eq!(header("traceparent"), batch[0].traceparent);
    assert!(header("content-type").is_some_and(|kind| kind.starts_with("application/cloudevents+json")));
}

#[tokio::test]
async fn versions_that_come_out_of_order_are_parked_and_applied_in_order() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let reader = Probe::new("disorder", ORDERS, bus.clone()).await;
    reader.attach().await.unwrap();
    for version in [3, 2] {
        bus.publish(vec![envelope(ORDER, "orders/1", version)]).await.pop().unwrap().unwrap();
    }
    eventually("both are parked", async || reader.parked().await == 2).await;
    assert_eq!(reader.effects().await, (0, 0));
    bus.publish(vec![envelope(ORDER, "orders/1", 1)]).await.pop().unwrap().unwrap();
    eventually("all are applied", async || reader.effects().await == (3, 3)).await;
    assert_eq!(reader.versions("orders/1").await, [1, 2, 3]);
    reader.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_a_dead_letter_and_holds_nobody_up() {
    let server = Server::start();
    let bus = Bus::JetStream(server.bus().await);
    let reader = Probe::new("unreadable", ORDERS, bus.clone()).await;
    reader.attach().await.unwrap();
    let operator = server.operator().await;
    let mut forged = envelope(ORDER, "orders/1", 1);
    forged.source = "talentflow/subsidy".to_owned();
    for payload in ["{ this is not JSON".to_owned(), forged.to_json().unwrap()] {
        operator.publish(ORDER, payload.into()).await.unwrap().await.unwrap();
    }
    bus.publish(vec![envelope(ORDER, "orders/1", 1)]).await.pop().unwrap().unwrap();
    eventually("the good one is applied", async || reader.effects().await == (1, 1)).await;
    let letters = letters::list(&reader.context.db, reader.context.service).await.unwrap();
    let mut reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["EVENT_MALFORMED", "EVENT_NOT_GENUINE"]);
    assert!(letters.iter().any(|letter| letter.envelope == "{ this is not JSON"));
    eventually("the broker has nothing open", async || open(&operator, "unreadable").await == (0, 0)).await;
    reader.stop().await;
}

#[tokio::test]
async fn an_event_of_a_type_that_only_a_newer_release_knows_waits_for_that_release() {
    let server = Server::start();
    let reader = Probe::new("older", ORDERS, Bus::JetStream(server.bus().await)).await;
    reader.attach().await.unwrap();
    let newer = envelope(ORDER, "orders/1", 1).to_json().unwrap().replace("order.published", "order.renamed");
    let operator = server.operator().await;
    let begun = Instant::now();
    operator.publish("talentflow.training.order.renamed.v1", newer.into()).await.unwrap().await.unwrap();
    let again = || counted("talentflow_bus_redelivered_total", &[("consumer", "older")]);
    eventually("it comes again", async || again() >= 3.0).await;
    // 0.1 + 0.2 + 0.4 s; without pauses it would be milliseconds.
    assert!(begun.elapsed() > Duration::from_millis(600), "it came again at once: {:?}", begun.elapsed());
    assert!(
        letters::list(&reader.context.db, reader.context.service).await.unwrap().is_empty(),
        "an upgrade must not fill the dead letters"
    );
    reader.stop().await;
}

#[tokio::test]
async fn an_hr_system_may_send_binary_events_in_headers_of_any_case() {
    let server = Server::start();
    let reader = Probe::new("binary", &["hr.v1"], Bus::JetStream(server.bus().await)).await;
    reader.attach().await.unwrap();
    let mut headers = HeaderMap::new();
    let attributes = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("Ce-Source", "hr/acme"),
        ("ce-type", "hr.employee.hired.v1"),
        ("ce-subject", "people/1"),
        ("Content-Type", "application/json"),
    ];
    for (name, value) in attributes {
        headers.insert(name, value);
    }
    let payload = r#"{"person":"people/0198f2c0-0000-7000-8000-000000000001","effectiveDate":"2026-07-01","post":"fitter"}"#;
    let operator = server.operator().await;
    let published = operator.publish_with_headers("hr.v1.acme.employee-hired", headers, payload.into()).await.unwrap();
    assert_eq!(published.await.unwrap().stream, "HR");
    eventually("it is applied", async || reader.effects().await == (1, 1)).await;
    reader.stop().await;
}

#[tokio::test]
async fn an_event_that_keeps_failing_comes_again_with_pauses_until_it_succeeds() {
    let server = Server::start();
    let bus = Bus::JetStream(server.unhurried_bus().await.hurried(40));
    let reader = Probe::new("failing", ORDERS, bus.clone()).await;
    reader.attach().await.unwrap();
    // Six attempts a delivery (one with its batch, five alone): more deliveries than the five after which a
    // broker usually gives up.
    fail("orders/failing", 6 * 7);
    let results = bus.publish(vec![envelope(ORDER, "orders/failing", 1), envelope(ORDER, "orders/other", 1)]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    eventually("the other one does not wait for it", async || reader.effects().await == (1, 1)).await;
    assert!(failures_left("orders/failing") > 0);
    eventually("it is applied after all", async || reader.effects().await == (2, 2)).await;
    let redelivered = counted("talentflow_bus_redelivered_total", &[("consumer", "failing")]);
    assert!(redelivered >= 6.0, "{redelivered} redeliveries");
    assert!(letters::list(&reader.context.db, reader.context.service).await.unwrap().is_empty());
    reader.stop().await;
}
