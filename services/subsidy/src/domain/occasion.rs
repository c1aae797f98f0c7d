//! Occasions: what in a person's facts could earn money, and what a scheme may ask about it.
//! `schemes/README.md` describes each context for those who write schemes.

use super::fact::{Fact, Topic, current};
use super::{OrganisationId, PersonId};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What earns money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OccasionKind {
    /// An employment of a graduate of an order class.
    Hire,
    /// A rotation with days credited.
    Rotation,
    /// A calendar month of confirmed guidance.
    GuidanceMonth,
}

impl OccasionKind {
    pub const ALL: [Self; 3] = [Self::Hire, Self::Rotation, Self::GuidanceMonth];

    /// What expressions over it may name.
    pub fn variables(self) -> Vec<String> {
        let own: &[&str] = match self {
            Self::Hire => &["person", "hire", "graduation"],
            Self::Rotation => &["person", "rotation"],
            Self::GuidanceMonth => &["person", "guidance"],
        };
        own.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// One occasion.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// Names it among the person's, always the same for the same facts.
    pub key: String,
    pub beneficiary: OrganisationId,
    /// The day it is earned.
    pub on: NaiveDate,
    pub context: Value,
    /// The keys of the facts it rests on, sorted.
    pub facts: Vec<String>,
    /// The fact whose arrival shaped it last.
    pub latest: String,
    /// Days employed where the employment is over.
    pub stayed: Option<Stay>,
    pub withdrawn: bool,
}

/// How long an employment that is over has lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub left: NaiveDate,
    /// The first and the last day counted.
    pub days: i64,
}

/// What is known of the person, for `person.…`, and the fact that told it.
#[derive(Debug, Clone)]
pub struct PersonKnown {
    pub context: Value,
    pub fact: Option<String>,
}

/// The person and the occasions of one kind in their facts.
pub fn occasions(kind: OccasionKind, facts: &[Fact]) -> (PersonKnown, Vec<Occasion>) {
    let current = current(facts);
    let of = |topic: Topic| current.iter().copied().filter(move |fact| fact.kind.topic() == topic);
    let registered = of(Topic::Person).next();
    let person = PersonKnown {
        context: json!({
            "kind": registered.map_or("", |fact| fact.detail.as_str()),
            "organisation": name_of(registered.and_then(|fact| fact.organisation)),
        }),
        fact: registered.map(|fact| fact.key.clone()),
    };
    let mut found: Vec<Occasion> = match kind {
        OccasionKind::Hire => {
            let graduations: Vec<&Fact> = of(Topic::Graduation).collect();
            of(Topic::Employment).filter_map(|fact| hire(fact, &graduations)).collect()
        }
        OccasionKind::Rotation => of(Topic::Rotation).filter_map(rotation).collect(),
        OccasionKind::GuidanceMonth => {
            let pairings: Vec<&Fact> = of(Topic::Pairing).collect();
            months(of(Topic::Guidance)).into_iter().map(|(key, records)| guidance(&key, &records, &pairings)).collect()
        }
    };
    for occasion in &mut found {
        occasion.facts.sort_unstable();
        if let Value::Object(context) = &mut occasion.context {
            context.insert("person".to_owned(), person.context.clone());
        }
    }
    found.sort_by(|a, b| (a.on, &a.key).cmp(&(b.on, &b.key)));
    (person, found)
}

