//! `talentflow bench ledger`: approvals posted through gRPC, and claims accrued, beside pgbench, which runs the least a
//! posting can be on the same server. Both take turns, as the speed of a machine changes from minute to minute: what counts
//! is the ratio.

use super::clients::{Clients, Decisions};
use super::peer::Peer;
use super::scratch::{FEN, Scratch, claims};
use super::{accrual, median, sound};
use crate::cli::BenchLedger;
use crate::commands::serve::{Serving, migrate_first};
use crate::people::People;
use crate::wiring::Process;
use anyhow::{Context as _, ensure};
use gateway::Portal;
use kit::clock::Clock;
use kit::config::Config;
use kit::id::Id;
use kit::rng::Chance;
use proto::common::v1::Money;
use proto::subsidy::v1::subsidy_service_client::SubsidyServiceClient;
use proto::subsidy::v1::{AppropriateFundRequest, CreateFundRequest, Fund};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;
use subsidy::domain::{ClaimId, FundId};

/// Clients that approve at the same time, each over a connection of its own.
const CLIENTS: usize = 64;
/// Funds of the case with many accounts.
const FUNDS: usize = 1000;
/// Claims that ask at the same time for the money of `GRANTS`.
const RACERS: usize = 10_000;
const GRANTS: usize = 100;
/// Seconds of each turn of the peer.
const TURN: u32 = 8;

