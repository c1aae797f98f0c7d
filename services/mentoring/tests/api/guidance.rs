//! Guidance records and their events.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;
use proto::mentoring::v1::mentoring_service_client::MentoringServiceClient;
use testkit::Caller;

async fn town_with_a_pairing(town: &Town) -> (pb::Pairing, pb::Pairing) {
    town.register(vec![academic(1, 1)]).await;
    town.register(vec![enterprise(2, 1)]).await;
    town.enrol(1, 1..2).await;
    town.paired(1).await;
    let mut pairings = town.pairings(pb::PairingState::Active).await;
    pairings.sort_by_key(|pairing| pairing.side);
    (pairings[0].clone(), pairings[1].clone())
}

fn record(pairing: &pb::Pairing, date: Option<proto::google::r#type::Date>) -> pb::GuidanceRecord {
    pb::GuidanceRecord { pairing: pairing.name.clone(), date, minutes: 45, kind: "meeting".into(), ..Default::default() }
}

fn batch(guidance_records: Vec<pb::GuidanceRecord>) -> pb::BatchCreateGuidanceRecordsRequest {
    pb::BatchCreateGuidanceRecordsRequest { guidance_records }
}

#[tokio::test]
async fn guidance_is_recorded_listed_and_told_once_per_record() {
    for town in Town::both().await {
        let (own, other) = town_with_a_pairing(&town).await;
        town.sandbox.settle().await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(10));
        let records = vec![record(&own, day(2026, 9, 2)), record(&own, day(2026, 9, 9))];
        let made = town.dean().batch_create_guidance_records(batch(records)).await.unwrap().into_inner().guidance_records;
        assert_eq!(made.len(), 2);
        let mut mentor = town.who("mentor@factory", FACTORY, Role::Mentor);
        mentor.batch_create_guidance_records(batch(vec![record(&other, day(2026, 9, 3))])).await.unwrap();
        assert_eq!(town.sandbox.runtime.pending().await.unwrap(), 3, "an event per record");

        let of_pairing = pb::ListGuidanceRecordsRequest { pairing: own.name.clone(), ..Default::default() };
        let mut listed = town.dean().list_guidance_records(of_pairing).await.unwrap().into_inner().guidance_records;
        listed.sort_by_key(|record| record.date.map(|date| date.day));
        assert_eq!(listed, made);
        let of_mentor = pb::ListGuidanceRecordsRequest { mentor: other.mentor.clone(), ..Default::default() };
        let listed = town.bureau().list_guidance_records(of_mentor).await.unwrap().into_inner().guidance_records;
        assert_eq!(listed.len(), 1);
        town.verify().await;
    }
}

#[tokio::test]
async fn guidance_of_a_pairing_that_is_over_can_be_recorded_late() {
    for town in Town::both().await {
        let (own, _) = town_with_a_pairing(&town).await;
        town.graduate(1).await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(3));
        let late = town.dean().batch_create_guidance_records(batch(vec![record(&own, day(2026, 9, 1))])).await;
        assert_eq!(late.unwrap().into_inner().guidance_records.len(), 1);
        let after = town.dean().batch_create_guidance_records(batch(vec![record(&own, day(2026, 9, 2))])).await;
        assert_eq!(reason(&after.unwrap_err()), "OUTSIDE_PAIRING");
        town.verify().await;
    }
}

#[tokio::test]
async fn one_wrong_record_refuses_the_whole_batch_and_says_which() {
    for town in Town::both().await {
        let (own, other) = town_with_a_pairing(&town).await;
        let to_come = batch(vec![record(&own, day(2026, 9, 1)), record(&own, day(2026, 9, 2))]);
        let refused = town.dean().batch_create_guidance_records(to_come).await.unwrap_err();
        assert_eq!(reason(&refused), "OUTSIDE_PAIRING");
        assert_eq!(field(&refused), "guidance_records[1].date");

        let foreign = town.dean().batch_create_guidance_records(batch(vec![record(&other, day(2026, 9, 1))])).await.unwrap_err();
        assert_eq!(foreign.code(), tonic::Code::NotFound, "the enterprise's mentor reports to the enterprise");

        let malformed = [
            (pb::GuidanceRecord { minutes: 0, ..record(&own, day(2026, 9, 1)) }, "OUT_OF_RANGE", "guidance_records[0].minutes"),
            (pb::GuidanceRecord { minutes: 601, ..record(&own, day(2026, 9, 1)) }, "OUT_OF_RANGE", "guidance_records[0].minutes"),
            (
                pb::GuidanceRecord { kind: "party".into(), ..record(&own, day(2026, 9, 1)) },
                "UNKNOWN_CODE",
                "guidance_records[0].kind",
            ),
            (record(&own, None), "REQUIRED", "guidance_records[0].date"),
            (
                pb::GuidanceRecord { pairing: "x".into(), ..record(&own, day(2026, 9, 1)) },
                "RESOURCE_NAME",
                "guidance_records[0].pairing",
            ),
        ];
        for (record, why, where_) in malformed {
            let refused = town.dean().batch_create_guidance_records(batch(vec![record])).await.unwrap_err();
            assert_eq!((reason(&refused).as_str(), field(&refused).as_str()), (why, where_));
        }
        let empty = town.dean().batch_create_guidance_records(batch(vec![])).await.unwrap_err();
        assert_eq!(reason(&empty), "BATCH_SIZE");
        let listed = town.bureau().list_guidance_records(pb::ListGuidanceRecordsRequest::default()).await.unwrap();
        assert!(listed.into_inner().guidance_records.is_empty());
    }
}

