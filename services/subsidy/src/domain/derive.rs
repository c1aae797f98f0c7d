//! Derivation: from the facts of one person, and the day it is, to what is due. Pure over the set of facts, so the
//! order in which they came and how often they came change nothing.

use super::OrganisationId;
use super::fact::{Fact, Topic};
use super::filing::{Filed, Filing};
use super::lapse::{Lapse, Why};
use super::occasion::{Known, Occasion, OccasionKind, served};
use super::scheme::{Caps, Clawback, Exclusion, Scheme, Schemes, Stage, Together};
use chrono::{Datelike, NaiveDate};
use kit::{Error, Money};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Money that a stage of an occasion earns under a scheme.
#[derive(Debug, Clone)]
pub struct Due {
    pub scheme: Arc<Scheme>,
    pub occasion: String,
    /// From 1, in the order of the scheme; the only one where it has no stages.
    pub stage: i64,
    pub beneficiary: OrganisationId,
    pub amount: Money,
    /// The day it is due.
    pub on: NaiveDate,
    /// The day by which the version of the scheme was chosen.
    pub judged_on: NaiveDate,
    /// The keys of the facts it rests on, sorted.
    pub facts: Vec<String>,
    /// The statement it rests on, where no event tells of it.
    pub filing: Option<Arc<Filing>>,
}

/// What the facts of one person come to on a day.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    pub dues: Vec<Due>,
    /// What will be due if nothing changes until its day has come.
    pub waiting: Vec<Due>,
    pub lapses: Vec<Lapse>,
}

impl Derived {
    pub fn due(&self, scheme: &str, occasion: &str, stage: i64) -> Option<&Due> {
        find(&self.dues, scheme, occasion, stage)
    }

    pub fn waits(&self, scheme: &str, occasion: &str, stage: i64) -> Option<&Due> {
        find(&self.waiting, scheme, occasion, stage)
    }

    pub fn lapse(&self, scheme: &str, occasion: &str, stage: i64) -> Option<&Lapse> {
        let of = |lapse: &&Lapse| lapse.scheme == scheme && lapse.occasion == occasion;
        self.lapses.iter().filter(of).find(|lapse| lapse.stage.is_none_or(|of| of == stage))
    }

    /// The next day on which something becomes due without anything happening.
    pub fn next_day(&self) -> Option<NaiveDate> {
        self.waiting.iter().map(|due| due.on).min()
    }
}

fn find<'a>(dues: &'a [Due], scheme: &str, occasion: &str, stage: i64) -> Option<&'a Due> {
    dues.iter().find(|due| due.scheme.code == scheme && due.occasion == occasion && due.stage == stage)
}

/// Derives everything that is due for the facts of one person by the end of that day.
pub fn derive(schemes: &Schemes, facts: &[Fact], today: NaiveDate) -> Result<Derived, Error> {
    derive_with(schemes, facts, &[], today)
}

/// As [`derive`], with what organisations state of the person. What was stated takes what the facts leave of caps, gives way
/// to what they are granted, and takes nothing from them.
pub fn derive_with(schemes: &Schemes, facts: &[Fact], filings: &[Filed], today: NaiveDate) -> Result<Derived, Error> {
    let stated: Vec<(&Filed, Vec<Fact>)> = filings.iter().map(|filed| (filed, with_person(&filed.filing, facts))).collect();
    let known = Known::new(facts);
    let mut by_kind: BTreeMap<OccasionKind, Vec<Occasion<'_>>> = BTreeMap::new();
    let mut granted = Granted::default();
    let mut derived = Derived::default();
    let mut taken_of: BTreeMap<&str, Taken> = BTreeMap::new();
    for versions in schemes.in_order() {
        let Some(kind) = versions.first().map(|scheme| scheme.occasion) else { continue };
        let occasions = by_kind.entry(kind).or_insert_with(|| known.occasions(kind));
        let mut taken = Taken::default();
        for occasion in occasions.iter() {
            let Some(grant) = judged(versions, occasion, (&taken, &granted), &mut derived)? else { continue };
            let stands = grant.pay(occasion, today, &mut derived);
            if stands > 0 {
                taken.add(stands, occasion.on);
                granted.add(grant.scheme, occasion);
            }
        }
        taken_of.insert(&versions[0].code, taken);
    }
    for versions in schemes.in_order() {
        let Some(Scheme { code, occasion: kind, .. }) = versions.first().map(AsRef::as_ref) else { continue };
        let known = by_kind.entry(*kind).or_insert_with(|| known.occasions(*kind));
        let taken = taken_of.entry(code).or_default();
        for (filed, facts) in stated.iter().filter(|(filed, _)| filed.scheme == *code) {
            let key = filed.filing.key();
            if known.iter().any(|occasion| occasion.key == key) {
                continue;
            }
            let occasions = Known::new(facts).occasions(*kind);
            let Some(occasion) = occasions.iter().find(|occasion| occasion.key == key) else { continue };
            if versions.iter().any(|scheme| scheme.in_force(occasion.on) && !scheme.filed) {
                derived.lapses.push(lapsed(code, occasion, Why::NotEligible, Money::ZERO));
                continue;
            }
            let Some(grant) = judged(versions, occasion, (taken, &granted), &mut derived)? else { continue };
            let (from, waits) = (derived.dues.len(), derived.waiting.len());
            let stands = grant.pay(occasion, today, &mut derived);
            let new = derived.dues[from..].iter_mut().chain(&mut derived.waiting[waits..]);
            new.for_each(|due| due.filing = Some(Arc::clone(&filed.filing)));
            if stands > 0 {
                taken.add(stands, occasion.on);
                granted.add(grant.scheme, occasion);
            }
        }
    }
    Ok(derived)
}

