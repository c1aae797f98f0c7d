//! Accrued claims are asked for (申领), by the beneficiary or by the bureau on its behalf, with the evidence that their
//! schemes ask for.

use super::{Changed, Decided, at, load, save_all, schemes};
use crate::domain::{Change, ClaimId, Evidence, FundId, Refusal, Submitting};
use crate::store::{evidence, fund};
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Submit {
    pub claims: Vec<ClaimId>,
    pub evidence: BTreeMap<ClaimId, Vec<Evidence>>,
}

pub async fn submit(tx: &mut Tx, scope: &Scope, mut command: Submit) -> Result<Changed, Error> {
    let mut funds: BTreeMap<String, FundId> = BTreeMap::new();
    let mut decided = Vec::with_capacity(command.claims.len());
    for (place, stored) in load(tx, scope, &command.claims).await?.into_iter().enumerate() {
        let code = &stored.claim.fund_code;
        let fund = if let Some(fund) = funds.get(code) {
            *fund
        } else {
            let fund = fund::by_code(tx, code).await?.ok_or_else(|| Refusal::FundMissing { code: code.clone() })?.id;
            funds.insert(code.clone(), fund);
            fund
        };
        let claim = &stored.claim;
        let scheme = schemes(scope).that_judged(claim).map_err(|refusal| at("names", place)(refusal.into()))?.clone();
        let evidence = command.evidence.remove(&claim.id).unwrap_or_default();
        let submitting = Submitting { by: scope.principal().subject.clone(), fund, evidence, scheme };
        decided.push(Decided::new(stored, Change::Submit(Box::new(submitting))).map_err(at("names", place))?);
    }
    evidence::insert_all(tx, decided.iter().map(|one| &one.after)).await?;
    save_all(tx, scope, decided).await
}
