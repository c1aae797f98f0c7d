//! How long a month's accrual of a whole city takes, on a database made for it:
//!
//! `cargo run --release -p subsidy --example accrual -- postgres://…/empty 131915`
//!
//! Every student has gone through an order class and was hired; six schemes judge each of them (hiring and class
//! subsidies as shipped, and four of the schemes of the tests). First the whole city is brought up to the eve of the
//! month in which the ninetieth days fall; then each day of that month is run, then each again, then everybody again.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot be set up should stop")]

use chrono::{DateTime, Days, NaiveDate, Utc};
use kit::clock::Clock;
use kit::config::DatabaseConfig;
use kit::db::{Db, Lane, migrate};
use kit::id::Id;
use kit::rng::Chance;
use kit::wire::date;
use kit::{Calls, Context};
use proto::subsidy::v1::{RunAccrualRequest, RunAccrualResponse};
use std::sync::Arc;
use std::time::Instant;
use subsidy::app::run_accrual;
use subsidy::domain::{Fact, FactKind, OrganisationId, PersonId, Schemes};
use subsidy::store::fact;
use uuid::Uuid;

const OWN: [(&str, &str); 4] = [
    ("staged-hire.toml", include_str!("../tests/schemes/staged-hire.toml")),
    ("keep-hire.toml", include_str!("../tests/schemes/keep-hire.toml")),
    ("apprentice.toml", include_str!("../tests/schemes/apprentice.toml")),
    ("class.toml", include_str!("../tests/schemes/class.toml")),
];
const ENTERPRISES: u64 = 496;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn morning(on: NaiveDate) -> DateTime<Utc> {
    on.and_hms_opt(1, 0, 0).unwrap().and_utc()
}

fn organisation(n: u64) -> OrganisationId {
    OrganisationId::from_uuid(Uuid::from_u128(0x0a00 + u128::from(n)))
}

/// A student's way from the class into work, from the seed.
fn facts_of(n: u64, chance: &Chance) -> Vec<Fact> {
    let person = PersonId::from_uuid(Uuid::from_u128(0x7000_0000_0000 + u128::from(n)));
    let (school, enterprise) = (organisation(chance.below(7)), organisation(100 + chance.below(ENTERPRISES)));
    let hired = day(2027, 7, 1) + Days::new(chance.below(31));
    let fact = |kind, resource: String, version: i64, on: NaiveDate| Fact {
        key: format!("{resource}#{version}"),
        person,
        kind,
        resource,
        version,
        event_type: "measured".to_owned(),
        subject: format!("enrolments/{n}"),
        day: on,
        end_day: None,
        organisation: Some(enterprise),
        counterpart: Some(school),
        other_person: None,
        quantity: 0,
        share_percent: 100,
        detail: String::new(),
        withdrawn: false,
        organisation_kind: String::new(),
        counterpart_kind: String::new(),
    };
    let enrolment = format!("enrolments/{n}");
    vec![
        Fact { detail: "student".to_owned(), ..fact(FactKind::Registered, format!("people/{n}"), 1, day(2026, 1, 1)) },
        Fact { end_day: Some(day(2027, 6, 20)), ..fact(FactKind::Enrolled, enrolment.clone(), 1, day(2027, 1, 4)) },
        fact(FactKind::Placed, format!("placements/{n}"), 2, day(2027, 3, 1)),
        fact(FactKind::Graduated, enrolment, 3, day(2027, 6, 20)),
        fact(FactKind::Hired, format!("employments/{n}"), 1, hired),
    ]
}

async fn load(db: &Db, people: u64, now: DateTime<Utc>) {
    let chance = Chance::seeded(42);
    let mut tx = db.begin(Lane::Request).await.unwrap();
    for n in (0..7).chain(100..100 + ENTERPRISES) {
        let kind = if n < 7 { "school" } else { "enterprise" };
        fact::register_organisation(&mut tx, organisation(n), kind, false).await.unwrap();
    }
    tx.commit().await.unwrap();
    let all: Vec<u64> = (0..people).collect();
    for some in all.chunks(2000) {
        let facts: Vec<Fact> = some.iter().flat_map(|n| facts_of(*n, &chance)).collect();
        let mut tx = db.begin(Lane::Request).await.unwrap();
        fact::lock_people(&mut tx, facts.iter().map(|fact| fact.person)).await.unwrap();
        fact::insert(&mut tx, &facts, now).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Pages until there are no more; answers people, claims made, and everything else that was done.
async fn run(calls: &Calls, through: NaiveDate, everyone: bool) -> (i32, i32, i32) {
    let (mut sum, mut page_token) = ((0, 0, 0), String::new());
    loop {
        let request = RunAccrualRequest { through: Some(date(through)), everyone, page_size: 1000, page_token };
        let done: RunAccrualResponse = calls.run_as_service("RunAccrual", request, run_accrual).await.unwrap();
        sum = (sum.0 + done.people, sum.1 + done.accrued, sum.2 + done.amended + done.ended);
        page_token = done.next_page_token;
        if page_token.is_empty() {
            return sum;
        }
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "sqlite:accrual.db".to_owned());
    let people: u64 = arguments.next().map_or(131_915, |count| count.parse().unwrap());
    let db = Db::open(&DatabaseConfig { url: url.as_str().into(), ..DatabaseConfig::default() }).await.unwrap();
    let clock = Clock::manual(morning(day(2027, 9, 27)));
    migrate(&db, &[subsidy::MIGRATIONS], clock.now()).await.unwrap();
    load(&db, people, clock.now()).await;
    let schemes = Schemes::with_own(OWN).unwrap();
    let context = Context::new("subsidy", db, clock.clone(), &Chance::seeded(7)).with_decided(Some(Arc::new(schemes)));
    let calls = Calls::new(context);

    // The first ninetieth day is that of a hire on 1 July: 28 September.
    let told = |what: &str, begun: Instant, (people, claims, other): (i32, i32, i32)| {
        let seconds = begun.elapsed().as_secs_f64();
        println!("{{\"what\":\"{what}\",\"people\":{people},\"accrued\":{claims},\"other\":{other},\"seconds\":{seconds:.2}}}");
    };
    let begun = Instant::now();
    told("everything before the month", begun, run(&calls, day(2027, 9, 27), true).await);
    let days: Vec<NaiveDate> = day(2027, 9, 28).iter_days().take(31).collect();
    for what in ["the month, day by day", "the month again"] {
        let (begun, mut sum) = (Instant::now(), (0, 0, 0));
        for on in &days {
            clock.advance((morning(*on) - clock.now()).max(chrono::TimeDelta::zero()));
            let done = run(&calls, *on, false).await;
            sum = (sum.0 + done.0, sum.1 + done.1, sum.2 + done.2);
        }
        told(what, begun, sum);
    }
    let begun = Instant::now();
    told("everybody again", begun, run(&calls, days[30], true).await);
}
