//! The documents of claims, to be found by their digest.

use super::many;
use crate::domain::{Claim, ClaimId, Document, Extent, NamedElsewhere};
use kit::Error;
use kit::db::{Tx, args, statements};
use kit::id::Id;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

statements! {
    /// Takes documents as a JSON array of rows.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_claim_evidence (claim_id, code, sha256) SELECT CAST(e->>0 AS UUID), e->>1, e->>2 FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS documents (e)",
        sqlite: "INSERT INTO subsidy_claim_evidence (claim_id, code, sha256) SELECT value->>0, value->>1, value->>2 FROM jsonb_each($1)",
        reason: "neither engine reads the other's form of a JSON array",
    };
    /// Takes documents with their places as a JSON array of rows, and answers for each the first live claim that names it
    /// and may not. A claim that was submitted before this one is checked is seen, because only what is submitted is checked.
    ELSEWHERE = {
        postgres: "SELECT CAST(e->>0 AS BIGINT) AS place, MIN(CAST(c.claim_id AS TEXT) || ' ' || c.scheme_code) AS claim FROM unnest(ARRAY(SELECT jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)))) AS wanted (e) JOIN subsidy_claim_evidence d ON d.sha256 = e->>1 JOIN subsidy_claim c ON c.claim_id = d.claim_id WHERE c.state IN ('submitted', 'checked', 'approved', 'paid') AND NOT COALESCE(c.scheme_code = e->>2 AND ((c.person_id = CAST(e->>3 AS UUID) AND c.occasion = e->>4) OR c.beneficiary_id = CAST(e->>5 AS UUID)), FALSE) GROUP BY e->>0",
        sqlite: "SELECT w.value->>0 AS place, MIN(c.claim_id || ' ' || c.scheme_code) AS claim FROM jsonb_each($1) AS w JOIN subsidy_claim_evidence d ON d.sha256 = w.value->>1 JOIN subsidy_claim c ON c.claim_id = d.claim_id WHERE c.state IN ('submitted', 'checked', 'approved', 'paid') AND NOT COALESCE(c.scheme_code = w.value->>2 AND ((c.person_id = w.value->>3 AND c.occasion = w.value->>4) OR c.beneficiary_id = w.value->>5), FALSE) GROUP BY w.value->>0",
        reason: "neither engine reads the other's form of a JSON array",
    };
}

/// Keeps the documents of claims that are submitted.
pub async fn insert_all<'a>(tx: &mut Tx, claims: impl Iterator<Item = &'a Claim>) -> Result<(), Error> {
    let rows: Vec<Value> =
        claims.flat_map(|claim| claim.evidence.iter().map(|one| json!([claim.id.uuid(), one.code, one.sha256]))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let count = rows.len();
    many(tx, INSERT_ALL, args![Value::Array(rows).to_string()], count).await
}

/// Which of these documents are named in live claims that may not name them.
pub async fn elsewhere(tx: &mut Tx, documents: BTreeSet<Document>) -> Result<NamedElsewhere, Error> {
    if documents.is_empty() {
        return Ok(NamedElsewhere::new());
    }
    let row = |(place, document): (usize, &Document)| {
        let (person, occasion, organisation) = match &document.extent {
            Extent::Occasion(person, occasion) => (Some(person.uuid()), Some(occasion), None),
            Extent::Organisation(organisation) => (None, None, Some(organisation.uuid())),
        };
        json!([place, document.sha256, document.scheme, person, occasion, organisation])
    };
    let rows: Vec<Value> = documents.iter().enumerate().map(row).collect();
    let found: Vec<(i64, String)> = tx.fetch_all(ELSEWHERE, args![Value::Array(rows).to_string()]).await?;
    let documents: Vec<Document> = documents.into_iter().collect();
    let read = |(place, claim): (i64, String)| {
        let document = usize::try_from(place).ok().and_then(|place| documents.get(place))?;
        let (id, scheme) = claim.split_once(' ')?;
        Some((document.clone(), (ClaimId::from_uuid(Uuid::try_parse(id).ok()?), scheme.to_owned())))
    };
    found.into_iter().map(|row| read(row).ok_or_else(|| Error::internal("a claim names a document unreadably"))).collect()
}
