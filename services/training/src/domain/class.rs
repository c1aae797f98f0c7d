//! A class between a school and an enterprise.

use super::{ClassId, OrderId, OrganisationId, ProgrammeId, Refusal};
use chrono::NaiveDate;

kit::words! {
    /// Where a class stands.
    pub enum ClassState { Proposed = "proposed", Agreed = "agreed", Graduated = "graduated", Cancelled = "cancelled" }
}

#[derive(Debug, Clone)]
pub struct Class {
    pub id: ClassId,
    pub version: i64,
    pub order: OrderId,
    pub school: OrganisationId,
    pub enterprise: OrganisationId,
    pub programme: Option<ProgrammeId>,
    pub capacity: i64,
    pub enrolled: i64,
    pub state: ClassState,
    pub graduation_date: Option<NaiveDate>,
}

impl Class {
    pub fn agree(&self) -> Result<Self, Refusal> {
        self.needs(ClassState::Proposed)?;
        Ok(self.next(ClassState::Agreed))
    }

    /// Only a class nobody is in can be cancelled.
    pub fn cancel(&self) -> Result<Self, Refusal> {
        if self.state != ClassState::Proposed {
            self.needs(ClassState::Agreed)?;
        }
        if self.enrolled > 0 {
            return Err(Refusal::ClassInUse(self.id));
        }
        Ok(self.next(ClassState::Cancelled))
    }

    pub fn graduate(&self, on: NaiveDate, today: NaiveDate) -> Result<Self, Refusal> {
        self.needs(ClassState::Agreed)?;
        if on > today {
            return Err(Refusal::GraduationAhead { on, today });
        }
        Ok(Self { graduation_date: Some(on), ..self.next(ClassState::Graduated) })
    }

    pub fn needs(&self, needs: ClassState) -> Result<(), Refusal> {
        if self.state == needs { Ok(()) } else { Err(Refusal::ClassState { class: self.id, is: self.state, needs }) }
    }

    fn next(&self, state: ClassState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}
