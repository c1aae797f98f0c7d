//! Terms, what mentors take in each, and when: places follow as the days go by.

use crate::town::*;
use kit::auth::Role;
use kit::rng::Chance;
use proto::google::r#type::Date;
use proto::mentoring::v1 as pb;
use tonic::Code;

fn term(code: &str, start_date: Option<Date>, end_date: Option<Date>) -> pb::Term {
    pb::Term { code: code.into(), start_date, end_date, ..Default::default() }
}

/// Two terms without a gap, the first one from today.
async fn year(town: &Town) -> (String, String) {
    let autumn = town.term(term("2026-autumn", day(2026, 9, 1), day(2027, 2, 1))).await.unwrap();
    let spring = town.term(term("2027-spring", day(2027, 2, 1), day(2027, 7, 15))).await.unwrap();
    (autumn.name, spring.name)
}

fn takes(capacities: &[(&str, i32)]) -> pb::Timetable {
    let one = |(term, capacity): &(&str, i32)| pb::TermCapacity { term: (*term).to_owned(), capacity: *capacity };
    pb::Timetable { capacities: capacities.iter().map(one).collect(), ..Default::default() }
}

fn window(start_date: Option<Date>, end_date: Option<Date>) -> pb::Timetable {
    pb::Timetable { windows: vec![pb::Window { start_date, end_date }], ..Default::default() }
}

async fn refresh(town: &Town) -> i32 {
    town.bureau().refresh_mentors(pb::RefreshMentorsRequest {}).await.unwrap().into_inner().mentors
}

fn days(n: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::days(n)
}

