//! Rounds that reach further than a class: who opens and sees them, who is in them, and how a large one is published.

use crate::projects::project;
use crate::town::*;
use futures::future::join_all;
use kit::auth::Role;
use kit::db::{Lane, args, statements};
use proto::directory::v1 as directory;
use proto::mentoring::v1 as pb;
use proto::training::v1 as training;
use std::collections::BTreeSet;
use testkit::{foreign, sqlite};
use tonic::{Code, Status};

const OTHER_SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000e";

fn class(n: u32) -> pb::Round {
    pb::Round { class: name("classes", n), ..Default::default() }
}

fn classes(numbers: &[u32]) -> pb::Round {
    pb::Round { classes: numbers.iter().map(|n| name("classes", *n)).collect(), ..Default::default() }
}

fn school(organisation: &str) -> pb::Round {
    pb::Round { school: organisation.into(), ..Default::default() }
}

fn enterprise_s(organisation: &str) -> pb::Round {
    pb::Round { enterprise: organisation.into(), ..Default::default() }
}

fn chain(code: &str) -> pb::Round {
    pb::Round { chain: code.into(), ..Default::default() }
}

fn city() -> pb::Round {
    pb::Round { city: true, ..Default::default() }
}

/// A student of some class, school, enterprise and chain.
fn enrolled(n: u32, class: u32, school: &str, enterprise: &str, chain: &str) -> training::EnrolmentCreated {
    training::EnrolmentCreated {
        enrolment: name("enrolments", n),
        class: name("classes", class),
        order: name("orders", class),
        student: name("people", 10_000 + n),
        school: school.into(),
        enterprise: enterprise.into(),
        chain: chain.into(),
        programme: name("programmes", 1),
        ..Default::default()
    }
}

fn employed(person: &str) -> directory::EmploymentStarted {
    directory::EmploymentStarted {
        person: person.to_owned(),
        employment: person.replace("people", "employments"),
        organisation: SCHOOL.into(),
        start_date: day(2020, 1, 1),
        post: "teacher".into(),
    }
}

fn left(person: &str) -> directory::EmploymentEnded {
    directory::EmploymentEnded {
        person: person.to_owned(),
        employment: person.replace("people", "employments"),
        organisation: SCHOOL.into(),
        start_date: day(2020, 1, 1),
        end_date: day(2026, 9, 1),
        reason: "resigned".into(),
    }
}

fn left_class(n: u32) -> training::EnrolmentWithdrawn {
    training::EnrolmentWithdrawn { enrolment: name("enrolments", n), left_on: day(2026, 9, 1), ..Default::default() }
}

impl Town {
    /// What `talentflow verify` would prove in the middle of things, with steps still to take.
    async fn sound(&self) {
        for finding in kit::verify::verify(&self.sandbox.test.db, mentoring::CHECKS).await.unwrap() {
            assert!(finding.broken.is_empty(), "{} on {}: {:?}", finding.check.name, self.sandbox.test.engine, finding.broken);
        }
    }

    async fn enrol_all(&self, events: impl IntoIterator<Item = training::EnrolmentCreated>) {
        let events: Vec<_> =
            events.into_iter().map(|event| foreign(&self.sandbox.clock, &event.enrolment.clone(), 1, &event)).collect();
        for some in events.chunks(500) {
            for delivered in self.sandbox.bus.publish(some.to_vec()).await {
                delivered.unwrap();
            }
        }
    }

