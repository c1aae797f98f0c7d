//! Four who carry a claim: two public funds, a sponsor, and the beneficiary's own account.

#![allow(dead_code, reason = "each test file uses its part of them")]
#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "a test that cannot be set up should stop, loudly")]

use crate::town::{ENTERPRISE, Town, fen};
use proto::subsidy::v1 as pb;
use tonic::Status;

pub const CO_FUNDING: pb::SourceKind = pb::SourceKind::CoFunding;
pub const OWN: pb::SourceKind = pb::SourceKind::OwnAccount;
pub const SPONSOR: pb::SourceKind = pb::SourceKind::Sponsor;

/// The funds of a town where four carry.
pub struct Funds {
    pub talent: String,
    pub county: String,
    pub sponsor: String,
    pub own: String,
}

impl Funds {
    pub fn name(&self, fund: &str) -> &'static str {
        let names = [(&self.talent, "talent"), (&self.county, "county"), (&self.sponsor, "sponsor"), (&self.own, "own")];
        names.into_iter().find(|(name, _)| *name == fund).unwrap().1
    }
}

impl Town {
    pub async fn create(&self, code: &str, kind: pb::SourceKind, owner: &str) -> Result<pb::Fund, Status> {
        let fund = pb::Fund {
            code: code.into(),
            display_name: code.into(),
            kind: kind.into(),
            organisation: owner.into(),
            ..Default::default()
        };
        Ok(self.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await?.into_inner())
    }

    pub async fn give(&self, fund: &str, amount: i64) {
        if amount > 0 {
            let request = pb::AppropriateFundRequest { name: fund.into(), amount: fen(amount), document: "赞助协议".into() };
            self.officer().appropriate_fund(request).await.unwrap();
        }
    }

    /// Four funds with so much each: talent, county, the enterprise's as a sponsor, and the own account of `owner`.
    pub async fn four(&self, given: [i64; 4], owner: &str) -> Funds {
        self.organisations().await;
        let talent = self.fund(given[0]).await;
        let county = self.create("county", CO_FUNDING, "").await.unwrap().name;
        let sponsor = self.create("factory-gift", SPONSOR, ENTERPRISE).await.unwrap().name;
        let own = self.create("own", OWN, owner).await.unwrap().name;
        for (fund, amount) in [(&county, given[1]), (&sponsor, given[2]), (&own, given[3])] {
            self.give(fund, amount).await;
        }
        Funds { talent, county, sponsor, own }
    }

    pub async fn one_checked(&self, n: u32) -> pb::ApproveClaimRequest {
        self.graduate_hired(n).await;
        let accrued = |claim: &pb::Claim| claim.state() == pb::ClaimState::Accrued;
        let name = self.claims().await.into_iter().find(accrued).unwrap().name;
        let checked = self.checked(&name).await;
        pb::ApproveClaimRequest { name: checked.name, content_hash: checked.content_hash }
    }

    pub async fn approve_one(&self, one: pb::ApproveClaimRequest, batch: bool) -> Result<pb::Claim, Status> {
        if !batch {
            return self.officer().approve_claim(one).await.map(tonic::Response::into_inner);
        }
        let answer = self.officer().batch_approve_claims(pb::BatchApproveClaimsRequest { requests: vec![one] }).await;
        answer.map(|answer| answer.into_inner().claims.remove(0))
    }

    pub async fn left_in(&self, funds: &Funds) -> [i64; 4] {
        let mut left = [0; 4];
        for (at, fund) in [&funds.talent, &funds.county, &funds.sponsor, &funds.own].into_iter().enumerate() {
            left[at] = self.budget(fund).await.available.unwrap().fen;
        }
        left
    }

    pub async fn owed(&self) -> Vec<pb::Receivable> {
        self.officer().list_receivables(pb::ListReceivablesRequest::default()).await.unwrap().into_inner().receivables
    }
}

pub fn carried(funds: &Funds, claim: &pb::Claim) -> Vec<(&'static str, pb::SourceKind, i64)> {
    claim.sources.iter().map(|source| (funds.name(&source.fund), source.kind(), source.amount.unwrap().fen)).collect()
}

pub fn of_batch(funds: &Funds, batch: &pb::PaymentBatch) -> Vec<(&'static str, i64, i64)> {
    let source = |one: &pb::PaymentBatchSource| (funds.name(&one.fund), one.amount.unwrap().fen, one.netted.unwrap().fen);
    let mut sources: Vec<_> = batch.sources.iter().map(source).collect();
    sources.sort_unstable();
    sources
}
