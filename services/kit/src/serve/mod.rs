//! The shell around the services: who may come in, how much at once, and how it all stops.

mod guard;
mod listen;
mod ops;
mod runtime;
mod standard;

pub use guard::{Guard, Limits};
pub use listen::{MAX_MESSAGE_BYTES, bind, serve};
pub use ops::ops_router;
pub use runtime::{Readiness, Runtime};
pub use standard::with_standard_services;
