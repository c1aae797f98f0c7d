//! The services of one process, at work: their methods behind the guard, their relays, workers and consumers.

use super::Guard;
use crate::bus::Bus;
use crate::context::Context;
use crate::db::{Db, Migrations, pending};
use crate::error::Error;
use crate::inbox::Consumer;
use crate::outbox::{self, Relay};
use crate::service::Service;
use crate::work::Worker;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Running services.
#[derive(Debug)]
pub struct Runtime {
    /// Each service's methods behind the guard, by the service's short name.
    pub routers: BTreeMap<&'static str, axum::Router>,
    pub readiness: Readiness,
    relays: Vec<Relay>,
    workers: Vec<Worker>,
    consumers: Vec<Consumer>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Runtime {
    /// Takes the services in and subscribes them; refuses a database whose migrations have not run. What they
    /// write is sent from `start` on. A process without services needs no database.
    pub async fn new(db: Option<Db>, bus: &Bus, guard: &Guard, services: Vec<Service>) -> Result<Self, Error> {
        let migrations: Vec<Migrations> = services.iter().map(|service| service.migrations).collect();
        let readiness = Readiness {
            db,
            migrations: migrations.into(),
            contexts: services.iter().map(|service| service.context.clone()).collect(),
        };
        readiness.check().await?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut runtime = Self {
            routers: BTreeMap::new(),
            readiness,
            relays: Vec::new(),
            workers: Vec::new(),
            consumers: Vec::new(),
            tasks,
            stop,
        };
        for service in services {
            let consumer = Consumer::of(&service);
            runtime.relays.push(Relay::new(service.context.clone(), bus.clone()));
            // Also a service that follows nobody: the bus watches over what it publishes.
            bus.subscribe(consumer.clone(), service.context.clone(), &runtime.tasks, runtime.stop.clone()).await?;
            runtime.consumers.push(consumer);
            runtime.workers.extend(service.step.map(|step| Worker::new(service.context.clone(), step)));
            runtime.routers.insert(service.context.service, guard.protect(service.routes));
        }
        Ok(runtime)
    }

    /// Starts delivering and working, beginning with whatever an earlier process left in the outboxes and half done.
    pub fn start(&self) {
        for relay in &self.relays {
            let (relay, stop) = (relay.clone(), self.stop.clone());
            self.tasks.spawn(async move { relay.run(stop).await });
        }
        for worker in &self.workers {
            let (worker, stop) = (worker.clone(), self.stop.clone());
            self.tasks.spawn(async move { worker.run(stop).await });
        }
    }

    /// Finishes what commands began; answers how many steps that took. For tests and measurements, which step a
    /// service instead of waiting for it.
    pub async fn finish(&self) -> Result<u64, Error> {
        let mut steps = 0;
        for worker in &self.workers {
            steps += worker.drain(&self.stop).await?;
        }
        Ok(steps)
    }

    /// Delivers everything there is, and what follows from it, then returns: for tests that step a
    /// service instead of waiting for it.
    pub async fn settle(&self) -> Result<u64, Error> {
        let mut total = 0;
        loop {
            let mut sent = self.finish().await?;
            for consumer in &self.consumers {
                consumer.release_parked().await?;
            }
            for relay in &self.relays {
                sent += relay.drain().await?;
            }
            if sent == 0 {
                return Ok(total);
            }
            total += sent;
        }
    }

    /// Events that wait in the outboxes.
    pub async fn pending(&self) -> Result<i64, Error> {
        let mut total = 0;
        for context in self.readiness.contexts.iter() {
            total += outbox::pending(context).await?;
        }
        Ok(total)
    }

    /// Stops relays and consumers, waiting at most `patience` for the event they are at.
    pub async fn stop(&self, patience: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("delivery did not come to rest in time; the outbox and inbox keep what is open");
        }
        if let Some(db) = &self.readiness.db {
            db.close().await;
        }
    }
}

/// Whether this process can do its work now.
#[derive(Debug, Clone)]
pub struct Readiness {
    db: Option<Db>,
    migrations: std::sync::Arc<[Migrations]>,
    contexts: std::sync::Arc<[Context]>,
}

impl Readiness {
    pub async fn check(&self) -> Result<(), Error> {
        let Some(db) = &self.db else { return Ok(()) };
        db.ping().await?;
        let missing = pending(db, &self.migrations).await?;
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::unavailable(format!(
            "the database lacks {} migrations ({}); run `talentflow migrate` first",
            missing.len(),
            missing.join(", ")
        )))
    }

    /// Brings the gauges up to date that are cheap to ask for and dear to keep.
    pub(super) async fn measure(&self) {
        for context in self.contexts.iter() {
            if let Ok(count) = outbox::pending(context).await {
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                metrics::gauge!("talentflow_outbox_pending", "service" => context.service).set(f64::from(count));
            }
        }
    }
}
