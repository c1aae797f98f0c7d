//! Postings made directly, as use cases make them, without a claim in the tables.

#![allow(dead_code, reason = "each test file uses its part of the desk")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot be set up should stop")]

use kit::command::Scope;
use kit::db::{Lane, args};
use kit::id::Id;
use kit::rng::Chance;
use kit::{Code, Context, Error, Money, Tx};
use proto::subsidy::v1 as pb;
use subsidy::domain::{
    Claim, ClaimId, FundId, OrganisationId, PersonId, Posting, PostingKind, SchemeVersion, State, TransactionId,
};
use subsidy::{app, store};
use testkit::Sandbox;
use uuid::Uuid;

#[derive(Clone)]
pub struct Desk {
    pub context: Context,
}

impl Desk {
    pub fn of(sandbox: &Sandbox) -> Self {
        let chance = Chance::seeded(7);
        Self { context: Context::new("subsidy", sandbox.test.db.clone(), sandbox.clock.clone(), &chance) }
    }

    /// An approved claim of one fund.
    pub fn claim(&self, fund: FundId, fen: i64) -> Claim {
        Claim {
            id: self.context.id(),
            version: 1,
            scheme: SchemeVersion { code: "hiring-subsidy".into(), version: 1, digest: String::new() },
            fund_code: String::new(),
            fund: Some(fund),
            person: self.context.id::<PersonId>(),
            beneficiary: OrganisationId::from_uuid(Uuid::from_u128(u128::from(self.context.chance.below(50)))),
            occasion: String::new(),
            stage: 1,
            part: 1,
            amount: Money::fen(fen),
            clawed_back: Money::ZERO,
            denied: Money::ZERO,
            earned_on: "2026-09-01".parse().unwrap(),
            facts: Vec::new(),
            state: State::Approved,
            content_hash: String::new(),
            submitted_by: None,
            approved_by: None,
            batch: None,
            reconsider: false,
            reason: None,
            ended_by: None,
            evidence: Vec::new(),
            publicity_end: None,
            overrides: Vec::new(),
            filing: None,
        }
    }

    pub fn commitments(&self, fund: FundId, count: usize, fen: i64) -> Vec<Posting> {
        (0..count).map(|_| Posting::commit(fund, &self.claim(fund, fen), Money::fen(fen))).collect()
    }

    /// Posts in one transaction, again while transactions meet, as a command is.
    pub async fn post(&self, postings: &[Posting]) -> Result<(), Error> {
        loop {
            let mut tx = self.context.db.begin(Lane::Request).await?;
            let scope = Scope::of_job(&self.context, "a test");
            let done = match app::post(&mut tx, &scope, postings).await {
                Ok(()) => tx.commit().await,
                Err(error) => Err(error),
            };
            match done {
                Err(error) if error.code() == Code::Conflict && error.is_transient() => {}
                done => return done,
            }
        }
    }

    pub async fn one(&self, posting: Posting) -> Result<(), Error> {
        self.post(&[posting]).await
    }

    pub async fn tx(&self) -> Tx {
        self.context.db.begin(Lane::Request).await.unwrap()
    }

    /// The one transaction of a kind that a claim has.
    pub async fn transaction(&self, claim: ClaimId, kind: PostingKind) -> TransactionId {
        let mut tx = self.context.db.read(Lane::Request).await.unwrap();
        store::ledger::of_claims(&mut tx, [claim], kind).await.unwrap()[&claim][0].transaction
    }

    /// A claim that is committed and paid.
    pub async fn paid(&self, fund: FundId, fen: i64) -> (Claim, TransactionId) {
        let claim = self.claim(fund, fen);
        self.one(Posting::commit(fund, &claim, claim.amount)).await.unwrap();
        let commitment = self.transaction(claim.id, PostingKind::Commitment).await;
        self.one(Posting::pay(fund, &claim, claim.amount, commitment)).await.unwrap();
        let payment = self.transaction(claim.id, PostingKind::Payment).await;
        (claim, payment)
    }

    pub async fn count(&self, sql: kit::db::Sql) -> i64 {
        let mut tx = self.context.db.read(Lane::Request).await.unwrap();
        tx.fetch_one::<(i64,)>(sql, args![]).await.unwrap().0
    }
}

pub fn fund_id(name: &str) -> FundId {
    FundId::parse("name", name).unwrap()
}

/// A fund with its own budget, under another if one is given.
pub async fn fund(town: &crate::town::Town, code: &str, parent: &str, fen: i64) -> FundId {
    let fund = pb::Fund { code: code.into(), display_name: code.into(), parent: parent.into(), ..Default::default() };
    let name = town.bureau().create_fund(pb::CreateFundRequest { fund: Some(fund) }).await.unwrap().into_inner().name;
    if fen > 0 {
        let request = pb::AppropriateFundRequest {
            name: name.clone(),
            amount: crate::town::fen(fen),
            document: "平财预〔2026〕2号".into(),
        };
        town.officer().appropriate_fund(request).await.unwrap();
    }
    fund_id(&name)
}
