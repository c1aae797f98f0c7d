//! Judging a case, and what came of it.

use super::expression::Expression;
use super::facts::Facts;
use super::pack::{Rule, RulePack, Severity};
use crate::error::Error;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A recorded reason to break a soft rule: why, or the number under which it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The rule's id, alone or after its pack's (`minimum-pay`, `internship-vocational/minimum-pay`).
    pub rule: String,
    pub reason: String,
}

/// What a rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    /// Broken, with a recorded reason; soft rules only.
    Waived,
    /// Its `when` did not hold.
    NotApplicable,
}

/// One version of one rule, what it saw and what it said.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub rule: String,
    pub version: u32,
    pub article: String,
    pub severity: Severity,
    pub outcome: Outcome,
    /// The recorded reason, where one was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The facts it looked at, by name.
    pub saw: Map<String, Value>,
    #[serde(skip)]
    text: Arc<Rule>,
    /// Somebody tried to waive a hard rule.
    #[serde(skip)]
    waiver_refused: bool,
}

/// All verdicts of a pack on a case, by rule id. As JSON it is kept with the decision that it led to.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    pub pack: String,
    /// The citation.
    pub source: String,
    pub on: NaiveDate,
    pub applies_to: String,
    pub verdicts: Vec<Verdict>,
}

impl RulePack {
    /// Judges a case by the rules in force on that day for what bears the code `applies_to`.
    ///
    /// An error means that no judgement is possible: a fact is unknown that a rule needs
    /// (`RULE_FACT_UNKNOWN`, which the caller can mend), or the facts do not fit the pack (internal). A
    /// case never passes because a fact is missing.
    pub fn judge(&self, facts: &Value, on: NaiveDate, applies_to: &str, waivers: &[Waiver]) -> Result<Judgement, Error> {
        let facts = Facts::new(facts)?;
        let verdicts: Result<_, _> = self.in_force(on, applies_to).map(|rule| self.verdict(rule, &facts, waivers)).collect();
        Ok(Judgement {
            pack: self.id.clone(),
            source: self.source.clone(),
            on,
            applies_to: applies_to.to_owned(),
            verdicts: verdicts?,
        })
    }

    fn verdict(&self, rule: &Arc<Rule>, facts: &Facts, waivers: &[Waiver]) -> Result<Verdict, Error> {
        let mut saw = Map::new();
        let applies = match &rule.when {
            None => true,
            Some(when) => self.look(rule, when, facts, &mut saw)?,
        };
        let holds = applies && self.look(rule, &rule.require, facts, &mut saw)?;
        let waiver = waivers.iter().find(|waiver| {
            let id = waiver.rule.strip_prefix(&self.id).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&waiver.rule);
            id == rule.id && !waiver.reason.trim().is_empty()
        });
        let outcome = match (applies, holds) {
            (false, _) => Outcome::NotApplicable,
            (true, true) => Outcome::Passed,
            (true, false) if waiver.is_some() && rule.severity == Severity::Soft => Outcome::Waived,
            (true, false) => Outcome::Failed,
        };
        Ok(Verdict {
            rule: rule.id.clone(),
            version: rule.version,
            article: rule.article.clone(),
            severity: rule.severity,
            outcome,
            reason: waiver.filter(|_| outcome == Outcome::Waived).map(|waiver| waiver.reason.clone()),
            saw,
            text: Arc::clone(rule),
            waiver_refused: outcome == Outcome::Failed && waiver.is_some(),
        })
    }

    /// Evaluates, and notes what was looked at.
    fn look(&self, rule: &Rule, expression: &Expression, facts: &Facts, saw: &mut Map<String, Value>) -> Result<bool, Error> {
        for name in expression.variables() {
            match facts.get(name) {
                Some(Value::Null) if !self.may_be_unknown(name) => return Err(self.unknown(rule, name)),
                Some(value) => saw.insert(name.clone(), value.clone()),
                // The expression itself says that it was not given.
                None => None,
            };
        }
        expression.holds(facts).map_err(|error| {
            let reference = self.reference(rule);
            error.rule(reference)
        })
    }

    /// A rule cannot be judged on what nobody knows, and what is not judged is not allowed.
    fn unknown(&self, rule: &Rule, fact: &str) -> Error {
        Error::refused(
            fact,
            "RULE_FACT_UNKNOWN",
            format!("`{fact}` is not known, and this rule needs it: {}", rule.message.0),
            format!("缺少 `{fact}`，无法判断该规定：{}", rule.message.1),
        )
        .rule(self.reference(rule))
        .way_out(format!("record `{fact}` first"), format!("请先登记 `{fact}`"))
    }

    fn reference(&self, rule: &Rule) -> String {
        reference(&self.id, rule)
    }
}

impl Judgement {
    /// Why the case is refused, or nothing if it is not: the first broken hard rule, else the first soft
    /// rule broken without a recorded reason. The other broken rules are named in the message, so that
    /// nobody meets them one by one.
    pub fn refusal(&self) -> Option<Error> {
        let failed = |severity| {
            self.verdicts.iter().filter(move |verdict| verdict.outcome == Outcome::Failed && verdict.severity == severity)
        };
        let mut failed = failed(Severity::Hard).chain(failed(Severity::Soft));
        let first = failed.next()?;
        let rule = &first.text;
        let (mut en, mut zh) = rule.message.clone();
        for other in failed {
            en = format!("{en} Also: {}", other.text.message.0);
            zh = format!("{zh}；另：{}", other.text.message.1);
        }
        let (mut out_en, mut out_zh) = rule.way_out.clone();
        let reason = match rule.severity {
            Severity::Hard => "RULE_VIOLATED",
            Severity::Soft => {
                out_en = format!("{out_en}, or record a reason for the rule {}/{}", self.pack, rule.id);
                out_zh = format!("{out_zh}；或为规则 {}/{} 填写理由", self.pack, rule.id);
                "RULE_NEEDS_REASON"
            }
        };
        if first.waiver_refused {
            en = format!("{en} No reason can waive this rule.");
            zh = format!("{zh}；该规定不得豁免");
        }
        Some(Error::refused(&rule.field, reason, en, zh).rule(reference(&self.pack, rule)).way_out(out_en, out_zh))
    }

    /// As it is kept with the decision.
    pub fn to_json(&self) -> Result<Value, Error> {
        serde_json::to_value(self).map_err(Error::internal)
    }
}

/// `internship-vocational/minimum-age@1 art. 16`.
fn reference(pack: &str, rule: &Rule) -> String {
    format!("{pack}/{}@{} art. {}", rule.id, rule.version, rule.article)
}
