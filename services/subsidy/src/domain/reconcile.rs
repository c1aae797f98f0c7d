//! From what is due to what is to be done: required = due - (paid - clawed back). History is never edited; what it
//! holds too much is voided or, to the fen, clawed back, what it lacks accrues as a further claim. What a finding denied
//! is not due, whatever the facts say.

use super::claim::{Claim, State};
use super::derive::{Derived, Due};
use super::lapse::{Lapse, Why};
use super::scheme::{Clawback, Scheme, Schemes};
use kit::Money;
use std::collections::{BTreeMap, BTreeSet};

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Step {
    /// A new claim, the `part`-th of its stage.
    Accrue {
        due: Due,
        part: i64,
        amount: Money,
    },
    /// Nobody has asked for it yet: it is made to say what is due now.
    Amend {
        claim: Claim,
        due: Due,
        amount: Money,
    },
    Void {
        claim: Claim,
        why: Why,
        fact: Option<String>,
    },
    /// A part of what the claim keeps, or all of it.
    ClawBack {
        claim: Claim,
        amount: Money,
        why: Why,
        fact: Option<String>,
    },
    /// The bank has it: look again once it has answered.
    Reconsider {
        claim: Claim,
    },
}

/// Compares what is due with the claims of the person.
pub fn reconcile(schemes: &Schemes, derived: &Derived, claims: &[Claim]) -> Vec<Step> {
    let mut by_stage: BTreeMap<(&str, &str, i64), Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        by_stage.entry((&claim.scheme.code, &claim.occasion, claim.stage)).or_default().push(claim);
    }
    let due = derived.dues.iter().map(|due| (due.scheme.code.as_str(), due.occasion.as_str(), due.stage));
    let all: BTreeSet<(&str, &str, i64)> = by_stage.keys().copied().chain(due).collect();
    let mut steps = Vec::new();
    // A claim under a scheme that this release does not know is none of its business.
    for (scheme, occasion, stage) in all.into_iter().filter(|(scheme, ..)| schemes.knows(scheme)) {
        let mut claims = by_stage.remove(&(scheme, occasion, stage)).unwrap_or_default();
        claims.sort_by_key(|claim| claim.part);
        let lapse = derived.lapse(scheme, occasion, stage);
        let was_paid = claims.iter().any(|claim| matches!(claim.state, State::Paid | State::ClawedBack));
        let kept = lapse.and_then(|lapse| lapse.keeps.as_ref()).filter(|_| was_paid);
        let waits = derived.waits(scheme, occasion, stage);
        let due = derived.due(scheme, occasion, stage).or(kept).or(waits);
        let case = Case { schemes, lapse, due, waits: waits.is_some(), claims: &claims };
        case.compare(&mut steps);
    }
    steps
}

/// One stage of an occasion under one scheme.
struct Case<'a> {
    schemes: &'a Schemes,
    lapse: Option<&'a Lapse>,
    due: Option<&'a Due>,
    /// The day of `due` is yet to come: what was claimed for just that day stands, and nothing is added.
    waits: bool,
    /// By part.
    claims: &'a [&'a Claim],
}

