//! Overrides (例外核准): a check that failed counts as passed for a time, because two persons say so and name a document.
//!
//! Who does what: whoever submitted or filed a claim neither asks for nor confirms an override of it; who asks does not
//! confirm; and of those who approve the claim at least one has neither asked nor confirmed. What an approval binds is which
//! check is overridden, why and by which document: an override that has expired may be followed by another that says the same.

use super::check::{CheckName, CheckResult};
use super::claim::Claim;
use super::scheme::Scheme;
use super::{CheckOverrideId, ClaimId, OverrideRefusal, Refusal, State};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

kit::words! {
    /// Why a check that failed is to count as passed.
    pub enum OverrideReason {
        /// What was found is for something else.
        NotTheSame = "not-the-same",
        /// What was found is being given back.
        GivenBack = "given-back",
        /// There are no events of it to be had.
        NoRecord = "no-record",
        /// Who is competent has decided so.
        Decision = "decision",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOverride {
    pub id: CheckOverrideId,
    pub version: i64,
    pub claim: ClaimId,
    pub check: CheckName,
    pub reason: OverrideReason,
    /// What says so.
    pub document: String,
    /// The last day on which it counts.
    pub expires_on: NaiveDate,
    pub submitted_by: String,
    pub requested_by: String,
    pub confirmed_by: Option<String>,
}

/// What of an override is part of what is approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Overridden {
    pub check: CheckName,
    pub reason: String,
    pub document: String,
}

/// Who asks that a check count as passed, why, and until when.
#[derive(Debug, Clone)]
pub struct Overriding {
    pub id: CheckOverrideId,
    pub check: CheckName,
    pub reason: OverrideReason,
    pub document: String,
    /// As late as the scheme allows where absent.
    pub expires_on: Option<NaiveDate>,
    pub by: String,
    pub today: NaiveDate,
}

impl CheckOverride {
    /// Asked for, of a claim as its checks left it; `known` are the overrides that were asked for before.
    pub fn request(
        asked: Overriding,
        (claim, checks): (&Claim, &[CheckResult]),
        scheme: &Scheme,
        known: &[Self],
    ) -> Result<Self, Refusal> {
        claim.needs(&[State::Submitted, State::Checked])?;
        let Overriding { id, check, reason, document, expires_on, by, today } = asked;
        if !scheme.overridable.contains(&check) {
            return Err(OverrideRefusal::NotOverridable { claim: claim.id, check }.into());
        }
        if checks.iter().all(|result| result.check != check || result.passed) {
            return Err(OverrideRefusal::NothingToOverride { claim: claim.id, check }.into());
        }
        let submitted_by = claim.submitted_by.clone().unwrap_or_default();
        if by == submitted_by {
            return Err(OverrideRefusal::OwnClaim { claim: claim.id }.into());
        }
        if let Some(before) = known.iter().find(|one| one.check == check && today <= one.expires_on) {
            return Err(OverrideRefusal::AskedAlready { known: before.id, check }.into());
        }
        let latest = today + Days::new(u64::from(scheme.override_days));
        let expires_on = expires_on.unwrap_or(latest);
        if expires_on < today || latest < expires_on {
            return Err(OverrideRefusal::WrongExpiry { today, latest, asked: expires_on }.into());
        }
        let (version, claim, confirmed_by) = (1, claim.id, None);
        Ok(Self { id, version, claim, check, reason, document, expires_on, submitted_by, requested_by: by, confirmed_by })
    }

    /// A second person stands by it.
    pub fn confirm(&self, by: &str, today: NaiveDate) -> Result<Self, OverrideRefusal> {
        if self.confirmed_by.is_some() {
            return Err(OverrideRefusal::Confirmed { id: self.id });
        }
        if by == self.requested_by || by == self.submitted_by {
            return Err(OverrideRefusal::OwnOverride { id: self.id });
        }
        if self.expires_on < today {
            return Err(OverrideRefusal::Expired { id: self.id, expired: self.expires_on });
        }
        Ok(Self { version: self.version + 1, confirmed_by: Some(by.to_owned()), ..self.clone() })
    }

    /// Whether it counts on a day.
    pub fn holds(&self, on: NaiveDate) -> bool {
        self.confirmed_by.is_some() && on <= self.expires_on
    }

    pub fn says(&self) -> Overridden {
        Overridden { check: self.check, reason: self.reason.to_string(), document: self.document.clone() }
    }

    /// Whether somebody asked for it or confirmed it.
    pub fn is_by(&self, who: &str) -> bool {
        self.requested_by == who || self.confirmed_by.as_deref() == Some(who)
    }
}

/// Which of the checks that failed count as passed on a day; none if any of them does not.
pub fn overridden(checks: &[CheckResult], overrides: &[CheckOverride], on: NaiveDate) -> Option<Vec<Overridden>> {
    let failed = checks.iter().filter(|result| !result.passed);
    let by = |result: &CheckResult| overrides.iter().find(|one| one.check == result.check && one.holds(on));
    let mut all: Vec<Overridden> = failed.map(|result| by(result).map(CheckOverride::says)).collect::<Option<_>>()?;
    all.sort_unstable();
    Some(all)
}
