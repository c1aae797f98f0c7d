//! Money in fen (分, one hundredth of a yuan), as an integer. No float ever touches an amount.

use crate::db::{Bind, Value};
use crate::error::Error;
use std::fmt;
use std::iter::Sum;
use std::ops::Neg;

/// An amount in fen; may be negative in a difference, never in a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, sqlx::Type)]
#[sqlx(transparent)]
pub struct Money(i64);

impl Money {
    pub const ZERO: Self = Self(0);

    pub const fn fen(fen: i64) -> Self {
        Self(fen)
    }
    pub const fn yuan(yuan: i64) -> Self {
        Self(yuan * 100)
    }
    pub const fn as_fen(self) -> i64 {
        self.0
    }
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads an amount that must be present and positive. Absent is refused, not read as zero.
    pub fn parse_positive(field: &str, amount: Option<proto::common::v1::Money>) -> Result<Self, Error> {
        match amount {
            None => Err(Error::required(field, "an amount in fen, such as {\"fen\": \"150000\"} for 1,500 yuan")),
            Some(amount) if amount.fen > 0 => Ok(Self(amount.fen)),
            Some(amount) => Err(Error::invalid(
                field,
                "AMOUNT_NOT_POSITIVE",
                format!("`{field}` is {} fen: expected more than zero", amount.fen),
                format!("`{field}` 为 {} 分，应大于零", amount.fen),
            )),
        }
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// Splits by weights so that the parts sum to the whole, to the fen: every part gets its floor, and
    /// what is left goes, a fen each, to the largest remainders; equal remainders go to the earlier part.
    /// `None` when the weights give nothing to split by.
    pub fn split(self, weights: &[u32]) -> Option<Vec<Self>> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total == 0 {
            return None;
        }
        let whole = i128::from(self.0.unsigned_abs());
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (at, weight) in weights.iter().enumerate() {
            let share = whole * i128::from(*weight);
            parts.push(share / total);
            remainders.push((share % total, at));
        }
        let left = whole - parts.iter().sum::<i128>();
        remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, at) in remainders.into_iter().take(usize::try_from(left).ok()?) {
            parts[at] += 1;
        }
        let sign = i128::from(self.0.signum());
        parts.into_iter().map(|part| i64::try_from(part * sign).ok().map(Self)).collect()
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        Self(parts.map(|part| part.0).sum())
    }
}

impl Bind for Money {
    const NULL: Value = Value::Int(None);
    fn value(self) -> Value {
        Value::Int(Some(self.0))
    }
}

impl From<Money> for proto::common::v1::Money {
    fn from(amount: Money) -> Self {
        Self { fen: amount.0 }
    }
}

/// Yuan with two decimals, for people: `1,500.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        let mut grouped = String::new();
        for (at, digit) in yuan.chars().enumerate() {
            if at > 0 && (yuan.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{grouped}.{:02}", fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_of_a_split_sum_to_the_whole(fen in any::<i64>(), weights in prop::collection::vec(0u32..1_000_000, 1..20)) {
            prop_assume!(fen != i64::MIN);
            if let Some(parts) = Money::fen(fen).split(&weights) {
                prop_assert_eq!(parts.iter().map(|part| i128::from(part.as_fen())).sum::<i128>(), i128::from(fen));
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert!(*weight > 0 || part.is_zero());
                    prop_assert!(part.as_fen().signum() * fen.signum() >= 0);
                }
            }
        }
    }

    #[test]
    fn equal_remainders_go_to_the_earlier_part() {
        let parts = Money::fen(100).split(&[1, 1, 1]).unwrap();
        assert_eq!(parts, [Money::fen(34), Money::fen(33), Money::fen(33)]);
    }

    #[test]
    fn weights_of_zero_split_nothing() {
        assert_eq!(Money::fen(100).split(&[0, 0]), None);
        assert_eq!(Money::fen(100).split(&[]), None);
    }

    #[test]
    fn an_amount_reads_like_money() {
        assert_eq!(Money::yuan(1_234_567).to_string(), "1,234,567.00");
        assert_eq!(Money::fen(-5).to_string(), "-0.05");
    }
}
