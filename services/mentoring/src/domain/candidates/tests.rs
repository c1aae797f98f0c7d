//! The limit on candidates saves time, and changes nothing.

use super::*;
use crate::domain::{
    ClassId, Codes, Conflicts, Objective, Order, OrderId, Other, Profile, Proof, Question, Ranking, Sheet, StudentState, Weights,
    dry_run,
};
use kit::macros::uuid::Uuid;
use matching::{optimal, stable};
use proptest::prelude::*;

fn id<T: Id>(kind: u128, n: usize) -> T {
    T::from_uuid(Uuid::from_u128(kind << 64 | n as u128))
}

fn skills(from: &[u8]) -> Codes {
    Codes::new(from.iter().map(|skill| format!("skill-{skill}")))
}

/// What is drawn of a student: school, enterprise, programme, skills.
type Drawn = (usize, usize, usize, Vec<u8>);

fn student(n: usize, (school, enterprise, programme, with): Drawn) -> Student {
    Student {
        enrolment: id(1, n),
        class: id::<ClassId>(2, 1),
        order: id::<OrderId>(3, 1),
        person: id(4, n),
        school: id(5, school),
        enterprise: id(6, enterprise),
        chain: ["", "nylon"][enterprise % 2].to_owned(),
        programme: format!("programmes/{programme}"),
        skills: skills(&with),
        place: String::new(),
        same_place: false,
        state: StudentState::Enrolled,
        round: None,
    }
}

fn mentor(side: Side, n: usize, (organisation, programme, places, with): Drawn) -> Mentor {
    let academic = side == Side::Academic;
    let profile = Profile {
        // Some mentors are students too.
        person: if n == 0 { id(4, 0) } else { id(7, n) },
        organisation: id(if academic { 5 } else { 6 }, organisation),
        side,
        capacity: i64::try_from(places % 3 + 1).unwrap(),
        chain: ["", "nylon"][programme % 2].to_owned(),
        programmes: Codes::new([format!("programmes/{programme}")]),
        skills: skills(&with),
        place: String::new(),
        title: String::new(),
        years: 0,
        languages: Codes::default(),
    };
    Mentor::register(id(if academic { 8 } else { 9 }, n), profile, 0)
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0usize..2, 0usize..3, 0usize..3, prop::collection::vec(0u8..5, 0..4))
}

#[derive(Debug)]
struct Scene {
    students: Vec<Student>,
    academic: Vec<Mentor>,
    enterprise: Vec<Mentor>,
    rankings: Rankings,
    conflicts: Conflicts,
}

fn scene() -> impl Strategy<Value = Scene> {
    let many = |most| prop::collection::vec(drawn(), 0..most);
    let pairs = || prop::collection::vec((0usize..12, 0usize..9, any::<bool>(), any::<bool>()), 0..8);
    (many(12), many(9), many(9), pairs()).prop_map(|(students, academic, enterprise, said)| {
        let rank = |(student, mentor, by_student, excludes): (usize, usize, bool, bool)| {
            let (student, mentor): (EnrolmentId, MentorId) = (id(1, student), id(8, mentor));
            match (by_student, excludes) {
                (true, false) => Ranking::OfStudent(student, Order { ranked: vec![mentor], excluded: vec![] }),
                (true, true) => Ranking::OfStudent(student, Order { ranked: vec![], excluded: vec![mentor] }),
                (false, false) => Ranking::OfMentor(mentor, Order { ranked: vec![student], excluded: vec![] }),
                (false, true) => Ranking::OfMentor(mentor, Order { ranked: vec![], excluded: vec![student] }),
            }
        };
        let conflicts = said.iter().filter(|(_, _, by_student, excludes)| *by_student && *excludes);
        let conflicts = Conflicts::new(conflicts.map(|(n, m, ..)| (id(9, *m), Other::Person(id(4, *n)))));
        Scene {
            students: students.into_iter().enumerate().map(|(n, drawn)| student(n, drawn)).collect(),
            academic: academic.into_iter().enumerate().map(|(n, drawn)| mentor(Side::Academic, n, drawn)).collect(),
            enterprise: enterprise.into_iter().enumerate().map(|(n, drawn)| mentor(Side::Enterprise, n, drawn)).collect(),
            rankings: Rankings::new(said.into_iter().map(rank)),
            conflicts,
        }
    })
}

const WEIGHTS: Weights = Weights {
    version: 1,
    organisation: 200,
    programme: 160,
    chain: 160,
    place: 80,
    skills: 130,
    spare: 70,
    student_rank: 120,
    mentor_rank: 80,
};

/// Every pair there could be, as the rules say.
fn whole<'a>(students: &[&'a Student], mentors: &'a [Mentor], rules: Rules) -> Instance {
    Sheet::new(students, mentors, rules, |_, _| true, |_, fit| fit).unwrap().instance
}

proptest! {
    #[test]
    fn looked_at_from_the_pool_a_pair_is_as_the_rules_say(scene in scene()) {
        let students: Vec<&Student> = scene.students.iter().collect();
        let rules = Rules { weights: &WEIGHTS, rankings: &scene.rankings, conflicts: &scene.conflicts };
        for mentors in [&scene.academic, &scene.enterprise] {
            let field = Field::new(&students, mentors, rules);
            let looked = field.instance(&field.first(Cut { most: usize::MAX, turned: true })).unwrap();
            let all = whole(&students, mentors, rules);
            for student in 0..students.len() {
                let (one, other): (Vec<_>, Vec<_>) = (looked.ranked(student).collect(), all.ranked(student).collect());
                prop_assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn however_few_are_looked_at_first_the_answer_is_the_one_of_all_pairs(scene in scene(), candidates in 1usize..4) {
        let students: Vec<&Student> = scene.students.iter().collect();
        let rules = Rules { weights: &WEIGHTS, rankings: &scene.rankings, conflicts: &scene.conflicts };
        let question =
            Question { students: &students, academic: &scene.academic, enterprise: &scene.enterprise, rules, candidates };
        let all = [whole(&students, &scene.academic, rules), whole(&students, &scene.enterprise, rules)];

        let best = dry_run(&question, Objective::Optimal).unwrap();
        let mut worth = Worth::default();
        for instance in &all {
            let one = optimal::solve(instance);
            worth += matching::certificate::check_optimal(instance, &one.assignment, &one.prices).unwrap();
        }
        prop_assert_eq!((best.matched_academic + best.matched_enterprise, best.total_fit), (worth.assigned, worth.value));
        prop_assert_eq!((best.bound, best.proof), (worth, Proof::Certified));

        let settled = dry_run(&question, Objective::Stable).unwrap();
        prop_assert_eq!(settled.bound, worth);
        for (side, instance, mentors) in [(Side::Academic, &all[0], &scene.academic), (Side::Enterprise, &all[1], &scene.enterprise)] {
            let mut ids: Vec<MentorId> = mentors.iter().map(|mentor| mentor.id).collect();
            ids.sort();
            let expected = stable::solve(instance).assignment;
            let expected: Vec<Option<MentorId>> = expected.iter().map(|mentor| mentor.map(|mentor| ids[mentor as usize])).collect();
            let got = settled.proposals.iter().filter(|(of, ..)| *of == side);
            let got: Vec<Option<MentorId>> = got.map(|(_, one, _)| one.mentor.map(|candidate| candidate.mentor)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
