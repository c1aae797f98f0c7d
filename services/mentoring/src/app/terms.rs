//! The terms of the city's schools.

use super::list::Listed;
use crate::domain::{Days, Refusal, Term};
use crate::store;
use crate::store::term::{self, Stored};
use chrono::NaiveDate;
use kit::page::Page;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CreateTerm {
    pub code: String,
    pub days: Days,
    /// The first day of evaluation.
    pub evaluated_from: Option<NaiveDate>,
}

pub async fn create_term(tx: &mut Tx, scope: &Scope, command: CreateTerm) -> Result<Stored, Error> {
    let CreateTerm { code, days, evaluated_from } = command;
    let term = Term::new(scope.id(), code, days, evaluated_from)?;
    // Two at once would each look round before the other is seen.
    store::take_turn(tx).await?;
    let meeting = term::meeting(tx, days).await?.filter(|other| *other != term.code);
    if let Some(other) = meeting {
        return Err(Refusal::TermsOverlap { code: term.code, other }.into());
    }
    if !term::insert(tx, &term, scope.now()).await? {
        return Err(Refusal::TermExists { code: term.code }.into());
    }
    Ok(Stored { term, created_at: scope.now() })
}

#[derive(Debug, Clone)]
pub struct ListTerms(pub Page);

pub async fn list_terms(tx: &mut Tx, _: &Scope, query: ListTerms) -> Result<Listed<Stored>, Error> {
    let rows = term::list(tx, query.0).await?;
    Ok(Listed::page(query.0, rows, |row| row.term.id))
}
