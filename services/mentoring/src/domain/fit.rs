//! Who may guide whom, and how well they fit.

use super::{History, Mentor, MentorState, Rankings, Side, Student};

/// The best fit.
const FULL: i64 = 1000;

/// How much each part of the fit counts: data, by version, so that a decision can say what it was judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    pub version: i64,
    /// The mentor is of the very school or enterprise of the class.
    pub organisation: i64,
    /// The mentor teaches, or works for, the programme of the class.
    pub programme: i64,
    /// The mentor knows the industry chain of the order.
    pub chain: i64,
    /// The mentor can be met where the class is taught.
    pub place: i64,
    /// Skills that mentor and student have in common.
    pub skills: i64,
    /// Places the mentor still has.
    pub spare: i64,
    /// How high the student ranks the mentor.
    pub student_rank: i64,
    /// How high the mentor ranks the student.
    pub mentor_rank: i64,
    /// The mentor guided the student before.
    pub continuity: i64,
}

/// How far each part is fulfilled, 0 to 1,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    pub organisation: i64,
    pub programme: i64,
    pub chain: i64,
    pub place: i64,
    pub skills: i64,
    pub spare: i64,
    pub student_rank: i64,
    pub mentor_rank: i64,
    pub continuity: i64,
}

impl Parts {
    /// Each part with its name, how far it is fulfilled, and how much it counts.
    pub fn weighed(&self, weights: &Weights) -> [(&'static str, i64, i64); 9] {
        [
            ("organisation", self.organisation, weights.organisation),
            ("programme", self.programme, weights.programme),
            ("chain", self.chain, weights.chain),
            ("place", self.place, weights.place),
            ("skills", self.skills, weights.skills),
            ("spare", self.spare, weights.spare),
            ("student_rank", self.student_rank, weights.student_rank),
            ("mentor_rank", self.mentor_rank, weights.mentor_rank),
            ("continuity", self.continuity, weights.continuity),
        ]
    }

    /// How well the two fit, 0 to 1,000: the mean of the parts by their weights, rounded down.
    pub fn fit(&self, weights: &Weights) -> i64 {
        self.sum(weights) / weights.total().max(1)
    }

    /// The parts, each as often as it counts.
    pub fn sum(&self, weights: &Weights) -> i64 {
        self.weighed(weights).iter().map(|(_, score, weight)| score * weight).sum()
    }
}

impl Weights {
    /// How much all parts count together.
    pub fn total(&self) -> i64 {
        Parts::default().weighed(self).iter().map(|(_, _, weight)| weight).sum()
    }
}

/// Whether the mentor may guide the student: academic mentors those of their school; enterprise mentors those of
/// their enterprise's orders, or of orders in the chain they know. Nobody guides themselves.
pub fn eligible(student: &Student, mentor: &Mentor) -> bool {
    let profile = &mentor.profile;
    let belongs = match profile.side {
        Side::Academic => profile.organisation == student.school,
        Side::Enterprise => profile.organisation == student.enterprise || knows_chain(student, mentor),
    };
    belongs && mentor.state == MentorState::Active && profile.person != student.person
}

pub fn parts(student: &Student, mentor: &Mentor, rankings: &Rankings, history: &History) -> Parts {
    let (student_rank, mentor_rank) = rankings.scores(student.enrolment, mentor.id);
    let profile = &mentor.profile;
    let home = match profile.side {
        Side::Academic => student.school,
        Side::Enterprise => student.enterprise,
    };
    Parts {
        organisation: whole(profile.organisation == home),
        programme: whole(!student.programme.is_empty() && profile.programmes.has(&student.programme)),
        chain: whole(knows_chain(student, mentor)),
        place: whole(!student.place.is_empty() && profile.place == student.place),
        skills: share(profile.skills.shared(&student.skills), student.skills.len()),
        spare: mentor.spare() * FULL / profile.capacity.max(1),
        student_rank,
        mentor_rank,
        continuity: whole(history.has(student.person, profile.person)),
    }
}

fn knows_chain(student: &Student, mentor: &Mentor) -> bool {
    !student.chain.is_empty() && mentor.profile.chain == student.chain
}

fn whole(fulfilled: bool) -> i64 {
    if fulfilled { FULL } else { 0 }
}

fn share(part: usize, of: usize) -> i64 {
    let (part, of) = (i64::try_from(part).unwrap_or(i64::MAX), i64::try_from(of).unwrap_or(i64::MAX));
    if of == 0 { 0 } else { part * FULL / of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClassId, Codes, EnrolmentId, MentorId, OrderId, OrganisationId, PersonId, Profile, StudentState};
    use kit::id::Id;
    use kit::macros::uuid::Uuid;
    use proptest::prelude::*;

    fn id<T: Id>(n: u128) -> T {
        T::from_uuid(Uuid::from_u128(n))
    }

    fn student() -> Student {
        Student {
            enrolment: id(1),
            class: id::<ClassId>(2),
            order: id::<OrderId>(3),
            person: id::<PersonId>(4),
            school: id::<OrganisationId>(5),
            enterprise: id::<OrganisationId>(6),
            chain: "nylon".to_owned(),
            programme: "programmes/7".to_owned(),
            skills: Codes::new(["cnc", "welding"].map(str::to_owned)),
            place: "weidong".to_owned(),
            same_place: false,
            state: StudentState::Enrolled,
            round: None::<crate::domain::RoundId>,
        }
    }

    fn mentor(side: Side, organisation: u128, chain: &str) -> Mentor {
        let profile = Profile {
            person: id(40),
            organisation: id(organisation),
            side,
            capacity: 4,
            chain: chain.to_owned(),
            programmes: Codes::default(),
            skills: Codes::default(),
            place: String::new(),
            title: String::new(),
            years: 0,
            languages: Codes::default(),
        };
        Mentor::register(id::<MentorId>(41), profile, 0)
    }

    #[test]
    fn academic_mentors_guide_their_own_school_and_enterprise_mentors_their_enterprise_or_chain() {
        let student = student();
        let _: EnrolmentId = student.enrolment;
        assert!(eligible(&student, &mentor(Side::Academic, 5, "")));
        assert!(!eligible(&student, &mentor(Side::Academic, 6, "nylon")));
        assert!(eligible(&student, &mentor(Side::Enterprise, 6, "")));
        assert!(eligible(&student, &mentor(Side::Enterprise, 9, "nylon")));
        assert!(!eligible(&student, &mentor(Side::Enterprise, 9, "steel")));
    }

    #[test]
    fn two_without_a_chain_do_not_share_one() {
        let student = Student { chain: String::new(), ..student() };
        assert!(!eligible(&student, &mentor(Side::Enterprise, 9, "")));
    }

    #[test]
    fn nobody_guides_themselves_and_nobody_who_has_left_guides() {
        let mut own = mentor(Side::Enterprise, 6, "");
        own.profile.person = student().person;
        assert!(!eligible(&student(), &own));
        let mut left = mentor(Side::Enterprise, 6, "");
        left.state = MentorState::Closed;
        assert!(!eligible(&student(), &left));
    }

    #[test]
    fn the_fit_is_the_weighed_mean_of_its_parts() {
        let weights = Weights {
            version: 1,
            organisation: 250,
            programme: 200,
            chain: 200,
            place: 100,
            skills: 150,
            spare: 100,
            student_rank: 0,
            mentor_rank: 0,
            continuity: 0,
        };
        let mut best = mentor(Side::Enterprise, 6, "nylon");
        best.profile.programmes = Codes::new(["programmes/7".to_owned()]);
        best.profile.skills = Codes::new(["cnc", "welding", "more"].map(str::to_owned));
        best.profile.place = "weidong".to_owned();
        assert_eq!(parts(&student(), &best, &Rankings::default(), &History::default()).fit(&weights), 1000);
        best.profile.skills = Codes::new(["cnc".to_owned()]);
        best.load = 2;
        assert_eq!(parts(&student(), &best, &Rankings::default(), &History::default()).fit(&weights), 1000 - 75 - 50);
    }

    #[test]
    fn who_guided_the_student_before_fits_better_also_as_another_mentor() {
        let weights = Weights {
            version: 3,
            organisation: 100,
            programme: 0,
            chain: 0,
            place: 0,
            skills: 0,
            spare: 0,
            student_rank: 0,
            mentor_rank: 0,
            continuity: 100,
        };
        let again = Mentor { id: id(77), ..mentor(Side::Academic, 5, "") };
        let before = History::new([(student().person, again.profile.person)]);
        let fit = |mentor: &Mentor, history: &History| parts(&student(), mentor, &Rankings::default(), history).fit(&weights);
        assert_eq!((fit(&again, &before), fit(&again, &History::default())), (1000, 500));
        let mut somebody = again.clone();
        somebody.profile.person = id(99);
        assert_eq!(fit(&somebody, &before), 500);
    }

    proptest! {
        #[test]
        fn the_fit_stays_between_0_and_1000_whatever_the_weights(
            w in prop::array::uniform9(0i64..=1000), load in 0i64..=4, own: bool, chain: bool,
        ) {
            let weights = Weights { version: 1, organisation: w[0], programme: w[1], chain: w[2], place: w[3], skills: w[4], spare: w[5], student_rank: w[6], mentor_rank: w[7], continuity: w[8] };
            let mut mentor = mentor(Side::Enterprise, if own { 6 } else { 9 }, if chain { "nylon" } else { "steel" });
            mentor.load = load;
            prop_assert!((0..=1000).contains(&parts(&student(), &mentor, &Rankings::default(), &History::default()).fit(&weights)));
        }
    }
}
