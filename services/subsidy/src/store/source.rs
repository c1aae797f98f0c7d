//! Who carries a claim; only ever added to.

use super::claim::Stored;
use super::every;
use crate::domain::{ClaimId, FundId, Portion, SourceKind};
use kit::db::{Tx, Value, args, id_list, statements};
use kit::{Error, Money};
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct Row {
    claim_id: ClaimId,
    #[sqlx(try_from = "String")]
    kind: SourceKind,
    fund_id: FundId,
    amount: Money,
}

statements! {
    /// Takes what funds carry of claims.
    INSERT_ALL = {
        postgres: "INSERT INTO subsidy_claim_source (claim_id, position, fund_id, kind, amount) SELECT n.claim_id, n.position, n.fund_id, n.kind, n.amount FROM unnest(CAST($1 AS UUID[]), CAST($2 AS BIGINT[]), CAST($3 AS UUID[]), CAST($4 AS TEXT[]), CAST($5 AS BIGINT[])) AS n (claim_id, position, fund_id, kind, amount)",
        sqlite: "INSERT INTO subsidy_claim_source (claim_id, position, fund_id, kind, amount) SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM jsonb_each($1)",
        reason: "SQLite knows no arrays: its rows come as JSON",
    };
    OF_CLAIMS = {
        postgres: "SELECT claim_id, kind, fund_id, amount FROM subsidy_claim_source WHERE claim_id = ANY (CAST($1 AS UUID[])) ORDER BY claim_id, position",
        sqlite: "SELECT claim_id, kind, fund_id, amount FROM subsidy_claim_source WHERE claim_id IN (SELECT value FROM json_each($1)) ORDER BY claim_id, position",
        reason: "SQLite knows no arrays: they come as JSON",
    };
}

/// Keeps who carries claims, each claim's in the order in which they were asked.
pub async fn insert_all(tx: &mut Tx, carried: &[(ClaimId, Vec<Portion>)]) -> Result<(), Error> {
    let row = |claim: ClaimId, at: usize, one: &Portion| args![claim, at + 1, one.fund, one.kind, one.amount];
    let of_claim = |(claim, portions): &(ClaimId, Vec<Portion>)| -> Vec<Vec<Value>> {
        portions.iter().enumerate().map(|(at, one)| row(*claim, at, one)).collect()
    };
    every(tx, INSERT_ALL, args![], carried.iter().flat_map(of_claim).collect()).await
}

/// Who carries claims, each claim's in their order; nothing of a claim that its fund carries alone.
pub async fn of_claims(tx: &mut Tx, ids: impl IntoIterator<Item = ClaimId>) -> Result<BTreeMap<ClaimId, Vec<Portion>>, Error> {
    let mut all: BTreeMap<ClaimId, Vec<Portion>> = BTreeMap::new();
    for Row { claim_id, kind, fund_id, amount } in tx.fetch_all::<Row>(OF_CLAIMS, args![id_list(ids)]).await? {
        all.entry(claim_id).or_default().push(Portion { kind, fund: fund_id, amount });
    }
    Ok(all)
}

/// Tells claims who carries them, as far as that was decided.
pub async fn fill(tx: &mut Tx, claims: &mut [Stored]) -> Result<(), Error> {
    let ids: Vec<ClaimId> = claims.iter().filter(|one| one.claim.approved_by.is_some()).map(|one| one.claim.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut all = of_claims(tx, ids).await?;
    for one in claims {
        one.sources = all.remove(&one.claim.id).unwrap_or_default();
    }
    Ok(())
}
