//! Load and coverage in sums, gaps and hours in lists; each organisation sees its own.

use crate::town::*;
use kit::auth::Role;
use proto::google::r#type::Date;
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use proto::training::v1 as training;
use testkit::Caller;
use tonic::Code;

type Client = MentoringServiceClient<Caller>;

async fn load(mut client: Client, grouping: pb::Grouping) -> pb::LoadReport {
    client.report_load(pb::ReportLoadRequest { grouping: grouping.into() }).await.unwrap().into_inner()
}

async fn coverage(mut client: Client, grouping: pb::Grouping, month: &str) -> pb::CoverageReport {
    let request = pb::ReportCoverageRequest { grouping: grouping.into(), month: month.into() };
    client.report_coverage(request).await.unwrap().into_inner()
}

async fn gaps(mut client: Client, month: &str) -> Vec<pb::GuidanceGap> {
    let request = pb::ListGuidanceGapsRequest { month: month.into(), ..Default::default() };
    client.list_guidance_gaps(request).await.unwrap().into_inner().guidance_gaps
}

async fn record(town: &Town, pairing: &pb::Pairing, date: Option<Date>, minutes: i32) -> pb::GuidanceRecord {
    let record =
        pb::GuidanceRecord { pairing: pairing.name.clone(), date, minutes, kind: "meeting".into(), ..Default::default() };
    let request = pb::BatchCreateGuidanceRecordsRequest { guidance_records: vec![record] };
    town.bureau().batch_create_guidance_records(request).await.unwrap().into_inner().guidance_records.remove(0)
}

/// A student of another school, whose order is the mill's and of no chain.
async fn enrol_elsewhere(town: &Town) {
    let event = training::EnrolmentCreated {
        enrolment: name("enrolments", 900),
        class: name("classes", 9),
        order: name("orders", 9),
        student: name("people", 10_900),
        school: STRANGER.into(),
        enterprise: MILL.into(),
        ..Default::default()
    };
    town.sandbox.arrive(&event.enrolment.clone(), 1, &event).await;
}

/// The pairings of a student, the academic one first.
async fn pairings_of(town: &Town, student: u32) -> Vec<pb::Pairing> {
    let mut pairings = town.pairings(pb::PairingState::Active).await;
    pairings.retain(|pairing| pairing.student == name("people", 10_000 + student));
    pairings.sort_by_key(|pairing| pairing.side);
    pairings
}

#[tokio::test]
async fn load_is_told_by_school_by_enterprise_by_chain_and_of_the_city() {
    for town in Town::both().await {
        let one = town.register(vec![academic(1, 2), academic(2, 3), academic(3, 1)]).await.remove(0).name;
        town.register(vec![enterprise(4, 3)]).await;
        town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(5, 4) }]).await;
        town.enrol(1, 1..4).await;
        town.paired(1).await;
        record(&town, &pairings_of(&town, 1).await[1], day(2026, 9, 1), 45).await;
        town.suspend(&one).await.unwrap();

        let loads = town.loads().await;
        let by_school = load(town.bureau(), pb::Grouping::School).await;
        assert_eq!(by_school.lines.len(), 1);
        let line = by_school.lines[0].clone();
        let idle = i32::try_from((1..=3).filter(|n| loads[&name("people", *n)] == 0).count()).unwrap();
        let full = i32::from(loads[&name("people", 2)] == 3) + i32::from(loads[&name("people", 3)] == 1);
        let expected = pb::LoadLine {
            group: SCHOOL.into(),
            side: pb::Side::Academic.into(),
            mentors: 3,
            suspended: 1,
            full,
            idle,
            places: 4,
            load: 3,
            load_rate_percent: 75,
            year_minutes: 0,
        };
        assert_eq!(line, expected);
        assert_eq!(by_school.totals, [pb::LoadLine { group: String::new(), ..expected.clone() }]);

        let by_enterprise = load(town.bureau(), pb::Grouping::Enterprise).await;
        let seen: Vec<_> = by_enterprise.lines.iter().map(|line| (line.group.as_str(), line.mentors, line.places)).collect();
        assert_eq!(seen, [(FACTORY, 1, 3), (MILL, 1, 4)]);
        let total = &by_enterprise.totals[0];
        assert_eq!((total.mentors, total.places, total.load, total.load_rate_percent), (2, 7, 3, 42));
        assert_eq!(total.year_minutes, 45);
        let by_chain = load(town.bureau(), pb::Grouping::Chain).await;
        let seen: Vec<_> = by_chain.lines.iter().map(|line| (line.group.as_str(), line.side(), line.mentors)).collect();
        assert_eq!(seen, [("", pb::Side::Academic, 3), (CHAIN, pb::Side::Enterprise, 2)]);
        let city = load(town.bureau(), pb::Grouping::Unspecified).await;
        assert_eq!((&city.lines, &city.totals), (&by_chain.totals, &by_chain.totals));

        let own = load(town.foreman(), pb::Grouping::City).await;
        assert_eq!(own.lines.iter().map(|line| line.mentors).collect::<Vec<_>>(), [1], "its own mentors");
        assert_eq!(load(town.dean(), pb::Grouping::School).await.lines, [expected]);
        let none = load(town.who("clerk", STRANGER, Role::School), pb::Grouping::City).await;
        assert_eq!(none, pb::LoadReport::default());
        let wrong = town.bureau().report_load(pb::ReportLoadRequest { grouping: 9 }).await.unwrap_err();
        assert_eq!((reason(&wrong).as_str(), field(&wrong).as_str()), ("ENUM_UNKNOWN", "grouping"));
    }
}

