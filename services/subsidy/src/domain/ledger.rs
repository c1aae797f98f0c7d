//! Double entry (复式记账). A posting is made of transfers, each from one account to another, so its debits
//! equal its credits by construction; `balanced` proves it all the same, and `verify` proves it of the
//! tables.
//!
//! | posting | debit | credit | names |
//! |---|---|---|---|
//! | appropriation (预算下达) | AVAILABLE | APPROPRIATION | |
//! | commitment (预占) | COMMITTED | AVAILABLE | |
//! | release (释放) | AVAILABLE | COMMITTED | the commitment it resolves |
//! | payment (拨付) | PAID; PAYEE of the beneficiary | COMMITTED; BANK | the commitment it resolves |
//! | clawback (追回) | RECEIVABLE of the debtor | PAYEE of the beneficiary | the payment it reverses |
//! | netting (抵扣) | PAYEE of the beneficiary; AVAILABLE | RECEIVABLE of the debtor; PAID | the claim paid, the batch, and as its rule the receivable |
//! | recovery (收回) | BANK; AVAILABLE | RECEIVABLE of the debtor; PAID | the claim it was for, and as its rule the receivable and the bank's reference |
//!
//! | account | one for each | grows on |
//! |---|---|---|
//! | APPROPRIATION, BANK | fund | credit |
//! | AVAILABLE | fund | debit |
//! | COMMITTED, PAID | fund, scheme and stage | debit |
//! | PAYEE, RECEIVABLE | fund, party, scheme and stage | debit |
//!
//! So whoever posts meets others on few rows: the fund's own accounts are as many as its budgets, and those of
//! parties are as many as it pays.
//!
//! A commitment is pending. It is resolved once, by a payment (posted) or a release (voided). A payment is reversed in
//! parts, which never come to more than it was.
//!
//! A payment is booked twice over, as public bodies must (平行记账): once against the budget, once as cash.
//! A clawback counters the cash side alone: until the money is back, the budget has spent it. It is back by a recovery, or
//! by a netting: then the budget may spend it again, and PAID of what was clawed back falls. The cash of a payment is what
//! the bank was told, which is the amount without what was netted; a payment that was netted whole moves the budget alone.

use super::claim::Claim;
use super::{ClaimId, FundId, OrganisationId, PaymentBatchId, ReceivableId, Refusal, TransactionId};
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
    pub const OF_FUND: [Self; 3] = [Self::Appropriation, Self::Available, Self::Bank];

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
        Netting = "netting",
        Recovery = "recovery",
    }
}

/// An account, by what it is. Its order is the order in which accounts are locked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    pub fund: FundId,
    pub kind: AccountKind,
    pub party: Option<OrganisationId>,
    /// The code of the scheme; empty where the account is the fund's as a whole.
    pub scheme: String,
    /// Instalment of the scheme, from 1; 0 where there is no scheme.
    pub stage: i64,
}

impl Account {
    /// One of the fund as a whole.
    pub fn of_fund(fund: FundId, kind: AccountKind) -> Self {
        Self { fund, kind, party: None, scheme: String::new(), stage: 0 }
    }

    /// One of the claim's scheme and stage.
    fn of_scheme(fund: FundId, kind: AccountKind, claim: &Claim) -> Self {
        Self { fund, kind, party: None, scheme: claim.scheme.code.clone(), stage: claim.stage }
    }

    /// One of the claim's beneficiary, scheme and stage.
    fn of_party(fund: FundId, kind: AccountKind, claim: &Claim) -> Self {
        Self { party: Some(claim.beneficiary), ..Self::of_scheme(fund, kind, claim) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    pub debit: Account,
    pub credit: Account,
    pub amount: Money,
}

/// What is to come back of a receivable, with the scheme and stage of the claim that left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub receivable: ReceivableId,
    /// The fund it is owed to.
    pub fund: FundId,
    pub amount: Money,
    pub scheme: String,
    pub stage: i64,
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
    /// The commitment it posts or voids.
    pub resolves: Option<TransactionId>,
    /// The payment it takes back, or a part of it.
    pub reverses: Option<TransactionId>,
    /// Of one amount; only the cash of a payment may be less.
    pub transfers: Vec<Transfer>,
}

impl Posting {
    pub fn appropriate(fund: FundId, amount: Money, document: String) -> Self {
        let debit = Account::of_fund(fund, AccountKind::Available);
        let credit = Account::of_fund(fund, AccountKind::Appropriation);
        let transfers = vec![Transfer { debit, credit, amount }];
        let kind = PostingKind::Appropriation;
        Self { fund, kind, claim: None, batch: None, rule: document, resolves: None, reverses: None, transfers }
    }

