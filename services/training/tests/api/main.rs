//! Training as schools and enterprises see it: the generated client on the guarded service, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod access;
mod chain;
mod classes;
mod enrolments;
mod graduation;
mod orders;
mod placements;
mod races;
mod town;