impl Case<'_> {
    fn compare(&self, steps: &mut Vec<Step>) {
        let target = (self.due.map_or(Money::ZERO, |due| due.amount).as_fen() - self.denied()).max(0);
        let paid = self.keep_paid(target, steps);
        let rejected: i64 =
            self.in_states(&[State::Rejected]).filter(|claim| self.right(claim)).map(|claim| claim.amount.as_fen()).sum();
        let room = (target - paid - rejected).max(0);
        let open = self.keep_open(room, steps);
        let lacking = Money::fen((room - open).max(0));
        let accrued = self.in_states(&[State::Accrued]).next();
        match (self.due.filter(|_| !lacking.is_zero()), accrued) {
            (Some(due), Some(claim)) if claim.says(due, lacking) => {}
            (_, Some(claim)) if self.waits => steps.push(self.void(claim)),
            (Some(due), Some(claim)) => {
                steps.push(Step::Amend { claim: claim.clone(), due: due.clone(), amount: lacking });
            }
            (Some(due), None) if !self.waits => {
                let part = self.claims.iter().map(|claim| claim.part).max().unwrap_or_default() + 1;
                steps.push(Step::Accrue { due: due.clone(), part, amount: lacking });
            }
            (None, Some(claim)) => steps.push(self.void(claim)),
            (_, None) => {}
        }
    }

    /// What stays paid. What somebody got to whom it is not due is clawed back whole, and then, from the newest payments
    /// on, what is above the target.
    fn keep_paid(&self, target: i64, steps: &mut Vec<Step>) -> i64 {
        let mut kept: i64 = self.in_states(&[State::Paid]).map(|claim| claim.kept().as_fen()).sum();
        let (right, wrong): (Vec<&Claim>, Vec<&Claim>) =
            self.in_states(&[State::Paid]).rev().partition(|claim| self.right(claim));
        let wrong = wrong.into_iter().map(|claim| (claim, i64::MAX));
        for (claim, least) in wrong.chain(right.into_iter().map(|claim| (claim, 0))) {
            let above = claim.kept().as_fen().min((kept - target).max(least));
            if above > 0 && self.recovers(claim) {
                kept -= above;
                let (why, fact) = self.why(claim);
                steps.push(Step::ClawBack { claim: claim.clone(), amount: Money::fen(above), why, fact });
            }
        }
        kept
    }

    /// What findings denied of what is due to whom it is due for.
    fn denied(&self) -> i64 {
        let paid = self.in_states(&[State::Paid, State::ClawedBack]);
        paid.filter(|claim| self.right(claim)).map(|claim| claim.denied.as_fen()).sum()
    }

    /// Whether the scheme takes back what turns out not to be due.
    fn recovers(&self, claim: &Claim) -> bool {
        self.schemes
            .find(&claim.scheme.code, claim.scheme.version)
            .is_none_or(|scheme| scheme.clawback != Clawback::None || self.was_advance(scheme, claim))
    }

    /// What stays asked for, oldest first; the bank's own answer is awaited for what it has.
    fn keep_open(&self, room: i64, steps: &mut Vec<Step>) -> i64 {
        let mut kept = 0;
        for claim in self.in_states(&[State::Submitted, State::Checked, State::Approved]) {
            let amount = claim.amount.as_fen();
            if self.right(claim) && self.in_time(claim) && kept + amount <= room {
                kept += amount;
            } else if claim.at_bank() {
                kept += amount;
                if !claim.reconsider {
                    steps.push(Step::Reconsider { claim: claim.clone() });
                }
            } else {
                steps.push(self.void(claim));
            }
        }
        kept
    }

    /// Whether the claim is for whom the due is for.
    fn right(&self, claim: &Claim) -> bool {
        self.due.is_some_and(|due| due.beneficiary == claim.beneficiary)
    }

    /// A claim for another day than the one that is yet to come was made on facts that do not stand.
    fn in_time(&self, claim: &Claim) -> bool {
        !self.waits || self.due.is_some_and(|due| due.on == claim.earned_on)
    }

    /// What was paid in advance is recovered whatever the scheme says of the rest.
    fn was_advance(&self, scheme: &Scheme, claim: &Claim) -> bool {
        let at = usize::try_from(claim.stage - 1).unwrap_or(usize::MAX);
        let unfinished = self.lapse.is_some_and(|lapse| matches!(lapse.why, Why::NotCompleted { .. }));
        unfinished && scheme.stages.get(at).is_some_and(|stage| stage.advance)
    }

    fn void(&self, claim: &Claim) -> Step {
        let (why, fact) = self.why(claim);
        Step::Void { claim: claim.clone(), why, fact }
    }

    fn why(&self, claim: &Claim) -> (Why, Option<String>) {
        match (self.lapse, self.due) {
            (Some(lapse), _) => (lapse.why.clone(), Some(lapse.fact.clone())),
            (None, Some(due)) if !self.in_time(claim) => (Why::NotYet { on: due.on }, due.facts.last().cloned()),
            (None, Some(due)) => (Why::Changed, due.facts.last().cloned()),
            (None, None) => (Why::Gone, None),
        }
    }

    fn in_states(&self, states: &'static [State]) -> impl DoubleEndedIterator<Item = &Claim> {
        self.claims.iter().copied().filter(move |claim| states.contains(&claim.state))
    }
}