    /// Holds money for a claim: all of it, or this fund's share.
    pub fn commit(fund: FundId, claim: &Claim, amount: Money) -> Self {
        let debit = Account::of_scheme(fund, AccountKind::Committed, claim);
        let credit = Account::of_fund(fund, AccountKind::Available);
        Self::of(fund, PostingKind::Commitment, claim, vec![Transfer { debit, credit, amount }])
    }

    /// Gives a commitment of this amount back.
    pub fn release(fund: FundId, claim: &Claim, amount: Money, commitment: TransactionId) -> Self {
        let debit = Account::of_fund(fund, AccountKind::Available);
        let credit = Account::of_scheme(fund, AccountKind::Committed, claim);
        let posting = Self::of(fund, PostingKind::Release, claim, vec![Transfer { debit, credit, amount }]);
        Self { resolves: Some(commitment), ..posting }
    }

    /// Pays out a commitment of this amount.
    pub fn pay(fund: FundId, claim: &Claim, amount: Money, commitment: TransactionId) -> Self {
        let budget = Transfer {
            debit: Account::of_scheme(fund, AccountKind::Paid, claim),
            credit: Account::of_scheme(fund, AccountKind::Committed, claim),
            amount,
        };
        let cash = Transfer {
            debit: Account::of_party(fund, AccountKind::Payee, claim),
            credit: Account::of_fund(fund, AccountKind::Bank),
            amount,
        };
        let posting = Self::of(fund, PostingKind::Payment, claim, vec![budget, cash]);
        Self { batch: claim.batch, resolves: Some(commitment), ..posting }
    }

    /// Turns a payment, or a part of it, into a receivable.
    pub fn claw_back(fund: FundId, claim: &Claim, amount: Money, payment: TransactionId) -> Self {
        let debit = Account::of_party(fund, AccountKind::Receivable, claim);
        let credit = Account::of_party(fund, AccountKind::Payee, claim);
        let posting = Self::of(fund, PostingKind::Clawback, claim, vec![Transfer { debit, credit, amount }]);
        Self { reverses: Some(payment), ..posting }
    }

    /// A payment of which this much is netted: the bank moves the rest.
    #[must_use]
    pub fn less(mut self, netted: Money) -> Self {
        let amount = self.amount();
        if let Some(cash) = self.transfers.get_mut(1) {
            cash.amount = Money::fen(amount.as_fen() - netted.as_fen());
        }
        self.transfers.retain(|transfer| !transfer.amount.is_zero());
        self
    }

    /// Pays a part of a claim by what its beneficiary owes.
    pub fn net(claim: &Claim, owed: &Owed) -> Self {
        let payee = Account::of_party(owed.fund, AccountKind::Payee, claim);
        let posting = Self::back(PostingKind::Netting, claim, (owed, payee));
        Self { batch: claim.batch, rule: owed.receivable.to_string(), ..posting }
    }

    /// Takes in cash that was paid back of what the claim left owed.
    pub fn recover(claim: &Claim, owed: &Owed, bank_reference: &str) -> Self {
        let posting = Self::back(PostingKind::Recovery, claim, (owed, Account::of_fund(owed.fund, AccountKind::Bank)));
        Self { rule: format!("{}: {bank_reference}", owed.receivable), ..posting }
    }

