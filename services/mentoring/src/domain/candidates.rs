//! Which mentors are looked at for a student, when looking at all of them would be too many pairs.
//!
//! A city has thousands of mentors and a hundred thousand students. So a student begins with the best few: by fit, and
//! whoever is ranked by the student or ranks the student. What a solver then says of these pairs is asked of all the
//! others: at its prices, would a student gain by a mentor not looked at yet? Such pairs are added, and it is solved
//! again, until there are none ([`Field::priced`]; column generation, Gilmore and Gomory, *A linear programming approach
//! to the cutting-stock problem*, Operations Research 9 (1961)). Then the prices prove the answer among all pairs there
//! could be, so the limit costs nobody a mentor and no point of fit; it only saves time.

use super::sheet::Rules;
use super::{ClassId, EnrolmentId, Mentor, MentorId, OrganisationId, PersonId, ProjectId, Shared, Side, Student, eligible};
use kit::id::Id;
use matching::certificate::Worth;
use matching::{Edge, Fault, Instance, Preference, optimal::Optimal};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The best fit, and how far a part is fulfilled at most.
const FULL: i64 = 1000;
/// Students for whom one core is enough.
const ONE_CORE: usize = 1000;

/// The students and one side's mentors, with what all students of a kind have in common worked out once.
pub struct Field<'a> {
    pub students: Vec<&'a Student>,
    /// In the order of their ids and projects, as are the students.
    pub mentors: Vec<&'a Mentor>,
    rules: Rules<'a>,
    /// What the weights come to, which is asked for each pair.
    total: i64,
    pools: Vec<Pool>,
    kinds: Vec<Kind>,
    known: Vec<Known>,
    skills: BTreeMap<&'a str, usize>,
    people: BTreeMap<PersonId, Vec<u32>>,
    projects: BTreeMap<ProjectId, u32>,
}

/// Mentors who may guide the same students; without those who stand with a project, whom only students get who name it.
#[derive(Default)]
struct Pool {
    mentors: Vec<u32>,
    /// Where in the pool each skill is found.
    having: BTreeMap<usize, Vec<u32>>,
}

/// Students who differ in nothing but themselves and their skills.
struct Kind {
    pool: usize,
    /// Each mentor's parts of the fit, weighed and summed up, without the skills.
    base: Vec<i64>,
    /// How well each mentor fits who shares no skill.
    plain: Vec<i32>,
    /// The same, the best first.
    falling: Vec<i32>,
    /// How high each mentor's organisation ranks these students; empty where none does.
    heights: Vec<i32>,
}

/// What is known of one student, by number.
struct Known {
    kind: usize,
    skills: Box<[usize]>,
    /// With whom the student is not to be paired: themselves, and who excluded them or is excluded.
    banned: Box<[u32]>,
}

/// A pair that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub mentor: u32,
    pub fit: i32,
    preference: Preference,
}

/// The pairs that are looked at, by student.
pub type Lists = Vec<Vec<Pair>>;

/// What a student sees of the pool.
#[derive(Default)]
struct View {
    fits: Vec<i32>,
    /// How many skills each shares; all 0 but while it is counted.
    shared: Vec<i64>,
    sharing: Vec<u32>,
    best: Vec<(Worth, usize, usize)>,
}

