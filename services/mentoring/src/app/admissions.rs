//! How organisations take students in a round: how many at most, and whom first.

use super::create_round::take_in;
use super::fill::{Opening, fill};
use super::list::{Listed, visible};
use crate::domain::{Absent, Admission, PairingId, Refusal, Round, RoundId};
use crate::store::admission::{self, Stored};
use crate::store::{pairing, round, student};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Vacancies filled at once, the oldest first.
const MOST: i64 = 2000;

#[derive(Debug, Clone)]
pub struct SetAdmission(pub Admission);

/// What was said before is replaced; only while the round takes rankings.
pub async fn set_admission(tx: &mut Tx, scope: &Scope, command: SetAdmission) -> Result<Stored, Error> {
    let admission = command.0;
    let id = admission.round;
    let round = round::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.round;
    scope.own(admission.organisation, admission.organisation).map_err(|error| error.on("admission.organisation"))?;
    round.takes_rankings()?;
    // Held, so that none comes in behind the closing.
    round::hold(tx, &round, scope.now()).await?;
    if !concerned(tx, &round, &admission).await? {
        let who = admission.organisation.to_string();
        return Err(Error::from(Refusal::NotInRound { who, why: Absent::NoMentors }).on("admission.organisation"));
    }
    let stored = Stored { id: scope.id(), admission, updated_at: scope.now() };
    admission::put(tx, &stored).await?;
    Ok(stored)
}

/// Whether the organisation may have a mentor for a student of the round: its school, its enterprise, or who knows the
/// chain.
async fn concerned(tx: &mut Tx, round: &Round, admission: &Admission) -> Result<bool, Error> {
    let who = admission.organisation;
    if [round.school, round.enterprise].contains(&Some(who)) || student::any_concerned(tx, round.id, who).await? {
        return Ok(true);
    }
    // Perhaps by somebody who waits since it was opened.
    take_in(tx, round).await?;
    student::any_concerned(tx, round.id, who).await
}

#[derive(Debug, Clone)]
pub struct ListAdmissions {
    pub round: RoundId,
    pub page: Page,
}

/// Each organisation reads its own; the bureau all.
pub async fn list_admissions(tx: &mut Tx, scope: &Scope, query: ListAdmissions) -> Result<Listed<Stored>, Error> {
    round::by_id(tx, query.round).await?.ok_or_else(|| Error::not_found(query.round))?;
    let rows = admission::list(tx, query.round, visible(scope)?, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.id))
}

/// Which openings are filled together: those of rounds without quotas; and those of each round with one by themselves, for
/// the quotas of several rounds lie across the places of the mentors.
pub async fn apart(tx: &mut Tx, openings: Vec<Opening>) -> Result<Vec<Vec<Opening>>, Error> {
    let rounds = openings.iter().map(|opening| opening.pairing.round).collect();
    let bound = admission::with_quota(tx, &rounds).await?;
    let mut together: BTreeMap<Option<RoundId>, Vec<Opening>> = BTreeMap::new();
    for opening in openings {
        let round = Some(opening.pairing.round).filter(|round| bound.contains(round));
        together.entry(round).or_default().push(opening);
    }
    Ok(together.into_values().collect())
}

/// Fills the vacancies of those of the rounds that have a quota, after students of theirs have lost or left a mentor: others,
/// whom the quota held back, may now have any mentor of that organisation. The caller holds the turn.
pub async fn refill_rounds(tx: &mut Tx, scope: &Scope, rounds: &BTreeSet<RoundId>) -> Result<(), Error> {
    if rounds.is_empty() {
        return Ok(());
    }
    for round in admission::with_quota(tx, rounds).await? {
        let mut after = PairingId::unset();
        loop {
            let vacant = pairing::vacant_of_round(tx, round, after, MOST).await?;
            let Some((last, _)) = vacant.last() else { break };
            after = last.id;
            fill(tx, scope, vacant.into_iter().map(|(pairing, student)| Opening { pairing, student }).collect()).await?;
        }
    }
    Ok(())
}
