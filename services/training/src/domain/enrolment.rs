//! That a student is in a class.

use super::{ClassId, EnrolmentId, OrganisationId, PersonId, Refusal};
use chrono::NaiveDate;

kit::words! {
    /// Where an enrolment stands.
    pub enum EnrolmentState { Enrolled = "enrolled", Placed = "placed", Graduated = "graduated", Withdrawn = "withdrawn" }
}

#[derive(Debug, Clone)]
pub struct Enrolment {
    pub id: EnrolmentId,
    pub version: i64,
    pub class: ClassId,
    pub student: PersonId,
    pub state: EnrolmentState,
}

/// What is known of a student.
#[derive(Debug, Clone)]
pub struct Student {
    pub id: PersonId,
    pub school: OrganisationId,
    pub entry_year: i32,
    pub sixteen_on: NaiveDate,
    /// The type of the school, by which rules are chosen.
    pub school_type: String,
}

impl Enrolment {
    pub fn place(&self) -> Result<Self, Refusal> {
        self.needs(EnrolmentState::Enrolled)?;
        Ok(self.next(EnrolmentState::Placed))
    }

    pub fn graduate(&self) -> Result<Self, Refusal> {
        self.needs(EnrolmentState::Placed)?;
        Ok(self.next(EnrolmentState::Graduated))
    }

    pub fn withdraw(&self, on: NaiveDate, today: NaiveDate) -> Result<Self, Refusal> {
        if self.state != EnrolmentState::Placed {
            self.needs(EnrolmentState::Enrolled)?;
        }
        if on > today {
            return Err(Refusal::LeavingAhead { on, today });
        }
        Ok(self.next(EnrolmentState::Withdrawn))
    }

    fn needs(&self, needs: EnrolmentState) -> Result<(), Refusal> {
        if self.state == needs { Ok(()) } else { Err(Refusal::EnrolmentState { enrolment: self.id, is: self.state, needs }) }
    }

    fn next(&self, state: EnrolmentState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}
