//! What tests stand on: real databases of both engines, and a sandbox in which services are stepped instead
//! of waited for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up should stop, loudly"
)]

mod binary;
mod caller;
mod database;
mod log;
mod nats;
mod sandbox;
pub mod schema;
mod served;

pub use binary::binary;
pub use caller::{Caller, Who};
pub use database::{TestDb, both_engines, empty_postgres, postgres, settings, sqlite};
pub use nats::Nats;
pub use sandbox::{Make, Sandbox, foreign};
pub use served::{Served, serve, terminate};
