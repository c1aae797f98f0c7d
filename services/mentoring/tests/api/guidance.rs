//! Guidance records and their events.

use crate::town::*;
use kit::auth::Role;
use proto::mentoring::v1 as pb;

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
