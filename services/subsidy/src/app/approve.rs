//! Checked claims are approved by other persons than the one who submitted them, exactly as seen: by as many, and in such
//! roles, as their scheme says. The last of them commits the amount.
//!
//! Claims are held first, then caps of organisations, then budgets, then accounts, each in the order of their ids. The
//! budget's row is the one that everybody needs: approvals that come one by one are carried out together and lock it once,
//! when all the rest is written. They are decided on what a budget is seen to have; whether it still has it, the statement
//! that spends finds out.
//! Who approved before is read under the claim's lock, and only where a scheme wants several; who carries a claim is decided
//! under the budgets' locks, and kept only where a scheme names sources.

use super::books::Caused;
use super::check::{catch_up, passed};
use super::sources::Sources;
use super::{Changed, Decided, at, books, caps, load, save_all, schemes};
use crate::domain::{Approving, Budgets, Change, Claim, ClaimId, Endorsement, Event, FundId, Portion, Posting, Refusal, Scheme};
use crate::events;
use crate::store::approval::{self, New};
use crate::store::check_override;
use crate::store::claim::{self, Stored};
use crate::store::source;
use futures::future::BoxFuture;
use kit::{Error, Member, Scope, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    let mut loaded = load(tx, scope, &ids).await?;
    read_before(tx, scope, &mut loaded).await?;
    let mut caps = caps::hold(tx, scope, loaded.iter().map(|stored| &stored.claim)).await?;
    let sources = Sources::of(tx, scope, loaded.iter().map(|stored| &stored.claim)).await?;
    // Where no source is named, what a budget refuses of them all is found by the statement that spends.
    let mut budgets = if sources.is_empty() { None } else { Some(budgets(tx, &loaded, &sources).await?) };
    let (mut postings, mut new) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    let (mut decided, mut carried) = (Vec::with_capacity(ids.len()), Vec::new());
    for (place, (stored, approval)) in loaded.into_iter().zip(command.0).enumerate() {
        let mut one = decide(scope, stored, &approval).map_err(at("requests", place))?;
        one.grant(scope, &mut caps, (&sources, budgets.as_mut())).map_err(at("requests", place))?;
        postings.extend(one.commitments());
        carried.extend(one.carried());
        new.push(one.new);
        decided.push(one.decided);
    }
    let changed = save_all(tx, scope, decided).await?;
    approval::insert_all(tx, &new, scope.now())?;
    source::insert_all(tx, &carried).await?;
    caps.keep(tx).await?;
    books::post_last(tx, scope, postings);
    Ok(changed)
}

/// Approvals of several callers, each on its own: one that is refused does not hold up the others. Who comes first has the
/// money first.
pub fn approve_each<'a>(
    tx: &'a mut Tx,
    members: &'a [Member<Approval>],
) -> BoxFuture<'a, Result<Vec<Result<Stored, Error>>, Error>> {
    Box::pin(async move {
        let mut held = claim::hold(tx, members.iter().map(|member| member.command.claim)).await?;
        let Some(Member { scope: first, .. }) = members.first() else { return Ok(Vec::new()) };
        read_before(tx, first, &mut held).await?;
        let mut caps = caps::hold(tx, first, held.iter().map(|stored| &stored.claim)).await?;
        let sources = Sources::of(tx, first, held.iter().map(|stored| &stored.claim)).await?;
        let mut budgets = budgets(tx, &held, &sources).await?;
        let mut claims: BTreeMap<ClaimId, Stored> = held.into_iter().map(|stored| (stored.claim.id, stored)).collect();
        let mut granted = Granted::default();
        let mut outcomes = Vec::with_capacity(members.len());
        for (at, Member { scope, command }) in members.iter().enumerate() {
            let outcome = claims.get(&command.claim).cloned().ok_or_else(|| Error::not_found(command.claim)).and_then(|stored| {
                scope.own(stored.claim.beneficiary, command.claim)?;
                let mut one = decide(scope, stored, command)?;
                one.grant(scope, &mut caps, (&sources, Some(&mut budgets)))?;
                Ok(one)
            });
            outcomes.push(outcome.map(|one| {
                let stored = granted.take(at, scope, one);
                claims.insert(command.claim, stored.clone());
                stored
            }));
        }
        caps.keep(tx).await?;
        granted.save(tx, members, budgets).await?;
        Ok(outcomes)
    })
}

/// What a group's approvals come to, each with the place of its member. Two of them may be of one claim.
#[derive(Default)]
struct Granted {
    /// The version each claim had, and the claim as it is then.
    claims: BTreeMap<ClaimId, (i64, Claim)>,
    told: Vec<(usize, Claim, Event)>,
    new: Vec<New>,
    carried: Vec<(ClaimId, Vec<Portion>)>,
    postings: Vec<Caused>,
}

impl Granted {
    fn take(&mut self, at: usize, scope: &Scope, one: Decision) -> Stored {
        let caused = |posting| Caused { posting, cause: scope.cause().to_owned() };
        self.postings.extend(one.commitments().into_iter().map(caused));
        self.carried.extend(one.carried());
        let (from, after) = (one.decided.before.claim.version, one.decided.after.clone());
        self.told.push((at, after.clone(), one.decided.event));
        let from = self.claims.get(&after.id).map_or(from, |(first, _)| *first);
        self.claims.insert(after.id, (from, after));
        self.new.push(one.new);
        one.decided.saved(scope)
    }

