//! Accrued claims are asked for (申领), by the beneficiary or by the bureau on its behalf.

use super::{Changed, Decided, at, load, save_all};
use crate::domain::{Change, ClaimId, FundId, Refusal};
use crate::store::fund;
use kit::{Error, Scope, Tx};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Submit(pub Vec<ClaimId>);

pub async fn submit(tx: &mut Tx, scope: &Scope, command: Submit) -> Result<Changed, Error> {
    let mut funds: BTreeMap<String, FundId> = BTreeMap::new();
    let mut decided = Vec::with_capacity(command.0.len());
    for (place, stored) in load(tx, scope, &command.0).await?.into_iter().enumerate() {
        let code = &stored.claim.fund_code;
        let fund = if let Some(fund) = funds.get(code) {
            *fund
        } else {
            let fund = fund::by_code(tx, code).await?.ok_or_else(|| Refusal::FundMissing { code: code.clone() })?.id;
            funds.insert(code.clone(), fund);
            fund
        };
        let by = scope.principal().subject.clone();
        decided.push(Decided::new(stored, Change::Submit { by, fund }).map_err(at("names", place))?);
    }
    save_all(tx, scope, decided).await
}
