//! Occasions: what in a person's facts could earn money, when each of its stages comes, and what a scheme may ask
//! about it. `schemes/README.md` describes each context for those who write schemes.

mod kind;

pub use kind::OccasionKind;

use super::fact::{Fact, Topic, current};
use super::{OrganisationId, PersonId};
use chrono::{Datelike, Months, NaiveDate};
use kit::Error;
use kit::rules::Facts;
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A day from which stages are counted, and the fact that told it.
#[derive(Debug, Clone, Copy)]
pub struct Milestone<'a> {
    pub name: &'static str,
    pub day: NaiveDate,
    pub fact: &'a str,
}

/// How an occasion that is over came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub last: NaiveDate,
    /// It ran its course; otherwise the person left.
    pub completed: bool,
}

/// Days from the first to the last, both of them in it; open where no last one is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: NaiveDate,
    pub last: Option<NaiveDate>,
}

impl Span {
    pub fn overlaps(self, other: Self) -> bool {
        let reaches = |one: Self, other: Self| one.last.is_none_or(|last| other.first <= last);
        reaches(self, other) && reaches(other, self)
    }
}

/// One occasion.
pub struct Occasion<'a> {
    /// Names it among the person's, always the same for the same facts.
    pub key: String,
    /// By the names of [`OccasionKind::parties`].
    pub parties: Vec<(&'static str, OrganisationId)>,
    /// The day on which it began, or was earned as a whole: the version of the scheme in force then judges it.
    pub on: NaiveDate,
    /// The days it takes up, as far as that is known.
    pub span: Span,
    pub milestones: Vec<Milestone<'a>>,
    pub end: Option<End>,
    /// The keys of the facts it rests on in any case.
    pub facts: Vec<&'a str>,
    /// The keys of those that count where a scheme looks at the variable.
    pub aside: Vec<(&'static str, &'a str)>,
    /// The fact whose arrival shaped it last.
    pub latest: &'a str,
    pub withdrawn: bool,
    describe: Box<dyn Fn() -> Value + 'a>,
    context: OnceCell<Facts>,
}

impl std::fmt::Debug for Occasion<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Occasion").field("key", &self.key).field("on", &self.on).finish_non_exhaustive()
    }
}

impl Occasion<'_> {
    /// What a scheme may ask about it, made once, and only where a scheme is in force to ask.
    pub fn context(&self) -> Result<&Facts, Error> {
        if let Some(context) = self.context.get() {
            return Ok(context);
        }
        let made = Facts::new(&(self.describe)())?;
        Ok(self.context.get_or_init(|| made))
    }

    pub fn party(&self, name: &str) -> Option<OrganisationId> {
        self.parties.iter().find(|(party, _)| *party == name).map(|(_, organisation)| *organisation)
    }

    pub fn milestone(&self, name: &str) -> Option<&Milestone<'_>> {
        self.milestones.iter().find(|milestone| milestone.name == name)
    }
}

/// The facts of one person that stand, sorted by what they are about.
#[derive(Debug)]
pub struct Known<'a> {
    current: Vec<&'a Fact>,
}

impl<'a> Known<'a> {
    pub fn new(facts: &'a [Fact]) -> Self {
        Self { current: current(facts) }
    }

