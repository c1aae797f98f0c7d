//! A city of students and mentors from a seed, brought to mentoring as they always come: by event and by the API.
//!
//! Seven schools of uneven size, two hundred enterprises in twelve chains of uneven size, classes of forty. Students and
//! mentors have skills of their programmes; mentors have from a few to many places, and of each school and chain there
//! are as many places in proportion to the students.

use crate::cli::BenchRound;
use chrono::{DateTime, TimeDelta, Utc};
use kit::event::Envelope;
use kit::rng::Chance;
use proto::{Event, directory::v1 as directory, mentoring::v1 as pb, training::v1 as training};
use std::cell::Cell;
use std::collections::BTreeMap;

const SCHOOLS: usize = 7;
const ENTERPRISES: usize = 200;
const CHAINS: usize = 12;
const PROGRAMMES: usize = 40;
/// Skills that are taught in a programme.
const SKILLS: u64 = 8;
const CLASS: u32 = 40;
/// Students of one academic and of one enterprise mentor, as in the city: 131,915 of 5,113 and of 6,600.
const OF_ACADEMIC: f64 = 25.8;
const OF_ENTERPRISE: f64 = 20.0;
/// The most places of a mentor.
const MOST: i32 = 50;

pub struct Town {
    chance: Chance,
    now: DateTime<Utc>,
    schools: Vec<String>,
    enterprises: Vec<String>,
    programmes: Vec<Vec<String>>,
    pub students: Vec<Student>,
}

pub struct Student {
    pub enrolment: String,
    pub person: String,
    class: String,
    pub school: usize,
    pub enterprise: usize,
    programme: usize,
}

impl Town {
    pub fn new(command: &BenchRound, now: DateTime<Utc>) -> Self {
        let chance = Chance::seeded(command.seed).child("town");
        // Students are enrolled class after class, not all in the same moment, and ids are in the order of time.
        let moment = Cell::new(now - TimeDelta::milliseconds(command.students.into()));
        let name = |collection: &str| format!("{collection}/{}", chance.uuid(moment.get()));
        let several = |collection: &str, count: usize| (0..count).map(|_| name(collection)).collect::<Vec<_>>();
        let (schools, enterprises) = (several("organisations", SCHOOLS), several("organisations", ENTERPRISES));
        let programmes = (0..SCHOOLS).map(|_| several("programmes", PROGRAMMES)).collect();
        let mut students = Vec::new();
        while u32::try_from(students.len()).is_ok_and(|count| count < command.students) {
            // The product of two draws: the first of a list are the largest.
            let uneven = |of: usize| index(chance.below(chance.below(of as u64) + 1));
            let (school, enterprise, programme) = (uneven(SCHOOLS), uneven(ENTERPRISES), uneven(PROGRAMMES));
            let class = name("classes");
            moment.update(|moment| moment + TimeDelta::milliseconds(CLASS.into()));
            let left = command.students - u32::try_from(students.len()).unwrap_or(u32::MAX);
            students.extend((0..CLASS.min(left)).map(|_| Student {
                enrolment: name("enrolments"),
                person: name("people"),
                class: class.clone(),
                school,
                enterprise,
                programme,
            }));
        }
        Self { chance, now, schools, enterprises, programmes, students }
    }

    fn chain(enterprise: usize) -> String {
        format!("chain-{}", enterprise % CHAINS)
    }

    fn skills(&self, programme: usize, from: u64) -> Vec<String> {
        let count = from + self.chance.below(3);
        let mut skills: Vec<String> = (0..count).map(|_| format!("skill-{programme}-{}", self.chance.below(SKILLS))).collect();
        skills.sort();
        skills.dedup();
        skills
    }

    /// Everything other services tell of who there is.
    pub fn events(&self) -> Vec<Envelope> {
        let organisations = self.schools.iter().map(|school| (school, directory::OrganisationKind::School));
        let enterprises = self.enterprises.iter().map(|enterprise| (enterprise, directory::OrganisationKind::Enterprise));
        let mut events: Vec<Envelope> = organisations
            .chain(enterprises)
            .map(|(organisation, kind)| {
                let event = directory::OrganisationRegistered {
                    organisation: organisation.clone(),
                    kind: kind.into(),
                    ..Default::default()
                };
                self.told(organisation, &event)
            })
            .collect();
        for student in &self.students {
            let skills = self.skills(student.programme, 2);
            let event = directory::PersonRegistered { person: student.person.clone(), skills, ..Default::default() };
            events.push(self.told(&student.person, &event));
            let event = training::EnrolmentCreated {
                enrolment: student.enrolment.clone(),
                class: student.class.clone(),
                order: student.class.replace("classes/", "orders/"),
                student: student.person.clone(),
                school: self.schools[student.school].clone(),
                enterprise: self.enterprises[student.enterprise].clone(),
                chain: Self::chain(student.enterprise),
                programme: self.programmes[student.school][student.programme].clone(),
                ..Default::default()
            };
            events.push(self.told(&student.enrolment, &event));
        }
        events
    }

