//! What a service hands to the process that runs it.

use crate::command::Scope;
use crate::context::Context;
use crate::db::{Migrations, Sql, Tx};
use crate::error::Error;
use crate::event::Envelope;
use crate::verify::Check;
use futures::future::BoxFuture;
use std::fmt;
use tonic::service::Routes;

/// An answer under way.
pub type Reaction<'a> = BoxFuture<'a, Result<(), Error>>;

/// One bounded step of what a command began and did not finish, in a transaction of its own; `false` when nothing is
/// left to go on with.
pub type Step = for<'a> fn(&'a mut Tx, &'a Scope) -> BoxFuture<'a, Result<bool, Error>>;

/// How a service answers events, inside the transaction that remembers them.
#[derive(Clone, Copy)]
pub enum React {
    /// One after the other, in the order in which they came.
    Each(for<'a> fn(&'a mut Tx, &'a Scope, &'a Envelope) -> Reaction<'a>),
    /// Those of a delivery together: for a service that asks and writes for many what it would ask and write for
    /// one. A delivery that fails is tried again event by event.
    Together(for<'a> fn(&'a mut Tx, &'a [Arrival<'a>]) -> Reaction<'a>),
}

/// An event whose turn has come, and in whose name it is answered.
#[derive(Debug)]
pub struct Arrival<'a> {
    pub scope: Scope,
    pub event: &'a Envelope,
}

/// One service, ready to be run alone or beside others.
pub struct Service {
    pub context: Context,
    /// Its gRPC methods.
    pub routes: Routes,
    pub migrations: Migrations,
    /// Every statement it can run; a test prepares them all on both engines.
    pub statements: Vec<Sql>,
    /// The aggregates it follows, whole: `talentflow.directory.person` is every event of a person. A part
    /// of an aggregate would have gaps in its sequence.
    pub subscriptions: &'static [&'static str],
    pub react: React,
    /// How it goes on with what it began, if it begins anything that is too much for one transaction.
    pub step: Option<Step>,
    /// The invariants `talentflow verify` proves.
    pub checks: &'static [Check],
}

impl Service {
    pub fn name(&self) -> &'static str {
        self.context.service
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name()).field("subscriptions", &self.subscriptions).finish_non_exhaustive()
    }
}
