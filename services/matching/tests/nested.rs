//! Mentors who share places: every answer against trying everything, on thousands of small forests; and known answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test that cannot go on should stop, loudly; the numbers are small"
)]

use matching::certificate::{Flaw, Holder, Price, Rank, blocking_pairs, check_assignment, check_optimal, check_stable};
use matching::{Arc, Assignment, Edge, Fault, Group, Instance, Places, Preference, joint, optimal, spread, stable};
use proptest::prelude::*;
use std::cmp::Reverse;

fn free(capacity: u32) -> Places {
    Places { capacity, taken: 0 }
}

/// What is drawn: the capacity of each mentor and group with those taken, what each lies within, and the edges.
#[derive(Debug, Clone)]
struct Drawn {
    students: usize,
    places: Vec<(u32, u32)>,
    of: Vec<Option<u32>>,
    groups: Vec<((u32, u32), Option<u32>)>,
    edges: Vec<(u32, u32, i32, i32, i32)>,
}

impl Drawn {
    fn built(&self) -> Instance {
        let places = |(capacity, taken): &(u32, u32)| Places { capacity: *capacity, taken: *taken };
        let edge = |(student, mentor, value, by_student, by_mentor): &(u32, u32, i32, i32, i32)| Edge {
            student: *student,
            mentor: *mentor,
            value: *value,
            preference: Preference { by_student: *by_student, by_mentor: *by_mentor },
        };
        let edges: Vec<Edge> = self.edges.iter().map(edge).collect();
        let groups: Vec<Group> = self.groups.iter().map(|(own, within)| Group { places: places(own), within: *within }).collect();
        let instance = Instance::new(self.students, self.places.iter().map(places).collect(), &edges).unwrap();
        instance.grouped(&self.of, &groups).unwrap()
    }

    /// Each mentor ranks a student alike for all projects, as where lecturers rank students.
    fn with_one_rank_a_student(mut self) -> Self {
        for edge in &mut self.edges {
            (edge.2, edge.4) = (0, (edge.0 as i32 * 7 + 3) % 4);
        }
        self
    }
}

/// Few distinct values, so that ties are common; empty lists, pairs named twice, mentors and groups without places.
fn small() -> impl Strategy<Value = Drawn> {
    (0usize..6, 1usize..5, 1usize..4).prop_flat_map(|(students, mentors, groups)| {
        let value = prop_oneof![0i32..=1000, Just(500), Just(0), Just(1000)];
        let edge = (0..students.max(1) as u32, 0..mentors as u32, value, 0i32..3, 0i32..3);
        let edges = prop::collection::vec(edge, if students == 0 { 0..1 } else { 0..16 });
        let of = prop::collection::vec(prop::option::weighted(0.8, 0..groups as u32), mentors);
        let above = prop::collection::vec(prop::option::of(0..groups as u32), groups);
        let room = |most: u32, count| prop::collection::vec((0..most).prop_flat_map(|all| (Just(all), 0..=all)), count);
        (Just(students), room(4, mentors), of, room(5, groups), above, edges).prop_map(
            |(students, places, of, shared, above, edges)| {
                // Only what comes earlier can lie above, so that there is no circle.
                let within = above.into_iter().enumerate().map(|(group, above)| above.filter(|above| (*above as usize) < group));
                let edges = if students == 0 { Vec::new() } else { edges };
                Drawn { students, places, of, groups: shared.into_iter().zip(within).collect(), edges }
            },
        )
    })
}

