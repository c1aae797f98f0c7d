//! A dry run: what is proposed to the students of a round on both sides, how good that is, and why.

use super::because::{Because, Better, Obstacle, Part};
use super::candidates::{Cut, Field, Lists};
use super::sheet::{Rules, Sheet, meet};
use super::{Assignment, Mentor, Shared, Side, Student};
use matching::certificate::{Flaw, Worth, blocking_pairs, check_assignment, check_optimal, check_stable};
use matching::joint::{beside_academic, beside_enterprise};
use matching::optimal::Optimal;
use matching::{Assignment as Numbers, Fault, Instance, joint, optimal, spread, stable};

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

/// Up to how many students equals share the students evenly: evening out looks from every mentor at every student.
const EVENED: usize = 1000;
/// How often those who stay alone for want of two mentors who go together are given further ones to look at.
const TURNS: usize = 3;

/// Each time pairs are added, a student gets this part of the candidates looked at first.
const FURTHER: usize = 4;

/// What is asked.
pub struct Question<'a> {
    pub students: &'a [&'a Student],
    pub academic: &'a [Mentor],
    pub enterprise: &'a [Mentor],
    pub rules: Rules<'a>,
    /// Possible mentors looked at first, a student and side.
    pub candidates: usize,
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

/// A dry run that could not be made, or not be proved; both are faults of ours.
#[derive(Debug, thiserror::Error)]
pub enum Unsolved {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the answer is not proved: {0}")]
    Flaw(#[from] Flaw),
    #[error("a thread that solves ended early")]
    Thread,
}

pub fn dry_run(question: &Question, objective: Objective) -> Result<DryRun, Unsolved> {
    let field = |mentors| Field::new(question.students, mentors, question.rules);
    let (academic, enterprise) =
        at_once(|| Apart::solve(field(question.academic), question), || Apart::solve(field(question.enterprise), question))?;
    let mut bound = academic.worth()?;
    bound += enterprise.worth()?;
    let mut sheets =
        Sheets { vetoes: vetoes(question.rules, &academic.field, &enterprise.field), academic, enterprise, question };
    let (held, certified) = match objective {
        Objective::Optimal => sheets.optimal(bound)?,
        Objective::Stable => sheets.stable()?,
    };
    let [academic, enterprise] = [&sheets.academic.sheet.instance, &sheets.enterprise.sheet.instance];
    let worth = [check_assignment(academic, &held[0])?, check_assignment(enterprise, &held[1])?];
    let (one, other) = at_once(|| Ok(blocking_pairs(academic, &held[0])), || Ok(blocking_pairs(enterprise, &held[1])))?;
    Ok(DryRun {
        matched_academic: worth[0].assigned,
        matched_enterprise: worth[1].assigned,
        total_fit: worth[0].value + worth[1].value,
        bound,
        blocking_pairs: one + other,
        proof: if certified { Proof::Certified } else { Proof::Bounded },
        proposals: sheets.proposals(&held, objective)?,
    })
}

/// Works on both sides at once.
fn at_once<A: Send, B: Send>(
    one: impl FnOnce() -> Result<A, Unsolved> + Send,
    other: impl FnOnce() -> Result<B, Unsolved>,
) -> Result<(A, B), Unsolved> {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other()?;
        Ok((one.join().map_err(|_| Unsolved::Thread)??, other))
    })
}

/// One side, without regard to the other.
struct Apart<'a> {
    field: Field<'a>,
    lists: Lists,
    sheet: Sheet<'a>,
    /// Optimal among all pairs there could be, not only those that are looked at.
    optimal: Optimal,
}

impl<'a> Apart<'a> {
    fn solve(field: Field<'a>, question: &Question) -> Result<Self, Unsolved> {
        let cut = Cut { most: question.candidates, turned: true };
        let mut lists = field.first(cut);
        let more = Cut { most: question.candidates.div_ceil(FURTHER), ..cut };
        let mut near: Option<Optimal> = None;
        loop {
            let sheet = Sheet::of(&field, &lists)?;
            let (optimal, exact) = match near {
                Some(near) => (optimal::solve_from(&sheet.instance, &near), true),
                // As long as many pairs are missing, rough prices find them as well as exact ones.
                None => match optimal::estimate(&sheet.instance) {
                    Some(rough) => (rough, false),
                    None => (optimal::solve(&sheet.instance), true),
                },
            };
            let added = field.priced(&mut lists, (&sheet.instance, &optimal), more);
            if exact && added == 0 {
                check_optimal(&sheet.instance, &optimal.assignment, &optimal.prices)?;
                return Ok(Self { field, lists, sheet, optimal });
            }
            // Many new pairs move so much that it is faster to begin anew.
            near = (added == 0 || added < field.students.len()).then_some(optimal);
        }
    }

