//! Mentors, rounds, proposals, pairings and guidance records, narrowed to what the caller may see.

use super::find::{FindRound, find_round};
use crate::domain::{ClassId, OrganisationId, RoundId};
use crate::store::{guidance, mentor, pairing, proposal, round};
use kit::id::Id;
use kit::page::Page;
use kit::{Error, Scope, Tx};

/// One page.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub next: String,
}

impl<T> Listed<T> {
    fn page<I: Id>(page: Page, rows: Vec<T>, id: impl Fn(&T) -> I) -> Self {
        let (rows, next) = page.cut(rows, id);
        Self { rows, next }
    }
}

/// The organisation a list is narrowed to; `None` for those who see all.
fn visible(scope: &Scope) -> Result<Option<OrganisationId>, Error> {
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
pub struct ListProposals {
    pub round: RoundId,
    pub page: Page,
}

pub async fn list_proposals(tx: &mut Tx, scope: &Scope, query: ListProposals) -> Result<Listed<proposal::Line>, Error> {
    find_round(tx, scope, FindRound(query.round)).await?;
    let rows = proposal::list(tx, query.round, query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.proposal.proposal_id))
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
