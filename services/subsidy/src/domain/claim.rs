//! One claim and what can happen to it.

use super::derive::Due;
use super::scheme::{Scheme, citation};
use super::{
    CheckOverride, ClaimId, ClaimRefusal, Evidence, Filing, FundId, OrganisationId, Overridden, OverrideRefusal, PaymentBatchId,
    PersonId, Refusal,
};
use chrono::{DateTime, NaiveDate, Utc};
use kit::Money;
use std::sync::Arc;

kit::words! {
    /// Where a claim stands.
    pub enum State {
        Accrued = "accrued",
        Submitted = "submitted",
        Checked = "checked",
        Approved = "approved",
        Paid = "paid",
        Rejected = "rejected",
        Voided = "voided",
        ClawedBack = "clawed_back",
    }
}

/// The version of a scheme that judged a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeVersion {
    pub code: String,
    pub version: i64,
    /// SHA-256 of the scheme's file.
    pub digest: String,
}

impl SchemeVersion {
    pub fn citation(&self) -> String {
        citation(&self.code, self.version)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub id: ClaimId,
    pub version: i64,
    pub scheme: SchemeVersion,
    pub fund_code: String,
    /// Known once it was submitted.
    pub fund: Option<FundId>,
    pub person: PersonId,
    pub beneficiary: OrganisationId,
    pub occasion: String,
    /// Instalment of the scheme, from 1.
    pub stage: i64,
    /// Counts the claims of one occasion and stage: a later part adds what an earlier one lacks.
    pub part: i64,
    pub amount: Money,
    /// What was taken back of it since it was paid.
    pub clawed_back: Money,
    /// What of that was taken back because a finding denied it, though the facts earn it: it is not due again.
    pub denied: Money,
    pub earned_on: NaiveDate,
    /// The keys of the facts it rests on, sorted.
    pub facts: Vec<String>,
    pub state: State,
    /// Binds an approval to exactly what was seen.
    pub content_hash: String,
    pub submitted_by: Option<String>,
    pub approved_by: Option<String>,
    /// The payment batch it is in, or was paid by.
    pub batch: Option<PaymentBatchId>,
    /// Its facts changed while the bank had it; it is looked at again once the bank has answered.
    pub reconsider: bool,
    pub reason: Option<String>,
    /// The fact that voided it or made it a clawback.
    pub ended_by: Option<String>,
    /// What was handed in for it, by code.
    pub evidence: Vec<Evidence>,
    /// The last day of its publicity; none where its scheme has none.
    pub publicity_end: Option<NaiveDate>,
    /// The checks that count as passed though they failed.
    pub overrides: Vec<Overridden>,
    /// What its organisation stated, where no event told it.
    pub filing: Option<Arc<Filing>>,
}

/// What happens to a claim.
#[derive(Debug, Clone)]
pub enum Change {
    Amend {
        due: Box<Due>,
        amount: Money,
    },
    Submit(Box<Submitting>),
    /// It passed its checks, these among them by overrides.
    Check(Vec<Overridden>),
    Approve(Box<Approving>),
    /// An objection to it was upheld.
    Overturn {
        reason: String,
    },
    Reject {
        reason: String,
    },
    Pay,
    Void {
        reason: String,
        fact: Option<String>,
    },
    /// Takes a part of a payment back, or all that is left of it.
    ClawBack {
        amount: Money,
        reason: String,
        fact: Option<String>,
    },
    /// As `ClawBack`, by what was found and not by the facts.
    Deny {
        amount: Money,
        reason: String,
    },
}

/// Who asks for a claim, from which fund, with what, and what says what is needed.
#[derive(Debug, Clone)]
pub struct Submitting {
    pub by: String,
    pub fund: FundId,
    pub evidence: Vec<Evidence>,
    pub scheme: Arc<Scheme>,
}

/// Who approves, what they have seen, and what says how: the version of the scheme that judged the claim.
#[derive(Debug, Clone)]
pub struct Approving {
    pub by: String,
    /// The roles they have.
    pub roles: Vec<String>,
    pub content_hash: String,
    pub scheme: Arc<Scheme>,
    /// Who approved it before them.
    pub before: Vec<String>,
    /// What was asked for of its checks, where any is overridden.
    pub overrides: Vec<CheckOverride>,
    pub today: NaiveDate,
}

/// One person's approval of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Accrued,
    Submitted,
    Checked,
    /// Approved by one of several.
    Endorsed,
    Approved,
    Rejected,
    Paid,
    Voided,
    /// By how much.
    ClawedBack(Money),
}

