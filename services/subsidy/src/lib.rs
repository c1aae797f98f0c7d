//! Subsidy.
pub mod domain;
pub mod store;
pub const MIGRATIONS: kit::db::Migrations = kit::migrations!("subsidy", ["0001_init"]);
