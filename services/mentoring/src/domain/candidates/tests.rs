//! The limit on candidates saves time, and changes nothing.

use super::*;
use crate::domain::{
    Admission, Choice, Codes, Conflicts, History, Objective, Offers, Order, OrderId, Other, Outline, Priority, Profile, Project,
    ProjectState, Proof, Question, Ranking, Rankings, Sheet, StudentState, Weights, dry_run,
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
        class: id::<ClassId>(2, n % 2),
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
    history: History,
    offers: Offers,
}

impl Scene {
    fn rules(&self) -> Rules<'_> {
        let Self { rankings, conflicts, history, offers, .. } = self;
        Rules { weights: &WEIGHTS, rankings, conflicts, history, offers }
    }
}

/// What is drawn of organisations: a quota, whether they prefer a class, and projects of the academic mentors.
type Bound = (Option<i64>, bool, Vec<(usize, i64, bool)>);

fn bound() -> impl Strategy<Value = Bound> {
    let projects = prop::collection::vec((0usize..9, 1i64..3, any::<bool>()), 0..4);
    (prop::option::weighted(0.3, 0i64..6), any::<bool>(), prop_oneof![Just(Vec::new()), projects])
}

fn offers((quota, prefers, projects): &Bound, academic: usize) -> Offers {
    let project = |(n, (mentor, capacity, open)): (usize, &(usize, i64, bool))| Project {
        id: id(20, n),
        version: 1,
        mentor: id(8, *mentor),
        organisation: id(5, 0),
        outline: Outline { title: String::new(), capacity: *capacity, skills: skills(&[4]) },
        load: 0,
        state: if *open { ProjectState::Open } else { ProjectState::Closed },
    };
    let projects = projects.iter().enumerate().map(project).filter(|project| project.mentor < id(8, academic)).collect();
    let priorities = if *prefers { vec![Priority::Class(id(2, 1))] } else { Vec::new() };
    let admission = Admission::new(id(30, 1), id(5, 0), *quota, priorities).unwrap();
    Offers::new(projects, vec![admission]).of_round(id(30, 1), BTreeMap::new())
}

fn scene() -> impl Strategy<Value = Scene> {
    let many = |most| prop::collection::vec(drawn(), 0..most);
    let pairs = || prop::collection::vec((0usize..12, 0usize..9, any::<bool>(), any::<bool>()), 0..8);
    let before = prop::collection::vec((0usize..12, 0usize..9), 0..4);
    (many(12), many(9), many(9), pairs(), before, bound()).prop_map(|(students, academic, enterprise, said, before, bound)| {
        let rank = |(student, mentor, by_student, excludes): (usize, usize, bool, bool)| {
            let number = mentor;
            let (student, mentor): (EnrolmentId, MentorId) = (id(1, student), id(8, mentor));
            match (by_student, excludes) {
                (true, false) => {
                    let ranked = vec![Choice::Project(id(20, number % 3)), Choice::Mentor(mentor)];
                    Ranking::OfStudent(student, Order { ranked, excluded: vec![] })
                }
                (true, true) => Ranking::OfStudent(student, Order { ranked: vec![], excluded: vec![Choice::Mentor(mentor)] }),
                (false, false) => Ranking::OfMentor(mentor, Order { ranked: vec![student], excluded: vec![] }),
                (false, true) => Ranking::OfMentor(mentor, Order { ranked: vec![], excluded: vec![student] }),
            }
        };
        let conflicts = said.iter().filter(|(_, _, by_student, excludes)| *by_student && *excludes);
        let conflicts = Conflicts::new(conflicts.map(|(n, m, ..)| (id(9, *m), Other::Person(id(4, *n)))));
        let offers = offers(&bound, academic.len());
        let academic = academic.into_iter().enumerate().map(|(n, drawn)| mentor(Side::Academic, n, drawn)).collect();
        Scene {
            history: History::new(before.into_iter().map(|(student, mentor)| (id(4, student), id(7, mentor)))),
            students: students.into_iter().enumerate().map(|(n, drawn)| student(n, drawn)).collect(),
            academic: offers.stand(academic),
            enterprise: enterprise.into_iter().enumerate().map(|(n, drawn)| mentor(Side::Enterprise, n, drawn)).collect(),
            rankings: Rankings::new(said.into_iter().map(rank)),
            conflicts,
            offers,
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
    continuity: 100,
};

/// Every pair there could be, as the rules say.
fn whole<'a>(students: &[&'a Student], mentors: &'a [Mentor], rules: Rules) -> Instance {
    Sheet::new(students, mentors, rules, |_, _| true, |_, fit| fit).unwrap().instance
}

proptest! {
    #[test]
    fn looked_at_from_the_pool_a_pair_is_as_the_rules_say(scene in scene()) {
        let students: Vec<&Student> = scene.students.iter().collect();
        let rules = scene.rules();
        for mentors in [&scene.academic, &scene.enterprise] {
            let field = Field::new(&students, mentors, rules);
            let looked = field.instance(&field.first(Cut { most: usize::MAX, turned: true })).unwrap().0;
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
        let rules = scene.rules();
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
            let mut ids: Vec<(MentorId, Option<ProjectId>)> = mentors.iter().map(Mentor::key).collect();
            ids.sort();
            let expected = stable::solve(instance).assignment;
            let expected: Vec<Option<(MentorId, Option<ProjectId>)>> = expected.iter().map(|mentor| mentor.map(|mentor| ids[mentor as usize])).collect();
            let got = settled.proposals.iter().filter(|(of, ..)| *of == side);
            let got: Vec<Option<(MentorId, Option<ProjectId>)>> =
                got.map(|(_, one, _)| one.mentor.map(|candidate| (candidate.mentor, candidate.project))).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
