//! One side of a question as the solver sees it: students and mentors by number, in the order of their ids.

use super::candidates::{Field, Lists};
use super::{
    Conflicts, EnrolmentId, History, Mentor, MentorId, Offers, Parts, ProjectId, Rankings, Shared, Student, Weights, eligible,
    parts,
};
use matching::{Assignment as Numbers, Edge, Fault, Instance, Preference, optimal, spread};

/// Somebody a student is paired with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub mentor: MentorId,
    /// The mentor's project, if it is one.
    pub project: Option<ProjectId>,
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
    pub history: &'a History,
    pub offers: &'a Offers,
}

impl Rules<'_> {
    /// Whether the two have said, or it is known, that they are not to be paired.
    pub fn forbid(&self, student: &Student, mentor: &Mentor) -> bool {
        self.rankings.excluded(student.enrolment, mentor.id) || self.conflicts.forbid(student.person, mentor.id)
    }

    /// Whether the two, one of each side, can guide the same student.
    pub fn compatible(&self, student: &Student, one: &Mentor, other: &Mentor) -> bool {
        meet(student, one, other) && !self.conflicts.part(one.id, other.id)
    }

    pub fn parts(&self, student: &Student, mentor: &Mentor) -> Parts {
        let mut parts = parts(student, mentor, self.rankings, self.history);
        if let Some(offer) = mentor.offer {
            parts.student_rank = self.rankings.of_project(student.enrolment, offer.project).map_or(0, |(_, score)| score);
        }
        if parts.mentor_rank == 0 {
            parts.mentor_rank = self.offers.priority(student, mentor).1;
        }
        parts
    }

    /// Whether the mentor stands for the student: with a project only where the student named it.
    pub fn offered(&self, student: &Student, mentor: &Mentor) -> bool {
        mentor.offer.is_none_or(|offer| self.rankings.of_project(student.enrolment, offer.project).is_some())
    }

    /// How high each ranks the other: by the student, by the mentor; whom the mentor does not name, by the priorities
    /// of the organisation.
    pub fn heights(&self, student: &Student, mentor: &Mentor) -> (i32, i32) {
        let (mut by_student, mut by_mentor) = self.rankings.heights(student.enrolment, mentor.id);
        if let Some(offer) = mentor.offer {
            by_student = self.rankings.of_project(student.enrolment, offer.project).map_or(0, |(height, _)| height);
        }
        if by_mentor == 0 {
            by_mentor = self.offers.priority(student, mentor).0;
        }
        (by_student, by_mentor)
    }

    pub fn fit(&self, student: &Student, mentor: &Mentor) -> i64 {
        self.parts(student, mentor).fit(self.weights)
    }
}

/// Whether the two are at the same place as far as the student needs that, and as far as it is known where they are.
pub fn meet(student: &Student, one: &Mentor, other: &Mentor) -> bool {
    let (here, there) = (one.profile.place.as_str(), other.profile.place.as_str());
    !student.same_place || here.is_empty() || there.is_empty() || here == there
}

pub struct Sheet<'a> {
    pub students: Vec<&'a Student>,
    pub mentors: Vec<&'a Mentor>,
    pub instance: Instance,
    /// What the mentors of each group of the instance have in common.
    pub shared: Vec<Shared>,
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
        mentors.sort_by_key(|mentor| mentor.key());
        let mut edges = Vec::new();
        for (number, student) in (0..).zip(&students) {
            for (other, mentor) in (0..).zip(&mentors) {
                let stands = eligible(student, mentor) && rules.offered(student, mentor);
                if !stands || rules.forbid(student, mentor) || !passes(student, mentor) {
                    continue;
                }
                let (by_student, by_mentor) = rules.heights(student, mentor);
                let value = i32::try_from(worth(mentor, rules.fit(student, mentor))).unwrap_or(i32::MAX);
                edges.push(Edge { student: number, mentor: other, value, preference: Preference { by_student, by_mentor } });
            }
        }
        let places = mentors.iter().map(|mentor| mentor.seats());
        let instance = Instance::new(students.len(), places.collect(), &edges)?;
        let (instance, shared) = rules.offers.bind(instance, &mentors)?;
        Ok(Self { students, mentors, instance, shared })
    }

    /// The pairs that are looked at.
    pub fn of(field: &Field<'a>, lists: &Lists) -> Result<Self, Fault> {
        let (instance, shared) = field.instance(lists)?;
        Ok(Self { students: field.students.clone(), mentors: field.mentors.clone(), instance, shared })
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
                mentor: pair.map(|(mentor, fit)| {
                    let (mentor, project) = mentor.key();
                    Candidate { mentor, project, fit: fit.into() }
                }),
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
    // Of their mentors, not of projects or quotas: those bind when the others look for somebody.
    let rules = Rules { offers: &Offers::default(), ..rules };
    let mut mentors: Vec<Mentor> = others.iter().filter(|other| other.id != mentor.id).cloned().collect();
    mentors.push(Mentor { load: 0, ..mentor.clone() });
    let worth = |one: &Mentor, fit| if one.id == mentor.id { fit + STAYING } else { fit };
    let goes = |student: &Student, one: &Mentor| one.id == mentor.id || passes(student, one);
    let sheet = Sheet::new(students, &mentors, rules, goes, worth)?;
    let answer = sheet.read(&optimal::solve(&sheet.instance).assignment);
    let stays = |one: &Assignment| one.mentor.is_some_and(|candidate| candidate.mentor == mentor.id);
    Ok(answer.into_iter().filter(stays).map(|one| one.student).collect())
}
