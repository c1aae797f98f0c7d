//! Services in one process, on a manual clock, stepped by `settle`: no sleeps, no sockets.

use crate::{Caller, TestDb, Who};
use chrono::{DateTime, Utc};
use kit::auth::{DevIssuer, Verifier};
use kit::bus::{Bus, LocalBus};
use kit::clock::Clock;
use kit::config::Environment;
use kit::event::Envelope;
use kit::rng::Chance;
use kit::serve::{Guard, Limits, Runtime};
use kit::{Context, Service};
use std::sync::Arc;
use std::time::Duration;

/// Makes one service, by name.
pub type Make = (&'static str, fn(Context) -> Service);

pub struct Sandbox {
    pub runtime: Runtime,
    pub clock: Clock,
    pub bus: Bus,
    pub issuer: Arc<DevIssuer>,
    pub test: TestDb,
}

impl Sandbox {
    /// Services on a fresh database, at nine in the morning (local) of 1 September 2026.
    pub async fn new(test: TestDb, services: &[Make]) -> Self {
        Self::seeded(test, services, 42).await
    }

    pub async fn seeded(test: TestDb, services: &[Make], seed: u64) -> Self {
        let limits = Limits { concurrent_requests: 1000, request_timeout: Duration::from_mins(1) };
        Self::limited(test, services, seed, limits).await
    }

    /// A sandbox whose guard lets in only so much, for only so long.
    pub async fn limited(test: TestDb, services: &[Make], seed: u64, limits: Limits) -> Self {
        let start: DateTime<Utc> = "2026-09-01T01:00:00Z".parse().unwrap();
        let (clock, chance) = (Clock::manual(start), Chance::seeded(seed));
        let issuer = Arc::new(DevIssuer::new(Environment::Development, &chance).unwrap());
        let guard = Guard::new(Verifier::development(&issuer), clock.clone(), limits);
        let bus = Bus::Local(LocalBus::default());
        let made =
            services.iter().map(|(name, make)| make(Context::new(name, test.db.clone(), clock.clone(), &chance))).collect();
        let runtime = Runtime::new(Some(test.db.clone()), &bus, &guard, made).await.unwrap();
        Self { runtime, clock, bus, issuer, test }
    }

    /// A transport to one service for one caller: `RotationServiceClient::new(sandbox.caller("rotation", &who))`.
    pub fn caller(&self, service: &str, who: &Who) -> Caller {
        Caller::new(self.runtime.routers[service].clone(), &self.issuer, &self.clock, who)
    }

    /// Delivers everything there is, and what follows from it.
    pub async fn settle(&self) {
        self.runtime.settle().await.unwrap();
    }

    /// An event from outside this sandbox's services, delivered at once: `version` as its source counts.
    pub async fn arrive<E: proto::Event>(&self, subject: &str, version: i64, event: &E) {
        self.bus
            .publish(vec![foreign(&self.clock, subject, version, event)])
            .await
            .into_iter()
            .for_each(|result| result.unwrap());
        self.settle().await;
    }
}

/// An event as another service would have sent it.
pub fn foreign<E: proto::Event>(clock: &Clock, subject: &str, version: i64, event: &E) -> Envelope {
    let service = E::TYPE.split('.').nth(1).unwrap_or_default();
    Envelope {
        id: format!("{subject}#{version}"),
        source: format!("talentflow/{service}"),
        kind: E::TYPE.to_owned(),
        channel: E::TYPE.to_owned(),
        subject: subject.to_owned(),
        version: Some(version),
        time: clock.now(),
        cause: None,
        traceparent: None,
        data: event.encode_to_vec(),
    }
}
