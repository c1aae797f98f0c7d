//! What enterprises may offset in a calendar year, and the years as they were filed.

use super::list::{Listed, Whose};
use crate::domain::{Offset, OffsetYearId, OrganisationId};
use crate::store::offset::{self, Filter, Standing, Stored};
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct FindOffsetYear(pub OffsetYearId);

pub async fn find_offset_year(tx: &mut Tx, scope: &Scope, query: FindOffsetYear) -> Result<Stored, Error> {
    let year = offset::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own(year.enterprise, query.0)?;
    Ok(Stored { filings: offset::filings(tx, query.0).await?, year })
}

#[derive(Debug, Clone)]
pub struct ListOffsetYears {
    pub filter: Filter,
    pub page: Page,
}

pub async fn list_offset_years(tx: &mut Tx, scope: &Scope, mut query: ListOffsetYears) -> Result<Listed<Stored>, Error> {
    query.filter.enterprise = match Whose::of(scope, query.filter.enterprise) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed::empty()),
    };
    let rows = offset::list(tx, &query.filter, query.page).await?;
    Ok(Listed::new(query.page.cut(rows, |row| row.year.id)))
}

/// What an enterprise may offset in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub enterprise: OrganisationId,
    pub offset: Offset,
    /// The confirmed years it comes from: the last, or all of them in their order.
    pub years: Vec<Standing>,
}

impl Statement {
    /// Of a year that is `last` itself, or a later one of which nothing is confirmed.
    pub(super) fn of(year: i32, last: &Standing) -> Self {
        let came_to = last.year.offset;
        let offset = if came_to.year == year { came_to } else { Offset::waiting(year, came_to.carried) };
        Self { enterprise: last.year.enterprise, offset, years: vec![last.clone()] }
    }
}

#[derive(Debug, Clone)]
pub struct StatementOf {
    pub enterprise: OrganisationId,
    pub year: i32,
}

pub async fn offset_statement(tx: &mut Tx, scope: &Scope, query: StatementOf) -> Result<Statement, Error> {
    let StatementOf { enterprise, year } = query;
    scope.own(enterprise, enterprise)?;
    let years = offset::standing(tx, enterprise, year).await?;
    let last = years.last().ok_or_else(|| Error::not_found(format!("{enterprise}/offsetStatement of {year}")))?;
    Ok(Statement { years: years.clone(), ..Statement::of(year, last) })
}

#[derive(Debug, Clone)]
pub struct ListStatements {
    pub year: i32,
    pub page: Page,
}

pub async fn list_statements(tx: &mut Tx, scope: &Scope, query: ListStatements) -> Result<Listed<Statement>, Error> {
    let own = match Whose::of(scope, None) {
        Whose::Everybodys => None,
        Whose::Of(own) => Some(own),
        Whose::Nobodys => return Ok(Listed::empty()),
    };
    let rows = offset::last_standing(tx, own, query.year, (query.page.after, query.page.limit())).await?;
    let statements = rows.into_iter().map(|last| Statement::of(query.year, &last)).collect();
    Ok(Listed::new(query.page.cut(statements, |statement: &Statement| statement.enterprise)))
}
