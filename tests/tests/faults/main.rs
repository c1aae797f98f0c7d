//! What goes wrong in this kind of system, done to it on purpose. Every test counts how often its fault
//! fired: a test whose fault never fired proves nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod admission;
mod cancelled;
mod database;
mod deferred;
mod edge;
mod inbox;
mod migrations;
mod reactions;
mod recorder;
mod relay;
mod repeated;
mod together;
mod town;
mod verify;
