//! Filings (申报): what an organisation states of an occasion that no event told. It is judged as facts are, by the same
//! schemes, but never stands in the way of them: where events tell of the same occasion, they are what counts, and what was
//! claimed on the statement is history like any other claim.
//!
//! Two statements are of the same occasion where they name the same resource, or else are of the same kind, organisation and
//! first day. Whether a statement without a resource and an event are of the same occasion cannot be told: that the two are
//! not both paid is what the check for double funding is for. A month of guidance needs no name: its organisation and its
//! month are what it is.

use super::claim::{Claim, State};
use super::derive::Derived;
use super::fact::{Fact, FactKind};
use super::occasion::{Month, OccasionKind};
use super::scheme::Scheme;
use super::{ClaimRefusal, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use kit::id::Id as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// An organisation, and what the directory said of it when it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub id: Uuid,
    pub kind: String,
}

impl Party {
    pub fn organisation(&self) -> OrganisationId {
        OrganisationId::from_uuid(self.id)
    }
}

/// What a mentor did for one student in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guided {
    pub student: Uuid,
    pub minutes: i64,
    /// The last day of guidance.
    pub last: NaiveDate,
}

/// What is stated, by the kind of occasion. Days are the first and the last, both in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "occasion", rename_all = "kebab-case")]
pub enum Stated {
    Hire {
        employer: Party,
        school: Party,
        order_enterprise: Party,
        first: NaiveDate,
        last: Option<NaiveDate>,
        graduated: NaiveDate,
    },
    Rotation {
        home: Party,
        host: Party,
        first: NaiveDate,
        last: NaiveDate,
        credited_days: i64,
        share_percent: i64,
    },
    Enrolment {
        school: Party,
        enterprise: Party,
        first: NaiveDate,
        last: NaiveDate,
        programme: String,
        placed: Option<NaiveDate>,
        graduated: Option<NaiveDate>,
        left: Option<NaiveDate>,
        employed_since: Option<NaiveDate>,
    },
    GuidanceMonth {
        organisation: Party,
        /// Any day of the month.
        month: NaiveDate,
        /// Each once, by their ids, all in the month.
        students: Vec<Guided>,
    },
}

impl Stated {
    pub fn kind(&self) -> OccasionKind {
        match self {
            Self::Hire { .. } => OccasionKind::Hire,
            Self::Rotation { .. } => OccasionKind::Rotation,
            Self::Enrolment { .. } => OccasionKind::Enrolment,
            Self::GuidanceMonth { .. } => OccasionKind::GuidanceMonth,
        }
    }

    /// Everybody it names, by the names of [`OccasionKind::parties`] where they are parties.
    pub fn parties(&mut self) -> Vec<(&'static str, &mut Party)> {
        match self {
            Self::Hire { employer, school, order_enterprise, .. } => {
                vec![("employer", employer), ("school", school), ("", order_enterprise)]
            }
            Self::Rotation { home, host, .. } => vec![("home", home), ("host", host)],
            Self::Enrolment { school, enterprise, .. } => vec![("school", school), ("enterprise", enterprise)],
            Self::GuidanceMonth { organisation, .. } => vec![("organisation", organisation)],
        }
    }

    /// Who of those it names is the party of that name.
    pub fn party(&self, name: &str) -> Option<OrganisationId> {
        let party = match (self, name) {
            (Self::Hire { employer, .. }, "employer") => employer,
            (Self::Rotation { home, .. }, "home") => home,
            (Self::Rotation { host, .. }, "host") => host,
            (Self::Enrolment { enterprise, .. }, "enterprise") => enterprise,
            (Self::Hire { school, .. } | Self::Enrolment { school, .. }, "school") => school,
            (Self::GuidanceMonth { organisation, .. }, "organisation") => organisation,
            _ => return None,
        };
        Some(party.organisation())
    }

    /// The last day of what it states to have happened; what is planned may be yet to come.
    pub fn happened(&self) -> NaiveDate {
        match self {
            Self::Hire { first, last, graduated, .. } => last.unwrap_or(*first).max(*graduated),
            Self::Rotation { last, .. } => *last,
            Self::Enrolment { first, placed, graduated, left, employed_since, .. } => {
                [placed, graduated, left, employed_since].into_iter().flatten().fold(*first, |latest, day| latest.max(*day))
            }
            Self::GuidanceMonth { organisation, month, .. } => Month::of(*month, organisation.organisation()).last(),
        }
    }