impl Claim {
    /// Facts earned `amount` of a due, all of it or what earlier parts lack.
    pub fn accrue(id: ClaimId, person: PersonId, due: &Due, part: i64, amount: Money) -> (Self, Event) {
        let mut claim = Self {
            id,
            version: 1,
            scheme: SchemeVersion { code: String::new(), version: 0, digest: String::new() },
            fund_code: String::new(),
            fund: None,
            person,
            beneficiary: due.beneficiary,
            occasion: due.occasion.clone(),
            stage: due.stage,
            part,
            amount,
            clawed_back: Money::ZERO,
            denied: Money::ZERO,
            earned_on: due.on,
            facts: Vec::new(),
            state: State::Accrued,
            content_hash: String::new(),
            submitted_by: None,
            approved_by: None,
            batch: None,
            reconsider: false,
            reason: None,
            ended_by: None,
            evidence: Vec::new(),
            publicity_end: None,
            overrides: Vec::new(),
            filing: due.filing.clone(),
        };
        claim.take(due, amount);
        (claim, Event::Accrued)
    }

    /// Carries out a change, or says why not. The result is one version further.
    pub fn decide(&self, change: Change) -> Result<(Self, Event), Refusal> {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let event = match change {
            Change::Amend { due, amount } => {
                self.needs(&[State::Accrued])?;
                next.take(&due, amount);
                next.enter(State::Accrued, Event::Accrued)
            }
            Change::Submit(submitting) => next.submit(*submitting)?,
            Change::Check(overrides) => {
                self.needs(&[State::Submitted])?;
                next.overrides = overrides;
                next.content_hash = next.hash();
                next.enter(State::Checked, Event::Checked)
            }
            Change::Approve(approving) => next.approve(*approving)?,
            Change::Overturn { reason } => {
                self.needs(&[State::Approved])?;
                next.reason = Some(reason);
                next.enter(State::Rejected, Event::Rejected)
            }
            Change::Reject { reason } => {
                self.needs(&[State::Submitted, State::Checked])?;
                next.reason = Some(reason);
                next.enter(State::Rejected, Event::Rejected)
            }
            Change::Pay => {
                self.needs(&[State::Approved])?;
                next.enter(State::Paid, Event::Paid)
            }
            Change::Void { reason, fact } => {
                self.needs(&[State::Accrued, State::Submitted, State::Checked, State::Approved])?;
                (next.reason, next.ended_by) = (Some(reason), fact);
                next.enter(State::Voided, Event::Voided)
            }
            Change::ClawBack { amount, reason, fact } => {
                (next.reason, next.ended_by) = (Some(reason), fact);
                next.give_back(amount)?
            }
            Change::Deny { amount, reason } => {
                next.reason = Some(reason);
                next.denied = Money::fen(self.denied.as_fen() + amount.as_fen());
                next.give_back(amount)?
            }
        };
        Ok((next, event))
    }

    /// What is handed in becomes part of what is approved, so that no document is exchanged after it was looked at.
    fn submit(&mut self, submitting: Submitting) -> Result<Event, Refusal> {
        let Submitting { by, fund, mut evidence, scheme } = submitting;
        self.needs(&[State::Accrued])?;
        let missing = scheme.missing(&evidence);
        if !missing.is_empty() {
            return Err(ClaimRefusal::EvidenceMissing { claim: self.id, codes: missing }.into());
        }
        if let Some(unasked) = scheme.unasked(&evidence) {
            return Err(ClaimRefusal::EvidenceUnasked { claim: self.id, code: unasked.code.clone() }.into());
        }
        evidence.sort_by(|one, other| one.code.cmp(&other.code));
        (self.submitted_by, self.fund, self.evidence) = (Some(by), Some(fund), evidence);
        self.content_hash = self.hash();
        Ok(self.enter(State::Submitted, Event::Submitted))
    }

