//! Who carries a claim (资金来源): sponsors first, then the beneficiary's own account, each up to its share and for what it
//! has; what they leave is for co-funding, whole or not at all. So a sponsor who is short never leaves a hole, and the parts
//! come to the amount, to the fen.
//!
//! What is taken back is taken from each in proportion to what it paid, as a function of how much is taken back in all: in
//! whatever pieces it comes, the sources end at the same, and what a source gave back is never given to it again. Largest
//! remainder has neither property for more than two (the Alabama paradox): here every further fen goes to whoever is
//! furthest behind its share (Sainte-Laguë), and of equals to the earlier. Once all is taken back, each has what it paid.

use super::scheme::SourceKind;
use super::{Budget, FundId, Refusal};
use kit::Money;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A source that is asked: the fund, and its share of the amount, or of the rest where it is co-funding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub kind: SourceKind,
    pub fund: FundId,
    pub share_percent: u32,
}

/// What a fund carries of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    pub kind: SourceKind,
    pub fund: FundId,
    pub amount: Money,
}

/// Budgets with every one above them, and what they have left. Where they are held nobody else spends of it.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    budgets: BTreeMap<FundId, Budget>,
    lines: Lines,
}

/// Each fund with itself and those above it, in the order of their ids.
pub type Lines = BTreeMap<FundId, Vec<FundId>>;

impl Budgets {
    pub fn new(budgets: impl IntoIterator<Item = Budget>, lines: Lines) -> Self {
        Self { budgets: budgets.into_iter().map(|budget| (budget.fund, budget)).collect(), lines }
    }

    /// A fund and those above it; nothing when it is not held.
    pub fn line(&self, fund: FundId) -> &[FundId] {
        self.lines.get(&fund).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn into_lines(self) -> Lines {
        self.lines
    }

    fn left(&self, fund: FundId) -> Money {
        self.budgets.get(&fund).map_or(Money::ZERO, Budget::available)
    }

    /// What can be spent from a fund: no more than any of those above it has.
    pub fn available(&self, fund: FundId) -> Money {
        self.line(fund).iter().map(|above| self.left(*above)).min().unwrap_or(Money::ZERO)
    }

    /// Takes a commitment out of what is left, or says whose budget has not enough.
    pub fn commit(&mut self, fund: FundId, amount: Money) -> Result<(), Refusal> {
        if let Some(above) = self.line(fund).iter().find(|above| amount > self.left(**above)) {
            return Err(Refusal::BudgetExceeded { fund: *above, available: self.left(*above), asked: amount });
        }
        for above in self.lines.get(&fund).map(Vec::as_slice).unwrap_or_default() {
            if let Some(budget) = self.budgets.get_mut(above) {
                budget.committed = budget.committed.checked_add(amount).ok_or(Refusal::TooMuchMoney { fund })?;
            }
        }
        Ok(())
    }
}

/// Asks sources for an amount, in their order, and commits what each gives; where the rest cannot be carried, nothing is
/// committed.
pub fn split(amount: Money, asked: &[Asked], budgets: &mut Budgets) -> Result<Vec<Portion>, Refusal> {
    let mut trial = budgets.clone();
    let mut portions: Vec<Portion> = Vec::with_capacity(asked.len());
    let mut left = amount;
    for kind in [SourceKind::Sponsor, SourceKind::OwnAccount] {
        for source in asked.iter().filter(|source| source.kind == kind) {
            let most = Money::fen(percent(amount, source.share_percent));
            let given = most.min(left).min(trial.available(source.fund));
            if given > Money::ZERO {
                trial.commit(source.fund, given)?;
                left = Money::fen(left.as_fen() - given.as_fen());
                give(&mut portions, *source, given);
            }
        }
    }
    let rest: Vec<&Asked> = asked.iter().filter(|source| source.kind == SourceKind::CoFunding).collect();
    let shares: Vec<u32> = rest.iter().map(|source| source.share_percent).collect();
    let parts = left.split(&shares).filter(|_| left > Money::ZERO).unwrap_or_default();
    for (source, part) in rest.into_iter().zip(parts).filter(|(_, part)| *part > Money::ZERO) {
        trial.commit(source.fund, part)?;
        left = Money::fen(left.as_fen() - part.as_fen());
        give(&mut portions, *source, part);
    }
    if left > Money::ZERO {
        // Whoever asks names who carries the rest.
        return Err(Refusal::Unbalanced { debits: amount.as_fen().into(), credits: (amount.as_fen() - left.as_fen()).into() });
    }
    *budgets = trial;
    Ok(portions)
}

/// A fund that is asked twice carries one portion: it holds one commitment for a claim.
fn give(portions: &mut Vec<Portion>, Asked { kind, fund, .. }: Asked, amount: Money) {
    match portions.iter_mut().find(|portion| portion.fund == fund) {
        Some(portion) => portion.amount = Money::fen(portion.amount.as_fen() + amount.as_fen()),
        None => portions.push(Portion { kind, fund, amount }),
    }
}

/// Never more than the share: rounded down.
fn percent(amount: Money, share: u32) -> i64 {
    i64::try_from(i128::from(amount.as_fen()) * i128::from(share) / 100).unwrap_or(i64::MAX)
}

/// What more is taken back of each when `more` is taken back of what all of them paid, and `before` was already.
pub fn take_back(paid: &[Money], before: Money, more: Money) -> Vec<Money> {
    let until = Money::fen(before.as_fen() + more.as_fen());
    let pairs = std::iter::zip(taken(paid, until), taken(paid, before));
    pairs.map(|(then, now)| Money::fen(then - now)).collect()
}

/// What is taken back of each, of so much in all.
fn taken(paid: &[Money], all: Money) -> Vec<i64> {
    let whole: i128 = paid.iter().map(|one| i128::from(one.as_fen())).sum();
    if whole == 0 {
        return vec![0; paid.len()];
    }
    // Rounded to the nearest, they come to within half a fen a source of the sum; the fen that are too many or too few are
    // the last or the next by the same rule.
    let all = i128::from(all.as_fen()).min(whole);
    let nearest = |one: &Money| (2 * i128::from(one.as_fen()) * all + whole) / (2 * whole);
    let mut parts: Vec<i128> = paid.iter().map(nearest).collect();
    let mut missing = all - parts.iter().sum::<i128>();
    while missing != 0 {
        let steps = (0..paid.len()).filter(|at| missing > 0 || parts[*at] > 0);
        let turn = |at: &usize| (paid[*at], if missing > 0 { parts[*at] } else { parts[*at] - 1 }, *at);
        let chosen = steps.map(|at| turn(&at)).reduce(|one, other| if (missing > 0) == sooner(one, other) { one } else { other });
        let Some((_, _, at)) = chosen else { break };
        let step = missing.signum();
        parts[at] += step;
        missing -= step;
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX)).collect()
}

/// Whether the fen after `.1` fen is due to the first source sooner than to the second: who is further behind its share, and
/// of equals the earlier.
fn sooner(one: (Money, i128, usize), other: (Money, i128, usize)) -> bool {
    let (mine, theirs) = (i128::from(one.0.as_fen()) * (2 * other.1 + 1), i128::from(other.0.as_fen()) * (2 * one.1 + 1));
    match mine.cmp(&theirs) {
        Ordering::Equal => one.2 < other.2,
        order => order == Ordering::Greater,
    }
}
