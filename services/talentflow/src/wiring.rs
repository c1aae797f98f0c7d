//! The one place where one process on one file and many pods on a broker differ.

use anyhow::{Context as _, bail};
use gateway::Upstream;
use kit::auth::{DevIssuer, Verifier};
use kit::bus::{Bus, JetStreamBus, LocalBus};
use kit::clock::Clock;
use kit::config::{AuthMode, Config};
use kit::db::{Db, Migrations};
use kit::delivery::Subscription;
use kit::rng::Chance;
use kit::rules::{RulePack, Shipped};
use kit::serve::{Guard, Limits, Runtime};
use kit::verify::{Check, Look};
use kit::{Context, Service};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use subsidy::domain::Schemes;

/// Makes one service.
type Make = fn(Context) -> Service;

/// The services, in the order in which their facts flow.
pub const SERVICES: &[(&str, Make)] = &[
    ("directory", directory::service),
    ("rotation", rotation::service),
    ("training", training::service),
    ("mentoring", mentoring::service),
    ("subsidy", subsidy::service),
];
/// Whose rules a city can put its own in the place of.
const RULES: &[(&str, &Shipped)] = &[("training", &training::RULES), ("mentoring", &mentoring::RULES)];
/// Whose rules are schemes, one file each: a city gives a directory of its own.
const SCHEMES: &str = "subsidy";
/// The gateway is served like a service, but owns no tables.
pub const GATEWAY: &str = "gateway";

/// Every service's migrations, whether it runs here or not: one job migrates for all.
pub const MIGRATIONS: &[Migrations] =
    &[directory::MIGRATIONS, rotation::MIGRATIONS, training::MIGRATIONS, mentoring::MIGRATIONS, subsidy::MIGRATIONS];

/// What a process is made of before it serves.
pub struct Process {
    pub config: Config,
    /// Absent where nothing but the gateway runs.
    db: Option<Db>,
    pub bus: Bus,
    pub clock: Clock,
    pub guard: Guard,
    pub runtime: Arc<Runtime>,
    /// Signs tokens in development; absent in production.
    pub issuer: Option<Arc<DevIssuer>>,
    names: Vec<&'static str>,
}

impl Process {
    /// Opens everything the configuration names.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let names = named(&config.services)?;
        let chance = Chance::system()?;
        let db = if owns_tables(&names) { Some(Db::open(&config.database).await?) } else { None };
        let bus = match &config.nats.url {
            Some(_) => Bus::JetStream(JetStreamBus::connect(&config.nats, "talentflow").await?),
            None if !SERVICES.iter().all(|(name, _)| names.contains(name)) => bail!(
                "without nats.url events stay inside one process, so all services must run in it; \
                 set nats.url, or leave out --services"
            ),
            None => Bus::Local(LocalBus::default()),
        };
        let (verifier, issuer) = trust(&config).await?;
        // Who signs tokens for everybody may as well say what day it is; nobody else may.
        let clock = if issuer.is_some() { Clock::ahead() } else { Clock::System };
        let limits = Limits {
            concurrent_requests: config.server.max_concurrent_requests,
            request_timeout: Duration::from_secs(config.server.request_timeout_seconds),
        };
        let guard = Guard::new(verifier, clock.clone(), limits);
        let here = SERVICES.iter().filter(|(name, _)| names.contains(name));
        let (rules, schemes) = (own_rules(&config)?, own_schemes(&config)?);
        let context = |name, db: &Db| {
            let context = Context::new(name, db.clone(), clock.clone(), &chance).with_rules(rules.get(name).cloned());
            if name == SCHEMES { context.with_decided(schemes.clone()) } else { context }
        };
        let services = db.iter().flat_map(|db| here.clone().map(|(name, make)| make(context(*name, db)))).collect();
        let runtime = Arc::new(Runtime::new(db.clone(), &bus, &guard, services).await?);
        Ok(Self { config, db, bus, clock, guard, runtime, issuer, names })
    }

    /// The services reachable from a gateway in this process: those that run here directly, without a
    /// socket, the others over gRPC.
    pub fn upstreams(&self) -> anyhow::Result<BTreeMap<String, Upstream>> {
        let mut upstreams = BTreeMap::new();
        for (name, _) in SERVICES {
            let upstream = match (self.runtime.routers.get(name), self.config.gateway.upstreams.get(*name)) {
                (Some(router), _) => Upstream::Local(router.clone()),
                (None, Some(url)) => Upstream::remote(url).with_context(|| format!("gateway.upstreams.{name}"))?,
                (None, None) if self.serves_gateway() => {
                    bail!("the gateway does not know where {name} is: set gateway.upstreams.{name} to http://host:port")
                }
                (None, None) => continue,
            };
            upstreams.insert((*name).to_owned(), upstream);
        }
        Ok(upstreams)
    }

    pub fn database(&self) -> anyhow::Result<&Db> {
        self.db.as_ref().context("no service that owns tables runs in this process")
    }

    pub fn serves_gateway(&self) -> bool {
        self.names.contains(&GATEWAY)
    }

    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
}

