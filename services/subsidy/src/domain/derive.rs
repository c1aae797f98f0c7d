//! Derivation: from the facts of one person to what is due. Pure over the set of facts, so the order in
//! which they came and how often they came change nothing.

use super::OrganisationId;
use super::fact::Fact;
use super::occasion::{Occasion, OccasionKind, occasions};
use super::scheme::{Caps, Scheme, Schemes};
use chrono::{Datelike, NaiveDate};
use kit::rules::Facts;
use kit::{Error, Money};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Money that an occasion earns under a scheme.
#[derive(Debug, Clone)]
pub struct Due {
    pub scheme: Arc<Scheme>,
    pub occasion: String,
    pub beneficiary: OrganisationId,
    pub amount: Money,
    pub on: NaiveDate,
    /// The keys of the facts it rests on, sorted.
    pub facts: Vec<String>,
}

/// Why an occasion earns nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The fact turned out never to have been.
    Withdrawn,
    LeftEarly {
        left: NaiveDate,
        stayed: i64,
        required: u32,
    },
    NotInForce {
        on: NaiveDate,
    },
    NotEligible,
    Capped,
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
            Self::NotInForce { on } => write!(f, "no version of the scheme is in force on {on} ({on} 无有效的补贴项目版本)"),
            Self::NotEligible => f.write_str("not eligible under the scheme (不符合补贴条件)"),
            Self::Capped => f.write_str("a cap of the scheme is reached (已达补贴上限)"),
            Self::Gone => f.write_str("the facts it rested on say something else now (所依据的事实已变更)"),
            Self::Changed => f.write_str("the facts earn another amount or another beneficiary now (应补金额或对象已变更)"),
        }
    }
}

/// An occasion that earns nothing, and why.
#[derive(Debug, Clone)]
pub struct Lapse {
    pub scheme: String,
    pub occasion: String,
    pub why: Why,
    /// The fact that decided it.
    pub fact: String,
}

/// What the facts of one person come to.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    pub dues: Vec<Due>,
    pub lapses: Vec<Lapse>,
}

impl Derived {
    pub fn due(&self, scheme: &str, occasion: &str) -> Option<&Due> {
        self.dues.iter().find(|due| due.scheme.code == scheme && due.occasion == occasion)
    }
    pub fn lapse(&self, scheme: &str, occasion: &str) -> Option<&Lapse> {
        self.lapses.iter().find(|lapse| lapse.scheme == scheme && lapse.occasion == occasion)
    }
}

/// Derives everything that is due for the facts of one person.
pub fn derive(schemes: &Schemes, facts: &[Fact]) -> Result<Derived, Error> {
    let mut derived = Derived::default();
    for kind in OccasionKind::ALL {
        let (person, occasions) = occasions(kind, facts);
        if occasions.is_empty() {
            continue;
        }
        for versions in schemes.by_code().filter(|versions| versions.iter().any(|scheme| scheme.occasion == kind)) {
            let mut taken = Taken::default();
            for occasion in &occasions {
                match judge(versions, occasion, &taken)? {
                    Ok((scheme, amount)) => {
                        taken.add(amount, occasion.on);
                        let mut facts = occasion.facts.clone();
                        facts.extend(person.fact.clone().filter(|_| scheme.looks_at("person")));
                        facts.sort_unstable();
                        derived.dues.push(Due {
                            scheme: Arc::clone(scheme),
                            occasion: occasion.key.clone(),
                            beneficiary: occasion.beneficiary,
                            amount,
                            on: occasion.on,
                            facts,
                        });
                    }
                    Err(why) => derived.lapses.push(Lapse {
                        scheme: versions[0].code.clone(),
                        occasion: occasion.key.clone(),
                        why,
                        fact: occasion.latest.clone(),
                    }),
                }
            }
        }
    }
    Ok(derived)
}

/// Judges one occasion by the version in force on the day it is earned.
fn judge<'a>(
    versions: &'a [Arc<Scheme>],
    occasion: &Occasion,
    taken: &Taken,
) -> Result<Result<(&'a Arc<Scheme>, Money), Why>, Error> {
    if occasion.withdrawn {
        return Ok(Err(Why::Withdrawn));
    }
    let Some(scheme) = versions.iter().find(|scheme| scheme.in_force(occasion.on)) else {
        return Ok(Err(Why::NotInForce { on: occasion.on }));
    };
    let required = scheme.retention_days;
    if let Some(stay) = occasion.stayed.filter(|stay| stay.days < i64::from(required)) {
        return Ok(Err(Why::LeftEarly { left: stay.left, stayed: stay.days, required }));
    }
    let context = Facts::new(&occasion.context)?;
    if !scheme.eligible.holds(&context)? {
        return Ok(Err(Why::NotEligible));
    }
    let asked = scheme.amount.fen(&context)?;
    if asked <= 0 {
        return Ok(Err(Why::NotEligible));
    }
    let amount = asked.min(taken.left(&scheme.caps, occasion.on));
    if amount <= 0 {
        return Ok(Err(Why::Capped));
    }
    Ok(Ok((scheme, Money::fen(amount))))
}

/// What a person's earlier occasions took of a scheme's caps.
#[derive(Default)]
struct Taken {
    claims: u32,
    fen: i64,
    fen_by_year: BTreeMap<i32, i64>,
}

impl Taken {
    fn add(&mut self, amount: Money, on: NaiveDate) {
        self.claims += 1;
        self.fen = self.fen.saturating_add(amount.as_fen());
        let year = self.fen_by_year.entry(on.year()).or_default();
        *year = year.saturating_add(amount.as_fen());
    }

    fn left(&self, caps: &Caps, on: NaiveDate) -> i64 {
        if caps.claims_per_person.is_some_and(|most| self.claims >= most) {
            return 0;
        }
        let in_year = self.fen_by_year.get(&on.year()).copied().unwrap_or_default();
        let all = caps.fen_per_person.map_or(i64::MAX, |most| most.saturating_sub(self.fen));
        let year = caps.fen_per_person_year.map_or(i64::MAX, |most| most.saturating_sub(in_year));
        all.min(year)
    }
}
