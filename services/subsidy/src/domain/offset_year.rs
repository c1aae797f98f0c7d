//! A calendar year of an enterprise in the tax offset: filed, confirmed or given back by a second person, and filed again
//! where it has to be corrected. A filing never changes; the latest that is confirmed stands.

use super::offset::{Offset, OffsetGrant};
use super::scheme::Scheme;
use super::{Evidence, OffsetRefusal, OffsetYearId, OrganisationId};
use chrono::NaiveDate;
use kit::Money;

kit::words! {
    /// Where the latest filing of a year stands.
    pub enum OffsetState {
        Filed = "filed",
        Returned = "returned",
        Confirmed = "confirmed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetYear {
    pub id: OffsetYearId,
    pub version: i64,
    pub enterprise: OrganisationId,
    pub year: i32,
    /// The latest filing, from 1.
    pub revision: i64,
    pub state: OffsetState,
    /// The filing that stands; 0 while none does.
    pub confirmed: i64,
    /// What the year comes to by the filing that stands.
    pub offset: Offset,
}

/// What was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetFiling {
    /// Counts the filings of the year, from 1.
    pub revision: i64,
    pub investment: Money,
    pub surcharges: Money,
    /// By code.
    pub evidence: Vec<Evidence>,
    pub by: String,
}

/// What was decided about a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetDecision {
    pub revision: i64,
    pub by: String,
    /// None where it was given back.
    pub confirmed: Option<Confirmed>,
    pub reason: String,
}

/// What a confirmation stands by, kept with it: a newer release or another scheme judges no confirmed year anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Whether the enterprise was on the published list that year.
    pub integration_listed: bool,
    pub grant: OffsetGrant,
}

/// What a second person says of a filing.
#[derive(Debug, Clone)]
pub struct Deciding {
    pub by: String,
    /// The filing that was looked at.
    pub revision: i64,
    pub reason: String,
}

impl OffsetYear {
    /// A year of which nothing was filed yet.
    pub fn new(id: OffsetYearId, enterprise: OrganisationId, year: i32) -> Self {
        let offset = Offset::waiting(year, Money::ZERO);
        Self { id, version: 0, enterprise, year, revision: 0, state: OffsetState::Filed, confirmed: 0, offset }
    }

    /// Takes a filing in as the latest. What was confirmed before stands until this one is.
    pub fn file(
        &self,
        mut filing: OffsetFiling,
        scheme: &Scheme,
        today: NaiveDate,
    ) -> Result<(Self, OffsetFiling), OffsetRefusal> {
        let over = NaiveDate::from_ymd_opt(self.year + 1, 1, 1).unwrap_or(NaiveDate::MAX);
        if today < over {
            return Err(OffsetRefusal::YearNotOver { year: self.year, over });
        }
        let missing = scheme.missing(&filing.evidence);
        if !missing.is_empty() {
            return Err(OffsetRefusal::EvidenceMissing { year: self.year, codes: missing });
        }
        if let Some(unasked) = scheme.unasked(&filing.evidence) {
            return Err(OffsetRefusal::EvidenceUnasked { scheme: scheme.citation(), code: unasked.code.clone() });
        }
        filing.evidence.sort_by(|one, other| one.code.cmp(&other.code));
        filing.revision = self.revision + 1;
        let next = Self { version: self.version + 1, revision: filing.revision, state: OffsetState::Filed, ..self.clone() };
        Ok((next, filing))
    }

    /// Another person stands by the latest filing, and by whether the enterprise was on the list; `told` is what the
    /// directory says of that. The year's figures follow.
    pub fn confirm(
        &self,
        filing: &OffsetFiling,
        deciding: Deciding,
        confirmed: Confirmed,
        told: bool,
    ) -> Result<(Self, OffsetDecision), OffsetRefusal> {
        self.decides(filing, &deciding)?;
        if confirmed.integration_listed != told && deciding.reason.is_empty() {
            return Err(OffsetRefusal::ListingUnexplained { enterprise: self.enterprise, told });
        }
        let next = Self { version: self.version + 1, state: OffsetState::Confirmed, confirmed: self.revision, ..self.clone() };
        let Deciding { by, revision, reason } = deciding;
        Ok((next, OffsetDecision { revision, by, confirmed: Some(confirmed), reason }))
    }

    /// Another person gives the latest filing back; what was confirmed before stands.
    pub fn give_back(&self, filing: &OffsetFiling, deciding: Deciding) -> Result<(Self, OffsetDecision), OffsetRefusal> {
        self.decides(filing, &deciding)?;
        let next = Self { version: self.version + 1, state: OffsetState::Returned, ..self.clone() };
        let Deciding { by, revision, reason } = deciding;
        Ok((next, OffsetDecision { revision, by, confirmed: None, reason }))
    }

    /// Takes what the year comes to now that an earlier one, or it itself, was confirmed; `None` where it is as before.
    pub fn carry(&self, offset: Offset) -> Option<Self> {
        (self.offset != offset).then(|| Self { version: self.version + 1, offset, ..self.clone() })
    }

    fn decides(&self, filing: &OffsetFiling, deciding: &Deciding) -> Result<(), OffsetRefusal> {
        if deciding.revision != self.revision {
            let (asked, latest) = (deciding.revision, self.revision);
            return Err(OffsetRefusal::FilingReplaced { year: self.id, asked, latest });
        }
        if self.state != OffsetState::Filed {
            return Err(OffsetRefusal::FilingDecided { year: self.id, is: self.state });
        }
        if filing.by == deciding.by {
            return Err(OffsetRefusal::OwnFiling { year: self.id });
        }
        Ok(())
    }
}
