//! What is proposed to a number of students on one side: as many as possible get a mentor, those fit as well as
//! possible, and the mentors are filled as evenly as possible.

use super::{EnrolmentId, Mentor, MentorId, Student, Weights, eligible, fit};
use matching::{Edge, Fault, Instance, Places, Preference, optimal, spread};

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

/// Weighs every student against every mentor and assigns. The answer is in the order of the enrolments, and depends
/// on ids and numbers alone.
pub fn propose(students: &[&Student], mentors: &[Mentor], weights: &Weights) -> Result<Vec<Assignment>, Fault> {
    let mut students = students.to_vec();
    students.sort_by_key(|student| student.enrolment);
    let mut mentors: Vec<&Mentor> = mentors.iter().collect();
    mentors.sort_by_key(|mentor| mentor.id);
    let mut edges = Vec::new();
    for (number, student) in (0..).zip(&students) {
        let able = (0..).zip(&mentors).filter(|(_, mentor)| eligible(student, mentor));
        edges.extend(able.map(|(mentor, profile)| Edge {
            student: number,
            mentor,
            value: i32::try_from(fit(student, profile, weights)).unwrap_or(i32::MAX),
            preference: Preference::default(),
        }));
    }
    let places = mentors.iter().map(|mentor| Places {
        capacity: u32::try_from(mentor.profile.capacity).unwrap_or_default(),
        taken: u32::try_from(mentor.load).unwrap_or_default(),
    });
    let instance = Instance::new(students.len(), places.collect(), &edges)?;
    let mut answer = optimal::solve(&instance);
    spread(&instance, &mut answer);
    let assigned = |(number, (student, mentor)): (usize, (&&Student, &Option<u32>))| {
        let value = mentor.and_then(|mentor| instance.value(number, mentor));
        let pair = mentor.and_then(|mentor| mentors.get(mentor as usize)).zip(value);
        let mentor = pair.map(|(mentor, fit)| Candidate { mentor: mentor.id, fit: fit.into() });
        Assignment { student: student.enrolment, mentor }
    };
    Ok(students.iter().zip(&answer.assignment).enumerate().map(assigned).collect())
}
