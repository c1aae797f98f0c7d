//! Lists of what mentoring keeps, narrowed to what the caller may see.

use super::find::{FindRun, find_run};
use crate::domain::{ClassId, MentorId, OrganisationId, RematchState, RoundId, RunId, Weights, WeightsId};
use crate::store::{
    conflict, guidance, guidance_month, mentor, objection, pairing, proposal, ranking, rematch, round, run, weights,
};
use kit::id::Id;
use kit::macros::uuid::Uuid;
use kit::page::Page;
use kit::{Error, Scope, Tx};

/// One page.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub next: String,
}

impl<T> Listed<T> {
    pub(super) fn page<I: Id>(page: Page, rows: Vec<T>, id: impl Fn(&T) -> I) -> Self {
        let (rows, next) = page.cut(rows, id);
        Self { rows, next }
    }
}

/// The organisation a list is narrowed to; `None` for those who see all.
pub(super) fn visible(scope: &Scope) -> Result<Option<OrganisationId>, Error> {
    scope.visible().map(|own| OrganisationId::parse("organisation", own)).transpose()
}

#[derive(Debug, Clone)]
pub struct ListMentors {
    pub filter: mentor::Filter,
    pub page: Page,
}

pub async fn list_mentors(tx: &mut Tx, scope: &Scope, mut query: ListMentors) -> Result<Listed<mentor::Stored>, Error> {
    if let Some(own) = visible(scope)? {
        if query.filter.organisation.is_some_and(|asked| asked != own) {
            return Ok(Listed { rows: Vec::new(), next: String::new() });
        }
        query.filter.organisation = Some(own);
    }
    let rows = mentor::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.mentor.id))
}

#[derive(Debug, Clone)]
pub struct ListRounds {
    pub class: Option<ClassId>,
    pub page: Page,
}

pub async fn list_rounds(tx: &mut Tx, scope: &Scope, query: ListRounds) -> Result<Listed<round::Stored>, Error> {
    let rows = round::list(tx, visible(scope)?, query.class, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.round.id))
}

#[derive(Debug, Clone)]
pub struct ListRankings {
    pub round: RoundId,
    pub page: Page,
}

/// Those whose authors the caller speaks for: neither side reads what the other one ranks.
pub async fn list_rankings(tx: &mut Tx, scope: &Scope, query: ListRankings) -> Result<Listed<ranking::Stored>, Error> {
    round::by_id(tx, query.round).await?.ok_or_else(|| Error::not_found(query.round))?;
    let rows = ranking::list(tx, query.round, visible(scope)?, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.id))
}

#[derive(Debug, Clone)]
pub struct ListRuns {
    pub round: Option<RoundId>,
    pub page: Page,
}

pub async fn list_runs(tx: &mut Tx, scope: &Scope, query: ListRuns) -> Result<Listed<run::Run>, Error> {
    let rows = run::list(tx, visible(scope)?, query.round, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.run_id))
}

#[derive(Debug, Clone)]
pub struct ListProposals {
    pub run: RunId,
    pub page: Page,
}

pub async fn list_proposals(tx: &mut Tx, scope: &Scope, query: ListProposals) -> Result<Listed<proposal::Line>, Error> {
    find_run(tx, scope, FindRun(query.run)).await?;
    let rows = proposal::list(tx, query.run, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.proposal.proposal_id))
}

#[derive(Debug, Clone)]
pub struct ListObjections {
    pub filter: objection::Filter,
    pub page: Page,
}

pub async fn list_objections(tx: &mut Tx, scope: &Scope, mut query: ListObjections) -> Result<Listed<objection::Stored>, Error> {
    query.filter.organisation = visible(scope)?;
    let rows = objection::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.objection.id))
}

#[derive(Debug, Clone)]
pub struct ListConflicts {
    pub mentor: Option<MentorId>,
    pub page: Page,
}

pub async fn list_conflicts(tx: &mut Tx, scope: &Scope, query: ListConflicts) -> Result<Listed<conflict::Stored>, Error> {
    let rows = conflict::list(tx, visible(scope)?, query.mentor, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.conflict.id))
}

#[derive(Debug, Clone)]
pub struct ListWeights(pub Page);

pub async fn list_weights(tx: &mut Tx, _: &Scope, query: ListWeights) -> Result<Listed<Weights>, Error> {
    let rows = weights::list(tx, query.0).await?;
    let place = |row: &Weights| WeightsId::from_uuid(Uuid::from_u128(u128::try_from(row.version).unwrap_or_default()));
    Ok(Listed::page(query.0, rows, place))
}

#[derive(Debug, Clone)]
pub struct ListPairings {
    pub filter: pairing::Filter,
    pub page: Page,
}

pub async fn list_pairings(tx: &mut Tx, scope: &Scope, mut query: ListPairings) -> Result<Listed<pairing::Stored>, Error> {
    query.filter.organisation = visible(scope)?;
    let rows = pairing::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.pairing.id))
}

#[derive(Debug, Clone)]
pub struct ListGuidance {
    pub filter: guidance::Filter,
    pub page: Page,
}

pub async fn list_guidance(tx: &mut Tx, scope: &Scope, mut query: ListGuidance) -> Result<Listed<guidance::Stored>, Error> {
    query.filter.organisation = visible(scope)?;
    let rows = guidance::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.id))
}

#[derive(Debug, Clone)]
pub struct ListGuidanceMonths {
    pub filter: guidance_month::Filter,
    pub page: Page,
}

pub async fn list_guidance_months(
    tx: &mut Tx,
    scope: &Scope,
    mut query: ListGuidanceMonths,
) -> Result<Listed<guidance_month::Confirmed>, Error> {
    query.filter.organisation = visible(scope)?;
    let rows = guidance_month::list(tx, &query.filter, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.guidance_month_id))
}

#[derive(Debug, Clone)]
pub struct ListRematches {
    pub state: Option<RematchState>,
    pub page: Page,
}

pub async fn list_rematches(tx: &mut Tx, scope: &Scope, query: ListRematches) -> Result<Listed<rematch::Stored>, Error> {
    let rows = rematch::list(tx, visible(scope)?, query.state, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.rematch.id))
}
