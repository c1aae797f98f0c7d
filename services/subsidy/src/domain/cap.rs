//! Caps per organisation: what an organisation may have of a scheme, ever or in a calendar year. They are about claims of
//! several people, so derivation cannot hold them; they are held where claims are decided about.
//!
//! The year is that of the day earned. Claims of every version of a scheme count; each is held to the caps of the version
//! that judged it. A claim counts from its approval on; what was released, or came back of what was clawed back, counts no
//! longer: as with budgets.

use super::claim::Claim;
use super::scheme::{Scheme, Schemes};
use super::{ClaimRefusal, OrganisationId};
use chrono::{Datelike, NaiveDate};
use kit::Money;
use std::collections::BTreeMap;

/// What a cap is of. Its order is the order in which caps are locked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cap {
    pub scheme: String,
    pub organisation: OrganisationId,
    /// 0 for ever.
    pub year: i64,
}

/// Money of a scheme for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub scheme: String,
    pub organisation: OrganisationId,
    pub earned_on: NaiveDate,
    pub amount: Money,
}

impl Grant {
    pub fn of(claim: &Claim) -> Self {
        Self {
            scheme: claim.scheme.code.clone(),
            organisation: claim.beneficiary,
            earned_on: claim.earned_on,
            amount: claim.amount,
        }
    }
}

impl Schemes {
    /// The caps that count a grant: those that any version of its scheme has.
    pub fn caps_of(&self, grant: &Grant) -> Vec<Cap> {
        let has = |year: i64| self.versions(&grant.scheme).any(|scheme| limit(scheme, year).is_some());
        let cap = |year: i64| Cap { scheme: grant.scheme.clone(), organisation: grant.organisation, year };
        [0, i64::from(grant.earned_on.year())].into_iter().filter(|year| has(*year)).map(cap).collect()
    }
}

fn limit(scheme: &Scheme, year: i64) -> Option<i64> {
    if year == 0 { scheme.caps.fen_per_organisation } else { scheme.caps.fen_per_organisation_year }
}

/// What is used of caps.
#[derive(Debug, Clone, Default)]
pub struct CapUse(BTreeMap<Cap, i64>);

impl CapUse {
    pub fn new(used: impl IntoIterator<Item = (Cap, i64)>) -> Self {
        Self(used.into_iter().collect())
    }

    /// Each cap of the version that judged a claim, with what it is and what is used of it.
    pub fn limits(&self, scheme: &Scheme, claim: &Claim) -> Vec<(Cap, i64, i64)> {
        let with = |year: i64| {
            let cap = Cap { scheme: claim.scheme.code.clone(), organisation: claim.beneficiary, year };
            let used = self.0.get(&cap).copied().unwrap_or_default();
            limit(scheme, year).map(|limit| (cap, limit, used))
        };
        [0, i64::from(claim.earned_on.year())].into_iter().filter_map(with).collect()
    }

    /// Whether a claim fits under the caps of the version that judged it.
    pub fn fits(&self, scheme: &Scheme, claim: &Claim) -> Result<(), ClaimRefusal> {
        for (cap, limit, used) in self.limits(scheme, claim) {
            if used.saturating_add(claim.amount.as_fen()) > limit {
                let left = Money::fen(limit.saturating_sub(used).max(0));
                return Err(ClaimRefusal::CapExceeded { claim: claim.id, cap: Box::new(cap), left, asked: claim.amount });
            }
        }
        Ok(())
    }

    /// Counts a claim.
    pub fn take(&mut self, claim: &Claim) {
        let year = i64::from(claim.earned_on.year());
        for (cap, used) in &mut self.0 {
            let counts = cap.scheme == claim.scheme.code && cap.organisation == claim.beneficiary;
            if counts && (cap.year == 0 || cap.year == year) {
                *used = used.saturating_add(claim.amount.as_fen());
            }
        }
    }
}