    /// The last approval that its scheme asks for approves it, and its publicity begins: what is public is what was approved.
    fn approve(&mut self, approving: Approving) -> Result<Event, Refusal> {
        let Approving { by, roles, content_hash, scheme, before, overrides, today } = approving;
        self.needs(&[State::Checked])?;
        if self.submitted_by.as_ref() == Some(&by) {
            return Err(Refusal::OwnClaim { claim: self.id });
        }
        if self.content_hash != content_hash {
            return Err(Refusal::ContentChanged { claim: self.id });
        }
        if before.contains(&by) {
            return Err(ClaimRefusal::ApprovedByYou { claim: self.id }.into());
        }
        if let Some(level) = scheme.level(self.amount)
            && !level.roles.iter().any(|role| roles.contains(role))
        {
            return Err(ClaimRefusal::RoleForLevel { claim: self.id, amount: self.amount, roles: level.roles.clone() }.into());
        }
        self.counts_on(&overrides, today)?;
        if before.len() + 1 < usize::try_from(scheme.approvers(self.amount)).unwrap_or(usize::MAX) {
            return Ok(Event::Endorsed);
        }
        let had_a_hand = |who: &String| overrides.iter().any(|one| one.is_by(who));
        if !self.overrides.is_empty() && before.iter().chain([&by]).all(had_a_hand) {
            return Err(OverrideRefusal::OnlyOverriders { claim: self.id }.into());
        }
        self.approved_by = Some(by);
        self.publicity_end = scheme.publicity_end(today);
        Ok(self.enter(State::Approved, Event::Approved))
    }

    /// An override counts to its last day; once it has expired, the check counts as failed again.
    fn counts_on(&self, overrides: &[CheckOverride], today: NaiveDate) -> Result<(), OverrideRefusal> {
        let holds = |said: &&Overridden| overrides.iter().any(|one| one.holds(today) && one.says() == **said);
        match self.overrides.iter().find(|said| !holds(said)) {
            Some(said) => Err(OverrideRefusal::Lapsed { claim: self.id, check: said.check }),
            None => Ok(()),
        }
    }

    /// Whether it came as far as to where it may have approvals.
    pub fn was_checked(&self) -> bool {
        !matches!(self.state, State::Accrued | State::Submitted)
    }

    /// What is asked for or held: its amount without what was taken back.
    pub fn kept(&self) -> Money {
        Money::fen(self.amount.as_fen() - self.clawed_back.as_fen())
    }

    /// Whether the bank has been told to pay it, and has not answered.
    pub fn at_bank(&self) -> bool {
        self.state == State::Approved && self.batch.is_some()
    }

    /// Whether it says what `due` says, for `amount`.
    pub fn says(&self, due: &Due, amount: Money) -> bool {
        let scheme = (self.scheme.version, self.scheme.digest.as_str());
        scheme == (i64::from(due.scheme.version), due.scheme.digest.as_str())
            && self.beneficiary == due.beneficiary
            && self.amount == amount
            && self.earned_on == due.on
            && self.facts == due.facts
    }

    fn take(&mut self, due: &Due, amount: Money) {
        let scheme = &due.scheme;
        self.scheme =
            SchemeVersion { code: scheme.code.clone(), version: i64::from(scheme.version), digest: scheme.digest.clone() };
        self.fund_code.clone_from(&scheme.fund);
        self.beneficiary = due.beneficiary;
        self.amount = amount;
        self.earned_on = due.on;
        self.facts.clone_from(&due.facts);
        self.content_hash = self.hash();
    }

    /// Never more than is left of it; once nothing is, the claim has ended.
    fn give_back(&mut self, amount: Money) -> Result<Event, Refusal> {
        self.needs(&[State::Paid])?;
        if amount <= Money::ZERO || amount > self.kept() {
            return Err(Refusal::ClawedBackTooMuch { claim: self.id, kept: self.kept(), asked: amount });
        }
        self.clawed_back = Money::fen(self.clawed_back.as_fen() + amount.as_fen());
        if self.kept().is_zero() {
            self.state = State::ClawedBack;
        }
        Ok(Event::ClawedBack(amount))
    }

    pub(super) fn needs(&self, states: &'static [State]) -> Result<(), Refusal> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(Refusal::WrongState { claim: self.id, is: self.state, needs: states })
    }

    fn enter(&mut self, state: State, event: Event) -> Event {
        self.state = state;
        event
    }
}
