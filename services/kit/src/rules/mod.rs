//! What a law or a city decides is data: rules with a citation and an effective date, judged over named
//! facts, and expressions that a subsidy scheme is made of.
//!
//! A pack is a TOML file:
//!
//! ```toml
//! [pack]
//! id = "internship-vocational"
//! title_en = "Internships of vocational schools"
//! title_zh = "职业学校学生实习管理规定"
//! source = "教职成〔2021〕4号"
//! variables = ["age", "pay_percent", "filing_number"]   # every fact the rules may name
//! optional = ["filing_number"]                          # facts that may be unknown (null)
//!
//! [[rule]]
//! id = "minimum-age"
//! article = "16"
//! version = 1
//! from = 2022-01-01                # in force from this day,
//! # to = 2027-01-01                # up to, not including, this one
//! # applies_to = ["vocational"]    # school types; none means all
//! severity = "hard"                # or "soft": passes with a recorded reason
//! verified = true                  # the text was read; otherwise the rule is switched off
//! # when = 'age < 18'              # judged only where this holds
//! require = 'age >= 16'
//! message_en = "Nobody under 16 is placed."
//! message_zh = "不得安排未满16周岁的学生实习"
//! way_out_en = "place the student after the 16th birthday"
//! way_out_zh = "请在学生满16周岁后安排"
//! ```
//!
//! Expressions are CEL without floats (see [`Expression`]). A decision keeps its [`Judgement`]: which
//! version of which rule judged it, and what that rule saw.

mod expression;
mod facts;
mod judgement;
mod language;
mod lines;
mod pack;
mod shipped;

#[cfg(test)]
mod tests;

pub use expression::{Expression, ExpressionError};
pub use facts::Facts;
pub use judgement::{Judgement, Outcome, Verdict, Waiver};
pub use lines::Lines;
pub use pack::{PackError, Rule, RulePack, Severity};
pub use shipped::Shipped;
