//! Students and mentors evaluate each other, each through who speaks for them.

use super::list::{Listed, visible};
use crate::domain::{Aspect, Evaluation, Evaluator, Guide, Pairing, PairingId, Refusal, Term, TermId, check_evaluable};
use crate::events;
use crate::store::evaluation::{self, Filter, Stored};
use crate::store::{pairing, term};
use kit::auth::Role;
use kit::page::Page;
use kit::{Error, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
pub struct Evaluate {
    pub evaluations: Vec<Said>,
}

#[derive(Debug, Clone)]
pub struct Said {
    pub pairing: PairingId,
    pub term: TermId,
    pub evaluator: Evaluator,
    pub score: i64,
    pub aspects: BTreeMap<Aspect, i64>,
}

/// Those kept, in the order of the command.
#[derive(Debug)]
pub struct Evaluated(pub Vec<Stored>);

/// What is known of the pairings of a command, and what it said of them so far.
struct Known {
    terms: BTreeMap<TermId, Term>,
    pairings: BTreeMap<PairingId, Pairing>,
    /// By both sides, before the command.
    before: BTreeMap<(PairingId, TermId, Evaluator), Stored>,
    said: BTreeMap<(PairingId, TermId, Evaluator), i64>,
    events: BTreeMap<PairingId, usize>,
}

pub async fn evaluate(tx: &mut Tx, scope: &Scope, command: Evaluate) -> Result<Evaluated, Error> {
    let ids: BTreeSet<PairingId> = command.evaluations.iter().map(|said| said.pairing).collect();
    let pairings = pairing::by_ids(tx, &ids).await?;
    let key = |stored: Stored| ((stored.evaluation.pairing, stored.evaluation.term, stored.evaluation.evaluator), stored);
    let before = evaluation::of_pairings(tx, &ids).await?.into_iter().map(key).collect();
    let read = pairings.clone();
    let terms = term::all(tx).await?;
    let mut known = Known { terms, pairings, before, said: BTreeMap::new(), events: BTreeMap::new() };
    let mut kept = Vec::with_capacity(command.evaluations.len());
    for (at, said) in command.evaluations.into_iter().enumerate() {
        let one = keep(tx, scope, &mut known, said).await;
        kept.push(one.map_err(|error| error.within(&format!("evaluations[{at}]")))?);
    }
    // Under the guard of what was read: whoever evaluates the same pairing at the same time decides again.
    pairing::advance_all(tx, read.values().filter_map(|pairing| Some((pairing, *known.events.get(&pairing.id)?)))).await?;
    if !evaluation::put(tx, &kept).await? {
        return Err(Error::stale("evaluations"));
    }
    evaluation::seal(tx, &ids).await?;
    for stored in &mut kept {
        let (pairing, term, evaluator) = (stored.evaluation.pairing, stored.evaluation.term, stored.evaluation.evaluator);
        stored.shared = known.score(pairing, term, other(evaluator)).is_some();
    }
    Ok(Evaluated(kept))
}

async fn keep(tx: &mut Tx, scope: &Scope, known: &mut Known, said: Said) -> Result<Stored, Error> {
    let Said { pairing: id, term: term_id, evaluator, score, aspects } = said;
    let pairing = known.pairings.get(&id).ok_or_else(|| Error::not_found(id).on("pairing"))?;
    let guide = speak(scope, pairing, evaluator)?;
    let term = known.terms.get(&term_id).ok_or_else(|| Error::not_found(term_id).on("term"))?;
    check_evaluable(pairing, &guide, term, scope.today())?;
    let code = || term.code.clone();
    if known.said.contains_key(&(id, term_id, evaluator)) {
        return Err(Refusal::EvaluatedTwice { pairing: id, code: code() }.into());
    }
    let first = known.before.get(&(id, term_id, evaluator));
    let answered = known.score(id, term_id, other(evaluator));
    if first.is_some() && answered.is_some() {
        return Err(Refusal::EvaluationSealed { pairing: id, code: code() }.into());
    }
    let stored = Stored {
        evaluation: Evaluation {
            id: first.map_or_else(|| scope.id(), |first| first.evaluation.id),
            pairing: id,
            term: term_id,
            evaluator,
            score,
            aspects,
        },
        organisation: evaluator.speaker(pairing, &guide),
        shared: false,
        recorded_by: scope.principal().subject.clone(),
        created_at: first.map_or(scope.now(), |first| first.created_at),
        updated_at: scope.now(),
    };
    known.said.insert((id, term_id, evaluator), score);
    tell(tx, scope, known, &stored, &guide).await?;
    Ok(stored)
}

/// Lets those pass who speak for the evaluator; answers the mentor.
fn speak(scope: &Scope, pairing: &Pairing, evaluator: Evaluator) -> Result<Guide, Error> {
    let id = pairing.id;
    let Some(guide) = pairing.guide else {
        scope.own_either(&[pairing.school, pairing.enterprise], id).map_err(|error| error.on("pairing"))?;
        return Err(Refusal::NoMentor { pairing: id }.into());
    };
    scope.own(evaluator.speaker(pairing, &guide), id).map_err(|error| error.on("pairing"))?;
    if evaluator == Evaluator::Student && only_mentor(scope) {
        return Err(Error::not_found(id).on("pairing"));
    }
    Ok(guide)
}

/// Whether the caller is a mentor and nothing more: then the students of the same school are spoken for by others.
fn only_mentor(scope: &Scope) -> bool {
    scope.principal().roles.iter().all(|role| *role == Role::Mentor)
}

const fn other(evaluator: Evaluator) -> Evaluator {
    match evaluator {
        Evaluator::Student => Evaluator::Mentor,
        Evaluator::Mentor => Evaluator::Student,
    }
}

/// Tells that a side has evaluated, and, if the other one has too, what both said.
async fn tell(tx: &mut Tx, scope: &Scope, known: &mut Known, stored: &Stored, guide: &Guide) -> Result<(), Error> {
    let Evaluation { pairing: id, term, evaluator, score, .. } = stored.evaluation;
    let answered = known.score(id, term, other(evaluator));
    let Some(pairing) = known.pairings.get_mut(&id) else { return Ok(()) };
    pairing.version += 1;
    events::emit_evaluation(tx, scope, pairing, &stored.evaluation).await?;
    let mut events = 1;
    if let Some(answered) = answered {
        let (by_student, by_mentor) = if evaluator == Evaluator::Student { (score, answered) } else { (answered, score) };
        pairing.version += 1;
        events::emit_exchanged(tx, scope, pairing, (guide, term), (by_student, by_mentor)).await?;
        events += 1;
    }
    *known.events.entry(id).or_default() += events;
    Ok(())
}

impl Known {
    /// What a side says so far.
    fn score(&self, pairing: PairingId, term: TermId, evaluator: Evaluator) -> Option<i64> {
        let key = (pairing, term, evaluator);
        self.said.get(&key).copied().or_else(|| self.before.get(&key).map(|stored| stored.evaluation.score))
    }
}

#[derive(Debug, Clone)]
pub struct ListEvaluations {
    pub filter: Filter,
    pub page: Page,
}

/// What the caller's side said, and what the other one said once that is shared.
pub async fn list_evaluations(tx: &mut Tx, scope: &Scope, mut query: ListEvaluations) -> Result<Listed<Stored>, Error> {
    query.filter.organisation = visible(scope)?;
    query.filter.only_mentors = only_mentor(scope);
    let rows = evaluation::list(tx, &query.filter, scope.today(), query.page).await?;
    Ok(Listed::page(query.page, rows, |row| row.evaluation.id))
}
