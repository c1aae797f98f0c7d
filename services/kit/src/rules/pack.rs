//! Loading a pack: whatever can be wrong with it is found here, with its place in the file.

use super::expression::Expression;
use super::lines::Lines;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use toml::Spanned;
use toml::value::Datetime;

/// How binding a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 不得: whoever breaks it is refused, whatever the reason.
    Hard,
    /// 一般, 原则上: may be broken with a recorded reason or filing number.
    Soft,
}

/// One version of one rule.
#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub article: String,
    pub version: u32,
    /// The first day on which it holds.
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    pub to: Option<NaiveDate>,
    /// Codes of what it covers, such as school types; empty covers all.
    pub applies_to: Vec<String>,
    pub severity: Severity,
    /// Whether somebody read the text it cites; an unverified rule is switched off.
    pub verified: bool,
    /// The field or fact that an error points at.
    pub field: String,
    pub message: (String, String),
    pub way_out: (String, String),
    pub(super) when: Option<Expression>,
    pub(super) require: Expression,
}

impl Rule {
    /// Whether this version holds on that day for what bears that code.
    pub fn in_force(&self, on: NaiveDate, code: &str) -> bool {
        self.from <= on
            && self.to.is_none_or(|to| on < to)
            && (self.applies_to.is_empty() || self.applies_to.iter().any(|applies| applies == code))
    }
}

/// Rules under one source of law.
#[derive(Debug, Clone)]
pub struct RulePack {
    pub id: String,
    pub title: (String, String),
    /// The citation.
    pub source: String,
    pub url: Option<String>,
    variables: Vec<String>,
    optional: BTreeSet<String>,
    /// By id and version, whatever their order in the file.
    rules: Vec<Arc<Rule>>,
    unverified: bool,
}

/// Why a pack does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PackError {
    pub pack: Option<String>,
    pub rule: Option<String>,
    /// Line and column in the file, from 1.
    pub at: Option<(usize, usize)>,
    pub what: String,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rule pack")?;
        if let Some(pack) = &self.pack {
            write!(f, " {pack}")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, ", rule {rule}")?;
        }
        if let Some((line, column)) = self.at {
            write!(f, ", line {line}, column {column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pack: Head,
    rule: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    title_en: String,
    title_zh: String,
    source: String,
    url: Option<String>,
    variables: Vec<String>,
    #[serde(default)]
    optional: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    article: String,
    version: u32,
    from: Datetime,
    to: Option<Datetime>,
    #[serde(default)]
    applies_to: Vec<String>,
    severity: Severity,
    verified: bool,
    field: Option<String>,
    when: Option<Spanned<String>>,
    require: Spanned<String>,
    message_en: String,
    message_zh: String,
    way_out_en: String,
    way_out_zh: String,
}

impl RulePack {
    /// Reads a pack from the text of its file, and compiles its expressions.
    pub fn load(text: &str) -> Result<Self, PackError> {
        let mut loader = Loader { text, pack: None, rule: None };
        let file: File = toml::from_str(text)
            .map_err(|error| loader.refuse(error.span().map(|span| span.start), error.message().to_owned()))?;
        loader.pack = Some(file.pack.id.clone());
        loader.head(&file.pack)?;
        let mut rules = Vec::with_capacity(file.rule.len());
        for entry in file.rule {
            let at = entry.span().start;
            rules.push((at, Arc::new(loader.rule(&file.pack, at, entry.into_inner())?)));
        }
        rules.sort_by(|(_, a), (_, b)| (&a.id, a.version).cmp(&(&b.id, b.version)));
        loader.disjoint(&rules)?;
        let Head { id, title_en, title_zh, source, url, variables, optional } = file.pack;
        Ok(Self {
            id,
            title: (title_en, title_zh),
            source,
            url,
            variables,
            optional: optional.into_iter().collect(),
            rules: rules.into_iter().map(|(_, rule)| rule).collect(),
            unverified: false,
        })
    }

    /// Switches on the rules whose text nobody has verified: for trying a pack out.
    #[must_use]
    pub fn with_unverified(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// The facts its rules may name: those who gather them must give them all.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Every rule in every version, switched on or not.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(AsRef::as_ref)
    }

    /// Whether any rule is asked on that day of what bears that code: if none is, its facts need not be gathered.
    pub fn asks(&self, on: NaiveDate, code: &str) -> bool {
        self.in_force(on, code).next().is_some()
    }

    /// The rules that judge on that day what bears that code, by id.
    pub(super) fn in_force<'a>(&'a self, on: NaiveDate, code: &'a str) -> impl Iterator<Item = &'a Arc<Rule>> {
        let switched_on = |rule: &Rule| rule.verified || self.unverified;
        self.rules.iter().filter(move |rule| switched_on(rule) && rule.in_force(on, code))
    }

    pub(super) fn may_be_unknown(&self, fact: &str) -> bool {
        self.optional.contains(fact)
    }
}

struct Loader<'a> {
    text: &'a str,
    pack: Option<String>,
    rule: Option<String>,
}

