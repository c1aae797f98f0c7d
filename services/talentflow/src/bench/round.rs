//! `talentflow bench round`: one matching round of a whole city, through the service and into its tables.

use super::broken;
use super::town::Town;
use crate::cli::{BenchRound, Objective};
use crate::commands::serve::migrate_first;
use crate::solve::peak_rss_mib;
use anyhow::ensure;
use kit::Context;
use kit::auth::{DevIssuer, Role, Verifier};
use kit::bus::{Bus, LocalBus};
use kit::clock::Clock;
use kit::config::{Config, Environment};
use kit::db::{Db, Engine, Lane, args, statements};
use kit::rng::Chance;
use kit::serve::{Guard, Limits, Runtime};
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Longer than any phase may take on a slow machine.
const PATIENCE: Duration = Duration::from_hours(1);
/// Pairs of mentors who do not work together.
const VETOES: usize = 500;

pub async fn run(config: Config, command: &BenchRound) -> anyhow::Result<ExitCode> {
    migrate_first(&config).await?;
    let mut bench = Bench::open(&config, command).await?;
    bench.fill(command).await?;
    let (published, run) = bench.round(command).await?;
    let broken = broken(&bench.db, mentoring::CHECKS).await?;
    let report = json!({
        "engine": bench.engine(),
        "students": published.students,
        "mentors": bench.mentors,
        "candidates": command.candidates,
        "objective": command.objective,
        "matched_academic": published.matched_academic,
        "matched_enterprise": published.matched_enterprise,
        "total_fit": published.total_fit,
        "bound_total_fit": run.bound_total_fit,
        "bound_matched": run.bound_matched,
        "proof": run.proof().as_str_name(),
        "phases_s": bench.phases.iter().map(|(name, took)| json!({"phase": name, "seconds": seconds(*took)})).collect::<Vec<_>>(),
        "end_to_end_s": seconds(bench.phases.iter().map(|(_, took)| *took).sum()),
        "peak_rss_mib": peak_rss_mib(),
        "broken": broken,
    });
    if command.json {
        println!("{report}");
    } else {
        bench.print(&report);
    }
    bench.runtime.stop(PATIENCE).await;
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Bench {
    runtime: Runtime,
    bus: Bus,
    db: Db,
    clock: Clock,
    token: String,
    keys: AtomicU64,
    mentors: usize,
    /// What was measured, in its order.
    phases: Vec<(&'static str, Duration)>,
}

fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

statements! {
    ANALYZE = "ANALYZE";
}

impl Bench {
    /// Mentoring alone, whose events stay in the outbox: what is measured is the way into the tables.
    async fn open(config: &Config, command: &BenchRound) -> anyhow::Result<Self> {
        let (clock, chance) = (Clock::System, Chance::seeded(command.seed));
        let db = Db::open(&config.database).await?;
        let issuer = Arc::new(DevIssuer::new(Environment::Development, &chance)?);
        let limits = Limits { concurrent_requests: 16, request_timeout: PATIENCE };
        let guard = Guard::new(Verifier::development(&issuer), clock.clone(), limits);
        let bus = Bus::Local(LocalBus::default());
        let context = Context::new("mentoring", db.clone(), clock.clone(), &chance);
        let runtime = Runtime::new(Some(db.clone()), &bus, &guard, vec![mentoring::service(context)]).await?;
        let token = issuer.token("bench@bureau", None, &[Role::Bureau], chrono::TimeDelta::hours(6), clock.now())?;
        Ok(Self { runtime, bus, db, clock, token, keys: AtomicU64::new(0), mentors: 0, phases: Vec::new() })
    }

    fn engine(&self) -> &'static str {
        match self.db.engine() {
            Engine::Postgres => "postgres",
            Engine::Sqlite => "sqlite",
        }
    }

    fn client(&self) -> MentoringServiceClient<axum::Router> {
        MentoringServiceClient::new(self.runtime.routers["mentoring"].clone())
    }

    fn ask<T>(&self, message: T) -> anyhow::Result<tonic::Request<T>> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(PATIENCE);
        request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse()?);
        let key = self.keys.fetch_add(1, Ordering::Relaxed);
        request.metadata_mut().insert("idempotency-key", format!("bench-{key}").parse()?);
        Ok(request)
    }

    /// Puts the city into the tables; not part of what is measured.
    async fn fill(&mut self, command: &BenchRound) -> anyhow::Result<()> {
        let there = self.client().list_mentors(self.ask(pb::ListMentorsRequest::default())?).await?.into_inner();
        ensure!(there.mentors.is_empty(), "the database is not empty: give a new one, as --database-url sqlite:/tmp/bench.db");
        let began = Instant::now();
        let town = Town::new(command, self.clock.now());
        for events in town.events().chunks(1000) {
            for delivered in self.bus.publish(events.to_vec()).await {
                delivered?;
            }
        }
        let mut mentors = Vec::new();
        for batch in town.mentors(command.places) {
            let request = self.ask(pb::BatchCreateMentorsRequest { mentors: batch })?;
            mentors.extend(self.client().batch_create_mentors(request).await?.into_inner().mentors);
        }
        let conflicts = town.vetoes(&mentors, VETOES);
        self.client().batch_create_conflicts(self.ask(pb::BatchCreateConflictsRequest { conflicts })?).await?;
        self.mentors = mentors.len();
        if self.db.engine() == Engine::Postgres {
            // As autovacuum does in a minute's time, in a city that was not registered within the last one.
            let mut tx = self.db.begin(Lane::Background).await?;
            tx.execute(ANALYZE, args![]).await?;
            tx.commit().await?;
        }
        eprintln!("{:>7.1} s  {} students, {} mentors", began.elapsed().as_secs_f64(), town.students.len(), mentors.len());
        self.open_and_rank(command, &town, &mentors).await
    }

    async fn open_and_rank(&mut self, command: &BenchRound, town: &Town, mentors: &[pb::Mentor]) -> anyhow::Result<()> {
        let began = Instant::now();
        let round = pb::Round { city: true, candidates: command.candidates, objection_days: 5, ..Default::default() };
        let round = self.client().create_round(self.ask(pb::CreateRoundRequest { round: Some(round) })?).await?.into_inner();
        self.phases.push(("open", began.elapsed()));
        for rankings in town.rankings(mentors).chunks(1000) {
            let request = pb::BatchSetRankingsRequest { parent: round.name.clone(), rankings: rankings.to_vec() };
            self.client().batch_set_rankings(self.ask(request)?).await?;
        }
        Ok(())
    }

    /// The round, from closing to the last pairing.
    async fn round(&mut self, command: &BenchRound) -> anyhow::Result<(pb::Round, pb::Run)> {
        let rounds = self.client().list_rounds(self.ask(pb::ListRoundsRequest::default())?).await?.into_inner().rounds;
        let name = rounds.into_iter().next().map(|round| round.name).unwrap_or_default();
        let began = Instant::now();
        self.client()
            .close_preferences(self.ask(pb::ClosePreferencesRequest { name: name.clone(), ..Default::default() })?)
            .await?;
        self.phases.push(("close", began.elapsed()));

        let began = Instant::now();
        let objective = match command.objective {
            Objective::Optimal => pb::Objective::Optimal,
            Objective::Stable => pb::Objective::Stable,
        };
        let solve = pb::SolveRoundRequest { name: name.clone(), objective: objective.into(), ..Default::default() };
        let run = self.client().solve_round(self.ask(solve)?).await?.into_inner();
        self.phases.push(("solve", began.elapsed()));

        let began = Instant::now();
        let publish = pb::PublishRoundRequest { name: name.clone(), run: run.name.clone(), ..Default::default() };
        self.client().publish_round(self.ask(publish)?).await?;
        self.phases.push(("decide", began.elapsed()));

        let began = Instant::now();
        let batches = self.runtime.finish().await?;
        self.phases.push(("publish", began.elapsed()));
        let published = self.client().get_round(self.ask(pb::GetRoundRequest { name })?).await?.into_inner();
        ensure!(published.state() == pb::RoundState::Published, "{} after {batches} batches", published.state().as_str_name());
        Ok((published, run))
    }

    fn print(&self, report: &serde_json::Value) {
        println!("| phase | seconds |\n|---|---|");
        for (name, took) in &self.phases {
            println!("| {name} | {:.3} |", seconds(*took));
        }
        println!("| end to end | {} |", report["end_to_end_s"]);
        for key in [
            "engine",
            "students",
            "mentors",
            "matched_academic",
            "matched_enterprise",
            "total_fit",
            "bound_total_fit",
            "proof",
            "peak_rss_mib",
            "broken",
        ] {
            println!("{key:<18} {}", report[key]);
        }
    }
}
