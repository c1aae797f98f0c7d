//! What a service is given to work with. Nothing here is global.

use crate::clock::Clock;
use crate::db::{Db, Lane, Tx, Wake};
use crate::error::Error;
use crate::id::Id;
use crate::rng::Chance;
use std::sync::Arc;

/// The surroundings of one service: its database, its clock, its chance. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context {
    pub service: &'static str,
    pub db: Db,
    pub clock: Clock,
    pub chance: Chance,
    /// Wakes this service's relay after a commit that wrote events.
    pub(crate) wake: Wake,
}

impl Context {
    pub fn new(service: &'static str, db: Db, clock: Clock, chance: &Chance) -> Self {
        Self { service, db, clock, chance: chance.child(service), wake: Arc::default() }
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
