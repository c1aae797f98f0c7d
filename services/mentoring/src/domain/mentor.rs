//! A mentor and the places the mentor has.

use super::{Codes, MentorId, OrganisationId, PersonId};

kit::words! {
    /// On whose behalf a mentor guides.
    pub enum Side {
        /// For the school (校内导师).
        Academic = "academic",
        /// For the enterprise (企业导师).
        Enterprise = "enterprise",
    }
}

kit::words! {
    /// Where a mentor stands.
    pub enum State {
        Active = "active",
        /// Has left, and guides nobody. A person who comes back is registered anew.
        Closed = "closed",
    }
}

/// What is registered of a mentor.
#[derive(Debug, Clone)]
pub struct Profile {
    pub person: PersonId,
    pub organisation: OrganisationId,
    pub side: Side,
    /// Students at once.
    pub capacity: i64,
    pub chain: String,
    pub programmes: Codes,
    pub skills: Codes,
    pub place: String,
}

#[derive(Debug, Clone)]
pub struct Mentor {
    pub id: MentorId,
    pub version: i64,
    pub profile: Profile,
    /// Students now. Only the tables change it, by one conditional statement.
    pub load: i64,
    pub state: State,
}

impl Mentor {
    pub fn register(id: MentorId, profile: Profile) -> Self {
        Self { id, version: 1, profile, load: 0, state: State::Active }
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    pub fn spare(&self) -> i64 {
        if self.state == State::Active { self.profile.capacity - self.load } else { 0 }
    }
}
