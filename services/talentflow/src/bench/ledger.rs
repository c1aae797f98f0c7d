//! `talentflow bench ledger`: approvals posted through gRPC, and claims accrued, beside pgbench, which runs the least a
//! posting can be on the same server. Both take turns, as the speed of a machine changes from minute to minute: what counts
//! is the ratio within a turn, and of those the middle one.

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

/// Clients that approve at the same time, each over a connection of its own.
const CLIENTS: usize = 64;
/// Funds of the case with many accounts.
const FUNDS: usize = 1000;
/// Claims that ask at the same time for the money of `GRANTS`.
const RACERS: usize = 10_000;
const GRANTS: usize = 100;
/// Seconds of each run of the peer.
const TURN: u32 = 5;

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
        // Everything once, uncounted, so that nothing is met for the first time.
        self.clients.approve(&self.claims(&many, count / 4).await?, calls).await?;
        let mut turns = Vec::new();
        for turn in 1..=self.options.turns {
            self.say(&format!("turn {turn} of {}", self.options.turns));
            turns.push(self.turn(&many, &hot, count, calls).await?);
        }
        self.say("the race");
        let race = self.funds("race", 1, GRANTS).await?;
        let race = self.clients.race(&self.claims(&race, RACERS).await?).await?;
        ensure!(race.granted == GRANTS, "{} of {GRANTS} were granted", race.granted);
        // Last, as its database is written out to the disk when it goes.
        self.say("accrual");
        let mut bulk = Vec::new();
        for _ in 1..=self.options.turns {
            let peer = self.peer(Peer::bulk)?;
            let config = self.serving.process.config.clone();
            bulk.push(Pair { ours: accrual::rate(config, &self.chance, self.options.approvals.into()).await?, peer });
        }
        Ok(figures(calls, &turns, &bulk, race))
    }

    /// Ours stands beside what the peer does right before and right after.
    async fn turn(&self, many: &[FundId], hot: &[FundId], count: usize, calls: usize) -> anyhow::Result<Turn> {
        let before = self.peer(Peer::single)?;
        let rate_many = self.clients.approve(&self.claims(many, count).await?, calls).await?.per_second;
        let rate_hot = self.clients.approve(&self.claims(hot, count).await?, calls).await?.per_second;
        let rate_one_call = self.clients.approve(&self.claims(many, count).await?, 1).await?.per_second;
        let after = self.peer(Peer::single)?;
        let peer = before.zip(after).map(|(before, after)| f64::midpoint(before, after));
        // Half of what the peer does; of what we do, where there is no peer.
        let load = peer.unwrap_or(rate_many) / 2.0;
        self.say(&format!("{load:.0} approvals a second"));
        let p99 = self.clients.approve_at(&self.claims(many, count).await?, load).await?.as_secs_f64() * 1000.0;
        let bulk = self.peer(Peer::bulk)?;
        let batch = self.clients.approve_in_batches(&self.claims(many, count).await?).await?.per_second;
        Ok(Turn {
            many: Pair { ours: rate_many, peer },
            hot: Pair { ours: rate_hot, peer },
            one_call: Pair { ours: rate_one_call, peer },
            batch: Pair { ours: batch, peer: bulk },
            load,
            p99,
        })
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

/// What we do in a second, and what the peer does.
#[derive(Clone, Copy)]
struct Pair {
    ours: f64,
    peer: Option<f64>,
}

impl Pair {
    fn ratio(self) -> Option<f64> {
        self.peer.map(|peer| rounded(self.ours / peer, 100.0))
    }
}

struct Turn {
    many: Pair,
    hot: Pair,
    one_call: Pair,
    batch: Pair,
    /// Approvals a second, of which `p99` is measured in milliseconds.
    load: f64,
    p99: f64,
}

fn figures(calls: usize, turns: &[Turn], bulk: &[Pair], race: Decisions) -> Value {
    let each = |value: fn(&Turn) -> f64| turns.iter().map(value).collect::<Vec<f64>>();
    let of = |pair: fn(&Turn) -> Pair| turns.iter().map(pair).collect::<Vec<Pair>>();
    let (many, hot, one_call, batch) =
        (of(|turn| turn.many), of(|turn| turn.hot), of(|turn| turn.one_call), of(|turn| turn.batch));
    let p99: Vec<f64> = each(|turn| rounded(turn.p99, 10.0));
    json!({
        "clients": CLIENTS,
        "calls_of_each": calls,
        "pgbench_per_s": peer(&many),
        "ours_per_s": ours(&many),
        "ours_hot_per_s": ours(&hot),
        "ours_one_call_per_s": ours(&one_call),
        "ratio_many": ratio(&many),
        "ratio_hot": ratio(&hot),
        "ratio_one_call": ratio(&one_call),
        "p99_ms": median(p99.clone()),
        "p99_load_per_s": rounded(median(each(|turn| turn.load)), 1.0),
        "pgbench_bulk_per_s": peer(bulk),
        "ours_bulk_per_s": ours(bulk),
        "ratio_bulk": ratio(bulk),
        "ours_batch_per_s": ours(&batch),
        "ratio_batch": ratio(&batch),
        "race_granted": race.granted,
        "race_refused": race.refused,
        "race_decisions_per_s": rounded(race.per_second, 1.0),
        // How far the turns are apart.
        "turns": {
            "ratio_many": ratios(&many),
            "ratio_hot": ratios(&hot),
            "ratio_one_call": ratios(&one_call),
            "ratio_bulk": ratios(bulk),
            "ratio_batch": ratios(&batch),
            "p99_ms": p99,
        },
    })
}

fn ours(pairs: &[Pair]) -> f64 {
    rounded(median(pairs.iter().map(|pair| pair.ours).collect()), 1.0)
}

fn peer(pairs: &[Pair]) -> Option<f64> {
    middle(pairs.iter().filter_map(|pair| pair.peer).collect()).map(|rate| rounded(rate, 1.0))
}

fn ratio(pairs: &[Pair]) -> Option<f64> {
    middle(ratios(pairs))
}

/// Of each turn; none where there is no peer.
fn ratios(pairs: &[Pair]) -> Vec<f64> {
    pairs.iter().filter_map(|pair| pair.ratio()).collect()
}

fn middle(values: Vec<f64>) -> Option<f64> {
    (!values.is_empty()).then(|| median(values))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
