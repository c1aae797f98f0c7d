//! Statements as named constants, so that a test can prepare every one of them on both engines.
//!
//! Many rows come by `Tx::execute_rows`, as an array for each column on PostgreSQL and as one JSON array of rows on SQLite,
//! and ids alone as one argument. SQLite reads rows by `jsonb_each` (`json_each` would write each out as text to be read
//! again) and ids by `json_each`. On PostgreSQL `= ANY (CAST($1 AS UUID[]))` does for ids: of a parameter the planner expects
//! ten, and asks an index for each. Its first five plans on a connection are made for the ids that are there, and of
//! thousands it may then read a table from end to end: where that must not be, as rows would be locked in another order,
//! `= ANY (ARRAY(SELECT unnest(…)))` is always ten. Where thousands come and another column of the condition has an index as
//! well, it is the other way round: `IN (SELECT …)`.

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
