//! An employment began, ended or was corrected. Who no longer works at the organisation is no longer its mentor:
//! the students get another one at once, and nobody else is moved.

use super::fill::{fill, reopen};
use crate::domain::{EndReason, Mentor};
use crate::events;
use crate::store::directory::{self, Employed, Employment};
use crate::store::{self, mentor, pairing};
use chrono::NaiveDate;
use kit::{Error, Scope, Tx};

pub async fn employment_changed(tx: &mut Tx, scope: &Scope, employment: Employment) -> Result<(), Error> {
    directory::lock_person(tx, employment.person).await?;
    directory::put_employment(tx, &employment).await?;
    let (person, organisation) = (employment.person, employment.organisation);
    if directory::employed(tx, person, organisation).await? == Employed::No {
        let last = employment.end.unwrap_or_else(|| scope.today());
        for mentor in mentor::active_of_person(tx, person, organisation).await? {
            close(tx, scope, mentor, last).await?;
        }
    }
    Ok(())
}

async fn close(tx: &mut Tx, scope: &Scope, mentor: Mentor, last: NaiveDate) -> Result<(), Error> {
    store::take_turn(tx).await?;
    mentor::close(tx, mentor.id, scope.now()).await?;
    events::emit_closed(tx, scope, &mentor).await?;
    let mut openings = Vec::new();
    for (pairing, student) in pairing::of_mentor(tx, mentor.id).await? {
        let (ended, event) = pairing.end(last, EndReason::MentorLeft);
        pairing::update(tx, &ended, scope.now()).await?;
        events::emit_pairing(tx, scope, &ended, event).await?;
        openings.extend(reopen(tx, scope, &pairing, student).await?);
    }
    if openings.is_empty() {
        return Ok(());
    }
    fill(tx, scope, openings).await.map(|_| ())
}