    fn worth(&self) -> Result<Worth, Unsolved> {
        Ok(check_assignment(&self.sheet.instance, &self.optimal.assignment)?)
    }

    /// Looks at further pairs that pass, for those who stayed alone or would rather have `better` ones; `false` if there
    /// are none.
    fn widen(&mut self, held: &Numbers, better: bool, passes: impl Fn(usize, u32) -> bool + Sync) -> Result<bool, Unsolved> {
        let added = self.field.further(&mut self.lists, held, better, passes);
        if added > 0 {
            self.sheet = Sheet::of(&self.field, &self.lists)?;
        }
        Ok(added > 0)
    }

    /// Begins anew with each student's very best, as a student who asks one mentor after the other needs them.
    fn begin(&mut self, candidates: usize) -> Result<(), Unsolved> {
        self.lists = self.field.first(Cut { most: candidates, turned: false });
        self.sheet = Sheet::of(&self.field, &self.lists)?;
        Ok(())
    }
}

/// Which enterprise mentors do not guide a student beside which academic one.
fn vetoes(rules: Rules, academic: &Field, enterprise: &Field) -> Vec<Vec<u32>> {
    let mut vetoes = vec![Vec::new(); academic.mentors.len()];
    for (one, other) in rules.conflicts.vetoes() {
        for number in academic.numbers(one) {
            vetoes[number as usize].extend(enterprise.numbers(other));
        }
    }
    vetoes
}

struct Sheets<'a> {
    academic: Apart<'a>,
    enterprise: Apart<'a>,
    /// Beside each academic mentor, by number, the enterprise mentors who do not guide the same student.
    vetoes: Vec<Vec<u32>>,
    question: &'a Question<'a>,
}

/// Both sides' numbers, and whether each is what was wanted without regard to the other.
type Held = ([Numbers; 2], bool);

