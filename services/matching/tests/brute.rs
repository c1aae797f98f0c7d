//! Every answer against trying everything, on thousands of small instances.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on should stop, loudly; the numbers are small"
)]

use matching::certificate::{Rank, blocking_pairs, check_optimal, check_stable};
use matching::{Arc, Assignment, Edge, Instance, Places, Preference, joint, optimal, spread, stable};
use proptest::prelude::*;

/// What is drawn: each mentor's capacity and those taken, and the edges.
#[derive(Debug, Clone)]
struct Drawn {
    students: usize,
    places: Vec<(u32, u32)>,
    edges: Vec<(u32, u32, i32, i32, i32)>,
}

impl Drawn {
    fn built(&self) -> Instance {
        let places = self.places.iter().map(|(capacity, taken)| Places { capacity: *capacity, taken: *taken }).collect();
        let edge = |(student, mentor, value, by_student, by_mentor): &(u32, u32, i32, i32, i32)| Edge {
            student: *student,
            mentor: *mentor,
            value: *value,
            preference: Preference { by_student: *by_student, by_mentor: *by_mentor },
        };
        Instance::new(self.students, places, &self.edges.iter().map(edge).collect::<Vec<_>>()).unwrap()
    }

    /// Values too large for an auction: paths alone must find the answer.
    fn with_huge_values(mut self) -> Self {
        for edge in &mut self.edges {
            edge.2 *= 2_000_000;
        }
        self
    }

    fn without_preferences(mut self) -> Self {
        for edge in &mut self.edges {
            (edge.3, edge.4) = (0, 0);
        }
        self
    }
}

/// Few distinct values, so that ties are common; empty lists, pairs named twice, mentors without places; students
/// outnumber places about as often as not.
fn small() -> impl Strategy<Value = Drawn> {
    (0usize..6, 1usize..5).prop_flat_map(|(students, mentors)| {
        let value = prop_oneof![0i32..=1000, Just(500), Just(0), Just(1000)];
        let edge = (0..students.max(1) as u32, 0..mentors as u32, value, 0i32..3, 0i32..3);
        let edges = prop::collection::vec(edge, if students == 0 { 0..1 } else { 0..16 });
        let places = prop::collection::vec((0u32..4).prop_flat_map(|capacity| (Just(capacity), 0..=capacity)), mentors);
        (Just(students), places, edges).prop_map(|(students, places, edges)| {
            let edges = if students == 0 { Vec::new() } else { edges };
            Drawn { students, places, edges }
        })
    })
}

/// Every assignment there is.
fn everything(instance: &Instance) -> Vec<Assignment> {
    let mut all = Vec::new();
    let mut load = vec![0; instance.mentors()];
    go(instance, &mut Vec::new(), &mut load, &mut all);
    all
}

fn go(instance: &Instance, so_far: &mut Assignment, load: &mut [usize], all: &mut Vec<Assignment>) {
    if so_far.len() == instance.students() {
        all.push(so_far.clone());
        return;
    }
    so_far.push(None);
    go(instance, so_far, load, all);
    so_far.pop();
    for arc in instance.arcs(so_far.len()) {
        let mentor = arc.mentor as usize;
        if load[mentor] < instance.free(mentor) {
            load[mentor] += 1;
            so_far.push(Some(arc.mentor));
            go(instance, so_far, load, all);
            so_far.pop();
            load[mentor] -= 1;
        }
    }
}

/// Number, value, evenness: larger is better in each.
fn worth(instance: &Instance, assignment: &Assignment) -> (usize, i64, i64) {
    let mut load: Vec<u32> = instance.places().iter().map(|places| places.taken).collect();
    let (mut number, mut value, mut evenness) = (0, 0, 0);
    for (student, mentor) in assignment.iter().enumerate() {
        let Some(mentor) = *mentor else { continue };
        number += 1;
        value += i64::from(instance.value(student, mentor).unwrap());
        evenness -= i64::from(load[mentor as usize] * 1000 / instance.places()[mentor as usize].capacity);
        load[mentor as usize] += 1;
    }
    (number, value, evenness)
}

/// How a student ranks what they have; nobody is the worst.
fn taste(instance: &Instance, student: usize, mentor: Option<u32>) -> (bool, i32, i32, std::cmp::Reverse<u32>) {
    let pair = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
    let none = (false, 0, 0, std::cmp::Reverse(0));
    pair.map_or(none, |(arc, preference)| (true, preference.by_student, arc.value, std::cmp::Reverse(arc.mentor)))
}

/// Whether student and mentor would both rather have each other, equals told apart by the published rule.
fn blocks(instance: &Instance, assignment: &Assignment, student: usize, arc: Arc, preference: Preference) -> bool {
    let rank = |student: usize, arc: Arc, preference: Preference| Rank::of(u32::try_from(student).unwrap(), arc, preference);
    let here = |other: usize| instance.ranked(other).find(|(other, _)| other.mentor == arc.mentor);
    let admitted = (0..instance.students()).filter(|other| assignment[*other] == Some(arc.mentor));
    let ranks: Vec<Rank> =
        admitted.filter_map(|other| here(other).map(|(arc, preference)| rank(other, arc, preference))).collect();
    let free = instance.free(arc.mentor as usize);
    let wanted = ranks.len() < free || (free > 0 && ranks.iter().any(|other| *other < rank(student, arc, preference)));
    wanted && taste(instance, student, Some(arc.mentor)) > taste(instance, student, assignment[student])
}

