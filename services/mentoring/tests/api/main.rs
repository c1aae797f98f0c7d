//! Mentoring as its callers see it: the generated client on the guarded service, on both engines, with the events
//! of directory and training arriving from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test that cannot go on should stop, loudly"
)]

mod absence;
mod access;
mod city;
mod conflicts;
mod continuity;
mod evaluations;
mod guidance;
mod leaving;
mod objections;
mod offers;
mod projects;
mod rankings;
mod references;
mod refusals;
mod reports;
mod rounds;
mod storms;
mod timetables;
mod town;
mod weights;