fn hire(employment: &Fact, graduations: &[&Fact]) -> Option<Occasion> {
    let employer = employment.organisation?;
    let days_before = |graduation: &Fact| (employment.day - graduation.day).num_days();
    let graduation = graduations.iter().min_by_key(|fact| (days_before(fact).abs(), fact.day, fact.resource.as_str()))?;
    let stayed = employment.end_day.map(|left| Stay { left, days: (left - employment.day).num_days() + 1 });
    Some(Occasion {
        key: employment.resource.clone(),
        beneficiary: employer,
        on: employment.day,
        context: json!({
            "hire": {
                "start": employment.day.to_string(),
                "employer": employer.to_string(),
                "employer_kind": employment.organisation_kind,
                "with_order_enterprise": graduation.organisation == Some(employer),
                "current": stayed.is_none(),
                "days": stayed.map_or(-1, |stay| stay.days),
            },
            "graduation": {
                "date": graduation.day.to_string(),
                "school": name_of(graduation.counterpart),
                "enterprise": name_of(graduation.organisation),
                "days_before_hire": days_before(graduation),
            },
        }),
        facts: vec![graduation.key.clone(), employment.key.clone()],
        latest: employment.key.clone(),
        stayed,
        withdrawn: employment.withdrawn,
    })
}

fn rotation(fact: &Fact) -> Option<Occasion> {
    let last = fact.end_day.unwrap_or(fact.day);
    Some(Occasion {
        key: fact.resource.clone(),
        beneficiary: fact.organisation?,
        on: last,
        context: json!({
            "rotation": {
                "credited_days": fact.quantity,
                "share_percent": fact.share_percent,
                "start": fact.day.to_string(),
                "last": last.to_string(),
                "home": name_of(fact.organisation),
                "home_kind": fact.organisation_kind,
                "host": name_of(fact.counterpart),
                "host_kind": fact.counterpart_kind,
            },
        }),
        facts: vec![fact.key.clone()],
        latest: fact.key.clone(),
        stayed: None,
        withdrawn: fact.withdrawn,
    })
}

/// A mentor's month for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Month {
    year: i32,
    number: u32,
    organisation: OrganisationId,
}

impl Month {
    fn of(day: NaiveDate, organisation: OrganisationId) -> Self {
        Self { year: day.year(), number: day.month(), organisation }
    }
    fn name(self) -> String {
        format!("{:04}-{:02}", self.year, self.number)
    }
    /// Whether a range of days, open at its end if it goes on, touches it.
    fn touches(self, first: NaiveDate, last: Option<NaiveDate>) -> bool {
        let this = (self.year, self.number);
        (first.year(), first.month()) <= this && last.is_none_or(|last| this <= (last.year(), last.month()))
    }
}

fn months<'a>(records: impl Iterator<Item = &'a Fact>) -> BTreeMap<Month, Vec<&'a Fact>> {
    let mut months: BTreeMap<Month, Vec<&Fact>> = BTreeMap::new();
    for record in records.filter(|record| !record.withdrawn) {
        if let Some(organisation) = record.organisation {
            months.entry(Month::of(record.day, organisation)).or_default().push(record);
        }
    }
    months
}

fn guidance(month: &Month, records: &[&Fact], pairings: &[&Fact]) -> Occasion {
    let students: BTreeSet<PersonId> = records.iter().filter_map(|record| record.other_person).collect();
    let paired =
        |pairing: &&&Fact| pairing.organisation == Some(month.organisation) && month.touches(pairing.day, pairing.end_day);
    let last = records.iter().max_by_key(|record| (record.day, record.key.as_str()));
    Occasion {
        key: format!("{} {}", month.name(), month.organisation),
        beneficiary: month.organisation,
        on: last.map_or(NaiveDate::MIN, |record| record.day),
        context: json!({
            "guidance": {
                "month": month.name(),
                // Confirmations: one for each student and mentor.
                "records": records.len(),
                "minutes": records.iter().map(|record| record.quantity).sum::<i64>(),
                "students": students.len(),
                "pairings": pairings.iter().filter(paired).count(),
                "organisation": month.organisation.to_string(),
                "organisation_kind": records.first().map_or("", |record| record.organisation_kind.as_str()),
            },
        }),
        facts: records.iter().map(|record| record.key.clone()).collect(),
        latest: last.map(|record| record.key.clone()).unwrap_or_default(),
        stayed: None,
        withdrawn: false,
    }
}

fn name_of(organisation: Option<OrganisationId>) -> String {
    organisation.map(|id| id.to_string()).unwrap_or_default()
}
