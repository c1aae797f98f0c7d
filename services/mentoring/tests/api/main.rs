//! Mentoring as its callers see it: the generated client on the guarded service, on both engines, with the events
//! of directory and training arriving from outside.

mod access;
mod guidance;
mod leaving;
mod refusals;
mod rounds;
mod storms;
mod town;
