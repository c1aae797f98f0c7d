//! A dry run: what is proposed to the students of a round on both sides, how good that is, and why.

use super::sheet::{Rules, Sheet};
use super::{Assignment, Mentor, Shared, Side, Student};
use matching::certificate::{Flaw, Worth, blocking_pairs, check_assignment, check_optimal, check_stable};
use matching::joint::{beside_academic, beside_enterprise};
use matching::optimal::{self, Optimal};
use matching::{Assignment as Numbers, Fault, Instance, joint, spread, stable};
use serde::{Deserialize, Serialize};

/// Better choices that are told.
const TOLD: usize = 5;

kit::words! {
    /// What is wanted of an assignment.
    pub enum Objective {
        Optimal = "optimal",
        Stable = "stable",
    }
}

kit::words! {
    /// What a dry run could be shown to be.
    pub enum Proof {
        /// Each side is what was wanted, by a certificate that the separate checker accepted.
        Certified = "certified",
        /// Each side is so among those compatible with the other.
        Bounded = "bounded",
    }
}

/// What is asked.
pub struct Question<'a> {
    pub students: &'a [&'a Student],
    pub academic: &'a [Mentor],
    pub enterprise: &'a [Mentor],
    pub rules: Rules<'a>,
}

/// What was answered.
pub struct DryRun {
    pub proposals: Vec<(Side, Assignment, Because)>,
    pub matched_academic: i64,
    pub matched_enterprise: i64,
    pub total_fit: i64,
    /// What both sides could reach apart.
    pub bound: Worth,
    pub blocking_pairs: usize,
    pub proof: Proof,
}

/// Why a proposal is as it is, as it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub parts: Vec<Part>,
    pub better: Vec<Better>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub part: String,
    pub score: i64,
    pub weight: i64,
}

/// A better choice that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Better {
    pub mentor: String,
    /// The mentor's project, if it is one; what was kept before there were any has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    pub fit: i64,
    pub obstacle: Obstacle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    Outranked,
    Taken,
    Excluded,
    Incompatible,
    /// The mentor had places, and the project none.
    ProjectFull,
    /// The mentor had places, and the quota of the organisation none.
    Quota,
}

/// A dry run that could not be made, or not be proved; both are faults of ours.
#[derive(Debug, thiserror::Error)]
pub enum Unsolved {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the answer is not proved: {0}")]
    Flaw(#[from] Flaw),
}

pub fn dry_run(question: &Question, objective: Objective) -> Result<DryRun, Unsolved> {
    let anyone = |_: &Student, _: &Mentor| true;
    let as_it_is = |_: &Mentor, fit| fit;
    let sheets = Sheets {
        academic: Sheet::new(question.students, question.academic, question.rules, anyone, as_it_is)?,
        enterprise: Sheet::new(question.students, question.enterprise, question.rules, anyone, as_it_is)?,
        question,
    };
    let (held, bound, certified) = match objective {
        Objective::Optimal => sheets.optimal()?,
        Objective::Stable => sheets.stable()?,
    };
    let worth =
        [check_assignment(&sheets.academic.instance, &held[0])?, check_assignment(&sheets.enterprise.instance, &held[1])?];
    Ok(DryRun {
        proposals: sheets.proposals(&held, objective),
        matched_academic: worth[0].assigned,
        matched_enterprise: worth[1].assigned,
        total_fit: worth[0].value + worth[1].value,
        bound,
        blocking_pairs: blocking_pairs(&sheets.academic.instance, &held[0])
            + blocking_pairs(&sheets.enterprise.instance, &held[1]),
        proof: if certified { Proof::Certified } else { Proof::Bounded },
    })
}

struct Sheets<'a> {
    academic: Sheet<'a>,
    enterprise: Sheet<'a>,
    question: &'a Question<'a>,
}

/// Both sides' numbers, what they could reach apart, and whether each is what was wanted without regard to the other.
type Held = ([Numbers; 2], Worth, bool);

