//! What is registered.

use super::{OrganisationId, PersonId, ProgrammeId};
use chrono::{Months, NaiveDate};

kit::words! {
    pub enum OrganisationKind { School = "school", Enterprise = "enterprise", Bureau = "bureau" }
}
kit::words! {
    /// Which rules a school follows.
    pub enum SchoolType { Vocational = "vocational", University = "university" }
}
kit::words! {
    pub enum PersonKind { Teacher = "teacher", Engineer = "engineer", Student = "student" }
}

#[derive(Debug, Clone)]
pub struct Organisation {
    pub id: OrganisationId,
    pub display_name: String,
    pub kind: OrganisationKind,
    pub school_type: Option<SchoolType>,
    pub chains: Vec<String>,
    pub integration_listed: bool,
}

#[derive(Debug, Clone)]
pub struct Programme {
    pub id: ProgrammeId,
    pub school: OrganisationId,
    pub code: String,
    pub title: String,
    pub chain: String,
}

#[derive(Clone)]
pub struct Person {
    pub id: PersonId,
    pub display_name: String,
    pub organisation: OrganisationId,
    pub kind: PersonKind,
    pub birth_date: Option<NaiveDate>,
    pub entry_year: Option<i32>,
    pub programme: Option<ProgrammeId>,
    pub skills: Vec<String>,
}

/// Personal data does not print itself: a person in a log is an id.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The day somebody turns 16. Who was born on 29 February has the 28th in a year without one.
pub fn sixteen_on(birth_date: NaiveDate) -> NaiveDate {
    birth_date.checked_add_months(Months::new(16 * 12)).unwrap_or(NaiveDate::MAX)
}
