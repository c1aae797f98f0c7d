//! The use cases, one a file. Each runs inside a transaction that kit opened and will commit.

mod apply;
mod change;
mod find;
mod list;

pub use apply::{Apply, apply};
pub use change::{ChangeRotation, Side, change};
pub use find::{Find, find};
pub use list::{List, Listed, list};