#[tokio::test]
async fn coverage_counts_students_by_their_mentors_and_the_guidance_of_a_month() {
    for town in Town::both().await {
        town.register(vec![academic(1, 2)]).await;
        town.register(vec![enterprise(2, 3)]).await;
        town.enrol(1, 1..4).await;
        town.paired(1).await;
        town.enrol(1, 4..5).await;
        enrol_elsewhere(&town).await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(40));
        let mut guided = Vec::new();
        for student in 1..4 {
            let pairings = pairings_of(&town, student).await;
            if pairings.len() == 2 {
                guided.push(pairings);
            }
        }
        assert_eq!(guided.len(), 2);
        record(&town, &guided[0][0], day(2026, 9, 2), 60).await;
        record(&town, &guided[0][0], day(2026, 9, 30), 30).await;
        record(&town, &guided[0][1], day(2026, 9, 3), 10).await;
        record(&town, &guided[1][1], day(2026, 10, 1), 20).await;
        let mistake = record(&town, &guided[1][0], day(2026, 9, 5), 600).await;
        town.dean().withdraw_guidance_record(pb::WithdrawGuidanceRecordRequest { name: mistake.name }).await.unwrap();
        let month = pb::GuidanceMonth { pairing: guided[0][0].name.clone(), month: "2026-09".into(), ..Default::default() };
        let request = pb::BatchConfirmGuidanceRequest { guidance_months: vec![month] };
        town.foreman().batch_confirm_guidance(request).await.unwrap();

        let september = coverage(town.bureau(), pb::Grouping::School, "2026-09").await;
        let own = pb::CoverageLine {
            group: SCHOOL.into(),
            students: 4,
            with_both: 2,
            with_one: 1,
            with_none: 1,
            mentored: 3,
            unguided: 2,
            pairings: 5,
            short: 3,
            minutes: 100,
            confirmed_minutes: 90,
            confirmed_percent: 90,
        };
        let elsewhere = pb::CoverageLine { group: STRANGER.into(), students: 1, with_none: 1, ..Default::default() };
        assert_eq!((september.month.as_str(), &september.lines), ("2026-09", &vec![own.clone(), elsewhere.clone()]));
        let total = pb::CoverageLine { group: String::new(), students: 5, with_none: 2, ..own.clone() };
        assert_eq!(september.total, Some(total.clone()));
        assert_eq!(coverage(town.bureau(), pb::Grouping::City, "2026-09").await.lines, [total]);
        let october = coverage(town.bureau(), pb::Grouping::Chain, "").await;
        let chain = &october.lines[1];
        assert_eq!((october.month.as_str(), chain.group.as_str(), chain.students), ("2026-10", CHAIN, 4));
        assert_eq!((chain.mentored, chain.unguided, chain.minutes, chain.confirmed_percent), (3, 2, 20, 0));
        let before = coverage(town.bureau(), pb::Grouping::City, "2026-08").await.total.unwrap();
        assert_eq!((before.students, before.mentored, before.pairings), (5, 0, 0), "nobody was paired in August");

        assert_eq!(coverage(town.dean(), pb::Grouping::School, "2026-09").await.lines, std::slice::from_ref(&own));
        let factory = pb::CoverageLine { group: FACTORY.into(), ..own };
        assert_eq!(coverage(town.foreman(), pb::Grouping::Enterprise, "2026-09").await.lines, [factory]);
        let stranger = town.who("clerk", STRANGER, Role::School);
        assert_eq!(coverage(stranger, pb::Grouping::School, "2026-09").await.lines, [elsewhere]);
        let request = pb::ReportCoverageRequest { month: "2026-9".into(), ..Default::default() };
        let wrong = town.bureau().report_coverage(request).await.unwrap_err();
        assert_eq!((wrong.code(), reason(&wrong).as_str()), (Code::InvalidArgument, "MONTH"));
    }
}