impl<'a> Field<'a> {
    pub fn new(students: &[&'a Student], mentors: &'a [Mentor], rules: Rules<'a>) -> Self {
        let mut students = students.to_vec();
        students.sort_by_key(|student| student.enrolment);
        let mut mentors: Vec<&Mentor> = mentors.iter().collect();
        mentors.sort_by_key(|mentor| mentor.key());
        let mut field = Self {
            students,
            mentors,
            rules,
            total: rules.weights.total().max(1),
            pools: Vec::new(),
            kinds: Vec::new(),
            known: Vec::new(),
            skills: BTreeMap::new(),
            people: BTreeMap::new(),
            projects: BTreeMap::new(),
        };
        for (number, mentor) in (0u32..).zip(&field.mentors) {
            field.people.entry(mentor.profile.person).or_default().push(number);
            if let Some(offer) = mentor.offer {
                field.projects.insert(offer.project, number);
            }
            for skill in mentor.profile.skills.iter() {
                let next = field.skills.len();
                field.skills.entry(skill).or_insert(next);
            }
        }
        field.sort_students();
        field
    }

    fn sort_students(&mut self) {
        type Key<'k> = (OrganisationId, OrganisationId, &'k str);
        let mut pools: BTreeMap<Key, usize> = BTreeMap::new();
        let mut kinds: BTreeMap<(Key, &str, &str, ClassId), usize> = BTreeMap::new();
        let prefers = self.rules.offers.prefer();
        let academic = self.mentors.first().is_none_or(|mentor| mentor.profile.side == Side::Academic);
        for student in self.students.clone() {
            let all = (student.school, student.enterprise, student.chain.as_str());
            // What a mentor is eligible by.
            let key = if academic { (all.0, OrganisationId::unset(), "") } else { (OrganisationId::unset(), all.1, all.2) };
            let class = if prefers { student.class } else { ClassId::unset() };
            let kind = *kinds.entry((all, student.programme.as_str(), student.place.as_str(), class)).or_insert_with(|| {
                // Whoever it is: not a mentor, and without skills of their own.
                let anybody = Student {
                    person: PersonId::unset(),
                    enrolment: EnrolmentId::unset(),
                    skills: String::new().into(),
                    ..student.clone()
                };
                let pool = *pools.entry(key).or_insert_with(|| {
                    self.pools.push(self.pool(&anybody));
                    self.pools.len() - 1
                });
                self.kinds.push(self.kind(&anybody, pool));
                self.kinds.len() - 1
            });
            let skills = student.skills.iter().filter_map(|skill| self.skills.get(skill).copied()).collect();
            let mut banned: Vec<u32> = self.people.get(&student.person).into_iter().flatten().copied().collect();
            banned.extend(self.excluded(student));
            self.known.push(Known { kind, skills, banned: banned.into() });
        }
    }

    fn pool(&self, anybody: &Student) -> Pool {
        let mut pool = Pool::default();
        for (number, mentor) in (0u32..).zip(&self.mentors) {
            if mentor.offer.is_some() || !eligible(anybody, mentor) {
                continue;
            }
            for skill in mentor.profile.skills.iter() {
                let place = u32::try_from(pool.mentors.len()).unwrap_or(u32::MAX);
                pool.having.entry(self.skills[skill]).or_default().push(place);
            }
            pool.mentors.push(number);
        }
        pool
    }

    fn kind(&self, anybody: &Student, pool: usize) -> Kind {
        let mentors = || self.pools[pool].mentors.iter().map(|number| self.mentors[*number as usize]);
        let height = |mentor| self.rules.offers.priority(anybody, mentor).0;
        let base: Vec<i64> = mentors().map(|mentor| self.rules.parts(anybody, mentor).sum(self.rules.weights)).collect();
        let plain: Vec<i32> = base.iter().map(|base| self.fit(*base, 0)).collect();
        let mut falling = plain.clone();
        falling.sort_unstable_by_key(|fit| Reverse(*fit));
        let heights = if self.rules.offers.prefer() { mentors().map(height).collect() } else { Vec::new() };
        Kind { pool, base, plain, falling, heights }
    }

    /// The fit of a pair whose parts without the skills, and whose skills, are weighed already.
    fn fit(&self, base: i64, skills: i64) -> i32 {
        i32::try_from((base + skills) / self.total).unwrap_or(i32::MAX)
    }

    fn kind_of(&self, student: usize) -> &Kind {
        &self.kinds[self.known[student].kind]
    }

    /// The pair of a student with somebody at a place of the pool, of whom nothing else is known.
    fn pair(&self, student: usize, view: &View, place: usize) -> Pair {
        let kind = self.kind_of(student);
        let by_mentor = kind.heights.get(place).copied().unwrap_or_default();
        let mentor = self.pools[kind.pool].mentors[place];
        Pair { mentor, fit: view.fits[place], preference: Preference { by_student: 0, by_mentor } }
    }

    /// Works out how well everybody of the pool fits a student.
    fn look(&self, student: usize, view: &mut View) {
        let kind = self.kind_of(student);
        let pool = &self.pools[kind.pool];
        view.fits.clear();
        view.fits.extend_from_slice(&kind.plain);
        view.shared.resize(view.shared.len().max(pool.mentors.len()), 0);
        for place in self.known[student].skills.iter().filter_map(|skill| pool.having.get(skill)).flatten() {
            if view.shared[*place as usize] == 0 {
                view.sharing.push(*place);
            }
            view.shared[*place as usize] += 1;
        }
        let of = i64::try_from(self.students[student].skills.len()).unwrap_or(i64::MAX).max(1);
        for place in view.sharing.drain(..) {
            let shared = std::mem::take(&mut view.shared[place as usize]);
            view.fits[place as usize] = self.fit(kind.base[place as usize], shared * FULL / of * self.rules.weights.skills);
        }
    }

