//! Evidence (佐证材料): documents that are kept elsewhere, named by what they are, their digest and their place.

use super::claim::Claim;
use super::scheme::Scheme;
use super::{ClaimId, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// One of the codes that the scheme asks for.
    pub code: String,
    /// SHA-256 of the document, in lower-case hex.
    pub sha256: String,
    /// The name of the place where it is kept.
    pub place: String,
}

/// A document as it stands in a claim: what other claims may name it too, and no further one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    pub sha256: String,
    pub scheme: String,
    pub extent: Extent,
}

/// Which claims under the same scheme may name the same document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// The stages of the same occasion.
    Occasion(PersonId, String),
    /// All of the same organisation.
    Organisation(OrganisationId),
}

impl Document {
    pub fn of(claim: &Claim, evidence: &Evidence, scheme: Option<&Scheme>) -> Self {
        let shared = scheme.is_some_and(|scheme| scheme.shared_evidence.contains(&evidence.code));
        let extent =
            if shared { Extent::Organisation(claim.beneficiary) } else { Extent::Occasion(claim.person, claim.occasion.clone()) };
        Self { sha256: evidence.sha256.clone(), scheme: claim.scheme.code.clone(), extent }
    }
}

/// Documents that a claim of somebody else, or for something else, names too: which claim, under which scheme.
pub type NamedElsewhere = BTreeMap<Document, (ClaimId, String)>;