fn is_stable(instance: &Instance, assignment: &Assignment) -> bool {
    let mut pairs = (0..instance.students()).flat_map(|student| instance.ranked(student).map(move |pair| (student, pair)));
    !pairs.any(|(student, (arc, preference))| blocks(instance, assignment, student, arc, preference))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_optimum_is_that_of_trying_everything_and_its_prices_prove_it(drawn in small(), huge: bool) {
        let instance = if huge { drawn.with_huge_values() } else { drawn }.built();
        let mut answer = optimal::solve(&instance);
        let best = everything(&instance).iter().map(|other| worth(&instance, other)).max().unwrap();
        let reached = worth(&instance, &answer.assignment);
        prop_assert_eq!((reached.0, reached.1), (best.0, best.1));
        prop_assert!(check_optimal(&instance, &answer.assignment, &answer.prices).is_ok());
        spread(&instance, &mut answer);
        prop_assert_eq!(worth(&instance, &answer.assignment), best);
        prop_assert!(check_optimal(&instance, &answer.assignment, &answer.prices).is_ok());
    }

    #[test]
    fn prices_prove_nothing_less_than_the_optimum(drawn in small()) {
        let instance = drawn.built();
        let answer = optimal::solve(&instance);
        let best = worth(&instance, &answer.assignment);
        for other in everything(&instance) {
            let as_good = (worth(&instance, &other).0, worth(&instance, &other).1) == (best.0, best.1);
            prop_assert_eq!(check_optimal(&instance, &other, &answer.prices).is_ok(), as_good);
        }
    }

    #[test]
    fn from_whatever_answer_it_begins_the_optimum_is_the_same(drawn in small()) {
        let half = Drawn { edges: drawn.edges.iter().step_by(2).copied().collect(), ..drawn.clone() };
        for (asked, near) in [(&drawn, &half), (&half, &drawn), (&drawn, &drawn)] {
            let instance = asked.built();
            let proved = |answer: &optimal::Optimal| check_optimal(&instance, &answer.assignment, &answer.prices);
            let answer = optimal::solve_from(&instance, &optimal::solve(&near.built()));
            prop_assert!(proved(&answer).is_ok());
            prop_assert_eq!(proved(&answer), proved(&optimal::solve(&instance)));
        }
    }

    #[test]
    fn the_stable_answer_is_the_best_stable_one_for_every_student(drawn in small()) {
        let instance = drawn.built();
        let answer = stable::solve(&instance);
        prop_assert!(is_stable(&instance, &answer.assignment));
        prop_assert!(check_stable(&instance, &answer.assignment, &answer.cutoffs).is_ok());
        prop_assert_eq!(blocking_pairs(&instance, &answer.assignment), 0);
        for other in everything(&instance).iter().filter(|other| is_stable(&instance, other)) {
            for (student, mentor) in other.iter().enumerate() {
                prop_assert!(taste(&instance, student, answer.assignment[student]) >= taste(&instance, student, *mentor));
            }
        }
    }

    #[test]
    fn cutoffs_prove_no_other_assignment(drawn in small()) {
        let instance = drawn.built();
        let answer = stable::solve(&instance);
        for other in everything(&instance) {
            let same = other == answer.assignment;
            prop_assert_eq!(check_stable(&instance, &other, &answer.cutoffs).is_ok(), same);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(drawn in small(), shuffled in any::<u64>()) {
        let mut other = drawn.clone();
        let mut state = shuffled | 1;
        for at in (1..other.edges.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            other.edges.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        prop_assert_eq!(optimal::solve(&drawn.built()), optimal::solve(&other.built()));
        prop_assert_eq!(stable::solve(&drawn.built()), stable::solve(&other.built()));
    }

    #[test]
    fn both_sides_together_are_compatible_and_never_above_the_bound(one in small(), other in small(), vetoes in any::<u16>()) {
        let one = one.without_preferences();
        let mut other = other.without_preferences();
        other.students = one.students;
        other.edges.retain(|edge| (edge.0 as usize) < one.students);
        let compatible = |_: usize, academic: u32, enterprise: u32| vetoes >> (academic * 4 + enterprise) & 1 == 0;
        let (one, other) = (one.built(), other.built());
        let answer = joint::solve(&one, &other, compatible);
        for student in 0..one.students() {
            if let (Some(academic), Some(enterprise)) = (answer.academic.assignment[student], answer.enterprise.assignment[student]) {
                prop_assert!(compatible(student, academic, enterprise));
            }
        }
        let sums = (worth(&one, &answer.academic.assignment), worth(&other, &answer.enterprise.assignment));
        prop_assert_eq!(answer.worth.assigned, i64::try_from(sums.0.0 + sums.1.0).unwrap());
        prop_assert_eq!(answer.worth.value, sums.0.1 + sums.1.1);
        prop_assert!(answer.worth <= answer.bound);
        let beside = joint::beside_enterprise(&one, &answer.enterprise.assignment, compatible);
        prop_assert!(check_optimal(&beside, &answer.academic.assignment, &answer.academic.prices).is_ok());
        let beside = joint::beside_academic(&other, &answer.academic.assignment, compatible);
        prop_assert!(check_optimal(&beside, &answer.enterprise.assignment, &answer.enterprise.prices).is_ok());
    }
}
