//! A person's history and what the domain makes of it, in memory: facts in, claims and ledger out.

#![allow(dead_code, reason = "each test file uses its part of the world")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use chrono::{Days, NaiveDate};
use kit::Money;
use kit::id::Id;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use subsidy::domain::{
    Account, AccountKind, Approving, Budget, BudgetChange, Change, Claim, ClaimId, Derived, Evidence, Fact, FactKind, FundId,
    OrganisationId, PaymentBatchId, PersonId, Posting, PostingKind, Schemes, Side, State, Step, Submitting, TransactionId,
    derive, reconcile, take_back,
};
use uuid::Uuid;

pub fn person() -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(1))
}
pub fn organisation(n: u8) -> OrganisationId {
    OrganisationId::from_uuid(Uuid::from_u128(0x100 + u128::from(n)))
}
pub fn fund() -> FundId {
    FundId::from_uuid(Uuid::from_u128(2))
}
/// Further funds that carry claims.
pub fn other_fund(n: usize) -> FundId {
    FundId::from_uuid(Uuid::from_u128(0x200 + n as u128))
}
pub fn day(n: u16) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(u64::from(n))
}

/// A fact as it would come out of an event; organisations with even numbers are enterprises.
pub fn fact(kind: FactKind, resource: &str, version: i64, first: u16) -> Fact {
    Fact::new(format!("{resource}#{version}"), person(), kind, (resource.to_owned(), version), day(first))
}

pub fn kind_of(n: u8) -> String {
    if n.is_multiple_of(2) { "enterprise" } else { "school" }.to_owned()
}

pub fn at(mut fact: Fact, home: u8, other: u8) -> Fact {
    fact.organisation = Some(organisation(home));
    fact.organisation_kind = kind_of(home);
    fact.counterpart = Some(organisation(other));
    fact.counterpart_kind = kind_of(other);
    fact
}

pub fn employment(n: u8, version: i64, employer: u8, first: u16, last: Option<u16>, withdrawn: bool) -> Fact {
    let kind = if version == 1 { FactKind::Hired } else { FactKind::Corrected };
    let mut fact = at(fact(kind, &format!("employments/{n}"), version, first), employer, 0);
    fact.end_day = last.map(|last| day(first + last));
    fact.withdrawn = withdrawn;
    fact
}

/// In a class of school 1 for enterprise 2.
pub fn enrolled(n: u8, first: u16, days: u16) -> Fact {
    let mut fact = at(fact(FactKind::Enrolled, &format!("enrolments/{n}"), 1, first), 2, 1);
    fact.end_day = Some(day(first + days - 1));
    fact.key = format!("enrolments/{n}#enrolled");
    fact
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        4 => (0u8..3, 1i64..4, 0u8..4, 0u16..300, prop::option::of(0u16..200), prop::bool::weighted(0.1))
            .prop_map(|(n, version, employer, first, last, withdrawn)| employment(n, version, employer, first, last, withdrawn)),
        2 => (0u8..2, 0u16..300).prop_map(|(n, first)| at(fact(FactKind::Graduated, &format!("enrolments/{n}"), 1, first), 0, 1)),
        2 => (0u8..3, 0u16..300, 0i64..200, 1i64..=100).prop_map(|(n, first, days, share)| {
            let mut fact = at(fact(FactKind::RotationCompleted, &format!("rotations/{n}"), 1, first), 1, 2);
            (fact.quantity, fact.share_percent) = (days, share);
            fact
        }),
        3 => (0u8..20, 0u16..120, 1i64..90, 0u8..2).prop_map(|(n, first, minutes, home)| {
            let mut fact = at(fact(FactKind::Guided, &format!("guidanceMonths/{n}"), 1, first), home, 0);
            fact.quantity = minutes;
            fact
        }),
        3 => (0u8..2, 0u16..300, 30u16..500).prop_map(|(n, first, days)| enrolled(n, first, days)),
        2 => (0u8..2, 0u8..2, 2i64..4, 0u16..400, prop::bool::weighted(0.1)).prop_map(|(n, placement, version, first, withdrawn)| {
            let subject = format!("enrolments/{n}");
            let placed = at(fact(FactKind::Placed, &format!("placements/{n}{placement}"), version, first), 2, 1);
            Fact { key: format!("{subject}#{version}"), subject, withdrawn, ..placed }
        }),
        2 => (0u8..2, 2i64..6, 0u16..400).prop_map(|(n, version, last)| {
            at(fact(FactKind::LeftClass, &format!("enrolments/{n}"), version, last), 2, 1)
        }),
        1 => Just(Fact { detail: "teacher".to_owned(), ..fact(FactKind::Registered, "people/1", 1, 0) }),
    ]
}