#[tokio::test]
async fn terms_have_codes_of_their_own_and_no_day_in_common() {
    for town in Town::both().await {
        year(&town).await;
        let again = town.term(term("2026-autumn", day(2026, 9, 1), day(2027, 2, 1))).await.unwrap_err();
        refused(&again, "TERM_EXISTS", "term.code");
        let elsewhere = town.term(term("2026-autumn", day(2028, 9, 1), day(2029, 2, 1))).await.unwrap_err();
        refused(&elsewhere, "TERM_EXISTS", "term.code");
        let meeting = town.term(term("2027-summer", day(2027, 7, 14), day(2027, 9, 1))).await.unwrap_err();
        refused(&meeting, "TERMS_OVERLAP", "term.start_date");
        let late = pb::Term { evaluation_date: day(2027, 9, 1), ..term("2027-summer", day(2027, 7, 15), day(2027, 9, 1)) };
        refused(&town.term(late).await.unwrap_err(), "NOT_OF_TERM", "term.evaluation_date");
        let malformed = [
            (term(" ", day(2028, 1, 1), day(2028, 2, 1)), "REQUIRED", "term.code"),
            (term("x", day(2028, 1, 1), None), "REQUIRED", "term.end_date"),
            (term("x", day(2028, 1, 1), day(2028, 1, 1)), "DATE_ORDER", "term.end_date"),
            (term("x", day(2028, 1, 32), day(2028, 2, 1)), "DATE", "term.start_date"),
        ];
        for (term, why, on) in malformed {
            let status = town.term(term).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        let by_school = town.dean().create_term(pb::CreateTermRequest { term: None }).await.unwrap_err();
        assert_eq!(by_school.code(), Code::PermissionDenied);
        let mut reader = town.who("mentor@factory", FACTORY, Role::Mentor);
        let first = pb::ListTermsRequest { page_size: 1, ..Default::default() };
        let first = reader.list_terms(first).await.unwrap().into_inner();
        let rest = pb::ListTermsRequest { page_token: first.next_page_token, ..Default::default() };
        let rest = reader.list_terms(rest).await.unwrap().into_inner();
        assert_eq!((first.terms[0].code.as_str(), rest.terms[0].code.as_str()), ("2026-autumn", "2027-spring"));
        assert_eq!((rest.terms.len(), rest.next_page_token.as_str()), (1, ""));
        town.verify().await;
    }
}

#[tokio::test]
async fn a_term_s_capacity_holds_from_its_first_day_and_the_students_who_are_too_many_find_others() {
    for town in Town::both().await {
        let (autumn, spring) = year(&town).await;
        let one = town.register(vec![academic(1, 4)]).await.remove(0).name;
        town.register(vec![enterprise(9, 9)]).await;
        let planned = town.plan(&one, takes(&[(&spring, 1), (&autumn, 3)])).await.unwrap();
        assert_eq!(planned.next_date, day(2027, 2, 1));
        assert_eq!(planned.capacities[0].term, autumn, "in the order of the terms");
        let read = town.dean().get_timetable(pb::GetTimetableRequest { name: one.clone() }).await.unwrap().into_inner();
        assert_eq!(read, planned);
        assert_eq!((town.mentor(&one).await.capacity, town.mentor(&one).await.places), (4, 3));
        town.enrol(1, 1..5).await;
        town.paired(1).await;
        assert_eq!(town.pairings(pb::PairingState::Vacant).await.len(), 1);
        town.verify().await;

        town.sandbox.clock.advance(days(152));
        assert_eq!(refresh(&town).await, 0, "the last day of the autumn term");
        let other = town.register(vec![academic(2, 2)]).await.remove(0).name;
        assert_eq!(town.mentor(&other).await.load, 1);
        town.sandbox.clock.advance(days(1));
        assert_eq!(town.mentor(&one).await.places, 3, "nobody has looked yet");
        assert_eq!(refresh(&town).await, 1);
        assert_eq!((town.mentor(&one).await.places, town.mentor(&one).await.load), (1, 1));
        assert_eq!((town.mentor(&other).await.load, town.pairings(pb::PairingState::Vacant).await.len()), (2, 1));
        assert_eq!(refresh(&town).await, 0);
        town.verify().await;

        town.sandbox.clock.advance(days(164));
        assert_eq!(refresh(&town).await, 1, "no term: the capacity");
        assert_eq!((town.mentor(&one).await.places, town.mentor(&one).await.load), (4, 2), "who waits is paired");
        town.verify().await;
    }
}

#[tokio::test]
async fn outside_the_windows_nobody_new_comes_and_nobody_goes() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 4)]).await.remove(0).name;
        town.register(vec![enterprise(9, 9)]).await;
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        town.plan(&one, window(day(2026, 10, 1), day(2026, 10, 11))).await.unwrap();
        let closed = town.mentor(&one).await;
        assert_eq!((closed.available, closed.state(), closed.places, closed.load), (false, pb::MentorState::Active, 4, 1));
        town.enrol(2, 2..3).await;
        let round = town.paired(2).await;
        assert_eq!((round.matched_academic, town.pairings(pb::PairingState::Vacant).await.len()), (0, 1));
        town.verify().await;

        // The day comes, and somebody in class leaves: whoever waits is paired by that.
        town.sandbox.clock.advance(days(30));
        town.withdraw(1).await;
        let open = town.mentor(&one).await;
        assert_eq!((open.available, open.load), (true, 1));
        assert!(town.pairings(pb::PairingState::Vacant).await.is_empty());
        town.verify().await;
        let solved = {
            town.enrol(3, 3..4).await;
            let round = town.closed(3).await.name;
            town.solve(&round).await
        };
        assert_eq!(solved.matched_academic, 1);
        // What was solved in the window is not published after it.
        town.sandbox.clock.advance(days(10));
        refused(&town.try_publish(&solved).await.unwrap_err(), "PROPOSAL_OUTDATED", &solved.round);
        assert_eq!(town.solve(&solved.round).await.matched_academic, 0);
        town.verify().await;
        town.plan(&one, pb::Timetable::default()).await.unwrap();
        assert_eq!(town.solve(&solved.round).await.matched_academic, 1, "without a timetable there are no bounds");
    }
}

#[tokio::test]
async fn a_rotation_and_a_term_both_take_places_and_no_term_gives_more_than_the_capacity() {
    for town in Town::both().await {
        let (autumn, spring) = year(&town).await;
        let one = town.register(vec![academic(1, 8)]).await.remove(0).name;
        town.plan(&one, takes(&[(&autumn, 6), (&spring, 0)])).await.unwrap();
        town.rotates(1, SCHOOL, 50).await;
        assert_eq!(town.mentor(&one).await.places, 3);
        let revised = town.revise(&one, academic(1, 4)).await.unwrap();
        assert_eq!((revised.capacity, revised.places), (4, 2), "half of the lesser of the two");
        town.sandbox.clock.advance(days(153));
        town.returns(1, SCHOOL, 50).await;
        let none = town.mentor(&one).await;
        assert_eq!((none.places, none.state()), (0, pb::MentorState::Suspended), "the spring term has begun");
        town.verify().await;
    }
}

