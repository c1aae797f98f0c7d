//! Values on their way into a statement.

use crate::id::Id;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A value bound to `$n`. Null keeps its type, because PostgreSQL asks for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
    /// Ids for `= ANY (CAST($1 AS UUID[]))`; on SQLite a JSON array for `json_each($1)`.
    Ids(Vec<Uuid>),
    Instant(Option<DateTime<Utc>>),
    Date(Option<NaiveDate>),
}

/// An instant within a JSON argument, written as sqlx writes one on SQLite, so that texts compare as instants do.
pub(super) fn instant_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

/// A type that can be bound to a statement.
pub trait Bind {
    /// The typed null.
    const NULL: Value;
    fn value(self) -> Value;
}

macro_rules! bind {
    ($($ty:ty => $variant:ident, $convert:expr;)+) => {$(
        impl Bind for $ty {
            const NULL: Value = Value::$variant(None);
            fn value(self) -> Value {
                let convert: fn($ty) -> _ = $convert;
                Value::$variant(Some(convert(self)))
            }
        }
    )+};
}

bind! {
    bool => Bool, |v| v;
    i64 => Int, |v| v;
    i32 => Int, i64::from;
    // No database counts as far as these could.
    u64 => Int, |v| i64::try_from(v).unwrap_or(i64::MAX);
    usize => Int, |v| i64::try_from(v).unwrap_or(i64::MAX);
    u32 => Int, i64::from;
    u16 => Int, i64::from;
    u8 => Int, i64::from;
    String => Text, |v| v;
    Vec<u8> => Bytes, |v| v;
    Uuid => Id, |v| v;
    DateTime<Utc> => Instant, |v| v;
    NaiveDate => Date, |v| v;
}

impl Bind for &str {
    const NULL: Value = Value::Text(None);
    fn value(self) -> Value {
        Value::Text(Some(self.to_owned()))
    }
}

impl Bind for &[u8] {
    const NULL: Value = Value::Bytes(None);
    fn value(self) -> Value {
        Value::Bytes(Some(self.to_vec()))
    }
}

impl Bind for Vec<Uuid> {
    const NULL: Value = Value::Ids(Self::new());
    fn value(self) -> Value {
        Value::Ids(self)
    }
}

impl<T: Bind + Clone> Bind for &T {
    const NULL: Value = T::NULL;
    fn value(self) -> Value {
        self.clone().value()
    }
}

impl<T: Bind> Bind for Option<T> {
    const NULL: Value = T::NULL;
    fn value(self) -> Value {
        self.map_or(Self::NULL, Bind::value)
    }
}

/// Ids as one argument: each once, in the order in which their rows are locked.
pub fn id_list(ids: impl IntoIterator<Item = impl Id>) -> Vec<Uuid> {
    let ids: BTreeSet<Uuid> = ids.into_iter().map(Id::uuid).collect();
    ids.into_iter().collect()
}

/// The arguments of a statement, in the order of `$1`, `$2`, ….
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Bind::value($value)),*] };
}
pub use crate::args;