impl Sheets<'_> {
    /// Whether two mentors can guide a student.
    fn compatible(&self, student: usize, academic: u32, enterprise: u32) -> bool {
        let (one, other) = (academic as usize, enterprise as usize);
        let who = self.academic.sheet.students[student];
        !self.vetoes[one].contains(&enterprise)
            && (!who.same_place || meet(who, self.academic.sheet.mentors[one], self.enterprise.sheet.mentors[other]))
    }

    /// Whether any two mentors could not guide the same student.
    fn may_clash(&self) -> bool {
        self.question.rules.conflicts.part_any() || self.question.students.iter().any(|student| student.same_place)
    }

    fn agree(&self, one: &Numbers, other: &Numbers) -> bool {
        let mut both = one.iter().zip(other).enumerate();
        both.all(|(student, pair)| match pair {
            (Some(one), Some(other)) => self.compatible(student, *one, *other),
            _ => true,
        })
    }

    fn optimal(&mut self, bound: Worth) -> Result<Held, Unsolved> {
        let (one, other) = (&self.academic.optimal, &self.enterprise.optimal);
        if self.agree(&one.assignment, &other.assignment) {
            return self.evened(one.clone(), other.clone(), true);
        }
        let mut answer = self.joint();
        for _ in 0..TURNS {
            let [one, other] = [answer.academic.assignment.clone(), answer.enterprise.assignment.clone()];
            if answer.worth.assigned == bound.assigned || !self.widen(&one, &other)? {
                break;
            }
            let next = self.joint();
            if next.worth <= answer.worth {
                break;
            }
            answer = next;
        }
        let certified = answer.worth == bound;
        self.evened(answer.academic, answer.enterprise, certified)
    }

    fn joint(&self) -> joint::Joint {
        let compatible = |student, one, other| self.compatible(student, one, other);
        let (one, other) = (&self.academic, &self.enterprise);
        joint::solve_apart((&one.sheet.instance, &one.optimal), (&other.sheet.instance, &other.optimal), compatible)
    }

    /// Gives those who stayed alone on one side further mentors to look at, who go with the one they have on the other.
    fn widen(&mut self, one: &Numbers, other: &Numbers) -> Result<bool, Unsolved> {
        let rules = self.question.rules;
        let goes = |student: &Student, mentor: &Mentor, partner: Option<&Mentor>| {
            partner.is_none_or(|partner| rules.compatible(student, mentor, partner))
        };
        let partners = |apart: &Apart, held: &Numbers| -> Vec<Option<Mentor>> {
            held.iter().map(|mentor| apart.sheet.mentor(*mentor).cloned()).collect()
        };
        let (mine, theirs) = (partners(&self.academic, one), partners(&self.enterprise, other));
        let (students, mentors) = (self.academic.field.students.clone(), self.academic.field.mentors.clone());
        let academic = self
            .academic
            .widen(one, false, |student, mentor| goes(students[student], mentors[mentor as usize], theirs[student].as_ref()))?;
        let mentors = self.enterprise.field.mentors.clone();
        let enterprise = self
            .enterprise
            .widen(other, false, |student, mentor| goes(students[student], mentors[mentor as usize], mine[student].as_ref()))?;
        Ok(academic || enterprise)
    }

    /// Proves the answer, and has equals share the students, as long as that takes nothing from the other side's proof.
    fn evened(&self, one: Optimal, other: Optimal, certified: bool) -> Result<Held, Unsolved> {
        let (academic, enterprise) = (&self.academic.sheet.instance, &self.enterprise.sheet.instance);
        let proved = |instance: &Instance, side: &Optimal| check_optimal(instance, &side.assignment, &side.prices);
        if !self.may_clash() {
            let (one, other) = at_once(|| even(academic, one), || even(enterprise, other))?;
            return Ok(([one.assignment, other.assignment], certified));
        }
        let compatible = |student, one, other| self.compatible(student, one, other);
        let (mut one, mut other) = (one, other);
        let beside = beside_enterprise(academic, &other.assignment, compatible);
        proved(&beside, &one)?;
        let more = even(&beside, one.clone())?;
        if proved(&beside_academic(enterprise, &more.assignment, compatible), &other).is_ok() {
            one = more;
        }
        let beside = beside_academic(enterprise, &one.assignment, compatible);
        proved(&beside, &other)?;
        let more = even(&beside, other.clone())?;
        if proved(&beside_enterprise(academic, &more.assignment, compatible), &one).is_ok() {
            other = more;
        }
        Ok(([one.assignment, other.assignment], certified))
    }

    /// The academic side first; the enterprise side among those who go with it. A student asks the best first, so others
    /// are asked only by who was refused so far that one not looked at would be better.
    fn stable(&mut self) -> Result<Held, Unsolved> {
        self.academic.begin(self.question.candidates)?;
        self.enterprise.begin(self.question.candidates)?;
        let mut one = stable::solve(&self.academic.sheet.instance);
        while self.academic.widen(&one.assignment, true, |_, _| true)? {
            one = stable::solve(&self.academic.sheet.instance);
        }
        check_stable(&self.academic.sheet.instance, &one.assignment, &one.cutoffs)?;
        let beside = |sheets: &Self| {
            let compatible = |student, one, other| sheets.compatible(student, one, other);
            beside_academic(&sheets.enterprise.sheet.instance, &one.assignment, compatible)
        };
        let mut instance = beside(self);
        let mut other = stable::solve(&instance);
        while self.enterprise.widen(&other.assignment, true, |_, _| true)? {
            instance = beside(self);
            other = stable::solve(&instance);
        }
        check_stable(&instance, &other.assignment, &other.cutoffs)?;
        let certified = check_stable(&self.enterprise.sheet.instance, &other.assignment, &other.cutoffs).is_ok();
        Ok(([one.assignment, other.assignment], certified))
    }

    fn proposals(&self, held: &[Numbers; 2], objective: Objective) -> Result<Vec<(Side, Assignment, Because)>, Unsolved> {
        let of_side = |side: Side, apart: &Apart, mine: &Numbers| {
            let loads = apart.sheet.loads(mine);
            let because = |(number, assignment): (usize, Assignment)| {
                let full = |mentor: u32| apart.sheet.full(mentor, &loads);
                let obstacle = |mentor: u32| self.obstacle(held, (side, number, mentor), full(mentor), objective);
                (side, assignment, self.because(apart, (number, mine[number]), objective, obstacle))
            };
            apart.sheet.read(mine).into_iter().enumerate().map(because).collect::<Vec<_>>()
        };
        let (mut proposals, others) = at_once(
            || Ok(of_side(Side::Academic, &self.academic, &held[0])),
            || Ok(of_side(Side::Enterprise, &self.enterprise, &held[1])),
        )?;
        proposals.extend(others);
        Ok(proposals)
    }

    /// Why a student was not given a better mentor.
    fn obstacle(
        &self,
        held: &[Numbers; 2],
        (side, student, mentor): (Side, usize, u32),
        full: Option<Obstacle>,
        objective: Objective,
    ) -> Obstacle {
        let goes = match side {
            Side::Academic => held[1][student].is_none_or(|other| self.compatible(student, mentor, other)),
            Side::Enterprise => held[0][student].is_none_or(|other| self.compatible(student, other, mentor)),
        };
        match (goes, full, objective) {
            (false, ..) => Obstacle::Incompatible,
            (true, Some(obstacle), _) => obstacle,
            (true, None, Objective::Optimal) => Obstacle::Taken,
            (true, None, Objective::Stable) => Obstacle::Outranked,
        }
    }

    fn because(
        &self,
        apart: &Apart,
        (number, mine): (usize, Option<u32>),
        objective: Objective,
        obstacle: impl Fn(u32) -> Obstacle,
    ) -> Because {
        let (rules, sheet) = (self.question.rules, &apart.sheet);
        let student = sheet.students[number];
        let weighed = sheet.mentor(mine).map(|mentor| rules.parts(student, mentor).weighed(rules.weights));
        let part = |(part, score, weight): (&str, i64, i64)| Part { part: part.to_owned(), score, weight };
        // How good a choice is for the student, by what was wanted.
        let height = |by_student: i32, fit: i64| (if objective == Objective::Stable { by_student } else { 0 }, fit);
        let pairs = || sheet.instance.ranked(number);
        let floor = mine.and_then(|mine| pairs().find(|(arc, _)| arc.mentor == mine));
        let floor = floor.map(|(arc, preference)| height(preference.by_student, arc.value.into()));
        let mut better: Vec<((i32, i64), u32, Option<Obstacle>)> = Vec::new();
        for (arc, preference) in pairs() {
            let height = height(preference.by_student, arc.value.into());
            if floor.is_none_or(|floor| height > floor) {
                better.push((height, arc.mentor, None));
            } else if objective == Objective::Optimal {
                // The best come first.
                break;
            }
        }
        for other in apart.field.excluded(student) {
            let mentor = sheet.mentors[other as usize];
            let height = height(rules.heights(student, mentor).0, rules.fit(student, mentor));
            let stands = super::eligible(student, mentor) && rules.offered(student, mentor);
            if stands && floor.is_none_or(|floor| height > floor) {
                better.push((height, other, Some(Obstacle::Excluded)));
            }
        }
        better.sort_by_key(|(height, mentor, _)| (std::cmp::Reverse(*height), *mentor));
        let told = |((_, fit), mentor, forbidden): ((i32, i64), u32, Option<Obstacle>)| Better {
            mentor: sheet.mentors[mentor as usize].id.to_string(),
            project: sheet.mentors[mentor as usize].offer.map(|offer| offer.project.to_string()),
            fit,
            obstacle: forbidden.unwrap_or_else(|| obstacle(mentor)),
        };
        Because {
            parts: weighed.into_iter().flatten().filter(|(_, _, weight)| *weight > 0).map(part).collect(),
            better: better.into_iter().take(TOLD).map(told).collect(),
        }
    }
}

/// Proves one side of its own, and has equals share the students where they are not too many.
fn even(instance: &Instance, mut optimal: Optimal) -> Result<Optimal, Unsolved> {
    if instance.students() <= EVENED {
        spread(instance, &mut optimal);
    }
    check_optimal(instance, &optimal.assignment, &optimal.prices)?;
    Ok(optimal)
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