    /// Classes 1 and 2 of the school with the factory, 3 of the school with the mill, 4 of another school with the
    /// factory; two students each.
    async fn four_classes(&self) {
        let of_class = |class: u32, school: &'static str, enterprise: &'static str, chain: &'static str| {
            (0..2).map(move |n| enrolled(10 * class + n, class, school, enterprise, chain))
        };
        self.enrol_all(of_class(1, SCHOOL, FACTORY, CHAIN)).await;
        self.enrol_all(of_class(2, SCHOOL, FACTORY, CHAIN)).await;
        self.enrol_all(of_class(3, SCHOOL, MILL, "steel")).await;
        self.enrol_all(of_class(4, OTHER_SCHOOL, FACTORY, CHAIN)).await;
    }

    async fn opened_by_bureau(&self, round: pb::Round) -> Result<pb::Round, Status> {
        self.bureau().create_round(pb::CreateRoundRequest { round: Some(round) }).await.map(tonic::Response::into_inner)
    }

    async fn opened_by_dean(&self, round: pb::Round) -> Result<pb::Round, Status> {
        self.dean().create_round(pb::CreateRoundRequest { round: Some(round) }).await.map(tonic::Response::into_inner)
    }

    async fn closed_and_solved(&self, round: &str) -> pb::Run {
        let close = pb::ClosePreferencesRequest { name: round.into(), ..Default::default() };
        self.bureau().close_preferences(close).await.unwrap();
        let solve = pb::SolveRoundRequest { name: round.into(), ..Default::default() };
        self.bureau().solve_round(solve).await.unwrap().into_inner()
    }

    async fn published(&self, run: &pb::Run) -> Result<pb::Round, Status> {
        let request = pb::PublishRoundRequest { name: run.round.clone(), run: run.name.clone(), ..Default::default() };
        self.bureau().publish_round(request).await.map(tonic::Response::into_inner)
    }

    async fn round(&self, round: &str) -> pb::Round {
        self.bureau().get_round(pb::GetRoundRequest { name: round.into() }).await.unwrap().into_inner()
    }

    async fn count(&self, sql: kit::db::Sql) -> i64 {
        let mut tx = self.sandbox.test.db.read(Lane::Background).await.unwrap();
        let (count,): (i64,) = tx.fetch_one(sql, args![]).await.unwrap();
        tx.rollback().await.unwrap();
        count
    }

    async fn change(&self, sql: kit::db::Sql) {
        let mut tx = self.sandbox.test.db.begin(Lane::Background).await.unwrap();
        tx.execute(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A city of so many students, in classes of fifty, with places for all; its round is solved.
    async fn crowd(&self, students: u32) -> pb::Run {
        let mentors = students.div_ceil(40) + 2;
        self.register((1..=mentors).map(|n| academic(n, 45)).collect()).await;
        self.register((1001..=1000 + mentors).map(|n| enterprise(n, 45)).collect()).await;
        self.enrol_all((1..=students).map(|n| enrolled(n, n / 50 + 1, SCHOOL, FACTORY, CHAIN))).await;
        let round = self.opened_by_bureau(city()).await.unwrap();
        assert_eq!(round.students, i32::try_from(students).unwrap());
        let run = self.closed_and_solved(&round.name).await;
        assert_eq!(
            (run.students, run.matched_academic, run.matched_enterprise),
            (round.students, round.students, round.students)
        );
        run
    }
}

statements! {
    PAIRINGS = "SELECT CAST(count(*) AS BIGINT) FROM v_pairing WHERE state <> 'ended'";
    CREATED = "SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE kind = 'talentflow.mentoring.pairing.created.v1'";
    PUBLISHED = "SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE kind = 'talentflow.mentoring.round.published.v1'";
    ON_PROJECTS = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_pairing WHERE state = 'active' AND project_id IS NOT NULL";
    AT_FACTORY = "SELECT CAST(count(*) AS BIGINT) FROM mentoring_pairing WHERE state = 'active' AND side = 'enterprise'";
    PLUG = {
        postgres: "CREATE FUNCTION plug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the plug is pulled'; END $$",
        sqlite: "SELECT 1",
        reason: "a trigger of PostgreSQL calls a function",
    };
    /// The 1,500th student is in the second batch.
    PULL = {
        postgres: "CREATE TRIGGER pulled BEFORE INSERT ON mentoring_pairing FOR EACH ROW WHEN (NEW.enrolment_id = '00000000-0000-7000-8000-0000000005dc') EXECUTE FUNCTION plug()",
        sqlite: "CREATE TRIGGER pulled BEFORE INSERT ON mentoring_pairing WHEN NEW.enrolment_id = '00000000-0000-7000-8000-0000000005dc' BEGIN SELECT RAISE(ABORT, 'the plug is pulled'); END",
        reason: "each engine has its own triggers",
    };
    PLUG_IN = {
        postgres: "DROP TRIGGER pulled ON mentoring_pairing",
        sqlite: "DROP TRIGGER pulled",
        reason: "each engine has its own triggers",
    };
}

#[tokio::test]
async fn a_round_is_of_a_class_of_several_or_of_everybody_who_waits_in_a_school_an_enterprise_a_chain_or_the_city() {
    for reach in [class(1), classes(&[1, 3]), school(SCHOOL), enterprise_s(FACTORY), chain(CHAIN), city()] {
        let town = Town::on(sqlite(&[mentoring::MIGRATIONS]).await, 42).await;
        town.four_classes().await;
        let expected = match (&reach.class, reach.classes.len()) {
            (class, _) if !class.is_empty() => 2,
            (_, 2) => 4,
            _ if reach.city => 8,
            _ => 6,
        };
        let opened = town.opened_by_bureau(reach.clone()).await.unwrap();
        assert_eq!((opened.students, opened.candidates), (expected, 30));
        let said = pb::Round { class: opened.class.clone(), classes: opened.classes.clone(), ..Default::default() };
        let said = pb::Round {
            school: opened.school.clone(),
            enterprise: opened.enterprise.clone(),
            chain: opened.chain.clone(),
            ..said
        };
        assert_eq!(pb::Round { city: opened.city, ..said }, reach, "it says what it was opened for");
        let run = town.closed_and_solved(&opened.name).await;
        let published = town.published(&run).await.unwrap();
        assert_eq!((published.state(), published.students), (pb::RoundState::Published, expected));
        assert_eq!(town.count(PAIRINGS).await, i64::from(expected) * 2);
        town.verify().await;
    }
}

#[tokio::test]
async fn what_a_round_reaches_is_said_and_said_once() {
    for town in Town::both().await {
        town.four_classes().await;
        let both = pb::Round { school: SCHOOL.into(), ..class(1) };
        let wrong = [
            (pb::Round::default(), "REQUIRED", "round.class"),
            (both, "SEVERAL_REACHES", "round.school"),
            (pb::Round { city: true, ..chain(CHAIN) }, "SEVERAL_REACHES", "round.city"),
            (classes(&[1, 2, 1]), "NAMED_TWICE", "round.classes[2]"),
            (pb::Round { classes: vec!["class".into()], ..Default::default() }, "RESOURCE_NAME", "round.classes[0]"),
            (school("school"), "RESOURCE_NAME", "round.school"),
            (enterprise_s("mill"), "RESOURCE_NAME", "round.enterprise"),
            (chain(&"x".repeat(65)), "TOO_LONG", "round.chain"),
            (pb::Round { candidates: 201, ..city() }, "OUT_OF_RANGE", "round.candidates"),
        ];
        for (round, why, on) in wrong {
            let status = town.opened_by_bureau(round).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        for (empty, on) in [(chain("rubber"), "round.chain"), (enterprise_s(STRANGER), "round.enterprise")] {
            refused(&town.opened_by_bureau(empty).await.unwrap_err(), "NOBODY_WAITS", on);
        }
    }
}

#[tokio::test]
async fn a_school_opens_rounds_of_its_own_students_and_the_bureau_those_that_reach_further() {
    for town in Town::both().await {
        town.four_classes().await;
        for (wide, on) in [(enterprise_s(FACTORY), "round.enterprise"), (chain(CHAIN), "round.chain"), (city(), "round.city")] {
            refused(&town.opened_by_dean(wide).await.unwrap_err(), "BUREAU_ONLY", on);
        }
        let foreign = town.opened_by_dean(school(OTHER_SCHOOL)).await.unwrap_err();
        assert_eq!((foreign.code(), field(&foreign).as_str()), (Code::NotFound, "round.school"));
        for unknown in [classes(&[1, 4]), classes(&[1, 9])] {
            let status = town.opened_by_dean(unknown).await.unwrap_err();
            assert_eq!((status.code(), field(&status).as_str()), (Code::NotFound, "round.classes[1]"), "not yours, or not there");
        }
        let own = town.opened_by_dean(school(SCHOOL)).await.unwrap();
        let run = {
            town.close(&own.name).await;
            town.solve(&own.name).await
        };
        assert_eq!((own.students, run.students), (6, 6));
        town.try_publish(&run).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn who_has_students_in_a_wide_round_knows_of_it_but_not_what_is_proposed_to_others() {
    for town in Town::both().await {
        town.four_classes().await;
        let round = town.opened_by_bureau(chain(CHAIN)).await.unwrap().name;
        let run = town.closed_and_solved(&round).await;
        let members = [(SCHOOL, Role::School), (OTHER_SCHOOL, Role::School), (FACTORY, Role::Enterprise)];
        for (organisation, role) in members {
            let mut clerk = town.who("clerk", organisation, role);
            let seen = clerk.get_round(pb::GetRoundRequest { name: round.clone() }).await.unwrap().into_inner();
            assert_eq!(seen.students, 6);
            let listed = clerk.list_rounds(pb::ListRoundsRequest::default()).await.unwrap().into_inner().rounds;
            assert_eq!(listed, std::slice::from_ref(&seen));
            let of_class = pb::ListRoundsRequest { class: name("classes", 4), ..Default::default() };
            assert_eq!(clerk.list_rounds(of_class).await.unwrap().into_inner().rounds, [seen]);
            let read = clerk.get_run(pb::GetRunRequest { name: run.name.clone() }).await.unwrap_err();
            assert_eq!(read.code(), Code::NotFound);
            let proposals = pb::ListProposalsRequest { parent: run.name.clone(), ..Default::default() };
            assert_eq!(clerk.list_proposals(proposals).await.unwrap_err().code(), Code::NotFound);
        }
        let publish = pb::PublishRoundRequest { name: round.clone(), run: run.name.clone(), ..Default::default() };
        assert_eq!(town.dean().publish_round(publish).await.unwrap_err().code(), Code::NotFound);
        let mut outside = town.who("clerk", MILL, Role::Enterprise);
        assert_eq!(outside.get_round(pb::GetRoundRequest { name: round }).await.unwrap_err().code(), Code::NotFound);
        assert!(outside.list_rounds(pb::ListRoundsRequest::default()).await.unwrap().into_inner().rounds.is_empty());
    }
}

#[tokio::test]
async fn a_student_is_in_one_unfinished_round_at_most() {
    for town in Town::both().await {
        town.four_classes().await;
        let first = town.opened_by_bureau(class(1)).await.unwrap().name;
        let wide = [
            (class(1), "round.class"),
            (classes(&[2, 1]), "round.classes"),
            (school(SCHOOL), "round.school"),
            (enterprise_s(FACTORY), "round.enterprise"),
            (chain(CHAIN), "round.chain"),
            (city(), "round.city"),
        ];
        for (round, on) in wide {
            let status = town.opened_by_bureau(round).await.unwrap_err();
            refused(&status, "ROUND_OPEN", on);
            assert!(status.message().contains(&first));
        }
        let beside = town.opened_by_bureau(classes(&[2, 3])).await.unwrap();
        assert_eq!(beside.students, 4, "others are free to be in one");
        let run = town.closed_and_solved(&first).await;
        town.published(&run).await.unwrap();
        let run = town.closed_and_solved(&beside.name).await;
        town.published(&run).await.unwrap();
        assert_eq!(town.opened_by_bureau(city()).await.unwrap().students, 2, "whoever was in no round yet");
        town.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_rounds_opened_at_once_for_the_same_students_one_gets_them() {
    let town = Town::crowded().await;
    for turn in 1..=10 {
        town.enrol_all((0..20).map(|n| enrolled(100 * turn + n, turn * 2 + n % 2, SCHOOL, FACTORY, CHAIN))).await;
        let rounds = [
            city(),
            school(SCHOOL),
            chain(CHAIN),
            enterprise_s(FACTORY),
            classes(&[turn * 2, turn * 2 + 1]),
            classes(&[turn * 2 + 1, turn * 2]),
        ];
        let answers = join_all(rounds.into_iter().map(|round| town.opened_by_bureau(round))).await;
        let mut opened = answers.iter().filter_map(|answer| answer.as_ref().ok());
        let one = opened.next().unwrap();
        assert_eq!((one.students, opened.count()), (20, 0));
        for status in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(status), "ROUND_OPEN", "{status:?}");
        }
        let run = town.closed_and_solved(&one.name).await;
        town.published(&run).await.unwrap();
        town.verify().await;
    }
}

#[tokio::test]
async fn whoever_waits_until_the_closing_takes_part_and_later_ones_have_a_round_of_their_own() {
    for town in Town::both().await {
        let student = |n| enrolled(n, 1, SCHOOL, FACTORY, CHAIN);
        town.enrol_all([student(1)]).await;
        let mentor = town.register(vec![academic(1, 9)]).await.remove(0).name;
        let round = town.opened_by_bureau(school(SCHOOL)).await.unwrap();
        town.enrol_all([student(2)]).await;
        let ranking = pb::Ranking { author: name("enrolments", 2), ranked: vec![mentor], ..Default::default() };
        town.rank(&round.name, vec![ranking]).await.unwrap();
        town.enrol_all([student(3)]).await;
        assert_eq!(town.close(&round.name).await.students, 3);
        town.enrol_all([student(4)]).await;
        let run = town.solve(&round.name).await;
        assert_eq!(run.students, 3);
        assert_eq!(town.try_publish(&run).await.unwrap().students, 3);
        assert_eq!(town.opened_by_bureau(class(1)).await.unwrap().students, 1);
        town.verify().await;
    }
}

#[tokio::test]
async fn a_command_that_thinks_is_carried_out_once_under_its_key() {
    for town in Town::both().await {
        town.enrol_all([enrolled(1, 1, SCHOOL, FACTORY, CHAIN)]).await;
        let round = town.closed(1).await.name;
        let keyed = |round: &str, objective: pb::Objective| {
            let solve = pb::SolveRoundRequest { name: round.into(), objective: objective.into(), ..Default::default() };
            let mut request = tonic::Request::new(solve);
            request.metadata_mut().insert("idempotency-key", "the same".parse().unwrap());
            request
        };
        let first = town.dean().solve_round(keyed(&round, pb::Objective::Optimal)).await.unwrap().into_inner();
        let again = town.dean().solve_round(keyed(&round, pb::Objective::Optimal)).await.unwrap().into_inner();
        assert_eq!(first, again);
        let other = town.dean().solve_round(keyed(&round, pb::Objective::Stable)).await.unwrap_err();
        assert_eq!(reason(&other), "IDEMPOTENCY_KEY_REUSED");
        let runs = pb::ListRunsRequest { round, ..Default::default() };
        assert_eq!(town.dean().list_runs(runs).await.unwrap().into_inner().runs, [first]);
    }
}

#[tokio::test]
async fn a_round_whose_publishing_is_cut_off_between_batches_goes_on_after_the_restart_and_makes_nothing_twice() {
    for town in Town::both().await {
        let run = town.crowd(2_300).await;
        town.change(PLUG).await;
        town.change(PULL).await;
        let decided = town.published(&run).await.unwrap();
        assert_eq!((decided.state(), decided.students), (pb::RoundState::Publishing, 0));
        // What is decided is decided for all: the places are taken, and nobody sees a pairing yet.
        assert_eq!(town.loads().await.values().sum::<i32>(), 4_600);
        assert_eq!(town.count(PAIRINGS).await, 0);

        let mut fired = 0;
        while fired < 2 {
            let cut_off = town.sandbox.runtime.finish().await.unwrap_err();
            assert!(format!("{cut_off:?}").contains("the plug is pulled"), "{cut_off:?}");
            fired += 1;
            assert_eq!(town.count(PAIRINGS).await, 2_000, "the first batch stays, of the second there is nothing");
            let half = town.round(&run.round).await;
            assert_eq!((half.state(), half.students, half.matched_academic), (pb::RoundState::Publishing, 1_000, 1_000));
        }
        assert_eq!(town.count(PUBLISHED).await, 0);
        town.sound().await;

        // The process ends; another one starts on what it left.
        town.change(PLUG_IN).await;
        let restarted = Town::on(town.sandbox.test, 43).await;
        restarted.sandbox.settle().await;
        assert_eq!(restarted.sandbox.runtime.finish().await.unwrap(), 0, "nothing is left to do");
        let published = restarted.round(&run.round).await;
        assert_eq!((published.state(), published.students), (pb::RoundState::Published, 2_300));
        assert_eq!((published.matched_academic, published.matched_enterprise), (2_300, 2_300));
        assert_eq!((published.total_fit, &published.run), (run.total_fit, &run.name));
        assert_eq!((restarted.count(PAIRINGS).await, restarted.count(CREATED).await), (4_600, 4_600));
        assert_eq!(restarted.count(PUBLISHED).await, 1);
        restarted.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_starts_and_a_publication_said_again_both_go_on_by_themselves() {
    for town in Town::both().await {
        let run = town.crowd(1_100).await;
        town.sandbox.runtime.start();
        assert_eq!(town.published(&run).await.unwrap().state(), pb::RoundState::Publishing);
        drop(town.published(&run).await);
        let done = async {
            while town.round(&run.round).await.state() != pb::RoundState::Published {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), done).await.unwrap();
        town.verify().await;
        assert_eq!((town.count(PAIRINGS).await, town.count(PUBLISHED).await), (2_200, 1));
    }
}

#[tokio::test]
async fn while_a_round_is_being_published_nothing_else_is_done_with_it() {
    for town in Town::both().await {
        let run = town.crowd(1_001).await;
        let solve = pb::SolveRoundRequest { name: run.round.clone(), ..Default::default() };
        let other = town.bureau().solve_round(solve.clone()).await.unwrap().into_inner();
        town.published(&run).await.unwrap();
        let again = town.published(&run).await.unwrap();
        assert_eq!(again.state(), pb::RoundState::Publishing, "said again, it goes on");
        refused(&town.published(&other).await.unwrap_err(), "BEING_PUBLISHED", &run.round);
        refused(&town.bureau().solve_round(solve).await.unwrap_err(), "BEING_PUBLISHED", &run.round);
        let finalize = pb::FinalizeRoundRequest { name: run.round.clone(), ..Default::default() };
        refused(&town.bureau().finalize_round(finalize).await.unwrap_err(), "NOT_PUBLISHED", &run.round);
        refused(&town.opened_by_bureau(city()).await.unwrap_err(), "ROUND_OPEN", "round.city");
        town.verify().await;
        refused(&town.published(&run).await.unwrap_err(), "ALREADY_PUBLISHED", &run.round);
    }
}

#[tokio::test]
async fn a_large_run_that_something_has_overtaken_is_refused_as_a_whole() {
    for town in Town::both().await {
        let run = town.crowd(1_001).await;
        let mut bureau = town.bureau();
        let request = pb::ListProposalsRequest { parent: run.name.clone(), page_size: 1, ..Default::default() };
        let proposal = bureau.list_proposals(request).await.unwrap().into_inner().proposals.remove(0);
        let known = directory::PersonRegistered { person: proposal.student.clone(), ..Default::default() };
        town.sandbox.arrive(&proposal.student, 1, &known).await;
        let conflict = town.part(&proposal.mentor, &proposal.student).await.unwrap().name;
        refused(&town.published(&run).await.unwrap_err(), "PROPOSAL_OUTDATED", &run.round);
        town.bureau().withdraw_conflict(pb::WithdrawConflictRequest { name: conflict }).await.unwrap();

        let gone = town.suspend(&proposal.mentor).await.unwrap();
        refused(&town.published(&run).await.unwrap_err(), "PROPOSAL_OUTDATED", &run.round);
        town.resume(&gone.name).await.unwrap();

        town.withdraw(1).await;
        refused(&town.published(&run).await.unwrap_err(), "PROPOSAL_OUTDATED", &run.round);
        assert_eq!((town.loads().await.values().sum::<i32>(), town.count(PAIRINGS).await), (0, 0), "nothing was taken");
        let solve = pb::SolveRoundRequest { name: run.round.clone(), ..Default::default() };
        let run = town.bureau().solve_round(solve).await.unwrap().into_inner();
        assert_eq!(run.students, 1_000);
        assert_eq!(town.published(&run).await.unwrap().state(), pb::RoundState::Published, "that many go in one transaction");
        town.verify().await;
    }
}

#[tokio::test]
async fn who_leaves_or_goes_while_their_round_is_being_published_is_paired_first_and_nothing_is_left_behind() {
    for town in Town::both().await {
        let run = town.crowd(2_100).await;
        town.published(&run).await.unwrap();
        // Before the first batch: mentors shrink, take leave and go, and the last student of all leaves.
        let request = pb::ListMentorsRequest { page_size: 1000, ..Default::default() };
        let mentors = town.bureau().list_mentors(request).await.unwrap().into_inner().mentors;
        let busy = |side| mentors.iter().filter(move |mentor| mentor.side() == side && mentor.load > 30);
        let (fewer, away) = (busy(pb::Side::Enterprise).next().unwrap(), busy(pb::Side::Enterprise).nth(1).unwrap());
        let goes = &busy(pb::Side::Academic).next().unwrap().person;
        town.revise(&fewer.name, pb::Mentor { capacity: 3, ..fewer.clone() }).await.unwrap();
        town.suspend(&away.name).await.unwrap();
        let (started, ended, withdrawn) = (employed(goes), left(goes), left_class(2_100));
        let clock = &town.sandbox.clock;
        let events = vec![
            foreign(clock, goes, 1, &started),
            foreign(clock, goes, 2, &ended),
            foreign(clock, &name("enrolments", 2_100), 2, &withdrawn),
        ];
        for delivered in town.sandbox.bus.publish(events).await {
            delivered.unwrap();
        }
        let early = town.round(&run.round).await;
        assert_eq!(early.state(), pb::RoundState::Publishing);
        assert!((60..200).contains(&early.students), "{} students of three mentors, and one more", early.students);
        town.sound().await;
        let moved: BTreeSet<String> = town.rematches().await.into_iter().map(|rematch| rematch.mentor).collect();
        assert_eq!(moved.len(), 3, "more than twenty students each wait for approval");
        for rematch in town.rematches().await {
            town.approve(&rematch.name).await.unwrap();
        }
        town.sound().await;
        town.verify().await;
        let published = town.round(&run.round).await;
        assert_eq!((published.state(), published.students), (pb::RoundState::Published, 2_100));
        assert_eq!(town.count(PAIRINGS).await, 2 * 2_099);
        assert_eq!(town.count(PUBLISHED).await, 1);
    }
}

#[tokio::test]
async fn a_project_and_a_quota_hold_in_a_wide_round_that_is_published_in_batches() {
    let town = Town::on(sqlite(&[mentoring::MIGRATIONS]).await, 42).await;
    let mentors = town.register((1..=30).map(|n| academic(n, 45)).collect()).await;
    town.register((1001..=1030).map(|n| enterprise(n, 45)).collect()).await;
    let spinning = town.offer(vec![project(&mentors[0].name, 2)]).await.unwrap().remove(0).name;
    town.enrol_all((1..=1_100).map(|n| enrolled(n, n / 50 + 1, SCHOOL, FACTORY, CHAIN))).await;
    let round = town.opened_by_bureau(city()).await.unwrap().name;
    // Four want the project, of the first batch and of the last; the factory takes fewer than there are.
    let wish = |n| pb::Ranking { author: name("enrolments", n), ranked: vec![spinning.clone()], ..Default::default() };
    town.rank(&round, [1, 2, 1_099, 1_100].map(wish).to_vec()).await.unwrap();
    let factory = pb::Admission { organisation: FACTORY.into(), quota: Some(1_060), ..Default::default() };
    town.admit(&round, factory).await.unwrap();
    let run = town.closed_and_solved(&round).await;
    assert_eq!((run.matched_academic, run.matched_enterprise, run.proof()), (1_100, 1_060, pb::Proof::Certified));

    // A vacancy of the first batch finds mentors with free places, and the quota kept for the second one.
    assert_eq!(town.published(&run).await.unwrap().state(), pb::RoundState::Publishing);
    town.withdraw(1_050).await;
    town.sound().await;
    town.verify().await;
    let published = town.round(&round).await;
    assert_eq!((published.state(), published.matched_academic), (pb::RoundState::Published, 1_100));
    let project = town.bureau().get_project(pb::GetProjectRequest { name: spinning }).await.unwrap().into_inner();
    assert_eq!((project.load, town.count(ON_PROJECTS).await), (2, 2));
    assert_eq!(town.count(AT_FACTORY).await, 1_060, "whom the quota held back has the place of who left");
}
