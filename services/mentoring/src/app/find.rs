//! One mentor, one round, one dry run, one pairing, by its name.

use crate::domain::{Because, MentorId, OrganisationId, PairingId, ProposalId, Round, RoundId, RunId};
use crate::store::{mentor, pairing, proposal, round, run, weights};
use kit::id::Id;
use kit::{Error, Scope, Tx};

#[derive(Debug, Clone)]
pub struct FindMentor(pub MentorId);

pub async fn find_mentor(tx: &mut Tx, scope: &Scope, query: FindMentor) -> Result<mentor::Stored, Error> {
    let stored = mentor::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    scope.own(stored.mentor.profile.organisation, query.0)?;
    Ok(stored)
}

#[derive(Debug, Clone)]
pub struct FindRound(pub RoundId);

pub async fn find_round(tx: &mut Tx, scope: &Scope, query: FindRound) -> Result<round::Stored, Error> {
    let stored = round::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    if let Err(error) = owned(scope, &stored.round, query.0) {
        // Who has students in it may know of it; what is proposed to all of them is for whoever opened it.
        let own = scope.visible().map(|own| OrganisationId::parse("organisation", own)).transpose()?;
        let party = match own {
            Some(own) => round::is_party(tx, query.0, own).await?,
            None => false,
        };
        if !party {
            return Err(error);
        }
    }
    Ok(stored)
}

/// Lets the school and the enterprise pass whose students alone are in a round.
fn owned(scope: &Scope, round: &Round, name: impl std::fmt::Display) -> Result<(), Error> {
    let owners: Vec<OrganisationId> = round.school.into_iter().chain(round.enterprise).collect();
    scope.own_either(&owners, name)
}

#[derive(Debug, Clone)]
pub struct FindRun(pub RunId);

/// Seen by those who see its round.
pub async fn find_run(tx: &mut Tx, scope: &Scope, query: FindRun) -> Result<run::Run, Error> {
    let run = run::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    seen_with_round(tx, scope, run.round_id, query.0).await?;
    Ok(run)
}

#[derive(Debug, Clone)]
pub struct ExplainProposal(pub ProposalId);

/// A proposal with what the decision saw.
#[derive(Debug)]
pub struct Explained {
    pub line: proposal::Line,
    pub because: Because,
}

pub async fn explain_proposal(tx: &mut Tx, scope: &Scope, query: ExplainProposal) -> Result<Explained, Error> {
    let found = proposal::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    seen_with_round(tx, scope, found.round_id, query.0).await?;
    let weights = weights::by_version(tx, found.weights_version).await?;
    let weights = weights.ok_or_else(|| Error::internal(format!("{} has no weights", query.0)))?;
    let because = Because::from_text(&found.because, &weights).map_err(Error::internal)?;
    Ok(Explained { line: found.line, because })
}

#[derive(Debug, Clone)]
pub struct FindPairing(pub PairingId);

/// Seen by those who see it in a list: the school, the enterprise, and whose the mentor is.
pub async fn find_pairing(tx: &mut Tx, scope: &Scope, query: FindPairing) -> Result<pairing::Stored, Error> {
    let stored = pairing::by_id(tx, query.0).await?.ok_or_else(|| Error::not_found(query.0))?;
    let pairing = &stored.pairing;
    let of_mentor = pairing.guide.map_or(pairing.school, |guide| guide.organisation);
    scope.own_either(&[pairing.school, pairing.enterprise, of_mentor], query.0)?;
    Ok(stored)
}

async fn seen_with_round(tx: &mut Tx, scope: &Scope, round: RoundId, name: impl std::fmt::Display) -> Result<(), Error> {
    let round = round::by_id(tx, round).await?.ok_or_else(|| Error::not_found(&name))?.round;
    owned(scope, &round, name)
}

/// The round that the school is about to change, at the version the caller has seen.
pub(super) async fn guarded_round(tx: &mut Tx, scope: &Scope, id: RoundId, etag: Option<String>) -> Result<round::Stored, Error> {
    let stored = round::by_id(tx, id).await?.ok_or_else(|| Error::not_found(id))?;
    scope.own_either(stored.round.school.as_slice(), id)?;
    if etag.is_some_and(|etag| etag != kit::wire::etag(stored.round.version)) {
        return Err(Error::etag(&id.to_string()));
    }
    Ok(stored)
}
