//! Commands and facts in random sequences, and at the same time, through the real service on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod town;

use kit::rng::Chance;
use proto::directory::v1 as directory;
use proto::subsidy::v1 as pb;
use proto::training::v1 as training;
use testkit::foreign;
use town::{ENTERPRISE, SCHOOL, Town, day, person};

#[tokio::test]
async fn the_tables_stay_sound_under_random_sequences_of_commands_and_facts() {
    for seed in 1..=3 {
        for town in Town::both().await {
            let chance = Chance::seeded(seed);
            let fund = town.fund(900_000).await;
            for n in 1..=8 {
                town.graduate_hired(n).await;
            }
            let mut left = 0;
            for _ in 0..70 {
                town.sandbox.clock.advance(chrono::TimeDelta::seconds(1));
                if left < 8 && chance.below(12) == 0 {
                    left += 1;
                    town.left(left, 3, day(2026, 8, 1)).await;
                }
                step(&town, &chance, &fund).await;
            }
            town.verify().await;
        }
    }
}

/// One command on one claim, as its state allows. A refusal is an answer too.
async fn step(town: &Town, chance: &Chance, fund: &str) {
    let claims = town.claims().await;
    let at = usize::try_from(chance.below(claims.len() as u64)).unwrap();
    let claim = &claims[at];
    let (names, name) = (vec![claim.name.clone()], claim.name.clone());
    let refused = match claim.state() {
        pb::ClaimState::Accrued => {
            town.clerk().batch_submit_claims(pb::BatchSubmitClaimsRequest { names, ..Default::default() }).await.err()
        }
        pb::ClaimState::Submitted => town.bureau().batch_check_claims(pb::BatchCheckClaimsRequest { names }).await.err(),
        pb::ClaimState::Checked if chance.below(5) == 0 => {
            town.bureau().reject_claim(pb::RejectClaimRequest { name, etag: claim.etag.clone(), reason: "no".into() }).await.err()
        }
        pb::ClaimState::Checked => {
            let request = pb::ApproveClaimRequest { name, content_hash: claim.content_hash.clone() };
            town.officer().approve_claim(request).await.err()
        }
        pb::ClaimState::Approved => {
            if let Ok(batch) = town.batch(fund).await {
                let results: Vec<_> = batch.lines.iter().map(|line| (line.claim.as_str(), chance.below(4) > 0, "B")).collect();
                town.settle_batch(&batch.name, &results).await.err()
            } else {
                None
            }
        }
        _ => None,
    };
    if let Some(status) = refused {
        assert_eq!(town::reason(&status), "BUDGET_EXCEEDED", "{status:?}");
    }
}

#[tokio::test]
async fn facts_of_one_person_that_arrive_at_the_same_time_do_not_miss_each_other() {
    for town in Town::both().await {
        let clock = town.sandbox.clock.clone();
        let mut deliveries = Vec::new();
        let registered = directory::OrganisationRegistered {
            organisation: ENTERPRISE.into(),
            kind: directory::OrganisationKind::Enterprise.into(),
            ..Default::default()
        };
        deliveries.push(foreign(&clock, ENTERPRISE, 1, &registered));
        for n in 1..=20 {
            let enrolment = format!("enrolments/00000000-0000-7000-8000-{n:012}");
            let graduated = training::EnrolmentGraduated {
                enrolment: enrolment.clone(),
                student: person(n),
                school: SCHOOL.into(),
                enterprise: ENTERPRISE.into(),
                graduation_date: day(2026, 6, 30),
                ..Default::default()
            };
            deliveries.push(foreign(&clock, &enrolment, 1, &graduated));
            let hired = directory::EmploymentStarted {
                person: person(n),
                employment: format!("employments/00000000-0000-7000-8000-{n:012}"),
                organisation: ENTERPRISE.into(),
                start_date: day(2026, 7, 1),
                ..Default::default()
            };
            deliveries.push(foreign(&clock, &person(n), 1, &hired));
        }
        let at_once: Vec<_> = deliveries
            .into_iter()
            .map(|event| {
                let bus = town.sandbox.bus.clone();
                tokio::spawn(async move {
                    // What could not be applied now is delivered again, as a bus does.
                    while bus.publish(vec![event.clone()]).await.iter().any(Result::is_err) {}
                })
            })
            .collect();
        for delivery in at_once {
            delivery.await.unwrap();
        }
        assert_eq!(town.claims().await.len(), 20, "{}", town.sandbox.test.engine);
        town.verify().await;
    }
}
