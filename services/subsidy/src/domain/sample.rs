//! Looking again at what was paid (抽查): a sample that anybody can draw again, and what is found of each claim in it.

use super::{ClaimId, FundId, Period, SampleId, SampleItemId, SampleRefusal};
use kit::Money;
use sha2::{Digest, Sha256};

kit::words! {
    pub enum Outcome {
        Ok = "ok",
        NotOk = "not_ok",
    }
}

/// What a sample is drawn from: every claim of a fund, of a scheme or of both that was paid in these months, whatever
/// became of it since. Months that are over take no more payments, so it is the same set whenever it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    pub fund: Option<FundId>,
    pub scheme: Option<String>,
    pub first: Period,
    pub last: Period,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub id: SampleId,
    /// Published before the draw, so that nobody chooses whom it hits.
    pub seed: String,
    pub of: Population,
    /// How many it was drawn from.
    pub population: i64,
    pub size: i64,
    pub created_by: String,
}

/// A claim that a seed hits, and the hash by which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// SHA-256 in hex.
    pub draw: String,
    pub claim: ClaimId,
}

/// The `size` claims of the lowest hashes, the lowest first; all of them where there are no more. The hash of a claim is
/// SHA-256 over the UTF-8 text of the seed, a line feed, and the claim's name `claims/{id}`, without one at the end: who
/// has the list of claims needs nothing but `printf '%s\n%s' "$seed" "$claim" | sha256sum` and `sort`.
pub fn draw(seed: &str, claims: impl IntoIterator<Item = ClaimId>, size: usize) -> Vec<Hit> {
    let hit = |claim: ClaimId| Hit { draw: hex::encode(Sha256::digest(format!("{seed}\n{claim}"))), claim };
    let mut hits: Vec<Hit> = claims.into_iter().map(hit).collect();
    hits.sort_unstable();
    hits.truncate(size);
    hits
}

/// What was found of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub outcome: Outcome,
    /// What of the claim was not due; zero where it was, or where the fault costs nothing.
    pub amount: Money,
    /// Code of the ground, given where it is not as it should be.
    pub ground: String,
    pub by: String,
}

/// A claim of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleItem {
    pub id: SampleItemId,
    pub version: i64,
    pub sample: SampleId,
    pub claim: ClaimId,
    /// From 1, the lowest hash first.
    pub place: i64,
    pub draw: String,
    pub finding: Option<Finding>,
    pub confirmed_by: Option<String>,
}

impl SampleItem {
    /// Takes a finding in; until it is confirmed, a later one takes its place. `kept` is what the claim keeps.
    pub fn find(&self, finding: Finding, kept: Money) -> Result<Self, SampleRefusal> {
        if self.confirmed_by.is_some() {
            return Err(SampleRefusal::FindingConfirmed { item: self.id });
        }
        self.within(finding.amount, kept)?;
        Ok(Self { version: self.version + 1, finding: Some(finding), ..self.clone() })
    }

    /// Another person stands by it, exactly as it was read: with this amount.
    pub fn confirm(&self, by: &str, amount: Money, kept: Money) -> Result<Self, SampleRefusal> {
        if self.confirmed_by.is_some() {
            return Err(SampleRefusal::FindingConfirmed { item: self.id });
        }
        let finding = self.finding.as_ref().ok_or(SampleRefusal::FindingMissing { item: self.id })?;
        if finding.by == by {
            return Err(SampleRefusal::OwnFinding { item: self.id });
        }
        if finding.amount != amount {
            return Err(SampleRefusal::FindingDiffers { item: self.id, found: finding.amount });
        }
        self.within(amount, kept)?;
        Ok(Self { version: self.version + 1, confirmed_by: Some(by.to_owned()), ..self.clone() })
    }

    fn within(&self, amount: Money, kept: Money) -> Result<(), SampleRefusal> {
        if amount <= kept { Ok(()) } else { Err(SampleRefusal::FindingTooMuch { claim: self.claim, kept, asked: amount }) }
    }
}
