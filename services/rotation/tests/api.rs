//! Rotation as its callers see it: the generated client on the guarded service, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

use kit::auth::Role;
use kit::verify::verify;
use pb::rotation_service_client::RotationServiceClient;
use proto::google::r#type::Date;
use proto::rotation::v1 as pb;
use testkit::{Caller, Sandbox, Who, both_engines};
use tonic::Code;
use tonic_types::StatusExt;

const TEACHER: &str = "people/00000000-0000-7000-8000-000000000001";
const SCHOOL: &str = "organisations/00000000-0000-7000-8000-00000000000a";
const FACTORY: &str = "organisations/00000000-0000-7000-8000-00000000000b";
const STRANGER: &str = "organisations/00000000-0000-7000-8000-00000000000c";

fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

fn application(share_percent: i32) -> pb::Rotation {
    pb::Rotation {
        person: TEACHER.into(),
        home_organisation: SCHOOL.into(),
        host_organisation: FACTORY.into(),
        start_date: day(2026, 9, 1),
        end_date: day(2026, 9, 11),
        share_percent,
        post: "process engineer".into(),
        ..Default::default()
    }
}

struct Town {
    sandbox: Sandbox,
}

impl Town {
    async fn both() -> Vec<Self> {
        let mut towns = Vec::new();
        for test in both_engines(&[rotation::MIGRATIONS]).await {
            towns.push(Self { sandbox: Sandbox::new(test, &[("rotation", rotation::service)]).await });
        }
        towns
    }

    fn as_who(&self, subject: &str, organisation: &str, role: Role) -> RotationServiceClient<Caller> {
        let who = Who::new(subject, Some(organisation), &[role]);
        RotationServiceClient::new(self.sandbox.caller("rotation", &who))
    }
    fn teacher(&self) -> RotationServiceClient<Caller> {
        self.as_who("teacher@school", SCHOOL, Role::School)
    }
    fn dean(&self) -> RotationServiceClient<Caller> {
        self.as_who("dean@school", SCHOOL, Role::School)
    }
    fn foreman(&self) -> RotationServiceClient<Caller> {
        self.as_who("foreman@factory", FACTORY, Role::Enterprise)
    }

    async fn applied(&self, share_percent: i32) -> pb::Rotation {
        let request = pb::CreateRotationRequest { rotation: Some(application(share_percent)) };
        self.teacher().create_rotation(request).await.unwrap().into_inner()
    }

