//! By what pairs are judged: the weights, the conflicts, the rankings and the past that concern these students.

use crate::domain::{Conflicts, History, Rankings, RoundId, Rules, Student, Weights};
use crate::store::{conflict, history, ranking};
use kit::{Error, Tx};
use std::collections::BTreeSet;

pub struct Judge {
    pub weights: Weights,
    pub conflicts: Conflicts,
    pub rankings: Rankings,
    pub history: History,
}

impl Judge {
    pub async fn new(tx: &mut Tx, weights: Weights, students: &[&Student], rounds: BTreeSet<RoundId>) -> Result<Self, Error> {
        let conflicts = conflicts(tx, students).await?;
        let mut rankings = Vec::new();
        for round in rounds {
            rankings.extend(ranking::of_round(tx, round).await?);
        }
        let history = if weights.continuity > 0 { history::of_students(tx, students).await? } else { History::default() };
        Ok(Self { weights, conflicts, rankings: Rankings::new(rankings), history })
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules { weights: &self.weights, rankings: &self.rankings, conflicts: &self.conflicts, history: &self.history }
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
