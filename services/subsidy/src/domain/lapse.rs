//! Why an occasion, or a stage of it, earns nothing.

use super::derive::Due;
use chrono::NaiveDate;
use kit::Money;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The fact turned out never to have been.
    Withdrawn,
    LeftEarly {
        left: NaiveDate,
        stayed: i64,
        required: i64,
    },
    /// It ended before the milestone, or before what was paid in advance for it was earned.
    NotCompleted {
        left: NaiveDate,
    },
    NotInForce {
        on: NaiveDate,
    },
    NotEligible,
    Capped,
    /// Another scheme grants it, and the two are not granted together.
    Excluded {
        by: String,
    },
    /// Its day is yet to come.
    NotYet {
        on: NaiveDate,
    },
    /// The facts are no longer there, or say something else.
    Gone,
    /// The facts earn less, or somebody else.
    Changed,
}

/// For people: English, and Chinese in brackets.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Withdrawn => f.write_str("the fact it rested on was withdrawn (所依据的事实已撤销)"),
            Self::LeftEarly { left, stayed, required } => write!(
                f,
                "left on {left} after {stayed} days, before the {required} days required ({left} 离职，在职 {stayed} 天，未满 {required} 天)"
            ),
            Self::NotCompleted { left } => write!(f, "left on {left} without completing it ({left} 离开，未完成)"),
            Self::NotInForce { on } => write!(f, "no version of the scheme is in force on {on} ({on} 无有效的补贴项目版本)"),
            Self::NotEligible => f.write_str("not eligible under the scheme (不符合补贴条件)"),
            Self::Capped => f.write_str("a cap of the scheme is reached (已达补贴上限)"),
            Self::Excluded { by } => write!(f, "not granted together with schemes/{by} (不得与 schemes/{by} 同时享受)"),
            Self::NotYet { on } => write!(f, "not due before {on} ({on} 方到期)"),
            Self::Gone => f.write_str("the facts it rested on say something else now (所依据的事实已变更)"),
            Self::Changed => f.write_str("the facts earn another amount or another beneficiary now (应补金额或对象已变更)"),
        }
    }
}

/// An occasion, or a stage of it, that earns nothing, and why.
#[derive(Debug, Clone)]
pub struct Lapse {
    pub scheme: String,
    pub occasion: String,
    /// None for all of them.
    pub stage: Option<i64>,
    pub why: Why,
    /// The fact that decided it.
    pub fact: String,
    /// What it would have been, as far as that is known.
    pub amount: Money,
    /// What may be kept of it where it was paid before this was known.
    pub keeps: Option<Due>,
}
