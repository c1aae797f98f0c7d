//! Who is let in, how many at once, and for how long.

use crate::town::{Left, client, keyed, limited_on_both, on_both, person, teacher};
use axum::body::Body;
use kit::auth::Role;
use kit::db::{Lane, Tx, args, statements};
use kit::id::{EventId, Id as _};
use kit::rng::Chance;
use proto::rotation::v1::rotation_service_client::RotationServiceClient;
use std::time::{Duration, Instant};
use testkit::{Sandbox, Who};
use tokio::time::{sleep, timeout};
use tonic::Code;
use tonic_types::StatusExt;
use tower::ServiceExt;

/// Holds whatever a write for the first person waits for: on PostgreSQL that person, on SQLite the writer.
async fn hold(sandbox: &Sandbox) -> Tx {
    let mut held = sandbox.test.db.begin(Lane::Background).await.unwrap();
    let id = person(1).rsplit('/').next().unwrap().parse().unwrap();
    held.execute(HOLD, args![EventId::from_uuid(id)]).await.unwrap();
    held
}

fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_when_there_is_no_room_is_told_at_once_when_to_come_again() {
    for sandbox in limited_on_both(1, Duration::from_secs(20)).await {
        let held = hold(&sandbox).await;
        let mut first = client(&sandbox);
        let at_work = tokio::spawn(async move { first.create_rotation(keyed(1)).await });
        sleep(Duration::from_millis(200)).await;
        let (mut refusals, began) = (0, Instant::now());
        for number in 2..22 {
            let refused = client(&sandbox).create_rotation(keyed(number)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
            assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
            refusals += 1;
        }
        assert!(refusals == 20 && began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        held.rollback().await.unwrap();
        at_work.await.unwrap().unwrap();
        // The room is free again, and nothing of the refused ones was done.
        client(&sandbox).create_rotation(keyed(2)).await.unwrap();
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_outlived_its_deadline_is_asked_for_again_with_the_same_key() {
    for sandbox in limited_on_both(8, Duration::from_millis(400)).await {
        let held = hold(&sandbox).await;
        let late = client(&sandbox).create_rotation(keyed(1)).await.unwrap_err();
        assert_eq!(late.code(), Code::DeadlineExceeded, "{}", sandbox.test.engine);
        // A caller's own deadline shortens the server's, and does not lengthen it.
        for (own, most) in
            [(Duration::from_millis(100), Duration::from_millis(350)), (Duration::from_mins(1), Duration::from_secs(2))]
        {
            let mut request = keyed(1);
            request.set_timeout(own);
            let began = Instant::now();
            let code = client(&sandbox).create_rotation(request).await.unwrap_err().code();
            assert!(matches!(code, Code::DeadlineExceeded | Code::Cancelled), "{code:?}");
            assert!(began.elapsed() < most, "{own:?} took {:?}", began.elapsed());
        }
        assert_eq!(Left::in_tables(&sandbox.test.db).await.rotations, 0);
        held.rollback().await.unwrap();
        // A slow machine may pass the deadline once more; then asking once more is what the refusal says to do.
        let (mut answers, mut tries) = (Vec::new(), 0);
        while answers.len() < 2 {
            tries += 1;
            match client(&sandbox).create_rotation(keyed(1)).await {
                Ok(answer) => answers.push(answer.into_inner()),
                Err(late) => assert!(late.code() == Code::DeadlineExceeded && tries < 20, "{late:?}"),
            }
        }
        assert_eq!(answers[0], answers[1]);
        sleep(Duration::from_millis(300)).await;
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(1), "{}", sandbox.test.engine);
    }
}

/// A command goes on when its caller is gone, so its place is taken until it has ended.
#[tokio::test(flavor = "multi_thread")]
async fn commands_whose_callers_went_away_still_take_up_their_places() {
    for sandbox in limited_on_both(4, Duration::from_secs(20)).await {
        let held = hold(&sandbox).await;
        let (mut abandoned, mut refused) = (0, 0);
        for number in 0..100 {
            let mut request = keyed(1);
            request.metadata_mut().insert("idempotency-key", format!("abandoned-{number}").parse().unwrap());
            match timeout(Duration::from_millis(20), client(&sandbox).create_rotation(request)).await {
                Err(_) => abandoned += 1,
                Ok(answer) => {
                    assert_eq!(answer.unwrap_err().code(), Code::ResourceExhausted);
                    refused += 1;
                }
            }
        }
        held.rollback().await.unwrap();
        assert!(abandoned > 0);
        assert_eq!((abandoned, refused), (4, 96), "abandoned and at work, refused, on {}", sandbox.test.engine);
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_that_we_signed_and_that_still_holds() {
    for sandbox in on_both().await {
        let open = sandbox.runtime.routers["rotation"].clone();
        let nobody = RotationServiceClient::new(open.clone()).create_rotation(keyed(1)).await.unwrap_err();
        assert_eq!(nobody.code(), Code::Unauthenticated);
        for header in ["Bearer nonsense", "Bearer ", "Basic dGVhY2hlcjp4", "Bearer a.b.c"] {
            let mut request = keyed(1);
            request.metadata_mut().insert("authorization", header.parse().unwrap());
            let refused = RotationServiceClient::new(open.clone()).create_rotation(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "{header}");
        }
        let stranger = kit::auth::DevIssuer::new(kit::config::Environment::Development, &Chance::seeded(666)).unwrap();
        let forged = testkit::Caller::new(open, &std::sync::Arc::new(stranger), &sandbox.clock, &teacher());
        let refused = RotationServiceClient::new(forged).create_rotation(keyed(1)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        let mut expired = client(&sandbox);
        sandbox.clock.advance(chrono::TimeDelta::hours(2));
        assert_eq!(expired.create_rotation(keyed(1)).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(0));
    }
}

#[tokio::test]
async fn a_role_that_the_method_does_not_name_is_refused_and_so_is_a_method_that_is_not_ours() {
    for sandbox in on_both().await {
        let mentor = Who::new("mentor@factory", Some(crate::town::FACTORY), &[Role::Student]);
        let mut client = RotationServiceClient::new(sandbox.caller("rotation", &mentor));
        let refused = client.create_rotation(keyed(1)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ROLE_REQUIRED"));

        let paths = [
            "/talentflow.rotation.v1.RotationService/Nonsense",
            "/talentflow.rotation.v1.RotationService/CreateRotation/",
            "//talentflow.rotation.v1.RotationService/CreateRotation",
            "/talentflow.subsidy.v1.SubsidyService/None",
            "/",
        ];
        for path in paths {
            let request =
                http::Request::post(path).header("content-type", "application/grpc").body(tonic::body::Body::empty()).unwrap();
            let answer = sandbox.caller("rotation", &teacher()).oneshot(request).await.unwrap();
            let status = answer.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned());
            let refused = [Code::PermissionDenied, Code::Unimplemented].map(|code| Some((code as i32).to_string()));
            assert!(refused.contains(&status), "{path}: {status:?} {answer:?}");
            let request = http::Request::post(path).header("content-type", "application/grpc").body(Body::empty()).unwrap();
            let answer = sandbox.runtime.routers["rotation"].clone().oneshot(request).await.unwrap();
            let status = answer.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned());
            assert_eq!(status, Some((Code::Unauthenticated as i32).to_string()), "{path}");
        }
        assert_eq!(Left::in_tables(&sandbox.test.db).await, Left::whole(0));
    }
}

statements! {
    HOLD = "INSERT INTO rotation_person (person_id, changes) VALUES ($1, 1)";
}
