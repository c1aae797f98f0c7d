//! Double funding (重复享受): the same time of the same person, or the same document, is paid for once, whoever asks.
//! Nobody's person is named: whoever reads a claim is not told whose the other one is.

use super::ClaimId;
use super::check::Seen;
use super::claim::{Claim, State};
use super::evidence::Document;
use super::fact::Fact;
use super::occasion::{Known, OccasionKind, Span};
use super::scheme::{Schemes, Together};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// The occasions of a person: the day by which each is judged, and the days it takes up.
#[derive(Debug, Default)]
pub struct Times(BTreeMap<(OccasionKind, String), (NaiveDate, Span)>);

impl Times {
    /// Of the facts on record, and of what is stated where they tell nothing.
    pub fn new(facts: &[Fact], claims: &[Claim]) -> Self {
        let mut times = BTreeMap::new();
        let stated = claims.iter().filter_map(|claim| Some(claim.filing.as_ref()?.facts(claim.person)));
        for facts in stated.collect::<Vec<_>>().iter().map(Vec::as_slice).chain([facts]) {
            let known = Known::new(facts);
            for kind in OccasionKind::ALL.iter().copied() {
                times.extend(known.occasions(kind).into_iter().map(|one| ((kind, one.key.clone()), (one.on, one.span))));
            }
        }
        Self(times)
    }

    /// Of a claim whose occasion is not known here nothing is known but the day on which it was earned.
    fn of(&self, schemes: &Schemes, claim: &Claim) -> (NaiveDate, Span) {
        let kind = schemes.kind(&claim.scheme.code);
        let known = kind.and_then(|kind| self.0.get(&(kind, claim.occasion.clone())));
        known.copied().unwrap_or((claim.earned_on, Span { first: claim.earned_on, last: Some(claim.earned_on) }))
    }
}

impl Claim {
    /// Whether it asks for money, or holds some.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Submitted | State::Checked | State::Approved | State::Paid)
    }
}

/// What says that a claim is funded twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Double {
    /// Another claim of the person, under a scheme that is not granted together with this one.
    Claim(ClaimId, String),
    /// A document, and a claim that names it too.
    Document(String, ClaimId, String),
}

/// The first that is found; claims of the person before documents.
pub(super) fn double(schemes: &Schemes, claim: &Claim, seen: &Seen<'_>) -> Option<Double> {
    let excluded = seen.all.iter().filter(|other| other.id != claim.id && other.is_live());
    let excluded = excluded.filter(|other| apart(schemes, (claim, other), seen.times)).min_by_key(|other| other.id);
    if let Some(other) = excluded {
        return Some(Double::Claim(other.id, other.scheme.code.clone()));
    }
    let scheme = schemes.find(&claim.scheme.code, claim.scheme.version).map(AsRef::as_ref);
    claim.evidence.iter().find_map(|evidence| {
        let (other, code) = seen.elsewhere.get(&Document::of(claim, evidence, scheme))?;
        Some(Double::Document(evidence.code.clone(), *other, code.clone()))
    })
}

/// Whether two claims of one person are not granted together. Derivation leaves out what another scheme's grant excludes,
/// as far as both rest on facts of the same occasion; what it keeps to the occasion holds here for all that overlaps it.
fn apart(schemes: &Schemes, (one, other): (&Claim, &Claim), times: &Times) -> bool {
    let ((on, span), (other_on, other_span)) = (times.of(schemes, one), times.of(schemes, other));
    let overlaps = one.occasion == other.occasion || span.overlaps(other_span);
    if one.scheme.code == other.scheme.code {
        // Events and a statement, or two statements, may be of the same without anybody being able to tell.
        return (one.filing.is_some() || other.filing.is_some()) && one.occasion != other.occasion && overlaps;
    }
    let excludes = |one: &Claim, other: &Claim| {
        let scheme = schemes.find(&one.scheme.code, one.scheme.version);
        scheme.into_iter().flat_map(|scheme| &scheme.exclusions).any(|rule| {
            rule.scheme == other.scheme.code
                && match rule.within {
                    Together::Occasion => overlaps,
                    Together::Year => overlaps || on.year() == other_on.year(),
                    Together::Ever => true,
                }
        })
    };
    excludes(one, other) || excludes(other, one)
}
