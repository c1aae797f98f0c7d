//! The documents of claims, to be found by their digest.

use super::every;
use crate::domain::{Claim, ClaimId, Document, Extent, NamedElsewhere};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
use std::collections::BTreeSet;
use uuid::Uuid;

statements! {
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_claim_evidence (claim_id, code, sha256) SELECT n.claim_id, n.code, n.sha256 FROM unnest(CAST($1 AS UUID[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[])) AS n (claim_id, code, sha256)",
        sqlite: "INSERT INTO subsidy_claim_evidence (claim_id, code, sha256) SELECT value->>0, value->>1, value->>2 FROM jsonb_each($1)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    /// Takes documents with their places, and answers for each the first live claim that names it
    /// and may not. A claim that was submitted before this one is checked is seen, because only what is submitted is checked.
    ELSEWHERE = {
        postgres: "SELECT w.place AS place, MIN(CAST(c.claim_id AS TEXT) || ' ' || c.scheme_code) AS claim FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS TEXT[]), CAST($3 AS TEXT[]), CAST($4 AS UUID[]), CAST($5 AS TEXT[]), CAST($6 AS UUID[])) AS w (place, sha256, scheme, person, occasion, organisation) JOIN subsidy_claim_evidence d ON d.sha256 = w.sha256 JOIN subsidy_claim c ON c.claim_id = d.claim_id WHERE c.state IN ('submitted', 'checked', 'approved', 'paid') AND NOT COALESCE(c.scheme_code = w.scheme AND ((c.person_id = w.person AND c.occasion = w.occasion) OR c.beneficiary_id = w.organisation), FALSE) GROUP BY w.place",
        sqlite: "SELECT w.value->>0 AS place, MIN(c.claim_id || ' ' || c.scheme_code) AS claim FROM jsonb_each($1) AS w JOIN subsidy_claim_evidence d ON d.sha256 = w.value->>1 JOIN subsidy_claim c ON c.claim_id = d.claim_id WHERE c.state IN ('submitted', 'checked', 'approved', 'paid') AND NOT COALESCE(c.scheme_code = w.value->>2 AND ((c.person_id = w.value->>3 AND c.occasion = w.value->>4) OR c.beneficiary_id = w.value->>5), FALSE) GROUP BY w.value->>0",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
}

/// Keeps the documents of claims that are submitted.
pub async fn insert_all<'a>(tx: &mut Tx, claims: impl Iterator<Item = &'a Claim>) -> Result<(), Error> {
    let of_claim = |claim: &'a Claim| claim.evidence.iter().map(|one| args![claim.id, &one.code, &one.sha256]);
    every(tx, INSERT_ALL, args![], claims.flat_map(of_claim).collect()).await
}

/// Which of these documents are named in live claims that may not name them.
pub async fn elsewhere(tx: &mut Tx, documents: BTreeSet<Document>) -> Result<NamedElsewhere, Error> {
    let row = |(place, document): (usize, &Document)| {
        let (person, occasion, organisation) = match &document.extent {
            Extent::Occasion(person, occasion) => (Some(*person), Some(occasion), None),
            Extent::Organisation(organisation) => (None, None, Some(*organisation)),
        };
        args![place, &document.sha256, &document.scheme, person, occasion, organisation]
    };
    let rows = documents.iter().enumerate().map(row).collect();
    let found: Vec<(i64, String)> = tx.fetch_rows(ELSEWHERE, args![], rows).await?;
    let documents: Vec<Document> = documents.into_iter().collect();
    let read = |(place, claim): (i64, String)| {
        let document = usize::try_from(place).ok().and_then(|place| documents.get(place))?;
        let (id, scheme) = claim.split_once(' ')?;
        Some((document.clone(), (ClaimId::from_uuid(Uuid::try_parse(id).ok()?), scheme.to_owned())))
    };
    found.into_iter().map(|row| read(row).ok_or_else(|| Error::internal("a claim names a document unreadably"))).collect()
}
