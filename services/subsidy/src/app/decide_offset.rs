//! A second person confirms what was filed of a year, or gives it back. What is confirmed runs through the later years of the
//! enterprise at once, so that every statement is what its filings come to.

use super::schemes;
use crate::domain::{
    Confirmed, Credited, Deciding, Investment, OffsetFiling, OffsetRefusal, OffsetYear, OffsetYearId, carry, offset_grant,
    offset_scheme,
};
use crate::events;
use crate::store::offset::{self, Stored, Told};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct ConfirmOffset {
    pub year: OffsetYearId,
    /// The filing that was looked at.
    pub revision: i64,
    pub integration_listed: bool,
    pub note: String,
}

pub async fn confirm_offset(tx: &mut Tx, scope: &Scope, command: ConfirmOffset) -> Result<Stored, Error> {
    let ConfirmOffset { year: id, revision, integration_listed, note } = command;
    let (told, year, filing) = held(tx, id).await?;
    let scheme = offset_scheme(schemes(scope), year.year)?;
    let investment = Investment { enterprise: year.enterprise, year: year.year, amount: filing.investment, integration_listed };
    let confirmed = Confirmed { integration_listed, grant: offset_grant(scheme, &investment)? };
    let credited = Credited { year: year.year, credit: confirmed.grant.credit, surcharges: filing.surcharges };
    let by = scope.principal().subject.clone();
    let (next, decision) = year.confirm(&filing, Deciding { by, revision, reason: note }, confirmed, told.integration_listed)?;
    offset::decide(tx, id, &decision, scope.now()).await?;
    let year = run_through(tx, scope, next, credited).await?;
    Ok(Stored { filings: offset::filings(tx, id).await?, year })
}

/// The confirmed years of the enterprise with this one among them, which had another filing or none that stood.
async fn run_through(tx: &mut Tx, scope: &Scope, this: OffsetYear, credited: Credited) -> Result<OffsetYear, Error> {
    let others = offset::standing(tx, this.enterprise, i32::MAX).await?;
    let others: Vec<_> = others.into_iter().filter(|other| other.year.id != this.id).collect();
    let of_other = |other: &offset::Standing| Credited {
        year: other.year.year,
        credit: other.confirmed.grant.credit,
        surcharges: other.surcharges,
    };
    let mut confirmed = this;
    let mut changed = Vec::new();
    for came_to in carry(others.iter().map(of_other).chain([credited]))? {
        if came_to.year == confirmed.year {
            confirmed.offset = came_to;
        } else if let Some(other) = others.iter().find(|other| other.year.year == came_to.year) {
            changed.extend(other.year.carry(came_to));
        }
    }
    let all: Vec<OffsetYear> = changed.iter().chain([&confirmed]).cloned().collect();
    offset::update_all(tx, &all, scope.now()).await?;
    events::offset_confirmed(tx, scope, &confirmed).await?;
    for later in &changed {
        events::offset_carried(tx, scope, later).await?;
    }
    Ok(confirmed)
}

#[derive(Debug, Clone)]
pub struct ReturnOffset {
    pub year: OffsetYearId,
    /// The filing that was looked at.
    pub revision: i64,
    pub reason: String,
}

pub async fn return_offset(tx: &mut Tx, scope: &Scope, command: ReturnOffset) -> Result<Stored, Error> {
    let ReturnOffset { year: id, revision, reason } = command;
    let (_, year, filing) = held(tx, id).await?;
    let by = scope.principal().subject.clone();
    let (next, decision) = year.give_back(&filing, Deciding { by, revision, reason })?;
    offset::decide(tx, id, &decision, scope.now()).await?;
    offset::update_all(tx, std::slice::from_ref(&next), scope.now()).await?;
    events::offset_returned(tx, scope, &next).await?;
    Ok(Stored { filings: offset::filings(tx, id).await?, year: next })
}

/// A year as it is once its enterprise is held, with its latest filing and what the directory says.
async fn held(tx: &mut Tx, id: OffsetYearId) -> Result<(Told, OffsetYear, OffsetFiling), Error> {
    let enterprise = offset::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?.enterprise;
    let told = offset::hold(tx, enterprise).await?.ok_or(OffsetRefusal::NotEnterprise { organisation: enterprise })?;
    let year = offset::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    let latest = offset::filings(tx, id).await?.pop().ok_or_else(|| Error::internal("a year without a filing"))?;
    Ok((told, year, latest.filing))
}
