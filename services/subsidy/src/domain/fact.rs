//! Facts: what events told about a person, never changed once told.

use super::{OrganisationId, PersonId};
use chrono::NaiveDate;
use std::collections::BTreeMap;

kit::words! {
    /// What happened.
    pub enum FactKind {
        Registered = "registered",
        Graduated = "graduated",
        Hired = "hired",
        Left = "left",
        Corrected = "corrected",
        RotationCompleted = "rotation-completed",
        Guided = "guided",
        Paired = "paired",
        Unpaired = "unpaired",
        Enrolled = "enrolled",
        Placed = "placed",
        LeftClass = "left-class",
    }
}

/// What a fact is about. Of several facts about one resource the latest version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Person,
    Graduation,
    Employment,
    Rotation,
    Guidance,
    Pairing,
    Enrolment,
    Placement,
    Departure,
}

impl FactKind {
    pub fn topic(self) -> Topic {
        match self {
            Self::Registered => Topic::Person,
            Self::Graduated => Topic::Graduation,
            Self::Hired | Self::Left | Self::Corrected => Topic::Employment,
            Self::RotationCompleted => Topic::Rotation,
            Self::Guided => Topic::Guidance,
            Self::Paired | Self::Unpaired => Topic::Pairing,
            Self::Enrolled => Topic::Enrolment,
            Self::Placed => Topic::Placement,
            Self::LeftClass => Topic::Departure,
        }
    }
}

/// One fact, as its event told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The key of the event.
    pub key: String,
    pub person: PersonId,
    pub kind: FactKind,
    /// The resource it is about: an employment, enrolment, placement, rotation, month of guidance, pairing or person.
    pub resource: String,
    /// The version of the aggregate after the event; later versions supersede.
    pub version: i64,
    pub event_type: String,
    /// The aggregate of the event.
    pub subject: String,
    /// The first day, or the only one.
    pub day: NaiveDate,
    /// The last day; none while it goes on.
    pub end_day: Option<NaiveDate>,
    /// The employer, the enterprise of the order, the home unit or the mentor's organisation.
    pub organisation: Option<OrganisationId>,
    /// The school of the class, or the host unit.
    pub counterpart: Option<OrganisationId>,
    /// The student guided.
    pub other_person: Option<PersonId>,
    /// Credited days or minutes.
    pub quantity: i64,
    pub share_percent: i64,
    /// The kind of person, the programme or the reason code.
    pub detail: String,
    /// Whether it turned out never to have been.
    pub withdrawn: bool,
    /// What the directory says today of the two organisations; empty while it has said nothing.
    pub organisation_kind: String,
    pub counterpart_kind: String,
}

impl Fact {
    /// A fact of one day about a resource as it is after an event: the event's key, and nothing that only some facts have.
    pub fn new(key: String, person: PersonId, kind: FactKind, (resource, version): (String, i64), day: NaiveDate) -> Self {
        Self {
            key,
            person,
            kind,
            resource,
            version,
            event_type: String::new(),
            subject: String::new(),
            day,
            end_day: None,
            organisation: None,
            counterpart: None,
            other_person: None,
            quantity: 0,
            share_percent: 100,
            detail: String::new(),
            withdrawn: false,
            organisation_kind: String::new(),
            counterpart_kind: String::new(),
        }
    }
}

/// The facts that stand: per resource the one with the latest version, whatever the order of arrival.
pub fn current(facts: &[Fact]) -> Vec<&Fact> {
    let mut latest: BTreeMap<(Topic, &str), &Fact> = BTreeMap::new();
    for fact in facts {
        let slot = latest.entry((fact.kind.topic(), &fact.resource)).or_insert(fact);
        if (fact.version, &fact.key) > (slot.version, &slot.key) {
            *slot = fact;
        }
    }
    latest.into_values().collect()
}