    /// Who excluded the student or is excluded by the student, or has a conflict with the student.
    pub fn excluded(&self, student: &Student) -> impl Iterator<Item = u32> {
        let excluded = self.rules.rankings.excluded_beside(student.enrolment);
        excluded.chain(self.rules.conflicts.of_person(student.person)).flat_map(|mentor| self.numbers(mentor))
    }

    /// A mentor, without a project and with each.
    pub fn numbers(&self, mentor: MentorId) -> impl Iterator<Item = u32> {
        let from = self.mentors.partition_point(|one| one.id < mentor);
        let all = self.mentors[from..].iter().take_while(move |one| one.id == mentor);
        all.zip(u32::try_from(from).unwrap_or(u32::MAX)..).map(|(_, number)| number)
    }

    /// Those of whom more is known than what all students of a kind have in common: who ranks or is ranked, with whom the
    /// student was before, and the projects the student names. They are looked at in any case.
    fn ranked(&self, student: usize) -> Vec<Pair> {
        let (who, banned) = (self.students[student], &self.known[student].banned);
        let rankings = self.rules.rankings;
        let mut numbers: BTreeSet<u32> = rankings.ranked_beside(who.enrolment).flat_map(|id| self.numbers(id)).collect();
        numbers.extend(rankings.projects_of(who.enrolment).filter_map(|project| self.projects.get(&project)));
        let before = self.rules.history.of_student(who.person).filter_map(|person| self.people.get(&person));
        numbers.extend(before.flatten());
        let pair = |number: u32| {
            let mentor = self.mentors[number as usize];
            let (by_student, by_mentor) = self.rules.heights(who, mentor);
            let fit = i32::try_from(self.rules.fit(who, mentor)).unwrap_or(i32::MAX);
            Pair { mentor: number, fit, preference: Preference { by_student, by_mentor } }
        };
        let possible = |number: &u32| {
            let mentor = self.mentors[*number as usize];
            !banned.contains(number) && eligible(who, mentor) && self.rules.offered(who, mentor)
        };
        numbers.into_iter().filter(possible).map(pair).collect()
    }

    /// Adds the best of the pool who pass to a student's list, `most` of them; answers how many they were. Equals come
    /// in the order of their ids; where that would send all students of a kind to the same few, from another one on for
    /// each.
    fn add(
        &self,
        student: usize,
        view: &mut View,
        list: &mut Vec<Pair>,
        cut: Cut,
        worth: impl Fn(u32, i32) -> Option<Worth>,
    ) -> usize {
        let pool = &self.pools[self.kind_of(student).pool].mentors;
        let size = pool.len().max(1);
        let start = if cut.turned { student % size } else { 0 };
        view.best.clear();
        for ((place, number), fit) in pool.iter().enumerate().zip(&view.fits) {
            let Some(worth) = worth(*number, *fit) else { continue };
            if self.is_free(student, list, *number) {
                view.best.push((worth, (place + size - start) % size, place));
            }
        }
        let order = |one: &(Worth, usize, usize), other: &(Worth, usize, usize)| other.0.cmp(&one.0).then(one.1.cmp(&other.1));
        if view.best.len() > cut.most {
            view.best.select_nth_unstable_by(cut.most, order);
            view.best.truncate(cut.most);
        }
        list.extend(view.best.iter().map(|(_, _, place)| self.pair(student, view, *place)));
        view.best.len()
    }

    /// Whether the student may be paired with the mentor, and does not look at them yet.
    fn is_free(&self, student: usize, list: &[Pair], mentor: u32) -> bool {
        !self.known[student].banned.contains(&mentor) && list.iter().all(|known| known.mentor != mentor)
    }

    /// Adds as many of the pool as they come at even distances, from another one on for each student: the best alone are
    /// the same for many, and whoever finds only those full would take several turns to find a place.
    fn scatter(&self, student: usize, view: &View, list: &mut Vec<Pair>, most: usize) {
        let pool = &self.pools[self.kind_of(student).pool].mentors;
        for turn in 0..most.min(pool.len()) {
            let place = (student + turn * pool.len() / most) % pool.len();
            if self.is_free(student, list, pool[place]) {
                list.push(self.pair(student, view, place));
            }
        }
    }

