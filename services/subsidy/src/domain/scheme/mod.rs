//! Schemes: who is eligible, for how much, in which stages, under which caps. Data, read from TOML;
//! `schemes/README.md` says what a file holds.

mod fault;
mod file;
mod formula;
mod parts;
mod set;
mod stage;
mod table;
#[cfg(test)]
mod tests;

pub use fault::{Fault, SchemeFaults};
pub use set::Schemes;
pub use stage::{After, Stage};

use super::check::CheckName;
use super::occasion::OccasionKind;
use chrono::{Days, NaiveDate};
use kit::Money;
use kit::rules::Expression;

kit::words! {
    /// What becomes of money already paid when the facts no longer earn it.
    pub enum Clawback {
        /// All of it is to be paid back.
        Full = "full",
        /// It stays with whom it was paid to.
        None = "none",
        /// Who left too early keeps the share of the days served; in any other case all is to be paid back.
        ProRata = "pro-rata",
    }
}

/// Limits; none where left out. Those per person hold while claims are derived; those per organisation need the
/// claims of other people and are for whoever decides about claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    pub claims_per_person: Option<u32>,
    pub fen_per_person: Option<i64>,
    /// By the calendar year of the day on which the occasion began.
    pub fen_per_person_year: Option<i64>,
    pub fen_per_organisation: Option<i64>,
    pub fen_per_organisation_year: Option<i64>,
}

kit::words! {
    /// When two schemes are not granted together.
    pub enum Together {
        /// For the same employment, enrolment, rotation or month.
        Occasion = "occasion",
        /// In the same calendar year.
        Year = "year",
        /// Ever.
        Ever = "ever",
    }
}

/// Not together with another scheme for the same person: where the other is granted, this one is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    pub scheme: String,
    pub within: Together,
}

/// Who has to approve claims up to an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalLevel {
    /// None for the last level: whatever the amount.
    pub up_to_fen: Option<i64>,
    /// How many different persons.
    pub approvers: u32,
    /// Roles they may have.
    pub roles: Vec<String>,
}

kit::words! {
    /// Whose money it is.
    pub enum SourceKind {
        /// A sponsor's gift for the purpose.
        Sponsor = "sponsor",
        /// The payee's own account.
        OwnAccount = "own-account",
        /// A public fund.
        CoFunding = "co-funding",
    }
}

/// One of those who carry the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub kind: SourceKind,
    /// The most of the whole that a sponsor or an own account gives; the share of co-funding in the rest.
    pub share_percent: u32,
    /// The code of the fund it is booked in; none where it is found by the organisation that it belongs to.
    pub fund: Option<String>,
}

/// One version of a scheme.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub code: String,
    pub version: u32,
    pub title: String,
    pub title_zh: String,
    pub basis: String,
    pub fund: String,
    /// In force from this day,
    pub from: NaiveDate,
    /// until before this one: what its file says, or where a newer version begins.
    pub to: Option<NaiveDate>,
    pub confirmed: bool,
    pub occasion: OccasionKind,
    /// Who of the parties of the occasion gets the money.
    pub beneficiary: &'static str,
    pub eligible: Expression,
    pub amount: Expression,
    pub retention_days: u32,
    /// None: all of it at once, as soon as the facts are there.
    pub stages: Vec<Stage>,
    /// What may be paid in advance, of the whole.
    pub advance_percent: Option<u32>,
    pub clawback: Clawback,
    pub caps: Caps,
    pub exclusions: Vec<Exclusion>,
    /// Codes of what has to be handed in.
    pub evidence: Vec<String>,
    /// Those among them that one document may be for several people of one organisation.
    pub shared_evidence: Vec<String>,
    /// Checks that two persons may override.
    pub overridable: Vec<CheckName>,
    /// For how many days they may; 0 where none is.
    pub override_days: u32,
    /// Whether organisations file claims for what no event told.
    pub filed: bool,
    pub publicity_days: u32,
    /// By rising amount.
    pub approvals: Vec<ApprovalLevel>,
    /// In the order in which they carry the money; none where the fund carries all.
    pub sources: Vec<Source>,
    /// SHA-256 of the file, in hex.
    pub digest: String,
}

impl Scheme {
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// `schemes/{code}@{version}`, as ledger entries cite it.
    pub fn citation(&self) -> String {
        citation(&self.code, i64::from(self.version))
    }

    /// Who approves a claim of this amount; anybody who may approve at all, alone, where the scheme does not say.
    pub fn level(&self, amount: Money) -> Option<&ApprovalLevel> {
        self.approvals.iter().find(|level| level.up_to_fen.is_none_or(|most| amount.as_fen() <= most))
    }

    /// How many different persons approve a claim of this amount.
    pub fn approvers(&self, amount: Money) -> u32 {
        self.level(amount).map_or(1, |level| level.approvers)
    }

    /// The last day of the publicity of what is approved on this day, which is itself no whole day and not counted.
    pub fn publicity_end(&self, approved: NaiveDate) -> Option<NaiveDate> {
        (self.publicity_days > 0).then(|| approved + Days::new(u64::from(self.publicity_days)))
    }

    /// Whether what it says depends on the named part of the context.
    pub fn looks_at(&self, variable: &str) -> bool {
        [&self.eligible, &self.amount].iter().any(|expression| expression.variables().iter().any(|name| name == variable))
    }

    /// Codes of what it asks for and was not handed in.
    pub fn missing(&self, evidence: &[super::Evidence]) -> Vec<String> {
        self.evidence.iter().filter(|code| evidence.iter().all(|one| one.code != **code)).cloned().collect()
    }

    /// What was handed in though it does not ask for it.
    pub fn unasked<'a>(&self, evidence: &'a [super::Evidence]) -> Option<&'a super::Evidence> {
        evidence.iter().find(|one| !self.evidence.contains(&one.code))
    }

    /// What each stage is a share of the whole.
    pub fn shares(&self) -> Vec<u32> {
        self.stages.iter().map(|stage| stage.share).collect()
    }
}

pub fn citation(code: &str, version: i64) -> String {
    format!("schemes/{code}@{version}")
}
