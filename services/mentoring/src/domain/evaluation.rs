//! What a student and a mentor say of each other at the end of a term or of their pairing (互评).

use super::{EvaluationId, Guide, OrganisationId, Pairing, PairingId, Refusal, Term, TermId};
use chrono::NaiveDate;
use std::collections::BTreeMap;

kit::words! {
    /// Who evaluates the other.
    pub enum Evaluator {
        Student = "student",
        Mentor = "mentor",
    }
}

kit::words! {
    /// What is scored besides the whole. There are codes only: what people write of each other is personal.
    pub enum Aspect {
        Availability = "availability",
        Expertise = "expertise",
        Explanation = "explanation",
        Care = "care",
        /// Practice that the mentor opened a door to.
        Practice = "practice",
        Attendance = "attendance",
        Diligence = "diligence",
        Skill = "skill",
        Teamwork = "teamwork",
        Safety = "safety",
    }
}

impl Evaluator {
    /// What is scored of the other.
    pub const fn aspects(self) -> &'static [Aspect] {
        match self {
            Self::Student => &[Aspect::Availability, Aspect::Expertise, Aspect::Explanation, Aspect::Care, Aspect::Practice],
            Self::Mentor => &[Aspect::Attendance, Aspect::Diligence, Aspect::Skill, Aspect::Teamwork, Aspect::Safety],
        }
    }

    /// Who speaks for the evaluator: students through their school, mentors through their organisation.
    pub fn speaker(self, pairing: &Pairing, guide: &Guide) -> OrganisationId {
        match self {
            Self::Student => pairing.school,
            Self::Mentor => guide.organisation,
        }
    }
}

/// One side's word on the other, for a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    pub id: EvaluationId,
    pub pairing: PairingId,
    pub term: TermId,
    pub evaluator: Evaluator,
    /// 1 to 100, as each aspect.
    pub score: i64,
    pub aspects: BTreeMap<Aspect, i64>,
}

/// Whether a pairing can be evaluated for a term on this day: the two were paired on a day of it, the time for it has come,
/// or the pairing is over, and the term is not: from its end on each side reads what the other said.
pub fn check_evaluable(pairing: &Pairing, guide: &Guide, term: &Term, today: NaiveDate) -> Result<(), Refusal> {
    let last = pairing.end.map(|(on, _)| on);
    if guide.since >= term.days.end || last.is_some_and(|last| last < term.days.start.max(guide.since)) {
        return Err(Refusal::OutsideTerm { pairing: pairing.id, code: term.code.clone() });
    }
    let from = last.map_or(term.evaluated_from, |last| last.min(term.evaluated_from));
    if today < from {
        return Err(Refusal::EvaluatedEarly { code: term.code.clone(), from });
    }
    if today >= term.days.end {
        return Err(Refusal::TermOver { code: term.code.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Days, EndReason, MentorId, PairingState, Side};
    use kit::id::Id;
    use kit::macros::uuid::Uuid;

    fn id<T: Id>(n: u128) -> T {
        T::from_uuid(Uuid::from_u128(n))
    }

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn guide() -> Guide {
        Guide { mentor: id::<MentorId>(1), person: id(2), organisation: id(3), project: None, since: day(3, 10) }
    }

    fn pairing(end: Option<NaiveDate>) -> Pairing {
        Pairing {
            id: id(4),
            version: 1,
            round: id(5),
            enrolment: id(6),
            class: id(7),
            student: id(8),
            school: id(9),
            enterprise: id(10),
            side: Side::Enterprise,
            state: PairingState::Active,
            guide: Some(guide()),
            fit: 0,
            end: end.map(|end| (end, EndReason::Graduated)),
            rematch: None,
        }
    }

    fn term(first: (u32, u32), end: (u32, u32)) -> Term {
        let days = Days::new(day(first.0, first.1), day(end.0, end.1)).unwrap();
        Term::new(id(11), "spring".to_owned(), days, None).unwrap()
    }

    #[test]
    fn it_is_given_in_the_last_days_of_a_term_or_once_the_pairing_is_over_and_never_after_the_term() {
        let spring = term((2, 1), (7, 1));
        let check = |end, today| check_evaluable(&pairing(end), &guide(), &spring, today);
        assert!(matches!(check(None, day(5, 31)), Err(Refusal::EvaluatedEarly { from, .. }) if from == day(6, 1)));
        assert!(check(None, day(6, 1)).is_ok() && check(None, day(6, 30)).is_ok());
        assert!(matches!(check(None, day(7, 1)), Err(Refusal::TermOver { .. })));
        assert!(matches!(check(Some(day(4, 2)), day(4, 1)), Err(Refusal::EvaluatedEarly { from, .. }) if from == day(4, 2)));
        assert!(check(Some(day(4, 2)), day(4, 2)).is_ok());
        assert!(matches!(check(Some(day(4, 2)), day(7, 2)), Err(Refusal::TermOver { .. })));
    }

    #[test]
    fn it_is_of_a_term_in_which_the_two_were_paired() {
        let check = |end, term: &Term, today| check_evaluable(&pairing(end), &guide(), term, today);
        let winter = term((1, 1), (3, 10));
        assert!(matches!(check(None, &winter, day(3, 9)), Err(Refusal::OutsideTerm { .. })));
        assert!(check(None, &term((1, 1), (3, 11)), day(3, 10)).is_ok());
        assert!(matches!(check(Some(day(4, 2)), &term((4, 3), (9, 1)), day(8, 30)), Err(Refusal::OutsideTerm { .. })));
        assert!(check(Some(day(4, 3)), &term((4, 3), (9, 1)), day(8, 30)).is_ok());
        // Parted for a day before the first: never paired.
        assert!(matches!(check(Some(day(3, 1)), &winter, day(3, 9)), Err(Refusal::OutsideTerm { .. })));
    }

    #[test]
    fn each_side_scores_aspects_of_its_own_and_has_its_own_speaker() {
        let (student, mentor) = (Evaluator::Student, Evaluator::Mentor);
        assert!(student.aspects().iter().all(|aspect| !mentor.aspects().contains(aspect)));
        assert_eq!(student.aspects().len() + mentor.aspects().len(), Aspect::ALL.len());
        assert_eq!(student.speaker(&pairing(None), &guide()), id(9));
        assert_eq!(mentor.speaker(&pairing(None), &guide()), id(3));
    }
}