impl Sheets<'_> {
    /// Whether two mentors can guide a student.
    fn compatible(&self, student: usize, academic: u32, enterprise: u32) -> bool {
        let pair = self.academic.mentor(Some(academic)).zip(self.enterprise.mentor(Some(enterprise)));
        pair.is_none_or(|(one, other)| self.question.rules.compatible(self.academic.students[student], one, other))
    }

    fn optimal(&self) -> Result<Held, Unsolved> {
        let compatible = |student, one, other| self.compatible(student, one, other);
        let (academic, enterprise) = (&self.academic.instance, &self.enterprise.instance);
        let mut answer = joint::solve(academic, enterprise, compatible);
        let beside = beside_enterprise(academic, &answer.enterprise.assignment, compatible);
        check_optimal(&beside, &answer.academic.assignment, &answer.academic.prices)?;
        // Equals share the students, as long as that takes nothing from the other side's proof.
        let mut even = answer.academic.clone();
        spread(&beside, &mut even);
        let next = beside_academic(enterprise, &even.assignment, compatible);
        let proved = |instance: &Instance, side: &Optimal| check_optimal(instance, &side.assignment, &side.prices);
        let beside = if proved(&next, &answer.enterprise).is_ok() {
            answer.academic = even;
            next
        } else {
            beside_academic(enterprise, &answer.academic.assignment, compatible)
        };
        proved(&beside, &answer.enterprise)?;
        let mut even = answer.enterprise.clone();
        spread(&beside, &mut even);
        if proved(&beside_enterprise(academic, &even.assignment, compatible), &answer.academic).is_ok() {
            answer.enterprise = even;
        }
        let certified = answer.worth == answer.bound;
        Ok(([answer.academic.assignment, answer.enterprise.assignment], answer.bound, certified))
    }

    /// The academic side first; the enterprise side among those who go with it.
    fn stable(&self) -> Result<Held, Unsolved> {
        let compatible = |student, one, other| self.compatible(student, one, other);
        let (academic, enterprise) = (&self.academic.instance, &self.enterprise.instance);
        let one = stable::solve(academic);
        check_stable(academic, &one.assignment, &one.cutoffs)?;
        let beside = beside_academic(enterprise, &one.assignment, compatible);
        let other = stable::solve(&beside);
        check_stable(&beside, &other.assignment, &other.cutoffs)?;
        let mut bound = Worth::default();
        for instance in [academic, enterprise] {
            bound += check_assignment(instance, &optimal::solve(instance).assignment)?;
        }
        let certified = check_stable(enterprise, &other.assignment, &other.cutoffs).is_ok();
        Ok(([one.assignment, other.assignment], bound, certified))
    }

    fn proposals(&self, held: &[Numbers; 2], objective: Objective) -> Vec<(Side, Assignment, Because)> {
        let mut proposals = Vec::new();
        for (side, sheet, mine) in [(Side::Academic, &self.academic, &held[0]), (Side::Enterprise, &self.enterprise, &held[1])] {
            let loads = sheet.loads(mine);
            for (number, assignment) in sheet.read(mine).into_iter().enumerate() {
                let obstacle = |mentor: u32| {
                    let goes = match side {
                        Side::Academic => held[1][number].is_none_or(|other| self.compatible(number, mentor, other)),
                        Side::Enterprise => held[0][number].is_none_or(|other| self.compatible(number, other, mentor)),
                    };
                    match (goes, sheet.full(mentor, &loads), objective) {
                        (false, ..) => Obstacle::Incompatible,
                        (true, Some(obstacle), _) => obstacle,
                        (true, None, Objective::Optimal) => Obstacle::Taken,
                        (true, None, Objective::Stable) => Obstacle::Outranked,
                    }
                };
                let because = self.because(sheet, number, mine[number], objective, obstacle);
                proposals.push((side, assignment, because));
            }
        }
        proposals
    }

    fn because(
        &self,
        sheet: &Sheet,
        number: usize,
        mine: Option<u32>,
        objective: Objective,
        obstacle: impl Fn(u32) -> Obstacle,
    ) -> Because {
        let (rules, student) = (self.question.rules, sheet.students[number]);
        let weighed = sheet.mentor(mine).map(|mentor| rules.parts(student, mentor).weighed(rules.weights));
        let part = |(part, score, weight): (&str, i64, i64)| Part { part: part.to_owned(), score, weight };
        // How good a choice is for the student, by what was wanted.
        let height = |mentor: u32, fit: i64| {
            let named = sheet.mentor(Some(mentor)).map_or(0, |mentor| rules.heights(student, mentor).0);
            (if objective == Objective::Stable { named } else { 0 }, fit)
        };
        let fit = |mentor: u32| sheet.instance.value(number, mentor).map(i64::from);
        let floor = mine.and_then(|mentor| Some(height(mentor, fit(mentor)?)));
        let mut better: Vec<((i32, i64), Better)> = Vec::new();
        for (other, mentor) in (0u32..).zip(&sheet.mentors) {
            let possible = fit(other);
            let stands = super::eligible(student, mentor) && rules.offered(student, mentor);
            let forbidden = possible.is_none() && stands && rules.forbid(student, mentor);
            if possible.is_none() && !forbidden {
                continue;
            }
            let fit = possible.unwrap_or_else(|| rules.fit(student, mentor));
            if floor.is_none_or(|floor| height(other, fit) > floor) {
                let project = mentor.offer.map(|offer| offer.project.to_string());
                let obstacle = if forbidden { Obstacle::Excluded } else { obstacle(other) };
                better.push((height(other, fit), Better { mentor: mentor.id.to_string(), project, fit, obstacle }));
            }
        }
        better.sort_by_key(|(height, _)| std::cmp::Reverse(*height));
        Because {
            parts: weighed.into_iter().flatten().filter(|(_, _, weight)| *weight > 0).map(part).collect(),
            better: better.into_iter().map(|(_, better)| better).take(TOLD).collect(),
        }
    }
}

impl Sheet<'_> {
    /// The students each holder of places is given.
    fn loads(&self, held: &Numbers) -> Vec<usize> {
        let mut loads = vec![0; self.instance.holders()];
        for mentor in held.iter().flatten() {
            self.instance.chain(*mentor).for_each(|holder| loads[holder] += 1);
        }
        loads
    }

    /// Whether it is a project or a quota, and not the mentor, that has no place left.
    fn full(&self, mentor: u32, loads: &[usize]) -> Option<Obstacle> {
        let full = |holder: &usize| loads[*holder] >= self.instance.free_of(*holder);
        let what = |holder: usize| match holder.checked_sub(self.mentors.len()).and_then(|group| self.shared.get(group)) {
            None if self.mentor(Some(mentor)).is_some_and(|mentor| mentor.offer.is_some()) => Some(Obstacle::ProjectFull),
            Some(Shared::Organisation) => Some(Obstacle::Quota),
            None | Some(Shared::Mentor) => None,
        };
        let mut short: Vec<Option<Obstacle>> = self.instance.chain(mentor).filter(full).map(what).collect();
        if short.contains(&None) { None } else { short.drain(..).next().flatten() }
    }
}