/// What is stated, with what is on record of the person it is about.
fn with_person(filing: &Filing, facts: &[Fact]) -> Vec<Fact> {
    let person = facts.iter().filter(|fact| fact.kind.topic() == Topic::Person);
    let of = facts.first().map(|fact| fact.person);
    person.cloned().chain(of.into_iter().flat_map(|person| filing.facts(person))).collect()
}

/// What an occasion is granted, or the lapse of it.
fn judged<'s>(
    versions: &'s [Arc<Scheme>],
    occasion: &Occasion<'_>,
    (taken, granted): (&Taken, &Granted<'_>),
    derived: &mut Derived,
) -> Result<Option<Grant<'s>>, Error> {
    match judge(versions, occasion, taken, granted)? {
        Ok(grant) => Ok(Some(grant)),
        Err((why, amount)) => {
            let code = versions.first().map(|scheme| scheme.code.as_str()).unwrap_or_default();
            derived.lapses.push(lapsed(code, occasion, why, amount));
            Ok(None)
        }
    }
}

/// All stages of an occasion earn nothing.
fn lapsed(code: &str, occasion: &Occasion<'_>, why: Why, amount: Money) -> Lapse {
    let fact = occasion.latest.to_owned();
    Lapse { scheme: code.to_owned(), occasion: occasion.key.clone(), stage: None, why, fact, amount, keeps: None }
}

/// What an occasion is granted, all its stages together.
struct Grant<'s> {
    scheme: &'s Arc<Scheme>,
    beneficiary: OrganisationId,
    amount: Money,
}

/// Judges one occasion by the version in force on its day: what it grants, or why nothing and what that withholds.
fn judge<'s>(
    versions: &'s [Arc<Scheme>],
    occasion: &Occasion<'_>,
    taken: &Taken,
    granted: &Granted<'_>,
) -> Result<Result<Grant<'s>, (Why, Money)>, Error> {
    let nothing = |why| Ok(Err((why, Money::ZERO)));
    if occasion.withdrawn {
        return nothing(Why::Withdrawn);
    }
    let Some(scheme) = versions.iter().find(|scheme| scheme.in_force(occasion.on)) else {
        return nothing(Why::NotInForce { on: occasion.on });
    };
    let context = occasion.context()?;
    let Some(beneficiary) = occasion.party(scheme.beneficiary) else { return nothing(Why::NotEligible) };
    if !scheme.eligible.holds(context)? {
        return nothing(Why::NotEligible);
    }
    let asked = scheme.amount.fen(context)?;
    if asked <= 0 {
        return nothing(Why::NotEligible);
    }
    if let Some(other) = scheme.exclusions.iter().find(|rule| granted.stands_in_the_way(rule, occasion)) {
        return Ok(Err((Why::Excluded { by: other.scheme.clone() }, Money::fen(asked))));
    }
    let amount = asked.min(taken.left(&scheme.caps, occasion.on));
    if amount <= 0 {
        return nothing(Why::Capped);
    }
    Ok(Ok(Grant { scheme, beneficiary, amount: Money::fen(amount) }))
}

/// What became of a stage.
enum Standing {
    Due(NaiveDate),
    Waiting(NaiveDate),
    /// The milestone from which it is counted has not been reached.
    Open,
    Lost(Why),
}

