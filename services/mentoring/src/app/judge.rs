//! By what pairs are judged: the weights, the conflicts, the rankings and the past that concern these students, and what
//! their mentors and the organisations of those offer.

use crate::domain::{Conflicts, History, Offers, Ranking, Rankings, RoundId, Rules, Student, Weights};
use crate::store::{admission, conflict, history, project, ranking};
use kit::{Error, Tx};
use std::collections::BTreeSet;

pub struct Judge {
    pub weights: Weights,
    pub conflicts: Conflicts,
    pub rankings: Rankings,
    pub history: History,
    pub offers: Offers,
}

impl Judge {
    pub async fn new(tx: &mut Tx, weights: Weights, students: &[&Student], rounds: BTreeSet<RoundId>) -> Result<Self, Error> {
        let conflicts = conflicts(tx, students).await?;
        let (mut rankings, mut admissions) = (Vec::new(), Vec::new());
        for round in &rounds {
            rankings.extend(ranking::of_round(tx, *round).await?);
            admissions.extend(admission::of_round(tx, *round).await?);
        }
        let history = if weights.continuity > 0 { history::of_students(tx, students).await? } else { History::default() };
        let named = rankings.iter().flat_map(Ranking::projects).collect();
        let mut offers = Offers::new(project::by_ids(tx, &named).await?, admissions);
        if let (1, Some(round)) = (rounds.len(), rounds.first()) {
            offers = offers.of_round(*round, admission::guided(tx, *round).await?);
        }
        Ok(Self { weights, conflicts, rankings: Rankings::new(rankings), history, offers })
    }

    /// By what a whole round is judged.
    pub async fn of_round(tx: &mut Tx, weights: Weights, round: RoundId) -> Result<Self, Error> {
        let conflicts = Conflicts::new(conflict::all(tx).await?);
        let rankings = ranking::of_round(tx, round).await?;
        let history = if weights.continuity > 0 { history::of_round(tx, round).await? } else { History::default() };
        let named = rankings.iter().flat_map(Ranking::projects).collect();
        let offers = Offers::new(project::by_ids(tx, &named).await?, admission::of_round(tx, round).await?);
        let offers = offers.of_round(round, admission::guided(tx, round).await?);
        Ok(Self { weights, conflicts, rankings: Rankings::new(rankings), history, offers })
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules {
            weights: &self.weights,
            rankings: &self.rankings,
            conflicts: &self.conflicts,
            history: &self.history,
            offers: &self.offers,
        }
    }
}

/// The conflicts of everybody who could guide one of these students.
pub async fn conflicts(tx: &mut Tx, students: &[&Student]) -> Result<Conflicts, Error> {
    let mut found = Vec::new();
    for school in students.iter().map(|student| student.school).collect::<BTreeSet<_>>() {
        found.extend(conflict::of_school(tx, school).await?);
    }
    let pools: BTreeSet<_> = students.iter().map(|student| (student.enterprise, student.chain.as_str())).collect();
    for (enterprise, chain) in pools {
        found.extend(conflict::of_enterprise(tx, enterprise, chain).await?);
    }
    Ok(Conflicts::new(found))
}