    fn of(&self, topic: Topic) -> impl Iterator<Item = &'a Fact> {
        self.current.iter().copied().filter(move |fact| fact.kind.topic() == topic)
    }

    fn of_resource(&self, topic: Topic, resource: &str) -> Option<&'a Fact> {
        self.of(topic).find(|fact| fact.resource == resource && !fact.withdrawn)
    }

    fn person(&self) -> Option<&'a Fact> {
        self.of(Topic::Person).next()
    }

    /// The occasions of one kind, in the order of their days.
    pub fn occasions(&self, kind: OccasionKind) -> Vec<Occasion<'a>> {
        let mut found: Vec<Occasion<'a>> = match kind {
            OccasionKind::Hire => {
                let graduations: Vec<&Fact> = self.of(Topic::Graduation).collect();
                self.of(Topic::Employment).filter_map(|fact| self.hire(fact, &graduations)).collect()
            }
            OccasionKind::Rotation => self.of(Topic::Rotation).filter_map(|fact| self.rotation(fact)).collect(),
            OccasionKind::GuidanceMonth => {
                months(self.of(Topic::Guidance)).into_iter().filter_map(|(key, records)| self.guidance(key, records)).collect()
            }
            OccasionKind::Enrolment => self.of(Topic::Enrolment).filter_map(|fact| self.enrolment(fact)).collect(),
            OccasionKind::InvestmentYear => Vec::new(),
        };
        found.sort_by(|a, b| (a.on, &a.key).cmp(&(b.on, &b.key)));
        found
    }

    /// An occasion without an end, earned on one day.
    fn occasion(&self, fact: &'a Fact, on: NaiveDate, describe: impl Fn() -> Value + 'a) -> Occasion<'a> {
        Occasion {
            key: fact.resource.clone(),
            parties: Vec::new(),
            on,
            span: Span { first: fact.day, last: Some(on) },
            milestones: Vec::new(),
            end: None,
            facts: vec![&fact.key],
            aside: self.person().map(|person| ("person", person.key.as_str())).into_iter().collect(),
            latest: &fact.key,
            withdrawn: fact.withdrawn,
            describe: Box::new(describe),
            context: OnceCell::new(),
        }
    }

    fn hire(&self, employment: &'a Fact, graduations: &[&'a Fact]) -> Option<Occasion<'a>> {
        let employer = employment.organisation?;
        let days_before = |graduation: &Fact| (employment.day - graduation.day).num_days();
        let nearest = graduations.iter().min_by_key(|fact| (days_before(fact).abs(), fact.day, fact.resource.as_str()));
        let (graduation, person) = (*nearest?, self.person());
        let describe = move || {
            json!({
                "person": person_context(person),
                "hire": {
                    "start": employment.day.to_string(),
                    "employer": employer.to_string(),
                    "employer_kind": employment.organisation_kind,
                    "with_order_enterprise": graduation.organisation == Some(employer),
                    "current": employment.end_day.is_none(),
                    "days": employment.end_day.map_or(-1, |left| served(employment.day, left)),
                },
                "graduation": {
                    "date": graduation.day.to_string(),
                    "school": name_of(graduation.counterpart),
                    "enterprise": name_of(graduation.organisation),
                    "days_before_hire": (employment.day - graduation.day).num_days(),
                },
            })
        };
        let school = graduation.counterpart.map(|school| ("school", school));
        Some(Occasion {
            parties: std::iter::once(("employer", employer)).chain(school).collect(),
            span: Span { first: employment.day, last: employment.end_day },
            milestones: vec![Milestone { name: "start", day: employment.day, fact: &employment.key }],
            end: employment.end_day.map(|last| End { last, completed: false }),
            facts: vec![&graduation.key, &employment.key],
            ..self.occasion(employment, employment.day, describe)
        })
    }

    fn rotation(&self, fact: &'a Fact) -> Option<Occasion<'a>> {
        let last = fact.end_day.unwrap_or(fact.day);
        let person = self.person();
        let describe = move || {
            json!({
                "person": person_context(person),
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
            })
        };
        let host = fact.counterpart.map(|host| ("host", host));
        let milestone = |name, day| Milestone { name, day, fact: fact.key.as_str() };
        Some(Occasion {
            parties: std::iter::once(("home", fact.organisation?)).chain(host).collect(),
            milestones: vec![milestone("start", fact.day), milestone("end", last)],
            ..self.occasion(fact, last, describe)
        })
    }

    fn enrolment(&self, fact: &'a Fact) -> Option<Occasion<'a>> {
        let (enterprise, school) = (fact.organisation?, fact.counterpart?);
        let graduation = self.of_resource(Topic::Graduation, &fact.resource);
        let departure = self.of_resource(Topic::Departure, &fact.resource).filter(|_| graduation.is_none());
        let placements = self.of(Topic::Placement).filter(|placement| placement.subject == fact.resource && !placement.withdrawn);
        let placement = placements.min_by_key(|placement| (placement.day, placement.key.as_str()));
        let employment = self.employed(enterprise, fact.day);
        let person = self.person();
        let last = fact.end_day.unwrap_or(fact.day);
        let describe = move || {
            json!({
                "person": person_context(person),
                "enrolment": {
                    "start": fact.day.to_string(),
                    "last": last.to_string(),
                    "days": served(fact.day, last),
                    "school": school.to_string(),
                    "school_kind": fact.counterpart_kind,
                    "enterprise": enterprise.to_string(),
                    "enterprise_kind": fact.organisation_kind,
                    "programme": fact.detail,
                    "placed": placement.is_some(),
                    "graduated": graduation.is_some(),
                    "left": departure.is_some(),
                },
                "employment": {
                    "with_enterprise": employment.is_some(),
                    "start": employment.map(|employment| employment.day.to_string()).unwrap_or_default(),
                },
            })
        };
        let milestone = |name| move |fact: &'a Fact| Milestone { name, day: fact.day, fact: &fact.key };
        let reached =
            [Some(fact).map(milestone("start")), placement.map(milestone("placement")), graduation.map(milestone("graduation"))];
        let ended = graduation.map(|graduation| End { last: graduation.day, completed: true });
        let plain = self.occasion(fact, fact.day, describe);
        let end = ended.or_else(|| departure.map(|departure| End { last: departure.day, completed: false }));
        Some(Occasion {
            parties: vec![("school", school), ("enterprise", enterprise)],
            span: Span { first: fact.day, last: end.map(|end| end.last).or(fact.end_day) },
            milestones: reached.into_iter().flatten().collect(),
            end,
            aside: plain.aside.iter().copied().chain(employment.map(|fact| ("employment", fact.key.as_str()))).collect(),
            latest: departure.map_or(plain.latest, |departure| &departure.key),
            ..plain
        })
    }

    /// The employment with an organisation on a day.
    fn employed(&self, organisation: OrganisationId, on: NaiveDate) -> Option<&'a Fact> {
        let holds = |fact: &&Fact| {
            !fact.withdrawn
                && fact.organisation == Some(organisation)
                && fact.day <= on
                && fact.end_day.is_none_or(|last| on <= last)
        };
        self.of(Topic::Employment).filter(holds).min_by_key(|fact| (fact.day, fact.resource.as_str()))
    }

    fn guidance(&self, month: Month, records: Vec<&'a Fact>) -> Option<Occasion<'a>> {
        let last = *records.iter().max_by_key(|record| (record.day, record.key.as_str()))?;
        let pairings: Vec<&Fact> = self.of(Topic::Pairing).collect();
        let person = self.person();
        let facts = records.iter().map(|record| record.key.as_str()).collect();
        let describe = move || {
            let students: BTreeSet<PersonId> = records.iter().filter_map(|record| record.other_person).collect();
            let paired = |pairing: &&&Fact| {
                pairing.organisation == Some(month.organisation) && month.touches(pairing.day, pairing.end_day)
            };
            json!({
                "person": person_context(person),
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
            })
        };
        Some(Occasion {
            key: month.key(),
            parties: vec![("organisation", month.organisation)],
            span: Span { first: month.first(), last: Some(month.last()) },
            milestones: vec![Milestone { name: "end", day: last.day, fact: &last.key }],
            facts,
            withdrawn: false,
            ..self.occasion(last, last.day, describe)
        })
    }
}

/// The first and the last day counted.
pub fn served(first: NaiveDate, last: NaiveDate) -> i64 {
    (last - first).num_days() + 1
}

/// A mentor's month for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    year: i32,
    number: u32,
    organisation: OrganisationId,
}

impl Month {
    pub(super) fn of(day: NaiveDate, organisation: OrganisationId) -> Self {
        Self { year: day.year(), number: day.month(), organisation }
    }
    fn name(self) -> String {
        format!("{:04}-{:02}", self.year, self.number)
    }
    /// Names the occasion.
    pub(super) fn key(self) -> String {
        format!("{} {}", self.name(), self.organisation)
    }
    pub(super) fn first(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.number, 1).unwrap_or_default()
    }
    pub(super) fn last(self) -> NaiveDate {
        let next = self.first().checked_add_months(Months::new(1));
        next.and_then(|next| next.pred_opt()).unwrap_or(self.first())
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

/// What is known of the person, for `person.…`.
fn person_context(registered: Option<&Fact>) -> Value {
    json!({
        "kind": registered.map_or("", |fact| fact.detail.as_str()),
        "organisation": name_of(registered.and_then(|fact| fact.organisation)),
    })
}

fn name_of(organisation: Option<OrganisationId>) -> String {
    organisation.map(|id| id.to_string()).unwrap_or_default()
}
