//! `talentflow bench accrual`: a month's accrual of a whole city.
//!
//! Every student has gone through an order class and was hired; six schemes judge each of them (hiring and class subsidies as
//! shipped, and four of the schemes of the tests). First the whole city is brought up to the eve of the month in which the
//! ninetieth days fall; then each day of that month is run, then each again, then everybody again.

use super::scratch::Scratch;
use super::{broken, sound};
use crate::cli::BenchAccrual;
use crate::commands::accrue::every_page;
use crate::commands::serve::migrate_first;
use anyhow::{Context as _, ensure};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use kit::clock::Clock;
use kit::config::Config;
use kit::db::{Db, Lane, args, statements};
use kit::id::Id;
use kit::rng::Chance;
use kit::{Calls, Context};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use subsidy::domain::{Fact, FactKind, OrganisationId, PersonId, Schemes};
use subsidy::store::fact;

const OWN: [(&str, &str); 4] = [
    ("staged-hire.toml", include_str!("../../../subsidy/tests/schemes/staged-hire.toml")),
    ("keep-hire.toml", include_str!("../../../subsidy/tests/schemes/keep-hire.toml")),
    ("apprentice.toml", include_str!("../../../subsidy/tests/schemes/apprentice.toml")),
    ("class.toml", include_str!("../../../subsidy/tests/schemes/class.toml")),
];
const SCHOOLS: usize = 7;
const ENTERPRISES: usize = 496;
const REGISTERED: NaiveDate = day(2026, 1, 1);
const ENROLLED: NaiveDate = day(2027, 1, 4);
const PLACED: NaiveDate = day(2027, 3, 1);
const GRADUATED: NaiveDate = day(2027, 6, 20);
/// Within a month from here.
const HIRED: NaiveDate = day(2027, 7, 1);
/// The day before the first ninetieth day.
const EVE: NaiveDate = day(2027, 9, 27);
const DAYS: usize = 31;
/// Students whose facts are written at once.
const AT_ONCE: usize = 2000;

