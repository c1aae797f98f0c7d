//! `talentflow serve`

use crate::cli::Serve;
use crate::wiring::{MIGRATIONS, Process, is_stateful, subscriptions};
use gateway::Portal;
use kit::config::Config;
use kit::db::{Db, migrate};
use kit::delivery::{Delivery, delivery};
use kit::serve::{bind, ops_router, serve};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub async fn run(config: Config, command: &Serve) -> anyhow::Result<ExitCode> {
    if is_stateful(&config)? && (command.migrate || is_embedded(&config)) {
        migrate_first(&config).await?;
    }
    let process = Process::open(config).await?;
    let serving = Serving::start(process, Portal::default()).await?;
    tracing::info!(services = serving.process.names().join(","), api = %serving.address, ops = %serving.ops_address, "serving");
    stop_signal().await;
    tracing::info!("stopping: finishing what is under way");
    serving.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// One process on one file: there is no job that could have migrated before.
fn is_embedded(config: &Config) -> bool {
    config.database.url.expose().starts_with("sqlite:")
}

/// A bureau with one process has nobody else to migrate for it.
pub async fn migrate_first(config: &Config) -> anyhow::Result<()> {
    let db = Db::open(&config.database).await?;
    let report = migrate(&db, MIGRATIONS, kit::clock::Clock::System.now()).await?;
    if !report.applied.is_empty() {
        tracing::info!(count = report.applied.len(), "migrations applied");
    }
    db.close().await;
    Ok(())
}

/// A process that answers on its addresses.
pub struct Serving {
    pub process: Process,
    pub address: SocketAddr,
    pub ops_address: SocketAddr,
    stop: CancellationToken,
    servers: Vec<JoinHandle<()>>,
}

impl Serving {
    /// Starts delivery and both listeners.
    pub async fn start(process: Process, portal: Portal) -> anyhow::Result<Self> {
        let api = bind("server.listen", process.config.server.listen).await?;
        let ops = bind("ops.listen", process.config.ops.listen).await?;
        let (address, ops_address) = (api.local_addr()?, ops.local_addr()?);
        let router = if process.serves_gateway() {
            let access =
                gateway::Access { guard: process.guard.clone(), issuer: process.issuer.clone(), clock: process.clock.clone() };
            gateway::router(process.upstreams()?, access, process.bus.clone(), portal)
        } else {
            process
                .runtime
                .routers
                .values()
                .cloned()
                .map(axum::Router::reset_fallback)
                .fold(axum::Router::new(), axum::Router::merge)
        };
        let router = kit::serve::with_standard_services(router, process.names(), process.config.server.reflection).await?;
        let stop = CancellationToken::new();
        process.runtime.start();
        let config = process.config.server.clone();
        let ops_config = config.clone();
        let (api_stop, ops_stop) = (stop.clone(), stop.clone());
        let ops_routes = ops_router(process.runtime.readiness.clone());
        let servers = vec![
            tokio::spawn(async move { report("api", serve(api, router, &config, api_stop).await) }),
            tokio::spawn(async move { report("ops", serve(ops, ops_routes, &ops_config, ops_stop).await) }),
        ];
        Ok(Self { process, address, ops_address, stop, servers })
    }

    /// How far delivery has come.
    pub async fn delivery(&self) -> anyhow::Result<Delivery> {
        Ok(delivery(self.process.database()?, &subscriptions()).await?)
    }

    /// Drains requests, brings delivery to rest, closes the database; bounded by the drain time.
    pub async fn stop(self) {
        let whole = Duration::from_secs(self.process.config.server.drain_seconds);
        let begun = Instant::now();
        self.stop.cancel();
        for server in self.servers {
            // Its own deadline ends it.
            let _ = server.await;
        }
        // Requests and delivery share the drain time, which lies below the orchestrator's grace period; a
        // second is kept for delivery even if requests took it all.
        let left = whole.saturating_sub(begun.elapsed()).max(Duration::from_secs(1));
        self.process.runtime.stop(left).await;
    }
}

fn report(which: &str, served: Result<(), kit::Error>) {
    if let Err(error) = served {
        tracing::error!(which, %error, "a listener ended");
    }
}

/// Ctrl-C, or the orchestrator's TERM.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