#[tokio::test]
async fn there_is_no_guidance_without_a_mentor() {
    for town in Town::both().await {
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        let vacant = town.pairings(pb::PairingState::Vacant).await;
        let refused =
            town.dean().batch_create_guidance_records(batch(vec![record(&vacant[0], day(2026, 9, 1))])).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), field(&refused).as_str()), ("NO_MENTOR", "guidance_records[0].pairing"));
    }
}

fn september(pairing: &pb::Pairing) -> pb::GuidanceMonth {
    pb::GuidanceMonth { pairing: pairing.name.clone(), month: "2026-09".into(), ..Default::default() }
}

async fn confirm(
    mut client: MentoringServiceClient<Caller>,
    month: pb::GuidanceMonth,
) -> Result<pb::GuidanceMonth, tonic::Status> {
    let request = pb::BatchConfirmGuidanceRequest { guidance_months: vec![month] };
    client.batch_confirm_guidance(request).await.map(|answer| answer.into_inner().guidance_months.remove(0))
}

async fn withdraw(town: &Town, record: &str) -> Result<pb::GuidanceRecord, tonic::Status> {
    let request = pb::WithdrawGuidanceRecordRequest { name: record.into() };
    town.dean().withdraw_guidance_record(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_month_is_confirmed_once_by_the_other_side_and_settled_by_that() {
    for town in Town::both().await {
        let (own, other) = town_with_a_pairing(&town).await;
        town.sandbox.clock.advance(chrono::TimeDelta::days(40));
        let records = vec![record(&own, day(2026, 9, 2)), record(&own, day(2026, 9, 30)), record(&own, day(2026, 10, 1))];
        let made = town.dean().batch_create_guidance_records(batch(records)).await.unwrap().into_inner().guidance_records;
        let mistaken = vec![pb::GuidanceRecord { minutes: 600, ..record(&own, day(2026, 9, 9)) }];
        let mistaken = town.dean().batch_create_guidance_records(batch(mistaken)).await.unwrap().into_inner();
        let mistaken = mistaken.guidance_records[0].name.clone();
        assert!(withdraw(&town, &mistaken).await.unwrap().withdraw_time.is_some());
        refused(&withdraw(&town, &mistaken).await.unwrap_err(), "RECORD_WITHDRAWN", &mistaken);

        let own_side = confirm(town.dean(), september(&own)).await.unwrap_err();
        assert_eq!((own_side.code(), field(&own_side).as_str()), (tonic::Code::NotFound, "guidance_months[0].pairing"));
        let of_other = confirm(town.foreman(), september(&other)).await.unwrap_err();
        assert_eq!(of_other.code(), tonic::Code::NotFound, "an enterprise does not confirm its own mentors' guidance");
        let nothing = confirm(town.dean(), september(&other)).await.unwrap_err();
        refused(&nothing, "NOTHING_TO_CONFIRM", "guidance_months[0].month");

        let confirmed = confirm(town.foreman(), september(&own)).await.unwrap();
        assert_eq!((confirmed.records, confirmed.minutes, confirmed.month.as_str()), (2, 90, "2026-09"));
        assert!(confirmed.judgement.contains("\"pack\":\"mentoring\""), "{}", confirmed.judgement);
        refused(&confirm(town.foreman(), september(&own)).await.unwrap_err(), "MONTH_CONFIRMED", "guidance_months[0].pairing");
        let late = town.dean().batch_create_guidance_records(batch(vec![record(&own, day(2026, 9, 3))])).await.unwrap_err();
        refused(&late, "MONTH_CONFIRMED", "guidance_records[0].pairing");
        refused(&withdraw(&town, &made[0].name).await.unwrap_err(), "MONTH_CONFIRMED", "pairing");
        assert!(withdraw(&town, &made[2].name).await.is_ok(), "October is not confirmed");

        let list = pb::ListGuidanceMonthsRequest { mentor: own.mentor.clone(), ..Default::default() };
        assert_eq!(town.bureau().list_guidance_months(list).await.unwrap().into_inner().guidance_months, [confirmed]);
        let mut stranger = town.who("clerk", STRANGER, Role::School);
        let none = stranger.list_guidance_months(pb::ListGuidanceMonthsRequest::default()).await.unwrap().into_inner();
        assert!(none.guidance_months.is_empty());
        assert_eq!(
            stranger
                .withdraw_guidance_record(pb::WithdrawGuidanceRecordRequest { name: made[1].name.clone() })
                .await
                .unwrap_err()
                .code(),
            tonic::Code::NotFound
        );
        town.verify().await;
    }
}

#[tokio::test]
async fn what_cannot_be_a_month_or_a_pairing_is_not_confirmed() {
    for town in Town::both().await {
        let (own, _) = town_with_a_pairing(&town).await;
        for (month, why, on) in [
            (pb::GuidanceMonth { month: "September".into(), ..september(&own) }, "MONTH", "guidance_months[0].month"),
            (pb::GuidanceMonth { pairing: "x".into(), ..september(&own) }, "RESOURCE_NAME", "guidance_months[0].pairing"),
            (
                pb::GuidanceMonth { waivers: [("monthly-minimum".into(), String::new())].into(), ..september(&own) },
                "REQUIRED",
                "guidance_months[0].waivers",
            ),
        ] {
            let status = confirm(town.foreman(), month).await.unwrap_err();
            assert_eq!((reason(&status).as_str(), field(&status).as_str()), (why, on));
        }
        let vacant = {
            town.enrol(2, 5..6).await;
            town.paired(2).await;
            town.pairings(pb::PairingState::Vacant).await.remove(0)
        };
        let client = if vacant.side() == pb::Side::Academic { town.foreman() } else { town.dean() };
        refused(&confirm(client, september(&vacant)).await.unwrap_err(), "NO_MENTOR", "guidance_months[0].pairing");
        let by_bureau = confirm(town.bureau(), september(&own)).await.unwrap_err();
        assert_eq!(by_bureau.code(), tonic::Code::PermissionDenied, "the bureau is no side");
    }
}

#[tokio::test]
async fn a_city_s_own_rules_bound_a_year_and_ask_a_reason_for_less_than_the_least_of_a_month() {
    for town in Town::strict().await {
        let years = |mentor: pb::Mentor| pb::Mentor { years: 5, title: "lecturer".into(), ..mentor };
        town.register(vec![years(academic(1, 1))]).await;
        town.register(vec![years(enterprise(2, 1))]).await;
        town.enrol(1, 1..2).await;
        town.paired(1).await;
        let pairings = town.pairings(pb::PairingState::Active).await;
        let own = pairings.iter().find(|pairing| pairing.side() == pb::Side::Academic).unwrap();
        town.sandbox.clock.advance(chrono::TimeDelta::days(150));
        let of = |minutes, date| pb::GuidanceRecord { minutes, ..record(own, date) };
        let short = of(20, day(2026, 9, 5));
        town.dean().batch_create_guidance_records(batch(vec![short])).await.unwrap();
        let status = confirm(town.foreman(), september(own)).await.unwrap_err();
        assert_eq!(field(&status), "guidance_months[0].minutes");
        assert!(status.message().contains("half an hour"), "{}", status.message());
        let excused = [("monthly-minimum".to_owned(), "the student was ill".to_owned())].into();
        let excused = pb::GuidanceMonth { waivers: excused, ..september(own) };
        let confirmed = confirm(town.foreman(), excused).await.unwrap();
        assert!(confirmed.judgement.contains("the student was ill"));

        // 12,000 minutes a year: 20 are taken.
        let full = (1..20).map(|n| of(600, day(2026, 10, n))).collect();
        town.dean().batch_create_guidance_records(batch(full)).await.unwrap();
        let over = batch(vec![of(300, day(2026, 11, 1)), of(281, day(2026, 11, 2))]);
        let status = town.dean().batch_create_guidance_records(over).await.unwrap_err();
        assert_eq!((status.code(), field(&status).as_str()), (tonic::Code::FailedPrecondition, "guidance_records[1].minutes"));
        let exact = batch(vec![of(300, day(2026, 11, 1)), of(280, day(2026, 11, 2)), of(60, day(2027, 1, 4))]);
        town.dean().batch_create_guidance_records(exact).await.unwrap();
        town.verify().await;
    }
}