    async fn save(self, tx: &mut Tx, members: &[Member<Approval>], budgets: Budgets) -> Result<(), Error> {
        let Some((first, ..)) = self.told.first() else { return Ok(()) };
        let first = &members[*first].scope;
        let now = first.now();
        claim::update_from(tx, self.claims.values().map(|(from, claim)| (*from, claim)), now)?;
        approval::insert_all(tx, &self.new, now)?;
        source::insert_all(tx, &self.carried).await?;
        for (at, claim, event) in &self.told {
            events::tell(tx, &members[*at].scope, claim, *event).await?;
        }
        books::post_decided(tx, first, self.postings, budgets);
        Ok(())
    }
}

/// An approval that was decided on.
struct Decision {
    decided: Decided,
    new: New,
    fund: FundId,
}

impl Decision {
    /// Has the amount fit its caps and be carried, once the last approval commits it.
    fn grant(
        &mut self,
        scope: &Scope,
        caps: &mut caps::Held,
        (sources, budgets): (&Sources, Option<&mut Budgets>),
    ) -> Result<(), Refusal> {
        if self.decided.event != Event::Approved {
            return Ok(());
        }
        caps.fits(scope, &self.decided.after)?;
        if let Some(budgets) = budgets {
            self.decided.before.sources = sources.carry(&self.decided.after, self.fund, budgets)?;
        }
        Ok(caps.take(scope, &self.decided.after)?)
    }

    /// Who carries it, where that is more to keep than its fund.
    fn carried(&self) -> Option<(ClaimId, Vec<Portion>)> {
        let portions = &self.decided.before.sources;
        (!portions.is_empty()).then(|| (self.decided.after.id, portions.clone()))
    }

    /// What the last approval of a claim commits.
    fn commitments(&self) -> Vec<Posting> {
        let claim = &self.decided.after;
        if self.decided.event != Event::Approved {
            return Vec::new();
        }
        let portions = &self.decided.before.sources;
        if portions.is_empty() {
            return vec![Posting::commit(self.fund, claim, claim.amount)];
        }
        portions.iter().map(|portion| Posting::commit(portion.fund, claim, portion.amount)).collect()
    }
}

/// The budgets of claims' funds and of their sources. They are held where sources are asked, so that what one is said to have
/// is what it gives.
async fn budgets(tx: &mut Tx, claims: &[Stored], sources: &Sources) -> Result<Budgets, Error> {
    let funds = claims.iter().filter_map(|stored| stored.claim.fund).chain(sources.funds());
    if sources.is_empty() { books::read_budgets(tx, funds).await } else { books::hold_budgets(tx, funds).await }
}

/// Reads who approved before, for those claims whose scheme wants several approvals, and what an older release did not look
/// for; no statement where there is neither.
async fn read_before(tx: &mut Tx, scope: &Scope, held: &mut [Stored]) -> Result<(), Error> {
    catch_up(tx, scope, held).await?;
    read_overrides(tx, held).await?;
    let several = |claim: &Claim| judge(scope, claim).is_ok_and(|scheme| scheme.approvers(claim.amount) > 1);
    let mut claims: Vec<&mut Stored> = held.iter_mut().filter(|stored| several(&stored.claim)).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let mut all = approval::of_claims(tx, claims.iter().map(|stored| stored.claim.id)).await?;
    for stored in &mut claims {
        stored.approvals = all.remove(&stored.claim.id).unwrap_or_default();
    }
    Ok(())
}

/// Reads what was asked for of the checks of those claims of which any is overridden; no statement where none is.
async fn read_overrides(tx: &mut Tx, held: &mut [Stored]) -> Result<(), Error> {
    let ids: Vec<ClaimId> =
        held.iter().map(|stored| &stored.claim).filter(|claim| !claim.overrides.is_empty()).map(|claim| claim.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut all = check_override::of_claims(tx, ids).await?;
    for stored in held {
        stored.overrides = all.remove(&stored.claim.id).unwrap_or_default();
    }
    Ok(())
}

fn judge<'a>(scope: &'a Scope, claim: &Claim) -> Result<&'a Arc<Scheme>, Refusal> {
    Ok(schemes(scope).that_judged(claim)?)
}

fn decide(scope: &Scope, mut stored: Stored, approval: &Approval) -> Result<Decision, Refusal> {
    passed(&stored)?;
    let scheme = judge(scope, &stored.claim)?.clone();
    let principal = scope.principal();
    let before: Vec<String> = stored.approvals.iter().map(|given| given.by.clone()).collect();
    let new = New {
        claim: stored.claim.id,
        by: principal.subject.clone(),
        content_hash: approval.content_hash.clone(),
        place: before.len() + 1,
        needed: scheme.approvers(stored.claim.amount),
    };
    stored.approvals.push(Endorsement { by: new.by.clone(), at: scope.now() });
    let approving = Approving {
        by: new.by.clone(),
        roles: principal.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        content_hash: approval.content_hash.clone(),
        scheme,
        before,
        overrides: stored.overrides.clone(),
        today: scope.today(),
    };
    let decided = Decided::new(stored, Change::Approve(Box::new(approving)))?;
    // A claim has its fund from the day it was asked for; one that is checked was.
    let code = &decided.after.fund_code;
    let fund = decided.after.fund.ok_or_else(|| Refusal::FundMissing { code: code.clone() })?;
    Ok(Decision { decided, new, fund })
}
