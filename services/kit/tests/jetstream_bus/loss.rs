//! Streams that no longer hold what they acknowledged.

use crate::probe::{Probe, counted};
use crate::server::{Reach, Server, copy_folder, eventually};
use chrono::{DateTime, TimeDelta, Utc};
use kit::bus::Bus;
use kit::clock::Clock;

fn noticed(service: &str) -> f64 {
    counted("talentflow_stream_recreated_total", &[("service", service), ("stream", "TALENTFLOW")])
}

/// A publisher with fifty events in the stream, and a reader that has applied them.
async fn fifty(
    server: &Server,
    service: &'static str,
    kind: &str,
    subscriptions: &'static [&'static str],
) -> (Bus, Probe, Probe) {
    let bus = Bus::JetStream(server.bus().await);
    let publisher = Probe::new(service, &[], bus.clone()).await;
    let reader = Probe::new("early", subscriptions, bus.clone()).await;
    publisher.attach().await.unwrap();
    reader.attach().await.unwrap();
    publisher.commit(kind, "subject/1", 1..=50).await;
    publisher.relay.drain().await.unwrap();
    publisher.start_relay();
    eventually("fifty are applied", async || reader.effects().await == (50, 50)).await;
    eventually("the last is remembered", async || publisher.remembered().await == Some(50)).await;
    (bus, publisher, reader)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_deleted_is_made_again_and_filled_from_the_outbox() {
    let kind = "talentflow.mentoring.pairing.created.v1";
    let server = Server::start();
    let (bus, publisher, early) = fifty(&server, "mentoring", kind, &["talentflow.mentoring.pairing"]).await;
    let deleting = Clock::System.now();
    server.operator().await.delete_stream("TALENTFLOW").await.unwrap();
    // Commits of the moment in which there is no stream.
    publisher.commit(kind, "subject/1", 51..=60).await;
    let late = Probe::new("late", &["talentflow.mentoring.pairing"], bus).await;
    late.attach().await.unwrap();
    eventually("who was there has the new ones", async || early.effects().await == (60, 60)).await;
    eventually("who was not there has all", async || late.effects().await == (60, 60)).await;
    assert!(noticed("mentoring") >= 1.0, "the deletion was not noticed");
    assert_eq!(late.versions("subject/1").await, (1..=60).collect::<Vec<i64>>());
    // Made sooner, it would have lost its files with those of the former one, and taken nothing.
    assert!(
        created(&server).await - deleting >= TimeDelta::milliseconds(300),
        "it was made before the former one was off the disk"
    );
    // Once is enough: what was sent again is what is remembered now.
    eventually("the stream is remembered", async || publisher.remembered().await >= Some(60)).await;
    assert!(noticed("mentoring") <= 1.0, "it was made good more than once");
    for probe in [publisher, early, late] {
        probe.stop().await;
    }
}

/// The broker's ages go by real time: by our clock, what it lost would be too old for it to have held.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_set_ahead_makes_nothing_too_old_to_be_sent_again() {
    let kind = "talentflow.training.order.published.v1";
    let server = Server::start();
    let (bus, publisher, early) = fifty(&server, "training", kind, &["talentflow.training.order"]).await;
    assert!(publisher.context.clock.set_ahead(400));
    server.operator().await.delete_stream("TALENTFLOW").await.unwrap();
    publisher.commit(kind, "subject/1", 51..=60).await;
    let late = Probe::new("late", &["talentflow.training.order"], bus).await;
    late.attach().await.unwrap();
    eventually("who was not there has all", async || late.effects().await == (60, 60)).await;
    assert!(noticed("training") >= 1.0, "the deletion was not noticed");
    for probe in [publisher, early, late] {
        probe.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_is_noticed_and_the_duplicate_window_does_not_swallow_what_is_sent_again() {
    let kind = "talentflow.rotation.rotation.applied.v1";
    let server = Server::start();
    let (bus, publisher, early) = fifty(&server, "rotation", kind, &["talentflow.rotation.rotation"]).await;
    let stream = server.operator().await.get_stream("TALENTFLOW").await.unwrap();
    assert_eq!(stream.purge().await.unwrap().purged, 50);
    let late = Probe::new("late", &["talentflow.rotation.rotation"], bus).await;
    late.attach().await.unwrap();
    eventually("who had read nothing yet has all", async || late.effects().await == (50, 50)).await;
    assert!(noticed("rotation") >= 1.0, "the purge was not noticed");
    // The broker called every one of them a duplicate of something it no longer had.
    assert!(counted("talentflow_bus_resent_total", &[]) >= 50.0);
    assert_eq!(early.effects().await, (50, 50));
    for probe in [publisher, early, late] {
        probe.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_restored_from_an_older_copy_is_noticed_though_its_creation_time_is_the_same() {
    let kind = "talentflow.subsidy.claim.accrued.v1";
    let mut server = Server::start();
    let (bus, publisher, early) = fifty(&server, "subsidy", kind, &["talentflow.subsidy.claim"]).await;
    let created = created(&server).await;
    let copy = tempfile::tempdir().unwrap();
    server.kill();
    copy_folder(&server.store(), copy.path());
    server.restart();
    publisher.commit(kind, "subject/1", 51..=100).await;
    eventually("a hundred are applied", async || early.effects().await == (100, 100)).await;

    server.kill();
    std::fs::remove_dir_all(server.store()).unwrap();
    copy_folder(copy.path(), &server.store());
    server.restart();
    assert_eq!(self::created(&server).await, created, "the restored stream looks like the former one");
    let late = Probe::new("late", &["talentflow.subsidy.claim"], bus).await;
    late.attach().await.unwrap();
    eventually("who had read nothing yet has all", async || late.effects().await == (100, 100)).await;
    assert!(noticed("subsidy") >= 1.0, "the older copy was not noticed");
    // Sequences 51 to 100 carry other messages now than before; nobody took them for the former ones.
    assert_eq!(early.effects().await, (100, 100));
    for probe in [publisher, early, late] {
        probe.stop().await;
    }
}

async fn created(server: &Server) -> DateTime<Utc> {
    server.operator().await.get_stream("TALENTFLOW").await.unwrap().cached_info().created
}