    async fn active(&self) -> pb::Rotation {
        let name = self.applied(100).await.name;
        self.dean().approve_rotation(pb::ApproveRotationRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        self.foreman().accept_rotation(pb::AcceptRotationRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        let request = pb::ActivateRotationRequest { name, ..Default::default() };
        self.foreman().activate_rotation(request).await.unwrap().into_inner()
    }
}

fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[tokio::test]
async fn a_rotation_goes_from_application_to_credit_and_every_step_is_an_event() {
    for town in Town::both().await {
        let active = town.active().await;
        assert_eq!(active.state(), pb::RotationState::Active);
        town.sandbox.clock.advance(chrono::TimeDelta::days(9));
        let request = pb::CompleteRotationRequest { name: active.name.clone(), etag: active.etag };
        let done = town.foreman().complete_rotation(request).await.unwrap().into_inner();
        assert_eq!((done.state(), done.credited_days), (pb::RotationState::Completed, 10));
        assert_eq!(town.sandbox.runtime.pending().await.unwrap(), 5);
        town.sandbox.settle().await;
        assert_eq!(town.sandbox.runtime.pending().await.unwrap(), 0);
        for finding in verify(&town.sandbox.test.db, rotation::store::CHECKS).await.unwrap() {
            assert!(finding.broken.is_empty(), "{}: {:?}", finding.check.name, finding.broken);
        }
    }
}

#[tokio::test]
async fn the_applicant_does_not_approve_and_the_refusal_says_what_to_do() {
    for town in Town::both().await {
        let name = town.applied(50).await.name;
        let request = pb::ApproveRotationRequest { name, ..Default::default() };
        let refused = town.teacher().approve_rotation(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "FOUR_EYES"));
        let info = refused.get_details_error_info().unwrap();
        assert_eq!(info.metadata["rule"], "rotation/four-eyes");
        assert!(info.metadata["way_out"].contains("another person"));
        assert!(refused.get_details_localized_message().unwrap().message.contains("申请人"));
    }
}

#[tokio::test]
async fn a_person_is_never_promised_beyond_full_time_even_by_applications_at_once() {
    for town in Town::both().await {
        let tries: Vec<_> = (0..20)
            .map(|_| {
                let mut client = town.teacher();
                tokio::spawn(async move {
                    client.create_rotation(pb::CreateRotationRequest { rotation: Some(application(30)) }).await
                })
            })
            .collect();
        let (mut granted, mut refused) = (0, 0);
        for answer in tries {
            match answer.await.unwrap() {
                Ok(_) => granted += 1,
                Err(status) => {
                    assert_eq!(reason(&status), "SHARE_ABOVE_FULL_TIME");
                    refused += 1;
                }
            }
        }
        assert_eq!((granted, refused), (3, 17), "{}", town.sandbox.test.engine);
    }
}

#[tokio::test]
async fn another_organisation_cannot_tell_a_foreign_rotation_from_none() {
    for town in Town::both().await {
        let name = town.applied(50).await.name;
        let mut stranger = town.as_who("clerk@elsewhere", STRANGER, Role::Enterprise);
        let foreign = stranger.get_rotation(pb::GetRotationRequest { name: name.clone() }).await.unwrap_err();
        let missing = "rotations/00000000-0000-7000-8000-0000000000ff".to_owned();
        let none = stranger.get_rotation(pb::GetRotationRequest { name: missing.clone() }).await.unwrap_err();
        assert_eq!((foreign.code(), none.code()), (Code::NotFound, Code::NotFound));
        assert_eq!(foreign.message().replace(&name, ""), none.message().replace(&missing, ""));
        let listed = stranger.list_rotations(pb::ListRotationsRequest::default()).await.unwrap().into_inner();
        assert!(listed.rotations.is_empty());
    }
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_and_another_body_is_refused() {
    for town in Town::both().await {
        let keyed = |share| {
            let mut request = tonic::Request::new(pb::CreateRotationRequest { rotation: Some(application(share)) });
            request.metadata_mut().insert("idempotency-key", "application-1".parse().unwrap());
            request
        };
        let first = town.teacher().create_rotation(keyed(40)).await.unwrap().into_inner();
        town.sandbox.clock.advance(chrono::TimeDelta::hours(1));
        let again = town.teacher().create_rotation(keyed(40)).await.unwrap().into_inner();
        assert_eq!(first, again);
        let other = town.teacher().create_rotation(keyed(41)).await.unwrap_err();
        assert_eq!(reason(&other), "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(town.sandbox.runtime.pending().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn every_step_out_of_turn_is_refused_and_names_the_state() {
    for town in Town::both().await {
        let name = town.applied(50).await.name;
        let accept = pb::AcceptRotationRequest { name: name.clone(), ..Default::default() };
        let refused = town.foreman().accept_rotation(accept).await.unwrap_err();
        assert_eq!(reason(&refused), "WRONG_STATE");
        assert!(refused.message().contains("applied"), "{}", refused.message());
        let stale = pb::ApproveRotationRequest { name: name.clone(), etag: "\"7\"".into() };
        let refused = town.dean().approve_rotation(stale).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "ETAG_MISMATCH"));
        let by_host = pb::ApproveRotationRequest { name, ..Default::default() };
        assert_eq!(town.foreman().approve_rotation(by_host).await.unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_rotation_is_neither_begun_nor_over_before_its_days() {
    for town in Town::both().await {
        let mut early = application(10);
        early.start_date = day(2026, 10, 1);
        early.end_date = day(2026, 11, 1);
        let request = pb::CreateRotationRequest { rotation: Some(early) };
        let name = town.teacher().create_rotation(request).await.unwrap().into_inner().name;
        town.dean().approve_rotation(pb::ApproveRotationRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        town.foreman().accept_rotation(pb::AcceptRotationRequest { name: name.clone(), ..Default::default() }).await.unwrap();
        let activate = pb::ActivateRotationRequest { name, ..Default::default() };
        assert_eq!(reason(&town.foreman().activate_rotation(activate).await.unwrap_err()), "NOT_BEGUN");

        let active = town.active().await.name;
        let complete = pb::CompleteRotationRequest { name: active.clone(), ..Default::default() };
        assert_eq!(reason(&town.foreman().complete_rotation(complete).await.unwrap_err()), "NOT_OVER");
        let outside = pb::EndRotationEarlyRequest {
            name: active.clone(),
            ended_on: day(2027, 1, 1),
            reason: "recalled".into(),
            ..Default::default()
        };
        assert_eq!(reason(&town.foreman().end_rotation_early(outside).await.unwrap_err()), "END_OUTSIDE");
        let early = pb::EndRotationEarlyRequest {
            name: active,
            ended_on: day(2026, 9, 5),
            reason: "recalled".into(),
            ..Default::default()
        };
        let ended = town.dean().end_rotation_early(early).await.unwrap().into_inner();
        assert_eq!((ended.state(), ended.credited_days), (pb::RotationState::EndedEarly, 4));
    }
}

#[tokio::test]
async fn a_malformed_application_is_refused_by_field() {
    for town in Town::both().await {
        let wrong = [
            (pb::Rotation { person: "teacher".into(), ..application(50) }, "rotation.person"),
            (pb::Rotation { share_percent: 101, ..application(50) }, "rotation.share_percent"),
            (pb::Rotation { end_date: day(2026, 9, 1), ..application(50) }, "rotation.end_date"),
            (pb::Rotation { start_date: day(2026, 2, 30), ..application(50) }, "rotation.start_date"),
            (pb::Rotation { host_organisation: SCHOOL.into(), ..application(50) }, "rotation.host_organisation"),
            (pb::Rotation { post: "  ".into(), ..application(50) }, "rotation.post"),
        ];
        for (rotation, field) in wrong {
            let request = pb::CreateRotationRequest { rotation: Some(rotation) };
            let refused = town.teacher().create_rotation(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
            assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
        }
        assert_eq!(town.sandbox.runtime.pending().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_list_is_paged_without_gap_or_repeat() {
    for town in Town::both().await {
        for _ in 0..5 {
            town.applied(20).await;
        }
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListRotationsRequest { page_size: 2, page_token: token, ..Default::default() };
            let page = town.dean().list_rotations(request).await.unwrap().into_inner();
            seen.extend(page.rotations.into_iter().map(|rotation| rotation.name));
            if page.next_page_token.is_empty() {
                break;
            }
            token = page.next_page_token;
        }
        let mut unique = seen.clone();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (5, 5));
    }
}
