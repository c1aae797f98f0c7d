//! Known answers, and instances of the shapes that are hard for one part or another.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop, loudly")]

use matching::certificate::{Flaw, Holder, blocking_pairs, check_optimal, check_stable};
use matching::{Assignment, Edge, Fault, Instance, Places, Preference, optimal, spread, stable};

fn edge(student: u32, mentor: u32, value: i32) -> Edge {
    Edge { student, mentor, value, preference: Preference::default() }
}

fn places(capacities: &[u32]) -> Vec<Places> {
    capacities.iter().map(|capacity| Places { capacity: *capacity, taken: 0 }).collect()
}

fn built(students: usize, capacities: &[u32], edges: &[Edge]) -> Instance {
    Instance::new(students, places(capacities), edges).unwrap()
}

/// An instance in which everybody ranks by lists, best first.
fn by_lists(students: &[&[u32]], mentors: &[&[u32]], capacities: &[u32]) -> Instance {
    let place =
        |list: &[u32], who: u32| i32::try_from(list.len() - list.iter().position(|other| *other == who).unwrap()).unwrap();
    let mut edges = Vec::new();
    for (student, list) in (0u32..).zip(students) {
        for mentor in *list {
            let preference =
                Preference { by_student: place(list, *mentor), by_mentor: place(mentors[*mentor as usize], student) };
            edges.push(Edge { student, mentor: *mentor, value: 0, preference });
        }
    }
    built(students.len(), capacities, &edges)
}

/// Numbers that look drawn and are the same everywhere.
fn noise(state: &mut u64, bound: u32) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from(*state >> 33).unwrap() % bound
}

fn drawn(students: u32, mentors: u32, candidates: u32, capacity: u32) -> Instance {
    let mut state = 7;
    let mut edges = Vec::new();
    for student in 0..students {
        for _ in 0..candidates {
            edges.push(edge(student, noise(&mut state, mentors), i32::try_from(noise(&mut state, 1001)).unwrap()));
        }
    }
    built(students as usize, &vec![capacity; mentors as usize], &edges)
}

#[test]
fn gale_and_shapley_three_by_three() {
    // Gale and Shapley 1962, example 1: three stable marriages; the proposers get their first choices.
    let instance = by_lists(&[&[0, 1, 2], &[1, 2, 0], &[2, 0, 1]], &[&[1, 2, 0], &[2, 0, 1], &[0, 1, 2]], &[1, 1, 1]);
    assert_eq!(stable::solve(&instance).assignment, [Some(0), Some(1), Some(2)]);
}

#[test]
fn gale_and_shapley_four_by_four_has_one_stable_marriage() {
    // Gale and Shapley 1962, example 2.
    let men: [&[u32]; 4] = [&[0, 1, 2, 3], &[0, 3, 2, 1], &[1, 0, 2, 3], &[3, 1, 2, 0]];
    let women: [&[u32]; 4] = [&[3, 2, 0, 1], &[1, 3, 0, 2], &[3, 0, 1, 2], &[2, 1, 0, 3]];
    let instance = by_lists(&men, &women, &[1, 1, 1, 1]);
    assert_eq!(stable::solve(&instance).assignment, [Some(2), Some(3), Some(0), Some(1)]);
}

#[test]
fn hospitals_and_residents_with_capacities() {
    // The three want hospital 0, which has two places and ranks the first of them last.
    let instance = by_lists(&[&[0, 1], &[0, 1], &[0, 1]], &[&[2, 1, 0], &[0, 1, 2]], &[2, 1]);
    assert_eq!(stable::solve(&instance).assignment, [Some(1), Some(0), Some(0)]);
}

#[test]
fn the_assignment_problem_of_kuhn() {
    // Kuhn 1955: ratings 8 7 9 9 / 5 2 7 8 / 6 1 4 9 / 2 3 2 6; the optimum is 27.
    let ratings = [[8, 7, 9, 9], [5, 2, 7, 8], [6, 1, 4, 9], [2, 3, 2, 6]];
    let edges: Vec<Edge> = (0..4)
        .flat_map(|student| (0..4).map(move |mentor| (student, mentor)))
        .map(|(student, mentor)| edge(student, mentor, ratings[student as usize][mentor as usize]))
        .collect();
    let instance = built(4, &[1; 4], &edges);
    let answer = optimal::solve(&instance);
    assert_eq!(check_optimal(&instance, &answer.assignment, &answer.prices).unwrap().value, 27);
}

#[test]
fn the_larger_number_goes_before_the_better_value() {
    let instance = built(2, &[1, 1], &[edge(0, 0, 1000), edge(0, 1, 1), edge(1, 0, 1)]);
    assert_eq!(optimal::solve(&instance).assignment, [Some(1), Some(0)]);
}

#[test]
fn where_places_are_short_everyone_is_taken_though_its_price_is_negative() {
    // One place for two at mentor 0, and a chain in which filling mentor 1 costs more value than it brings.
    let edges = [edge(0, 0, 900), edge(1, 0, 1000), edge(1, 1, 0), edge(2, 1, 0)];
    let instance = built(3, &[1, 1], &edges);
    let answer = optimal::solve(&instance);
    let worth = check_optimal(&instance, &answer.assignment, &answer.prices).unwrap();
    assert_eq!((worth.assigned, worth.value), (2, 1000));
    assert!(answer.prices.iter().all(|price| price.scarce));
}

