//! The events of subsidy: facts come in, and what became of funds, claims and payments is told.

mod facts;
mod offset;

pub use offset::{offset_carried, offset_confirmed, offset_filed, offset_returned};

use crate::app::record;
use crate::domain::{
    BankAccount, CheckOverride, Claim, Event, FundId, Line, LineState, Objection, ObjectionState, PaymentBatch, PaymentBatchId,
    Receivable, Sample, SampleItem,
};
use crate::store::fund::Fund;
use facts::read;
use kit::{Arrival, Error, Money, Scope, Tx};
use proto::subsidy::v1 as pb;

/// Whole aggregates, each in the order of its versions; among each other in any order.
pub const SUBSCRIPTIONS: &[&str] = &[
    "talentflow.directory.organisation",
    "talentflow.directory.person",
    "talentflow.training.enrolment",
    "talentflow.rotation.rotation",
    "talentflow.mentoring.pairing",
];

pub async fn on(tx: &mut Tx, arrivals: &[Arrival<'_>]) -> Result<(), Error> {
    let mut news = Vec::with_capacity(arrivals.len());
    for Arrival { scope, event } in arrivals {
        news.extend(read(event)?.map(|told| (scope, told)));
    }
    record(tx, news).await
}

/// Tells what happened to a claim: one event, the claim's newest version.
pub async fn tell(tx: &mut Tx, scope: &Scope, claim: &Claim, event: Event) -> Result<(), Error> {
    let (subject, version) = (claim.id, claim.version);
    macro_rules! tell {
        ($message:ident) => {
            scope
                .emit(
                    tx,
                    subject,
                    version,
                    &pb::$message {
                        claim: subject.to_string(),
                        scheme: format!("schemes/{}", claim.scheme.code),
                        beneficiary: claim.beneficiary.to_string(),
                        person: claim.person.to_string(),
                        amount: Some(claim.amount.into()),
                    },
                )
                .await
        };
    }
    match event {
        Event::Accrued => tell!(ClaimAccrued),
        Event::Submitted => tell!(ClaimSubmitted),
        Event::Checked => tell!(ClaimChecked),
        Event::Endorsed => tell!(ClaimApprovalGiven),
        Event::Approved => tell!(ClaimApproved),
        Event::Rejected => tell!(ClaimRejected),
        Event::Paid => tell!(ClaimPaid),
        Event::Voided => tell!(ClaimVoided),
        Event::ClawedBack(amount) => {
            let told = pb::ClaimClawedBack {
                claim: subject.to_string(),
                scheme: format!("schemes/{}", claim.scheme.code),
                beneficiary: claim.beneficiary.to_string(),
                person: claim.person.to_string(),
                amount: Some(amount.into()),
                kept: Some(claim.kept().into()),
            };
            scope.emit(tx, subject, version, &told).await
        }
    }
}

pub async fn override_requested(tx: &mut Tx, scope: &Scope, one: &CheckOverride) -> Result<(), Error> {
    let told = pb::CheckOverrideRequested {
        check_override: one.id.to_string(),
        claim: one.claim.to_string(),
        check: one.check.to_string(),
        reason: one.reason.to_string(),
    };
    scope.emit(tx, one.id, one.version, &told).await
}

pub async fn override_confirmed(tx: &mut Tx, scope: &Scope, one: &CheckOverride) -> Result<(), Error> {
    let told = pb::CheckOverrideConfirmed {
        check_override: one.id.to_string(),
        claim: one.claim.to_string(),
        check: one.check.to_string(),
        reason: one.reason.to_string(),
    };
    scope.emit(tx, one.id, one.version, &told).await
}

pub async fn objection_created(tx: &mut Tx, scope: &Scope, objection: &Objection) -> Result<(), Error> {
    let told = pb::ClaimObjectionCreated {
        claim_objection: objection.id.to_string(),
        claim: objection.claim.to_string(),
        ground: objection.ground.to_string(),
    };
    scope.emit(tx, objection.id, objection.version, &told).await
}

pub async fn objection_resolved(tx: &mut Tx, scope: &Scope, objection: &Objection) -> Result<(), Error> {
    let (claim_objection, claim) = (objection.id.to_string(), objection.claim.to_string());
    if objection.state == ObjectionState::Upheld {
        let told = pb::ClaimObjectionUpheld { claim_objection, claim };
        return scope.emit(tx, objection.id, objection.version, &told).await;
    }
    let told = pb::ClaimObjectionDismissed { claim_objection, claim };
    scope.emit(tx, objection.id, objection.version, &told).await
}

pub async fn fund_created(tx: &mut Tx, scope: &Scope, fund: &Fund) -> Result<(), Error> {
    scope.emit(tx, fund.id, fund.version, &pb::FundCreated { fund: fund.id.to_string(), code: fund.code.clone() }).await
}

pub async fn fund_appropriated(tx: &mut Tx, scope: &Scope, fund: FundId, version: i64, amount: Money) -> Result<(), Error> {
    scope.emit(tx, fund, version, &pb::FundAppropriated { fund: fund.to_string(), amount: Some(amount.into()) }).await
}

/// The number is told to nobody.
pub async fn account_proposed(tx: &mut Tx, scope: &Scope, account: &BankAccount) -> Result<(), Error> {
    let told = pb::BankAccountProposed { bank_account: account.id.to_string(), owner: account.owner.to_string() };
    scope.emit(tx, account.id, 1, &told).await
}

pub async fn account_confirmed(tx: &mut Tx, scope: &Scope, account: &BankAccount) -> Result<(), Error> {
    let told = pb::BankAccountConfirmed { bank_account: account.id.to_string(), owner: account.owner.to_string() };
    scope.emit(tx, account.id, 2, &told).await
}

pub async fn batch_created(tx: &mut Tx, scope: &Scope, batch: &PaymentBatch) -> Result<(), Error> {
    let created = pb::PaymentBatchCreated {
        payment_batch: batch.id.to_string(),
        fund: batch.fund.to_string(),
        total: Some(batch.total.into()),
        lines: i32::try_from(batch.lines).unwrap_or(i32::MAX),
        netted: Some(batch.netted.into()),
    };
    scope.emit(tx, batch.id, batch.version, &created).await
}

pub async fn batch_settled(tx: &mut Tx, scope: &Scope, batch: &PaymentBatch, lines: &[Line]) -> Result<(), Error> {
    let paid: Money = lines.iter().filter(|line| line.state == LineState::Paid).map(|line| line.amount).sum();
    let failed = lines.iter().filter(|line| line.state == LineState::Failed).count();
    let settled = pb::PaymentBatchSettled {
        payment_batch: batch.id.to_string(),
        paid: Some(paid.into()),
        failed: i32::try_from(failed).unwrap_or(i32::MAX),
    };
    scope.emit(tx, batch.id, batch.version, &settled).await
}

pub async fn receivable_opened(tx: &mut Tx, scope: &Scope, receivable: &Receivable) -> Result<(), Error> {
    let opened = pb::ReceivableOpened {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        claim: receivable.claim.to_string(),
        amount: Some(receivable.amount.into()),
        fund: receivable.fund.to_string(),
    };
    scope.emit(tx, receivable.id, 1, &opened).await
}

/// `amount` is set against the lines of a batch.
pub async fn receivable_netted(
    tx: &mut Tx,
    scope: &Scope,
    receivable: &Receivable,
    amount: Money,
    batch: PaymentBatchId,
) -> Result<(), Error> {
    let netted = pb::ReceivableNetted {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        payment_batch: batch.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &netted).await
}

/// Lines that `amount` was set against have failed.
pub async fn receivable_reopened(
    tx: &mut Tx,
    scope: &Scope,
    receivable: &Receivable,
    amount: Money,
    batch: PaymentBatchId,
) -> Result<(), Error> {
    let reopened = pb::ReceivableReopened {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        payment_batch: batch.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &reopened).await
}

pub async fn receivable_recovered(tx: &mut Tx, scope: &Scope, receivable: &Receivable, amount: Money) -> Result<(), Error> {
    let recovered = pb::ReceivableRecovered {
        receivable: receivable.id.to_string(),
        debtor: receivable.debtor.to_string(),
        amount: Some(amount.into()),
        outstanding: Some(receivable.outstanding.into()),
    };
    scope.emit(tx, receivable.id, receivable.version, &recovered).await
}

pub async fn sample_created(tx: &mut Tx, scope: &Scope, sample: &Sample) -> Result<(), Error> {
    let created = pb::SampleCreated {
        sample: sample.id.to_string(),
        size: i32::try_from(sample.size).unwrap_or(i32::MAX),
        population: i32::try_from(sample.population).unwrap_or(i32::MAX),
    };
    scope.emit(tx, sample.id, 1, &created).await
}

pub async fn finding_recorded(tx: &mut Tx, scope: &Scope, item: &SampleItem) -> Result<(), Error> {
    let recorded = pb::FindingRecorded {
        sample_item: item.id.to_string(),
        sample: item.sample.to_string(),
        claim: item.claim.to_string(),
        amount: item.finding.as_ref().map(|finding| finding.amount.into()),
    };
    scope.emit(tx, item.id, item.version, &recorded).await
}

pub async fn finding_confirmed(tx: &mut Tx, scope: &Scope, item: &SampleItem) -> Result<(), Error> {
    let confirmed = pb::FindingConfirmed {
        sample_item: item.id.to_string(),
        sample: item.sample.to_string(),
        claim: item.claim.to_string(),
        amount: item.finding.as_ref().map(|finding| finding.amount.into()),
    };
    scope.emit(tx, item.id, item.version, &confirmed).await
}