/// Every assignment there is.
fn everything(instance: &Instance) -> Vec<Assignment> {
    let mut all = vec![Vec::new()];
    for student in 0..instance.students() {
        let choices: Vec<Option<u32>> =
            std::iter::once(None).chain(instance.arcs(student).iter().map(|arc| Some(arc.mentor))).collect();
        all = all
            .into_iter()
            .flat_map(|so_far: Assignment| {
                choices.iter().map(move |choice| [so_far.clone(), vec![*choice]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    all.retain(|assignment| within_bounds(instance, assignment));
    all
}

fn inside(instance: &Instance, holder: usize, mentor: Option<u32>) -> bool {
    mentor.is_some_and(|mentor| instance.chain(mentor).any(|other| other == holder))
}

fn within_bounds(instance: &Instance, assignment: &Assignment) -> bool {
    let load = |holder| assignment.iter().filter(|mentor| inside(instance, holder, **mentor)).count();
    (0..instance.holders()).all(|holder| load(holder) <= instance.free_of(holder))
}

fn worth(instance: &Instance, assignment: &Assignment) -> (usize, i64) {
    let values = assignment.iter().enumerate().filter_map(|(student, mentor)| instance.value(student, (*mentor)?));
    (assignment.iter().flatten().count(), values.map(i64::from).sum())
}

/// How uneven the load is: smaller is better.
fn unevenness(instance: &Instance, assignment: &Assignment) -> u64 {
    let mut load: Vec<u32> = instance.places().iter().map(|places| places.taken).collect();
    let mut sum = 0;
    for mentor in assignment.iter().flatten() {
        sum += u64::from(load[*mentor as usize] * 1000 / instance.places()[*mentor as usize].capacity);
        load[*mentor as usize] += 1;
    }
    sum
}

/// How a student ranks what they have; nobody is the worst.
fn taste(instance: &Instance, student: usize, mentor: Option<u32>) -> (bool, i32, i32, Reverse<u32>) {
    let pair = mentor.and_then(|mentor| instance.ranked(student).find(|(arc, _)| arc.mentor == mentor));
    pair.map_or((false, 0, 0, Reverse(0)), |(arc, preference)| (true, preference.by_student, arc.value, Reverse(arc.mentor)))
}

fn rank(instance: &Instance, student: usize, mentor: u32) -> Rank {
    let (arc, preference) = instance.ranked(student).find(|(arc, _)| arc.mentor == mentor).unwrap();
    Rank::of(u32::try_from(student).unwrap(), arc, preference)
}

/// Whether the student would rather be there, and every holder on the way would rather have them: it has a place, or
/// has somebody it ranks lower, or it is the student's own and they are ranked alike for both.
fn blocks(instance: &Instance, assignment: &Assignment, student: usize, arc: Arc) -> bool {
    let here = rank(instance, student, arc.mentor);
    let wanted = |holder: usize| {
        let all = (0..instance.students()).filter(|other| inside(instance, holder, assignment[*other]));
        let ranks: Vec<(usize, Rank)> = all.map(|other| (other, rank(instance, other, assignment[other].unwrap()))).collect();
        let lower = ranks.iter().any(|(other, theirs)| *theirs < here || (*other == student && *theirs == here));
        instance.free_of(holder) > 0 && (ranks.len() < instance.free_of(holder) || lower)
    };
    let rather = taste(instance, student, Some(arc.mentor)) > taste(instance, student, assignment[student]);
    rather && instance.chain(arc.mentor).all(wanted)
}

fn is_stable(instance: &Instance, assignment: &Assignment) -> bool {
    let mut pairs = (0..instance.students()).flat_map(|student| instance.arcs(student).iter().map(move |arc| (student, *arc)));
    !pairs.any(|(student, arc)| blocks(instance, assignment, student, arc))
}

/// The blocking pairs of Abraham, Irving and Manlove, by their own three cases; a project is a mentor here, and its lecturer
/// the one group it is in.
fn is_stable_for_lecturers(instance: &Instance, assignment: &Assignment) -> bool {
    let worst = |holder: usize| {
        let all = (0..instance.students()).filter(|other| inside(instance, holder, assignment[*other]));
        all.map(|other| rank(instance, other, assignment[other].unwrap())).min()
    };
    let full =
        |holder: usize| assignment.iter().filter(|mentor| inside(instance, holder, **mentor)).count() >= instance.free_of(holder);
    let mut pairs = (0..instance.students()).flat_map(|student| instance.arcs(student).iter().map(move |arc| (student, *arc)));
    !pairs.any(|(student, arc)| {
        let here = rank(instance, student, arc.mentor);
        let [project, lecturer] = instance.chain(arc.mentor).collect::<Vec<_>>()[..] else { panic!("two levels") };
        let rather = taste(instance, student, Some(arc.mentor)) > taste(instance, student, assignment[student]);
        let a = !full(project) && !full(lecturer);
        let better = worst(lecturer).is_some_and(|worst| here > worst);
        let b = !full(project) && full(lecturer) && (better || inside(instance, lecturer, assignment[student]));
        let c = full(project) && worst(project).is_some_and(|worst| here > worst);
        rather && (a || b || c)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_optimum_is_that_of_trying_everything_and_its_prices_prove_it(drawn in small()) {
        let instance = drawn.built();
        let mut answer = optimal::solve(&instance);
        let everything = everything(&instance);
        let best = everything.iter().map(|other| worth(&instance, other)).max().unwrap();
        prop_assert_eq!(worth(&instance, &answer.assignment), best);
        prop_assert_eq!(check_optimal(&instance, &answer.assignment, &answer.prices).map(|worth| worth.value), Ok(best.1));
        let before = unevenness(&instance, &answer.assignment);
        spread(&instance, &mut answer);
        prop_assert!(check_optimal(&instance, &answer.assignment, &answer.prices).is_ok());
        prop_assert!(unevenness(&instance, &answer.assignment) <= before);
        for other in everything {
            let as_good = worth(&instance, &other) == best;
            prop_assert_eq!(check_optimal(&instance, &other, &answer.prices).is_ok(), as_good);
        }
    }

    #[test]
    fn the_stable_answer_is_the_best_stable_one_for_every_student_and_its_cutoffs_prove_no_other(drawn in small()) {
        let instance = drawn.built();
        let answer = stable::solve(&instance);
        prop_assert!(is_stable(&instance, &answer.assignment));
        prop_assert_eq!(blocking_pairs(&instance, &answer.assignment), 0);
        for other in everything(&instance) {
            let same = other == answer.assignment;
            prop_assert_eq!(check_stable(&instance, &other, &answer.cutoffs).is_ok(), same);
            if is_stable(&instance, &other) {
                for (student, mentor) in other.iter().enumerate() {
                    prop_assert!(taste(&instance, student, answer.assignment[student]) >= taste(&instance, student, *mentor));
                }
            }
        }
    }

    #[test]
    fn where_lecturers_rank_students_stable_is_what_abraham_irving_and_manlove_call_so(drawn in small()) {
        let mut drawn = drawn.with_one_rank_a_student();
        // Every project has one lecturer, and lecturers have nobody above, and places.
        for (project, of) in drawn.of.iter_mut().enumerate() {
            *of = Some(of.unwrap_or_default().min(project as u32) % drawn.groups.len() as u32);
        }
        for ((capacity, taken), within) in &mut drawn.groups {
            (*capacity, *taken, *within) = (*capacity + 1, 0, None);
        }
        for (capacity, taken) in &mut drawn.places {
            (*capacity, *taken) = (*capacity + 1, 0);
        }
        let instance = drawn.built();
        for other in everything(&instance) {
            prop_assert_eq!(is_stable(&instance, &other), is_stable_for_lecturers(&instance, &other));
        }
        prop_assert!(is_stable_for_lecturers(&instance, &stable::solve(&instance).assignment));
    }

    #[test]
    fn a_certificate_that_was_changed_is_refused_or_proves_the_same(drawn in small(), at in any::<prop::sample::Index>(), by in -3i64..=3) {
        let instance = drawn.built();
        let answer = optimal::solve(&instance);
        let holder = at.index(instance.holders());
        let mut prices = answer.prices.clone();
        prices[holder].price += by;
        if let Ok(worth) = check_optimal(&instance, &answer.assignment, &prices) {
            prop_assert_eq!(Ok(worth), check_optimal(&instance, &answer.assignment, &answer.prices), "the bound still holds");
        }
        let answer = stable::solve(&instance);
        let mut cutoffs = answer.cutoffs.clone();
        match &mut cutoffs[holder] {
            Some(rank) => rank.value += 1,
            none => *none = Some(Rank { preference: 0, value: -1, student: Reverse(0) }),
        }
        let refused = check_stable(&instance, &answer.assignment, &cutoffs);
        let said = Err(Flaw::Cutoff { holder: if holder < instance.mentors() { Holder::Mentor(holder) } else { Holder::Group(holder - instance.mentors()) } });
        prop_assert!(refused == said || (refused.is_ok() && instance.free_of(holder) == 0), "{:?}", refused);
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
    fn groups_that_never_bind_change_nothing_that_counts(drawn in small()) {
        let mut wide = drawn.clone();
        for (places, _) in &mut wide.groups {
            *places = (1000, 0);
        }
        let none = Drawn { of: vec![None; drawn.of.len()], groups: Vec::new(), ..drawn };
        let (wide, none) = (wide.built(), none.built());
        prop_assert_eq!(stable::solve(&wide).assignment, stable::solve(&none).assignment);
        prop_assert_eq!(worth(&wide, &optimal::solve(&wide).assignment), worth(&none, &optimal::solve(&none).assignment));
    }

    #[test]
    fn both_sides_together_keep_to_the_groups(one in small(), other in small(), vetoes in any::<u16>()) {
        let mut other = other;
        other.students = one.students;
        other.edges.retain(|edge| (edge.0 as usize) < one.students);
        let (one, other) = (one.built(), other.built());
        let answer = joint::solve(&one, &other, |_, academic, enterprise| vetoes >> (academic * 4 + enterprise) & 1 == 0);
        prop_assert!(check_assignment(&one, &answer.academic.assignment).is_ok());
        prop_assert!(check_assignment(&other, &answer.enterprise.assignment).is_ok());
        prop_assert!(answer.worth <= answer.bound);
    }
}

/// Students, projects and lecturers who rank by lists, the best first.
fn by_lists(students: &[&[u32]], projects: &[(u32, u32)], lecturers: &[(u32, &[u32])]) -> Instance {
    let height =
        |list: &[u32], who: u32| i32::try_from(list.len() - list.iter().position(|other| *other == who).unwrap()).unwrap();
    let mut edges = Vec::new();
    for (student, list) in (0u32..).zip(students) {
        for project in *list {
            let lecturer = projects[*project as usize].1 as usize;
            let preference = Preference { by_student: height(list, *project), by_mentor: height(lecturers[lecturer].1, student) };
            edges.push(Edge { student, mentor: *project, value: 0, preference });
        }
    }
    let places = projects.iter().map(|(capacity, _)| free(*capacity)).collect();
    let of: Vec<Option<u32>> = projects.iter().map(|(_, lecturer)| Some(*lecturer)).collect();
    let groups: Vec<Group> = lecturers.iter().map(|(capacity, _)| Group { places: free(*capacity), within: None }).collect();
    Instance::new(students.len(), places, &edges).unwrap().grouped(&of, &groups).unwrap()
}

#[test]
fn the_example_of_abraham_irving_and_manlove() {
    // Seven students, eight projects, three lecturers with 3, 2 and 2 places; counted from 0 here.
    let students: [&[u32]; 7] = [&[0, 6], &[0, 1, 2, 3, 4, 5], &[1, 0, 3], &[1], &[0, 1, 2, 3], &[1, 2, 3, 4, 5], &[4, 2, 7]];
    let projects = [(2, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 1), (1, 2), (1, 2)];
    let lecturers: [(u32, &[u32]); 3] = [(3, &[6, 3, 0, 2, 1, 4, 5]), (2, &[2, 1, 5, 6, 4]), (2, &[0, 6])];
    let instance = by_lists(&students, &projects, &lecturers);
    let answer = stable::solve(&instance);
    assert_eq!(answer.assignment, [Some(0), Some(4), Some(3), Some(1), None, None, Some(2)]);
    check_stable(&instance, &answer.assignment, &answer.cutoffs).unwrap();
}

#[test]
fn a_lecturer_who_is_full_lets_the_lowest_of_all_projects_go() {
    // Both projects have room; the lecturer has one place, and ranks the second student higher.
    let instance = by_lists(&[&[0], &[1]], &[(1, 0), (1, 0)], &[(1, &[1, 0])]);
    assert_eq!(stable::solve(&instance).assignment, [None, Some(1)]);
}

#[test]
fn a_quota_goes_before_the_places_of_its_mentors() {
    // Two mentors of one organisation that takes two of the four; the third mentor is somebody else's.
    let edge = |student, mentor, value| Edge { student, mentor, value, preference: Preference::default() };
    let edges = [edge(0, 0, 900), edge(1, 0, 800), edge(2, 1, 700), edge(3, 1, 600), edge(2, 2, 1), edge(0, 2, 1)];
    let instance = Instance::new(4, vec![free(2), free(2), free(1)], &edges).unwrap();
    let instance = instance.grouped(&[Some(0), Some(0), None], &[Group { places: free(2), within: None }]).unwrap();
    let answer = optimal::solve(&instance);
    let worth = check_optimal(&instance, &answer.assignment, &answer.prices).unwrap();
    // Three at most: the quota's two best beside somebody with the third mentor.
    assert_eq!((worth.assigned, worth.value), (3, 1701));
    assert_eq!(answer.assignment, [Some(0), Some(0), Some(2), None]);
    assert!(answer.prices[3].scarce, "what is scarce is the quota: {:?}", answer.prices);
    let stable = stable::solve(&instance);
    assert_eq!(stable.assignment, [Some(0), Some(0), Some(2), None]);
    let over = vec![Some(0), Some(0), Some(1), None];
    let flaw = Flaw::Overfull { holder: Holder::Group(0), free: 2, students: 3 };
    assert_eq!(check_assignment(&instance, &over), Err(flaw.clone()));
    assert_eq!(flaw.to_string(), "group 0 has 2 free places, and 3 students were assigned");
    let cheap = [answer.prices[..3].to_vec(), vec![Price { scarce: false, price: -1 }]].concat();
    assert_eq!(check_optimal(&instance, &answer.assignment, &cheap), Err(Flaw::Negative { holder: Holder::Group(0) }));
    assert!(matches!(check_optimal(&instance, &answer.assignment, &answer.prices[..3]), Err(Flaw::Size { .. })));
}

#[test]
fn groups_that_contradict_themselves_are_refused() {
    let instance = || Instance::new(0, vec![free(1)], &[]).unwrap();
    let group = |within| Group { places: free(1), within };
    let refused = |of: &[Option<u32>], groups: &[Group]| instance().grouped(of, groups).unwrap_err();
    assert_eq!(refused(&[], &[group(None)]), Fault::Members { given: 0, there: 1 });
    assert_eq!(refused(&[Some(1)], &[group(None)]), Fault::UnknownGroup(1));
    assert_eq!(refused(&[None], &[group(Some(3))]), Fault::UnknownGroup(3));
    assert_eq!(refused(&[None], &[group(None), group(Some(1))]), Fault::Circle(1));
    assert_eq!(refused(&[None], &[group(Some(1)), group(Some(0))]), Fault::Circle(0));
}

#[test]
fn a_school_with_projects_and_quotas_is_solved_with_proof() {
    let mut state = 7u64;
    let mut noise = |bound: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 33).unwrap() % bound
    };
    let (students, mentors, organisations) = (2000, 300, 12);
    let mut edges = Vec::new();
    for student in 0..students {
        for _ in 0..15 {
            let preference = Preference { by_student: noise(5) as i32, by_mentor: noise(5) as i32 };
            edges.push(Edge { student, mentor: noise(mentors * 3), value: noise(1001) as i32, preference });
        }
    }
    let places = (0..mentors * 3).map(|_| free(1 + noise(4))).collect();
    let of: Vec<Option<u32>> = (0..mentors * 3).map(|project| Some(organisations + project / 3)).collect();
    let mut groups: Vec<Group> = (0..organisations).map(|_| Group { places: free(140), within: None }).collect();
    groups.extend((0..mentors).map(|mentor| Group { places: free(3 + noise(4)), within: Some(mentor % organisations) }));
    let instance = Instance::new(students as usize, places, &edges).unwrap().grouped(&of, &groups).unwrap();
    let answer = optimal::solve(&instance);
    let worth = check_optimal(&instance, &answer.assignment, &answer.prices).unwrap();
    assert!(worth.assigned > 1000 && worth.assigned < 2000, "{worth:?}");
    let answer = stable::solve(&instance);
    check_stable(&instance, &answer.assignment, &answer.cutoffs).unwrap();
    assert_eq!(blocking_pairs(&instance, &answer.assignment), 0);
}