/// The city's own rules, by service.
fn own_rules(config: &Config) -> anyhow::Result<BTreeMap<&'static str, Arc<RulePack>>> {
    let mut rules = BTreeMap::new();
    for (name, path) in config.rules.iter().filter(|(name, _)| *name != SCHEMES) {
        let Some((service, shipped)) = RULES.iter().find(|(service, _)| service == name) else {
            let known: Vec<&str> = RULES.iter().map(|(service, _)| *service).chain([SCHEMES]).collect();
            bail!("rules.{name}: {name} has no rules; expected one of {}", known.join(", "));
        };
        let text = std::fs::read_to_string(path).with_context(|| format!("rules.{name}: cannot read {path}"))?;
        let pack = shipped.replaced_by(&text).map_err(|error| anyhow::anyhow!("rules.{name}: {path}: {error}"))?;
        rules.insert(*service, Arc::new(pack));
    }
    Ok(rules)
}

/// The schemes that are shipped with the city's own among them, where there is a directory of these.
fn own_schemes(config: &Config) -> anyhow::Result<Option<Arc<Schemes>>> {
    let Some(folder) = config.rules.get(SCHEMES) else { return Ok(None) };
    let unreadable = || format!("rules.{SCHEMES}: cannot read {folder}");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("rules.{SCHEMES}: cannot read {}", path.display()))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("rules.{SCHEMES}: there is no scheme file (*.toml) in {folder}");
    }
    let own = files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
    let schemes = Schemes::with_own(own).map_err(|faults| anyhow::anyhow!("rules.{SCHEMES}:\n{faults}"))?;
    Ok(Some(Arc::new(schemes)))
}

/// Who follows what, over all services.
pub fn subscriptions() -> Vec<Subscription> {
    vec![
        ("directory", directory::SUBSCRIPTIONS),
        ("rotation", rotation::SUBSCRIPTIONS),
        ("training", training::SUBSCRIPTIONS),
        ("mentoring", mentoring::SUBSCRIPTIONS),
        ("subsidy", subsidy::SUBSCRIPTIONS),
    ]
}

/// The invariants of every service.
pub fn checks() -> Vec<Check> {
    [directory::CHECKS, rotation::CHECKS, training::CHECKS, mentoring::CHECKS, subsidy::CHECKS].concat()
}

/// The invariants that are proved by reading tables whole.
pub fn looks() -> Vec<Look> {
    subsidy::LOOKS.to_vec()
}

/// One service's context, for commands that work on its tables without serving it.
pub async fn context_of(config: &Config, service: &str) -> anyhow::Result<Context> {
    let Some((name, _)) = SERVICES.iter().find(|(name, _)| *name == service) else {
        let known: Vec<&str> = SERVICES.iter().map(|(name, _)| *name).collect();
        bail!("there is no service `{service}`: expected one of {}", known.join(", "));
    };
    let (rules, schemes) = (own_rules(config)?, own_schemes(config)?);
    let db = Db::open(&config.database).await?;
    let context = Context::new(name, db, Clock::System, &Chance::system()?).with_rules(rules.get(name).cloned());
    Ok(if *name == SCHEMES { context.with_decided(schemes) } else { context })
}

/// Whether the configuration names a service that has a database.
pub fn is_stateful(config: &Config) -> anyhow::Result<bool> {
    Ok(owns_tables(&named(&config.services)?))
}

fn owns_tables(names: &[&str]) -> bool {
    names.iter().any(|name| *name != GATEWAY)
}

fn named(configured: &[String]) -> anyhow::Result<Vec<&'static str>> {
    let all = || SERVICES.iter().map(|(name, _)| *name).chain(std::iter::once(GATEWAY));
    if configured.is_empty() || configured.iter().any(|name| name == "all") {
        return Ok(all().collect());
    }
    configured
        .iter()
        .map(|name| {
            all().find(|known| known == name).with_context(|| {
                format!(
                    "services: there is no service `{name}`: expected all, or some of {}",
                    all().collect::<Vec<_>>().join(", ")
                )
            })
        })
        .collect()
}

async fn trust(config: &Config) -> anyhow::Result<(Verifier, Option<Arc<DevIssuer>>)> {
    match config.auth.mode {
        AuthMode::Development => {
            let issuer = Arc::new(DevIssuer::new(config.environment, &Chance::system()?)?);
            Ok((Verifier::development(&issuer), Some(issuer)))
        }
        AuthMode::Jwt => Ok((Verifier::new(&config.auth).await?, None)),
    }
}
