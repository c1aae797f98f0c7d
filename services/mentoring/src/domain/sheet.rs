//! One side of a question as the solver sees it: students and mentors by number, in the order of their ids.

use super::candidates::{Field, Lists};
use super::{Conflicts, EnrolmentId, Mentor, MentorId, Parts, Rankings, Student, Weights, eligible, parts};
use matching::{Assignment as Numbers, Edge, Fault, Instance, Places, Preference, optimal, spread};

/// Somebody a student is paired with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub mentor: MentorId,
    /// 0 to 1,000.
    pub fit: i64,
}

/// What a student got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    pub student: EnrolmentId,
    pub mentor: Option<Candidate>,
}

/// By what pairs are judged.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub weights: &'a Weights,
    pub rankings: &'a Rankings,
    pub conflicts: &'a Conflicts,
}

impl Rules<'_> {
    /// Whether the two have said, or it is known, that they are not to be paired.
    pub fn forbid(&self, student: &Student, mentor: &Mentor) -> bool {
        self.rankings.excluded(student.enrolment, mentor.id) || self.conflicts.forbid(student.person, mentor.id)
    }

    /// Whether the two, one of each side, can guide the same student.
    pub fn compatible(&self, student: &Student, one: &Mentor, other: &Mentor) -> bool {
        let (here, there) = (one.profile.place.as_str(), other.profile.place.as_str());
        let apart = student.same_place && !here.is_empty() && !there.is_empty() && here != there;
        !apart && !self.conflicts.part(one.id, other.id)
    }

    pub fn parts(&self, student: &Student, mentor: &Mentor) -> Parts {
        parts(student, mentor, self.rankings)
    }

    pub fn fit(&self, student: &Student, mentor: &Mentor) -> i64 {
        self.parts(student, mentor).fit(self.weights)
    }
}

pub struct Sheet<'a> {
    pub students: Vec<&'a Student>,
    pub mentors: Vec<&'a Mentor>,
    pub instance: Instance,
}

impl<'a> Sheet<'a> {
    /// Weighs every student against every mentor who may guide them and passes.
    pub fn new(
        students: &[&'a Student],
        mentors: &'a [Mentor],
        rules: Rules,
        passes: impl Fn(&Student, &Mentor) -> bool,
        worth: impl Fn(&Mentor, i64) -> i64,
    ) -> Result<Self, Fault> {
        let mut students = students.to_vec();
        students.sort_by_key(|student| student.enrolment);
        let mut mentors: Vec<&Mentor> = mentors.iter().collect();
        mentors.sort_by_key(|mentor| mentor.id);
        let mut edges = Vec::new();
        for (number, student) in (0..).zip(&students) {
            for (other, mentor) in (0..).zip(&mentors) {
                if !eligible(student, mentor) || rules.forbid(student, mentor) || !passes(student, mentor) {
                    continue;
                }
                let (by_student, by_mentor) = rules.rankings.heights(student.enrolment, mentor.id);
                let value = i32::try_from(worth(mentor, rules.fit(student, mentor))).unwrap_or(i32::MAX);
                edges.push(Edge { student: number, mentor: other, value, preference: Preference { by_student, by_mentor } });
            }
        }
        let places = mentors.iter().map(|mentor| Places {
            capacity: u32::try_from(mentor.places).unwrap_or_default(),
            taken: u32::try_from(mentor.load).unwrap_or_default(),
        });
        let instance = Instance::new(students.len(), places.collect(), &edges)?;
        Ok(Self { students, mentors, instance })
    }

    /// The pairs that are looked at.
    pub fn of(field: &Field<'a>, lists: &Lists) -> Result<Self, Fault> {
        let instance = field.instance(lists)?;
        Ok(Self { students: field.students.clone(), mentors: field.mentors.clone(), instance })
    }

    /// Who a number is.
    pub fn mentor(&self, number: Option<u32>) -> Option<&'a Mentor> {
        self.mentors.get(number? as usize).copied()
    }

    /// What numbers say, by ids.
    pub fn read(&self, numbers: &Numbers) -> Vec<Assignment> {
        let read = |(number, student): (usize, &&Student)| {
            let mentor = numbers.get(number).copied().flatten();
            let fit = mentor.and_then(|mentor| self.instance.value(number, mentor));
            let pair = self.mentor(mentor).zip(fit);
            Assignment {
                student: student.enrolment,
                mentor: pair.map(|(mentor, fit)| Candidate { mentor: mentor.id, fit: fit.into() }),
            }
        };
        self.students.iter().enumerate().map(read).collect()
    }
}

/// Who gets whom on one side: as many as possible get a mentor, those fit as well as possible, and the mentors are
/// filled as evenly as possible. The answer is in the order of the enrolments, and depends on ids and numbers alone.
pub fn assign(
    students: &[&Student],
    mentors: &[Mentor],
    rules: Rules,
    passes: impl Fn(&Student, &Mentor) -> bool,
) -> Result<Vec<Assignment>, Fault> {
    let sheet = Sheet::new(students, mentors, rules, passes, |_, fit| fit)?;
    let mut answer = optimal::solve(&sheet.instance);
    spread(&sheet.instance, &mut answer);
    Ok(sheet.read(&answer.assignment))
}

/// What staying with one's mentor counts more than the best fit of another.
const STAYING: i64 = 10_000;

/// Who of a mentor's students stay when the mentor has fewer places than them: as many as there are places, so that
/// nobody is moved without need; and of all such choices the one after which most of the others find somebody, who fits
/// them well. `others` are the mentors who are free.
pub fn keep(
    students: &[&Student],
    mentor: &Mentor,
    others: &[Mentor],
    rules: Rules,
    passes: impl Fn(&Student, &Mentor) -> bool,
) -> Result<Vec<EnrolmentId>, Fault> {
    let mut mentors: Vec<Mentor> = others.iter().filter(|other| other.id != mentor.id).cloned().collect();
    mentors.push(Mentor { load: 0, ..mentor.clone() });
    let worth = |one: &Mentor, fit| if one.id == mentor.id { fit + STAYING } else { fit };
    let goes = |student: &Student, one: &Mentor| one.id == mentor.id || passes(student, one);
    let sheet = Sheet::new(students, &mentors, rules, goes, worth)?;
    let answer = sheet.read(&optimal::solve(&sheet.instance).assignment);
    let stays = |one: &Assignment| one.mentor.is_some_and(|candidate| candidate.mentor == mentor.id);
    Ok(answer.into_iter().filter(stays).map(|one| one.student).collect())
}