pub async fn run(config: Config, command: &BenchAccrual) -> anyhow::Result<ExitCode> {
    migrate_first(&config).await?;
    let bench = Bench::open(&config, command.json).await?;
    bench.fill(command.students, command.seed).await?;
    let phases = bench.phases().await?;
    let broken = broken(&bench.db, subsidy::CHECKS).await?;
    if command.json {
        println!("{}", json!({"students": command.students, "phases": phases, "broken": broken}));
    } else {
        println!("broken: {broken:?}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Claims a second that a run over so many people accrues, in a database of its own beside the one of the configuration.
pub async fn rate(mut config: Config, chance: &Chance, students: u32) -> anyhow::Result<f64> {
    let scratch = Scratch::new(&config, chance)?;
    config.database.url = scratch.url.as_str().into();
    migrate_first(&config).await?;
    let bench = Bench::open(&config, true).await?;
    bench.fill(students, 7).await?;
    let (done, seconds) = bench.days(&[EVE], true).await?;
    sound(&bench.db, subsidy::CHECKS).await?;
    Ok(f64::from(done.accrued) / seconds)
}

struct Bench {
    db: Db,
    clock: Clock,
    calls: Calls,
    json: bool,
}

/// What runs came to.
#[derive(Default)]
struct Done {
    people: i32,
    accrued: i32,
    /// Amended or ended.
    other: i32,
}

statements! {
    FACTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM subsidy_fact";
}

impl Bench {
    /// Subsidy alone, whose events stay in the outbox, by a clock that is set.
    async fn open(config: &Config, json: bool) -> anyhow::Result<Self> {
        let db = Db::open(&config.database).await?;
        let mut tx = db.read(Lane::Request).await?;
        let (facts,): (i64,) = tx.fetch_one(FACTS, args![]).await?;
        tx.rollback().await?;
        ensure!(facts == 0, "the database is not empty: give a new one, as --database-url sqlite:/tmp/bench.db");
        let clock = Clock::manual(morning(EVE));
        let schemes = Schemes::with_own(OWN).map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
        let context =
            Context::new("subsidy", db.clone(), clock.clone(), &Chance::seeded(7)).with_decided(Some(Arc::new(schemes)));
        Ok(Self { db, clock, calls: Calls::new(context), json })
    }

    /// Puts what is known of the students into the tables; not part of what is measured.
    async fn fill(&self, students: u32, seed: u64) -> anyhow::Result<()> {
        let (chance, now) = (Chance::seeded(seed), self.clock.now());
        let mut tx = self.db.begin(Lane::Request).await?;
        let some = |count: usize| (0..count).map(|_| OrganisationId::from_uuid(chance.uuid(now))).collect::<Vec<_>>();
        let (schools, enterprises) = (some(SCHOOLS), some(ENTERPRISES));
        for (kind, organisations) in [("school", &schools), ("enterprise", &enterprises)] {
            for organisation in organisations {
                fact::register_organisation(&mut tx, *organisation, kind, false).await?;
            }
        }
        tx.commit().await?;
        let one = |of: &[OrganisationId]| of[usize::try_from(chance.below(of.len() as u64)).unwrap_or_default()];
        let all: Vec<u32> = (0..students).collect();
        for some in all.chunks(AT_ONCE) {
            let facts = |n: &u32| {
                let person = PersonId::from_uuid(chance.uuid(now));
                facts_of(*n, person, (one(&schools), one(&enterprises)), HIRED + Days::new(chance.below(31)))
            };
            let facts: Vec<Fact> = some.iter().flat_map(facts).collect();
            let mut tx = self.db.begin(Lane::Request).await?;
            fact::lock_people(&mut tx, facts.iter().map(|fact| fact.person)).await?;
            fact::insert(&mut tx, &facts, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn phases(&self) -> anyhow::Result<Vec<Value>> {
        let month: Vec<NaiveDate> = EVE.iter_days().skip(1).take(DAYS).collect();
        let last = month.last().copied().context("a month has days")?;
        Ok(vec![
            self.phase("everything before the month", &[EVE], true).await?,
            self.phase("the month, day by day", &month, false).await?,
            self.phase("the month again", &month, false).await?,
            self.phase("everybody again", &[last], true).await?,
        ])
    }

    /// Runs days one after the other, and says what they came to.
    async fn phase(&self, what: &str, days: &[NaiveDate], everyone: bool) -> anyhow::Result<Value> {
        let (Done { people, accrued, other }, seconds) = self.days(days, everyone).await?;
        let seconds = (seconds * 100.0).round() / 100.0;
        if !self.json {
            println!("{what}: {people} people, {accrued} claims accrued, {other} amended or ended, {seconds} s");
        }
        Ok(json!({"phase": what, "people": people, "accrued": accrued, "other": other, "seconds": seconds}))
    }

    /// What runs of these days came to, and the seconds they took.
    async fn days(&self, days: &[NaiveDate], everyone: bool) -> anyhow::Result<(Done, f64)> {
        let (began, mut sum) = (Instant::now(), Done::default());
        for day in days {
            self.clock.advance((morning(*day) - self.clock.now()).max(TimeDelta::zero()));
            let done = every_page(&self.calls, *day, everyone, |_| ()).await?;
            sum.people += done.people;
            sum.accrued += done.accrued;
            sum.other += done.amended + done.ended;
        }
        Ok((sum, began.elapsed().as_secs_f64()))
    }
}

#[expect(clippy::unwrap_used, reason = "of constants: one that is no day does not build")]
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn morning(on: NaiveDate) -> DateTime<Utc> {
    on.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(1)
}

/// A student's way from the class into work.
fn facts_of(n: u32, person: PersonId, (school, enterprise): (OrganisationId, OrganisationId), hired: NaiveDate) -> Vec<Fact> {
    let fact = |kind, resource: String, version: i64, on: NaiveDate| Fact {
        event_type: "measured".to_owned(),
        subject: format!("enrolments/{n}"),
        organisation: Some(enterprise),
        counterpart: Some(school),
        ..Fact::new(format!("{resource}#{version}"), person, kind, (resource, version), on)
    };
    let enrolment = format!("enrolments/{n}");
    vec![
        Fact { detail: "student".to_owned(), ..fact(FactKind::Registered, format!("people/{n}"), 1, REGISTERED) },
        Fact { end_day: Some(GRADUATED), ..fact(FactKind::Enrolled, enrolment.clone(), 1, ENROLLED) },
        fact(FactKind::Placed, format!("placements/{n}"), 2, PLACED),
        fact(FactKind::Graduated, enrolment, 3, GRADUATED),
        fact(FactKind::Hired, format!("employments/{n}"), 1, hired),
    ]
}
