//! A draft of a scheme is read as a scheme file would be: what it says, or everything that is wrong with it.

use super::schemes;
use crate::domain::{Fault, Scheme};
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct CheckScheme(pub String);

#[derive(Debug)]
pub struct Checked(pub Result<Box<Scheme>, Vec<Fault>>);

pub async fn check_scheme(_tx: &mut Tx, scope: &Scope, query: CheckScheme) -> Result<Checked, Error> {
    let read = Scheme::load(&query.0).and_then(|draft| {
        // Among the others: it may exclude one that excludes it.
        schemes(scope).with_draft(draft.clone()).map(|_| Box::new(draft))
    });
    Ok(Checked(read.map_err(|faults| faults.faults)))
}
