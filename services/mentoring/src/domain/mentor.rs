//! A mentor and the places the mentor has.

use super::{Codes, MentorId, Offer, OrganisationId, PersonId};

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
        /// Is away for so much of the time that no place is left.
        Suspended = "suspended",
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
    /// The professional title, as a code.
    pub title: String,
    /// Years of work in the field.
    pub years: i64,
    pub languages: Codes,
}

#[derive(Debug, Clone)]
pub struct Mentor {
    pub id: MentorId,
    pub version: i64,
    pub profile: Profile,
    /// Students at once now: the capacity, less absences.
    pub places: i64,
    /// Events that were told of the mentor.
    pub told: i64,
    /// Students now. Only the tables change it, by one conditional statement.
    pub load: i64,
    pub state: State,
    /// The project with which the mentor stands for choice; none as the mentor is kept.
    pub offer: Option<Offer>,
}

impl Mentor {
    /// A mentor who is away for `absent` percent of the time.
    pub fn register(id: MentorId, profile: Profile, absent: i64) -> Self {
        Self { id, version: 1, profile, places: 0, told: 1, load: 0, state: State::Active, offer: None }.away(absent)
    }

    /// The mentor with the places that are left when away for `absent` percent of the time.
    #[must_use]
    pub fn away(&self, absent: i64) -> Self {
        let places = self.profile.capacity * (100 - absent.clamp(0, 100)) / 100;
        let state = match (self.state, places) {
            (State::Closed, _) => State::Closed,
            (_, 0) => State::Suspended,
            _ => State::Active,
        };
        Self { places, state, ..self.clone() }
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    pub fn spare(&self) -> i64 {
        if self.state == State::Active { self.places - self.load } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;

    #[test]
    fn a_mentor_s_places_follow_the_share_of_time_they_are_there() {
        let profile = Profile {
            person: PersonId::unset(),
            organisation: OrganisationId::unset(),
            side: Side::Academic,
            capacity: 5,
            chain: String::new(),
            programmes: Codes::default(),
            skills: Codes::default(),
            place: String::new(),
            title: String::new(),
            years: 0,
            languages: Codes::default(),
        };
        let mentor = Mentor::register(MentorId::unset(), profile, 0);
        let after = |absent| (mentor.away(absent).places, mentor.away(absent).state);
        assert_eq!(after(0), (5, State::Active));
        assert_eq!(after(50), (2, State::Active));
        assert_eq!(after(81), (0, State::Suspended));
        assert_eq!(after(160), (0, State::Suspended), "60 and 100 percent");
        let closed = Mentor { state: State::Closed, ..mentor.clone() };
        assert_eq!(closed.away(0).state, State::Closed);
        assert_eq!(mentor.away(100).away(0).state, State::Active);
    }
}
