//! What is owed (应收追回款), and how it comes back: set against later payments to the debtor, or paid back.

use super::{ClaimId, FundId, OrganisationId, ReceivableId, Refusal};
use kit::Money;
use std::collections::BTreeMap;

kit::words! {
    /// Where a receivable stands; by what ended it, once nothing is outstanding.
    pub enum ReceivableState {
        Open = "open",
        Netted = "netted",
        Recovered = "recovered",
    }
}

/// What one clawback left owed to one of those who had paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivable {
    pub id: ReceivableId,
    pub version: i64,
    pub fund: FundId,
    pub debtor: OrganisationId,
    pub claim: ClaimId,
    pub amount: Money,
    pub outstanding: Money,
    /// Set against later payments, those among them that the bank has not answered for.
    pub netted: Money,
    /// Paid back.
    pub recovered: Money,
    pub state: ReceivableState,
}

impl Receivable {
    pub fn open(id: ReceivableId, (fund, debtor): (FundId, OrganisationId), claim: ClaimId, amount: Money) -> Self {
        let (netted, recovered) = (Money::ZERO, Money::ZERO);
        Self { id, version: 1, fund, debtor, claim, amount, outstanding: amount, netted, recovered, state: ReceivableState::Open }
    }

    /// Sets an amount against payments.
    pub fn net(&self, amount: Money) -> Result<Self, Refusal> {
        let next = Self { netted: plus(self.netted, amount), ..self.clone() };
        next.reckoned(amount, ReceivableState::Netted)
    }

    /// The payments that an amount was set against were not made.
    pub fn undo(&self, amount: Money) -> Result<Self, Refusal> {
        let next = Self { netted: plus(self.netted, -amount), ..self.clone() };
        next.reckoned(-amount, ReceivableState::Netted)
    }

    /// Takes in what was paid back.
    pub fn recover(&self, amount: Money) -> Result<Self, Refusal> {
        let next = Self { recovered: plus(self.recovered, amount), ..self.clone() };
        next.reckoned(amount, ReceivableState::Recovered)
    }

    /// One version further, with less outstanding, never below zero.
    fn reckoned(self, less: Money, ended: ReceivableState) -> Result<Self, Refusal> {
        let outstanding = plus(self.outstanding, -less);
        if outstanding < Money::ZERO || outstanding > self.amount {
            return Err(Refusal::RecoveryTooMuch { receivable: self.id, outstanding: self.outstanding, asked: less });
        }
        let state = if outstanding.is_zero() { ended } else { ReceivableState::Open };
        Ok(Self { version: self.version + 1, outstanding, state, ..self })
    }
}

fn plus(amount: Money, more: Money) -> Money {
    Money::fen(amount.as_fen() + more.as_fen())
}

/// What a fund carries of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub claim: ClaimId,
    pub beneficiary: OrganisationId,
    pub fund: FundId,
    pub amount: Money,
}

/// What of a line is set against which debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netting {
    pub claim: ClaimId,
    pub receivable: ReceivableId,
    pub amount: Money,
}

/// Sets what funds carry of the lines of a batch against what those they are for owe to the same funds: one fund's money is
/// not another's. The oldest line and the oldest debt first, in the order in which they are given, to the fen.
pub fn net(parts: &[Part], owed: &[Receivable]) -> Vec<Netting> {
    let mut debts: BTreeMap<(OrganisationId, FundId), Vec<(ReceivableId, i64)>> = BTreeMap::new();
    for receivable in owed.iter().rev() {
        let debts = debts.entry((receivable.debtor, receivable.fund)).or_default();
        debts.push((receivable.id, receivable.outstanding.as_fen()));
    }
    let mut nettings = Vec::new();
    for part in parts {
        let Some(debts) = debts.get_mut(&(part.beneficiary, part.fund)) else { continue };
        let mut left = part.amount.as_fen();
        while left > 0
            && let Some((receivable, debt)) = debts.last_mut()
        {
            let amount = left.min(*debt);
            (left, *debt) = (left - amount, *debt - amount);
            let receivable = *receivable;
            if *debt == 0 {
                debts.pop();
            }
            if amount > 0 {
                nettings.push(Netting { claim: part.claim, receivable, amount: Money::fen(amount) });
            }
        }
    }
    nettings
}
