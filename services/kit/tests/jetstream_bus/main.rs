//! The `JetStream` bus against a real nats-server, through a real relay and a real consumer. Each test makes its
//! fault fire and shows that it did.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod delivery;
mod faults;
mod loss;
mod probe;
mod server;
mod start;
