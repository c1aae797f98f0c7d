//! What is proposed to a number of students on one side.

use super::{Assignment, Candidate, Mentor, Places, Student, Weights, Wish, assign, eligible, fit};

/// Weighs every student against every mentor and assigns. The answer is in the order of the enrolments.
pub fn propose(students: &[&Student], mentors: &[Mentor], weights: &Weights) -> Vec<Assignment> {
    let candidates = |student: &Student| {
        let able = mentors.iter().filter(|mentor| eligible(student, mentor));
        able.map(|mentor| Candidate { mentor: mentor.id, fit: fit(student, mentor, weights) }).collect()
    };
    let wishes: Vec<Wish> =
        students.iter().map(|student| Wish { student: student.enrolment, candidates: candidates(student) }).collect();
    let places: Vec<Places> =
        mentors.iter().map(|mentor| Places { mentor: mentor.id, capacity: mentor.profile.capacity, load: mentor.load }).collect();
    assign(&wishes, &places)
}
