//! Double entry (复式记账). A posting is made of transfers, each from one account to another, so its debits
//! equal its credits by construction; `balanced` proves it all the same, and `verify` proves it of the
//! tables.
//!
//! | posting | debit | credit |
//! |---|---|---|
//! | appropriation (预算下达) | AVAILABLE | APPROPRIATION |
//! | commitment (预占) | COMMITTED | AVAILABLE |
//! | release (释放) | AVAILABLE | COMMITTED |
//! | payment (拨付) | PAID; PAYEE of the beneficiary | COMMITTED; BANK |
//! | clawback (追回) | RECEIVABLE of the debtor | PAYEE of the beneficiary |
//!
//! A payment is booked twice over, as public bodies must (平行记账): once against the budget, once as cash.
//! A clawback counters the cash side alone: until the money is back, the budget has spent it.

use super::claim::Claim;
use super::{ClaimId, FundId, OrganisationId, PaymentBatchId, Refusal, TransactionId};
use kit::Money;

kit::words! {
    /// What an account holds.
    pub enum AccountKind {
        /// What was given to the fund; grows on the credit side.
        Appropriation = "appropriation",
        Available = "available",
        Committed = "committed",
        Paid = "paid",
        /// What left the bank; grows on the credit side.
        Bank = "bank",
        /// What a beneficiary has received.
        Payee = "payee",
        /// What a beneficiary owes.
        Receivable = "receivable",
    }
}

impl AccountKind {
    /// The accounts every fund has from its first day.
    pub const OF_FUND: [Self; 5] = [Self::Appropriation, Self::Available, Self::Committed, Self::Paid, Self::Bank];

    /// Whether the account grows on the credit side.
    pub fn is_credit(self) -> bool {
        matches!(self, Self::Appropriation | Self::Bank)
    }
}

kit::words! {
    pub enum Side {
        Debit = "debit",
        Credit = "credit",
    }
}

kit::words! {
    pub enum PostingKind {
        Appropriation = "appropriation",
        Commitment = "commitment",
        Release = "release",
        Payment = "payment",
        Clawback = "clawback",
    }
}

/// An account, by what it is. Its order is the order in which accounts are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    pub fund: FundId,
    pub kind: AccountKind,
    pub party: Option<OrganisationId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    pub debit: Account,
    pub credit: Account,
    pub amount: Money,
}

/// One ledger transaction before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub fund: FundId,
    pub kind: PostingKind,
    pub claim: Option<ClaimId>,
    pub batch: Option<PaymentBatchId>,
    /// The scheme and version, or the document, by which it was decided.
    pub rule: String,
    /// The transaction it reverses.
    pub reverses: Option<TransactionId>,
    pub transfers: Vec<Transfer>,
}

impl Posting {
    pub fn appropriate(fund: FundId, amount: Money, document: String) -> Self {
        let transfer = own(fund, AccountKind::Available, AccountKind::Appropriation, amount);
        let kind = PostingKind::Appropriation;
        Self { fund, kind, claim: None, batch: None, rule: document, reverses: None, transfers: vec![transfer] }
    }

    pub fn commit(fund: FundId, claim: &Claim) -> Self {
        let transfer = own(fund, AccountKind::Committed, AccountKind::Available, claim.amount);
        Self::of(fund, PostingKind::Commitment, claim, None, vec![transfer])
    }

    /// Gives a commitment back.
    pub fn release(fund: FundId, claim: &Claim, commitment: TransactionId) -> Self {
        let transfer = own(fund, AccountKind::Available, AccountKind::Committed, claim.amount);
        Self::of(fund, PostingKind::Release, claim, Some(commitment), vec![transfer])
    }

    pub fn pay(fund: FundId, claim: &Claim) -> Self {
        let transfers = vec![
            own(fund, AccountKind::Paid, AccountKind::Committed, claim.amount),
            Transfer {
                debit: Account { fund, kind: AccountKind::Payee, party: Some(claim.beneficiary) },
                credit: Account { fund, kind: AccountKind::Bank, party: None },
                amount: claim.amount,
            },
        ];
        Self::of(fund, PostingKind::Payment, claim, None, transfers)
    }

    /// Turns a payment into a receivable.
    pub fn claw_back(fund: FundId, claim: &Claim, payment: TransactionId) -> Self {
        let party = Some(claim.beneficiary);
        let transfer = Transfer {
            debit: Account { fund, kind: AccountKind::Receivable, party },
            credit: Account { fund, kind: AccountKind::Payee, party },
            amount: claim.amount,
        };
        Self::of(fund, PostingKind::Clawback, claim, Some(payment), vec![transfer])
    }

    fn of(fund: FundId, kind: PostingKind, claim: &Claim, reverses: Option<TransactionId>, transfers: Vec<Transfer>) -> Self {
        let batch = claim.batch.filter(|_| kind == PostingKind::Payment);
        Self { fund, kind, claim: Some(claim.id), batch, rule: claim.scheme.citation(), reverses, transfers }
    }

    /// Both sides of every transfer.
    pub fn entries(&self) -> impl Iterator<Item = (Account, Side, Money)> {
        self.transfers.iter().flat_map(|transfer| {
            [(transfer.debit, Side::Debit, transfer.amount), (transfer.credit, Side::Credit, transfer.amount)]
        })
    }

    /// Refuses what no ledger may hold: nothing, amounts that are not positive, a transfer to itself, sides
    /// that differ.
    pub fn balanced(&self) -> Result<(), Refusal> {
        let sound = |transfer: &Transfer| transfer.amount > Money::ZERO && transfer.debit != transfer.credit;
        let sum = |wanted: Side| -> i128 {
            self.entries().filter(|(_, side, _)| *side == wanted).map(|(_, _, amount)| i128::from(amount.as_fen())).sum()
        };
        let (debits, credits) = (sum(Side::Debit), sum(Side::Credit));
        if self.transfers.is_empty() || !self.transfers.iter().all(sound) || debits != credits {
            return Err(Refusal::Unbalanced { debits, credits });
        }
        Ok(())
    }

    /// What it does to the budget.
    pub fn budget_change(&self) -> BudgetChange {
        let amount = self.transfers.first().map_or(0, |transfer| transfer.amount.as_fen());
        match self.kind {
            PostingKind::Appropriation => BudgetChange { appropriated: amount, ..BudgetChange::default() },
            PostingKind::Commitment => BudgetChange { committed: amount, ..BudgetChange::default() },
            PostingKind::Release => BudgetChange { committed: -amount, ..BudgetChange::default() },
            PostingKind::Payment => BudgetChange { committed: -amount, paid: amount, ..BudgetChange::default() },
            PostingKind::Clawback => BudgetChange::default(),
        }
    }
}

fn own(fund: FundId, debit: AccountKind, credit: AccountKind, amount: Money) -> Transfer {
    let account = |kind| Account { fund, kind, party: None };
    Transfer { debit: account(debit), credit: account(credit), amount }
}

/// The budget of a fund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub fund: FundId,
    pub appropriated: Money,
    pub committed: Money,
    pub paid: Money,
}

impl Budget {
    pub fn available(&self) -> Money {
        Money::fen(self.appropriated.as_fen() - self.committed.as_fen() - self.paid.as_fen())
    }
}

/// What postings do to a budget, in fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BudgetChange {
    pub appropriated: i64,
    pub committed: i64,
    pub paid: i64,
}

impl BudgetChange {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            appropriated: self.appropriated + other.appropriated,
            committed: self.committed + other.committed,
            paid: self.paid + other.paid,
        }
    }
}
