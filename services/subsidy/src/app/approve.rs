//! Checked claims are approved by a second person, exactly as seen; their amounts are committed.
//!
//! Claims are held first, then budgets, then accounts, each in the order of their ids. The budget's row is the one that
//! everybody needs: approvals that come one by one are carried out together, and lock it once.

use super::{Changed, Decided, at, books, load, save_all, schemes};
use crate::domain::{Approving, Change, ClaimId, FundId, Posting, Refusal};
use crate::events;
use crate::store::claim::{self, Stored};
use futures::future::BoxFuture;
use kit::{Error, Member, Scope, Tx};
use std::collections::BTreeMap;

/// One approval: the claim, and the hash of what the approver has seen of it.
#[derive(Debug, Clone)]
pub struct Approval {
    pub claim: ClaimId,
    pub content_hash: String,
}

#[derive(Debug, Clone)]
pub struct Approve(pub Vec<Approval>);

/// Approves all of them or none.
pub async fn approve(tx: &mut Tx, scope: &Scope, command: Approve) -> Result<Changed, Error> {
    let ids: Vec<ClaimId> = command.0.iter().map(|approval| approval.claim).collect();
    let mut postings = Vec::with_capacity(ids.len());
    let mut decided = Vec::with_capacity(ids.len());
    for (place, (stored, approval)) in load(tx, scope, &ids).await?.into_iter().zip(command.0).enumerate() {
        let (one, fund) = decide(scope, stored, &approval).map_err(at("requests", place))?;
        postings.push(Posting::commit(fund, &one.after, one.after.amount));
        decided.push(one);
    }
    let changed = save_all(tx, scope, decided).await?;
    books::post(tx, scope, &postings).await?;
    Ok(changed)
}

/// Approvals of several callers, each on its own: one that is refused does not hold up the others. Who comes first has the
/// money first.
pub fn approve_each<'a>(
    tx: &'a mut Tx,
    members: &'a [Member<Approval>],
) -> BoxFuture<'a, Result<Vec<Result<Stored, Error>>, Error>> {
    Box::pin(async move {
        let held = claim::hold(tx, members.iter().map(|member| member.command.claim)).await?;
        let mut budgets = books::hold_budgets(tx, held.iter().filter_map(|stored| stored.claim.fund)).await?;
        let mut claims: BTreeMap<ClaimId, Stored> = held.into_iter().map(|stored| (stored.claim.id, stored)).collect();
        let (mut outcomes, mut granted) = (Vec::with_capacity(members.len()), Vec::new());
        for (at, Member { scope, command }) in members.iter().enumerate() {
            let outcome = claims.get(&command.claim).cloned().ok_or_else(|| Error::not_found(command.claim)).and_then(|stored| {
                scope.own(stored.claim.beneficiary, command.claim)?;
                let (one, fund) = decide(scope, stored, command)?;
                budgets.commit(fund, one.after.amount)?;
                Ok((one, fund))
            });
            outcomes.push(outcome.map(|(one, fund)| {
                let posting = Posting::commit(fund, &one.after, one.after.amount);
                let (after, event) = (one.after.clone(), one.event);
                let stored = one.saved(scope);
                claims.insert(command.claim, stored.clone());
                granted.push((at, after, event, posting));
                stored
            }));
        }
        if let Some(first) = granted.first() {
            claim::update_all(tx, granted.iter().map(|(_, claim, ..)| claim), members[first.0].scope.now()).await?;
            for (at, claim, event, _) in &granted {
                events::tell(tx, &members[*at].scope, claim, *event).await?;
            }
            let postings: Vec<_> = granted.iter().map(|(at, .., posting)| (&members[*at].scope, posting)).collect();
            books::post_all(tx, &postings).await?;
        }
        Ok(outcomes)
    })
}

fn decide(scope: &Scope, stored: Stored, approval: &Approval) -> Result<(Decided, FundId), Refusal> {
    let fund = stored.claim.fund;
    let approving = Approving {
        by: scope.principal().subject.clone(),
        content_hash: approval.content_hash.clone(),
        scheme: schemes(scope).that_judged(&stored.claim)?.clone(),
        today: scope.today(),
    };
    let decided = Decided::new(stored, Change::Approve(Box::new(approving)))?;
    // A claim has its fund from the day it was asked for; one that is checked was.
    let fund = fund.ok_or_else(|| Refusal::FundMissing { code: decided.after.fund_code.clone() })?;
    Ok((decided, fund))
}