    fn told<E: Event>(&self, subject: &str, event: &E) -> Envelope {
        Envelope {
            id: format!("{subject}#1"),
            source: format!("talentflow/{}", E::TYPE.split('.').nth(1).unwrap_or_default()),
            kind: E::TYPE.to_owned(),
            channel: E::TYPE.to_owned(),
            subject: subject.to_owned(),
            version: Some(1),
            time: self.now,
            cause: None,
            traceparent: None,
            data: event.encode_to_vec(),
        }
    }

    /// The mentors of each organisation, in batches: as many places in percent of a school's and of a chain's students.
    pub fn mentors(&self, places: u32) -> Vec<Vec<pb::Mentor>> {
        let (mut schools, mut chains) = (BTreeMap::new(), BTreeMap::new());
        for student in &self.students {
            *schools.entry(student.school).or_insert(0u64) += 1;
            *chains.entry(student.enterprise % CHAINS).or_insert(0u64) += 1;
        }
        let mut by_organisation: BTreeMap<String, Vec<pb::Mentor>> = BTreeMap::new();
        for (school, students) in schools {
            for capacity in self.capacities(students * u64::from(places) / 100, OF_ACADEMIC) {
                let mentor = pb::Mentor {
                    programmes: self.some_programmes(school),
                    side: pb::Side::Academic.into(),
                    ..self.mentor(self.schools[school].clone(), capacity)
                };
                by_organisation.entry(mentor.organisation.clone()).or_default().push(mentor);
            }
        }
        for (chain, students) in chains {
            for capacity in self.capacities(students * u64::from(places) / 100, OF_ENTERPRISE) {
                let of_chain = self.chance.below(((ENTERPRISES - chain).div_ceil(CHAINS)) as u64);
                let enterprise = chain + index(of_chain) * CHAINS;
                let mentor = pb::Mentor {
                    chain: Self::chain(enterprise),
                    side: pb::Side::Enterprise.into(),
                    ..self.mentor(self.enterprises[enterprise].clone(), capacity)
                };
                by_organisation.entry(mentor.organisation.clone()).or_default().push(mentor);
            }
        }
        by_organisation.into_values().flat_map(|all| all.chunks(500).map(<[_]>::to_vec).collect::<Vec<_>>()).collect()
    }

    /// Uneven capacities that sum up to so many places.
    fn capacities(&self, places: u64, mean: f64) -> Vec<i32> {
        let mut left = places;
        let mut all = Vec::new();
        while left > 0 {
            // From a quarter of the mean to seven quarters.
            let share = 0.25 + f64::from(u32::try_from(self.chance.below(1501)).unwrap_or_default()) / 1000.0;
            #[expect(clippy::cast_possible_truncation, reason = "at most fifty")]
            let capacity = ((mean * 1.1 * share).round() as i32).clamp(1, MOST).min(i32::try_from(left).unwrap_or(MOST));
            left -= u64::from(capacity.unsigned_abs());
            all.push(capacity);
        }
        all
    }

    fn mentor(&self, organisation: String, capacity: i32) -> pb::Mentor {
        let programme = index(self.chance.below(self.chance.below(PROGRAMMES as u64) + 1));
        let person = format!("people/{}", self.chance.uuid(self.now));
        pb::Mentor { person, organisation, capacity, skills: self.skills(programme, 3), ..Default::default() }
    }

    fn some_programmes(&self, school: usize) -> Vec<String> {
        let some = (0..3).map(|_| index(self.chance.below(self.chance.below(PROGRAMMES as u64) + 1)));
        let mut some: Vec<String> = some.map(|programme| self.programmes[school][programme].clone()).collect();
        some.sort();
        some.dedup();
        some
    }

    /// Pairs of an academic and an enterprise mentor who do not work together, so that the two sides have to be joined.
    pub fn vetoes(&self, mentors: &[pb::Mentor], count: usize) -> Vec<pb::Conflict> {
        let (academic, enterprise): (Vec<_>, Vec<_>) = mentors.iter().partition(|mentor| mentor.side() == pb::Side::Academic);
        let one_of = |some: &[&pb::Mentor]| some[index(self.chance.below(some.len() as u64))].name.clone();
        let mut pairs: Vec<(String, String)> = (0..count).map(|_| (one_of(&academic), one_of(&enterprise))).collect();
        pairs.sort();
        pairs.dedup();
        let veto = |(mentor, other)| pb::Conflict { mentor, other, ground: "veto".to_owned(), ..Default::default() };
        pairs.into_iter().map(veto).collect()
    }

    /// What some students say of whom they would rather have.
    pub fn rankings(&self, mentors: &[pb::Mentor]) -> Vec<pb::Ranking> {
        let mut of_school: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for mentor in mentors.iter().filter(|mentor| mentor.side() == pb::Side::Academic) {
            of_school.entry(&mentor.organisation).or_default().push(&mentor.name);
        }
        let ranking = |student: &Student| {
            let some = of_school.get(self.schools[student.school].as_str())?;
            let mut ranked: Vec<String> = (0..3).map(|_| some[index(self.chance.below(some.len() as u64))].to_owned()).collect();
            ranked.sort();
            ranked.dedup();
            Some(pb::Ranking { author: student.enrolment.clone(), ranked, ..Default::default() })
        };
        self.students.iter().step_by(20).filter_map(ranking).collect()
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}
