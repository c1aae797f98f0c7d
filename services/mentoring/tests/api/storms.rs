//! Much at once, and in any order: whatever happens, everything `talentflow verify` proves still holds.

use crate::offers;
use crate::town::*;
use futures::future::join_all;
use kit::rng::Chance;
use proto::directory::v1 as directory;
use proto::mentoring::v1 as pb;
use proto::training::v1 as training;
use std::collections::BTreeSet;
use testkit::{foreign, sqlite};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rounds_published_at_once_never_give_a_place_twice() {
    let town = Town::crowded().await;
    town.register(vec![academic(1, 3)]).await;
    town.register(vec![enterprise(2, 50)]).await;
    let mut runs = Vec::new();
    for class in 1..=8 {
        town.enrol(class, class * 10..class * 10 + 1).await;
        let round = town.closed(class).await.name;
        runs.push(town.solve(&round).await);
    }
    let tries = runs.iter().map(|run| town.try_publish(run));
    let answers = join_all(tries).await;
    let published = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|status| reason(status) == "PROPOSAL_OUTDATED"));
    assert_eq!((published, answers.len()), (3, 8));
    assert_eq!(town.loads().await[&name("people", 1)], 3);
    town.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_mentor_who_comes_while_a_round_leaves_a_vacancy_does_not_miss_it() {
    let town = Town::crowded().await;
    // One student and one place at a time: a later arrival would make up for one that was missed.
    for n in 1..=40 {
        town.enrol(n, n..n + 1).await;
        let round = town.closed(n).await.name;
        let run = town.solve(&round).await;
        assert_eq!(run.matched_academic, 0);
        let mut bureau = town.bureau();
        let arrive = bureau.batch_create_mentors(pb::BatchCreateMentorsRequest { mentors: vec![academic(n, 1)] });
        let (published, arrived) = tokio::join!(town.try_publish(&run), arrive);
        assert!(published.is_ok() && arrived.is_ok(), "{published:?} {arrived:?}");
        assert_eq!(town.loads().await[&name("people", n)], 1, "the {n}-th mentor stands beside a student who waits");
    }
    town.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn students_and_mentors_who_leave_while_their_round_is_published_leave_nothing_behind() {
    let town = Town::crowded().await;
    let (mut in_time, mut too_late) = (0, 0);
    let mut n = 0;
    while n < 20 || ((in_time == 0 || too_late == 0) && n < 300) {
        n += 1;
        let person = 1000 + n;
        town.register(vec![academic(person, 2)]).await;
        town.enrol(n, 2 * n..2 * n + 2).await;
        let round = town.closed(n).await.name;
        let run = town.solve(&round).await;
        let (published, (), ()) =
            tokio::join!(town.try_publish(&run), town.withdraw(2 * n), town.employed_and_left(person, SCHOOL));
        match published {
            Ok(_) => in_time += 1,
            Err(status) => {
                assert_eq!(reason(&status), "PROPOSAL_OUTDATED");
                too_late += 1;
            }
        }
        town.verify().await;
    }
    assert!(in_time > 0 && too_late > 0, "the two never met: {in_time} in time, {too_late} too late");
}

/// One step of a random history.
async fn step(town: &Town, chance: &Chance, history: &mut History) {
    let pick = |bound: u32| u32::try_from(chance.below(u64::from(bound))).unwrap();
    match pick(18) {
        0 => {
            let capacity = i32::try_from(1 + pick(3)).unwrap();
            history.people += 1;
            let mentor = match pick(3) {
                0 => academic(history.people, capacity),
                1 => enterprise(history.people, capacity),
                _ => pb::Mentor { organisation: MILL.into(), ..enterprise(history.people, capacity) },
            };
            let place = ["", "north", "south"][usize::try_from(pick(3)).unwrap()];
            history.mentors.push((history.people, mentor.organisation.clone()));
            let registered = town.register(vec![pb::Mentor { place: place.into(), ..mentor }]).await.remove(0);
            history.names.push(registered.name);
        }
        1 | 2 => {
            let class = 1 + pick(3);
            let first = history.students + 1;
            history.students += 1 + pick(3);
            history.enrolled.extend(first..=history.students);
            for student in first..=history.students {
                town.person(student).await;
            }
            town.enrol(class, first..history.students + 1).await;
        }
        3 => {
            let class = name("classes", 1 + pick(3));
            let round = pb::Round { class, same_place: pick(2) == 0, objection_days: 5, ..Default::default() };
            let opened = town.dean().create_round(pb::CreateRoundRequest { round: Some(round) }).await;
            history.rounds.extend(opened.map(|round| round.into_inner().name));
            offers::wish(town, chance, history).await;
        }
        4 => {
            if let Some(round) = history.rounds.pop() {
                let close = pb::ClosePreferencesRequest { name: round.clone(), ..Default::default() };
                drop(town.dean().close_preferences(close).await);
                let objective = [pb::Objective::Optimal, pb::Objective::Stable][usize::try_from(pick(2)).unwrap()];
                let run = town.solve_for(&round, objective).await;
                // Sometimes something happens between the dry run and its publication.
                if pick(3) == 0 {
                    Box::pin(step(town, chance, history)).await;
                }
                if town.try_publish(&run).await.is_err() {
                    history.rounds.push(round);
                }
            }
        }
        5 if !history.enrolled.is_empty() => {
            let student =
                history.enrolled.swap_remove(usize::try_from(pick(u32::try_from(history.enrolled.len()).unwrap())).unwrap());
            if pick(2) == 0 { town.withdraw(student).await } else { town.graduate(student).await }
        }
        6 if !history.mentors.is_empty() => {
            let at = usize::try_from(pick(u32::try_from(history.mentors.len()).unwrap())).unwrap();
            let (person, organisation) = history.mentors.swap_remove(at);
            town.employed_and_left(person, &organisation).await;
        }
        other => unrest(town, chance, history, other).await,
    }
}

/// What people say of each other, and mentors who are away or change.
async fn unrest(town: &Town, chance: &Chance, history: &mut History, what: u32) {
    let pick = |bound: u32| u32::try_from(chance.below(u64::from(bound))).unwrap();
    match what {
        // Rankings are often refused: not everybody is on the other side of everybody.
        7 if !history.names.is_empty() && !history.enrolled.is_empty() => {
            if let Some(round) = history.rounds.last() {
                let (student, mentor) = history.somebody(chance);
                let (author, other) = (name("enrolments", student), mentor);
                let (author, other) = if pick(2) == 0 { (author, other) } else { (other, author) };
                let ranking = if pick(3) == 0 {
                    pb::Ranking { author, ranked: vec![other], ..Default::default() }
                } else {
                    pb::Ranking { author, excluded: vec![other], ..Default::default() }
                };
                history.done.rankings += u32::from(town.rank(round, vec![ranking]).await.is_ok());
            }
        }
        8 if !history.names.is_empty() && !history.enrolled.is_empty() => {
            let (student, mentor) = history.somebody(chance);
            let other = if pick(2) == 0 { name("people", 10_000 + student) } else { history.somebody(chance).1 };
            if let Ok(conflict) = town.part(&mentor, &other).await {
                history.conflicts.push(conflict.name);
                history.done.conflicts += 1;
            }
        }
        9 if !history.conflicts.is_empty() => {
            let name = history.conflicts.swap_remove(below(chance, history.conflicts.len()));
            town.bureau().withdraw_conflict(pb::WithdrawConflictRequest { name }).await.unwrap();
        }
        10 => {
            let active = town.pairings(pb::PairingState::Active).await;
            if !active.is_empty() {
                let objection = town.object(&active[below(chance, active.len())].name).await.unwrap();
                town.uphold(&objection.name).await.unwrap();
                history.done.objections += 1;
            }
        }
        11 if !history.names.is_empty() => {
            let mentor = history.names[below(chance, history.names.len())].clone();
            // Refused for who has left, or is on leave already.
            history.done.absences += u32::from(town.suspend(&mentor).await.is_ok());
            if pick(2) == 0 {
                drop(town.resume(&mentor).await);
            }
        }
        12 if !history.mentors.is_empty() => {
            let (person, organisation) = history.mentors[below(chance, history.mentors.len())].clone();
            if history.rotated.insert(person) {
                town.rotates(person, &organisation, 20 * i32::try_from(1 + pick(5)).unwrap()).await;
                history.done.absences += 1;
                if pick(2) == 0 {
                    town.returns(person, &organisation, 0).await;
                }
            }
        }
        13 if !history.names.is_empty() => {
            let mentor = history.names[below(chance, history.names.len())].clone();
            let is = town.mentor(&mentor).await;
            let capacity = i32::try_from(1 + pick(4)).unwrap();
            let chain = if pick(4) == 0 { "steel".to_owned() } else { is.chain.clone() };
            let changed = town.revise(&mentor, pb::Mentor { capacity, chain, ..is }).await;
            history.done.changes += u32::from(changed.is_ok());
        }
        14 => {
            for rematch in town.rematches().await {
                town.approve(&rematch.name).await.unwrap();
                history.done.approvals += 1;
            }
        }
        other => offers::unrest(town, chance, history, other).await,
    }
}

pub fn below(chance: &Chance, bound: usize) -> usize {
    usize::try_from(chance.below(u64::try_from(bound).unwrap())).unwrap()
}

#[derive(Default)]
pub struct History {
    people: u32,
    students: u32,
    mentors: Vec<(u32, String)>,
    pub enrolled: Vec<u32>,
    pub rounds: Vec<String>,
    /// Every mentor there ever was.
    pub names: Vec<String>,
    conflicts: Vec<String>,
    rotated: BTreeSet<u32>,
    /// Every project there ever was.
    pub projects: Vec<String>,
    pub done: Done,
}

/// What was not refused: a history without any proves nothing about it.
#[derive(Debug, Default)]
pub struct Done {
    pub rankings: u32,
    conflicts: u32,
    objections: u32,
    absences: u32,
    changes: u32,
    approvals: u32,
    pub projects: u32,
    pub admissions: u32,
    /// Pairings that were seen on a project.
    on_projects: usize,
}

impl History {
    /// Some student in class, and some mentor.
    fn somebody(&self, chance: &Chance) -> (u32, String) {
        (self.enrolled[below(chance, self.enrolled.len())], self.names[below(chance, self.names.len())].clone())
    }
}

#[tokio::test]
async fn after_every_step_of_a_random_history_everything_that_can_be_proved_holds() {
    let mut done = Done::default();
    for seed in 0..12 {
        let test = if seed % 4 == 0 {
            testkit::postgres(&[mentoring::MIGRATIONS]).await
        } else {
            sqlite(&[mentoring::MIGRATIONS]).await
        };
        // Two students at once wait for approval here, as two is much in so small a town.
        let town = Town::cautious(test, seed).await;
        let (chance, mut history) = (Chance::seeded(seed), History::default());
        for _ in 0..160 {
            step(&town, &chance, &mut history).await;
            town.verify().await;
        }
        done.rankings += history.done.rankings;
        done.conflicts += history.done.conflicts;
        done.objections += history.done.objections;
        done.absences += history.done.absences;
        done.changes += history.done.changes;
        done.approvals += history.done.approvals;
        done.projects += history.done.projects;
        done.admissions += history.done.admissions;
        let pairings = town.pairings(pb::PairingState::Unspecified).await;
        done.on_projects += pairings.iter().filter(|pairing| !pairing.project.is_empty()).count();
    }
    assert!(done.projects > 20 && done.admissions > 20 && done.on_projects > 5, "{done:?}");
    assert!(done.absences > 20 && done.changes > 20 && done.approvals > 5, "{done:?}");
    assert!(done.rankings > 5 && done.conflicts > 20 && done.objections > 20, "{done:?}");
}

#[tokio::test]
async fn the_events_of_students_and_of_mentors_may_come_in_any_order_and_twice() {
    for seed in 0..8 {
        let town = Town::on(sqlite(&[mentoring::MIGRATIONS]).await, seed).await;
        town.register(vec![academic(1, 2), academic(2, 2), academic(3, 1)]).await;
        town.register(vec![enterprise(4, 4)]).await;
        town.enrol(1, 1..5).await;
        town.paired(1).await;
        let clock = &town.sandbox.clock;
        let started = directory::EmploymentStarted {
            person: name("people", 1),
            employment: name("employments", 1),
            organisation: SCHOOL.into(),
            start_date: day(2020, 1, 1),
            post: "teacher".into(),
        };
        let ended = directory::EmploymentEnded {
            person: name("people", 1),
            employment: name("employments", 1),
            organisation: SCHOOL.into(),
            start_date: day(2020, 1, 1),
            end_date: day(2026, 9, 1),
            reason: "resigned".into(),
        };
        let left =
            |n| training::EnrolmentWithdrawn { enrolment: name("enrolments", n), left_on: day(2026, 9, 1), ..Default::default() };
        let mut events = vec![
            foreign(clock, &name("people", 1), 1, &started),
            foreign(clock, &name("people", 1), 2, &ended),
            foreign(clock, &name("enrolments", 1), 2, &left(1)),
            foreign(clock, &name("enrolments", 2), 2, &left(2)),
        ];
        events.extend(events.clone());
        let chance = Chance::seeded(seed);
        for at in (1..events.len()).rev() {
            events.swap(at, usize::try_from(chance.below(u64::try_from(at).unwrap() + 1)).unwrap());
        }
        for event in events {
            town.sandbox.bus.publish(vec![event]).await;
        }
        town.verify().await;
        let active = town.pairings(pb::PairingState::Active).await;
        assert_eq!(active.len(), 4, "two students are left, with two mentors each");
        assert!(town.pairings(pb::PairingState::Vacant).await.is_empty());
        assert_eq!(town.loads().await[&name("people", 1)], 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_recorded_while_its_month_is_confirmed_is_in_it_or_is_refused() {
    let town = Town::crowded().await;
    town.register(vec![academic(1, 40)]).await;
    town.enrol(1, 1..41).await;
    town.paired(1).await;
    let (mut in_it, mut refused) = (0, 0);
    for pairing in town.pairings(pb::PairingState::Active).await {
        let record = || pb::GuidanceRecord {
            pairing: pairing.name.clone(),
            date: day(2026, 9, 1),
            minutes: 30,
            kind: "meeting".into(),
            ..Default::default()
        };
        let batch = |guidance_records| pb::BatchCreateGuidanceRecordsRequest { guidance_records };
        let month = pb::GuidanceMonth { pairing: pairing.name.clone(), month: "2026-09".into(), ..Default::default() };
        town.dean().batch_create_guidance_records(batch(vec![record()])).await.unwrap();
        let (mut dean, mut foreman) = (town.dean(), town.foreman());
        let (recorded, confirmed) = tokio::join!(
            dean.batch_create_guidance_records(batch(vec![record(), record()])),
            foreman.batch_confirm_guidance(pb::BatchConfirmGuidanceRequest { guidance_months: vec![month] }),
        );
        let confirmed = confirmed.unwrap().into_inner().guidance_months.remove(0);
        match recorded {
            Ok(_) => in_it += u32::from(confirmed.records == 3),
            Err(status) => {
                assert_eq!((reason(&status).as_str(), confirmed.records), ("MONTH_CONFIRMED", 1));
                refused += 1;
            }
        }
    }
    assert_eq!(in_it + refused, 40);
    town.verify().await;
}
