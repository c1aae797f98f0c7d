//! What a service is given to work with. Nothing here is global.

use crate::clock::Clock;
use crate::db::{Db, Lane, Tx, Wake};
use crate::error::Error;
use crate::id::Id;
use crate::rng::Chance;
use crate::rules::{RulePack, Shipped};
use std::sync::Arc;

/// The surroundings of one service: its database, its clock, its chance. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context {
    pub service: &'static str,
    pub db: Db,
    pub clock: Clock,
    pub chance: Chance,
    /// The city's own rules, where it has some.
    rules: Option<Arc<RulePack>>,
    /// Wakes this service's relay after a commit that wrote events.
    pub(crate) wake: Wake,
    /// Wakes this service's worker after a commit that began something.
    pub(crate) begun: Wake,
}

impl Context {
    pub fn new(service: &'static str, db: Db, clock: Clock, chance: &Chance) -> Self {
        Self { service, db, clock, chance: chance.child(service), rules: None, wake: Arc::default(), begun: Arc::default() }
    }

    /// Puts a city's own rules in the place of those that are shipped.
    #[must_use]
    pub fn with_rules(self, rules: Option<Arc<RulePack>>) -> Self {
        Self { rules, ..self }
    }

    /// The rules in force: the city's own, or those that are shipped.
    pub fn rules<'a>(&'a self, shipped: &'a Shipped) -> Result<&'a RulePack, Error> {
        self.rules.as_deref().map_or_else(|| shipped.pack(), Ok)
    }

    /// A fresh id.
    pub fn id<T: Id>(&self) -> T {
        T::from_uuid(self.chance.uuid(self.clock.now()))
    }

    /// Opens a write transaction for a request.
    pub async fn begin(&self) -> Result<Tx, Error> {
        self.db.begin(Lane::Request).await
    }
}
