//! What a service is given to work with. Nothing here is global.

use crate::clock::Clock;
use crate::db::{Db, Lane, Tx, Wake};
use crate::error::Error;
use crate::id::Id;
use crate::rng::Chance;
use crate::rules::{RulePack, Shipped};
use std::any::Any;
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
    /// What else a city decides by itself, in the service's own type.
    decided: Option<Arc<dyn Any + Send + Sync>>,
    /// Wakes this service's relay after a commit that wrote events.
    pub(crate) wake: Wake,
    /// Wakes this service's worker after a commit that began something.
    pub(crate) begun: Wake,
}

impl Context {
    pub fn new(service: &'static str, db: Db, clock: Clock, chance: &Chance) -> Self {
        Self {
            service,
            db,
            clock,
            chance: chance.child(service),
            rules: None,
            decided: None,
            wake: Arc::default(),
            begun: Arc::default(),
        }
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

    /// Puts what a city decides by itself in the place of what is shipped, in the service's own type.
    #[must_use]
    pub fn with_decided<T: Send + Sync + 'static>(self, decided: Option<Arc<T>>) -> Self {
        Self { decided: decided.map(|decided| decided as Arc<dyn Any + Send + Sync>), ..self }
    }

    /// What a city decided by itself, if it did.
    pub fn decided<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.decided.as_deref().and_then(|decided| decided.downcast_ref())
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
