//! Whose students a matching round is of.

use super::{ClassId, OrganisationId};
use std::collections::BTreeSet;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Class(ClassId),
    /// Several classes.
    Classes(BTreeSet<ClassId>),
    /// Every class of a school.
    School(OrganisationId),
    /// Every class of an enterprise's orders.
    Enterprise(OrganisationId),
    /// Every class of an industry chain.
    Chain(String),
    City,
}

impl Reach {
    /// Its kind, as one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Class(_) => "class",
            Self::Classes(_) => "classes",
            Self::School(_) => "school",
            Self::Enterprise(_) => "enterprise",
            Self::Chain(_) => "chain",
            Self::City => "city",
        }
    }

    /// The field of a round that says it.
    pub fn field(&self) -> String {
        format!("round.{}", self.word())
    }

    /// The one class, where it is of one.
    pub fn class(&self) -> Option<ClassId> {
        if let Self::Class(class) = self { Some(*class) } else { None }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => class.fmt(f),
            Self::Classes(classes) => write!(f, "{} classes", classes.len()),
            Self::School(organisation) | Self::Enterprise(organisation) => organisation.fmt(f),
            Self::Chain(chain) => write!(f, "chain {chain}"),
            Self::City => f.write_str("the city"),
        }
    }
}