#[test]
fn among_equals_the_places_are_spread() {
    let edges: Vec<Edge> = (0..4).flat_map(|student| [edge(student, 0, 700), edge(student, 1, 700)]).collect();
    let instance = built(4, &[4, 4], &edges);
    let mut answer = optimal::solve(&instance);
    spread(&instance, &mut answer);
    assert_eq!(answer.assignment.iter().filter(|mentor| **mentor == Some(0)).count(), 2);
}

#[test]
fn with_nobody_there_everybody_stays_alone() {
    assert_eq!(optimal::solve(&built(2, &[], &[])).assignment, [None, None]);
    assert_eq!(stable::solve(&built(2, &[], &[])).assignment, [None, None]);
    assert!(optimal::solve(&built(0, &[3], &[])).assignment.is_empty());
}

#[test]
fn a_city_with_too_few_places_is_solved_with_proof() {
    // 5,000 for 4,000 places, and candidates so few that some have places enough.
    for (students, mentors, candidates, capacity) in
        [(5000, 400, 10, 10), (5000, 400, 2, 14), (3000, 3000, 2, 1), (2000, 50, 50, 40)]
    {
        let instance = drawn(students, mentors, candidates, capacity);
        let answer = optimal::solve(&instance);
        check_optimal(&instance, &answer.assignment, &answer.prices).unwrap();
        let answer = stable::solve(&instance);
        check_stable(&instance, &answer.assignment, &answer.cutoffs).unwrap();
    }
}

#[test]
fn values_too_large_for_an_auction_are_solved_by_paths_alone() {
    let edges = [edge(0, 0, i32::MAX), edge(0, 1, i32::MAX - 1), edge(1, 0, i32::MAX - 1), edge(1, 1, 0)];
    let instance = built(2, &[1, 1], &edges);
    let answer = optimal::solve(&instance);
    assert_eq!(answer.assignment, [Some(1), Some(0)]);
    check_optimal(&instance, &answer.assignment, &answer.prices).unwrap();
}

#[test]
fn the_optimum_is_not_stable_and_the_stable_is_not_optimal() {
    // Together 900 + 900; but student 0 and mentor 0 would rather have each other.
    let instance = built(2, &[1, 1], &[edge(0, 0, 1000), edge(0, 1, 900), edge(1, 0, 900), edge(1, 1, 100)]);
    let (best, stable) = (optimal::solve(&instance).assignment, stable::solve(&instance).assignment);
    assert_eq!((best.as_slice(), blocking_pairs(&instance, &best)), ([Some(1), Some(0)].as_slice(), 1));
    assert_eq!((stable.as_slice(), blocking_pairs(&instance, &stable)), ([Some(0), Some(1)].as_slice(), 0));
}

#[test]
fn the_checker_names_the_flaw() {
    let instance = built(2, &[1, 1], &[edge(0, 0, 10), edge(1, 0, 20), edge(1, 1, 5)]);
    let answer = optimal::solve(&instance);
    let flaw = |assignment: Assignment| check_optimal(&instance, &assignment, &answer.prices).unwrap_err();
    assert_eq!(flaw(vec![Some(1), None]), Flaw::Impossible { student: 0, mentor: 1 });
    assert_eq!(flaw(vec![Some(0), Some(0)]), Flaw::Overfull { holder: Holder::Mentor(0), free: 1, students: 2 });
    assert!(matches!(flaw(vec![Some(0)]), Flaw::Size { .. }));
    assert!(matches!(flaw(vec![None, Some(0)]), Flaw::Gap { .. }));
    let mut cheap = answer.prices.clone();
    cheap[0].price = -1;
    assert_eq!(check_optimal(&instance, &answer.assignment, &cheap), Err(Flaw::Negative { holder: Holder::Mentor(0) }));
    let stable = stable::solve(&instance);
    assert_eq!(
        check_stable(&instance, &vec![Some(0), Some(1)], &stable.cutoffs),
        Err(Flaw::Cutoff { holder: Holder::Mentor(0) })
    );
    assert_eq!(check_stable(&instance, &stable.assignment, &[None, None]), Err(Flaw::Cutoff { holder: Holder::Mentor(0) }));
    assert_eq!(check_stable(&instance, &vec![None, Some(1)], &[None, None]), Err(Flaw::Cutoff { holder: Holder::Mentor(1) }));
}

#[test]
fn an_instance_that_contradicts_itself_is_refused() {
    let new = |edge| Instance::new(1, places(&[1]), &[edge]).unwrap_err();
    assert_eq!(new(edge(1, 0, 1)), Fault::UnknownStudent(1));
    assert_eq!(new(edge(0, 1, 1)), Fault::UnknownMentor(1));
    assert_eq!(new(edge(0, 0, -1)), Fault::Negative(0, 0));
}