/// What happened to one person, one fact per event.
pub fn any_history() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(any_fact(), 0..25).prop_map(|facts| {
        let by_key: BTreeMap<String, Fact> = facts.into_iter().map(|fact| (fact.key.clone(), fact)).collect();
        by_key.into_values().collect()
    })
}

/// Schemes of every shape: in stages, in advance, pro rata, with exclusions and caps, beside those that are shipped.
pub fn every_shape() -> &'static Schemes {
    static SCHEMES: LazyLock<Schemes> = LazyLock::new(|| {
        let texts = ["staged-hire", "keep-hire", "pro-rata-hire", "apprentice", "class"];
        let read = |code: &&str| {
            let path = format!("{}/tests/schemes/{code}.toml", env!("CARGO_MANIFEST_DIR"));
            (format!("{code}.toml"), std::fs::read_to_string(path).unwrap())
        };
        let own: Vec<(String, String)> = texts.iter().map(read).collect();
        Schemes::with_own(own.iter().map(|(file, text)| (file.as_str(), text.as_str()))).unwrap()
    });
    &SCHEMES
}

/// One who has seen the claim as it is.
pub fn approving(schemes: &Schemes, claim: &Claim, by: &str, today: NaiveDate) -> Approving {
    let scheme = schemes.that_judged(claim).unwrap().clone();
    let roles = vec!["bureau".to_owned(), "finance".to_owned()];
    Approving {
        by: by.into(),
        roles,
        content_hash: claim.content_hash.clone(),
        scheme,
        before: Vec::new(),
        overrides: Vec::new(),
        today,
    }
}

/// Scheme, occasion, stage, fen, beneficiary, day and facts of a claim.
pub type Live = (String, String, i64, i64, String, NaiveDate, Vec<String>);

/// The domain's own rules over tables held in memory.
pub struct World {
    schemes: &'static Schemes,
    pub today: NaiveDate,
    /// In the order of their arrival, each once.
    pub facts: Vec<Fact>,
    pub claims: Vec<Claim>,
    pub budget: Budget,
    /// Who carries claims beside the fund, and the shares of all of them.
    carriers: Vec<(FundId, u32)>,
    accounts: BTreeMap<Account, (i64, i64)>,
    postings: Vec<(TransactionId, Posting)>,
    ids: u128,
}

impl World {
    /// Under the shipped schemes, long after everything has happened.
    pub fn new(appropriated: i64) -> Self {
        Self::under(Schemes::shipped(), day(2000), appropriated)
    }

    pub fn under(schemes: &'static Schemes, today: NaiveDate, appropriated: i64) -> Self {
        let budget = Budget { fund: fund(), appropriated: Money::ZERO, committed: Money::ZERO, paid: Money::ZERO };
        let mut world = Self {
            schemes,
            today,
            facts: Vec::new(),
            claims: Vec::new(),
            budget,
            carriers: vec![(fund(), 1)],
            accounts: BTreeMap::new(),
            postings: Vec::new(),
            ids: 1000,
        };
        assert!(world.post(Posting::appropriate(fund(), Money::fen(appropriated), "document".into())));
        world
    }

    /// From now on claims are carried by several, by these shares; the others than the first have enough.
    #[must_use]
    pub fn carried_by(mut self, shares: &[u32]) -> Self {
        let fund = |n: usize| if n == 0 { fund() } else { other_fund(n) };
        self.carriers = shares.iter().enumerate().map(|(n, share)| (fund(n), *share)).collect();
        for n in 1..shares.len() {
            let given = Posting::appropriate(other_fund(n), Money::fen(1_000_000_000_000), "document".into());
            assert!(self.post(given));
        }
        self
    }

