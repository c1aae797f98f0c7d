//! An employment began, ended or was corrected. Who no longer works at the organisation is no longer its mentor:
//! the students get another one at once, and nobody else is moved.

use super::absence::leave_of;
use super::follow_timetables::follow_timetables;
use super::part::part;
use super::publish_round::make_of_mentor;
use crate::domain::{EndReason, Mentor};
use crate::events;
use crate::store::directory::{self, Employed, Employment};
use crate::store::{self, absence, mentor, pairing, project};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};

pub async fn employment_changed(tx: &mut Tx, scope: &Scope, employment: Employment) -> Result<(), Error> {
    directory::lock_person(tx, employment.person).await?;
    directory::put_employment(tx, &employment).await?;
    let (person, organisation) = (employment.person, employment.organisation);
    if directory::employed(tx, person, organisation).await? == Employed::No {
        follow_timetables(tx, scope).await?;
        let last = employment.end.unwrap_or_else(|| scope.today());
        for mentor in mentor::of_person(tx, person, organisation).await? {
            close(tx, scope, mentor.mentor, last).await?;
        }
    }
    Ok(())
}

async fn close(tx: &mut Tx, scope: &Scope, mentor: Mentor, last: NaiveDate) -> Result<(), Error> {
    store::take_turn(tx).await?;
    make_of_mentor(tx, scope, mentor.id).await?;
    let students = pairing::of_mentor(tx, mentor.id).await?;
    mentor::close(tx, mentor.id, scope.now()).await?;
    project::close_of_mentor(tx, mentor.id, scope.now()).await?;
    absence::end(tx, leave_of(mentor.id)).await?;
    events::emit_closed(tx, scope, &mentor).await?;
    part(tx, scope, &mentor, students, (last, EndReason::MentorLeft)).await
}
