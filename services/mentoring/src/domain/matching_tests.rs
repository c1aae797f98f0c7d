use super::*;
use kit::id::Id;
use kit::macros::uuid::Uuid;
use proptest::prelude::*;
use std::time::Instant;

fn student(n: usize) -> EnrolmentId {
    EnrolmentId::from_uuid(Uuid::from_u128(n as u128))
}

fn mentor(n: usize) -> MentorId {
    MentorId::from_uuid(Uuid::from_u128(n as u128))
}

/// An instance by numbers: who may guide whom with which fit, and each mentor's capacity and load.
type Instance = (Vec<Vec<(usize, i64)>>, Vec<(i64, i64)>);

fn built((wishes, places): &Instance) -> (Vec<Wish>, Vec<Places>) {
    let candidate = |(m, fit): &(usize, i64)| Candidate { mentor: mentor(*m), fit: *fit };
    let wish = |(s, candidates): (usize, &Vec<(usize, i64)>)| Wish {
        student: student(s),
        candidates: candidates.iter().map(candidate).collect(),
    };
    let room = |(m, (capacity, load)): (usize, &(i64, i64))| Places { mentor: mentor(m), capacity: *capacity, load: *load };
    (wishes.iter().enumerate().map(wish).collect(), places.iter().enumerate().map(room).collect())
}

/// What the three objectives are worth; larger is better in each.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    matched: usize,
    fit: i64,
    evenness: i64,
}

fn worth(pairs: &[Option<(usize, i64)>], places: &[(i64, i64)]) -> Worth {
    let mut loads: Vec<i64> = places.iter().map(|(_, load)| *load).collect();
    let mut evenness = 0;
    for (m, _) in pairs.iter().flatten() {
        evenness -= loads[*m] * FILL / places[*m].0;
        loads[*m] += 1;
    }
    Worth { matched: pairs.iter().flatten().count(), fit: pairs.iter().flatten().map(|(_, fit)| fit).sum(), evenness }
}

/// Tries everything.
fn best(instance: &Instance, at: usize, loads: &mut Vec<i64>, pairs: &mut Vec<Option<(usize, i64)>>) -> Worth {
    let Some(candidates) = instance.0.get(at) else { return worth(pairs, &instance.1) };
    pairs.push(None);
    let mut found = best(instance, at + 1, loads, pairs);
    pairs.pop();
    for (m, fit) in candidates {
        if loads[*m] < instance.1[*m].0 {
            loads[*m] += 1;
            pairs.push(Some((*m, *fit)));
            found = found.max(best(instance, at + 1, loads, pairs));
            pairs.pop();
            loads[*m] -= 1;
        }
    }
    found
}

fn small() -> impl Strategy<Value = Instance> {
    (1usize..5).prop_flat_map(|mentors| {
        // Few distinct fits, so that ties are common; empty lists, duplicates and no capacity as well.
        let fit = prop_oneof![0i64..=1000, Just(500), Just(0), Just(1000)];
        let wishes = prop::collection::vec(prop::collection::vec((0..mentors, fit), 0..5), 0..7);
        let places = prop::collection::vec((0i64..4).prop_flat_map(|capacity| (Just(capacity), 0..=capacity)), mentors);
        (wishes, places)
    })
}

fn solved(instance: &Instance) -> Vec<Assignment> {
    let (wishes, places) = built(instance);
    assign(&wishes, &places)
}

fn numbers(assignments: &[Assignment]) -> Vec<Option<(usize, i64)>> {
    let number = |candidate: Candidate| (usize::try_from(candidate.mentor.uuid().as_u128()).unwrap(), candidate.fit);
    assignments.iter().map(|assignment| assignment.mentor.map(number)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn number_fit_and_evenness_are_those_of_trying_everything(instance in small()) {
        let loads = &mut instance.1.iter().map(|(_, load)| *load).collect();
        let pairs = numbers(&solved(&instance));
        prop_assert_eq!(worth(&pairs, &instance.1), best(&instance, 0, loads, &mut Vec::new()));
    }

    #[test]
    fn every_pair_is_a_candidate_and_no_capacity_is_exceeded(instance in small()) {
        let mut loads: Vec<i64> = instance.1.iter().map(|(_, load)| *load).collect();
        for (s, pair) in numbers(&solved(&instance)).iter().enumerate() {
            if let Some((m, fit)) = pair {
                prop_assert!(instance.0[s].contains(&(*m, *fit)));
                loads[*m] += 1;
            }
        }
        prop_assert!(loads.iter().zip(&instance.1).all(|(load, (capacity, _))| load <= capacity));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(instance in small(), seed in any::<u64>()) {
        let (mut wishes, mut places) = built(&instance);
        let straight = assign(&wishes, &places);
        let chance = kit::rng::Chance::seeded(seed);
        shuffle(&mut wishes, &chance);
        shuffle(&mut places, &chance);
        for wish in &mut wishes {
            shuffle(&mut wish.candidates, &chance);
        }
        prop_assert_eq!(assign(&wishes, &places), straight);
    }
}

fn shuffle<T>(items: &mut [T], chance: &kit::rng::Chance) {
    for at in (1..items.len()).rev() {
        items.swap(at, usize::try_from(chance.below(at as u64 + 1)).unwrap());
    }
}

#[test]
fn the_larger_number_goes_before_the_better_fit() {
    // The first student would fit mentor 0 perfectly, but only mentor 0 can guide the second.
    let instance = (vec![vec![(0, 1000), (1, 1)], vec![(0, 1)]], vec![(1, 0), (1, 0)]);
    assert_eq!(numbers(&solved(&instance)), [Some((1, 1)), Some((0, 1))]);
}

#[test]
fn among_equals_the_places_are_spread() {
    let everyone = vec![vec![(0, 700), (1, 700)]; 4];
    let pairs = numbers(&solved(&(everyone, vec![(4, 0), (4, 0)])));
    assert_eq!(pairs.iter().flatten().filter(|(m, _)| *m == 0).count(), 2);
}

#[test]
fn with_nobody_there_everybody_stays_alone() {
    assert_eq!(numbers(&solved(&(vec![vec![], vec![]], vec![]))), [None, None]);
    assert!(solved(&(vec![], vec![(3, 0)])).is_empty());
}

#[test]
fn a_class_of_forty_and_a_whole_school_of_mentors_take_milliseconds() {
    let chance = kit::rng::Chance::seeded(7);
    let number = |bound: u64| i64::try_from(chance.below(bound)).unwrap();
    let wishes = (0..40).map(|_| (0..730).map(|m| (m, number(1001))).collect()).collect();
    let places = (0..730).map(|_| (1 + number(8), 0)).collect();
    let (wishes, places) = built(&(wishes, places));
    let started = Instant::now();
    assert!(assign(&wishes, &places).iter().all(|assignment| assignment.mentor.is_some()));
    let took = started.elapsed();
    println!("40 students, 730 candidates each: {took:?}");
    assert!(took.as_millis() < if cfg!(debug_assertions) { 1000 } else { 20 }, "{took:?}");
}
