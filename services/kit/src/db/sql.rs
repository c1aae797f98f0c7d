//! Statements as named constants, so that a test can prepare every one of them on both engines.
//!
//! Many rows come by `Tx::execute_rows`, as an array for each column on PostgreSQL and as one JSON array of rows on SQLite;
//! statements that are not asked thousands of times a second may take a JSON array on both. SQLite reads it by `json_each`,
//! or by `jsonb_each` where an element is an array itself, which `json_each` would write out as text for each to be read
//! again. On PostgreSQL rows that are looked up in a table come as `unnest(CAST($1 AS UUID[]))`, `= ANY (…)` or
//! `unnest(ARRAY(…))`: of those the planner expects ten, and asks an index for each; of `jsonb_array_elements` it expects a
//! hundred, and reads a table of some thousand rows from end to end. Where thousands come and another column of the
//! condition has an index as well, it is the other way round: `IN (SELECT …)`.

/// One statement. Its text is the same for both engines unless a reason is given.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    pub name: &'static str,
    pub postgres: &'static str,
    pub sqlite: &'static str,
    /// Why the two texts differ; empty where they are one.
    pub reason: &'static str,
}

/// Declares statements and lists them in `STATEMENTS`.
///
/// ```
/// kit::statements! {
///     /// One order by its id.
///     BY_ID = "SELECT order_id FROM training_order WHERE order_id = $1";
///     CLAIM = {
///         postgres: "SELECT seq FROM outbox FOR UPDATE SKIP LOCKED",
///         sqlite: "SELECT seq FROM outbox",
///         reason: "SQLite has one writer and no SKIP LOCKED",
///     };
/// }
/// ```
#[macro_export]
macro_rules! statements {
    (@one $name:ident $text:literal) => {
        $crate::db::Sql { name: stringify!($name), postgres: $text, sqlite: $text, reason: "" }
    };
    (@one $name:ident { postgres: $pg:literal, sqlite: $lite:literal, reason: $why:literal $(,)? }) => {
        $crate::db::Sql { name: stringify!($name), postgres: $pg, sqlite: $lite, reason: $why }
    };
    ($($(#[$doc:meta])* $name:ident = $text:tt;)+) => {
        $($(#[$doc])* pub const $name: $crate::db::Sql = $crate::statements!(@one $name $text);)+
        /// Every statement of this module.
        #[allow(dead_code, reason = "listed for the test that prepares them all")]
        pub const STATEMENTS: &[$crate::db::Sql] = &[$($name),+];
    };
}
pub use crate::statements;