    /// The pairs to begin with: the best `most` for each student, and who ranks or is ranked.
    pub fn first(&self, cut: Cut) -> Lists {
        let mut lists = vec![Vec::new(); self.students.len()];
        for_each(&mut lists, |student, view, list| {
            self.look(student, view);
            *list = self.ranked(student);
            let best = Cut { most: cut.most - cut.apart(), ..cut };
            // Skills only add to a fit, so the best are among those who fit as well as so many do without any.
            let passed_over = list.len() + self.known[student].banned.len();
            let floor = self.kind_of(student).falling.get(best.most + passed_over).copied().unwrap_or_default();
            let good = |_, fit: i32| (fit >= floor).then_some(Worth { assigned: 1, value: fit.into() });
            self.add(student, view, list, best, good);
            self.scatter(student, view, list, cut.apart());
            0
        });
        lists
    }

    /// Adds the pairs by which a student would gain at these prices of an instance; answers how many.
    pub fn priced(&self, lists: &mut Lists, (instance, optimal): (&Instance, &Optimal), cut: Cut) -> usize {
        let prices: Vec<Worth> = (0..self.mentors.len()).map(|mentor| optimal.cost(instance, as_number(mentor))).collect();
        let open: Vec<bool> = (0..self.mentors.len())
            .map(|mentor| instance.chain(as_number(mentor)).all(|holder| instance.free_of(holder) > 0))
            .collect();
        let gain = |mentor: u32, fit: i32| Worth { assigned: 1, value: fit.into() } - prices[mentor as usize];
        for_each(lists, |student, view, list| {
            let has = list.iter().map(|pair| gain(pair.mentor, pair.fit)).max().unwrap_or_default().max(Worth::default());
            self.look(student, view);
            let better = |mentor: u32, fit: i32| Some(gain(mentor, fit)).filter(|gain| open[mentor as usize] && *gain > has);
            self.add(student, view, list, cut, better)
        })
    }

    /// Adds further pairs that pass for those who stayed alone; and, where `better` ones are asked for, those that a
    /// student would rather have than what they hold. As many as the student looks at already; answers how many.
    pub fn further(
        &self,
        lists: &mut Lists,
        held: &[Option<u32>],
        better: bool,
        passes: impl Fn(usize, u32) -> bool + Sync,
    ) -> usize {
        for_each(lists, |student, view, list| {
            let holds = held[student].and_then(|mentor| list.iter().find(|pair| pair.mentor == mentor));
            let floor = holds.map(|pair| (pair.preference.by_student, pair.fit, Reverse(pair.mentor)));
            if floor.is_some() && !better {
                return 0;
            }
            self.look(student, view);
            let cut = Cut { most: list.len().max(1), turned: false };
            let possible = |mentor: u32, fit: i32| {
                // Nobody said anything of a pair that is not looked at.
                let wanted = floor.is_none_or(|floor| (0, fit, Reverse(mentor)) > floor);
                let open = wanted && self.mentors[mentor as usize].spare() > 0 && passes(student, mentor);
                open.then_some(Worth { assigned: 1, value: fit.into() })
            };
            self.add(student, view, list, cut, possible)
        })
    }

    /// The question about the pairs that are looked at.
    pub fn instance(&self, lists: &Lists) -> Result<(Instance, Vec<Shared>), Fault> {
        let mut edges = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        for (student, list) in (0u32..).zip(lists) {
            let edge = |pair: &Pair| Edge { student, mentor: pair.mentor, value: pair.fit, preference: pair.preference };
            edges.extend(list.iter().map(edge));
        }
        let places = self.mentors.iter().map(|mentor| mentor.seats());
        self.rules.offers.bind(Instance::new(self.students.len(), places.collect(), &edges)?, &self.mentors)
    }
}

/// Works through the students' lists, on all cores where they are many; answers the sum.
fn for_each(lists: &mut Lists, work: impl Fn(usize, &mut View, &mut Vec<Pair>) -> usize + Sync) -> usize {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = lists.len().div_ceil(threads).max(ONE_CORE);
    let sum = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (lists, first) in lists.chunks_mut(share).zip((0..).step_by(share)) {
            let (work, sum) = (&work, &sum);
            scope.spawn(move || {
                let mut view = View::default();
                let of_all: usize = lists.iter_mut().zip(first..).map(|(list, student)| work(student, &mut view, list)).sum();
                sum.fetch_add(of_all, Ordering::Relaxed)
            });
        }
    });
    sum.into_inner()
}

fn as_number(mentor: usize) -> u32 {
    u32::try_from(mentor).unwrap_or(u32::MAX)
}

/// How many pairs are added, and from where on among equals.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub most: usize,
    pub turned: bool,
}

impl Cut {
    /// How many of a student's first pairs are taken from all over the pool, whatever the fit.
    fn apart(self) -> usize {
        if self.turned { self.most / 3 } else { 0 }
    }
}

#[cfg(test)]
mod tests;