impl Loader<'_> {
    fn refuse(&self, at: Option<usize>, what: impl Into<String>) -> PackError {
        let at = at.map(|at| Lines(self.text).place(at));
        PackError { pack: self.pack.clone(), rule: self.rule.clone(), at, what: what.into() }
    }

    fn head(&self, head: &Head) -> Result<(), PackError> {
        if !is_id(&head.id) {
            return Err(self.refuse(None, "its id is not of lower-case letters, digits and hyphens"));
        }
        for (name, value) in [("title_en", &head.title_en), ("title_zh", &head.title_zh), ("source", &head.source)] {
            if value.trim().is_empty() {
                return Err(self.refuse(None, format!("`{name}` is empty")));
            }
        }
        if let Some(strange) = head.optional.iter().find(|name| !head.variables.contains(name)) {
            return Err(self.refuse(None, format!("`{strange}` is optional, but not among its variables")));
        }
        Ok(())
    }

    fn rule(&mut self, head: &Head, at: usize, entry: Entry) -> Result<Rule, PackError> {
        self.rule = Some(format!("{}@{}", entry.id, entry.version));
        let refuse = |what: &str| Err(self.refuse(Some(at), what));
        if !is_id(&entry.id) {
            return refuse("its id is not of lower-case letters, digits and hyphens");
        }
        let (from, to) = (self.date(at, entry.from)?, entry.to.map(|to| self.date(at, to)).transpose()?);
        if to.is_some_and(|to| to <= from) {
            return refuse("it ends before it begins: `to` is the first day on which it no longer holds");
        }
        let texts = [&entry.article, &entry.message_en, &entry.message_zh, &entry.way_out_en, &entry.way_out_zh];
        if texts.iter().any(|text| text.trim().is_empty()) {
            return refuse("its article, message or way out is empty");
        }
        let when = entry.when.as_ref().map(|when| self.condition(when, &head.variables)).transpose()?;
        let require = self.condition(&entry.require, &head.variables)?;
        let named = require.variables().first().cloned();
        let field = entry.field.or(named).unwrap_or_else(|| entry.id.clone());
        Ok(Rule {
            id: entry.id,
            article: entry.article,
            version: entry.version,
            from,
            to,
            applies_to: entry.applies_to,
            severity: entry.severity,
            verified: entry.verified,
            field,
            message: (entry.message_en, entry.message_zh),
            way_out: (entry.way_out_en, entry.way_out_zh),
            when,
            require,
        })
    }

    fn date(&self, at: usize, date: Datetime) -> Result<NaiveDate, PackError> {
        let day = match date {
            Datetime { date: Some(day), time: None, offset: None } => {
                NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
            }
            _ => None,
        };
        day.ok_or_else(|| self.refuse(Some(at), format!("`{date}` is not a local date such as 2022-01-01")))
    }

    fn condition(&self, source: &Spanned<String>, variables: &[String]) -> Result<Expression, PackError> {
        Expression::condition(source.get_ref(), variables).map_err(|error| {
            let mut refused = self.refuse(None, error.what.clone());
            refused.at = Some(Lines(self.text).within(&source.span(), &error));
            refused
        })
    }

    /// Two versions of one rule must not both judge one day.
    fn disjoint(&mut self, rules: &[(usize, Arc<Rule>)]) -> Result<(), PackError> {
        for (n, (_, rule)) in rules.iter().enumerate() {
            for (at, other) in rules[n + 1..].iter().take_while(|(_, other)| other.id == rule.id) {
                self.rule = Some(format!("{}@{}", other.id, other.version));
                if other.version == rule.version {
                    return Err(self.refuse(Some(*at), "this version is there twice"));
                }
                let apart = rule.to.is_some_and(|to| to <= other.from) || other.to.is_some_and(|to| to <= rule.from);
                if !apart {
                    let what = format!("it overlaps version {}: end the older one where the newer begins", rule.version);
                    return Err(self.refuse(Some(*at), what));
                }
            }
        }
        Ok(())
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