    fn portions(&self, claim: &Claim) -> Vec<(FundId, Money)> {
        let shares: Vec<u32> = self.carriers.iter().map(|carrier| carrier.1).collect();
        let parts = claim.amount.split(&shares).unwrap();
        let funds = self.carriers.iter().map(|carrier| carrier.0);
        funds.zip(parts).filter(|(_, part)| !part.is_zero()).collect()
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// A fact arrives, and claims follow.
    pub fn arrive(&mut self, fact: Fact) {
        if self.facts.iter().all(|known| known.key != fact.key) {
            self.facts.push(fact);
        }
        self.derive();
    }

    pub fn steps(&self) -> Vec<Step> {
        reconcile(self.schemes, &self.derived(), &self.claims)
    }

    pub fn derived(&self) -> Derived {
        derive(self.schemes, &self.facts, self.today).unwrap()
    }

    pub fn derive(&mut self) {
        for step in self.steps() {
            match step {
                Step::Accrue { due, part, amount } => {
                    let id = ClaimId::from_uuid(self.id());
                    self.claims.push(Claim::accrue(id, person(), &due, part, amount).0);
                }
                Step::Amend { claim, due, amount } => self.change(&claim, Change::Amend { due: Box::new(due), amount }),
                Step::Void { claim, why, fact } => {
                    self.change(&claim, Change::Void { reason: why.to_string(), fact });
                    if claim.state == State::Approved {
                        for (fund, amount, commitment) in self.transactions(claim.id, PostingKind::Commitment) {
                            assert!(self.post(Posting::release(fund, &claim, amount, commitment)));
                        }
                    }
                }
                Step::ClawBack { claim, amount, why, fact } => {
                    self.claw_back(&claim, amount, Change::ClawBack { amount, reason: why.to_string(), fact });
                }
                Step::Reconsider { claim } => self.claim(claim.id).reconsider = true,
            }
        }
    }

    fn claw_back(&mut self, claim: &Claim, amount: Money, change: Change) {
        self.change(claim, change);
        let payments = self.transactions(claim.id, PostingKind::Payment);
        let paid: Vec<Money> = payments.iter().map(|payment| payment.1).collect();
        for ((fund, _, payment), part) in payments.into_iter().zip(take_back(&paid, claim.clawed_back, amount)) {
            assert!(part.is_zero() || self.post(Posting::claw_back(fund, claim, part, payment)));
        }
    }

    /// A confirmed finding denies a share of what a paid claim keeps.
    pub fn deny(&mut self, claim: usize, percent: i64) {
        let Some(claim) = self.claims.get(claim % self.claims.len().max(1)).cloned() else { return };
        let amount = Money::fen(claim.kept().as_fen() * percent / 100);
        if claim.state == State::Paid && !amount.is_zero() {
            self.claw_back(&claim, amount, Change::Deny { amount, reason: "found".into() });
        }
    }

    /// Everything that is asked for is paid.
    pub fn pay_all(&mut self) {
        let ended = [State::Paid, State::Rejected, State::Voided, State::ClawedBack];
        while let Some(at) = self.claims.iter().position(|claim| !ended.contains(&claim.state)) {
            self.command(at, false, true);
        }
    }

    pub fn change(&mut self, claim: &Claim, change: Change) {
        let (next, _) = claim.decide(change).unwrap();
        *self.claim(claim.id) = next;
    }

    fn claim(&mut self, id: ClaimId) -> &mut Claim {
        self.claims.iter_mut().find(|claim| claim.id == id).unwrap()
    }

    /// One command on one claim, as its state allows; `bank` is whether the bank pays.
    pub fn command(&mut self, claim: usize, reject: bool, bank: bool) {
        let Some(claim) = self.claims.get(claim % self.claims.len().max(1)).cloned() else { return };
        match claim.state {
            State::Accrued => {
                let scheme = self.schemes.that_judged(&claim).unwrap().clone();
                let named = |code: &String| Evidence { code: code.clone(), sha256: "5e".repeat(32), place: "drawer".into() };
                let evidence = scheme.evidence.iter().map(named).collect();
                let submitting = Submitting { by: "asker".into(), fund: fund(), evidence, scheme };
                self.change(&claim, Change::Submit(Box::new(submitting)));
            }
            State::Submitted | State::Checked if reject => self.change(&claim, Change::Reject { reason: "no".into() }),
            State::Submitted => self.change(&claim, Change::Check(Vec::new())),
            State::Checked => {
                let mut portions = self.portions(&claim).into_iter();
                // The fund comes first: where it has not enough, nothing is committed.
                if portions.next().is_some_and(|(fund, part)| self.post(Posting::commit(fund, &claim, part))) {
                    portions.for_each(|(fund, part)| assert!(self.post(Posting::commit(fund, &claim, part))));
                    let mut approving = approving(self.schemes, &claim, "approver", self.today);
                    let others = approving.scheme.approvers(claim.amount) - 1;
                    approving.before = (0..others).map(|n| format!("approver {n}")).collect();
                    self.change(&claim, Change::Approve(Box::new(approving)));
                }
            }
            State::Approved if claim.batch.is_none() => {
                let batch = PaymentBatchId::from_uuid(self.id());
                self.claim(claim.id).batch = Some(batch);
            }
            State::Approved => {
                if bank {
                    for (fund, amount, commitment) in self.transactions(claim.id, PostingKind::Commitment) {
                        assert!(self.post(Posting::pay(fund, &claim, amount, commitment)));
                    }
                    self.change(&claim, Change::Pay);
                } else {
                    self.claim(claim.id).batch = None;
                }
                if std::mem::take(&mut self.claim(claim.id).reconsider) {
                    self.derive();
                }
            }
            State::Paid | State::Rejected | State::Voided | State::ClawedBack => {}
        }
    }

    /// Posts as the tables would: false when the budget refuses.
    fn post(&mut self, posting: Posting) -> bool {
        posting.balanced().unwrap();
        let own = posting.fund == fund();
        let change = if own { posting.budget_change() } else { BudgetChange::default() };
        let next = Budget {
            fund: fund(),
            appropriated: Money::fen(self.budget.appropriated.as_fen() + change.appropriated),
            committed: Money::fen(self.budget.committed.as_fen() + change.committed),
            paid: Money::fen(self.budget.paid.as_fen() + change.paid),
        };
        if next.committed < Money::ZERO || next.paid < Money::ZERO || next.available() < Money::ZERO {
            return false;
        }
        self.budget = next;
        for (account, side, amount) in posting.entries() {
            let (debits, credits) = self.accounts.entry(account.clone()).or_default();
            *(if side == Side::Debit { debits } else { credits }) += amount.as_fen();
        }
        let id = TransactionId::from_uuid(self.id());
        self.postings.push((id, posting));
        true
    }

    /// Fund, amount and id of each transaction of a kind that a claim has.
    fn transactions(&self, claim: ClaimId, kind: PostingKind) -> Vec<(FundId, Money, TransactionId)> {
        let of_claim = self.postings.iter().filter(|(_, posting)| posting.claim == Some(claim) && posting.kind == kind);
        of_claim.map(|(id, posting)| (posting.fund, posting.amount(), *id)).collect()
    }

    /// What each fund has paid for a claim and not taken back.
    pub fn net_of(&self, claim: &Claim) -> BTreeMap<FundId, i64> {
        let mut net: BTreeMap<FundId, i64> = BTreeMap::new();
        for (fund, amount, _) in self.transactions(claim.id, PostingKind::Payment) {
            *net.entry(fund).or_default() += amount.as_fen();
        }
        for (fund, amount, _) in self.transactions(claim.id, PostingKind::Clawback) {
            *net.entry(fund).or_default() -= amount.as_fen();
        }
        net
    }

    /// What `talentflow verify` proves of the tables.
    pub fn verify(&self) {
        let sum = |side: fn(&(i64, i64)) -> i64| self.accounts.values().map(side).sum::<i64>();
        assert_eq!(sum(|moved| moved.0), sum(|moved| moved.1), "debits and credits of the whole ledger");
        for (account, (debits, credits)) in &self.accounts {
            let balance = if account.kind.is_credit() { credits - debits } else { debits - credits };
            assert!(balance >= 0, "{account:?} is {balance}");
        }
        let held = |kind: AccountKind| -> i64 {
            let own = self.accounts.iter().filter(|(account, _)| account.fund == fund());
            own.filter(|(account, _)| account.kind == kind).map(|(_, moved)| moved.0 - moved.1).sum()
        };
        assert_eq!(held(AccountKind::Available), self.budget.available().as_fen());
        assert_eq!(held(AccountKind::Committed), self.budget.committed.as_fen());
        assert_eq!(held(AccountKind::Paid), self.budget.paid.as_fen());
        let in_state = |state: State| self.claims.iter().filter(move |claim| claim.state == state);
        let carried = |claim: &Claim| self.portions(claim).into_iter().filter(|portion| portion.0 == fund()).map(|one| one.1);
        let approved: Money = in_state(State::Approved).flat_map(carried).sum();
        assert_eq!(approved, self.budget.committed, "approved claims and what is committed");
        for claim in &self.claims {
            let count = |kind: PostingKind| {
                self.postings.iter().filter(|(_, posting)| posting.claim == Some(claim.id) && posting.kind == kind).count()
            };
            let paid = matches!(claim.state, State::Paid | State::ClawedBack);
            let carriers = self.portions(claim).len();
            assert_eq!(count(PostingKind::Payment), usize::from(paid) * carriers, "{} {}", claim.id, claim.state);
            assert!(self.net_of(claim).values().all(|net| *net >= 0), "no more is taken back of a source than it paid");
            let taken = self.postings.iter().map(|(_, posting)| posting).filter(|posting| posting.claim == Some(claim.id));
            let taken: Money = taken.filter(|posting| posting.kind == PostingKind::Clawback).map(Posting::amount).sum();
            assert_eq!(taken, claim.clawed_back, "{} {}", claim.id, claim.state);
            assert_eq!(claim.state == State::ClawedBack, claim.kept().is_zero(), "{} {}", claim.id, claim.state);
            assert!(claim.kept() >= Money::ZERO && claim.denied <= claim.clawed_back);
            assert!(count(PostingKind::Commitment) <= carriers && count(PostingKind::Release) <= carriers);
        }
        let resolved: Vec<_> = self.postings.iter().filter_map(|(_, posting)| posting.resolves).collect();
        assert_eq!(resolved.len(), resolved.iter().collect::<BTreeSet<_>>().len(), "a commitment is resolved at most once");
        let pending: Money = self
            .postings
            .iter()
            .filter(|(id, posting)| posting.fund == fund() && posting.kind == PostingKind::Commitment && !resolved.contains(id))
            .map(|(_, posting)| posting.amount())
            .sum();
        assert_eq!(pending, self.budget.committed, "pending commitments and what is committed");
        for (id, payment) in &self.postings {
            let reversals = self.postings.iter().filter(|(_, posting)| posting.reverses == Some(*id));
            let reversed: Money = reversals.map(|(_, posting)| posting.amount()).sum();
            assert!(reversed <= payment.amount(), "a transaction is reversed by no more than it was");
        }
    }

    /// Claims that ask or hold money, as facts and amounts without ids.
    pub fn live(&self) -> BTreeSet<Live> {
        let live = self.claims.iter().filter(|claim| !matches!(claim.state, State::Voided | State::ClawedBack));
        live.map(|claim| {
            let (scheme, occasion) = (claim.scheme.citation(), claim.occasion.clone());
            (
                scheme,
                occasion,
                claim.stage,
                claim.kept().as_fen(),
                claim.beneficiary.to_string(),
                claim.earned_on,
                claim.facts.clone(),
            )
        })
        .collect()
    }
}
