//! Typed ids. An id is a `UUIDv7` on the inside and a resource name (`orders/0192…`) on the outside.

use crate::error::Error;
use uuid::Uuid;

/// What every id type can do; implemented by [`crate::id!`].
pub trait Id: Copy + Ord + std::fmt::Display + Send + Sync + 'static {
    /// The collection in the resource name, such as `orders`.
    const COLLECTION: &'static str;
    fn from_uuid(id: Uuid) -> Self;
    fn uuid(self) -> Uuid;

    /// The id of what has none yet; the use case that makes it gives it one.
    fn unset() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    /// Reads a resource name; `field` is named when it is wrong.
    fn parse(field: &str, name: &str) -> Result<Self, Error> {
        let id = name.strip_prefix(Self::COLLECTION).and_then(|rest| rest.strip_prefix('/'));
        match id.and_then(|id| Uuid::try_parse(id).ok()) {
            Some(id) => Ok(Self::from_uuid(id)),
            None if name.is_empty() => Err(Error::required(field, &format!("{}/{{id}}", Self::COLLECTION))),
            None => Err(Error::invalid(
                field,
                "RESOURCE_NAME",
                format!("`{name}` is not the name of a resource in `{0}`: expected {0}/{{id}}", Self::COLLECTION),
                format!("“{name}”不是 {0} 中的资源名，应为 {0}/{{id}}", Self::COLLECTION),
            )),
        }
    }

    /// Reads a resource name that may be left empty.
    fn parse_optional(field: &str, name: &str) -> Result<Option<Self>, Error> {
        if name.is_empty() { Ok(None) } else { Self::parse(field, name).map(Some) }
    }
}

/// Declares id types.
///
/// ```
/// kit::id! {
///     /// A training order.
///     OrderId => "orders";
/// }
/// ```
#[macro_export]
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident => $collection:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::macros::uuid::Uuid);

        impl $crate::id::Id for $name {
            const COLLECTION: &'static str = $collection;
            fn from_uuid(id: $crate::macros::uuid::Uuid) -> Self {
                Self(id)
            }
            fn uuid(self) -> $crate::macros::uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($collection, "/{}"), self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl $crate::db::Bind for $name {
            const NULL: $crate::db::Value = $crate::db::Value::Id(None);
            fn value(self) -> $crate::db::Value {
                $crate::db::Value::Id(Some(self.0))
            }
        }

        impl $crate::macros::sqlx::Type<$crate::macros::sqlx::Postgres> for $name {
            fn type_info() -> $crate::macros::sqlx::postgres::PgTypeInfo {
                <$crate::macros::uuid::Uuid as $crate::macros::sqlx::Type<$crate::macros::sqlx::Postgres>>::type_info()
            }
        }
        impl $crate::macros::sqlx::Type<$crate::macros::sqlx::Sqlite> for $name {
            fn type_info() -> $crate::macros::sqlx::sqlite::SqliteTypeInfo {
                <String as $crate::macros::sqlx::Type<$crate::macros::sqlx::Sqlite>>::type_info()
            }
        }
        impl<'r> $crate::macros::sqlx::Decode<'r, $crate::macros::sqlx::Postgres> for $name {
            fn decode(
                value: $crate::macros::sqlx::postgres::PgValueRef<'r>,
            ) -> Result<Self, $crate::macros::sqlx::error::BoxDynError> {
                <$crate::macros::uuid::Uuid as $crate::macros::sqlx::Decode<$crate::macros::sqlx::Postgres>>::decode(value)
                    .map(Self)
            }
        }
        impl<'r> $crate::macros::sqlx::Decode<'r, $crate::macros::sqlx::Sqlite> for $name {
            fn decode(
                value: $crate::macros::sqlx::sqlite::SqliteValueRef<'r>,
            ) -> Result<Self, $crate::macros::sqlx::error::BoxDynError> {
                let text = <&str as $crate::macros::sqlx::Decode<$crate::macros::sqlx::Sqlite>>::decode(value)?;
                Ok(Self($crate::macros::uuid::Uuid::try_parse(text)?))
            }
        }
    )+};
}

crate::id! {
    /// One event, the same in the outbox, on the wire and in every inbox.
    EventId => "events";
    /// One entry of the audit trail: a command that was carried out.
    AuditId => "audit";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_name_reads_back_as_the_same_id() {
        let id = EventId::from_uuid(Uuid::from_u128(7));
        assert_eq!(EventId::parse("event", &id.to_string()).unwrap(), id);
    }

    #[test]
    fn a_wrong_name_is_refused_with_its_field_and_the_expected_form() {
        for name in ["", "events/", "audit/00000000-0000-0000-0000-000000000007", "events/xyz"] {
            let error = EventId::parse("event", name).unwrap_err();
            assert_eq!(error.field(), Some("event"));
            assert!(error.message().contains("events/{id}"), "{error}");
        }
    }
}
