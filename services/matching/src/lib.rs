//! Who gets whom: many students, mentors with places, and who may be paired with whom at which value.
//!
//! Pure: no I/O, no clock, no chance. Two objectives, which are different answers to the same question:
//!
//! - [`optimal`]: the largest number of students matched; of those assignments, the largest total value; and on
//!   request the most even load ([`spread`]). Its certificate are dual [prices](certificate::Price).
//! - [`stable`]: no student and mentor would both rather have each other. Its certificate are the
//!   [cutoffs](certificate::Cutoff) of the mentors.
//!
//! A certificate is judged by [`certificate`], which shares nothing with the solvers but the [`Instance`]: whoever
//! does not trust a solver needs to read only that file. [`joint`] makes the mentors of the two sides compatible.
//!
//! Mentors may share places ([`Group`]): the projects of a mentor, the mentors of an organisation with a quota. Prices and
//! cutoffs are then those of the mentors, followed by those of the groups.
//!
//! Students and mentors are numbers from 0. Every answer depends on the numbers and values alone, never on the
//! order in which they were given.

mod auction;
pub mod certificate;
mod groups;
mod instance;
pub mod joint;
mod nested;
pub mod optimal;
mod repair;
mod scarcity;
mod spread;
pub mod stable;

pub use groups::Group;
pub use instance::{Arc, Edge, Fault, Instance, Places, Preference};
pub use spread::spread;

/// The mentor of each student; `None` for those who stay alone.
pub type Assignment = Vec<Option<u32>>;