#[tokio::test]
async fn without_a_rule_a_gap_is_no_guidance_at_all_and_each_organisation_sees_its_own() {
    for town in Town::both().await {
        town.register(vec![academic(1, 2)]).await;
        town.register(vec![pb::Mentor { organisation: MILL.into(), ..enterprise(2, 3) }]).await;
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        let pairings = pairings_of(&town, 1).await;
        record(&town, &pairings[0], day(2026, 9, 1), 1).await;
        let missing = gaps(town.bureau(), "2026-09").await;
        assert_eq!(missing.len(), 3);
        assert!(missing.iter().all(|gap| (gap.records, gap.minutes) == (0, 0) && gap.pairing != pairings[0].name));
        for client in [town.dean(), town.foreman()] {
            assert_eq!(gaps(client, "").await, missing);
        }
        let mill = gaps(town.who("clerk", MILL, Role::Enterprise), "2026-09").await;
        assert_eq!(mill.len(), 2, "those its mentors guide");
        assert!(mill.iter().all(|gap| gap.side() == pb::Side::Enterprise && gap.mentor == pairings[1].mentor));
        assert!(gaps(town.who("clerk", STRANGER, Role::School), "2026-09").await.is_empty());

        let (mut seen, mut pages, mut token) = (0, 0, String::new());
        loop {
            let request = pb::ListGuidanceGapsRequest { page_size: 1, page_token: token, month: "2026-09".into() };
            let page = town.bureau().list_guidance_gaps(request).await.unwrap().into_inner();
            (seen, pages, token) = (seen + page.guidance_gaps.len(), pages + 1, page.next_page_token);
            if token.is_empty() {
                break;
            }
        }
        assert_eq!((seen, pages), (3, 4), "a page without a gap is not the last one");
    }
}

#[tokio::test]
async fn the_rules_of_a_city_say_who_is_short_of_a_month_and_what_is_left_of_a_year() {
    for town in Town::strict().await {
        let years = |mentor: pb::Mentor| pb::Mentor { years: 5, title: "lecturer".into(), ..mentor };
        let mentor = town.register(vec![years(academic(1, 2))]).await.remove(0);
        town.enrol(1, 1..3).await;
        town.paired(1).await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(40));
        let (one, other) = (pairings_of(&town, 1).await.remove(0), pairings_of(&town, 2).await.remove(0));
        record(&town, &one, day(2026, 9, 2), 29).await;
        record(&town, &other, day(2026, 9, 2), 10).await;
        record(&town, &other, day(2026, 9, 3), 20).await;
        let short = gaps(town.dean(), "2026-09").await;
        let gap = pb::GuidanceGap {
            pairing: one.name.clone(),
            student: one.student.clone(),
            mentor: mentor.name.clone(),
            side: pb::Side::Academic.into(),
            records: 1,
            minutes: 29,
        };
        assert_eq!(short, [gap], "half an hour a month, whoever guides");
        let line = coverage(town.dean(), pb::Grouping::City, "2026-09").await.total.unwrap();
        assert_eq!((line.short, line.unguided, line.pairings), (1, 0, 2));

        let hours = async |year| {
            let request = pb::ListMentorHoursRequest { year, ..Default::default() };
            town.dean().list_mentor_hours(request).await.unwrap().into_inner()
        };
        let this = hours(0).await;
        assert_eq!((this.most_minutes, this.mentor_hours.len()), (Some(12_000), 1));
        let own = &this.mentor_hours[0];
        assert_eq!((&own.mentor, own.minutes, own.confirmed_minutes, own.left_minutes), (&mentor.name, 59, 0, Some(11_941)));
        assert_eq!(hours(2025).await.mentor_hours[0].left_minutes, Some(12_000));
    }
}

#[tokio::test]
async fn hours_are_listed_with_what_is_confirmed_also_of_mentors_who_left() {
    for town in Town::both().await {
        let left = town.register(vec![academic(1, 2)]).await.remove(0);
        let stays = town.register(vec![enterprise(2, 2)]).await.remove(0);
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        let pairings = pairings_of(&town, 1).await;
        record(&town, &pairings[0], day(2026, 9, 1), 50).await;
        let month = pb::GuidanceMonth { pairing: pairings[0].name.clone(), month: "2026-09".into(), ..Default::default() };
        let request = pb::BatchConfirmGuidanceRequest { guidance_months: vec![month] };
        town.foreman().batch_confirm_guidance(request).await.unwrap();
        town.employed_and_left(1, SCHOOL).await;
        let list = async |mut client: Client, year, page_size| {
            let request = pb::ListMentorHoursRequest { year, page_size, ..Default::default() };
            client.list_mentor_hours(request).await.unwrap().into_inner()
        };
        let mut all = list(town.bureau(), 2026, 0).await;
        all.mentor_hours.sort_by_key(|row| -row.minutes);
        let seen: Vec<_> =
            all.mentor_hours.iter().map(|row| (&row.mentor, row.minutes, row.confirmed_minutes, row.left_minutes)).collect();
        assert_eq!(seen, [(&left.name, 50, 50, None), (&stays.name, 0, 0, None)]);
        assert_eq!(all.most_minutes, None, "no rule bounds the year");
        assert!(!list(town.bureau(), 2026, 1).await.next_page_token.is_empty());
        assert_eq!(list(town.bureau(), 2027, 0).await.mentor_hours.len(), 1, "who left guided nobody then");
        assert_eq!(list(town.foreman(), 2026, 0).await.mentor_hours[0].mentor, stays.name);
        assert!(list(town.who("clerk", STRANGER, Role::School), 2026, 0).await.mentor_hours.is_empty());
        let request = pb::ListMentorHoursRequest { year: 1999, ..Default::default() };
        let wrong = town.bureau().list_mentor_hours(request).await.unwrap_err();
        assert_eq!((reason(&wrong).as_str(), field(&wrong).as_str()), ("OUT_OF_RANGE", "year"));
    }
}