    /// Names the occasion among the person's, as far as what is stated does.
    fn key(&self, by: Uuid) -> String {
        match self {
            Self::Hire { first, .. } | Self::Rotation { first, .. } | Self::Enrolment { first, .. } => {
                format!("filed/{}/{first}/{by}", self.kind())
            }
            Self::GuidanceMonth { organisation, month, .. } => Month::of(*month, organisation.organisation()).key(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Whose people filed it.
    pub organisation: Uuid,
    pub by: String,
    pub at: DateTime<Utc>,
    /// The employment, rotation or enrolment, where it was named.
    pub resource: Option<String>,
    pub stated: Stated,
}

/// A filing that counts, under the scheme it was filed under.
#[derive(Debug, Clone)]
pub struct Filed {
    pub scheme: String,
    pub filing: Arc<Filing>,
}

impl Filing {
    /// Names the occasion among the person's.
    pub fn key(&self) -> String {
        self.resource.clone().unwrap_or_else(|| self.stated.key(self.organisation))
    }

    /// SHA-256 of what is stated, by whom.
    pub fn digest(&self) -> String {
        // Nothing in it can fail to be written.
        let text = serde_json::to_string(self).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }

    /// What is stated, as facts of the person.
    pub fn facts(&self, person: PersonId) -> Vec<Fact> {
        let (key, digest) = (self.key(), self.digest());
        let fact =
            |kind: FactKind, resource: String, day: NaiveDate, (organisation, counterpart): (&Party, Option<&Party>)| Fact {
                key: format!("filed:{digest}#{kind}"),
                person,
                kind,
                resource,
                version: 1,
                event_type: String::new(),
                subject: key.clone(),
                day,
                end_day: None,
                organisation: Some(organisation.organisation()),
                counterpart: counterpart.map(Party::organisation),
                other_person: None,
                quantity: 0,
                share_percent: 100,
                detail: String::new(),
                withdrawn: false,
                organisation_kind: organisation.kind.clone(),
                counterpart_kind: counterpart.map(|party| party.kind.clone()).unwrap_or_default(),
            };
        match &self.stated {
            Stated::Hire { employer, school, order_enterprise, first, last, graduated } => {
                let class = format!("{key}/class");
                vec![
                    Fact { end_day: *last, ..fact(FactKind::Hired, key.clone(), *first, (employer, None)) },
                    fact(FactKind::Graduated, class, *graduated, (order_enterprise, Some(school))),
                ]
            }
            Stated::Rotation { home, host, first, last, credited_days, share_percent } => vec![Fact {
                end_day: Some(*last),
                quantity: *credited_days,
                share_percent: *share_percent,
                ..fact(FactKind::RotationCompleted, key.clone(), *first, (home, Some(host)))
            }],
            Stated::Enrolment { school, enterprise, first, last, programme, placed, graduated, left, employed_since } => {
                let of = (enterprise, Some(school));
                let enrolled =
                    Fact { end_day: Some(*last), detail: programme.clone(), ..fact(FactKind::Enrolled, key.clone(), *first, of) };
                let at = |kind, resource: String, day: &Option<NaiveDate>, of| day.map(|day| fact(kind, resource, day, of));
                let more = [
                    at(FactKind::Placed, format!("{key}/placement"), placed, of),
                    at(FactKind::Graduated, key.clone(), graduated, of),
                    at(FactKind::LeftClass, key.clone(), left, of),
                    at(FactKind::Hired, format!("{key}/employment"), employed_since, (enterprise, None)),
                ];
                std::iter::once(enrolled).chain(more.into_iter().flatten()).collect()
            }
            Stated::GuidanceMonth { organisation, month, students } => {
                let month = Month::of(*month, organisation.organisation());
                let of_student = |guided: &Guided| {
                    let student = PersonId::from_uuid(guided.student);
                    let about = |kind, day| {
                        let told = fact(kind, format!("{key}/{student}"), day, (organisation, None));
                        Fact { key: format!("{}/{}", told.key, guided.student), other_person: Some(student), ..told }
                    };
                    let paired = Fact { end_day: Some(month.last()), ..about(FactKind::Paired, month.first()) };
                    [paired, Fact { quantity: guided.minutes, ..about(FactKind::Guided, guided.last) }]
                };
                students.iter().flat_map(of_student).collect()
            }
        }
    }
}

/// The filings that count among the claims of a person: until all that was claimed on one is rejected or voided.
pub fn filings(claims: &[Claim]) -> Vec<Filed> {
    let counts = claims.iter().filter(|claim| !matches!(claim.state, State::Rejected | State::Voided));
    let mut all: Vec<Filed> = Vec::new();
    for claim in counts {
        let Some(filing) = &claim.filing else { continue };
        if all.iter().all(|one| one.scheme != claim.scheme.code || one.filing.key() != filing.key()) {
            all.push(Filed { scheme: claim.scheme.code.clone(), filing: Arc::clone(filing) });
        }
    }
    all
}

/// Whether an organisation may file this under the versions of a scheme, and which of them judges it.
pub fn may_file<'s>(scheme: &str, versions: impl Iterator<Item = &'s Scheme>, filing: &Filing) -> Result<(), ClaimRefusal> {
    let not_filed = || ClaimRefusal::NotFiled { scheme: scheme.to_owned() };
    let fits = |one: &&Scheme| one.filed && one.occasion == filing.stated.kind();
    let judge = versions.filter(fits).max_by_key(|one| one.version).ok_or_else(not_filed)?;
    let own = OrganisationId::from_uuid(filing.organisation);
    if filing.stated.party(judge.beneficiary) == Some(own) {
        return Ok(());
    }
    Err(ClaimRefusal::FiledForOthers { party: judge.beneficiary })
}

/// Why nothing is due of what was filed.
pub fn nothing_due(filed: &Filed, derived: &Derived) -> ClaimRefusal {
    let key = filed.filing.key();
    let waits = derived.waiting.iter().find(|due| due.scheme.code == filed.scheme && due.occasion == key);
    let lapse = derived.lapses.iter().find(|lapse| lapse.scheme == filed.scheme && lapse.occasion == key);
    let why = match (waits, lapse) {
        (Some(due), _) => format!("not due before {} ({} 方到期)", due.on, due.on),
        (None, Some(lapse)) => lapse.why.to_string(),
        (None, None) => "no stage of it has begun (尚无已到期的阶段)".to_owned(),
    };
    ClaimRefusal::NothingDue { scheme: filed.scheme.clone(), why }
}
