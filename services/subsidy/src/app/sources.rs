//! Whom a scheme asks to carry its claims: its sources, found among the funds. They are asked where money is committed, under
//! the budgets' locks, so that what a fund is said to have is what it has.

use super::{books, schemes};
use crate::domain::{
    Asked, Budget, Budgets, Claim, ClaimId, Fact, FundId, Known, OrganisationId, PersonId, Portion, Refusal, Scheme, Source,
    SourceKind, split,
};
use crate::store::fact;
use crate::store::fund::{self, Fund};
use kit::{Error, Money, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who is asked for claims, where their schemes name sources. Of other claims nothing is known here, and no statement was
/// made for them.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<ClaimId, Result<Vec<Asked>, Refusal>>);

impl Sources {
    /// Finds the funds of claims' sources.
    pub async fn of(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim>) -> Result<Self, Error> {
        let judged = |claim| schemes(scope).that_judged(claim).ok().filter(|scheme| !scheme.sources.is_empty());
        let claims: Vec<(&Claim, &Arc<Scheme>)> = claims.filter_map(|claim| Some((claim, judged(claim)?))).collect();
        if claims.is_empty() {
            return Ok(Self::default());
        }
        let sponsors = sponsors(tx, &claims).await?;
        let owners = claims.iter().map(|(claim, _)| claim.beneficiary).chain(sponsors.values().copied());
        let codes: BTreeSet<&str> =
            claims.iter().flat_map(|(_, scheme)| scheme.sources.iter().filter_map(|source| source.fund.as_deref())).collect();
        let funds = fund::sources(tx, &codes, owners).await?;
        let asked = claims.into_iter().map(|(claim, scheme)| {
            let search = Search { claim, sponsor: sponsors.get(&claim.id).copied(), funds: &funds };
            (claim.id, search.asked(&scheme.sources))
        });
        Ok(Self(asked.collect()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The funds whose budgets are to be held.
    pub fn funds(&self) -> impl Iterator<Item = FundId> {
        self.0.values().flatten().flatten().map(|source| source.fund)
    }

    /// Commits a claim's amount: who carries it, or nobody by name where its fund carries it alone.
    pub fn carry(&self, claim: &Claim, fund: FundId, budgets: &mut Budgets) -> Result<Vec<Portion>, Refusal> {
        match self.0.get(&claim.id) {
            None => budgets.commit(fund, claim.amount).map(|()| Vec::new()),
            Some(asked) => split(claim.amount, asked.as_ref().map_err(Clone::clone)?, budgets),
        }
    }
}

/// What the sources of claims can carry at the moment: looked at, and not held.
#[derive(Debug)]
pub struct Reach {
    sources: Sources,
    budgets: Budgets,
}

impl Reach {
    pub async fn of(tx: &mut Tx, scope: &Scope, claims: impl Iterator<Item = &Claim>) -> Result<Self, Error> {
        let sources = Sources::of(tx, scope, claims).await?;
        let budgets = if sources.is_empty() { Budgets::default() } else { books::read_budgets(tx, sources.funds()).await? };
        Ok(Self { sources, budgets })
    }

    /// A budget of what can be carried of a claim: its fund's where its scheme names no source.
    pub fn budget(&self, claim: &Claim, own: Budget) -> Result<Budget, Refusal> {
        if !self.sources.0.contains_key(&claim.id) {
            return Ok(own);
        }
        let carried = match self.sources.carry(claim, own.fund, &mut self.budgets.clone()) {
            Ok(_) => claim.amount,
            Err(Refusal::BudgetExceeded { available, asked, .. }) => {
                Money::fen(claim.amount.as_fen() - asked.as_fen() + available.as_fen())
            }
            Err(refusal) => return Err(refusal),
        };
        Ok(Budget { fund: own.fund, appropriated: carried, committed: Money::ZERO, paid: Money::ZERO })
    }
}

/// The organisation whose fund is the sponsor's, of each claim that has one: the party of its occasion, as the facts or,
/// of a claim that was filed, the filing names it.
async fn sponsors(tx: &mut Tx, claims: &[(&Claim, &Arc<Scheme>)]) -> Result<BTreeMap<ClaimId, OrganisationId>, Error> {
    let unnamed = |source: &Source| source.kind == SourceKind::Sponsor && source.fund.is_none();
    let wanted = claims.iter().filter(|(_, scheme)| scheme.sources.iter().any(unnamed));
    let wanted: Vec<&(&Claim, &Arc<Scheme>)> = wanted.collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut facts: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
    for fact in fact::of_people(tx, wanted.iter().map(|(claim, _)| claim.person)).await? {
        facts.entry(fact.person).or_default().push(fact);
    }
    let sponsor = |(claim, scheme): &&(&Claim, &Arc<Scheme>)| {
        let role = scheme.occasion.sponsor();
        if let Some(filing) = &claim.filing {
            return Some((claim.id, filing.stated.party(role)?));
        }
        let occasions = Known::new(facts.get(&claim.person)?).occasions(scheme.occasion);
        let occasion = occasions.iter().find(|occasion| occasion.key == claim.occasion)?;
        Some((claim.id, occasion.party(role)?))
    };
    Ok(wanted.iter().filter_map(sponsor).collect())
}

/// The search for the funds of one claim's sources.
struct Search<'a> {
    claim: &'a Claim,
    sponsor: Option<OrganisationId>,
    funds: &'a [Fund],
}

impl Search<'_> {
    /// A sponsor or an own account without a fund gives nothing; a fund that is named and not set up refuses.
    fn asked(&self, sources: &[Source]) -> Result<Vec<Asked>, Refusal> {
        let mut asked = Vec::with_capacity(sources.len() + 1);
        for source in sources {
            if let Some(fund) = self.fund(source)? {
                asked.push(Asked { kind: source.kind, fund, share_percent: source.share_percent });
            }
        }
        if asked.iter().all(|one| one.kind != SourceKind::CoFunding) {
            // Where nobody is named for the rest, it is the scheme's fund.
            asked.extend(self.claim.fund.map(|fund| Asked { kind: SourceKind::CoFunding, fund, share_percent: 100 }));
        }
        Ok(asked)
    }

    fn fund(&self, source: &Source) -> Result<Option<FundId>, Refusal> {
        let owner = match (&source.fund, source.kind) {
            (Some(code), _) => {
                let named = self.funds.iter().find(|fund| fund.code == *code);
                return named.map(|fund| Some(fund.id)).ok_or_else(|| Refusal::FundMissing { code: code.clone() });
            }
            (None, SourceKind::Sponsor) => self.sponsor,
            (None, SourceKind::OwnAccount) => Some(self.claim.beneficiary),
            (None, SourceKind::CoFunding) => None,
        };
        let owned = |fund: &&Fund| fund.kind == source.kind && fund.owner.is_some() && fund.owner == owner;
        Ok(self.funds.iter().find(owned).map(|fund| fund.id))
    }
}
