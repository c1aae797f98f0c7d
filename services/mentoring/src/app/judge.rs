//! By what pairs are judged: the weights, the conflicts and rankings that concern these students.

use crate::domain::{Conflicts, Rankings, RoundId, Rules, Student, Weights};
use crate::store::{conflict, ranking};
use kit::{Error, Tx};
use std::collections::BTreeSet;

pub struct Judge {
    pub weights: Weights,
    pub conflicts: Conflicts,
    pub rankings: Rankings,
}

impl Judge {
    pub async fn new(tx: &mut Tx, weights: Weights, students: &[&Student], rounds: BTreeSet<RoundId>) -> Result<Self, Error> {
        let conflicts = conflicts(tx, students).await?;
        let mut rankings = Vec::new();
        for round in rounds {
            rankings.extend(ranking::of_round(tx, round).await?);
        }
        Ok(Self { weights, conflicts, rankings: Rankings::new(rankings) })
    }

    /// By what a whole round is judged.
    pub async fn of_round(tx: &mut Tx, weights: Weights, round: RoundId) -> Result<Self, Error> {
        let conflicts = Conflicts::new(conflict::all(tx).await?);
        Ok(Self { weights, conflicts, rankings: Rankings::new(ranking::of_round(tx, round).await?) })
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules { weights: &self.weights, rankings: &self.rankings, conflicts: &self.conflicts }
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