pub async fn run(mut config: Config, options: &BenchLedger) -> anyhow::Result<ExitCode> {
    let chance = Chance::system()?;
    let scratch = Scratch::new(&config, &chance)?;
    let peer = scratch.is_postgres().then(|| Peer::new(&scratch.url)).transpose()?;
    config.database.url = scratch.url.as_str().into();
    config.server.listen.set_port(0);
    config.ops.listen.set_port(0);
    config.services = vec!["all".to_owned()];
    // The race is about the budget, not about the queue before it.
    config.server.max_concurrent_requests = config.server.max_concurrent_requests.max(2 * RACERS);
    migrate_first(&config).await?;
    let serving = Serving::start(Process::open(config).await?, Portal::default()).await?;
    let bench = Bench::new(&serving, peer, chance, options).await?;
    let figures = bench.measure().await;
    sound(serving.process.database()?, subsidy::CHECKS).await?;
    serving.stop().await;
    drop(scratch);
    let figures = figures?;
    if options.json {
        println!("{figures}");
    } else {
        for (name, value) in figures.as_object().into_iter().flatten() {
            println!("{name:>22}  {value}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    serving: &'a Serving,
    peer: Option<Peer>,
    chance: Chance,
    clients: Clients,
    options: &'a BenchLedger,
    people: People,
}

impl<'a> Bench<'a> {
    async fn new(serving: &'a Serving, peer: Option<Peer>, chance: Chance, options: &'a BenchLedger) -> anyhow::Result<Self> {
        let issuer =
            serving.process.issuer.clone().context("the benchmark signs its own tokens: auth.mode = development only")?;
        let address = format!("http://{}", serving.address);
        let clients = Clients::connect(CLIENTS, &address, &issuer).await?;
        let people = People::connect(address, issuer, Clock::System).await?;
        Ok(Self { serving, peer, chance, clients, options, people })
    }

    async fn measure(&self) -> anyhow::Result<Value> {
        let (count, calls) = (usize::from(self.options.approvals), usize::from(self.options.calls));
        let (many, hot) = (self.funds("many", FUNDS, count).await?, self.funds("hot", 1, count).await?);
        let mut rates = Rates::default();
        // Everything once, uncounted, so that nothing is met for the first time.
        self.clients.approve(&self.claims(&many, count / 4).await?, calls).await?;
        for turn in 1..=self.options.turns {
            self.say(&format!("turn {turn} of {}", self.options.turns));
            rates.single.push(self.peer(Peer::single)?);
            rates.many.push(self.clients.approve(&self.claims(&many, count).await?, calls).await?);
            rates.hot.push(self.clients.approve(&self.claims(&hot, count).await?, calls).await?);
            rates.one_call.push(self.clients.approve(&self.claims(&many, count).await?, 1).await?);
            rates.single.push(self.peer(Peer::single)?);
            let load = rates.load();
            self.say(&format!("{load:.0} approvals a second, half that load"));
            rates.p99.push(self.clients.approve_at(&self.claims(&many, count).await?, load).await?);
            rates.batch_peer.push(self.peer(Peer::bulk)?);
            rates.batch.push(self.clients.approve_in_batches(&self.claims(&many, count).await?).await?);
        }
        self.say("the race");
        let race = self.funds("race", 1, GRANTS).await?;
        let race = self.clients.race(&self.claims(&race, RACERS).await?).await?;
        ensure!(race.granted == GRANTS, "{} of {GRANTS} were granted", race.granted);
        // Last, as its database is written out to the disk when it goes.
        self.say("accrual");
        for _ in 1..=self.options.turns {
            rates.bulk_peer.push(self.peer(Peer::bulk)?);
            let config = self.serving.process.config.clone();
            rates.bulk.push(accrual::rate(config, &self.chance, self.options.approvals.into()).await?);
        }
        Ok(rates.figures(calls, race))
    }

    fn peer(&self, run: fn(&Peer, u32) -> anyhow::Result<f64>) -> anyhow::Result<Option<f64>> {
        self.peer.as_ref().map(|peer| run(peer, TURN)).transpose()
    }

    fn say(&self, what: &str) {
        if !self.options.json {
            eprintln!("{what}");
        }
    }

    async fn claims(&self, funds: &[FundId], count: usize) -> anyhow::Result<Vec<ClaimId>> {
        claims(self.serving.process.database()?, &self.chance, funds, count).await
    }

    /// Funds with money for so many claims each, at least.
    async fn funds(&self, code: &str, count: usize, grants: usize) -> anyhow::Result<Vec<FundId>> {
        let mut bureau = SubsidyServiceClient::new(self.people.bureau()?);
        let mut finance = SubsidyServiceClient::new(self.people.finance()?);
        let turns = if code == "race" { 1 } else { 8 * usize::from(self.options.turns) };
        let fen = FEN * i64::try_from(grants * turns)?;
        let mut funds = Vec::with_capacity(count);
        for n in 0..count {
            let fund = Fund { display_name: code.to_owned(), code: format!("{code}-{n}"), ..Default::default() };
            let fund = bureau.create_fund(CreateFundRequest { fund: Some(fund) }).await?.into_inner().name;
            let request =
                AppropriateFundRequest { name: fund.clone(), amount: Some(Money { fen }), document: "bench".to_owned() };
            finance.appropriate_fund(request).await?;
            funds.push(FundId::parse("fund", &fund)?);
        }
        Ok(funds)
    }
}

/// What each turn measured.
#[derive(Default)]
struct Rates {
    single: Vec<Option<f64>>,
    many: Vec<Decisions>,
    hot: Vec<Decisions>,
    one_call: Vec<Decisions>,
    p99: Vec<Duration>,
    batch_peer: Vec<Option<f64>>,
    batch: Vec<Decisions>,
    bulk_peer: Vec<Option<f64>>,
    bulk: Vec<f64>,
}

impl Rates {
    /// Half of what the peer does in a second; of what we do, where there is no peer.
    fn load(&self) -> f64 {
        peer(&self.single).unwrap_or_else(|| ours(&self.many)) / 2.0
    }

    fn figures(&self, calls: usize, race: Decisions) -> Value {
        let (single, bulk_peer, bulk) = (peer(&self.single), peer(&self.bulk_peer), median(self.bulk.clone()));
        let p99 = median(self.p99.iter().map(Duration::as_secs_f64).collect()) * 1000.0;
        json!({
            "clients": CLIENTS,
            "calls_of_each": calls,
            "pgbench_per_s": single.map(|rate| rounded(rate, 1.0)),
            "ours_per_s": rounded(ours(&self.many), 1.0),
            "ours_hot_per_s": rounded(ours(&self.hot), 1.0),
            "ours_one_call_per_s": rounded(ours(&self.one_call), 1.0),
            "ratio_many": ratio(ours(&self.many), single),
            "ratio_hot": ratio(ours(&self.hot), single),
            "ratio_one_call": ratio(ours(&self.one_call), single),
            "p99_ms": rounded(p99, 10.0),
            "p99_load_per_s": rounded(self.load(), 1.0),
            "pgbench_bulk_per_s": bulk_peer.map(|rate| rounded(rate, 1.0)),
            "ours_bulk_per_s": rounded(bulk, 1.0),
            "ratio_bulk": ratio(bulk, bulk_peer),
            "ours_batch_per_s": rounded(ours(&self.batch), 1.0),
            "ratio_batch": ratio(ours(&self.batch), peer(&self.batch_peer)),
            "race_granted": race.granted,
            "race_refused": race.refused,
            "race_decisions_per_s": rounded(race.per_second, 1.0),
        })
    }
}

fn peer(rates: &[Option<f64>]) -> Option<f64> {
    let rates: Vec<f64> = rates.iter().copied().flatten().collect();
    (!rates.is_empty()).then(|| median(rates))
}

fn ours(decisions: &[Decisions]) -> f64 {
    median(decisions.iter().map(|one| one.per_second).collect())
}

fn ratio(ours: f64, peer: Option<f64>) -> Option<f64> {
    peer.map(|peer| rounded(ours / peer, 100.0))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
