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
use subsidy::domain::{ClaimId, FundId};

/// Clients that approve at the same time.
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
        let count = usize::from(self.options.approvals);
        let (many, hot) = (self.funds("many", FUNDS, count).await?, self.funds("hot", 1, count).await?);
        let mut rates = Rates::default();
        // Everything once, uncounted, so that nothing is met for the first time.
        self.clients.approve(&self.claims(&many, count / 4).await?).await?;
        for turn in 1..=self.options.turns {
            self.say(&format!("turn {turn} of {}", self.options.turns));
            rates.single.push(self.peer(Peer::single)?);
            rates.many.push(self.clients.approve(&self.claims(&many, count).await?).await?);
            rates.hot.push(self.clients.approve(&self.claims(&hot, count).await?).await?);
            rates.single.push(self.peer(Peer::single)?);
            rates.bulk_peer.push(self.peer(Peer::bulk)?);
            rates.bulk.push(self.clients.approve_in_bulk(&self.claims(&many, count).await?).await?);
        }
        let half = median(rates.single.iter().map(|rate| rate.unwrap_or_else(|| rates.many[0].per_second)).collect()) / 2.0;
        self.say(&format!("{half:.0} approvals a second, half that load"));
        let p99 = self.clients.approve_at(&self.claims(&many, count).await?, half).await?;
        self.say("the race");
        let race = self.funds("race", 1, GRANTS).await?;
        let race = self.clients.race(&self.claims(&race, RACERS).await?).await?;
        ensure!(race.granted == GRANTS, "{} of {GRANTS} were granted", race.granted);
        // Last, as its database is written out to the disk when it goes.
        self.say("accrual");
        for _ in 1..=self.options.turns {
            rates.accrual_peer.push(self.peer(Peer::bulk)?);
            let config = self.serving.process.config.clone();
            rates.accrual.push(accrual::rate(config, &self.chance, self.options.approvals.into()).await?);
        }
        Ok(rates.figures(p99.as_secs_f64() * 1000.0, half, race))
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

#[derive(Default)]
struct Rates {
    single: Vec<Option<f64>>,
    many: Vec<Decisions>,
    hot: Vec<Decisions>,
    bulk_peer: Vec<Option<f64>>,
    bulk: Vec<Decisions>,
    accrual_peer: Vec<Option<f64>>,
    accrual: Vec<f64>,
}

impl Rates {
    fn figures(&self, p99_ms: f64, load: f64, race: Decisions) -> Value {
        let peer = |rates: &[Option<f64>]| {
            let rates: Vec<f64> = rates.iter().copied().flatten().collect();
            (!rates.is_empty()).then(|| median(rates))
        };
        let ours = |decisions: &[Decisions]| median(decisions.iter().map(|one| one.per_second).collect());
        let (single, bulk_peer) = (peer(&self.single), peer(&self.bulk_peer));
        let (many, hot, bulk, accrual) = (ours(&self.many), ours(&self.hot), ours(&self.bulk), median(self.accrual.clone()));
        let ratio = |ours: f64, peer: Option<f64>| peer.map(|peer| rounded(ours / peer, 100.0));
        json!({
            "pgbench_per_s": single.map(|rate| rounded(rate, 1.0)),
            "ours_per_s": rounded(many, 1.0),
            "ours_hot_per_s": rounded(hot, 1.0),
            "ratio_many": ratio(many, single),
            "ratio_hot": ratio(hot, single),
            "pgbench_bulk_per_s": bulk_peer.map(|rate| rounded(rate, 1.0)),
            "ours_bulk_per_s": rounded(bulk, 1.0),
            "ratio_bulk": ratio(bulk, bulk_peer),
            "accrual_per_s": rounded(accrual, 1.0),
            "ratio_accrual": ratio(accrual, peer(&self.accrual_peer)),
            "p99_ms": rounded(p99_ms, 10.0),
            "p99_load_per_s": rounded(load, 1.0),
            "race_granted": race.granted,
            "race_refused": race.refused,
            "race_decisions_per_s": rounded(race.per_second, 1.0),
        })
    }
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