#[tokio::test]
async fn a_term_begins_for_many_at_once_in_few_statements_and_everybody_is_told() {
    for town in Town::both().await {
        let (_, spring) = year(&town).await;
        let mentors = town.register((1..=40).map(|n| academic(n, 2)).collect()).await;
        town.register(vec![enterprise(99, 50)]).await;
        for mentor in &mentors {
            town.plan(&mentor.name, takes(&[(&spring, 1)])).await.unwrap();
        }
        town.enrol(1, 1..46).await;
        town.paired(1).await;
        town.sandbox.settle().await;
        town.sandbox.clock.advance(days(153));
        assert_eq!(refresh(&town).await, 40);
        let loads = town.loads().await;
        assert_eq!(loads.values().sum::<i32>(), 45 + 40, "45 enterprise places, and each teacher one");
        assert_eq!(town.pairings(pb::PairingState::Vacant).await.len(), 5);
        let changed = town.events("talentflow.mentoring.mentor.changed.v1").await;
        assert_eq!(changed, 40, "each once, although some lost students");
        town.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_day_that_many_see_to_at_once_is_seen_to_once() {
    let town = Town::crowded().await;
    let (_, spring) = year(&town).await;
    let mentors = town.register((1..=10).map(|n| academic(n, 2)).collect()).await;
    for mentor in &mentors {
        town.plan(&mentor.name, takes(&[(&spring, 1)])).await.unwrap();
    }
    town.enrol(1, 1..19).await;
    let round = town.closed(1).await.name;
    town.sandbox.settle().await;
    town.sandbox.clock.advance(days(153));
    let (solve, others) = (town.solve(&round), futures::future::join_all((0..4).map(|_| refresh(&town))));
    let (run, followed) = tokio::join!(solve, others);
    assert_eq!(run.matched_academic, 10, "a dry run sees to it itself");
    assert!(followed.iter().sum::<i32>() <= 10, "{followed:?}");
    assert_eq!(town.events("talentflow.mentoring.mentor.changed.v1").await, 10);
    town.verify().await;
}

#[tokio::test]
async fn whatever_begins_or_ends_on_whatever_day_everything_that_can_be_proved_holds() {
    let (mut followed, mut vacancies) = (0, 0);
    for seed in 0..6 {
        let test = if seed == 0 {
            testkit::postgres(&[mentoring::MIGRATIONS]).await
        } else {
            testkit::sqlite(&[mentoring::MIGRATIONS]).await
        };
        let (town, chance) = (Town::on(test, seed).await, Chance::seeded(seed));
        let below = |bound: i32| i32::try_from(chance.below(u64::try_from(bound).unwrap())).unwrap();
        let terms: Vec<pb::Term> =
            (9..=12).map(|month| term(&month.to_string(), day(2026, month, 1), day(2026, month, 25))).collect();
        let mut names = Vec::new();
        for term in terms {
            names.push(town.term(term).await.unwrap().name);
        }
        let mentors = town.register((1..=4).map(|n| academic(n, 2)).collect()).await;
        town.register(vec![enterprise(9, 50)]).await;
        let mut enrolled = Vec::new();
        for n in 1..=40 {
            let mentor = &mentors[usize::try_from(below(4)).unwrap()].name;
            match below(6) {
                0 | 1 => {
                    let month = 9 + below(4);
                    let mut timetable = window(day(2026, month, 1 + below(10)), day(2026, month, 11 + below(10)));
                    timetable.windows.truncate(usize::try_from(below(2)).unwrap());
                    let most = town.mentor(mentor).await.capacity;
                    let capacities = names.iter().filter(|_| below(2) == 0).map(|term| (term.as_str(), below(most + 1)));
                    timetable.capacities = takes(&capacities.collect::<Vec<_>>()).capacities;
                    town.plan(mentor, timetable).await.unwrap();
                }
                2 => {
                    town.sandbox.clock.advance(days(i64::from(1 + below(9))));
                    followed += refresh(&town).await;
                }
                3 => {
                    // The day goes by, and nobody refreshes: what comes next sees to it.
                    town.sandbox.clock.advance(days(i64::from(1 + below(9))));
                    town.revise(mentor, academic(1, 1 + below(4))).await.unwrap();
                }
                4 => {
                    let number = u32::try_from(2 * n).unwrap();
                    town.enrol(number, number..number + 2).await;
                    town.paired(number).await;
                    enrolled.extend([number, number + 1]);
                }
                _ => {
                    if let Some(number) = enrolled.pop() {
                        town.withdraw(number).await;
                    }
                }
            }
            vacancies += town.pairings(pb::PairingState::Vacant).await.len();
            town.verify().await;
        }
    }
    assert!(followed > 10 && vacancies > 20, "{followed} mentors followed, {vacancies} vacancies");
}

#[tokio::test]
async fn a_timetable_is_set_by_the_mentor_s_organisation_within_bounds_and_on_what_was_seen() {
    for town in Town::both().await {
        let (autumn, spring) = year(&town).await;
        let registered = town.register(vec![academic(1, 4)]).await.remove(0);
        let one = registered.name.as_str();
        let plan = |timetable| town.plan(one, timetable);
        let twice = plan(takes(&[(&autumn, 1), (&autumn, 2)])).await.unwrap_err();
        refused(&twice, "TERM_TWICE", "timetable.capacities");
        refused(&plan(takes(&[(&spring, 5)])).await.unwrap_err(), "ABOVE_CAPACITY", "timetable.capacities");
        let mut overlapping = window(day(2026, 9, 1), day(2026, 9, 10));
        overlapping.windows.push(pb::Window { start_date: day(2026, 9, 9), end_date: day(2026, 9, 20) });
        refused(&plan(overlapping).await.unwrap_err(), "WINDOWS_OVERLAP", "timetable.windows");
        let unknown = plan(takes(&[(&autumn, 1), (&name("terms", 9), 1)])).await.unwrap_err();
        assert_eq!((unknown.code(), field(&unknown).as_str()), (Code::NotFound, "timetable.capacities[1].term"));
        let malformed = [
            (takes(&[(&autumn, -1)]), "OUT_OF_RANGE", "timetable.capacities[0].capacity"),
            (takes(&[("autumn", 1)]), "RESOURCE_NAME", "timetable.capacities[0].term"),
            (window(day(2026, 9, 2), day(2026, 9, 1)), "DATE_ORDER", "timetable.windows[0].end_date"),
            (takes(&[(autumn.as_str(), 1); 51]), "TOO_MANY", "timetable.capacities"),
        ];
        for (timetable, why, on) in malformed {
            let status = plan(timetable).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str(), field(&status).as_str()), (Code::InvalidArgument, why, on));
        }
        let request = |etag: &str| pb::SetTimetableRequest { name: one.into(), timetable: None, etag: etag.into() };
        let foreign = town.foreman().set_timetable(request("")).await.unwrap_err();
        let hidden = town.foreman().get_timetable(pb::GetTimetableRequest { name: one.into() }).await.unwrap_err();
        assert_eq!((foreign.code(), hidden.code()), (Code::NotFound, Code::NotFound));
        town.dean().set_timetable(request(&registered.etag)).await.unwrap();
        let stale = town.dean().set_timetable(request(&registered.etag)).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let by_school = town.dean().refresh_mentors(pb::RefreshMentorsRequest {}).await.unwrap_err();
        assert_eq!(by_school.code(), Code::PermissionDenied);
        plan(window(day(2026, 9, 5), day(2026, 9, 6))).await.unwrap();
        town.employed_and_left(1, SCHOOL).await;
        refused(&plan(pb::Timetable::default()).await.unwrap_err(), "MENTOR_CLOSED", one);
        town.sandbox.clock.advance(days(4));
        assert_eq!(refresh(&town).await, 0, "nobody looks at who has left");
        town.verify().await;
    }
}