impl Grant<'_> {
    /// Sorts the stages into what is due, waits and is lost; answers what stands, due or not, in fen.
    fn pay(&self, occasion: &Occasion<'_>, today: NaiveDate, derived: &mut Derived) -> i64 {
        if self.scheme.stages.is_empty() {
            return self.pay_at_once(occasion, derived);
        }
        // Weights are positive, so there are as many parts as stages.
        let parts = self.amount.split(&self.scheme.shares()).unwrap_or_default();
        let mut stands = 0;
        for ((number, stage), part) in (1..).zip(&self.scheme.stages).zip(parts).filter(|(_, part)| !part.is_zero()) {
            let milestone = occasion.milestone(stage.at);
            let due = |on| self.due(occasion, number, part, (on, milestone.map(|milestone| milestone.fact)));
            match standing(stage, occasion, today) {
                Standing::Due(on) => derived.dues.push(due(on)),
                Standing::Waiting(on) => derived.waiting.push(due(on)),
                Standing::Open => {}
                Standing::Lost(why) => {
                    derived.lapses.push(self.lost(occasion, Some(number), part, why));
                    continue;
                }
            }
            stands += part.as_fen();
        }
        stands
    }

    /// All of it, as soon as the facts are there.
    fn pay_at_once(&self, occasion: &Occasion<'_>, derived: &mut Derived) -> i64 {
        let required = i64::from(self.scheme.retention_days);
        let left = occasion.end.map(|end| end.last).filter(|last| served(occasion.on, *last) < required);
        if let Some(left) = left {
            let why = Why::LeftEarly { left, stayed: served(occasion.on, left), required };
            derived.lapses.push(self.lost(occasion, None, self.amount, why));
            return 0;
        }
        derived.dues.push(self.due(occasion, 1, self.amount, (occasion.on, None)));
        self.amount.as_fen()
    }

    fn due(&self, occasion: &Occasion<'_>, stage: i64, amount: Money, (on, fact): (NaiveDate, Option<&str>)) -> Due {
        let aside = occasion.aside.iter().filter(|(variable, _)| self.scheme.looks_at(variable)).map(|(_, fact)| *fact);
        let mut facts: Vec<String> = occasion.facts.iter().copied().chain(aside).chain(fact).map(str::to_owned).collect();
        facts.sort_unstable();
        facts.dedup();
        Due {
            scheme: Arc::clone(self.scheme),
            occasion: occasion.key.clone(),
            stage,
            beneficiary: self.beneficiary,
            amount,
            on,
            judged_on: occasion.on,
            facts,
            filing: None,
        }
    }

    /// Who left too early keeps, where the scheme says so, the share of the days served of what was paid already.
    fn lost(&self, occasion: &Occasion<'_>, stage: Option<i64>, part: Money, why: Why) -> Lapse {
        let kept = match (self.scheme.clawback, &why) {
            (Clawback::ProRata, Why::LeftEarly { stayed, required, .. }) if *stayed > 0 => {
                let weights = [*stayed, required - stayed].map(|days| u32::try_from(days).unwrap_or_default());
                part.split(&weights).and_then(|parts| parts.first().copied())
            }
            _ => None,
        };
        let left = occasion.end.map_or(occasion.on, |end| end.last);
        Lapse {
            scheme: self.scheme.code.clone(),
            occasion: occasion.key.clone(),
            stage,
            why,
            fact: occasion.latest.to_owned(),
            amount: part,
            keeps: kept.filter(|kept| !kept.is_zero()).map(|kept| self.due(occasion, stage.unwrap_or(1), kept, (left, None))),
        }
    }
}

/// Where a stage stands by the end of a day.
fn standing(stage: &Stage, occasion: &Occasion<'_>, today: NaiveDate) -> Standing {
    let left = occasion.end.filter(|end| !end.completed).map(|end| end.last);
    let on = occasion.milestone(stage.at).and_then(|milestone| stage.after.day(milestone.day));
    match (on, left) {
        (_, Some(left)) if stage.advance => Standing::Lost(Why::NotCompleted { left }),
        (Some(on), Some(left)) if left < on => {
            Standing::Lost(Why::LeftEarly { left, stayed: served(occasion.on, left), required: served(occasion.on, on) })
        }
        (None, Some(left)) => Standing::Lost(Why::NotCompleted { left }),
        (Some(on), _) if on <= today => Standing::Due(on),
        (Some(on), _) => Standing::Waiting(on),
        (None, None) => Standing::Open,
    }
}

/// What the schemes before this one grant the person.
#[derive(Default)]
struct Granted<'a>(BTreeMap<&'a str, Vec<(String, i32)>>);

impl<'a> Granted<'a> {
    fn add(&mut self, scheme: &'a Scheme, occasion: &Occasion<'_>) {
        self.0.entry(&scheme.code).or_default().push((occasion.key.clone(), occasion.on.year()));
    }

    fn stands_in_the_way(&self, rule: &Exclusion, occasion: &Occasion<'_>) -> bool {
        self.0.get(rule.scheme.as_str()).into_iter().flatten().any(|(key, year)| match rule.within {
            Together::Occasion => *key == occasion.key,
            Together::Year => *year == occasion.on.year(),
            Together::Ever => true,
        })
    }
}

/// What a person's earlier occasions took of a scheme's caps.
#[derive(Default)]
struct Taken {
    claims: u32,
    fen: i64,
    fen_by_year: BTreeMap<i32, i64>,
}

impl Taken {
    fn add(&mut self, fen: i64, on: NaiveDate) {
        self.claims += 1;
        self.fen = self.fen.saturating_add(fen);
        let year = self.fen_by_year.entry(on.year()).or_default();
        *year = year.saturating_add(fen);
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
