//! A mentor and the places the mentor has.

use super::{Codes, MentorId, Offer, OrganisationId, PersonId, Timetable};
use chrono::NaiveDate;

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
    /// Students at once: the most of any term.
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
    /// Students at once now: the capacity, or that of the term if it is less, less absences.
    pub places: i64,
    /// What the timetable says instead of the capacity, as of the day it was last looked at.
    pub term_capacity: Option<i64>,
    /// Whether new students may come, as of that day.
    pub available: bool,
    /// The day on which to look again.
    pub next_change: Option<NaiveDate>,
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
        Self {
            id,
            version: 1,
            profile,
            places: 0,
            term_capacity: None,
            available: true,
            next_change: None,
            told: 1,
            load: 0,
            state: State::Active,
            offer: None,
        }
        .away(absent)
    }

    /// The mentor with the places that are left when away for `absent` percent of the time.
    #[must_use]
    pub fn away(&self, absent: i64) -> Self {
        let capacity = self.term_capacity.map_or(self.profile.capacity, |term| term.min(self.profile.capacity));
        let places = capacity * (100 - absent.clamp(0, 100)) / 100;
        let state = match (self.state, places) {
            (State::Closed, _) => State::Closed,
            (_, 0) => State::Suspended,
            _ => State::Active,
        };
        Self { places, state, ..self.clone() }
    }

    /// The mentor as the timetable has it on a day; [`Mentor::away`] follows.
    #[must_use]
    pub fn on(&self, day: NaiveDate, timetable: &Timetable) -> Self {
        let today = timetable.on(day);
        Self { term_capacity: today.capacity, available: today.available, next_change: today.next, ..self.clone() }
    }

    /// Whether others are told of the change.
    pub fn differs(&self, was: &Self) -> bool {
        let seen = |mentor: &Self| (mentor.profile.capacity, mentor.places, mentor.state, mentor.available);
        seen(self) != seen(was)
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    pub fn spare(&self) -> i64 {
        if self.state == State::Active && self.available { self.places - self.load } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::id::Id;

    fn mentor() -> Mentor {
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
        Mentor::register(MentorId::unset(), profile, 0)
    }

    #[test]
    fn a_term_can_take_places_and_not_give_any() {
        let in_term = |capacity| Mentor { term_capacity: Some(capacity), ..mentor() };
        assert_eq!([0, 3, 9].map(|capacity| in_term(capacity).away(0).places), [0, 3, 5]);
        assert_eq!(in_term(3).away(50).places, 1);
        assert_eq!(in_term(0).away(0).state, State::Suspended);
        let busy = Mentor { available: false, load: 2, ..mentor() };
        assert_eq!((busy.away(0).places, busy.spare(), busy.is_active()), (5, 0, true), "keeps students, takes none");
    }

    #[test]
    fn a_mentor_s_places_follow_the_share_of_time_they_are_there() {
        let mentor = mentor();
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