    /// What is owed comes back into an account, and the budget may spend it again.
    fn back(kind: PostingKind, claim: &Claim, (owed, into): (&Owed, Account)) -> Self {
        let (fund, scheme, stage, amount) = (owed.fund, owed.scheme.clone(), owed.stage, owed.amount);
        let of = |kind, party| Account { fund, kind, party, scheme: scheme.clone(), stage };
        let debt = of(AccountKind::Receivable, Some(claim.beneficiary));
        let budget =
            Transfer { debit: Account::of_fund(fund, AccountKind::Available), credit: of(AccountKind::Paid, None), amount };
        Self::of(fund, kind, claim, vec![Transfer { debit: into, credit: debt, amount }, budget])
    }

    fn of(fund: FundId, kind: PostingKind, claim: &Claim, transfers: Vec<Transfer>) -> Self {
        let rule = claim.scheme.citation();
        Self { fund, kind, claim: Some(claim.id), batch: None, rule, resolves: None, reverses: None, transfers }
    }

    /// The one amount of its transfers.
    pub fn amount(&self) -> Money {
        self.transfers.first().map_or(Money::ZERO, |transfer| transfer.amount)
    }

    /// Both sides of every transfer.
    pub fn entries(&self) -> impl Iterator<Item = (&Account, Side, Money)> {
        self.transfers.iter().flat_map(|transfer| {
            [(&transfer.debit, Side::Debit, transfer.amount), (&transfer.credit, Side::Credit, transfer.amount)]
        })
    }

    /// Refuses what no ledger may hold: nothing, amounts that are not positive or not the same, a transfer to itself or
    /// to another fund, sides that differ.
    pub fn balanced(&self) -> Result<(), Refusal> {
        let sound = |transfer: &Transfer| {
            let cash = self.kind == PostingKind::Payment && transfer.amount < self.amount();
            let own = [&transfer.debit, &transfer.credit].iter().all(|account| account.fund == self.fund);
            transfer.amount > Money::ZERO
                && (cash || transfer.amount == self.amount())
                && transfer.debit != transfer.credit
                && own
        };
        let sum = |wanted: Side| -> i128 {
            self.entries().filter(|(_, side, _)| *side == wanted).map(|(_, _, amount)| i128::from(amount.as_fen())).sum()
        };
        let (debits, credits) = (sum(Side::Debit), sum(Side::Credit));
        if self.transfers.is_empty() || !self.transfers.iter().all(sound) || debits != credits {
            return Err(Refusal::Unbalanced { debits, credits });
        }
        Ok(())
    }

    /// Whether it does anything to the budget.
    pub fn spends(&self) -> bool {
        self.budget_change() != BudgetChange::default()
    }

    /// What it does to the budget.
    pub fn budget_change(&self) -> BudgetChange {
        let amount = self.amount().as_fen();
        match self.kind {
            PostingKind::Appropriation => BudgetChange { appropriated: amount, ..BudgetChange::default() },
            PostingKind::Commitment => BudgetChange { committed: amount, ..BudgetChange::default() },
            PostingKind::Release => BudgetChange { committed: -amount, ..BudgetChange::default() },
            PostingKind::Payment => BudgetChange { committed: -amount, paid: amount, ..BudgetChange::default() },
            PostingKind::Clawback => BudgetChange::default(),
            PostingKind::Netting | PostingKind::Recovery => BudgetChange { paid: -amount, ..BudgetChange::default() },
        }
    }
}

/// The budget of a fund. What is spent from a fund is spent from every fund above it too, so several budgets under one
/// cap never exceed it together, whatever each was given: children may be given more than their parent in all, which is
/// what a cap is for, though none of them more than the parent.
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
    /// What it does to the funds above: they are spent from, and not given anything.
    #[must_use]
    pub fn above(self) -> Self {
        Self { appropriated: 0, ..self }
    }

    /// Whether a budget allows it.
    pub fn fits(self, budget: &Budget) -> bool {
        let (committed, paid) = (budget.committed.as_fen() + self.committed, budget.paid.as_fen() + self.paid);
        committed >= 0 && paid >= 0 && budget.appropriated.as_fen() + self.appropriated - committed - paid >= 0
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            appropriated: self.appropriated + other.appropriated,
            committed: self.committed + other.committed,
            paid: self.paid + other.paid,
        }
    }
}
