//! Enums that are kept as text: readable in the tables, refused when unknown.

/// A stored word that no longer, or not yet, means anything to this release.
#[derive(Debug, thiserror::Error)]
#[error("`{value}` is not a {what}")]
pub struct UnknownWord {
    pub what: &'static str,
    pub value: String,
}

/// Declares an enum with its words. In a row: `#[sqlx(try_from = "String")] state: State`.
///
/// ```
/// kit::words! {
///     /// Where an order stands.
///     pub enum State { Draft = "draft", Published = "published" }
/// }
/// assert_eq!(State::Draft.as_str(), "draft");
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::UnknownWord;
            fn try_from(value: String) -> Result<Self, Self::Error> {
                match value.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::text::UnknownWord { what: stringify!($name), value }),
                }
            }
        }

        impl $crate::db::Bind for $name {
            const NULL: $crate::db::Value = $crate::db::Value::Text(None);
            fn value(self) -> $crate::db::Value {
                $crate::db::Bind::value(self.as_str())
            }
        }
    };
}
