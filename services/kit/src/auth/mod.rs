//! Who calls, and in which role: a signed token read once, in front of every service.
//!
//! A token is a JWT signed with RS256, ES256 or `EdDSA`. The key comes from the configured key set and
//! decides its algorithm; nothing in the token's own header does (`alg: none`, HS256 keyed with a public
//! key, `jku`, `jwk` and `x5u` all come to nothing). Required claims: `exp`, `iss`, `aud`, `sub`; further
//! `roles` (the words of [`Role`]) and `org` (the resource name of the caller's organisation).

mod fault;
mod issuer;
mod keys;
mod source;
mod verifier;

#[cfg(test)]
mod forgery;
#[cfg(test)]
mod rotation;

pub use issuer::DevIssuer;
pub use verifier::Verifier;

use std::collections::BTreeSet;
use std::fmt;

/// What a caller may act as. The words are those of `talentflow.options.v1.allow` in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The bureau (主管部门), which answers for the whole city.
    Bureau,
    School,
    Enterprise,
    Mentor,
    Student,
    /// Pays and books (财政).
    Finance,
    /// Reads everything, changes nothing (审计).
    Auditor,
    /// One of our own services, or an HR system's intake.
    Service,
}

impl Role {
    pub const ALL: [Self; 8] =
        [Self::Bureau, Self::School, Self::Enterprise, Self::Mentor, Self::Student, Self::Finance, Self::Auditor, Self::Service];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bureau => "bureau",
            Self::School => "school",
            Self::Enterprise => "enterprise",
            Self::Mentor => "mentor",
            Self::Student => "student",
            Self::Finance => "finance",
            Self::Auditor => "auditor",
            Self::Service => "service",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether the role sees every organisation's records, not only its own.
    const fn sees_all(self) -> bool {
        matches!(self, Self::Bureau | Self::Finance | Self::Auditor | Self::Service)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who is behind a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The issuer's id of the caller; never a name.
    pub subject: String,
    /// The resource name of the caller's organisation, `organisations/…`.
    pub organisation: Option<String>,
    pub roles: BTreeSet<Role>,
}

impl Principal {
    /// A service acting on its own behalf, as when it reacts to an event.
    pub fn system(service: &str) -> Self {
        Self { subject: format!("services/{service}"), organisation: None, roles: BTreeSet::from([Role::Service]) }
    }

    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the caller sees the records of every organisation.
    pub fn sees_all(&self) -> bool {
        self.roles.iter().any(|role| role.sees_all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_back_from_its_word_and_no_other_word_is_a_role() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        for word in ["", "Bureau", "admin", "bureau "] {
            assert_eq!(Role::parse(word), None, "{word:?}");
        }
    }

    #[test]
    fn only_city_wide_roles_see_all() {
        let with = |roles: &[Role]| Principal {
            subject: "u1".to_owned(),
            organisation: Some("organisations/o1".to_owned()),
            roles: roles.iter().copied().collect(),
        };
        for role in Role::ALL {
            let expected = ["bureau", "finance", "auditor", "service"].contains(&role.as_str());
            assert_eq!(with(&[role]).sees_all(), expected, "{role}");
        }
        assert!(with(&[Role::School, Role::Auditor]).sees_all());
        assert!(!with(&[]).sees_all());
        assert!(Principal::system("subsidy").is(Role::Service));
    }
}
