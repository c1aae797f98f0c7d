//! The events of rotation. It follows nobody.

use crate::domain::{Event, Rotation};
use kit::wire::date;
use kit::{Envelope, Error, Scope, Tx};
use proto::rotation::v1 as pb;

pub const SUBSCRIPTIONS: &[&str] = &[];

#[expect(clippy::unused_async, reason = "every service has this room in this shape")]
pub async fn on(_tx: &mut Tx, _scope: &Scope, _event: &Envelope) -> Result<(), Error> {
    Ok(())
}

/// Tells what happened to a rotation: one event, the rotation's newest version.
pub async fn emit(tx: &mut Tx, scope: &Scope, rotation: &Rotation, event: Event) -> Result<(), Error> {
    let application = &rotation.application;
    let (subject, version) = (rotation.id, rotation.version);
    // Every event of a rotation carries what it is about, so that a consumer needs no other event to use it.
    macro_rules! tell {
        ($message:ident $(, $field:ident: $value:expr)*) => {
            scope.emit(tx, subject, version, &pb::$message {
                rotation: subject.to_string(),
                person: application.person.to_string(),
                home_organisation: application.home.to_string(),
                host_organisation: application.host.to_string(),
                start_date: Some(date(application.period.start)),
                end_date: Some(date(application.period.end)),
                share_percent: i32::from(application.period.share.percent()),
                $($field: $value,)*
            }).await
        };
    }
    let credited = i32::try_from(rotation.credited_days.unwrap_or_default()).unwrap_or(i32::MAX);
    match event {
        Event::Applied => tell!(RotationApplied),
        Event::Approved => tell!(RotationApproved),
        Event::Rejected => tell!(RotationRejected),
        Event::Accepted => tell!(RotationAccepted),
        Event::Declined => tell!(RotationDeclined),
        Event::Withdrawn => tell!(RotationWithdrawn),
        Event::Activated => tell!(RotationActivated),
        Event::Completed => tell!(RotationCompleted, credited_days: credited),
        Event::EndedEarly => tell!(RotationEndedEarly, credited_days: credited),
    }
}
